#include "dialect/duckdb/view_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "dialect/duckdb/quoting.hpp"
#include "sql/first_word.hpp"

namespace metaxy::migrate::duckdb {
namespace {

/// Last parts of the names behind TABLE or VIEW, in lower case.
std::vector<std::string> changed_names(std::string_view sql) {
  std::vector<std::string> names;
  const std::vector<Token> tokens = tokens_of(sql, splitter_options());
  const auto is_word = [&tokens](std::size_t at, std::string_view word) {
    return at < tokens.size() && tokens[at].kind != Token::Kind::quoted_identifier &&
           equal_ignoring_case(tokens[at].text, word);
  };
  std::size_t at = 1;
  if (!is_word(at, "table") && !is_word(at, "view")) return names;
  if (is_word(++at, "if")) at += 2;
  for (bool is_name = true; is_name && at < tokens.size(); ++at) {
    const bool is_last_part = !is_word(at + 1, ".");
    if (is_last_part) names.push_back(lower(tokens[at].text));
    ++at;
    is_name = !is_last_part || is_word(at, ",");
  }
  return names;
}

bool mentions(const std::string& text, const std::string& name) {
  return text.find(name) != std::string::npos;
}

}  // namespace

void ViewWatch::note(std::string_view sql) {
  const std::string_view verb = first_word(sql, splitter_options());
  const auto is_verb = [verb](std::string_view word) { return equal_ignoring_case(verb, word); };
  if (is_verb("create")) {
    may_have_views_ |= mentions(lower(std::string(sql)), "view");
  } else if (is_verb("import") || is_verb("copy")) {
    may_have_views_ = true;  // a whole database
  } else if (is_verb("alter") || is_verb("drop")) {
    for (std::string& name : changed_names(sql)) changed_.insert(std::move(name));
  }
}

std::vector<ViewWatch::View> ViewWatch::views() {
  std::vector<View> result;
  for (const Row& row :
       query_("SELECT database_name, schema_name, view_name, sql FROM duckdb_views()\n"
              "WHERE NOT internal AND NOT temporary AND database_name = current_database() ORDER BY ALL")) {
    const std::string& name = row[2].value();
    result.push_back(
        {fmt::format("{}.{}.{}", quoted_name(row[0].value()), quoted_name(row[1].value()), quoted_name(name)),
         lower(name), lower(row[3].value())});
  }
  return result;
}

/// What names neither a changed table nor another view is as it was; to bind it may mean to read files over a
/// network.
std::vector<ViewWatch::View> ViewWatch::views_at_risk() {
  const std::vector<View> all = views();
  may_have_views_ = !all.empty();
  std::vector<View> at_risk;
  std::copy_if(all.begin(), all.end(), std::back_inserter(at_risk), [&](const View& view) {
    return std::any_of(changed_.begin(), changed_.end(),
                       [&](const std::string& name) { return mentions(view.text, name); }) ||
           std::any_of(all.begin(), all.end(), [&](const View& other) {
             return other.path != view.path && mentions(view.text, other.name);
           });
  });
  return at_risk;
}

std::vector<std::string> ViewWatch::readings(const std::vector<View>& views) {
  std::vector<std::string> statements;
  statements.reserve(views.size());
  for (const View& view : views) statements.push_back("SELECT * FROM " + view.path);
  return statements;
}

std::vector<std::string> ViewWatch::broken() {
  if (changed_.empty() || !may_have_views_) return {};
  // Only what worked before is tried now: some errors (a file that is missing) end the transaction.
  const std::vector<View> at_risk = views_at_risk();
  const std::vector<std::string> before = why_not_before_(readings(at_risk));
  std::vector<View> working;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].empty()) working.push_back(at_risk[i]);
  }
  const std::vector<std::string> now = why_not_now_(readings(working));
  std::vector<std::string> result;
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (!now[i].empty()) result.push_back(fmt::format("view '{}': {}", working[i].name, now[i]));
  }
  return result;
}

}  // namespace metaxy::migrate::duckdb
