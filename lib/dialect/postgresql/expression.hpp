#pragma once
// One text for all spellings of an expression that PostgreSQL stores as one: pg_get_expr prints casts,
// parentheses and operators that nobody wrote. Text rules only (decision 3); what is not understood is kept
// as it is and can then only be compared with itself.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "schema/table.hpp"

namespace metaxy::migrate::postgresql {

/// The canonical text, which PostgreSQL reads as the same expression of the table's columns. Casts that
/// PostgreSQL adds by itself are left out, `IN` and `BETWEEN` are written as it stores them. nullopt for what
/// is not understood.
std::optional<std::string> canonical_expression(std::string_view text, const Table& table);

/// The canonical text of a DEFAULT of a column declared like that, without a cast to the type; nothing for
/// NULL.
std::optional<std::string> canonical_default(std::string_view text, const Type& declared);

/// Whether a canonical expression is a column, a literal or a call, which need no parentheses as the key of
/// an index.
bool is_plain_key(std::string_view canonical);

/// Whether an expression uses a column, by name as it is in the catalog.
bool mentions(std::string_view text, const std::string& column);

}  // namespace metaxy::migrate::postgresql
