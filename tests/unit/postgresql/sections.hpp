#pragma once
// What PostgreSQL would be told, as texts.

#include <string>
#include <vector>

#include "dialect/postgresql/postgresql.hpp"
#include "diff/diff.hpp"

namespace metaxy::migrate {

/// The statements that lead from one schema to the other, by section.
inline std::vector<std::vector<std::string>> sections(const Schema& before, const Schema& after,
                                                      const RenderOptions& options = {}) {
  std::vector<std::vector<std::string>> result;
  for (const auto& section : postgresql_dialect().render(before, after, diff(before, after), options)) {
    std::vector<std::string>& texts = result.emplace_back();
    for (const Statement& statement : section) texts.push_back(statement.text);
  }
  return result;
}

}  // namespace metaxy::migrate
