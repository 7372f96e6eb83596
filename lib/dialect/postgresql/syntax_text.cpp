// Trees of expressions as SQL.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "dialect/postgresql/quoting.hpp"
#include "dialect/postgresql/syntax.hpp"

namespace metaxy::migrate::postgresql {

namespace {

using Kind = Node::Kind;

int strength_of_node(const Node& node) {
  switch (node.kind) {
    case Kind::unary:
      return node.text == "NOT" ? kNot : kSign;
    case Kind::binary:
      return strength_of(node.text);
    case Kind::quantified:
      return strength_of(node.text.substr(0, node.text.rfind(' ')));
    case Kind::test:
      return node.text.substr(0, 2) == "IS" ? kIs : kPrimary;
    case Kind::number_literal:
      return node.text.front() == '-' ? kSign : kPrimary;
    default:
      return kPrimary;
  }
}

std::string in_parentheses_below(int weakest, const Node& node) {
  return strength_of_node(node) < weakest ? "(" + to_text(node) + ")" : to_text(node);
}

std::string listed(const std::vector<Node>& parts) {
  std::vector<std::string> texts;
  for (const Node& part : parts) {
    texts.push_back(to_text(part));
  }
  return join(texts, ", ");
}

std::string conditional_text(const Node& node) {
  std::string text = "CASE";
  std::size_t at = 0;
  for (const char word : node.text) {
    if (word == 'v') {
      text += " " + to_text(node.parts[at++]);
    } else {
      text += fmt::format(" WHEN {} THEN {}", to_text(node.parts[at]), to_text(node.parts[at + 1]));
      at += 2;
    }
  }
  return text + fmt::format(" ELSE {} END", to_text(node.parts[at]));
}

std::string binary_text(const Node& node) {
  const int strength = strength_of(node.text);
  std::string text;
  for (std::size_t i = 0; i < node.parts.size(); ++i) {
    // Comparisons do not chain, everything else does to the left.
    const bool is_looser = i == 0 && strength != kComparison && strength != kIs && strength != kMatching;
    text += i == 0 ? "" : " " + node.text + " ";
    text += in_parentheses_below(is_looser ? strength : strength + 1, node.parts[i]);
  }
  return text;
}

std::string call_text(const Node& node) {
  constexpr std::string_view kExtract = "EXTRACT ";
  if (node.text.substr(0, kExtract.size()) == kExtract) {
    return fmt::format("EXTRACT({} FROM {})", node.text.substr(kExtract.size()), to_text(node.parts.front()));
  }
  return fmt::format("{}({})", node.text, listed(node.parts));
}

}  // namespace

int strength_of(std::string_view op) {
  static constexpr std::array<std::string_view, 6> kComparisons = {"<", ">", "=", "<=", ">=", "<>"};
  static constexpr std::array<std::string_view, 6> kMatchings = {
      "LIKE", "ILIKE", "NOT LIKE", "NOT ILIKE", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"};
  if (op == "OR") return kOr;
  if (op == "AND") return kAnd;
  if (std::find(kComparisons.begin(), kComparisons.end(), op) != kComparisons.end()) return kComparison;
  if (std::find(kMatchings.begin(), kMatchings.end(), op) != kMatchings.end())
    return op.substr(0, 2) == "IS" ? kIs : kMatching;
  if (op == "+" || op == "-") return kSum;
  if (op == "*" || op == "/" || op == "%") return kProduct;
  return op == "^" ? kPower : kOther;
}

std::string to_text(const Node& node) {
  switch (node.kind) {
    case Kind::text_literal:
      return literal(node.text);
    case Kind::number_literal:
    case Kind::word:
    case Kind::qualified:
      return node.text;
    case Kind::column:
      return printed_name(node.text);
    case Kind::call:
      return call_text(node);
    case Kind::cast:
      return fmt::format("{}::{}", in_parentheses_below(kPrimary, node.parts.front()), node.text);
    case Kind::unary: {
      const bool is_word = node.text == "NOT";
      return node.text + (is_word ? " " : "") +
             in_parentheses_below(is_word ? kNot : kPrimary, node.parts.front());
    }
    case Kind::binary:
      return binary_text(node);
    case Kind::test:
      return fmt::format(
          "{} {}",
          in_parentheses_below(node.text.substr(0, 2) == "IS" ? kComparison : kPrimary, node.parts.front()),
          node.text);
    case Kind::array:
      return fmt::format("ARRAY[{}]", listed(node.parts));
    case Kind::quantified:
      return fmt::format("{} {} ({})", in_parentheses_below(kOther, node.parts[0]), node.text,
                         to_text(node.parts[1]));
    case Kind::conditional:
      return conditional_text(node);
    case Kind::element:
      return fmt::format("{}[{}]", in_parentheses_below(kPrimary, node.parts[0]), to_text(node.parts[1]));
  }
  return {};
}

}  // namespace metaxy::migrate::postgresql
