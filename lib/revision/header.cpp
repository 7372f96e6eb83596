#include "revision/header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "sql/splitter.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kExample =
    "begin the file with the lines '-- what it does', '-- [migration]', '-- revision = \"...\"', "
    "'-- down_revision = \"...\"' and '-- dialect = \"...\"'";

/// The next line of `text` from `at` on, which moves behind it.
std::string_view next_line(std::string_view text, std::size_t& at) {
  const std::size_t end = std::min(text.find('\n', at), text.size());
  std::string_view line = text.substr(at, end - at);
  at = std::min(end + 1, text.size());
  if (!line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
  }
  return line;
}

bool is_comment(std::string_view line) { return line.substr(0, 2) == "--"; }

bool is_toml_line(std::string_view line) { return line == "--" || line.substr(0, 3) == "-- "; }

bool is_marker(std::string_view line) { return is_comment(line) && looks_like_marker(line.substr(2)); }

std::string_view comment_text(std::string_view line) {
  line.remove_prefix(2);
  if (!line.empty() && line.front() == ' ') {
    line.remove_prefix(1);
  }
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) {
    line.remove_suffix(1);
  }
  return line;
}

bool is_table_line(std::string_view line) {
  return is_toml_line(line) && trimmed(line.substr(2)) == kHeaderTable;
}

void trim_empty_ends(std::vector<std::string>& comments) {
  while (!comments.empty() && comments.back().empty()) {
    comments.pop_back();
  }
  const auto first =
      std::find_if(comments.begin(), comments.end(), [](const std::string& c) { return !c.empty(); });
  comments.erase(comments.begin(), first);
}

[[noreturn]] void refuse_missing_table(const std::string& file, std::size_t line, std::string_view text) {
  throw Error(ErrorKind::script,
              fmt::format("the script has no header: there is no line '-- {}'", kHeaderTable),
              {.where = SourcePosition{file, line, 1, std::string(text)},
               .hint = std::string(kExample),
               .notes = {}});
}

}  // namespace

std::optional<std::size_t> header_size(std::string_view text) {
  std::size_t at = 0;
  bool has_begun = false;
  bool is_in_table = false;
  while (at < text.size()) {
    const std::size_t begin = at;
    const std::string_view line = next_line(text, at);
    if (at == text.size() && text.back() != '\n') {
      return std::nullopt;
    }
    const bool is_blank_before = !has_begun && trimmed(line).empty();
    const bool goes_on = is_in_table ? is_toml_line(line) : is_comment(line);
    if (is_marker(line) || (!goes_on && !is_blank_before)) {
      return begin;
    }
    has_begun = has_begun || goes_on;
    is_in_table = is_in_table || is_table_line(line);
  }
  return std::nullopt;
}

HeaderParts header_parts(std::string_view text, const std::string& file) {
  HeaderParts parts;
  const std::size_t size = header_size(text).value_or(text.size());
  std::size_t at = 0;
  std::size_t number = 0;
  bool has_message = false;
  while (at < size) {
    const std::string_view line = next_line(text, at);
    ++number;
    if (parts.begin.line > 0) {
      parts.lines.push_back({line.substr(std::min<std::size_t>(3, line.size())), number, 4, line});
    } else if (is_table_line(line)) {
      parts.begin = {file, number, 1, std::string(line)};
    } else if (is_comment(line) && !has_message) {
      has_message = true;
      parts.message = trimmed(line.substr(2));
    } else if (is_comment(line)) {
      parts.comments.emplace_back(comment_text(line));
    }
  }
  if (parts.begin.line == 0) {
    const bool ends_here = at >= text.size();
    refuse_missing_table(file, ends_here ? number : number + 1,
                         ends_here ? std::string_view() : next_line(text, at));
  }
  trim_empty_ends(parts.comments);
  return parts;
}

SourcePosition position_in(std::span<const HeaderLine> lines, const std::string& file, std::size_t line,
                           std::size_t column) {
  for (const HeaderLine& known : lines) {
    if (known.line == line) {
      return {file, line, column, std::string(known.whole)};
    }
  }
  return {file, line, column, {}};
}

}  // namespace metaxy::migrate
