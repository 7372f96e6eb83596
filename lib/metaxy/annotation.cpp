#include "metaxy/annotation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/suggest.hpp"
#include "base/text.hpp"
#include "metaxy/logical_types.hpp"

namespace metaxy::migrate {

namespace {

/// Annotations nest a few levels; the limit keeps a hostile text from using up the stack.
constexpr int kMaxAnnotationDepth = 64;
/// How much of a text an error message repeats.
constexpr std::size_t kMaxShownBytes = 200;

/// Names that stand for a column type by themselves. Those of Pydantic that only check values are what they
/// check.
const std::map<std::string, LogicalKind, std::less<>>& plain_names() {
  using K = LogicalKind;
  static const std::map<std::string, LogicalKind, std::less<>> names = {
      {"str", K::text},
      {"StrictStr", K::text},
      {"Path", K::text},
      {"PurePath", K::text},
      {"FilePath", K::text},
      {"DirectoryPath", K::text},
      {"NewPath", K::text},
      {"AnyUrl", K::text},
      {"AnyHttpUrl", K::text},
      {"HttpUrl", K::text},
      {"FileUrl", K::text},
      {"EmailStr", K::text},
      {"NameEmail", K::text},
      {"IPvAnyAddress", K::text},
      {"IPvAnyNetwork", K::text},
      {"IPv4Address", K::text},
      {"IPv6Address", K::text},
      {"SecretStr", K::text},
      {"Pattern", K::text},
      {"Json", K::text},
      {"complex", K::text},
      {"int", K::integer},
      {"StrictInt", K::integer},
      {"PositiveInt", K::integer},
      {"NegativeInt", K::integer},
      {"NonNegativeInt", K::integer},
      {"NonPositiveInt", K::integer},
      {"float", K::real},
      {"StrictFloat", K::real},
      {"PositiveFloat", K::real},
      {"NegativeFloat", K::real},
      {"NonNegativeFloat", K::real},
      {"NonPositiveFloat", K::real},
      {"FiniteFloat", K::real},
      {"bool", K::boolean},
      {"StrictBool", K::boolean},
      {"datetime", K::timestamp},
      {"NaiveDatetime", K::timestamp},
      {"PastDatetime", K::timestamp},
      {"FutureDatetime", K::timestamp},
      {"AwareDatetime", K::timestamp_with_zone},
      {"date", K::date},
      {"PastDate", K::date},
      {"FutureDate", K::date},
      {"time", K::time},
      {"timedelta", K::interval},
      {"Decimal", K::decimal},
      {"UUID", K::uuid},
      {"UUID1", K::uuid},
      {"UUID3", K::uuid},
      {"UUID4", K::uuid},
      {"UUID5", K::uuid},
      {"UUID6", K::uuid},
      {"UUID7", K::uuid},
      {"UUID8", K::uuid},
      {"bytes", K::binary},
      {"StrictBytes", K::binary},
      {"bytearray", K::binary},
      {"SecretBytes", K::binary},
      {"Base64Bytes", K::binary},
      {"Any", K::json},
      {"object", K::json},
      // Pydantic's functions that limit a type.
      {"constr", K::text},
      {"conint", K::integer},
      {"confloat", K::real},
      {"condecimal", K::decimal},
      {"conbytes", K::binary},
      {"condate", K::date},
  };
  return names;
}

enum class Generic { optional, any_of, list, tuple, map, literal, annotated };

const std::map<std::string, Generic, std::less<>>& generic_names() {
  using G = Generic;
  static const std::map<std::string, Generic, std::less<>> names = {
      {"Optional", G::optional},
      {"Union", G::any_of},
      {"Annotated", G::annotated},
      {"Literal", G::literal},
      {"list", G::list},
      {"List", G::list},
      {"conlist", G::list},
      {"set", G::list},
      {"Set", G::list},
      {"conset", G::list},
      {"frozenset", G::list},
      {"FrozenSet", G::list},
      {"confrozenset", G::list},
      {"AbstractSet", G::list},
      {"Sequence", G::list},
      {"MutableSequence", G::list},
      {"Iterable", G::list},
      {"Collection", G::list},
      {"deque", G::list},
      {"tuple", G::tuple},
      {"Tuple", G::tuple},
      {"dict", G::map},
      {"Dict", G::map},
      {"Mapping", G::map},
      {"MutableMapping", G::map},
  };
  return names;
}

/// What people who think in SQL, Arrow or JSON write, and how it is spelled here.
const std::map<std::string, std::string, std::less<>>& foreign_names() {
  static const std::map<std::string, std::string, std::less<>> names = {
      {"string", "str"},         {"text", "str"},           {"varchar", "str"},
      {"utf8", "str"},           {"char", "str"},           {"integer", "int"},
      {"bigint", "int"},         {"int64", "int"},          {"int32", "int"},
      {"smallint", "int"},       {"double", "float"},       {"float64", "float"},
      {"float32", "float"},      {"real", "float"},         {"number", "float"},
      {"boolean", "bool"},       {"timestamp", "datetime"}, {"timestamptz", "AwareDatetime"},
      {"interval", "timedelta"}, {"duration", "timedelta"}, {"json", "Any"},
      {"jsonb", "Any"},          {"blob", "bytes"},         {"bytea", "bytes"},
      {"binary", "bytes"},       {"numeric", "Decimal"},    {"array", "list[...]"},
      {"map", "dict[str, ...]"}, {"null", "None"},
  };
  return names;
}

const std::vector<std::string>& known_modules() {
  static const std::vector<std::string> modules = {
      "typing",   "typing_extensions", "t",           "datetime", "dt",        "uuid", "decimal", "pathlib",
      "pydantic", "collections.abc",   "collections", "builtins", "ipaddress", "re",   "enum",    "types"};
  return modules;
}

struct Lexeme {
  enum class Kind { name, number, string, punctuation, end };
  Kind kind = Kind::end;
  std::string text;
  std::size_t offset = 0;
};

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// A type, or None on its way into a union.
struct UnionPart {
  LogicalType type;
  bool is_nullable = false;
  bool is_none = false;
};

/// Limits in a call like `Field(max_length=12)` or `Decimal(10, 2)`.
struct Limits {
  std::vector<int> positional;
  std::map<std::string, int, std::less<>> named;
};

class AnnotationParser {
 public:
  AnnotationParser(std::string_view text, const SourcePosition& where,
                   const std::optional<LogicalType>& structure)
      : text_(text), where_(where), structure_(structure) {
    advance();
  }

  Annotation whole() {
    const UnionPart part = parse_union();
    if (next_.kind != Lexeme::Kind::end) {
      fail(fmt::format("'{}' may not follow a type", next_.text), next_.offset);
    }
    if (part.is_none) {
      fail("a column of type 'None' holds nothing", 0, "leave the column out, or write 'X | None'");
    }
    return {part.type, part.is_nullable};
  }

 private:
  [[noreturn]] void fail(const std::string& message, std::size_t offset, std::string hint = {}) const {
    SourcePosition where = where_;
    if (where.column != 0) {
      where.column += offset;
    }
    const std::string shown = text_.size() <= kMaxShownBytes
                                  ? std::string(text_)
                                  : std::string(text_.substr(0, kMaxShownBytes)) + "...";
    throw Error(ErrorKind::configuration, fmt::format("{} in the type '{}'", message, shown),
                {.where = where, .hint = std::move(hint), .notes = {}});
  }

  void advance();
  Lexeme read_string(char quote);
  bool accept(std::string_view punctuation) {
    if (next_.kind != Lexeme::Kind::punctuation || next_.text != punctuation) {
      return false;
    }
    advance();
    return true;
  }
  void expect(std::string_view punctuation) {
    if (!accept(punctuation)) {
      fail(next_.kind == Lexeme::Kind::end
               ? fmt::format("expected '{}' at the end", punctuation)
               : fmt::format("expected '{}', found '{}'", punctuation, next_.text),
           next_.offset);
    }
  }

  UnionPart parse_union();
  UnionPart parse_primary();
  UnionPart parse_name(const Lexeme& name);
  UnionPart parse_generic(Generic generic, const Lexeme& name);
  UnionPart parse_literal();
  UnionPart parse_annotated();
  UnionPart parse_tuple();
  UnionPart parse_map();
  UnionPart union_of(const std::vector<UnionPart>& parts) const;
  std::string last_segment(const Lexeme& name) const;
  Limits parse_limits(std::string_view close);
  void limit(LogicalType& type, const Limits& limits, std::size_t offset) const;

  std::string_view text_;
  const SourcePosition& where_;
  const std::optional<LogicalType>& structure_;
  std::size_t at_ = 0;
  int depth_ = 0;
  Lexeme next_;
};

Lexeme AnnotationParser::read_string(char quote) {
  Lexeme lexeme{Lexeme::Kind::string, {}, at_};
  const std::size_t end = text_.find(quote, at_ + 1);
  if (end == std::string_view::npos) {
    fail("a quote is never closed", at_);
  }
  lexeme.text = std::string(text_.substr(at_ + 1, end - at_ - 1));
  at_ = end + 1;
  return lexeme;
}

void AnnotationParser::advance() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) {
    ++at_;
  }
  if (at_ >= text_.size()) {
    next_ = {Lexeme::Kind::end, {}, text_.size()};
    return;
  }
  const std::size_t start = at_;
  const char c = text_[at_];
  if (c == '\'' || c == '"') {
    next_ = read_string(c);
    return;
  }
  Lexeme::Kind kind = Lexeme::Kind::punctuation;
  if (is_name_start(c)) {
    kind = Lexeme::Kind::name;
    while (at_ < text_.size() && (is_name_start(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '.')) {
      ++at_;
    }
  } else if (is_digit(c) || (c == '-' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
    kind = Lexeme::Kind::number;
    ++at_;
    while (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '.' || text_[at_] == '_')) {
      ++at_;
    }
  } else {
    at_ += text_.substr(at_, 3) == "..." ? 3 : 1;
  }
  next_ = {kind, std::string(text_.substr(start, at_ - start)), start};
}

UnionPart AnnotationParser::parse_union() {
  if (++depth_ > kMaxAnnotationDepth) {
    fail(fmt::format("more than {} levels", kMaxAnnotationDepth), next_.offset);
  }
  std::vector<UnionPart> parts = {parse_primary()};
  while (accept("|")) {
    parts.push_back(parse_primary());
  }
  --depth_;
  return union_of(parts);
}

UnionPart AnnotationParser::union_of(const std::vector<UnionPart>& parts) const {
  UnionPart result;
  std::vector<LogicalType> branches;
  for (const UnionPart& part : parts) {
    result.is_nullable = result.is_nullable || part.is_nullable || part.is_none;
    if (!part.is_none) {
      branches.push_back(part.type);
    }
  }
  if (branches.empty()) {
    result.is_none = true;
    return result;
  }
  result.type = logical_union(branches).value_or(logical(LogicalKind::json));
  return result;
}

UnionPart AnnotationParser::parse_primary() {
  const Lexeme lexeme = next_;
  switch (lexeme.kind) {
    case Lexeme::Kind::name:
      advance();
      return parse_name(lexeme);
    case Lexeme::Kind::end:
      fail("a type is missing at the end", lexeme.offset);
    case Lexeme::Kind::string:
      fail(fmt::format("the text '{}' is no type", lexeme.text), lexeme.offset,
           fmt::format("for a fixed set of texts write Literal[\"{}\"]", lexeme.text));
    case Lexeme::Kind::number:
      fail(fmt::format("the number {} is no type", lexeme.text), lexeme.offset);
    case Lexeme::Kind::punctuation:
      break;
  }
  if (accept("(")) {
    UnionPart part = parse_union();
    expect(")");
    return part;
  }
  fail(fmt::format("expected a type, found '{}'", lexeme.text), lexeme.offset);
}

std::string AnnotationParser::last_segment(const Lexeme& name) const {
  const std::size_t dot = name.text.rfind('.');
  if (dot == std::string::npos) {
    return name.text;
  }
  const std::string module = name.text.substr(0, dot);
  const std::vector<std::string>& modules = known_modules();
  if (std::find(modules.begin(), modules.end(), module) == modules.end()) {
    fail(fmt::format("unknown module '{}'", module), name.offset, did_you_mean(module, modules));
  }
  return name.text.substr(dot + 1);
}

UnionPart AnnotationParser::parse_name(const Lexeme& name) {
  const std::string word = last_segment(name);
  if (word == "None" || word == "NoneType") {
    return {{}, true, true};
  }
  if (word == "struct") {
    if (!structure_) {
      fail("'struct' without members", name.offset,
           "write { type = \"struct\", members = { name = \"str\" } }");
    }
    return {*structure_, false, false};
  }
  if (const auto generic = generic_names().find(word); generic != generic_names().end()) {
    return parse_generic(generic->second, name);
  }
  const auto plain = plain_names().find(word);
  if (plain == plain_names().end()) {
    std::vector<std::string> names = {"None", "struct"};
    for (const auto& [known, kind] : plain_names()) names.push_back(known);
    for (const auto& [known, kind] : generic_names()) names.push_back(known);
    const auto foreign = foreign_names().find(lower(word));
    std::string hint = foreign == foreign_names().end() ? did_you_mean(word, names)
                                                        : fmt::format("write '{}'", foreign->second);
    hint = hint.empty() ? "types are written as Pydantic annotations, for example 'float | None'" : hint;
    fail(fmt::format("unknown type '{}'", word), name.offset,
         hint + "; a type of the database itself goes into sql_type");
  }
  UnionPart part{logical(plain->second), plain->second == LogicalKind::json, false};
  if (accept("(")) {
    limit(part.type, parse_limits(")"), name.offset);
  } else if (accept("[")) {
    if (part.type.kind != LogicalKind::decimal) {
      fail(fmt::format("'{}' takes nothing in brackets", word), name.offset);
    }
    limit(part.type, parse_limits("]"), name.offset);
  }
  return part;
}

UnionPart AnnotationParser::parse_generic(Generic generic, const Lexeme& name) {
  // conlist(X, min_length=1) is written as a call; its limits do not matter to a column.
  if (accept("(")) {
    const UnionPart element = parse_union();
    parse_limits(")");
    return {logical_list(element.type), false, false};
  }
  if (!accept("[")) {
    if (generic == Generic::list || generic == Generic::tuple) {
      return {logical_list(logical(LogicalKind::json)), false, false};
    }
    if (generic == Generic::map) {
      return {logical_map(logical(LogicalKind::json)), false, false};
    }
    fail(fmt::format("'{}' needs types in brackets", name.text), name.offset);
  }
  switch (generic) {
    case Generic::literal:
      return parse_literal();
    case Generic::annotated:
      return parse_annotated();
    case Generic::tuple:
      return parse_tuple();
    case Generic::map:
      return parse_map();
    case Generic::list: {
      const UnionPart element = parse_union();
      expect("]");
      return {logical_list(element.is_none ? logical(LogicalKind::json) : element.type), false, false};
    }
    case Generic::optional: {
      UnionPart part = parse_union();
      expect("]");
      part.is_nullable = true;
      return part;
    }
    case Generic::any_of: {
      std::vector<UnionPart> parts = {parse_union()};
      while (accept(",")) {
        parts.push_back(parse_union());
      }
      expect("]");
      return union_of(parts);
    }
  }
  fail(fmt::format("'{}' is not known", name.text), name.offset);
}

UnionPart AnnotationParser::parse_literal() {
  std::vector<UnionPart> parts;
  do {
    const Lexeme value = next_;
    advance();
    if (value.kind == Lexeme::Kind::string) {
      parts.push_back({logical(LogicalKind::text), false, false});
    } else if (value.kind == Lexeme::Kind::number && value.text.find('.') == std::string::npos) {
      parts.push_back({logical(LogicalKind::integer), false, false});
    } else if (value.text == "True" || value.text == "False") {
      parts.push_back({logical(LogicalKind::boolean), false, false});
    } else if (value.text == "None") {
      parts.push_back({{}, true, true});
    } else {
      fail(fmt::format("expected a text in quotes, an integer, True, False or None, found '{}'", value.text),
           value.offset);
    }
  } while (accept(","));
  expect("]");
  UnionPart part = union_of(parts);
  if (part.type.kind == LogicalKind::json) {
    part.type = logical(LogicalKind::text);  // Mixed values, as in the JSON schema of such a Literal.
  }
  return part;
}

UnionPart AnnotationParser::parse_annotated() {
  UnionPart part = parse_union();
  if (next_.text != ",") {
    expect(",");
  }
  const std::size_t offset = next_.offset;
  advance();
  Limits limits = parse_limits("]");
  limits.positional.clear();
  limit(part.type, limits, offset);
  return part;
}

UnionPart AnnotationParser::parse_tuple() {
  const UnionPart first = parse_union();
  if (!accept(",")) {
    expect("]");
    return {logical(LogicalKind::json), false, false};
  }
  if (accept("...")) {
    expect("]");
    return {logical_list(first.type), false, false};
  }
  do {
    parse_union();
  } while (accept(","));
  expect("]");
  // Members of different types have no names that a STRUCT could take (contract F1).
  return {logical(LogicalKind::json), false, false};
}

UnionPart AnnotationParser::parse_map() {
  parse_union();
  expect(",");
  const UnionPart value = parse_union();
  expect("]");
  return {logical_map(value.is_none ? logical(LogicalKind::json) : value.type), false, false};
}

Limits AnnotationParser::parse_limits(std::string_view close) {
  Limits limits;
  std::string keyword;
  std::vector<std::string> open = {std::string(close)};
  while (true) {
    const Lexeme lexeme = next_;
    if (lexeme.kind == Lexeme::Kind::end) {
      fail(fmt::format("expected '{}' at the end", open.back()), lexeme.offset);
    }
    advance();
    if (lexeme.kind == Lexeme::Kind::punctuation && lexeme.text == open.back()) {
      open.pop_back();
      if (open.empty()) {
        return limits;
      }
    } else if (lexeme.text == "(" || lexeme.text == "[" || lexeme.text == "{") {
      open.push_back(lexeme.text == "(" ? ")" : lexeme.text == "[" ? "]" : "}");
    } else if (lexeme.kind == Lexeme::Kind::name && next_.text == "=") {
      advance();
      keyword = lexeme.text;
      continue;
    } else if (lexeme.kind == Lexeme::Kind::number) {
      int value = 0;
      const auto [end, error] =
          std::from_chars(lexeme.text.data(), lexeme.text.data() + lexeme.text.size(), value);
      const bool is_integer = error == std::errc() && end == lexeme.text.data() + lexeme.text.size();
      if (is_integer && !keyword.empty()) {
        limits.named[keyword] = value;
      } else if (is_integer) {
        limits.positional.push_back(value);
      }
    }
    keyword.clear();
  }
}

void AnnotationParser::limit(LogicalType& type, const Limits& limits, std::size_t offset) const {
  const auto named = [&](std::string_view name) -> std::optional<int> {
    const auto found = limits.named.find(name);
    return found == limits.named.end() ? std::nullopt : std::optional<int>(found->second);
  };
  if (type.kind == LogicalKind::text) {
    type.length = named("max_length");
    if (!type.length && !limits.positional.empty()) {
      type.length = limits.positional.front();
    }
    if (type.length && *type.length < 1) {
      fail(fmt::format("a greatest length of {} holds nothing", *type.length), offset);
    }
  }
  if (type.kind != LogicalKind::decimal) {
    return;
  }
  std::optional<int> digits = named("max_digits");
  std::optional<int> places = named("decimal_places");
  if (!limits.positional.empty()) {
    digits = limits.positional.front();
    places = limits.positional.size() > 1 ? limits.positional[1] : 0;
  }
  if ((digits && *digits < 1) || (places && *places < 0) || (digits && places && *places > *digits)) {
    fail(fmt::format("{} digits with {} decimal places are not possible", digits.value_or(0),
                     places.value_or(0)),
         offset);
  }
  // With the digits alone every split between both sides of the point is possible, which no precision and
  // scale say.
  type.precision = places ? digits : std::nullopt;
  type.scale = places;
}

}  // namespace

Annotation parse_annotation(std::string_view text, const SourcePosition& where,
                            const std::optional<LogicalType>& structure) {
  return AnnotationParser(text, where, structure).whole();
}

}  // namespace metaxy::migrate
