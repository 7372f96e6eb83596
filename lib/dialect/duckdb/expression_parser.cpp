// The grammar of DuckDB's expressions as far as checks, defaults, generated columns and indexes may use it,
// with the rewritings that DuckDB's own parser does (IN, LIKE, CASE, EXTRACT and so on become what its
// catalog then prints).

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "dialect/duckdb/expression.hpp"
#include "dialect/duckdb/expression_cursor.hpp"
#include "dialect/duckdb/types.hpp"

namespace metaxy::migrate::duckdb {
namespace {

using Kind = ExpressionKind;

Expression leaf(Kind kind, std::string text) { return {kind, std::move(text), {}, {}, {}}; }
Expression node(Kind kind, std::string text, std::vector<Expression> parts) {
  return {kind, std::move(text), {}, std::move(parts), {}};
}
Expression call(std::string name, std::vector<Expression> arguments) {
  std::vector<std::string> names(arguments.size());
  return {Kind::call, std::move(name), std::move(names), std::move(arguments), {}};
}
Expression cast_to(Expression value, const Type& type) {
  // This is what DuckDB's parser makes of TRUE and FALSE.
  if (value.kind == Kind::string && lower(type.name) == "boolean" &&
      (value.text == "t" || value.text == "f")) {
    return leaf(Kind::constant, value.text == "t" ? "true" : "false");
  }
  return {Kind::cast, "CAST", {}, {std::move(value)}, spelled(type)};
}

/// Read as the value of the session, not as a column.
bool is_session_word(std::string_view word) {
  static const std::set<std::string_view> words = {"current_date",    "current_time",   "current_timestamp",
                                                   "localtime",       "localtimestamp", "current_user",
                                                   "session_user",    "user",           "current_schema",
                                                   "current_catalog", "current_role"};
  return words.contains(word);
}

/// Words that end an operand: never the name of a column unless quoted.
bool is_reserved(std::string_view word) {
  static const std::set<std::string_view> words = {
      "and",     "or",     "not",   "in",    "is",      "like", "ilike", "between", "case",     "when",
      "then",    "else",   "end",   "as",    "collate", "from", "for",   "select",  "distinct", "similar",
      "glob",    "escape", "at",    "array", "lambda",  "any",  "all",   "some",    "exists",   "isnull",
      "notnull", "order",  "group", "where", "null",    "true", "false"};
  return words.contains(word);
}

/// `a = b` for NOT `a != b` and so on; empty when there is none.
std::string_view negated(std::string_view comparison) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kPairs = {
      {{"=", "!="}, {"!=", "="}, {"<", ">="}, {">=", "<"}, {">", "<="}, {"<=", ">"}}};
  for (const auto& [from, to] : kPairs) {
    if (from == comparison) return to;
  }
  return {};
}

/// What DuckDB makes of INTERVAL with a unit behind it.
struct IntervalUnit {
  std::string_view singular;
  std::string_view plural;
  std::string_view function;
  /// What the count is cut to; empty: it may be a fraction.
  std::string_view whole_type;
};
constexpr std::array<IntervalUnit, 13> kIntervalUnits = {{
    {"year", "years", "to_years", "INTEGER"},
    {"month", "months", "to_months", "INTEGER"},
    {"day", "days", "to_days", "INTEGER"},
    {"hour", "hours", "to_hours", "BIGINT"},
    {"minute", "minutes", "to_minutes", "BIGINT"},
    {"second", "seconds", "to_seconds", ""},
    {"millisecond", "milliseconds", "to_milliseconds", ""},
    {"microsecond", "microseconds", "to_microseconds", "BIGINT"},
    {"week", "weeks", "to_weeks", "INTEGER"},
    {"quarter", "quarters", "to_quarters", "INTEGER"},
    {"decade", "decades", "to_decades", "INTEGER"},
    {"century", "centuries", "to_centuries", "INTEGER"},
    {"millennium", "millennia", "to_millennia", "INTEGER"},
}};

class Parser : private ExpressionCursor {
 public:
  Parser(std::string_view text, const std::vector<std::string>& columns)
      : ExpressionCursor(text), columns_(columns) {}

  Expression whole() {
    Expression expression = parse(Level::alternative);
    if (!at_end()) throw NotUnderstood{};
    return expression;
  }

 private:
  /// All operators that bind at least as strongly as `level`.
  Expression parse(int level) {
    if (++depth_ > 200) throw NotUnderstood{};
    Expression left = parse_prefix();
    while (!at_end() && extend(left, level)) {
    }
    --depth_;
    return left;
  }

  /// Takes one operator behind `left` into it; false when the next one binds more weakly.
  bool extend(Expression& left, int level) {
    if (is_kind(Token::Kind::word)) return extend_by_word(left, level);
    const Operator* one = next_operator();
    if (one == nullptr || one->level < level) return false;
    if (one->canonical.empty()) {
      if (one->symbol == "->") throw NotUnderstood{};
      return false;
    }
    take_symbol(one->symbol);
    Expression right = parse(one->level + 1);
    left = one->symbol == "~"
               ? call("regexp_full_match", {std::move(left), std::move(right)})
               : node(Kind::operation, std::string(one->canonical), {std::move(left), std::move(right)});
    return true;
  }

  bool extend_by_word(Expression& left, int level) {
    if (level <= Level::alternative && take_word("or")) return join_logic(left, "OR", Level::conjunction);
    if (level <= Level::conjunction && take_word("and")) return join_logic(left, "AND", Level::negation);
    if (level <= Level::test && take_word("isnull")) return wrap(left, "IS NULL");
    if (level <= Level::test && take_word("notnull")) return wrap(left, "IS NOT NULL");
    if (level <= Level::test && take_word("is")) return parse_is(left);
    if (level <= Level::collation && take_word("collate")) return wrap(left, "COLLATE " + lower(take_name()));
    if (level <= Level::zone && is_word("at") && is_word("time", 1)) return parse_zone(left);
    if (level > Level::predicate) return false;
    const bool is_negated = is_word("not");
    const std::size_t ahead = is_negated ? 1 : 0;
    for (const std::string_view word : {"between", "in", "like", "ilike", "similar", "glob"}) {
      if (!is_word(word, ahead)) continue;
      skip(ahead + 1);
      return parse_predicate(left, word, is_negated);
    }
    return false;
  }

  static bool wrap(Expression& left, std::string text) {
    left = node(Kind::postfix, std::move(text), {std::move(left)});
    return true;
  }

  /// DuckDB keeps `a AND b AND c` as one conjunction of three.
  bool join_logic(Expression& left, const std::string& word, int level) {
    Expression right = parse(level);
    std::vector<Expression> parts;
    for (Expression* side : {&left, &right}) {
      if (side->kind == Kind::logic && side->text == word) {
        std::move(side->parts.begin(), side->parts.end(), std::back_inserter(parts));
      } else {
        parts.push_back(std::move(*side));
      }
    }
    left = node(Kind::logic, word, std::move(parts));
    return true;
  }

  bool parse_is(Expression& left) {
    const bool is_negated = take_word("not");
    if (take_word("null")) return wrap(left, is_negated ? "IS NOT NULL" : "IS NULL");
    const std::string same = is_negated ? "IS DISTINCT FROM" : "IS NOT DISTINCT FROM";
    if (take_word("distinct")) {
      expect_word("from");
      left = node(Kind::operation, is_negated ? "IS NOT DISTINCT FROM" : "IS DISTINCT FROM",
                  {std::move(left), parse(Level::test + 1)});
      return true;
    }
    for (const char* truth : {"true", "false"}) {
      if (!take_word(truth)) continue;
      left = node(Kind::operation, same,
                  {cast_to(std::move(left), plain_type("BOOLEAN")), leaf(Kind::constant, truth)});
      return true;
    }
    throw NotUnderstood{};
  }

  bool parse_zone(Expression& left) {
    skip(2);
    expect_word("zone");
    Expression zone = parse(Level::zone + 1);
    left = call("timezone", {std::move(zone), std::move(left)});
    return true;
  }

  static Expression maybe_not(Expression expression, bool is_negated) {
    return is_negated ? node(Kind::prefix, "NOT", {std::move(expression)}) : std::move(expression);
  }

  bool parse_predicate(Expression& left, std::string_view word, bool is_negated) {
    if (word == "between") {
      Expression low = parse(Level::predicate + 1);
      expect_word("and");
      Expression high = parse(Level::predicate + 1);
      left =
          maybe_not(node(Kind::between, "", {std::move(left), std::move(low), std::move(high)}), is_negated);
    } else if (word == "in") {
      expect_symbol("(");
      std::vector<Expression> parts = {std::move(left)};
      for (Expression& one : parse_list(")")) parts.push_back(std::move(one));
      left = node(Kind::membership, is_negated ? "NOT IN" : "IN", std::move(parts));
    } else if (word == "similar") {
      expect_word("to");
      left = maybe_not(call("regexp_full_match", {std::move(left), parse(Level::predicate + 1)}), is_negated);
    } else {
      parse_like(left, word, is_negated);
    }
    return true;
  }

  void parse_like(Expression& left, std::string_view word, bool is_negated) {
    Expression pattern = parse(Level::predicate + 1);
    if (word == "glob") {
      left = maybe_not(node(Kind::operation, "~~~", {std::move(left), std::move(pattern)}), is_negated);
      return;
    }
    const bool is_case_blind = word == "ilike";
    if (take_word("escape")) {
      const std::string name = std::string(is_negated ? "not_" : "") + std::string(word) + "_escape";
      left = call(name, {std::move(left), std::move(pattern), parse(Level::predicate + 1)});
      return;
    }
    const std::string symbol = std::string(is_negated ? "!" : "") + (is_case_blind ? "~~*" : "~~");
    left = node(Kind::operation, symbol, {std::move(left), std::move(pattern)});
  }

  Expression parse_prefix() {
    if (take_word("not")) return negation(parse(Level::negation));
    if (is_symbol("~") && !is_symbol("~~")) {
      take_symbol("~");
      return node(Kind::prefix, "~", {parse(Level::other + 1)});
    }
    if (take_symbol("-")) return minus(parse(Level::sign));
    if (take_symbol("+")) return node(Kind::prefix, "+", {parse(Level::sign)});
    return parse_postfix(parse_primary());
  }

  static Expression negation(Expression inner) {
    const std::string_view opposite =
        inner.kind == Kind::operation ? negated(inner.text) : std::string_view();
    if (opposite.empty()) return node(Kind::prefix, "NOT", {std::move(inner)});
    inner.text = std::string(opposite);
    return inner;
  }

  static Expression minus(Expression inner) {
    if (inner.kind != Kind::number || inner.text.starts_with('-')) {
      return node(Kind::prefix, "-", {std::move(inner)});
    }
    inner.text.insert(0, "-");
    return inner;
  }

  Expression parse_postfix(Expression value) {
    while (true) {
      if (take_symbol("::")) {
        value = cast_to(std::move(value), take_type());
      } else if (take_symbol("[")) {
        value = parse_subscript(std::move(value));
      } else if (is_symbol(".") && value.kind == Kind::column) {
        take_symbol(".");
        value.names.push_back(take_name());
      } else {
        return value;
      }
    }
  }

  Expression parse_subscript(Expression value) {
    Expression first = parse(Level::alternative);
    if (take_symbol("]")) return node(Kind::element, "", {std::move(value), std::move(first)});
    expect_symbol(":");
    Expression last = parse(Level::alternative);
    expect_symbol("]");
    return node(Kind::slice, "", {std::move(value), std::move(first), std::move(last)});
  }

  std::vector<Expression> parse_list(std::string_view end) {
    std::vector<Expression> parts;
    if (take_symbol(end)) return parts;
    do {
      parts.push_back(parse(Level::alternative));
    } while (take_symbol(","));
    expect_symbol(end);
    return parts;
  }

  Expression parse_primary() {
    if (is_kind(Token::Kind::number)) return parse_number();
    if (is_kind(Token::Kind::string)) return leaf(Kind::string, take_string());
    if (take_symbol("(")) return parse_group();
    if (take_symbol("[")) return call("list_value", parse_list("]"));
    if (take_symbol("{")) return parse_struct();
    if (is_kind(Token::Kind::quoted_identifier)) return parse_named(false);
    if (is_kind(Token::Kind::word)) return parse_keyword();
    throw NotUnderstood{};
  }

  Expression parse_number() {
    Expression number = leaf(Kind::number, text_here());
    skip(1);
    return number;
  }

  Expression parse_group() {
    std::vector<Expression> parts = parse_list(")");
    if (parts.empty()) throw NotUnderstood{};
    return parts.size() == 1 ? std::move(parts.front()) : call("row", std::move(parts));
  }

  Expression parse_struct() {
    Expression result = call("struct_pack", {});
    do {
      result.names.push_back(is_kind(Token::Kind::string) ? take_string() : take_name());
      expect_symbol(":");
      result.parts.push_back(parse(Level::alternative));
    } while (take_symbol(","));
    expect_symbol("}");
    return result;
  }

  Expression parse_keyword() {
    const std::string word = lower(text_here());
    for (const char* constant : {"true", "false"}) {
      if (take_word(constant)) return leaf(Kind::constant, constant);
    }
    if (take_word("null")) return leaf(Kind::constant, "NULL");
    if (take_word("case")) return parse_case();
    const bool is_call = is_before("(");
    if (is_call && (word == "cast" || word == "try_cast")) return parse_cast(word);
    if (is_call && word == "extract") return parse_extract();
    if (is_call && word == "position") return parse_position();
    if (is_call && word == "trim") return parse_trim();
    if (is_call && (word == "substring" || word == "overlay")) return parse_substring(word);
    if (word == "map" && is_before("{")) return parse_map();
    if (is_interval_of_unit()) return parse_interval();
    if (is_typed_string()) return parse_typed_string();
    if (is_session_word(word) && !is_call) {
      skip(1);
      return leaf(Kind::session, word);
    }
    if (is_reserved(word)) throw NotUnderstood{};
    return parse_named(true);
  }

  /// `DATE '2020-01-01'`, `TIMESTAMP WITH TIME ZONE '...'`, `INTERVAL '1 day'` without a unit behind it.
  bool is_typed_string() const {
    std::size_t next = 1;
    if (is_word("timestamp") || is_word("time")) {
      while (is_word("with", next) || is_word("without", next) || is_word("time", next) ||
             is_word("zone", next))
        ++next;
    } else if (is_word("double") && is_word("precision", 1)) {
      ++next;
    }
    return kind_ahead(next) == Token::Kind::string;
  }

  Expression parse_typed_string() {
    const Type type = take_type();
    if (!known_type(type) || !is_kind(Token::Kind::string)) throw NotUnderstood{};
    return cast_to(leaf(Kind::string, take_string()), type);
  }

  /// `INTERVAL 1 DAY`, `INTERVAL (a + 1) DAY`, and `INTERVAL '1' DAY`, which is not `INTERVAL '1 day'`.
  bool is_interval_of_unit() const {
    if (!is_word("interval")) return false;
    if (kind_ahead(1) == Token::Kind::number || is_before("(")) return true;
    return kind_ahead(1) == Token::Kind::string && interval_unit(2) != nullptr;
  }

  const IntervalUnit* interval_unit(std::size_t ahead) const {
    const auto* found = std::find_if(kIntervalUnits.begin(), kIntervalUnits.end(), [&](const auto& unit) {
      return is_word(unit.singular, ahead) || is_word(unit.plural, ahead);
    });
    return found == kIntervalUnits.end() ? nullptr : found;
  }

  Expression parse_interval() {
    skip(1);
    Expression count = parse_primary();
    const IntervalUnit* unit = interval_unit(0);
    if (unit == nullptr) throw NotUnderstood{};
    skip(1);
    count = cast_to(std::move(count), plain_type("DOUBLE"));
    if (!unit->whole_type.empty()) {
      count = cast_to(call("trunc", {std::move(count)}), plain_type(unit->whole_type));
    }
    return call(std::string(unit->function), {std::move(count)});
  }

  /// A column or a function, perhaps behind a schema.
  Expression parse_named(bool is_plain_word) {
    std::string name = take_name();
    if (!take_symbol("(")) {
      if ((name == "main" || name == "system") && is_symbol(".")) {
        take_symbol(".");
        if (is_word("main") && name == "system") {
          skip(1);
          expect_symbol(".");
        }
        return parse_named(false);
      }
      return {Kind::column, "", {column_name(name)}, {}, {}};
    }
    name = lower(name);
    Expression result = call(name, {});
    parse_arguments(result);
    if (!is_plain_word) return result;
    return rewritten(std::move(result));
  }

  void parse_arguments(Expression& result) {
    if (take_symbol(")")) return;
    do {
      if (is_word("distinct") || is_symbol("*")) throw NotUnderstood{};
      std::string name;
      const bool is_name = is_kind(Token::Kind::word) || is_kind(Token::Kind::quoted_identifier);
      if (is_name) {
        const std::string_view behind = source_ahead(1).substr(0, 2);
        if (behind == ":=" || behind == "=>") {
          name = take_name();
          take_symbol(behind);
        }
      }
      result.names.push_back(std::move(name));
      result.parts.push_back(parse(Level::alternative));
    } while (take_symbol(","));
    expect_symbol(")");
  }

  /// What DuckDB's grammar makes of a plain name with arguments.
  static Expression rewritten(Expression result) {
    if (result.text == "ifnull" && result.parts.size() == 2) result.text = "coalesce";
    if (result.text == "if" && result.parts.size() == 3)
      return node(Kind::choice, "", std::move(result.parts));
    return result;
  }

  std::string column_name(const std::string& name) const {
    const auto found = std::find_if(columns_.begin(), columns_.end(), [&](const std::string& column) {
      return equal_ignoring_case(column, name);
    });
    return found == columns_.end() ? lower(name) : *found;
  }

  Expression parse_case() {
    std::optional<Expression> subject;
    if (!is_word("when")) subject = parse(Level::alternative);
    Expression result = node(Kind::choice, "", {});
    while (take_word("when")) {
      Expression condition = parse(Level::alternative);
      if (subject) condition = node(Kind::operation, "=", {*subject, std::move(condition)});
      expect_word("then");
      result.parts.push_back(std::move(condition));
      result.parts.push_back(parse(Level::alternative));
    }
    if (result.parts.empty()) throw NotUnderstood{};
    result.parts.push_back(take_word("else") ? parse(Level::alternative) : leaf(Kind::constant, "NULL"));
    expect_word("end");
    return result;
  }

  Expression parse_cast(const std::string& word) {
    skip(2);
    Expression value = parse(Level::alternative);
    expect_word("as");
    Expression result = cast_to(std::move(value), take_type());
    if (result.kind == Kind::cast) result.text = upper(word);
    expect_symbol(")");
    return result;
  }

  Expression parse_extract() {
    skip(2);
    const std::string unit = is_kind(Token::Kind::string) ? take_string() : lower(take_name());
    expect_word("from");
    Expression value = parse(Level::alternative);
    expect_symbol(")");
    return call("date_part", {leaf(Kind::string, unit), std::move(value)});
  }

  Expression parse_position() {
    skip(2);
    Expression part = parse(Level::predicate + 1);
    expect_word("in");
    Expression whole = parse(Level::predicate + 1);
    expect_symbol(")");
    return call("position", {std::move(whole), std::move(part)});
  }

  Expression parse_trim() {
    skip(2);
    std::string name = "trim";
    if (take_word("leading")) name = "ltrim";
    if (take_word("trailing")) name = "rtrim";
    take_word("both");
    std::vector<Expression> parts;
    if (!take_word("from")) parts.push_back(parse(Level::alternative));
    if (take_word("from")) parts.insert(parts.begin(), parse(Level::alternative));
    while (take_symbol(",")) parts.push_back(parse(Level::alternative));
    expect_symbol(")");
    return call(name, std::move(parts));
  }

  Expression parse_substring(const std::string& word) {
    skip(2);
    std::vector<Expression> parts = {parse(Level::alternative)};
    if (take_word("placing")) throw NotUnderstood{};
    if (take_word("from")) parts.push_back(parse(Level::alternative));
    if (take_word("for")) {
      if (parts.size() == 1) parts.push_back(leaf(Kind::number, "1"));
      parts.push_back(parse(Level::alternative));
    }
    while (take_symbol(",")) parts.push_back(parse(Level::alternative));
    expect_symbol(")");
    return call(word, std::move(parts));
  }

  Expression parse_map() {
    skip(1);
    expect_symbol("{");
    std::vector<Expression> keys;
    std::vector<Expression> values;
    while (!take_symbol("}")) {
      keys.push_back(parse(Level::alternative));
      expect_symbol(":");
      values.push_back(parse(Level::alternative));
      if (!take_symbol(",") && !is_symbol("}")) throw NotUnderstood{};
    }
    return call("map", {call("list_value", std::move(keys)), call("list_value", std::move(values))});
  }

  const std::vector<std::string>& columns_;
  int depth_ = 0;
};

}  // namespace

std::optional<Expression> parse_expression(std::string_view text, const std::vector<std::string>& columns) {
  try {
    return Parser(text, columns).whole();
  } catch (const NotUnderstood&) {
    return std::nullopt;
  }
}

}  // namespace metaxy::migrate::duckdb
