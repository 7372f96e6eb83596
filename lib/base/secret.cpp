#include "base/secret.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kMask = "***";

constexpr std::string_view kBlanks = " \t\r\n\f\v";

bool is_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Where the user info's '@' is, given where the text behind `scheme://user:` begins; npos when there is no
/// password. People forget to percent-encode '@', '/', '?' and '#' in passwords, so the last '@' before the
/// query's values counts: it is better to hide a host than to show a part of a password.
std::size_t end_of_password(const std::string& url, std::size_t password) {
  const std::size_t query = url.find('?', password);
  const std::size_t values = query == std::string::npos ? std::string::npos : url.find('=', query);
  const std::size_t at = url.rfind('@', values);
  if (at != std::string::npos && at >= password) {
    return at;
  }
  const std::size_t authority_end = std::min(url.find_first_of("/?#", password), url.size());
  if (is_digits(std::string_view(url).substr(password, authority_end - password))) {
    return std::string::npos;
  }
  // Not a port, so a password whose '@' stands behind what looks like a query, or that lacks its host.
  const std::size_t last = url.rfind('@');
  return last != std::string::npos && last >= password ? last : authority_end;
}

/// Masks the password of `scheme://user:password@host`.
std::string with_user_info_masked(std::string url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) {
    return url;
  }
  const std::size_t start = scheme + 3;
  std::size_t colon = url.find_first_of(":/?#[", start);
  if (colon != std::string::npos && url[colon] == '[') {
    const std::size_t address_end = url.find(']', colon);
    colon = address_end == std::string::npos ? address_end : url.find_first_of(":/?#", address_end);
  }
  if (colon == std::string::npos || url[colon] != ':') {
    return url;
  }
  const std::size_t end = end_of_password(url, colon + 1);
  return end == std::string::npos ? url : url.replace(colon + 1, end - colon - 1, kMask);
}

bool names_a_secret(std::string_view parameter) {
  constexpr std::array<std::string_view, 10> kWords = {"password",   "passwd",     "pwd",    "passphrase",
                                                       "token",      "secret",     "apikey", "api_key",
                                                       "access_key", "private_key"};
  const std::string name = lower(parameter);
  return std::any_of(kWords.begin(), kWords.end(),
                     [&name](std::string_view word) { return name.find(word) != std::string::npos; });
}

/// The name at the end of what stands before a '='; libpq allows blanks around it.
std::string_view parameter_name(std::string_view before) {
  const std::size_t last = before.find_last_not_of(kBlanks);
  if (last == std::string_view::npos) {
    return {};
  }
  const std::size_t separator = before.find_last_of(" \t\r\n\f\v?&;/'\"=", last);
  return before.substr(separator == std::string_view::npos ? 0 : separator + 1, last - separator);
}

bool is_blank_at(std::string_view text, std::size_t i) {
  return i >= text.size() || kBlanks.find(text[i]) != std::string_view::npos;
}

/// The end of the value at `value` in a list of libpq's `name=value`: quoted, or up to a blank; backslashes
/// escape. A quote ends it only before a blank, since some double the quotes.
std::size_t end_of_value(std::string_view text, std::size_t value) {
  const bool is_quoted = value < text.size() && text[value] == '\'';
  for (std::size_t i = value + (is_quoted ? 1 : 0); i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (is_quoted ? text[i] == '\'' && is_blank_at(text, i + 1) : is_blank_at(text, i)) {
      return is_quoted ? i + 1 : i;
    }
  }
  return text.size();
}

/// Masks `name=value` where the name says that the value is secret.
std::string with_parameters_masked(std::string_view text) {
  std::string result;
  std::size_t copied = 0;
  for (std::size_t equals = text.find('='); equals != std::string_view::npos;
       equals = text.find('=', std::max(equals + 1, copied))) {
    const std::string_view name = parameter_name(text.substr(copied, equals - copied));
    if (!names_a_secret(name)) {
      continue;
    }
    const std::size_t name_start = static_cast<std::size_t>(name.data() - text.data());
    const bool is_in_query = name_start > 0 && (text[name_start - 1] == '?' || text[name_start - 1] == '&');
    std::size_t value = equals + 1;
    std::size_t end = std::min(text.find('&', value), text.size());
    if (!is_in_query) {
      value = std::min(text.find_first_not_of(kBlanks, value), text.size());
      end = end_of_value(text, value);
    }
    result += text.substr(copied, value - copied);
    result += kMask;
    copied = end;
  }
  result += text.substr(copied);
  return result;
}

/// Whether `text`, in lower case, holds a word that names a secret.
bool holds_secret_word(std::string_view text) {
  constexpr std::array<std::string_view, 9> kWords = {
      "password", "passwd", "pwd", "token", "secret", "credential", "access_key", "private_key", "api_key"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

}  // namespace

bool names_secret(std::string_view key) {
  const std::string name = lower(key);
  return name != "secret_name" && name != "credentials_path" && (name == "key_id" || holds_secret_word(name));
}

bool may_hold_secret(std::string_view line) {
  const std::string text = lower(line);
  return holds_secret_word(text) || text.find("connection_string") != std::string::npos ||
         text.find("key_id") != std::string::npos ||
         (text.find("://") != std::string::npos && text.find('@') != std::string::npos);
}

std::string masked(std::string_view url) {
  return with_parameters_masked(with_user_info_masked(std::string(url)));
}

std::string redacted(std::string text, const std::vector<Secret>& secrets) {
  std::vector<Secret> longest_first = secrets;
  // One secret may be the beginning of another, whose rest would stay.
  std::stable_sort(longest_first.begin(), longest_first.end(),
                   [](const Secret& a, const Secret& b) { return a.reveal().size() > b.reveal().size(); });
  for (const Secret& secret : longest_first) {
    if (!secret.empty()) {
      text = replace_all(std::move(text), secret.reveal(), kMask);
    }
  }
  return text;
}

}  // namespace metaxy::migrate
