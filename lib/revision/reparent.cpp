#include "revision/reparent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "revision/header.hpp"
#include "revision/script.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kKey = "down_revision";

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Behind the closing quote of a TOML string that begins at `at`.
std::size_t after_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size() && text[at] != quote; ++at) {
    at += text[at] == '\\' && quote == '"' ? 1 : 0;
  }
  return at + 1;
}

/// Behind a string or a list, which may go on over several lines.
std::size_t after_value(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '[') {
    return at < text.size() && (text[at] == '"' || text[at] == '\'') ? after_string(text, at) : text.size();
  }
  while (at < text.size() && text[at] != ']') {
    at = text[at] == '"' || text[at] == '\'' ? after_string(text, at) : at + 1;
  }
  return at + 1;
}

/// The value of down_revision in a header.
std::optional<Span> value_in(std::string_view header) {
  bool is_in_table = false;
  for (std::size_t line = 0; line < header.size();) {
    const std::size_t end = std::min(header.find('\n', line), header.size());
    std::string_view text = header.substr(line, end - line);
    if (!is_in_table) {
      is_in_table = text.starts_with("-- ") && trimmed(text.substr(3)) == kHeaderTable;
      text = {};
    }
    std::size_t at = text.find_first_not_of("- \t");
    if (text.starts_with("-- ") && at != std::string_view::npos && text.substr(at).starts_with(kKey)) {
      at = text.find_first_not_of(" \t", at + kKey.size());
      if (at != std::string_view::npos && text[at] == '=') {
        const std::size_t value = header.find_first_not_of(" \t", line + at + 1);
        const std::size_t behind =
            value == std::string_view::npos ? header.size() + 1 : after_value(header, value);
        return behind <= header.size() ? std::optional(Span{value, behind}) : std::nullopt;
      }
    }
    line = end + 1;
  }
  return std::nullopt;
}

/// Ids need no escapes.
std::string toml_value(const std::vector<std::string>& parents) {
  if (parents.size() == 1) {
    return fmt::format("\"{}\"", parents.front());
  }
  return parents.empty() ? "\"\"" : fmt::format("[\"{}\"]", join(parents, "\", \""));
}

}  // namespace

std::string reparented(std::string_view text, const std::string& file,
                       const std::vector<std::string>& parents) {
  Revision wanted = parse_header(text, file);
  wanted.down_revisions = parents;
  const std::size_t begin = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  const std::size_t size = header_size(text.substr(begin)).value_or(text.size() - begin);
  const std::optional<Span> value = value_in(text.substr(begin, size));
  if (value) {
    std::string changed(text.substr(0, begin + value->begin));
    changed += toml_value(parents);
    changed += text.substr(begin + value->end);
    if (parse_header(changed, file) == wanted) {
      return changed;
    }
  }
  throw Error(ErrorKind::script,
              fmt::format("'{}' names its parents in a way that cannot be rewritten", file),
              {.where = SourcePosition{file, 0, 0, {}},
               .hint = fmt::format("write the line by hand: -- {} = {}", kKey, toml_value(parents)),
               .notes = {}});
}

}  // namespace metaxy::migrate
