#include "plan/autogenerate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "diff/apply.hpp"
#include "diff/expression.hpp"
#include "plan/alike.hpp"
#include "plan/merge.hpp"
#include "plan/rename.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kSystemNamespace = "metaxy_system__";

bool is_managed(const TableName& table, const AutogenerateOptions& options) {
  switch (options.part) {
    case Part::all:
      return true;
    case Part::system:
      return is_system_table(table, options.table_prefix);
    case Part::features:
      return !is_system_table(table, options.table_prefix);
  }
  return true;
}

/// The key when the model knows the table, else the table's own name.
std::string name_for_people(const TableName& table, const DesiredSchema& desired) {
  const auto found = desired.tables.find(table);
  return found == desired.tables.end() || found->second.feature.empty() ? to_text(table)
                                                                        : found->second.feature;
}

/// Drop requests by table, checked off as they are met.
class DropRequests {
 public:
  DropRequests(const AutogenerateOptions& options, const Renames& renames)
      : options_(options), renames_(renames) {
    for (const ModelName& name : options.drops) {
      pending_.insert(name);
    }
  }

  bool takes(const TableName& table, const std::string& column) {
    const auto found = std::find_if(pending_.begin(), pending_.end(), [&](const ModelName& name) {
      return name.column == column && names_table(name.feature, table, renames_, options_.table_prefix);
    });
    if (found == pending_.end()) {
      return false;
    }
    refuse_foreign(table, *found);
    pending_.erase(found);
    return true;
  }

  void refuse_unmet(const std::vector<std::string>& droppable) const {
    if (pending_.empty()) {
      return;
    }
    const std::string typed = to_text(*pending_.begin());
    std::string hint = did_you_mean(typed, droppable);
    if (hint.empty()) {
      hint = droppable.empty() ? "nothing that the scripts made has left the model"
                               : fmt::format("what has left the model: {}", join(droppable, ", "));
    }
    throw Error(
        ErrorKind::usage,
        fmt::format("--drop '{}' names nothing that has left the model; it drops only what the scripts made "
                    "and the model no longer has",
                    typed),
        {.where = {}, .hint = hint, .notes = {}});
  }

 private:
  void refuse_foreign(const TableName& table, const ModelName& name) const {
    const auto owner = options_.foreign_tables.find(table);
    if (owner != options_.foreign_tables.end()) {
      throw Error(ErrorKind::usage,
                  fmt::format("--drop '{}' is refused: table '{}' belongs to project '{}'", to_text(name),
                              to_text(table), owner->second),
                  {.where = {}, .hint = "drop it from that project's own environment", .notes = {}});
    }
  }

  const AutogenerateOptions& options_;
  const Renames& renames_;
  std::set<ModelName> pending_;
};

/// A column that left the model stays; where inserts would fail without it, it becomes nullable.
void keep_column(Table& table, Column& column, const DesiredSchema& desired,
                 std::vector<std::string>& notes) {
  const std::string name = fmt::format("{}.{}", name_for_people(table.name, desired), column.name);
  const PrimaryKey* key = primary_key(table);
  const bool is_in_key = key != nullptr && std::find(key->columns.begin(), key->columns.end(), column.name) !=
                                               key->columns.end();
  if (is_in_key) {
    notes.push_back(
        fmt::format("'{0}' left the model but is part of the primary key: inserts without it will fail; "
                    "drop it with --drop {0}, or the key with --drop-key {1}",
                    name, name_for_people(table.name, desired)));
  } else if (!column.is_nullable && !column.default_sql && !column.generated) {
    column.is_nullable = true;
    notes.push_back(
        fmt::format("'{}' left the model: it is kept, and made nullable so that inserts go on; drop it "
                    "with --drop {}",
                    name, name));
  } else {
    notes.push_back(fmt::format("'{}' left the model: it is kept; drop it with --drop {}", name, name));
  }
}

void drop_column(Table& table, const std::string& column) {
  const auto names_it = [&](const std::vector<std::string>& columns) {
    return std::find(columns.begin(), columns.end(), column) != columns.end();
  };
  std::erase_if(table.columns, [&](const Column& other) { return other.name == column; });
  std::erase_if(table.constraints,
                [&](const Constraint& constraint) { return names_it(columns_of(constraint)); });
  std::erase_if(table.indexes, [&](const Index& index) {
    return names_it(index.included_columns) ||
           std::any_of(index.parts.begin(), index.parts.end(),
                       [&](const IndexPart& part) { return part.column == column; });
  });
}

/// A computed column that stays needs what it is computed from.
void refuse_needed(const Table& table, const std::vector<std::string>& dropped, const std::string& name) {
  for (const Column& column : table.columns) {
    if (!column.generated || std::find(dropped.begin(), dropped.end(), column.name) != dropped.end()) {
      continue;
    }
    const std::string& expression = column.generated->expression;
    for (const std::string& source : dropped) {
      if (with_column_renamed(expression, table, source, source + "_gone") != expression) {
        throw Error(ErrorKind::usage,
                    fmt::format("--drop '{0}.{1}' is refused: '{0}.{2}' is computed from it ({3}), and stays",
                                name, source, column.name, expression),
                    {.where = {},
                     .hint = fmt::format("--drop {}.{}, too, where it left the model", name, column.name),
                     .notes = {}});
      }
    }
  }
}

/// The columns of a table that is still desired: kept ones relaxed, requested ones dropped.
void settle_left_columns(Table& table, const Table& wanted, DropRequests& drops, const DesiredSchema& desired,
                         std::vector<std::string>& droppable, std::vector<std::string>& notes) {
  std::vector<std::string> dropped;
  for (Column& column : table.columns) {
    if (find_column(wanted, column.name) != nullptr) {
      continue;
    }
    droppable.push_back(fmt::format("{}.{}", name_for_people(table.name, desired), column.name));
    if (drops.takes(table.name, column.name)) {
      dropped.push_back(column.name);
    } else {
      keep_column(table, column, desired, notes);
    }
  }
  refuse_needed(table, dropped, name_for_people(table.name, desired));
  for (const std::string& column : dropped) {
    drop_column(table, column);
  }
}

/// `--drop-key`: keys make a table refuse what Metaxy appends (contract D2, E1), but a key that is there may
/// be somebody's wish, so only a request takes it away.
void drop_keys(Schema& after, const DesiredSchema& desired, const AutogenerateOptions& options) {
  for (const std::string& typed : options.dropped_keys) {
    const auto is_meant = [&](const auto& entry) {
      const auto wanted = desired.tables.find(entry.first);
      const bool is_wanted = wanted != desired.tables.end() && primary_key(wanted->second.table) != nullptr;
      return names_table(typed, entry.first, options.table_prefix) && !is_wanted &&
             primary_key(entry.second) != nullptr;
    };
    const auto found = std::find_if(after.begin(), after.end(), is_meant);
    if (found == after.end()) {
      throw Error(
          ErrorKind::usage,
          fmt::format("--drop-key '{}' names no table whose primary key the scripts made and the model "
                      "does not ask for",
                      typed),
          {.where = {},
           .hint = "write video/clip, or the table's name; `adopt` takes over a key that is there",
           .notes = {}});
    }
    std::erase_if(found->second.constraints, [](const Constraint& constraint) {
      return std::holds_alternative<PrimaryKey>(constraint);
    });
  }
}

/// What is there under the new name already keeps a rename from being run. Metaxy itself makes such a table
/// when code with the new key runs first.
void require_free_names(const Renames& renames, const Schema& live) {
  const auto refuse = [](const std::string& what, const std::string& flag) {
    throw Error(
        ErrorKind::usage,
        fmt::format("{} is in the database already, so the rename cannot be run there", what),
        {.where = {},
         .hint = fmt::format("drop it there if nothing of it is needed; or keep both: --no-rename {}; "
                             "--against scripts leaves the database aside",
                             flag),
         .notes = {}});
  };
  std::map<TableName, TableName> old_names;
  for (const TableRename& rename : renames.tables) {
    old_names[rename.to] = rename.from;
    const bool is_left = std::any_of(renames.tables.begin(), renames.tables.end(),
                                     [&](const TableRename& other) { return other.from == rename.to; });
    if (!is_left && live.count(rename.to) != 0) {
      refuse(fmt::format("table '{}'", to_text(rename.to)), to_text(rename.from));
    }
  }
  for (const ColumnRename& rename : renames.columns) {
    const auto old_name = old_names.find(rename.table);
    const TableName& there = old_name == old_names.end() ? rename.table : old_name->second;
    const Table* table = find_table(live, there);
    const bool is_left = std::any_of(
        renames.columns.begin(), renames.columns.end(),
        [&](const ColumnRename& other) { return other.table == rename.table && other.from == rename.to; });
    if (!is_left && table != nullptr && find_column(*table, rename.to) != nullptr) {
      refuse(fmt::format("column '{}.{}'", to_text(there), rename.to),
             fmt::format("{}.{}", to_text(there), rename.from));
    }
  }
}

/// Whether the column can be added before the table gets its new name: what it is computed from may have
/// another name until then.
bool is_addable_before(const AddColumn& add, const Renames& renames) {
  return !add.column.generated ||
         std::none_of(renames.columns.begin(), renames.columns.end(),
                      [&](const ColumnRename& rename) { return rename.table == add.table; });
}

/// Somebody added the column already. What is there is known by the old name of a table that is renamed here,
/// so that the column is added, and adopted, before the rename.
void adopt_columns(Proposal& proposal, const Renames& renames, const Schema& live) {
  std::vector<Operation> early;
  std::erase_if(proposal.operations, [&](const Operation& operation) {
    const auto* add = std::get_if<AddColumn>(&operation);
    if (add == nullptr) {
      return false;
    }
    const auto rename = std::find_if(renames.tables.begin(), renames.tables.end(),
                                     [&](const TableRename& one) { return one.to == add->table; });
    const bool is_renamed = rename != renames.tables.end();
    const TableName& there = is_renamed ? rename->from : add->table;
    const Table* table = find_table(live, there);
    if (table == nullptr || proposal.before.count(there) == 0 ||
        find_column(*table, add->column.name) == nullptr ||
        (is_renamed && !is_addable_before(*add, renames))) {
      return false;
    }
    proposal.adopted_columns[there].insert(add->column.name);
    if (is_renamed) {
      early.emplace_back(AddColumn{.table = there, .column = add->column});
    }
    return is_renamed;
  });
  proposal.operations.insert(proposal.operations.begin(), early.begin(), early.end());
}

}  // namespace

bool is_system_table(const TableName& table, std::string_view table_prefix) {
  const std::string start = std::string(table_prefix) + std::string(kSystemNamespace);
  return table.name.rfind(start, 0) == 0;
}

Proposal propose(ScriptedSchema scripted, const DesiredSchema& desired, const Schema* live,
                 const Dialect& dialect, const AutogenerateOptions& options) {
  Proposal proposal;
  proposal.notes = desired.notes;

  // Renames first: everything after this line speaks of new names only.
  const RenameDecision renames = decide_renames(scripted.schema, desired, dialect, options);
  proposal.questions = renames.questions;
  if (live != nullptr) {
    require_free_names(renames.renames, *live);
  }
  proposal.notes.insert(proposal.notes.end(), renames.notes.begin(), renames.notes.end());
  proposal.after = applied(scripted.schema, rename_operations(renames.renames));
  drop_keys(proposal.after, desired, options);

  DropRequests drops(options, renames.renames);
  std::vector<std::string> droppable;
  std::vector<TableName> dropped;
  for (auto& [name, table] : proposal.after) {
    if (!is_managed(name, options)) {
      continue;
    }
    const auto wanted = desired.tables.find(name);
    if (wanted != desired.tables.end()) {
      settle_left_columns(table, wanted->second.table, drops, desired, droppable, proposal.notes);
      continue;
    }
    droppable.push_back(to_text(name));
    if (drops.takes(name, "")) {
      dropped.push_back(name);
    } else if (const auto owner = options.foreign_tables.find(name); owner != options.foreign_tables.end()) {
      proposal.notes.push_back(fmt::format("table '{}' left the model: it belongs to project '{}' now",
                                           to_text(name), owner->second));
    } else {
      proposal.notes.push_back(fmt::format("table '{}' left the model: it is kept; drop it with --drop {}",
                                           to_text(name), to_text(name)));
    }
  }
  drops.refuse_unmet(droppable);
  for (const TableName& name : dropped) {
    proposal.after.erase(name);
  }

  for (const auto& [name, wanted] : desired.tables) {
    if (!is_managed(name, options) || scripted.opaque.count(name) != 0) {
      if (scripted.opaque.count(name) != 0) {
        proposal.notes.push_back(not_compared(name));
      }
      continue;
    }
    const auto existing = proposal.after.find(name);
    if (existing != proposal.after.end()) {
      merge_into(existing->second, wanted.table, dialect, proposal.notes);
      continue;
    }
    put(proposal.after, wanted.table);
    if (is_system_table(name, options.table_prefix) || (live != nullptr && live->count(name) != 0)) {
      proposal.adopted.insert(name);
    }
  }
  proposal.before = std::move(scripted.schema);
  proposal.operations = diff(proposal.before, proposal.after, renames.renames);
  if (live != nullptr) {
    require_nothing_alike(proposal.operations, *live, proposal.before, dialect);
    adopt_columns(proposal, renames.renames, *live);
  }
  return proposal;
}

}  // namespace metaxy::migrate
