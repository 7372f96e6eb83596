#include "dialect/sqlite/view_watch.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/sqlite/catalog_queries.hpp"
#include "dialect/sqlite/expression.hpp"
#include "dialect/sqlite/quoting.hpp"

namespace metaxy::migrate::sqlite {

namespace {

/// INSERT, UPDATE or DELETE: the first of them in a CREATE TRIGGER, where none can be a name without quotes.
std::string event_of(std::string_view trigger) {
  for (const Token& token : tokens_of(trigger, splitter_options())) {
    for (const std::string_view event : {"INSERT", "UPDATE", "DELETE"}) {
      if (token.kind == Token::Kind::word && equal_ignoring_case(token.text, event)) {
        return std::string(event);
      }
    }
  }
  return {};
}

}  // namespace

/// A statement on `table`, a table or view, that fires the trigger.
std::string ViewWatch::fires(const std::string& trigger, const std::string& table) {
  const std::string event = event_of(trigger);
  if (event == "INSERT") {
    return fmt::format("INSERT INTO main.{} DEFAULT VALUES", quoted_name(table));
  }
  if (event == "DELETE") {
    return fmt::format("DELETE FROM main.{}", quoted_name(table));
  }
  std::vector<std::string> assignments;
  try {
    for (const Row& row : query_(fmt::format(
             "SELECT name FROM pragma_table_xinfo({}, 'main') WHERE hidden = 0", literal(table)))) {
      assignments.push_back(fmt::format("{0} = {0}", quoted_name(row.front().value_or(""))));
    }
  } catch (const StatementFailed&) {
    return {};  // of a view that does not work, which is found anyway
  }
  return fmt::format("UPDATE main.{} SET {}", quoted_name(table), join(assignments, ", "));
}

std::map<std::string, ViewWatch::Use> ViewWatch::uses() {
  std::map<std::string, Use> result;
  for (const Row& row : query_(kSchemaTexts)) {
    const std::string type = row[0].value_or("");
    const std::string name = row[1].value_or("");
    const std::string table = row[2].value_or("");
    Use use;
    if (type == "view") {
      use.sql = fmt::format("SELECT * FROM main.{}", quoted_name(name));
      use.what = fmt::format("view '{}'", name);
    } else if (type == "trigger") {
      const std::string text = row[3].value_or("");
      use.sql = fires(text, table);
      use.what = fmt::format("{} on '{}', which fires trigger '{}'", event_of(text), table, name);
    }
    if (!use.sql.empty()) {
      use.why_not = why_not_(use.sql, true);
      use.why_not_strictly = why_not_(use.sql, false);
      result.emplace(lower(name), std::move(use));
    }
  }
  return result;
}

void ViewWatch::before_rebuild() {
  if (!is_watching_) {
    before_ = uses();
    is_watching_ = true;
  }
}

std::vector<std::string> ViewWatch::broken() {
  std::vector<std::string> result;
  if (!is_watching_) {
    return result;
  }
  for (const auto& [name, now] : uses()) {
    const auto found = before_.find(name);
    if (found == before_.end() || !found->second.why_not.empty()) {
      continue;
    }
    if (!now.why_not.empty()) {
      result.push_back(fmt::format("{}: {}", now.what, now.why_not));
    } else if (!now.why_not_strictly.empty() && now.why_not_strictly != found->second.why_not_strictly) {
      // "s" was a column, and would be read as the text 's' from now on.
      result.push_back(fmt::format("{}: {}", now.what, now.why_not_strictly));
    }
  }
  return result;
}

}  // namespace metaxy::migrate::sqlite
