#pragma once
// Database URLs as SQLAlchemy reads and writes them (contract B), and where our drivers find the database
// that one names.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialect/dialect.hpp"

namespace metaxy::migrate {

/// The parts of a URL, decoded. An absent part and an empty one are different.
struct DatabaseUrl {
  /// "postgresql", "clickhouse+native".
  std::string driver;
  std::optional<std::string> user;
  std::optional<std::string> password;
  std::optional<std::string> host;
  std::optional<std::uint16_t> port;
  /// What follows the slash after the host, never decoded.
  std::optional<std::string> database;
  /// Without parameters that have no value.
  std::vector<std::pair<std::string, std::string>> query;

  /// The first parameter of that name.
  std::optional<std::string> parameter(std::string_view name) const;

  bool operator==(const DatabaseUrl&) const = default;
};

/// nullopt when SQLAlchemy would refuse it. Like there, a password may hold '/', '?' and ':', but no '@'.
std::optional<DatabaseUrl> parsed_url(std::string_view text);

/// As SQLAlchemy writes it: parts encoded, query sorted by name. The password is in it.
std::string url_text(const DatabaseUrl& url);

/// What to replace in a URL; only what is given.
struct UrlOverrides {
  std::optional<std::string> protocol;
  std::optional<std::uint16_t> port;
};
/// The URL with another driver name or port, all else kept. nullopt when it is none.
std::optional<std::string> overridden_url(std::string_view url, const UrlOverrides& overrides);

/// What Metaxy makes of a ClickHouse connection string: the native protocol, whose port follows from the HTTP
/// one.
std::string clickhouse_sqlalchemy_url(DatabaseUrl url);

/// Database kinds that a URL's driver names; empty for others. "postgresql+psycopg" is "postgresql".
std::string dialect_of_url(std::string_view url);

/// A target and, where there is none, why.
struct UrlTarget {
  std::string dialect;
  Target target;
  /// Without the URL, which may hold a password.
  std::string fault;
};
/// `sqlite:///path`, `duckdb:///path`, `postgres[ql][+driver]://…/database[/schema]`.
UrlTarget target_from_url(std::string_view text);

/// The same database from ibis' parameters (contract A5, `connection_params`), in order.
Target postgresql_target(const std::vector<std::pair<std::string, std::string>>& parameters);

}  // namespace metaxy::migrate
