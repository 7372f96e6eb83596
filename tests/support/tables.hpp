#pragma once
// Short words for tables in tests of values.

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/schema.hpp"

namespace metaxy::migrate::test {

inline Column column(std::string name, std::string_view type) {
  return Column{.name = std::move(name), .type = parse_type(type)};
}

inline Table table(std::string name, std::vector<Column> columns, std::vector<Constraint> constraints = {},
                   std::vector<Index> indexes = {}) {
  Table result{.name = {{}, std::move(name)},
               .columns = std::move(columns),
               .constraints = std::move(constraints),
               .indexes = std::move(indexes)};
  normalise(result);
  return result;
}

inline Schema schema(std::initializer_list<Table> tables) {
  Schema result;
  for (const Table& one : tables) {
    put(result, one);
  }
  return result;
}

inline ForeignKey foreign_key(std::string column, std::string to_table, std::string to_column) {
  return ForeignKey{.columns = {std::move(column)},
                    .referenced_table = {{}, std::move(to_table)},
                    .referenced_columns = {std::move(to_column)}};
}

inline Index index_on(std::string name, std::vector<std::string> columns) {
  Index index{.name = std::move(name)};
  for (std::string& one : columns) {
    index.parts.push_back(IndexPart{.column = std::move(one)});
  }
  return index;
}

}  // namespace metaxy::migrate::test
