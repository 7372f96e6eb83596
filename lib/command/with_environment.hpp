#pragma once
// Advice of layers that know no environment. Without `-n` its commands may ask another store's log, or be
// refused.

#include <string>

#include "base/error.hpp"

namespace metaxy::migrate {

/// The same with `-n ENVIRONMENT` in the commands that it names.
std::string with_environment(std::string advice, const std::string& environment);
Problem with_environment(Problem problem, const std::string& environment);
Error with_environment(const Error& error, const std::string& environment);

}  // namespace metaxy::migrate
