#include "dialect/table_parts.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

/// Every run of words between dots: names may have dots, too.
std::set<std::string> possible_tables(const std::string& part) {
  const std::vector<std::string> words = split(part, '.');
  std::set<std::string> names;
  for (std::size_t begin = 0; begin < words.size(); ++begin) {
    std::string name;
    for (std::size_t end = begin; end < words.size(); ++end) {
      name += (end == begin ? "" : ".") + words[end];
      names.insert(name);
    }
  }
  return names;
}

}  // namespace

bool has_part(Connection& connection, const Dialect& dialect, const std::string& part) {
  std::vector<std::string> literals;
  for (const std::string& name : possible_tables(part)) {
    literals.push_back(dialect.literal(name));
  }
  const auto is_part = [&](const std::string& name) {
    return dialect.capabilities().has_case_sensitive_names ? name == part : equal_ignoring_case(name, part);
  };
  const std::string query(dynamic_cast<const TableParts&>(dialect).table_columns());
  const std::vector<Row> rows = connection.query(replace_all(query, "$1", join(literals, ", ")));
  return std::any_of(rows.begin(), rows.end(), [&](const Row& row) {
    const std::string table = to_text(TableName{row[0].value_or(""), row[1].value_or("")});
    return is_part(table) || (row[2] && is_part(table + "." + *row[2]));
  });
}

}  // namespace metaxy::migrate
