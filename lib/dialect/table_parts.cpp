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
  const auto& parts = dynamic_cast<const TableParts&>(dialect);
  const std::string query(parts.tables_named());
  for (const Row& row : connection.query(replace_all(query, "$1", join(literals, ", ")))) {
    const TableName table{row[0].value_or(""), row[1].value_or("")};
    const std::string name = to_text(table);
    if (is_part(name)) {
      return true;
    }
    if (!equal_ignoring_case(part.substr(0, name.size() + 1), name + ".")) {
      continue;
    }
    const std::vector<Row> columns = connection.query(parts.columns_of(table));
    if (std::any_of(columns.begin(), columns.end(),
                    [&](const Row& column) { return is_part(name + "." + column[0].value_or("")); })) {
      return true;
    }
  }
  return false;
}

}  // namespace metaxy::migrate
