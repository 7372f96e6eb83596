#include "revision/script_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/error.hpp"
#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

/// How many bytes of `text` come before the first that is not ASCII or is NUL.
std::size_t plain_prefix(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  std::size_t at = 0;
  std::array<std::uint64_t, 4> words{};
  while (at + sizeof(words) <= text.size()) {
    std::memcpy(words.data(), text.data() + at, sizeof(words));
    std::uint64_t found = 0;
    for (const std::uint64_t word : words) {
      // A byte borrows into its high bit here if it is zero; larger ones may only do so behind a zero.
      found |= word | (word - kOnes);
    }
    if ((found & kHighBits) != 0) {
      break;
    }
    at += sizeof(words);
  }
  while (at < text.size() && text[at] != '\0' && static_cast<unsigned char>(text[at]) < 0x80) {
    ++at;
  }
  return at;
}

}  // namespace

std::string_view ScriptText::take(std::string_view piece) {
  if (is_past_mark_) {
    return without_returns(piece);
  }
  held_ += piece;
  if (held_.size() < kByteOrderMark.size() && held_ == kByteOrderMark.substr(0, held_.size())) {
    return {};
  }
  is_past_mark_ = true;
  return without_returns(without_mark(held_));
}

void ScriptText::finish() const {
  if (ends_in_return_) {
    refuse("the file ends with a carriage return that no line feed follows",
           "end the last line with a line feed");
  }
  if (missing_ > 0 || (!is_past_mark_ && !held_.empty())) {
    refuse("the file is not UTF-8 text: it ends in the middle of a character", "save it as UTF-8");
  }
}

std::string_view ScriptText::without_mark(std::string_view piece) {
  const std::string_view first = piece.substr(0, 2);
  if (first == "\xFF\xFE" || first == "\xFE\xFF") {
    refuse("the file is UTF-16 text, not UTF-8", "save it as UTF-8");
  }
  return piece.substr(0, kByteOrderMark.size()) == kByteOrderMark ? piece.substr(kByteOrderMark.size())
                                                                  : piece;
}

void ScriptText::check_encoding(std::string_view text) {
  while (!text.empty()) {
    const std::size_t plain = missing_ > 0 ? 0 : plain_prefix(text);
    count_lines(text.substr(0, plain));
    text.remove_prefix(plain);
    while (!text.empty() &&
           (missing_ > 0 || static_cast<unsigned char>(text.front()) >= 0x80 || text.front() == '\0')) {
      take_byte(static_cast<unsigned char>(text.front()));
      ++column_;
      text.remove_prefix(1);
    }
  }
}

/// Well-formed sequences as in Unicode's table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
void ScriptText::take_byte(unsigned char byte) {
  if (missing_ > 0) {
    take_continuation(byte);
    return;
  }
  if (byte == 0) {
    refuse("the file is not text: it has a NUL byte", {});
  }
  lowest_ = 0x80;
  highest_ = 0xBF;
  if (byte >= 0xC2 && byte <= 0xDF) {
    missing_ = 1;
  } else if (byte >= 0xE0 && byte <= 0xEF) {
    missing_ = 2;
    lowest_ = byte == 0xE0 ? 0xA0 : 0x80;
    highest_ = byte == 0xED ? 0x9F : 0xBF;
  } else if (byte >= 0xF0 && byte <= 0xF4) {
    missing_ = 3;
    lowest_ = byte == 0xF0 ? 0x90 : 0x80;
    highest_ = byte == 0xF4 ? 0x8F : 0xBF;
  } else {
    refuse(fmt::format("the file is not UTF-8 text: byte 0x{:02X} cannot stand here", byte),
           "save it as UTF-8");
  }
}

void ScriptText::take_continuation(unsigned char byte) {
  if (byte < lowest_ || byte > highest_) {
    refuse(fmt::format("the file is not UTF-8 text: byte 0x{:02X} cannot stand here", byte),
           "save it as UTF-8");
  }
  lowest_ = 0x80;
  highest_ = 0xBF;
  --missing_;
}

/// Columns are those of the uniform text, in which carriage returns do not count.
std::string_view ScriptText::without_returns(std::string_view text) {
  if (!ends_in_return_ && text.find('\r') == std::string_view::npos) {
    check_encoding(text);
    return text;
  }
  uniform_.clear();
  while (!text.empty()) {
    if (ends_in_return_ && text.front() != '\n') {
      refuse(
          "a carriage return that no line feed follows",
          "end lines with LF or CRLF; inside a string write the character as the database's function for it");
    }
    const std::size_t end = std::min(text.find('\r'), text.size());
    check_encoding(text.substr(0, end));
    uniform_ += text.substr(0, end);
    ends_in_return_ = end < text.size();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return uniform_;
}

void ScriptText::count_lines(std::string_view text) {
  for (;;) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      column_ += text.size();
      return;
    }
    ++line_;
    column_ = 1;
    text.remove_prefix(end + 1);
  }
}

void ScriptText::refuse(const std::string& message, const std::string& hint) const {
  throw Error(ErrorKind::script, message,
              {.where = SourcePosition{file_, line_, column_, {}}, .hint = hint, .notes = {}});
}

}  // namespace metaxy::migrate
