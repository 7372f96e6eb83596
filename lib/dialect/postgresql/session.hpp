#pragma once
// What is the same in every session, ours and psql's. Settings: what is printed, how literals are read and in
// which zone a time without one is, must not depend on who runs a script. And the lock, so that they keep
// each other out.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metaxy::migrate::postgresql {

/// Compiling a query of the catalog takes longer than running it.
inline constexpr std::pair<const char*, const char*> kSessionSettings[] = {
    {"client_encoding", "UTF8"},
    {"TimeZone", "UTC"},
    {"DateStyle", "ISO, YMD"},
    {"IntervalStyle", "postgres"},
    {"bytea_output", "hex"},
    {"quote_all_identifiers", "off"},
    {"extra_float_digits", "1"},
    {"client_min_messages", "warning"},
    {"standard_conforming_strings", "on"},
    // Who may see and change only some of the rows is refused, instead of not finding the others.
    {"row_security", "off"},
    {"jit", "off"}};

using Settings = std::vector<std::pair<std::string, std::string>>;

/// `SELECT set_config(...), ...`, in their order.
std::string set_settings_sql(const Settings& settings, bool is_local);

/// Whether the statement leaves what the session holds (settings, role, temporary tables, prepared
/// statements) as it is. A function that is called may change it, so most kinds do not.
bool stays_home(std::string_view sql);

/// The name, as it is written, in `PREPARE name ... AS`; empty for other statements.
std::string prepared_name(std::string_view sql);

/// Forgets all that statements have set or made in the session, but for its locks. Several statements; they
/// run in a transaction, too.
inline constexpr std::string_view kForgetSession =
    "CLOSE ALL; DEALLOCATE ALL; RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; DISCARD TEMP";

/// As text for `search_path`: the schema where things are made now, so that no other slips in front of it
/// (one of the user's name, one that the path names and that somebody makes later), and behind it the path as
/// it is: a script may make a schema of it.
inline constexpr std::string_view kResolvedPath =
    "quote_ident(current_schema()) || ', ' || current_setting('search_path')";

/// The number of the advisory lock of a version table or a log, as SQL: one a database, schema and table.
/// `table` is SQL, too.
inline std::string lock_number(std::string_view table) {
  return "hashtextextended('metaxy-migrate:' || current_schema() || '.' || " + std::string(table) + ", 0)";
}

}  // namespace metaxy::migrate::postgresql
