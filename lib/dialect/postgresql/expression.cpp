#include "dialect/postgresql/expression.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "dialect/postgresql/quoting.hpp"
#include "dialect/postgresql/syntax.hpp"
#include "dialect/postgresql/types.hpp"
#include "sql/splitter.hpp"

namespace metaxy::migrate::postgresql {

namespace {

using Kind = Node::Kind;

bool is_number_text(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    text.remove_prefix(1);
  }
  const auto is_fitting = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  return !text.empty() && text.front() != '.' && text.back() != '.' &&
         std::all_of(text.begin(), text.end(), is_fitting) && std::count(text.begin(), text.end(), '.') <= 1;
}

Type element_of(const Type& type) {
  return type.name == "LIST" && !type.members.empty() ? type.members.front().type : Type{};
}

/// Takes away what PostgreSQL adds by itself when it reads an expression.
class Simplifier {
 public:
  explicit Simplifier(const Table* table) : table_(table) {}

  Node simplified(Node node) const {
    for (Node& part : node.parts) {
      part = simplified(std::move(part));
    }
    switch (node.kind) {
      case Kind::cast:
        return without_needless_cast(std::move(node));
      case Kind::binary:
      case Kind::quantified:
        return without_operand_casts(std::move(node));
      case Kind::conditional:
        // Without ELSE it is a NULL of the type of the others.
        if (node.parts.back().kind == Kind::cast && node.parts.back().parts.front().text == "NULL") {
          node.parts.back() = Node(node.parts.back().parts.front());
        }
        return node;
      case Kind::array:
        for (Node& part : node.parts) part = without_text_cast(std::move(part));
        return node;
      default:
        return node;
    }
  }

  /// The type that the database gives it; none where this is not known.
  std::optional<Type> type_of(const Node& node) const {
    if (node.kind == Kind::cast) {
      return parse_type(node.text);
    }
    if (node.kind != Kind::column || table_ == nullptr) {
      return std::nullopt;
    }
    const Column* column = find_column(*table_, node.text);
    return column == nullptr ? std::nullopt : std::optional(named(spelled(column->type)));
  }

 private:
  static bool is_literal(const Node& node) {
    return node.kind == Kind::text_literal || node.kind == Kind::number_literal ||
           (node.kind == Kind::word && node.text == "NULL");
  }

  static Node without_text_cast(Node node) {
    const bool is_cast_text = node.kind == Kind::cast && node.parts.front().kind == Kind::text_literal &&
                              is_text(parse_type(node.text));
    return is_cast_text ? std::move(node.parts.front()) : std::move(node);
  }

  /// `'x'::text` is 'x', `'-1'::integer` is -1, and text of a column of text is the column.
  Node without_needless_cast(Node node) const {
    Node& inner = node.parts.front();
    const Type type = parse_type(node.text);
    const bool is_exact = type.name == "integer" || type.name == "bigint" || type.name == "numeric";
    if (inner.kind == Kind::text_literal && is_exact && type.arguments.empty() &&
        is_number_text(inner.text)) {
      // The form in which a negative or a great number is printed; of what type such a number is follows from
      // its digits.
      const bool is_whole = inner.text.find('.') == std::string::npos;
      if (is_whole == (type.name != "numeric")) {
        Node number{Kind::number_literal, inner.text, {}};
        return number;
      }
    }
    if (inner.kind == Kind::text_literal && is_text(type) && type.arguments.empty()) {
      return std::move(inner);
    }
    if (inner.kind == Kind::array && element_of(type).name == "text") {
      return std::move(inner);
    }
    const std::optional<Type> of_inner = type_of(inner);
    const bool is_text_as_text =
        type.name == "text" && of_inner && (is_text(*of_inner) || is_text(element_of(*of_inner)));
    const bool is_texts_as_texts =
        element_of(type).name == "text" && of_inner && is_text(element_of(*of_inner));
    return is_text_as_text || is_texts_as_texts ? std::move(inner) : std::move(node);
  }

  /// A literal beside a column is read as the column's type; numbers of another type than the column's are
  /// brought together by casts.
  Node without_operand_casts(Node node) const {
    if (node.parts.size() != 2) {
      return node;
    }
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      Node& mine = node.parts[side];
      const Node& other = node.parts[1 - side];
      if (const std::optional<Type> type = type_of(other)) {
        const bool is_array = node.kind == Kind::quantified && side == 1;
        mine = without_cast_to(std::move(mine), is_array, *type);
        if (is_array) mine = with_typed_texts(std::move(mine), *type);
      }
    }
    if (node.kind == Kind::binary && strength_of(node.text) == kComparison) {
      // Numbers are compared by value, whatever their types.
      for (Node& side : node.parts) side = without_number_cast(std::move(side));
    }
    Node& left = node.parts[0];
    const bool widens_column = left.kind == Kind::cast && left.parts.front().kind == Kind::column &&
                               node.parts[1].kind == Kind::number_literal &&
                               (left.text == "numeric" || left.text == "double precision");
    if (widens_column) {
      const std::optional<Type> type = type_of(left.parts.front());
      if (type && is_number(*type)) {
        left = Node(left.parts.front());
      }
    }
    return node;
  }

  /// An array of literals is one of texts, which nothing but a text is compared with.
  static Node with_typed_texts(Node array, const Type& type) {
    if (array.kind != Kind::array || is_text(type) || is_number(type)) return array;
    for (Node& part : array.parts) {
      if (part.kind == Kind::text_literal) {
        Node cast{Kind::cast, migrate::to_text(type), {}};
        cast.parts.push_back(std::move(part));
        part = std::move(cast);
      }
    }
    return array;
  }

  static Node without_number_cast(Node node) {
    const bool is_cast_number = node.kind == Kind::cast && node.parts.front().kind == Kind::number_literal &&
                                is_number(parse_type(node.text));
    return is_cast_number ? Node(node.parts.front()) : node;
  }

  Node without_cast_to(Node node, bool is_array, const Type& type) const {
    if (is_array && node.kind == Kind::cast && node.parts.front().kind == Kind::array &&
        element_of(parse_type(node.text)) == type) {
      node = Node(node.parts.front());
    }
    if (is_array && node.kind == Kind::array) {
      for (Node& part : node.parts) part = without_cast_to(std::move(part), false, type);
      return node;
    }
    const bool is_ours = node.kind == Kind::cast && is_literal(node.parts.front()) &&
                         plain_type(parse_type(node.text).name) == plain_type(type.name) &&
                         parse_type(node.text).members == type.members;
    return is_ours ? Node(node.parts.front()) : node;
  }

  const Table* table_;
};

}  // namespace

std::optional<std::string> canonical_expression(std::string_view text, const Table& table) {
  std::optional<Node> node = parsed(text);
  if (!node) {
    return std::nullopt;
  }
  return to_text(Simplifier(&table).simplified(*std::move(node)));
}

std::optional<std::string> canonical_default(std::string_view text, const Type& declared) {
  const Type type = named(declared);
  std::optional<Node> node = parsed(text);
  if (!node) {
    return std::string(trimmed(text));
  }
  Node simple = Simplifier(nullptr).simplified(*std::move(node));
  while (simple.kind == Kind::cast) {
    const Type to = parse_type(simple.text);
    const Kind inner = simple.parts.front().kind;
    const bool is_literal = inner == Kind::text_literal || inner == Kind::number_literal ||
                            inner == Kind::array ||
                            (inner == Kind::word && simple.parts.front().text == "NULL");
    if (!is_literal || to.name != type.name || to.members != type.members) {
      break;
    }
    simple = Node(simple.parts.front());
  }
  if (simple.kind == Kind::text_literal && is_number(type) && is_number_text(simple.text)) {
    simple.kind = Kind::number_literal;
  }
  if (simple.kind == Kind::word && simple.text == "NULL") {
    return std::nullopt;
  }
  if (simple.kind == Kind::text_literal && type.name == "boolean") {
    const std::string word = lower(simple.text);
    const bool is_true = word == "t" || word == "true" || word == "yes" || word == "on" || word == "1";
    simple = Node{Kind::word, is_true ? "TRUE" : "FALSE", {}};
  }
  return to_text(simple);
}

bool is_plain_key(std::string_view canonical) {
  const std::optional<Node> node = parsed(canonical);
  return node && (node->kind == Kind::column || node->kind == Kind::call);
}

bool mentions(std::string_view text, const std::string& column) {
  const std::vector<Token> tokens = tokens_of(text, splitter_options());
  return std::any_of(tokens.begin(), tokens.end(), [&column](const Token& token) {
    return (token.kind == Token::Kind::quoted_identifier && token.text == column) ||
           (token.kind == Token::Kind::word && lower(token.text) == column);
  });
}

}  // namespace metaxy::migrate::postgresql
