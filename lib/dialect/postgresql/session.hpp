#pragma once
// Settings that are the same in every session, ours and psql's: what is printed, how literals are read and in
// which zone a time without one is, must not depend on who runs a script.

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
    {"jit", "off"}};

}  // namespace metaxy::migrate::postgresql
