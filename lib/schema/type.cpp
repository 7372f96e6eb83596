#include "schema/type.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

/// Databases nest types a few levels deep; the limit keeps a hostile text from using up the stack.
constexpr std::size_t kMaxDepth = 100;
/// How much of a text an error message repeats.
constexpr std::size_t kMaxShownBytes = 200;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

/// `'it''s'`: the text in the given quotes, with quotes inside doubled.
std::string in_doubled_quotes(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char c : text) {
    result += c;
    if (c == quote) {
      result += quote;
    }
  }
  result += quote;
  return result;
}

std::string undoubled(std::string_view text, char quote) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    result += text[i];
    if (text[i] == quote) {
      ++i;
    }
  }
  return result;
}

/// The first `bytes` bytes, and the rest of a UTF-8 character that they cut.
std::string_view head_of(std::string_view text, std::size_t bytes) {
  std::size_t end = std::min(bytes, text.size());
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    ++end;
  }
  return text.substr(0, end);
}

/// Behind the name of an enum that has one, before its labels.
constexpr std::string_view kEnumEnding = " ENUM";

bool ends_with_enum(std::string_view upper_name) {
  return upper_name.size() > kEnumEnding.size() &&
         upper_name.substr(upper_name.size() - kEnumEnding.size()) == kEnumEnding;
}

/// A type and how many levels it has; 1 is a plain type.
struct Parsed {
  Type type;
  std::size_t height = 1;
};

/// Recursive descent over one text; positions are byte offsets.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Type whole() {
    skip_spaces();
    if (at_end()) {
      return Type{};
    }
    Type type = parse(1).type;
    if (!at_end()) {
      fail(fmt::format("nothing may follow the type, but found '{}'", next_character()));
    }
    return type;
  }

 private:
  /// A type with its `[]` and `[3]`. Leaves the position behind trailing spaces.
  Parsed parse(std::size_t depth) {
    if (depth > kMaxDepth) {
      fail(fmt::format("it is nested more than {} levels deep", kMaxDepth));
    }
    Parsed parsed = parse_base(depth);
    while (peek() == '[') {
      ++at_;
      skip_spaces();
      const std::size_t start = at_;
      while (is_digit(peek())) {
        ++at_;
      }
      const std::string size(text_.substr(start, at_ - start));
      skip_spaces();
      expect(']');
      parsed.type = list_of(std::move(parsed.type));
      if (!size.empty()) {
        parsed.type.name = "ARRAY";
        parsed.type.arguments.push_back(size);
      }
      if (++parsed.height > kMaxDepth) {
        fail(fmt::format("it is nested more than {} levels deep", kMaxDepth));
      }
    }
    return parsed;
  }

  Parsed parse_base(std::size_t depth) {
    Parsed parsed;
    std::string& name = parsed.type.name;
    parse_words(name);
    if (name.empty()) {
      fail(at_end() ? "a type was expected before the end"
                    : fmt::format("a type was expected, but found '{}'", next_character()));
    }
    if (peek() != '(') {
      return parsed;
    }
    ++at_;
    skip_spaces();
    // A number between the parentheses makes it a plain type whatever its name: SQLite takes any name.
    const bool may_be_nested = !is_digit(peek()) && peek() != '-' && peek() != '+';
    const std::string kind = upper(name);
    if (may_be_nested && (kind == "STRUCT" || kind == "UNION" || kind == "MAP")) {
      name = kind;
      parse_members(parsed, depth);
    } else if (may_be_nested && kind == "ENUM") {
      name = kind;
      parse_labels(parsed.type);
    } else if (peek() == '\'' && ends_with_enum(kind)) {
      name.resize(name.size() - kEnumEnding.size());
      parse_labels(parsed.type);
    } else {
      parse_arguments(parsed.type);
      parse_words(name);
    }
    return parsed;
  }

  /// The words of a name, quoted pieces as written, blanks collapsed, appended to `name`.
  void parse_words(std::string& name) {
    bool is_after_space = !name.empty();
    for (;;) {
      if (is_space(peek())) {
        is_after_space = true;
        skip_spaces();
      }
      const std::size_t start = at_;
      if (!skip_quoted()) {
        while (!at_end() && !is_space(peek()) &&
               std::string_view("()[],'\"`").find(peek()) == std::string_view::npos) {
          ++at_;
        }
      }
      if (at_ == start) {
        return;
      }
      if (is_after_space && !name.empty()) {
        name += ' ';
      }
      name += text_.substr(start, at_ - start);
      is_after_space = false;
    }
  }

  void parse_members(Parsed& parsed, std::size_t depth) {
    const bool is_map = parsed.type.name == "MAP";
    do {
      skip_spaces();
      TypeMember member;
      if (is_map) {
        constexpr std::array<std::string_view, 2> kNames = {"key", "value"};
        if (parsed.type.members.size() == kNames.size()) {
          fail("a MAP has a key and a value only");
        }
        member.name = kNames[parsed.type.members.size()];
      } else {
        member.name = parse_member_name();
      }
      Parsed inner = parse(depth + 1);
      parsed.height = std::max(parsed.height, inner.height + 1);
      if (parsed.height > kMaxDepth) {
        fail(fmt::format("it is nested more than {} levels deep", kMaxDepth));
      }
      member.type = std::move(inner.type);
      parsed.type.members.push_back(std::move(member));
    } while (skip_if(','));
    if (is_map && parsed.type.members.size() != 2) {
      fail("a MAP has a key and a value");
    }
    expect(')');
    skip_spaces();
  }

  std::string parse_member_name() {
    const std::size_t start = at_;
    std::string name;
    if (peek() == '"') {
      skip_quoted();
      name = undoubled(text_.substr(start + 1, at_ - start - 2), '"');
    } else {
      while (!at_end() && !is_space(peek()) &&
             std::string_view("()[],'\"").find(peek()) == std::string_view::npos) {
        ++at_;
      }
      name = text_.substr(start, at_ - start);
      if (name.empty()) {
        fail("the name of a member was expected");
      }
    }
    skip_spaces();
    return name;
  }

  void parse_labels(Type& type) {
    do {
      skip_spaces();
      const std::size_t start = at_;
      if (peek() != '\'') {
        fail("a label in single quotes was expected");
      }
      skip_quoted();
      type.labels.push_back(undoubled(text_.substr(start + 1, at_ - start - 2), '\''));
      skip_spaces();
    } while (skip_if(','));
    expect(')');
    skip_spaces();
  }

  /// Texts up to the closing parenthesis, cut at commas outside quotes and inner parentheses, blanks
  /// collapsed.
  void parse_arguments(Type& type) {
    std::size_t open = 1;
    std::string argument;
    while (open > 0) {
      if (at_end()) {
        fail("')' was expected before the end");
      }
      const std::size_t start = at_;
      if (is_space(peek())) {
        skip_spaces();
        argument += argument.empty() ? "" : " ";
        continue;
      }
      if (skip_quoted()) {
        argument += text_.substr(start, at_ - start);
        continue;
      }
      const char c = text_[at_++];
      open += c == '(' ? 1U : 0U;
      open -= c == ')' ? 1U : 0U;
      if (open > 0 && (c != ',' || open > 1)) {
        argument += c;
        continue;
      }
      argument = std::string(trimmed(argument));
      if (argument.empty()) {
        fail("an argument between the parentheses was expected");
      }
      type.arguments.push_back(std::exchange(argument, std::string()));
    }
  }

  /// Moves over "...", '...', `...` or SQLite's [...], if one begins here.
  bool skip_quoted() {
    const char quote = peek();
    if (quote == '[') {
      std::size_t next = at_ + 1;
      while (next < text_.size() && is_space(text_[next])) {
        ++next;
      }
      if (next == text_.size() || text_[next] == ']' || is_digit(text_[next])) {
        return false;
      }
    } else if (quote != '"' && quote != '\'' && quote != '`') {
      return false;
    }
    const char closing = quote == '[' ? ']' : quote;
    const std::size_t start = at_++;
    for (;;) {
      if (at_end()) {
        at_ = start;
        fail(fmt::format("the quote {} is never closed", quote));
      }
      if (text_[at_++] == closing) {
        if (quote == '[' || peek() != closing) {
          return true;
        }
        ++at_;
      }
    }
  }

  void skip_spaces() {
    while (is_space(peek())) {
      ++at_;
    }
  }

  bool skip_if(char c) {
    if (peek() != c) {
      return false;
    }
    ++at_;
    return true;
  }

  void expect(char c) {
    if (!skip_if(c)) {
      fail(at_end() ? fmt::format("'{}' was expected before the end", c)
                    : fmt::format("'{}' was expected, but found '{}'", c, next_character()));
    }
    if (c == ']') {
      skip_spaces();
    }
  }

  bool at_end() const { return at_ == text_.size(); }
  /// The next character; NUL at the end, which no rule takes.
  char peek() const { return at_end() ? '\0' : text_[at_]; }

  std::string_view next_character() const { return head_of(text_.substr(at_), 1); }

  [[noreturn]] void fail(const std::string& reason) const {
    const std::string_view shown = head_of(text_, kMaxShownBytes);
    throw Error(ErrorKind::script, fmt::format("type '{}{}' is not understood at character {}: {}", shown,
                                               shown.size() < text_.size() ? "..." : "", at_ + 1, reason));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Where the arguments stand in the name: `timestamp(6) with time zone`, but `character varying(10)`.
std::size_t argument_place(std::string_view name) {
  for (const std::string_view ending : {" with time zone", " without time zone"}) {
    if (name.size() > ending.size() &&
        equal_ignoring_case(name.substr(name.size() - ending.size()), ending)) {
      return name.size() - ending.size();
    }
  }
  return name.size();
}

void write(std::string& out, const Type& type) {
  const bool is_sequence = type.name == "LIST" || type.name == "ARRAY";
  if (is_sequence && type.members.size() == 1) {
    write(out, type.members.front().type);
    out += fmt::format("[{}]", type.arguments.empty() ? "" : type.arguments.front());
    return;
  }
  const std::size_t place = argument_place(type.name);
  out += type.name.substr(0, place);
  if (!type.arguments.empty()) {
    out += fmt::format("({})", join(type.arguments, ","));
  } else if (!type.labels.empty()) {
    std::vector<std::string> labels;
    for (const std::string& label : type.labels) {
      labels.push_back(in_doubled_quotes(label, '\''));
    }
    out += fmt::format("{}({})", type.name == "ENUM" ? "" : kEnumEnding, join(labels, ", "));
  } else if (!type.members.empty()) {
    std::string_view separator = "(";
    for (const TypeMember& member : type.members) {
      out += separator;
      separator = ", ";
      if (type.name != "MAP") {
        out += in_doubled_quotes(member.name, '"') + " ";
      }
      write(out, member.type);
    }
    out += ')';
  }
  out += type.name.substr(place);
}

}  // namespace

bool operator==(const Type& a, const Type& b) {
  return a.name == b.name && a.arguments == b.arguments && a.members == b.members && a.labels == b.labels;
}

bool operator==(const TypeMember& a, const TypeMember& b) { return a.name == b.name && a.type == b.type; }

Type plain_type(std::string_view name) {
  Type type;
  type.name = name;
  return type;
}

Type list_of(Type element) {
  Type type = plain_type("LIST");
  type.members.push_back({"element", std::move(element)});
  return type;
}

Type map_of(Type key, Type value) {
  Type type = plain_type("MAP");
  type.members.push_back({"key", std::move(key)});
  type.members.push_back({"value", std::move(value)});
  return type;
}

Type struct_of(std::vector<TypeMember> members) {
  Type type = plain_type("STRUCT");
  type.members = std::move(members);
  return type;
}

Type parse_type(std::string_view text) { return Parser(text).whole(); }

std::string to_text(const Type& type) {
  std::string text;
  write(text, type);
  return text;
}

bool is_same_enum(const Type& a, const Type& b) {
  return !a.labels.empty() && !b.labels.empty() && a.name == b.name && a.name != "ENUM";
}

bool are_in_order(const std::vector<std::string>& some, const std::vector<std::string>& labels) {
  auto at = labels.begin();
  return std::all_of(some.begin(), some.end(), [&](const std::string& label) {
    at = std::find(at, labels.end(), label);
    return at != labels.end();
  });
}

std::vector<std::string> merged_labels(const std::vector<std::string>& existing,
                                       const std::vector<std::string>& wanted) {
  std::vector<std::string> merged = existing;
  auto place = merged.begin();
  for (const std::string& label : wanted) {
    auto found = std::find(merged.begin(), merged.end(), label);
    if (found == merged.end()) found = merged.insert(place, label);
    place = found + 1;
  }
  return are_in_order(wanted, merged) ? merged : wanted;
}

const TypeMember* find_member(const Type& type, std::string_view name) {
  const auto found = std::find_if(type.members.begin(), type.members.end(),
                                  [name](const TypeMember& member) { return member.name == name; });
  return found == type.members.end() ? nullptr : &*found;
}

}  // namespace metaxy::migrate
