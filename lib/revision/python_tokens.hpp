#pragma once
// The tokens of a Python source file, as far as reading module-level assignments needs them. It knows strings
// with all their prefixes, comments, line joining and brackets; it knows no grammar and runs nothing.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metaxy::migrate {

struct PythonToken {
  enum class Kind {
    name,     ///< Identifier or keyword.
    text,     ///< String literal; `value` is what it stands for.
    unknown,  ///< String literal whose value only Python knows: bytes, an f-string with fields, `\N{...}`.
    other,    ///< One character of anything else, or a number.
    newline,  ///< End of a logical line.
  };
  Kind kind = Kind::other;
  /// Name, decoded string, or the character itself.
  std::string value;
  /// From 1.
  std::size_t line = 0;
  std::size_t column = 0;
};

/// A logical line: its tokens without the newline.
struct PythonLine {
  std::vector<PythonToken> tokens;
  /// Whether it stands at the left margin, not inside `def`, `class`, `if` or the like.
  bool is_at_margin = true;
};

/// What cannot be made tokens of: an open string or bracket.
struct PythonFault {
  std::string message;
  std::size_t line = 0;
  std::size_t column = 0;
};

struct PythonSource {
  std::vector<PythonLine> lines;
  std::optional<PythonFault> fault;
};

/// `text` with or without byte order mark, with any line ends. Several statements of one physical line
/// (`a = 1; b = 2`) are lines of their own.
PythonSource python_lines(std::string_view text);

}  // namespace metaxy::migrate
