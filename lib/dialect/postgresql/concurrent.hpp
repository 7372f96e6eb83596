#pragma once
// Statements that run outside a transaction: what a failed or killed one leaves behind, and whether it took
// effect.

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "dialect/connection.hpp"

namespace metaxy::migrate::postgresql {

/// Whether PostgreSQL takes the statement inside a transaction block.
bool runs_in_transaction(std::string_view sql);

/// The quoted name of an index that an earlier CREATE INDEX CONCURRENTLY of this name left invalid; it has to
/// go before the statement can work. nullopt where there is none, and for other statements.
std::optional<std::string> left_over_index(Connection& connection, std::string_view sql);

/// Whether a statement that was cut off took effect, as the catalog tells; nullopt where it cannot.
std::optional<bool> has_taken_effect(Connection& connection, std::string_view sql);

/// Drops the index that a CREATE INDEX CONCURRENTLY left invalid when it failed, as long as nobody keeps it
/// waiting; a word about the one that stays, also of a DROP INDEX CONCURRENTLY. Throws where the server does
/// not answer.
std::string clear_away(Connection& connection, std::string_view sql);

/// The names of indexes of the current schema that are not valid.
std::set<std::string> unfinished_indexes(Connection& connection);

}  // namespace metaxy::migrate::postgresql
