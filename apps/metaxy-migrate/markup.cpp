#include "markup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::size_t kShortestFence = 3;

std::size_t longest_run(std::string_view text, char c) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char here : text) {
    run = here == c ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

std::string escaped(char c) {
  switch (c) {
    case '<':
      return "&lt;";
    case '&':
      return "&amp;";
    case '`':
      return "\\`";
    case '|':
      return "\\|";
    case '\n':
      return "<br>";
    default:
      return std::string(1, c);
  }
}

/// Code is shown as it stands: only what ends a cell means something in it.
std::string code_span(std::string_view code) {
  return fmt::format("`{}`", replace_all(replace_all(std::string(code), "|", "\\|"), "\n", " "));
}

}  // namespace

std::string github_escaped(const std::string& text) {
  return replace_all(replace_all(replace_all(text, "%", "%25"), "\r", "%0D"), "\n", "%0A");
}

std::string github_property(const std::string& text) {
  return replace_all(replace_all(github_escaped(text), ":", "%3A"), ",", "%2C");
}

std::string markdown_escaped(const std::string& text) {
  const bool has_spans = longest_run(text, '`') == 1 && std::count(text.begin(), text.end(), '`') % 2 == 0;
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (has_spans && text[i] == '`') {
      const std::size_t end = text.find('`', i + 1);
      result += code_span(std::string_view(text).substr(i + 1, end - i - 1));
      i = end;
    } else {
      result += escaped(text[i]);
    }
  }
  return result;
}

std::string markdown_fenced(const std::string& language, const std::string& text) {
  const std::string fence(std::max(kShortestFence, longest_run(text, '`') + 1), '`');
  return fmt::format("{}{}\n{}{}\n", fence, language, text, fence);
}

}  // namespace metaxy::migrate
