#pragma once
// The comment header of a script, taken apart: message, free comments, and the values of its TOML part,
// before they are judged. Two readers give the same values: one for the one-line-per-key subset that nearly
// every header keeps to, and toml++ for the rest. Ten thousand headers are read for every `heads`: the
// subset's reader is several times faster.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "revision/revision.hpp"

namespace metaxy::migrate {

/// What the TOML part begins with.
inline constexpr std::string_view kHeaderTable = "[migration]";

/// One line of the TOML part, without its dashes; a view into the header's text.
struct HeaderLine {
  std::string_view text;
  std::size_t line = 0;
  /// Of the first character of `text`.
  std::size_t column = 0;
  /// The whole line, for carets.
  std::string_view whole;
};

struct HeaderValue {
  enum class Kind { text, list, time, other };
  std::string key;
  Kind kind = Kind::other;
  /// The text, the texts of the list, or the time as written; for `other` what it is ("an integer").
  std::vector<std::string> texts;
  std::size_t line = 0;
  std::size_t column = 0;

  bool operator==(const HeaderValue&) const = default;
};

/// A header as it stands in the file. Views point into the text it was taken from.
struct HeaderParts {
  std::string_view message;
  std::vector<std::string> comments;
  /// Position of `-- [migration]`.
  SourcePosition begin;
  std::vector<HeaderLine> lines;
};

/// Bytes of `text` up to the end of its header; nullopt when the header may go on behind the text. Blank
/// lines may stand before it. It reaches to the first line that is no comment, or is a marker, or ends the
/// TOML part.
std::optional<std::size_t> header_size(std::string_view text);

/// Cuts the header at the beginning of `text`, which has LF line ends. Throws Error(script) when there is
/// none.
HeaderParts header_parts(std::string_view text, const std::string& file);

/// The values if all lines are in the subset: strings without escapes, lists of them on one line, times in
/// UTC.
std::optional<std::vector<HeaderValue>> read_plain_values(std::span<const HeaderLine> lines);

/// Throws Error(script) unless the lines are keys with a text, a list of texts (also over several lines) or a
/// time in UTC. Only then may toml++ see them: version 3.3.0 aborts on malformed times, tables and values
/// (found by fuzzing), or in a release build goes on with undefined behaviour.
void refuse_unreadable(std::span<const HeaderLine> lines, const std::string& file);

/// What refuse_unreadable() lets through, as toml++ sees it, in the order of the lines. Throws Error(script).
std::vector<HeaderValue> read_toml_values(std::span<const HeaderLine> lines, const std::string& file);

/// The revision that a header describes. Throws Error(script) with position and caret.
Revision revision_of(const HeaderParts& parts, const std::string& file);

/// `2026-11-22T13:05:00Z`, and a day and time that exist.
bool is_utc_time(std::string_view text);

/// Where a value of the header stands, with the line.
SourcePosition position_in(std::span<const HeaderLine> lines, const std::string& file, std::size_t line,
                           std::size_t column);

/// What to say about a line `key = value` whose value should be in quotes and is not; nullopt for any other
/// line.
std::optional<Error> unquoted_value(const HeaderLine& line, const std::string& file);

}  // namespace metaxy::migrate
