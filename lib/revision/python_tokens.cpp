#include "revision/python_tokens.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

using Kind = PythonToken::Kind;

/// Letters beyond ASCII may be part of names.
bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_in_name(char c) { return begins_name(c) || is_digit(c); }

int hex_value(char c) {
  if (is_digit(c)) {
    return c - '0';
  }
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

void append_utf8(std::string& text, std::uint32_t code) {
  const auto put = [&text](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3FU));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

/// What the letters before a quote say of the string.
struct Prefix {
  bool is_raw = false;
  bool is_bytes = false;
  bool is_format = false;
};

std::optional<Prefix> prefix_from(std::string_view letters) {
  Prefix prefix;
  for (const char c : lower(letters)) {
    if (c == 'r') {
      prefix.is_raw = true;
    } else if (c == 'b') {
      prefix.is_bytes = true;
    } else if (c == 'f' || c == 't') {
      prefix.is_format = true;
    } else if (c != 'u') {
      return std::nullopt;
    }
  }
  return letters.size() <= 2 ? std::optional(prefix) : std::nullopt;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  PythonSource read() {
    while (!is_at_end() && !source_.fault) {
      step();
    }
    if (!source_.fault && depth_ > 0) {
      fail("a bracket is never closed", bracket_line_, bracket_column_);
    }
    end_line();
    return std::move(source_);
  }

 private:
  bool is_at_end() const { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  std::size_t column() const { return at_ - line_begin_ + 1; }

  void advance() {
    if (text_[at_] == '\n') {
      ++line_;
      line_begin_ = at_ + 1;
    }
    ++at_;
  }
  void advance(std::size_t count) {
    for (std::size_t i = 0; i < count && !is_at_end(); ++i) {
      advance();
    }
  }

  void fail(std::string message, std::size_t line, std::size_t column) {
    source_.fault = PythonFault{std::move(message), line, column};
  }

  void add(Kind kind, std::string value, std::size_t line, std::size_t column) {
    if (current_.tokens.empty()) {
      current_.is_at_margin = !is_indented_;
    }
    current_.tokens.push_back({kind, std::move(value), line, column});
  }

  void end_line() {
    if (!current_.tokens.empty()) {
      source_.lines.push_back(std::exchange(current_, {}));
    }
  }

  void step() {
    const char c = peek();
    if (column() == 1 && depth_ == 0 && !is_continued_) {
      is_indented_ = c == ' ' || c == '\t';
    }
    is_continued_ = false;
    if (c == '#') {
      while (!is_at_end() && peek() != '\n') {
        advance();
      }
    } else if (c == '\\' && peek(1) == '\n') {
      is_continued_ = true;
      advance(2);
    } else if (c == '\n') {
      if (depth_ == 0) {
        end_line();
      }
      advance();
    } else if (c == ' ' || c == '\t' || c == '\f') {
      advance();
    } else if (c == '"' || c == '\'') {
      read_text({});
    } else if (begins_name(c)) {
      read_name();
    } else {
      read_other(c);
    }
  }

  void read_name() {
    const std::size_t begin = at_;
    const std::size_t column_of_name = column();
    while (!is_at_end() && is_in_name(peek())) {
      advance();
    }
    const std::string_view name = text_.substr(begin, at_ - begin);
    if (peek() == '"' || peek() == '\'') {
      if (const std::optional<Prefix> prefix = prefix_from(name)) {
        read_text(*prefix);
        return;
      }
    }
    add(Kind::name, std::string(name), line_, column_of_name);
  }

  void read_other(char c) {
    if (c == '(' || c == '[' || c == '{') {
      if (depth_++ == 0) {
        bracket_line_ = line_;
        bracket_column_ = column();
      }
    } else if ((c == ')' || c == ']' || c == '}') && depth_ > 0) {
      --depth_;
    }
    if (c == ';' && depth_ == 0) {
      end_line();
    } else {
      add(Kind::other, std::string(1, c), line_, column());
    }
    advance();
  }

  void read_text(Prefix prefix) {
    const std::size_t line = line_;
    const std::size_t begin_column = column();
    const char quote = peek();
    const bool is_triple = peek(1) == quote && peek(2) == quote;
    const std::size_t width = is_triple ? 3 : 1;
    advance(width);
    std::string value;
    bool is_known = !prefix.is_bytes;
    for (;;) {
      if (is_at_end() || (peek() == '\n' && !is_triple)) {
        fail("a string is never closed", line, begin_column);
        return;
      }
      const char c = peek();
      if (c == quote && (!is_triple || (peek(1) == quote && peek(2) == quote))) {
        advance(width);
        break;
      }
      if (c == '\\') {
        is_known = read_escape(prefix, value) && is_known;
        continue;
      }
      is_known = is_known && !(prefix.is_format && (c == '{' || c == '}'));
      value.push_back(c);
      advance();
    }
    add(is_known ? Kind::text : Kind::unknown, std::move(value), line, begin_column);
  }

  /// False when only Python knows what the escape stands for.
  bool read_escape(Prefix prefix, std::string& value) {
    const char c = peek(1);
    if (prefix.is_raw) {
      value.push_back('\\');
      advance();
      if (!is_at_end()) {
        value.push_back(c);
        advance();
      }
      return true;
    }
    advance(2);
    constexpr std::string_view kFrom = "\\'\"abfnrtv";
    constexpr std::string_view kTo = "\\'\"\a\b\f\n\r\t\v";
    if (const std::size_t place = kFrom.find(c); place != std::string_view::npos && c != '\0') {
      value.push_back(kTo[place]);
    } else if (c == 'x' || c == 'u' || c == 'U') {
      return read_hex(c == 'x' ? 2 : (c == 'u' ? 4 : 8), value);
    } else if (c >= '0' && c <= '7') {
      read_octal(c, value);
    } else if (c == 'N') {
      return false;
    } else if (c != '\n') {  // an escaped line end stands for nothing
      value.push_back('\\');
      value.push_back(c);
    }
    return true;
  }

  bool read_hex(std::size_t digits, std::string& value) {
    std::uint32_t code = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const int digit = hex_value(peek());
      if (digit < 0) {
        return false;
      }
      code = code * 16 + static_cast<std::uint32_t>(digit);
      advance();
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
      return false;
    }
    append_utf8(value, code);
    return true;
  }

  void read_octal(char first, std::string& value) {
    auto code = static_cast<std::uint32_t>(first - '0');
    for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i) {
      code = code * 8 + static_cast<std::uint32_t>(peek() - '0');
      advance();
    }
    append_utf8(value, code);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t line_begin_ = 0;
  std::size_t depth_ = 0;
  std::size_t bracket_line_ = 0;
  std::size_t bracket_column_ = 0;
  bool is_indented_ = false;
  bool is_continued_ = false;
  PythonLine current_;
  PythonSource source_;
};

}  // namespace

PythonSource python_lines(std::string_view text) {
  const std::string plain = with_unix_line_ends(text);
  return Reader(plain).read();
}

}  // namespace metaxy::migrate
