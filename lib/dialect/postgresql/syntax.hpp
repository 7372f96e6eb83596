#pragma once
// Expressions of PostgreSQL as small trees, as far as checks, defaults, generated columns and indexes use
// them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metaxy::migrate::postgresql {

struct Node {
  enum class Kind {
    text_literal,    ///< `text` is the value, without quotes.
    number_literal,  ///< With its sign.
    word,            ///< TRUE, NULL, CURRENT_TIMESTAMP and the like, in upper case.
    column,          ///< `text` is the name as it is in the catalog.
    qualified,       ///< A name with others before it, as printed.
    call,            ///< `text` is the function's name as printed, `parts` its arguments.
    cast,            ///< `text` is the type, canonical; one part.
    unary,           ///< `text` is the operator: NOT, -, +, ~ ...
    binary,          ///< `text` is the operator; two parts. AND and OR have two or more.
    test,            ///< `text` is what follows: IS NULL, IS NOT TRUE, COLLATE "C" ...
    array,           ///< ARRAY[...]
    quantified,      ///< `text` is the operator and ANY or ALL; two parts.
    conditional,     ///< CASE; `text` is its pattern of words, `parts` what stands between.
    element,         ///< `parts[0][parts[1]]`
  };
  Kind kind = Kind::word;
  std::string text;
  std::vector<Node> parts;

  bool operator==(const Node& other) const {
    return kind == other.kind && text == other.text && parts == other.parts;
  }
};

/// How strongly operators bind, from weak to strong
/// (https://www.postgresql.org/docs/15/sql-syntax-lexical.html#SQL-PRECEDENCE).
inline constexpr int kOr = 1;
inline constexpr int kAnd = 2;
inline constexpr int kNot = 3;
inline constexpr int kIs = 4;
inline constexpr int kComparison = 5;
inline constexpr int kMatching = 6;
inline constexpr int kOther = 7;
inline constexpr int kSum = 8;
inline constexpr int kProduct = 9;
inline constexpr int kPower = 10;
inline constexpr int kSign = 11;
inline constexpr int kPrimary = 12;

/// How strongly an operator of two sides binds.
int strength_of(std::string_view op);

/// nullopt for what this grammar does not know.
std::optional<Node> parsed(std::string_view text);

/// SQL with as few parentheses as the precedences need.
std::string to_text(const Node& node);

}  // namespace metaxy::migrate::postgresql
