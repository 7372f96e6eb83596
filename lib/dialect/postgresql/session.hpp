#pragma once
// What is the same in every session, ours and psql's. Settings: what is printed, how literals are read and in
// which zone a time without one is, must not depend on who runs a script. And the lock, so that they keep
// each other out.

#include <string>
#include <string_view>
#include <utility>

namespace metaxy::migrate::postgresql {

/// Compiling a query of the catalog takes longer than running it.
inline constexpr std::pair<const char*, const char*> kSessionSettings[] = {
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

/// The number of the advisory lock of a version table or a log, as SQL: one a database, schema and table.
/// `table` is SQL, too.
inline std::string lock_number(std::string_view table) {
  return "hashtextextended('metaxy-migrate:' || current_schema() || '.' || " + std::string(table) + ", 0)";
}

}  // namespace metaxy::migrate::postgresql
