#include "dialect/sqlite/quoting.hpp"

#include <fmt/format.h>

namespace metaxy::migrate::sqlite {

namespace {

std::string in_doubled(std::string_view text, char quote) {
  std::string result;
  result.reserve(text.size() + 2);
  result += quote;
  for (std::size_t end = text.find(quote); end != std::string_view::npos; end = text.find(quote)) {
    result.append(text.substr(0, end + 1));
    result += quote;
    text.remove_prefix(end + 1);
  }
  result.append(text);
  result += quote;
  return result;
}

}  // namespace

std::string quoted_name(std::string_view identifier) { return in_doubled(identifier, '"'); }

std::string literal(std::string_view text) {
  if (text.find('\0') == std::string_view::npos) {
    return in_doubled(text, '\'');
  }
  std::string hex;
  for (const char c : text) {
    hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  return fmt::format("CAST(x'{}' AS TEXT)", hex);
}

}  // namespace metaxy::migrate::sqlite
