#pragma once
// Columns as lines, and what is wrong with a definition, so that expected values are read at a glance.

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "unit/metaxy/logical_text.hpp"

namespace metaxy::migrate {

/// "name type", with a `?` at the end when null is allowed.
inline std::vector<std::string> lines_of(const std::vector<FeatureColumn>& columns) {
  std::vector<std::string> lines;
  for (const FeatureColumn& column : columns) {
    lines.push_back(column.name + " " + logical_text(column.type, column.is_nullable));
  }
  return lines;
}

inline std::vector<std::string> lines_of(const FeatureDefinition& definition) {
  return lines_of(definition.columns);
}

/// "name TYPE", with "NOT NULL" where it is.
inline std::vector<std::string> lines_of(const std::vector<Column>& columns) {
  std::vector<std::string> lines;
  for (const Column& column : columns) {
    lines.push_back(column.name + " " + to_text(column.type) + (column.is_nullable ? "" : " NOT NULL"));
  }
  return lines;
}

/// Without the first `skipped` columns.
inline std::vector<std::string> lines_of(const Table& table, std::size_t skipped = 0) {
  std::vector<std::string> lines = lines_of(table.columns);
  lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(skipped));
  return lines;
}

/// The error of kind configuration that `act` ends with, its notes a line each, its hint in parentheses;
/// "none" where there is none.
template <class Act>
std::string fault(const Act& act) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::configuration);
    std::string text = error.what();
    for (const std::string& note : error.notes()) {
      text += "\n" + note;
    }
    return text + (error.hint().empty() ? "" : " (" + error.hint() + ")");
  }
  return "none";
}

}  // namespace metaxy::migrate
