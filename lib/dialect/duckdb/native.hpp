#pragma once
// Which changes DuckDB's own ALTER makes on a table, and how it is said. Every rule is a row of what was
// tried on DuckDB 1.5.6 with rows in the table; nothing is allowed that works on an empty table only. Pure.

#include <optional>
#include <string>
#include <vector>

#include "diff/operation.hpp"
#include "schema/schema.hpp"
#include "sql/statement.hpp"

namespace metaxy::migrate::duckdb {

/// A table as it is when the transaction begins, and what DuckDB's catalog ties to it.
struct TableState {
  const Table* table = nullptr;
  /// Another table's foreign key refers to it.
  bool is_parent = false;
};

/// Whether all operations of one table, in order and in one transaction, can be done by ALTER.
bool can_alter(const TableState& state, const std::vector<const Operation*>& operations);

/// The statements of one operation of `all` that `can_alter` allowed. Statements that must follow all ALTERs
/// of all tables (indexes, values of new columns) are put into `later`.
std::vector<Statement> alter_statements(const Operation& operation, const std::vector<const Operation*>& all,
                                        const Table& after, std::vector<Statement>& later);

/// What is lost by an operation: `data_loss`, and what DuckDB rounds or cuts when it casts; empty when
/// nothing is.
std::string loss_of(const Operation& operation);

/// A statement that says what it is for and, with `loss`, what is lost.
Statement explained(std::string sql, std::string comment, const std::string& loss = {});

}  // namespace metaxy::migrate::duckdb
