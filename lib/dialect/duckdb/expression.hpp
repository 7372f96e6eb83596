#pragma once
// Expressions of checks, defaults, generated columns and indexes as small trees, so that what a person wrote
// and what DuckDB prints for it come out as one text. Covers what DuckDB allows in such places; what it does
// not understand it says so about, and never guesses. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/type.hpp"

namespace metaxy::migrate::duckdb {

/// What kind of thing an expression is; `Expression` says which fields each uses.
enum class ExpressionKind {
  number,      ///< `text`, with its sign.
  string,      ///< `text`, without quotes.
  constant,    ///< `text`: NULL, true, false.
  session,     ///< `text`: current_timestamp and its like, which stand without parentheses.
  column,      ///< `names`: the path from the column down.
  call,        ///< `text` = function, `names` = argument names or empty texts, `parts` = arguments.
  operation,   ///< `text` = operator between the two `parts`.
  logic,       ///< `text` = AND or OR between all `parts`.
  prefix,      ///< `text` = NOT, `-`, `+` or `~` before the one part.
  postfix,     ///< `text` = IS NULL, IS NOT NULL or `COLLATE x` behind the one part.
  cast,        ///< `text` = CAST or TRY_CAST, `type`, one part.
  choice,      ///< CASE: condition and value in turn, then the value otherwise.
  between,     ///< Value, lower bound, upper bound.
  membership,  ///< `text` = IN or NOT IN: value, then the list.
  element,     ///< `a[i]`: value and place.
  slice,       ///< `a[i:j]`: value and both ends, each perhaps NULL-less empty.
};

struct Expression {
  ExpressionKind kind = ExpressionKind::constant;
  std::string text;
  std::vector<std::string> names;
  std::vector<Expression> parts;
  Type type;
};

/// nullopt when the text is not understood. `columns` gives column names their spelling; others are kept in
/// lower case.
std::optional<Expression> parse_expression(std::string_view text, const std::vector<std::string>& columns);

/// SQL that DuckDB reads as the same expression; the same for all spellings of it.
std::string to_text(const Expression& expression);

/// The one spelling of an expression, or nullopt when it is not understood.
std::optional<std::string> canonical_expression(std::string_view text,
                                                const std::vector<std::string>& columns);

/// Whether the expression is about the column; an expression that is not understood may be.
bool mentions(std::string_view text, std::string_view column);

/// The one spelling of a column's DEFAULT; nullopt for none and for NULL. A literal becomes a number or a
/// quoted string: any other form is carried out as a hidden UPDATE when a column is added (dialect facts:
/// matrix, 4.3). A text that is not understood is kept.
std::optional<std::string> canonical_default(const std::optional<std::string>& text, const Type& type);

/// Whether a default in canonical form is a literal: a number or a quoted string.
bool is_literal(std::string_view canonical_default);

}  // namespace metaxy::migrate::duckdb
