#include "sql/lexer.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace metaxy::migrate {

namespace {

constexpr std::uint8_t kBlank = 1;
constexpr std::uint8_t kWordStart = 2;
constexpr std::uint8_t kDigit = 4;
constexpr std::uint8_t kDollar = 8;
constexpr std::uint8_t kInWord = kWordStart | kDigit | kDollar;
constexpr std::uint8_t kInTag = kWordStart | kDigit;

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (const char blank : {' ', '\t', '\n', '\r', '\f', '\v'}) {
    classes[static_cast<unsigned char>(blank)] = kBlank;
  }
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    if (is_letter) {
      classes[c] = kWordStart;
    } else if (c >= '0' && c <= '9') {
      classes[c] = kDigit;
    }
  }
  classes[static_cast<unsigned char>('$')] = kDollar;
  return classes;
}

constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

/// Bytes that neither end a statement nor begin a quote, a comment or a blank of several bytes.
constexpr std::array<bool, 256> make_dull() {
  std::array<bool, 256> dull{};
  for (std::size_t c = 0; c < 0x80; ++c) {
    dull[c] = true;
  }
  for (const char c : {'\'', '"', '`', '[', '$', '-', '/', ';', '(', ')'}) {
    dull[static_cast<unsigned char>(c)] = false;
  }
  return dull;
}

constexpr std::array<bool, 256> kDull = make_dull();

bool is(char c, std::uint8_t classes) { return (kClasses[static_cast<unsigned char>(c)] & classes) != 0; }

/// Offset of `c` in `text` from `from` on; the size of the text when there is none.
std::size_t find_byte(std::string_view text, char c, std::size_t from) {
  const void* const found = std::memchr(text.data() + from, c, text.size() - from);
  return found == nullptr ? text.size()
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

/// Offset of the word or number that `text` ends in; its size when it ends in none. A number holds dots and
/// letters (`1.b`), a word does not hold dots.
std::size_t begin_of_open_word(std::string_view text, std::size_t from) {
  std::size_t at = text.size();
  while (at > from && (is(text[at - 1], kInTag) || text[at - 1] == '.')) {
    --at;
  }
  while (at < text.size()) {
    const bool is_number =
        is(text[at], kDigit) || (text[at] == '.' && at + 1 < text.size() && is(text[at + 1], kDigit));
    const std::size_t dot = text.find('.', at);
    if (is_number || dot == std::string_view::npos) {
      return at;
    }
    at = dot > at ? dot : at + 1;
  }
  return at;
}

}  // namespace

/// Passes over quotes that are whole, and what is dull between them. It only ever stops earlier than it
/// could: the rest is next()'s, so that each rule is written once.
void Lexer::skip_to_structure(std::string_view text) {
  while (mode_ == Mode::between) {
    skip_dull(text);
    const char c = mode_ == Mode::between && begin_ < text.size() ? text[begin_] : '\0';
    if (c != '\'' && c != '"') {
      return;
    }
    const std::size_t end = find_byte(text, c, begin_ + 1);
    if (end + 1 >= text.size() || text[end + 1] == c) {
      return;
    }
    previous_end_ = last_end_;
    last_end_ = end + 1;
    begin_ = end + 1;
  }
}

std::optional<Lexeme> Lexer::next(std::string_view text, bool is_final, Detail detail) {
  for (;;) {
    Found found = Found::need_more;
    if (detail == Detail::structure && mode_ == Mode::between && !may_continue_escape_) {
      skip_to_structure(text);
    }
    if (mode_ != Mode::between) {
      found = go_on(text, is_final);
    } else if (skip_blanks(text, is_final)) {
      found = begin_lexeme(text, is_final);
    }
    if (found == Found::need_more) {
      return std::nullopt;
    }
    const Lexeme lexeme{kind_, begin_, scan_};
    note_for_continuation(mode_);
    mode_ = Mode::between;
    begin_ = scan_;
    if (kind_ != Lexeme::Kind::line_comment && kind_ != Lexeme::Kind::block_comment) {
      previous_end_ = last_end_;
      last_end_ = lexeme.end;
    }
    if (detail == Detail::structure && kind_ != Lexeme::Kind::line_comment) {
      const char first = text[lexeme.begin];
      if (kind_ != Lexeme::Kind::punctuation || (first != ';' && first != '(' && first != ')')) {
        continue;
      }
    }
    return lexeme;
  }
}

std::optional<Lexeme::Kind> Lexer::open() const {
  return mode_ == Mode::between ? std::nullopt : std::optional(kind_);
}

void Lexer::seek(std::size_t offset) {
  mode_ = Mode::between;
  begin_ = offset;
  scan_ = offset;
  may_continue_escape_ = false;
}

void Lexer::drop(std::size_t bytes) {
  begin_ -= bytes;
  scan_ -= std::min(bytes, scan_);
  last_end_ -= std::min(bytes, last_end_);
  previous_end_ -= std::min(bytes, previous_end_);
}

/// DuckDB 1.5.6 reads exactly these as blanks (found by trying); texts pasted from web pages are full of
/// them.
std::size_t Lexer::unicode_blank(std::string_view text, std::size_t at) const {
  if (!options_.has_unicode_blanks) {
    return 0;
  }
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  switch (byte(0)) {
    case 0xC2:
      return byte(1) == 0xA0 ? 2 : 0;
    case 0xE2:
      if (byte(1) == 0x80) {
        return (byte(2) >= 0x80 && byte(2) <= 0x8B) || byte(2) == 0xAF ? 3 : 0;
      }
      return byte(1) == 0x81 && (byte(2) == 0x9F || byte(2) == 0xA0) ? 3 : 0;
    case 0xE3:
      return byte(1) == 0x80 && byte(2) == 0x80 ? 3 : 0;
    case 0xEF:
      return byte(1) == 0xBB && byte(2) == 0xBF ? 3 : 0;
    default:
      return 0;
  }
}

/// False when the text ends first, or might go on with the rest of a blank of several bytes.
bool Lexer::skip_blanks(std::string_view text, bool is_final) {
  constexpr std::size_t kLongestBlank = 3;
  while (begin_ < text.size()) {
    const char c = text[begin_];
    if (is(c, kBlank)) {
      saw_line_break_ = saw_line_break_ || c == '\n';
      ++begin_;
      continue;
    }
    const bool is_wide = options_.has_unicode_blanks && static_cast<unsigned char>(c) >= 0x80;
    if (is_wide && !is_final && begin_ + kLongestBlank > text.size()) {
      return false;
    }
    const std::size_t size = is_wide ? unicode_blank(text, begin_) : 0;
    if (size == 0) {
      return true;
    }
    begin_ += size;
  }
  return false;
}

/// Passes over words, numbers, operators and blanks. Stops before a word that may belong to what follows it:
/// `E` to a quote, any word to a dollar sign or to text that is still to come.
void Lexer::skip_dull(std::string_view text) {
  std::size_t at = begin_;
  while (at < text.size() && kDull[static_cast<unsigned char>(text[at])]) {
    ++at;
  }
  const bool may_belong = at == text.size() || text[at] == '\'' || text[at] == '$' ||
                          static_cast<unsigned char>(text[at]) >= 0x80;
  const std::size_t word = may_belong ? begin_of_open_word(text.substr(0, at), begin_) : at;
  std::size_t end = word;
  while (end > begin_ && is(text[end - 1], kBlank)) {
    --end;
  }
  if (end > begin_) {
    previous_end_ = last_end_;
    last_end_ = end;
  }
  begin_ = word;
  if (word < at) {
    mode_ = is(text[word], kWordStart) ? Mode::word : Mode::number;
    kind_ = mode_ == Mode::number ? Lexeme::Kind::number : Lexeme::Kind::word;
    scan_ = at;
  }
}

Lexer::Found Lexer::begin_mode(Mode mode, Lexeme::Kind kind, std::size_t prefix, std::string_view text,
                               bool is_final) {
  mode_ = mode;
  kind_ = kind;
  scan_ = begin_ + prefix;
  return go_on(text, is_final);
}

Lexer::Found Lexer::punctuation(std::size_t size) {
  kind_ = Lexeme::Kind::punctuation;
  scan_ = begin_ + size;
  return Found::complete;
}

Lexer::Found Lexer::begin_lexeme(std::string_view text, bool is_final) {
  const char c = text[begin_];
  if (is(c, kWordStart)) {
    return begin_mode(Mode::word, Lexeme::Kind::word, 1, text, is_final);
  }
  if (is(c, kDigit)) {
    return begin_mode(Mode::number, Lexeme::Kind::number, 1, text, is_final);
  }
  switch (c) {
    case '\'':
      if (may_continue_escape_ && saw_line_break_) {
        return begin_mode(Mode::escape_quote, Lexeme::Kind::string, 1, text, is_final);
      }
      return begin_mode(Mode::single_quote, Lexeme::Kind::string, 1, text, is_final);
    case '"':
      return begin_mode(Mode::double_quote, Lexeme::Kind::quoted_identifier, 1, text, is_final);
    case '`':
      return options_.has_backtick_identifiers
                 ? begin_mode(Mode::backtick, Lexeme::Kind::quoted_identifier, 1, text, is_final)
                 : punctuation(1);
    case '[':
      return options_.has_bracket_identifiers
                 ? begin_mode(Mode::bracket, Lexeme::Kind::quoted_identifier, 1, text, is_final)
                 : punctuation(1);
    case '$':
      return options_.has_dollar_quotes
                 ? begin_mode(Mode::dollar_tag, Lexeme::Kind::string, 1, text, is_final)
                 : punctuation(1);
    case ';':
    case ',':
    case '(':
    case ')':
      return punctuation(1);
    default:
      return begin_symbol(text, is_final);
  }
}

/// Comments, numbers like `.5`, and operators, the longest of a list that all dialects share. Operators that
/// could hide the beginning of a comment (`//` before `*`) are left as single characters.
Lexer::Found Lexer::begin_symbol(std::string_view text, bool is_final) {
  constexpr std::array<std::string_view, 13> kOperators = {
      "->>", "::", ":=", "<=", ">=", "<>", "!=", "==", "||", "->", "=>", "<<", ">>"};
  constexpr std::size_t kLongestOperator = 3;
  const std::string_view rest = text.substr(begin_, kLongestOperator);
  constexpr std::string_view kMayGoOn = "-/.:<>!=|";
  if (rest.size() < kLongestOperator && !is_final && kMayGoOn.find(rest[0]) != std::string_view::npos) {
    return Found::need_more;
  }
  if (rest.substr(0, 2) == "--") {
    return begin_mode(Mode::line_comment, Lexeme::Kind::line_comment, 2, text, is_final);
  }
  if (rest.substr(0, 2) == "/*") {
    comment_depth_ = 1;
    return begin_mode(Mode::block_comment, Lexeme::Kind::block_comment, 2, text, is_final);
  }
  if (rest.size() > 1 && rest[0] == '.' && is(rest[1], kDigit)) {
    return begin_mode(Mode::number, Lexeme::Kind::number, 2, text, is_final);
  }
  for (const std::string_view symbol : kOperators) {
    if (rest.substr(0, symbol.size()) == symbol) {
      return punctuation(symbol.size());
    }
  }
  return punctuation(1);
}

Lexer::Found Lexer::go_on(std::string_view text, bool is_final) {
  switch (mode_) {
    case Mode::between:
      return Found::need_more;
    case Mode::word:
      return end_word(text, is_final);
    case Mode::number:
      return end_number(text, is_final);
    case Mode::single_quote:
      return end_quote(text, is_final, '\'');
    case Mode::escape_quote:
      return end_escape_quote(text, is_final);
    case Mode::double_quote:
      return end_quote(text, is_final, '"');
    case Mode::backtick:
      return end_quote(text, is_final, '`');
    case Mode::bracket:
      return end_bracket(text);
    case Mode::dollar_tag:
      return end_dollar_tag(text, is_final);
    case Mode::dollar_quote:
      return end_dollar_quote(text);
    case Mode::line_comment:
      return end_line_comment(text, is_final);
    case Mode::block_comment:
      return end_block_comment(text);
  }
  return Found::need_more;
}

Lexer::Found Lexer::end_word(std::string_view text, bool is_final) {
  constexpr std::size_t kLongestBlank = 3;
  while (scan_ < text.size() && is(text[scan_], kInWord)) {
    const bool is_wide = options_.has_unicode_blanks && static_cast<unsigned char>(text[scan_]) >= 0xC2;
    if (is_wide && !is_final && scan_ + kLongestBlank > text.size()) {
      return Found::need_more;
    }
    if (is_wide && unicode_blank(text, scan_) > 0) {
      return Found::complete;
    }
    ++scan_;
  }
  if (scan_ == text.size()) {
    return is_final ? Found::complete : Found::need_more;
  }
  if (text[scan_] == '\'' && scan_ - begin_ == 1) {
    const char prefix = text[begin_];
    if (options_.has_backslash_strings && (prefix == 'e' || prefix == 'E')) {
      return begin_mode(Mode::escape_quote, Lexeme::Kind::string, 2, text, is_final);
    }
    if (std::string_view("xXbBnN").find(prefix) != std::string_view::npos) {
      return begin_mode(Mode::single_quote, Lexeme::Kind::string, 2, text, is_final);
    }
  }
  return Found::complete;
}

Lexer::Found Lexer::end_number(std::string_view text, bool is_final) {
  const std::string_view start = text.substr(begin_, 2);
  const bool is_hexadecimal = start == "0x" || start == "0X";
  while (scan_ < text.size()) {
    const char c = text[scan_];
    const bool is_exponent_sign =
        (c == '+' || c == '-') && !is_hexadecimal && (text[scan_ - 1] == 'e' || text[scan_ - 1] == 'E');
    if (is_exponent_sign) {
      if (scan_ + 1 == text.size() && !is_final) {
        return Found::need_more;
      }
      if (scan_ + 1 == text.size() || !is(text[scan_ + 1], kDigit)) {
        return Found::complete;
      }
    } else if (c != '.' && (!is(c, kInTag) || static_cast<unsigned char>(c) >= 0x80)) {
      return Found::complete;
    }
    ++scan_;
  }
  return is_final ? Found::complete : Found::need_more;
}

Lexer::Found Lexer::end_quote(std::string_view text, bool is_final, char quote) {
  for (;;) {
    scan_ = find_byte(text, quote, scan_);
    if (scan_ == text.size() || (scan_ + 1 == text.size() && !is_final)) {
      return Found::need_more;
    }
    if (scan_ + 1 == text.size() || text[scan_ + 1] != quote) {
      ++scan_;
      return Found::complete;
    }
    scan_ += 2;
  }
}

Lexer::Found Lexer::end_escape_quote(std::string_view text, bool is_final) {
  while (scan_ < text.size()) {
    const char c = text[scan_];
    if (c != '\\' && c != '\'') {
      ++scan_;
      continue;
    }
    const bool is_last = scan_ + 1 == text.size();
    if (is_last && (c == '\\' || !is_final)) {
      return Found::need_more;
    }
    if (c == '\'' && (is_last || text[scan_ + 1] != '\'')) {
      ++scan_;
      return Found::complete;
    }
    scan_ += 2;
  }
  return Found::need_more;
}

Lexer::Found Lexer::end_bracket(std::string_view text) {
  scan_ = find_byte(text, ']', scan_);
  if (scan_ == text.size()) {
    return Found::need_more;
  }
  ++scan_;
  return Found::complete;
}

/// `$tag$` opens a string; `$1` and `$name` are parameters.
Lexer::Found Lexer::end_dollar_tag(std::string_view text, bool is_final) {
  const std::size_t first = begin_ + 1;
  while (scan_ < text.size() && is(text[scan_], scan_ == first ? kWordStart : kInTag)) {
    ++scan_;
  }
  if (scan_ == text.size() && !is_final) {
    return Found::need_more;
  }
  if (scan_ == text.size() || text[scan_] != '$') {
    return punctuation(1);
  }
  tag_size_ = scan_ + 1 - begin_;
  return begin_mode(Mode::dollar_quote, Lexeme::Kind::string, tag_size_, text, is_final);
}

Lexer::Found Lexer::end_dollar_quote(std::string_view text) {
  const std::string_view tag = text.substr(begin_, tag_size_);
  for (;;) {
    scan_ = find_byte(text, '$', scan_);
    if (text.size() - scan_ < tag_size_) {
      return Found::need_more;
    }
    if (text.substr(scan_, tag_size_) == tag) {
      scan_ += tag_size_;
      return Found::complete;
    }
    ++scan_;
  }
}

Lexer::Found Lexer::end_line_comment(std::string_view text, bool is_final) {
  scan_ = find_byte(text, '\n', scan_);
  return scan_ < text.size() || is_final ? Found::complete : Found::need_more;
}

Lexer::Found Lexer::end_block_comment(std::string_view text) {
  while (scan_ + 1 < text.size()) {
    const char c = text[scan_];
    if (c == '*' && text[scan_ + 1] == '/') {
      scan_ += 2;
      if (--comment_depth_ == 0) {
        return Found::complete;
      }
    } else if (c == '/' && text[scan_ + 1] == '*' && options_.has_nested_comments) {
      scan_ += 2;
      ++comment_depth_;
    } else {
      ++scan_;
    }
  }
  return Found::need_more;
}

void Lexer::note_for_continuation(Mode ended) {
  if (ended == Mode::line_comment) {
    return;
  }
  may_continue_escape_ = ended == Mode::escape_quote;
  saw_line_break_ = false;
}

}  // namespace metaxy::migrate
