#pragma once
// Why an operation is there: the thing it is about as both sides have it. Pure.

#include <string>

#include "diff/operation.hpp"

namespace metaxy::migrate {

struct Explanation {
  /// summary() of the operation.
  std::string what;
  /// The column, index, constraint or table before and after, in words; "nothing" where there is none.
  std::string before;
  std::string after;
};

/// `before`, `after`: the schemas that the operation is a difference of.
Explanation explained(const Operation& operation, const Schema& before, const Schema& after);

}  // namespace metaxy::migrate
