#pragma once
// Computed columns that go before the alterations of their table and come back behind them: PostgreSQL gives
// no column an expression, and alters no column that an expression reads. Pure.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "diff/operation.hpp"
#include "schema/schema.hpp"

namespace metaxy::migrate::postgresql {

struct Regeneration {
  struct Column {
    std::string name;
    /// For people: the operation that it is about, or that it is computed anew.
    std::string reason;
    std::string loss{};
  };
  TableName table;
  /// Behind the last alteration of the table, where the columns come back.
  std::size_t end = 0;
  /// In the order of the table.
  std::vector<Column> columns;
  /// Computed columns that become plain: they keep their values, so they lose the expression first.
  std::vector<Column> freed;
  /// What DROP COLUMN takes with it: what is made of these columns, alone or among others.
  std::vector<Constraint> constraints;
  std::vector<Index> indexes;
  /// Foreign keys that refer to one of those keys, which keep it from going.
  std::vector<std::pair<TableName, Constraint>> references;

  bool holds(const std::string& column) const;
  bool is_mentioned_in(const std::string& expression) const;
};

/// What begins at an operation; nullopt: it alters no table. `state` is the schema before it.
std::optional<Regeneration> regeneration_at(const Schema& state, std::span<const Operation> operations,
                                            std::size_t at);

}  // namespace metaxy::migrate::postgresql
