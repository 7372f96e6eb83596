#pragma once
// Words and table names among the tokens of a statement.

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "schema/schema.hpp"
#include "sql/splitter.hpp"

namespace metaxy::migrate {

/// Not so where `word` is quoted, or there is no token `at` there.
bool has_word_at(const std::vector<Token>& tokens, std::size_t at, std::string_view word);

/// `name` or `schema.name` at tokens[at], or behind PostgreSQL's ONLY there.
std::optional<TableName> name_at(const std::vector<Token>& tokens, std::size_t at);

/// Where the tokens behind `IF [NOT] EXISTS` at tokens[at] begin; `at` where there is none.
std::size_t after_if_exists(const std::vector<Token>& tokens, std::size_t at);

}  // namespace metaxy::migrate
