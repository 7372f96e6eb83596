#pragma once
// What a table of PostgreSQL has that a Table has no field for, as options in the words of SQL: they are
// compared, and written back by whoever creates the table again.

#include <optional>
#include <string>
#include <string_view>

#include "schema/table.hpp"

namespace metaxy::migrate::postgresql {

inline constexpr std::string_view kUnlogged = "UNLOGGED";

/// `IDENTITY ("id") ALWAYS`, `IDENTITY ("id") BY DEFAULT`
std::string identity_option(std::string_view column, bool is_always);
/// `SERIAL ("id")`: a default that draws from a sequence which the column owns.
std::string serial_option(std::string_view column);
/// `CONSTRAINT "name" EXCLUDE ...`: what is no plain key, check or foreign key.
std::string constraint_option(std::string_view name, std::string_view definition);
/// `WITH (fillfactor=70)`
std::string storage_option(std::string_view parameters);
/// `PARTITION BY RANGE (at)`
std::string partition_option(std::string_view key);

/// The rest of the option behind that beginning, blanks trimmed; nullopt when it begins otherwise.
std::optional<std::string> option_behind(std::string_view option, std::string_view beginning);

/// The option of that kind ("IDENTITY", "SERIAL") for a column, behind the column; nullopt when there is
/// none.
std::optional<std::string> column_option(const Table& table, std::string_view kind, std::string_view column);

}  // namespace metaxy::migrate::postgresql
