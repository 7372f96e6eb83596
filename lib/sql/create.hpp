#pragma once
// Statements that make something, made harmless where it is there already.

#include <string>

#include "sql/splitter.hpp"

namespace metaxy::migrate {

/// CREATE TABLE and CREATE INDEX with IF NOT EXISTS; other statements as they are.
std::string create_unless_there(const std::string& sql, const SplitterOptions& options);

}  // namespace metaxy::migrate
