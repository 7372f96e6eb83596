#pragma once
// The scripted schema: what the typed changes of scripts lead to, folded along the graph, without a database.

#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "diff/operation.hpp"
#include "schema/schema.hpp"

namespace metaxy::migrate {

/// What the fold needs of one script.
struct ScriptChanges {
  std::string revision;
  std::string file;
  /// The typed changes; meaningful only when `has_changes`.
  std::vector<Operation> changes;
  bool has_changes = false;
  /// Tables that the SQL of a script without changes creates, alters or drops.
  std::set<TableName> ddl_tables;
  /// Indexes that it alters or drops: such statements do not name the table.
  std::set<std::string> ddl_indexes;
  /// Tables, as messages show them, that its upgrade makes anew from a definition written out in full: what
  /// another branch added to them would not be in the copy.
  std::set<std::string> rebuilt_tables;
  /// The same of its downgrade.
  std::set<std::string> rebuilt_by_downgrade;
  /// Tables ("t") and columns ("t.c") that its upgrade makes only where they are not there (`-- adopt:`).
  std::set<std::string> adopted{};
};

struct ScriptedSchema {
  Schema schema;
  /// Tables whose shape is not known, because a script without typed changes touched them: "not compared".
  std::set<TableName> opaque;
};

/// The note about an opaque table.
std::string not_compared(const TableName& table);

/// Folds one script after the other, in an order in which they can be applied.
class Fold {
 public:
  Fold() = default;
  /// Goes on from what other scripts led to.
  explicit Fold(ScriptedSchema scripted) : scripted_(std::move(scripted)) {}
  /// Throws Error(integrity) naming the script when its changes do not fit what the ones before it made. What
  /// it adopts and another one made in that shape is no change.
  void add(const ScriptChanges& script);
  ScriptedSchema take() && { return std::move(scripted_); }

 private:
  /// The tables that the SQL of a script without changes is about, as the schema calls them.
  std::set<TableName> meant_by(const ScriptChanges& script) const;

  ScriptedSchema scripted_;
};

/// `scripts` in an order in which they can be applied. Throws Error(integrity) naming the script whose
/// changes do not fit what the ones before it made.
ScriptedSchema fold(std::span<const ScriptChanges> scripts);

/// The tables that a script's changes are about, under the names before and after.
std::set<TableName> touched_tables(const ScriptChanges& script);

}  // namespace metaxy::migrate
