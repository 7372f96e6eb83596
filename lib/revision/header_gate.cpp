#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/text.hpp"
#include "revision/header.hpp"

namespace metaxy::migrate {

namespace {

/// Walks over the lines and throws at the first thing that has no place in a header.
class Gate {
 public:
  Gate(std::span<const HeaderLine> lines, const std::string& file) : lines_(lines), file_(file) {}

  void check() {
    for (; line_ < lines_.size(); ++line_) {
      at_ = 0;
      skip_blanks();
      if (is_at_end()) {
        continue;
      }
      check_key();
      if (peek() != '=') {
        refuse("'=' and a value are expected here");
      }
      ++at_;
      skip_blanks();
      check_value();
      if (!is_at_end()) {
        refuse("nothing more is expected on this line");
      }
    }
  }

 private:
  std::string_view text() const { return lines_[line_].text; }
  char peek() const { return at_ < text().size() ? text()[at_] : '\0'; }
  bool is_at_end() const { return at_ >= text().size() || peek() == '#'; }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') {
      ++at_;
    }
  }

  [[noreturn]] void refuse(const std::string& message, std::string hint = {}) const {
    const HeaderLine& line = lines_[line_];
    throw Error(ErrorKind::script, message,
                {.where = SourcePosition{file_, line.line, line.column + at_, std::string(line.whole)},
                 .hint = std::move(hint),
                 .notes = {}});
  }

  void check_key() {
    if (peek() == '[') {
      refuse("the header has no other table than '[migration]'");
    }
    const std::size_t begin = at_;
    if (peek() == '"' || peek() == '\'') {
      check_text();
    }
    while (at_ < text().size() && is_bare_key_char(text()[at_])) {
      ++at_;
    }
    if (at_ == begin) {
      refuse("a key is expected here");
    }
    key_ = trimmed(text().substr(begin, at_ - begin));
    skip_blanks();
  }

  void check_value() {
    if (peek() == '[') {
      check_list();
    } else if (peek() == '"' || peek() == '\'') {
      check_text();
    } else if (constexpr std::size_t kTimeSize = 20; is_utc_time(text().substr(at_, kTimeSize))) {
      at_ += kTimeSize;
    } else if (const std::optional<Error> unquoted = unquoted_value(lines_[line_], file_)) {
      throw Error(*unquoted);
    } else if (key_ == "created") {
      refuse("the value of 'created' must be a time in UTC",
             "write it without quotes, such as 2026-11-22T13:05:00Z");
    } else {
      refuse("a text in quotes, a list of them or a time in UTC is expected here");
    }
    skip_blanks();
  }

  /// On one line: a text of several lines has no use in a header.
  void check_text() {
    const std::size_t begin = at_;
    const char quote = peek();
    for (++at_; at_ < text().size() && peek() != quote; ++at_) {
      at_ += quote == '"' && peek() == '\\' ? 1 : 0;
    }
    const bool is_closed = at_ < text().size();
    const bool has_three = text().substr(begin, 3) == std::string(3, quote);
    if (!is_closed || has_three) {
      at_ = begin;
      refuse("the text that opens here is not closed by one quote on its line");
    }
    ++at_;
  }

  /// The items of a list may stand on lines of their own, with comments behind them.
  void skip_to_item(std::size_t first_line, std::size_t first) {
    skip_blanks();
    while (is_at_end()) {
      if (line_ + 1 == lines_.size()) {
        line_ = first_line;
        at_ = first;
        refuse("the list that opens here is never closed");
      }
      ++line_;
      at_ = 0;
      skip_blanks();
    }
  }

  void check_list() {
    const std::size_t line = line_;
    const std::size_t begin = at_++;
    for (skip_to_item(line, begin); peek() != ']'; skip_to_item(line, begin)) {
      if (peek() != '"' && peek() != '\'') {
        refuse(fmt::format("a list has only texts in quotes, and this one in {} has something else",
                           in_quotes(key_)));
      }
      check_text();
      skip_to_item(line, begin);
      if (peek() == ',') {
        ++at_;
      } else if (peek() != ']') {
        refuse("',' or ']' is expected here");
      }
    }
    ++at_;
  }

  std::span<const HeaderLine> lines_;
  const std::string& file_;
  std::size_t line_ = 0;
  std::size_t at_ = 0;
  std::string_view key_;
};

}  // namespace

void refuse_unreadable(std::span<const HeaderLine> lines, const std::string& file) {
  Gate(lines, file).check();
}

}  // namespace metaxy::migrate
