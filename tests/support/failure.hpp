#pragma once
// What an act ends with when it fails.

#include <string>

#include "base/error.hpp"

namespace metaxy::migrate::test {

/// The whole error as people see it; "no error" where there is none.
template <class Act>
std::string failure_of(const Act& act) {
  try {
    act();
  } catch (const Error& error) {
    return describe(error);
  }
  return "no error";
}

}  // namespace metaxy::migrate::test
