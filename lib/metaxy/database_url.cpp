#include "metaxy/database_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char folded = static_cast<char>(c | 0x20);
  return folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : -1;
}

/// Percent sequences decoded; what is none stays.
std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      result += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

/// All but letters, digits, `_.-~` and the characters in `safe` encoded.
std::string encoded(std::string_view text, std::string_view safe) {
  std::string result;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          c == '_' || c == '.' || c == '-' || c == '~' ||
                          safe.find(c) != std::string_view::npos;
    result += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

bool is_driver_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+';
}

/// Takes `user[:password]@` off the front. The user ends at ':' or '/', the password at the first '@'.
void take_user_info(std::string_view& rest, DatabaseUrl& url) {
  const std::size_t user_end = std::min(rest.find_first_of(":/"), rest.size());
  const bool has_password = user_end < rest.size() && rest[user_end] == ':';
  const std::size_t password_end = has_password ? rest.find('@', user_end) : std::string_view::npos;
  if (password_end != std::string_view::npos) {
    url.user = decoded(rest.substr(0, user_end));
    url.password = decoded(rest.substr(user_end + 1, password_end - user_end - 1));
    rest.remove_prefix(password_end + 1);
    return;
  }
  const std::size_t at = rest.substr(0, user_end).rfind('@');
  if (at != std::string_view::npos) {
    url.user = decoded(rest.substr(0, at));
    rest.remove_prefix(at + 1);
  }
}

/// Takes `[host][:port]` off the front; false when the port is no number.
bool take_host(std::string_view& rest, DatabaseUrl& url) {
  const std::size_t bracket = rest.substr(0, 1) == "[" ? rest.find(']') : std::string_view::npos;
  if (bracket != std::string_view::npos && bracket > 1 &&
      rest.substr(0, bracket).find_first_of("/?") == std::string_view::npos) {
    url.host = std::string(rest.substr(1, bracket - 1));
    rest.remove_prefix(bracket + 1);
  } else if (const std::size_t end = std::min(rest.find_first_of("/:?"), rest.size()); end > 0) {
    url.host = std::string(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  if (rest.substr(0, 1) != ":") {
    return true;
  }
  const std::string_view text = rest.substr(1, rest.find_first_of("/?") - 1);
  std::uint16_t port = 0;
  const auto [stop, status] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (status != std::errc() || stop != text.data() + text.size()) {
    return false;
  }
  url.port = port;
  rest.remove_prefix(1 + text.size());
  return true;
}

std::vector<std::pair<std::string, std::string>> parsed_query(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> query;
  for (const std::string& part : split(text, '&')) {
    const std::string spaced = replace_all(part, "+", " ");
    const std::size_t equals = spaced.find('=');
    if (equals != std::string::npos && equals + 1 < spaced.size()) {
      query.emplace_back(decoded(std::string_view(spaced).substr(0, equals)),
                         decoded(std::string_view(spaced).substr(equals + 1)));
    }
  }
  return query;
}

std::string query_text(std::vector<std::pair<std::string, std::string>> query) {
  std::stable_sort(query.begin(), query.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (const auto& [name, value] : query) {
    text += text.empty() ? '?' : '&';
    text += replace_all(encoded(name, " "), " ", "+");
    text += '=';
    text += replace_all(encoded(value, " "), " ", "+");
  }
  return text;
}

UrlTarget file_target(std::string dialect, const DatabaseUrl& url) {
  if (url.host) {
    return {std::move(dialect), {}, fmt::format("a path follows three slashes: {}:///path", url.driver)};
  }
  const std::string path = url.database.value_or("");
  UrlTarget result{std::move(dialect), {}, {}};
  result.target.location = Secret(path.empty() ? ":memory:" : path);
  return result;
}

/// What is no parameter of libpq but of ibis, and where the schema goes that a third path segment names.
UrlTarget postgresql_url_target(DatabaseUrl url) {
  UrlTarget result{"postgresql", {}, {}};
  std::string schema = url.parameter("schema").value_or("");
  if (url.database) {
    const std::size_t slash = url.database->find('/');
    if (slash != std::string::npos) {
      schema = url.database->substr(slash + 1);
      url.database->resize(slash);
    }
  }
  std::erase_if(url.query, [](const auto& parameter) {
    return parameter.first == "schema" || parameter.first == "autocommit";
  });
  std::string text = "postgresql://";
  if (url.user) {
    text += encoded(*url.user, "");
    text += url.password ? ":" + encoded(*url.password, "") : "";
    text += '@';
  }
  if (url.host) {
    text += url.host->find(':') == std::string::npos ? *url.host : "[" + *url.host + "]";
  }
  text += url.port ? fmt::format(":{}", *url.port) : "";
  text += url.database ? "/" + *url.database : "";
  // libpq does not read '+' as a space.
  text += replace_all(query_text(url.query), "+", "%20");
  result.target.location = Secret(std::move(text));
  if (!schema.empty()) {
    result.target.settings.emplace_back("search_path", schema);
  }
  return result;
}

}  // namespace

std::optional<std::string> DatabaseUrl::parameter(std::string_view name) const {
  const auto found =
      std::find_if(query.begin(), query.end(), [&](const auto& one) { return one.first == name; });
  return found == query.end() ? std::nullopt : std::optional(found->second);
}

std::optional<DatabaseUrl> parsed_url(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos || scheme == 0 ||
      !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(scheme), is_driver_character)) {
    return std::nullopt;
  }
  DatabaseUrl url;
  url.driver = std::string(text.substr(0, scheme));
  std::string_view rest = text.substr(scheme + 3);
  take_user_info(rest, url);
  if (!take_host(rest, url)) {
    return std::nullopt;
  }
  const std::size_t question = rest.find('?');
  if (rest.substr(0, 1) == "/") {
    url.database = std::string(rest.substr(1, question == std::string_view::npos ? question : question - 1));
  }
  if (question != std::string_view::npos) {
    url.query = parsed_query(rest.substr(question + 1));
  }
  return url;
}

std::string url_text(const DatabaseUrl& url) {
  std::string text = url.driver + "://";
  if (url.user) {
    text += encoded(*url.user, " +");
    text += url.password ? ":" + encoded(*url.password, " +") : "";
    text += '@';
  }
  if (url.host) {
    text += url.host->find(':') == std::string::npos ? *url.host : "[" + *url.host + "]";
  }
  text += url.port ? fmt::format(":{}", *url.port) : "";
  text += url.database ? "/" + *url.database : "";
  return text + query_text(url.query);
}

std::optional<std::string> overridden_url(std::string_view url, const UrlOverrides& overrides) {
  std::optional<DatabaseUrl> parts = parsed_url(url);
  if (!parts) {
    return std::nullopt;
  }
  parts->driver = overrides.protocol.value_or(parts->driver);
  parts->port = overrides.port ? overrides.port : parts->port;
  return url_text(*parts);
}

std::string clickhouse_sqlalchemy_url(DatabaseUrl url) {
  constexpr std::uint16_t kHttp = 8123;
  constexpr std::uint16_t kHttps = 8443;
  constexpr std::uint16_t kNative = 9000;
  constexpr std::uint16_t kSecureNative = 9440;
  const bool is_secure = url.port == kHttps || url.parameter("secure") == "True";
  url.driver = "clickhouse+native";
  url.port = is_secure && url.port != kHttp ? kSecureNative : kNative;
  if (is_secure) {
    std::erase_if(url.query,
                  [](const auto& one) { return one.first == "protocol" || one.first == "secure"; });
    url.query.emplace_back("secure", "True");
  }
  return url_text(url);
}

std::string dialect_of_url(std::string_view url) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kDrivers = {
      {{"duckdb", "duckdb"}, {"sqlite", "sqlite"}, {"postgresql", "postgresql"}, {"postgres", "postgresql"}}};
  const std::string_view driver = url.substr(0, url.find("://"));
  const std::string_view name = driver.substr(0, driver.find('+'));
  for (const auto& [known, dialect] : kDrivers) {
    if (name == known && driver.size() < url.size()) {
      return std::string(dialect);
    }
  }
  return {};
}

UrlTarget target_from_url(std::string_view text) {
  std::string dialect = dialect_of_url(text);
  const std::optional<DatabaseUrl> url = parsed_url(text);
  if (!url || dialect.empty()) {
    return {"", {}, "expected duckdb:///path, sqlite:///path or postgresql://user@host/database"};
  }
  const bool is_server = url->driver.compare(0, 8, "postgres") == 0;
  return is_server ? postgresql_url_target(*url) : file_target(std::move(dialect), *url);
}

Target postgresql_target(const std::vector<std::pair<std::string, std::string>>& parameters) {
  DatabaseUrl url;
  url.driver = "postgresql";
  for (const auto& [name, value] : parameters) {
    if (name == "user") {
      url.user = value;
    } else if (name == "password") {
      url.password = value;
    } else if (name == "database" || name == "dbname") {
      url.database = value;
    } else {
      // libpq takes host and port as parameters too, and then a host may be the folder of a socket.
      url.query.emplace_back(name, value);
    }
  }
  if (url.password && !url.user) {
    url.query.emplace_back("password", *url.password);
  }
  return postgresql_url_target(std::move(url)).target;
}

}  // namespace metaxy::migrate
