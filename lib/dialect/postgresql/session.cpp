#include "dialect/postgresql/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "dialect/postgresql/quoting.hpp"
#include "sql/first_word.hpp"

namespace metaxy::migrate::postgresql {

namespace {

bool has_part(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// CREATE TEMPORARY TABLE, CREATE OR REPLACE TEMP VIEW.
bool makes_temporary(std::string_view sql) {
  constexpr std::size_t kWords = 5;
  const std::vector<Token> tokens = tokens_of(sql.substr(0, 200), splitter_options());
  const auto end = tokens.begin() + static_cast<std::ptrdiff_t>(std::min(tokens.size(), kWords));
  return std::any_of(tokens.begin(), end,
                     [](const Token& token) {
                       return equal_ignoring_case(token.text, "temp") ||
                              equal_ignoring_case(token.text, "temporary");
                     }) ||
         has_part(sql, "pg_temp");
}

}  // namespace

std::string set_settings_sql(const Settings& settings, bool is_local) {
  std::vector<std::string> calls;
  calls.reserve(settings.size());
  for (const auto& [name, value] : settings) {
    calls.push_back(
        fmt::format("pg_catalog.set_config({}, {}, {})", literal(name), literal(value), is_local));
  }
  return "SELECT " + join(calls, ", ");
}

bool stays_home(std::string_view sql) {
  constexpr std::array<std::string_view, 12> kVerbs = {"INSERT", "UPDATE",   "DELETE",  "CREATE",
                                                       "ALTER",  "DROP",     "COMMENT", "GRANT",
                                                       "REVOKE", "TRUNCATE", "VACUUM",  "REINDEX"};
  const std::string_view verb = first_word(sql, splitter_options());
  const bool is_plain = std::any_of(kVerbs.begin(), kVerbs.end(),
                                    [verb](std::string_view one) { return equal_ignoring_case(verb, one); });
  if (!is_plain || has_part(sql, "set_config") || has_part(sql, "SET_CONFIG")) return false;
  return !equal_ignoring_case(verb, "CREATE") || !makes_temporary(sql);
}

std::string prepared_name(std::string_view sql) {
  if (!equal_ignoring_case(first_word(sql, splitter_options()), "PREPARE")) return {};
  const std::vector<Token> tokens = tokens_of(sql.substr(0, 200), splitter_options());
  if (tokens.size() < 2) return {};
  const Token& name = tokens[1];
  return name.kind == Token::Kind::quoted_identifier ? quoted_name(name.text) : std::string(name.text);
}

}  // namespace metaxy::migrate::postgresql
