#include "revision/revision.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

bool is_id_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '.';
}

/// Words with a meaning of their own where an identifier may be typed.
bool is_reserved(std::string_view text) {
  constexpr std::array<std::string_view, 4> kReserved = {"head", "heads", "base", "current"};
  return std::find(kReserved.begin(), kReserved.end(), text) != kReserved.end();
}

}  // namespace

bool is_revision_id(std::string_view text) {
  return !text.empty() && !is_reserved(text) && std::all_of(text.begin(), text.end(), is_id_char);
}

std::string bad_revision_id(std::string_view text) {
  std::set<std::string> bad;
  for (const char c : text) {
    if (!is_id_char(c)) {
      bad.insert(std::string(1, c));
    }
  }
  if (bad.empty()) {
    return fmt::format("'{}' is not allowed as a revision identifier", text);
  }
  const std::vector<std::string> shown(bad.begin(), bad.end());
  return fmt::format("character(s) '{}' not allowed in revision identifier '{}'", join(shown, ", "), text);
}

bool is_branch_label(std::string_view text) {
  if (text.empty() || is_reserved(text)) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    // A dash before a digit would read as a relative step: "label-2".
    const bool is_dash = text[i] == '-' && !(i + 1 < text.size() && is_digit(text[i + 1]));
    if (!is_dash && !is_id_char(text[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace metaxy::migrate
