#include "base/secret.hpp"

#include <array>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kMask = "***";

/// Masks the password of `scheme://user:password@host`. The user info ends at the last '@' before the path,
/// because people forget to percent-encode an '@' in a password.
std::string with_user_info_masked(std::string url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) {
    return url;
  }
  const std::size_t start = scheme + 3;
  const std::size_t end = url.find_first_of("/?#", start);
  const std::size_t at = url.rfind('@', end == std::string::npos ? url.size() : end);
  if (at == std::string::npos || at < start) {
    return url;
  }
  const std::size_t colon = url.find(':', start);
  if (colon == std::string::npos || colon > at) {
    return url;
  }
  return url.replace(colon + 1, at - colon - 1, kMask);
}


/// Masks `name=value` where name ends with a word that names a secret.
std::string with_parameters_masked(std::string url) {
  constexpr std::array<std::string_view, 6> kNames = {"password", "passwd", "token", "secret", "api_key", "pwd"};
  for (const std::string_view name : kNames) {
    std::size_t from = 0;
    for (;;) {
      const std::size_t at = lower(url).find(std::string(name) + "=", from);
      if (at == std::string::npos) {
        break;
      }
      const std::size_t value = at + name.size() + 1;
      std::size_t end = value;
      if (end < url.size() && url[end] == '\'') {
        end = url.find('\'', end + 1);
        end = end == std::string::npos ? url.size() : end + 1;
      } else {
        end = url.find_first_of("&; \t", value);
        end = end == std::string::npos ? url.size() : end;
      }
      url.replace(value, end - value, kMask);
      from = value + kMask.size();
    }
  }
  return url;
}

}  // namespace

std::string masked(std::string_view url) { return with_parameters_masked(with_user_info_masked(std::string(url))); }

std::string redacted(std::string text, const std::vector<Secret>& secrets) {
  for (const Secret& secret : secrets) {
    if (!secret.empty()) {
      text = replace_all(std::move(text), secret.reveal(), kMask);
    }
  }
  return text;
}

}  // namespace metaxy::migrate
