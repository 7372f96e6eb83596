#pragma once
// Small pure functions on text that the standard library lacks. ASCII only where case matters.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace metaxy::migrate {

/// Of UTF-8, as some editors put it at the beginning of a file.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string lower(std::string_view text);
std::string upper(std::string_view text);
std::string_view trimmed(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string replace_all(std::string text, std::string_view from, std::string_view to);

/// ASCII case-insensitive equality.
bool equal_ignoring_case(std::string_view a, std::string_view b);
bool is_one_of_ignoring_case(std::string_view text, std::span<const std::string_view> choices);

bool contains(std::span<const std::string> names, std::string_view name);

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What a key of TOML without quotes is made of.
constexpr bool is_bare_key_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-';
}

/// `'name'`, as messages quote names.
std::string in_quotes(std::string_view name);

/// `1 statement`, `2 statements`.
std::string counted(std::size_t number, std::string_view noun);

/// Text with CRLF and lone CR turned into LF and a leading byte order mark removed.
std::string with_unix_line_ends(std::string_view text);

}  // namespace metaxy::migrate
