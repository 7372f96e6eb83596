#pragma once
// The text of a script as it comes from a file, made uniform: LF line ends, no byte order mark, and certainly
// UTF-8.

#include <cstddef>
#include <string>
#include <string_view>

namespace metaxy::migrate {

class ScriptText {
 public:
  /// `file` is for error positions only.
  explicit ScriptText(std::string file) : file_(std::move(file)) {}

  /// The uniform text of the next piece; what a cut makes unclear (a CR, the mark) comes with the piece after
  /// it. It is the piece itself or a part of it where nothing had to be changed, else a text that lasts until
  /// the next call. Throws Error(script) at the first NUL, carriage return without line feed or byte that is
  /// not UTF-8: the file is binary, of another encoding, or would be read in one way by us and in another by
  /// the database.
  std::string_view take(std::string_view piece);

  /// The end of the text. Throws Error(script) where it ends in the middle of a character or of a line end.
  void finish() const;

 private:
  std::string_view without_mark(std::string_view piece);
  void check_encoding(std::string_view text);
  void take_byte(unsigned char byte);
  void take_continuation(unsigned char byte);
  std::string_view without_returns(std::string_view text);
  void count_lines(std::string_view text);
  [[noreturn]] void refuse(const std::string& message, const std::string& hint) const;

  std::string file_;
  /// Bytes at the beginning that may turn out to be a mark.
  std::string held_;
  /// The text that take() gave, where it is not the piece.
  std::string uniform_;
  bool is_past_mark_ = false;
  bool ends_in_return_ = false;
  /// Of the character that is being read: bytes that are missing, and what the next one may be.
  std::size_t missing_ = 0;
  unsigned char lowest_ = 0x80;
  unsigned char highest_ = 0xBF;
  std::size_t line_ = 1;
  std::size_t column_ = 1;
};

}  // namespace metaxy::migrate
