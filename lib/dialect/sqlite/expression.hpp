#pragma once
// One text for all spellings of an expression that mean the same to SQLite, which keeps every expression as
// it was written. Text rules only: spaces, comments, letter case, quotes and outer parentheses do not matter
// (dialects/normalise.md); whether `a > 0` and `0 < a` are the same is not looked into.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sql/splitter.hpp"

namespace metaxy::migrate::sqlite {

/// How SQLite reads a text.
const SplitterOptions& splitter_options();

/// The columns that an expression may mean, by lower-case name, as they are spelt: `"x"` is a text where
/// there is no column x (https://www.sqlite.org/quirks.html#double_quoted_string_literals_are_accepted).
using ColumnNames = std::map<std::string, std::string, std::less<>>;

/// The canonical text, which SQLite reads as the same expression. Without outer parentheses.
std::string canonical_expression(std::string_view text, const ColumnNames& columns);

/// The canonical text of a DEFAULT, without outer parentheses; nothing for NULL, which is the same as no
/// default. A bare word and a text in double quotes are texts.
std::optional<std::string> canonical_default(std::string_view text);

/// Whether a canonical default is a number, a text, a blob, TRUE or FALSE: the same for every row.
bool is_constant_default(std::string_view canonical);

/// The canonical default as it stands behind DEFAULT: anything but literals and CURRENT_... needs
/// parentheses.
std::string default_clause(std::string_view canonical);

/// Whether an expression uses a column, by name. `column` in any letter case.
bool mentions(std::string_view text, std::string_view column);

}  // namespace metaxy::migrate::sqlite
