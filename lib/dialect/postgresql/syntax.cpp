#include "dialect/postgresql/syntax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "dialect/postgresql/quoting.hpp"
#include "dialect/postgresql/types.hpp"
#include "sql/splitter.hpp"

namespace metaxy::migrate::postgresql {

namespace {

using Kind = Node::Kind;

constexpr std::array<std::string_view, 9> kWordValues = {
    "CURRENT_DATE",   "CURRENT_TIME", "CURRENT_TIMESTAMP",
    "CURRENT_USER",   "FALSE",        "LOCALTIME",
    "LOCALTIMESTAMP", "NULL",         "TRUE"};
/// Words with a grammar of their own that is not read here.
constexpr std::array<std::string_view, 14> kForeignWords = {
    "cast", "case",   "collate", "distinct",  "exists", "overlay", "position",
    "row",  "select", "similar", "substring", "treat",  "trim",    "xmlelement"};

template <class Words>
bool is_in(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

struct Unknown {};

Node node(Kind kind, std::string text, std::vector<Node> parts = {}) {
  return {kind, std::move(text), std::move(parts)};
}

/// Recursive descent; throws Unknown.
class ExpressionReader {
 public:
  explicit ExpressionReader(std::string_view text)
      : text_(text), tokens_(tokens_of(text, splitter_options())) {}

  Node whole() {
    Node result = expression(kOr);
    if (at_ != tokens_.size()) throw Unknown{};
    return result;
  }

 private:
  const Token* peek(std::size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() ? &tokens_[at_ + ahead] : nullptr;
  }
  bool is_symbol(std::string_view symbol, std::size_t ahead = 0) const {
    const Token* token = peek(ahead);
    return token != nullptr && token->kind == Token::Kind::punctuation && token->text == symbol;
  }
  bool is_word(std::string_view word, std::size_t ahead = 0) const {
    const Token* token = peek(ahead);
    return token != nullptr && token->kind == Token::Kind::word && equal_ignoring_case(token->text, word);
  }
  bool skip_symbol(std::string_view symbol) {
    if (!is_symbol(symbol)) return false;
    ++at_;
    return true;
  }
  bool skip_word(std::string_view word) {
    if (!is_word(word)) return false;
    ++at_;
    return true;
  }
  void expect_symbol(std::string_view symbol) {
    if (!skip_symbol(symbol)) throw Unknown{};
  }
  void expect_word(std::string_view word) {
    if (!skip_word(word)) throw Unknown{};
  }

  /// The lexer gives one character of an operator at a time, or several; those that touch are one operator.
  std::string operator_here(std::size_t& count) const {
    static constexpr std::string_view kCharacters = "+-*/<>=~!@#%^&|`?";
    std::string op;
    std::size_t end = 0;
    for (count = 0; peek(count) != nullptr; ++count) {
      const Token& token = *peek(count);
      const bool is_part = token.kind == Token::Kind::punctuation &&
                           token.text.find_first_not_of(kCharacters) == std::string::npos;
      if (!is_part || (count > 0 && token.offset != end)) break;
      op += token.text;
      end = token.offset + token.text.size();
    }
    // As PostgreSQL's lexer: an operator of several characters ends in a sign only where it has a special
    // character; `a=-1` is `a = -1`.
    while (op.size() > 1 && (op.back() == '-' || op.back() == '+') &&
           op.find_first_of("~!@#%^&|`?") == std::string::npos) {
      op.pop_back();
      --count;
    }
    return op;
  }

  Node expression(int weakest) {
    Node left = prefix();
    while (true) {
      if (!extend(left, weakest)) return left;
    }
  }

  Node prefix() {
    if (is_word("not")) {
      ++at_;
      return node(Kind::unary, "NOT", {expression(kNot)});
    }
    std::size_t count = 0;
    const std::string op = operator_here(count);
    if (op == "-" || op == "+") {
      at_ += count;
      Node inner = expression(kSign);
      if (inner.kind == Kind::number_literal && inner.text.front() != '-') {
        if (op == "-") inner.text.insert(0, "-");
        return inner;
      }
      return node(Kind::unary, op, {std::move(inner)});
    }
    if (!op.empty()) throw Unknown{};
    return postfix(primary());
  }

  Node postfix(Node inner) {
    while (true) {
      if (is_symbol("::")) {
        ++at_;
        inner = node(Kind::cast, type_here(), {std::move(inner)});
      } else if (is_symbol(":") && is_symbol(":", 1)) {
        at_ += 2;
        inner = node(Kind::cast, type_here(), {std::move(inner)});
      } else if (skip_symbol("[")) {
        Node index = expression(kOr);
        expect_symbol("]");
        inner = node(Kind::element, "", {std::move(inner), std::move(index)});
      } else if (is_word("collate")) {
        ++at_;
        const Token* name = peek();
        if (name == nullptr) throw Unknown{};
        ++at_;
        inner = node(Kind::test, "COLLATE " + quoted_name(name->text), {std::move(inner)});
      } else {
        return inner;
      }
    }
  }

  /// One more operator behind `left`, when there is one that binds at least so strongly.
  bool extend(Node& left, int weakest) {
    if (is_word("is") || is_word("isnull") || is_word("notnull")) return kIs >= weakest && extend_is(left);
    if (is_word("and")) return kAnd >= weakest && extend_logical(left, "AND", kAnd);
    if (is_word("or")) return kOr >= weakest && extend_logical(left, "OR", kOr);
    if (is_word("at")) throw Unknown{};
    const bool is_not = is_word("not");
    const std::size_t behind = is_not ? 1 : 0;
    if (is_word("like", behind) || is_word("ilike", behind)) {
      return kMatching >= weakest && extend_like(left, is_not);
    }
    if (is_word("between", behind)) return kMatching >= weakest && extend_between(left, is_not);
    if (is_word("in", behind)) return kMatching >= weakest && extend_in(left, is_not);
    if (is_word("similar", behind)) throw Unknown{};
    std::size_t count = 0;
    std::string op = operator_here(count);
    if (op.empty()) return false;
    return extend_operator(left, std::move(op), count, weakest);
  }

  bool extend_operator(Node& left, std::string op, std::size_t count, int weakest) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kSynonyms = {
        {{"!=", "<>"}, {"~~", "LIKE"}, {"!~~", "NOT LIKE"}, {"~~*", "ILIKE"}, {"!~~*", "NOT ILIKE"}}};
    for (const auto& [spelling, meaning] : kSynonyms) {
      if (op == spelling) op = meaning;
    }
    const int strength = strength_of(op);
    if (strength < weakest) return false;
    at_ += count;
    if ((is_word("any") || is_word("some") || is_word("all")) && is_symbol("(", 1)) {
      const bool is_all = is_word("all");
      at_ += 2;
      Node array = expression(kOr);
      expect_symbol(")");
      left = node(Kind::quantified, op + (is_all ? " ALL" : " ANY"), {std::move(left), std::move(array)});
      return true;
    }
    Node right = expression(strength + 1);
    left = node(Kind::binary, op, {std::move(left), std::move(right)});
    return true;
  }

  /// PostgreSQL keeps a chain of one kind as one list.
  bool extend_logical(Node& left, const char* op, int strength) {
    ++at_;
    Node right = expression(strength + 1);
    std::vector<Node> parts;
    for (Node* side : {&left, &right}) {
      if (side->kind == Kind::binary && side->text == op) {
        std::move(side->parts.begin(), side->parts.end(), std::back_inserter(parts));
      } else {
        parts.push_back(std::move(*side));
      }
    }
    left = node(Kind::binary, op, std::move(parts));
    return true;
  }

  bool extend_is(Node& left) {
    if (skip_word("isnull")) {
      left = node(Kind::test, "IS NULL", {std::move(left)});
      return true;
    }
    if (skip_word("notnull")) {
      left = node(Kind::test, "IS NOT NULL", {std::move(left)});
      return true;
    }
    expect_word("is");
    const std::string negation = skip_word("not") ? "NOT " : "";
    if (skip_word("distinct")) {
      expect_word("from");
      Node right = expression(kComparison);
      left = node(Kind::binary, fmt::format("IS {}DISTINCT FROM", negation),
                  {std::move(left), std::move(right)});
      return true;
    }
    for (const char* what : {"NULL", "TRUE", "FALSE", "UNKNOWN"}) {
      if (skip_word(what)) {
        left = node(Kind::test, fmt::format("IS {}{}", negation, what), {std::move(left)});
        return true;
      }
    }
    throw Unknown{};
  }

  bool extend_like(Node& left, bool is_not) {
    at_ += is_not ? 1 : 0;
    const std::string op = upper(peek()->text);
    ++at_;
    Node right = expression(kOther);
    if (is_word("escape")) throw Unknown{};
    left = node(Kind::binary, (is_not ? "NOT " : "") + op, {std::move(left), std::move(right)});
    return true;
  }

  bool extend_between(Node& left, bool is_not) {
    at_ += is_not ? 2 : 1;
    if (is_word("symmetric")) throw Unknown{};
    Node low = expression(kOther);
    expect_word("and");
    Node high = expression(kOther);
    Node first = node(Kind::binary, is_not ? "<" : ">=", {left, std::move(low)});
    Node second = node(Kind::binary, is_not ? ">" : "<=", {std::move(left), std::move(high)});
    left = node(Kind::binary, is_not ? "OR" : "AND", {std::move(first), std::move(second)});
    return true;
  }

  bool extend_in(Node& left, bool is_not) {
    at_ += is_not ? 2 : 1;
    expect_symbol("(");
    if (is_word("select")) throw Unknown{};
    std::vector<Node> values = list_until(")");
    if (values.size() == 1) {
      left = node(Kind::binary, is_not ? "<>" : "=", {std::move(left), std::move(values.front())});
    } else {
      left = node(Kind::quantified, is_not ? "<> ALL" : "= ANY",
                  {std::move(left), node(Kind::array, "", std::move(values))});
    }
    return true;
  }

  std::vector<Node> list_until(std::string_view close) {
    std::vector<Node> values;
    if (skip_symbol(close)) return values;
    do {
      values.push_back(expression(kOr));
    } while (skip_symbol(","));
    expect_symbol(close);
    return values;
  }

  Node primary() {
    const Token* token = peek();
    if (token == nullptr) throw Unknown{};
    switch (token->kind) {
      case Token::Kind::number:
        ++at_;
        return node(Kind::number_literal, token->text);
      case Token::Kind::string:
        ++at_;
        return string_value(token->text);
      case Token::Kind::quoted_identifier:
        return name();
      case Token::Kind::word:
        return word();
      case Token::Kind::punctuation:
        break;
    }
    if (!skip_symbol("(")) throw Unknown{};
    std::vector<Node> values = list_until(")");
    if (values.size() != 1) throw Unknown{};
    return std::move(values.front());
  }

  static Node string_value(const std::string& quoted) {
    if (quoted.size() < 2 || quoted.front() != '\'') throw Unknown{};
    return node(Kind::text_literal, replace_all(quoted.substr(1, quoted.size() - 2), "''", "'"));
  }

  Node word() {
    const std::string lower_case = lower(peek()->text);
    if (is_in(kWordValues, upper(lower_case))) {
      ++at_;
      return node(Kind::word, upper(lower_case));
    }
    if (lower_case == "cast") return cast_call();
    if (lower_case == "case") return conditional();
    if (lower_case == "extract") return extract();
    if (lower_case == "array" && is_symbol("[", 1)) {
      at_ += 2;
      return node(Kind::array, "", list_until("]"));
    }
    if (is_in(kForeignWords, lower_case) && is_symbol("(", 1)) throw Unknown{};
    return typed_literal() ? std::exchange(typed_, Node{}) : name();
  }

  /// `date '2026-01-01'`
  bool typed_literal() {
    static constexpr std::array<std::string_view, 10> kTypes = {
        "bytea", "date", "interval", "json", "jsonb", "time", "timestamp", "timestamptz", "timetz", "uuid"};
    if (!is_in(kTypes, lower(peek()->text))) return false;
    std::size_t ahead = 1;
    while (peek(ahead) != nullptr && is_type_word(lower(peek(ahead)->text))) ++ahead;
    const Token* value = peek(ahead);
    if (value == nullptr || value->kind != Token::Kind::string) return false;
    if (value->text.front() != '\'') throw Unknown{};
    std::string type;
    for (std::size_t i = 0; i < ahead; ++i) type += (i == 0 ? "" : " ") + tokens_[at_ + i].text;
    at_ += ahead + 1;
    typed_ = node(Kind::cast, migrate::to_text(spelled(plain_type(type))), {string_value(value->text)});
    return true;
  }

  Node cast_call() {
    at_ += 1;
    expect_symbol("(");
    Node inner = expression(kOr);
    expect_word("as");
    std::string type = type_here();
    expect_symbol(")");
    return node(Kind::cast, std::move(type), {std::move(inner)});
  }

  Node extract() {
    at_ += 1;
    expect_symbol("(");
    const Token* field = peek();
    if (field == nullptr) throw Unknown{};
    ++at_;
    expect_word("from");
    Node from = expression(kOr);
    expect_symbol(")");
    const std::string& text = field->text;
    const std::string unquoted = field->kind == Token::Kind::string ? text.substr(1, text.size() - 2) : text;
    return node(Kind::call, fmt::format("EXTRACT {}", lower(unquoted)), {std::move(from)});
  }

  Node conditional() {
    ++at_;
    Node result = node(Kind::conditional, "");
    if (!is_word("when")) {
      result.text += "v";
      result.parts.push_back(expression(kOr));
    }
    while (skip_word("when")) {
      result.text += "w";
      result.parts.push_back(expression(kOr));
      expect_word("then");
      result.parts.push_back(expression(kOr));
    }
    // Without ELSE it is NULL, and so PostgreSQL prints it.
    result.parts.push_back(skip_word("else") ? expression(kOr) : node(Kind::word, "NULL"));
    expect_word("end");
    return result;
  }

  /// A column or a call, with what stands before its dots.
  Node name() {
    std::string text;
    std::string last;
    while (true) {
      const Token* token = peek();
      const bool is_name = token != nullptr && (token->kind == Token::Kind::word ||
                                                token->kind == Token::Kind::quoted_identifier);
      if (!is_name) throw Unknown{};
      last = token->kind == Token::Kind::word ? lower(token->text) : token->text;
      ++at_;
      if (!skip_symbol(".")) break;
      text += printed_name(last) + ".";
    }
    if (!is_symbol("(")) {
      return text.empty() ? node(Kind::column, last) : node(Kind::qualified, text + printed_name(last));
    }
    ++at_;
    // pg_catalog is always searched.
    if (text == "pg_catalog.") text.clear();
    // Words of the grammar that are called like functions are never printed in quotes.
    static constexpr std::array<std::string_view, 6> kCalled = {"coalesce", "greatest", "least",
                                                                "left",     "nullif",   "right"};
    return node(Kind::call, text + (is_in(kCalled, last) ? last : printed_name(last)), list_until(")"));
  }

  /// The canonical text of the type behind `::` or AS.
  std::string type_here() {
    const std::size_t begin = at_ < tokens_.size() ? tokens_[at_].offset : text_.size();
    std::size_t words = 0;
    while (const Token* token = peek()) {
      const bool is_name = token->kind == Token::Kind::word || token->kind == Token::Kind::quoted_identifier;
      if (is_name && words > 0 && !is_type_word(lower(token->text)) && !is_symbol(".", 0) && !after_dot())
        break;
      if (is_name) {
        ++words;
        ++at_;
      } else if (is_symbol("(") && words > 0) {
        skip_group();
      } else if (is_symbol("[") && words > 0) {
        while (!is_symbol("]")) {
          if (peek() == nullptr) throw Unknown{};
          ++at_;
        }
        ++at_;
      } else if (is_symbol(".")) {
        ++at_;
      } else {
        break;
      }
    }
    if (words == 0) throw Unknown{};
    const std::size_t end = at_ < tokens_.size() ? tokens_[at_].offset : text_.size();
    return migrate::to_text(spelled(parse_type(trimmed(text_.substr(begin, end - begin)))));
  }

  bool after_dot() const {
    return at_ > 0 && tokens_[at_ - 1].kind == Token::Kind::punctuation && tokens_[at_ - 1].text == ".";
  }

  static bool is_type_word(std::string_view word) {
    static constexpr std::array<std::string_view, 6> kWords = {"precision", "varying", "with",
                                                               "without",   "time",    "zone"};
    return is_in(kWords, word);
  }

  void skip_group() {
    int depth = 0;
    do {
      if (peek() == nullptr) throw Unknown{};
      depth += is_symbol("(") ? 1 : 0;
      depth -= is_symbol(")") ? 1 : 0;
      ++at_;
    } while (depth > 0);
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  Node typed_;
};

}  // namespace

std::optional<Node> parsed(std::string_view text) {
  try {
    return ExpressionReader(text).whole();
  } catch (const Unknown&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // a type that is none
  }
}

}  // namespace metaxy::migrate::postgresql
