#include "diff/diff.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "diff/apply.hpp"
#include "diff/order.hpp"

namespace metaxy::migrate {

namespace {

using Operations = std::vector<Operation>;

/// What STRUCT members came and went, if a type change is nothing else.
struct MemberChanges {
  struct Member {
    std::vector<std::string> path;
    Type type;
  };
  std::vector<Member> added;
  std::vector<Member> dropped;
};

/// Whether members explain the whole change; then they are in `changes`.
bool collect(const Type& from, const Type& to, const std::vector<std::string>& path, MemberChanges& changes) {
  if (equivalent(from, to)) {
    return true;
  }
  const auto below = [&path](const std::string& name) {
    std::vector<std::string> longer = path;
    longer.push_back(name);
    return longer;
  };
  if (from.name != to.name || from.members.empty() || to.members.empty()) {
    return false;
  }
  if (from.name == "LIST" || from.name == "MAP") {
    const TypeMember& inner = from.members.back();
    const bool has_same_key =
        from.members.size() == 1 || equivalent(from.members.front().type, to.members.front().type);
    return has_same_key && collect(inner.type, to.members.back().type, below(inner.name), changes);
  }
  if (from.name != "STRUCT") {
    return false;
  }
  for (const TypeMember& member : to.members) {
    const TypeMember* old = find_member(from, member.name);
    if (old == nullptr) {
      changes.added.push_back({below(member.name), member.type});
    } else if (!collect(old->type, member.type, below(member.name), changes)) {
      return false;
    }
  }
  for (const TypeMember& member : from.members) {
    if (find_member(to, member.name) == nullptr) {
      changes.dropped.push_back({below(member.name), member.type});
    }
  }
  return true;
}

/// Calls `on_pair(before, after)` for each name, with nullptr where one side lacks it: first in the order of
/// `before`, then what is new in the order of `after`.
template <class Named, class OnPair>
void match_by_name(const std::vector<Named>& before, const std::vector<Named>& after, OnPair on_pair) {
  const auto have_same_name = [](const Named& a, const Named& b) { return a.name == b.name; };
  if (std::equal(before.begin(), before.end(), after.begin(), after.end(), have_same_name)) {
    for (std::size_t i = 0; i < before.size(); ++i) {
      on_pair(&before[i], &after[i]);
    }
    return;
  }
  std::map<std::string_view, const Named*> unmatched;
  for (const Named& value : after) {
    unmatched.emplace(value.name, &value);
  }
  for (const Named& value : before) {
    const auto found = unmatched.find(value.name);
    on_pair(&value, found == unmatched.end() ? nullptr : found->second);
    if (found != unmatched.end()) {
      unmatched.erase(found);
    }
  }
  for (const Named& value : after) {
    const auto found = unmatched.find(value.name);
    if (found != unmatched.end() && found->second == &value) {
      on_pair(static_cast<const Named*>(nullptr), &value);
    }
  }
}

bool holds_equivalent(const std::vector<Constraint>& constraints, const Constraint& wanted) {
  return std::any_of(constraints.begin(), constraints.end(),
                     [&wanted](const Constraint& other) { return equivalent(other, wanted); });
}

/// A table and the columns of a key in it, in the order of names: foreign keys may list them in another.
using KeyPlace = std::pair<TableName, std::set<std::string>>;

KeyPlace place_of(const TableName& table, const std::vector<std::string>& columns) {
  return {table, std::set<std::string>(columns.begin(), columns.end())};
}

class Differ {
 public:
  Operations run(const Schema& before, const Schema& after, const Renames& renames) {
    if (renames.tables.empty() && renames.columns.empty()) {
      compare(before, after);
    } else {
      Schema renamed = before;
      rename(renamed, renames);
      compare(renamed, after);
    }
    Operations all = std::move(renames_);
    // Tables go before keys: a foreign key of a table that goes may hold on to a key of one that stays.
    for (Operations* group :
         {&drop_foreign_keys_, &drop_tables_, &drop_indexes_, &drop_constraints_, &add_columns_,
          &drop_generated_columns_, &alterations_, &add_generated_columns_, &drop_columns_, &create_indexes_,
          &add_constraints_, &create_tables_, &add_foreign_keys_}) {
      all.insert(all.end(), std::make_move_iterator(group->begin()), std::make_move_iterator(group->end()));
    }
    return all;
  }

 private:
  void rename(Schema& schema, const Renames& renames) {
    Operations tables;
    for (const TableRename& one : renames.tables) {
      tables.emplace_back(RenameTable{one.from, one.to});
    }
    Operations columns;
    for (const ColumnRename& one : renames.columns) {
      columns.emplace_back(RenameColumn{one.table, one.from, one.to});
    }
    rename_all(schema, std::move(tables));
    rename_all(schema, std::move(columns));
  }

  /// Of `a` to `b` and `b` to `c` the second goes first. Two that swap their names cannot: `apply` says so.
  void rename_all(Schema& schema, Operations pending) {
    while (!pending.empty()) {
      auto next = std::find_if(pending.begin(), pending.end(), [&schema](const Operation& operation) {
        return is_target_free(schema, operation);
      });
      if (next == pending.end()) {
        next = pending.begin();
      }
      apply(schema, std::as_const(*next));
      renames_.push_back(std::move(*next));
      pending.erase(next);
    }
  }

  static bool is_target_free(const Schema& schema, const Operation& operation) {
    if (const RenameTable* table = std::get_if<RenameTable>(&operation)) {
      return !schema.contains(table->to);
    }
    const RenameColumn& column = std::get<RenameColumn>(operation);
    const Table* table = find_table(schema, column.table);
    return table != nullptr && find_column(*table, column.to) == nullptr;
  }

  void compare(const Schema& before, const Schema& after) {
    std::vector<const Table*> gone;
    for (const auto& [name, table] : before) {
      const Table* kept = find_table(after, name);
      if (kept == nullptr) {
        gone.push_back(&table);
      } else if (table != *kept) {
        compare_tables(table, *kept);
      }
    }
    std::vector<const Table*> made;
    for (const auto& [name, table] : after) {
      if (!before.contains(name)) {
        made.push_back(&table);
      }
    }
    drop_tables(gone);
    create_tables(made);
    renew_dependent_foreign_keys(before, after);
  }

  void compare_tables(const Table& before, const Table& after) {
    match_by_name(before.columns, after.columns, [&](const Column* old, const Column* now) {
      if (now == nullptr) {
        (old->generated ? drop_generated_columns_ : drop_columns_).push_back(DropColumn{after.name, *old});
      } else if (old == nullptr) {
        (now->generated ? add_generated_columns_ : add_columns_).push_back(AddColumn{after.name, *now});
      } else {
        compare_columns(after.name, *old, *now);
      }
    });
    match_by_name(before.indexes, after.indexes, [&](const Index* old, const Index* now) {
      const bool is_same = old != nullptr && now != nullptr && *old == *now;
      if (old != nullptr && !is_same) {
        drop_index(after.name, *old);
      }
      if (now != nullptr && !is_same) {
        create_indexes_.push_back(CreateIndex{after.name, *now});
      }
    });
    compare_constraints(before, after);
    if (before.options != after.options) {
      alterations_.push_back(AlterTableOptions{after.name, before.options, after.options});
    }
    if (before.comment != after.comment) {
      alterations_.push_back(AlterTableComment{after.name, before.comment, after.comment});
    }
  }

  void compare_columns(const TableName& table, const Column& before, const Column& after) {
    const std::string& name = after.name;
    MemberChanges members;
    const bool is_retyped = !collect(before.type, after.type, {}, members);
    std::optional<std::string> old_default = before.default_sql;
    if (is_retyped && before.default_sql && before.default_sql != after.default_sql) {
      // The old default may be no value of the new type.
      alterations_.push_back(AlterDefault{table, name, before.default_sql, std::nullopt});
      old_default.reset();
    }
    if (is_retyped) {
      alterations_.push_back(AlterType{table, name, before.type, after.type});
    } else {
      // Added first: a STRUCT must never be without members.
      for (const MemberChanges::Member& member : members.added) {
        alterations_.push_back(AddMember{table, name, member.path, member.type});
      }
      for (const MemberChanges::Member& member : members.dropped) {
        alterations_.push_back(DropMember{table, name, member.path, member.type});
      }
    }
    if (before.generated != after.generated) {
      alterations_.push_back(AlterGenerated{table, name, before.generated, after.generated});
    }
    if (before.collation != after.collation) {
      alterations_.push_back(AlterCollation{table, name, before.collation, after.collation});
    }
    if (old_default != after.default_sql) {
      alterations_.push_back(AlterDefault{table, name, old_default, after.default_sql});
    }
    if (before.is_nullable != after.is_nullable) {
      alterations_.push_back(AlterNullable{table, name, after.is_nullable});
    }
    if (before.comment != after.comment) {
      alterations_.push_back(AlterColumnComment{table, name, before.comment, after.comment});
    }
  }

  void compare_constraints(const Table& before, const Table& after) {
    for (const Constraint& constraint : before.constraints) {
      if (!holds_equivalent(after.constraints, constraint)) {
        drop_constraint(after.name, constraint);
      }
    }
    for (const Constraint& constraint : after.constraints) {
      if (!holds_equivalent(before.constraints, constraint)) {
        add_constraint(after.name, constraint);
      }
    }
  }

  void drop_index(const TableName& table, const Index& index) {
    drop_indexes_.push_back(DropIndex{table, index});
    if (index.is_unique) {
      std::vector<std::string> columns;
      for (const IndexPart& part : index.parts) {
        columns.push_back(part.column);
      }
      dropped_keys_.insert(place_of(table, columns));
    }
  }

  void drop_constraint(const TableName& table, const Constraint& constraint) {
    if (std::holds_alternative<ForeignKey>(constraint)) {
      drop_foreign_keys_.push_back(DropConstraint{table, constraint});
      return;
    }
    drop_constraints_.push_back(DropConstraint{table, constraint});
    if (!std::holds_alternative<Check>(constraint)) {
      dropped_keys_.insert(place_of(table, columns_of(constraint)));
    }
    if (std::holds_alternative<PrimaryKey>(constraint)) {
      // What a foreign key without columns refers to.
      dropped_keys_.insert(place_of(table, {}));
    }
  }

  void add_constraint(const TableName& table, const Constraint& constraint) {
    const bool is_foreign_key = std::holds_alternative<ForeignKey>(constraint);
    (is_foreign_key ? add_foreign_keys_ : add_constraints_).push_back(AddConstraint{table, constraint});
  }

  void drop_tables(const std::vector<const Table*>& gone) {
    const CreationOrder order = creation_order(gone);
    for (const auto& [table, constraints] : order.deferred) {
      for (const Constraint& constraint : constraints) {
        drop_foreign_keys_.push_back(DropConstraint{table, constraint});
      }
    }
    for (auto table = order.tables.rbegin(); table != order.tables.rend(); ++table) {
      drop_tables_.push_back(DropTable{without_deferred(**table, order)});
    }
  }

  void create_tables(const std::vector<const Table*>& made) {
    const CreationOrder order = creation_order(made);
    for (const Table* table : order.tables) {
      create_tables_.push_back(CreateTable{without_deferred(*table, order)});
    }
    for (const auto& [table, constraints] : order.deferred) {
      for (const Constraint& constraint : constraints) {
        add_foreign_keys_.push_back(AddConstraint{table, constraint});
      }
    }
  }

  /// A key that a foreign key depends on cannot be dropped while the foreign key is there.
  void renew_dependent_foreign_keys(const Schema& before, const Schema& after) {
    if (dropped_keys_.empty()) {
      return;
    }
    for (const auto& [name, table] : before) {
      const Table* kept = find_table(after, name);
      if (kept == nullptr) {
        continue;
      }
      for (const Constraint& constraint : table.constraints) {
        const ForeignKey* key = std::get_if<ForeignKey>(&constraint);
        if (key != nullptr && holds_equivalent(kept->constraints, constraint) &&
            dropped_keys_.contains(place_of(key->referenced_table, key->referenced_columns))) {
          drop_foreign_keys_.push_back(DropConstraint{name, constraint});
          add_foreign_keys_.push_back(AddConstraint{name, constraint});
        }
      }
    }
  }

  Operations renames_;
  Operations drop_foreign_keys_;
  Operations drop_indexes_;
  Operations drop_constraints_;
  Operations drop_tables_;
  Operations add_columns_;
  Operations add_generated_columns_;
  Operations alterations_;
  Operations drop_generated_columns_;
  Operations drop_columns_;
  Operations create_indexes_;
  Operations add_constraints_;
  Operations create_tables_;
  Operations add_foreign_keys_;
  /// The keys that are dropped, from tables that stay.
  std::set<KeyPlace> dropped_keys_;
};

}  // namespace

std::vector<Operation> diff(const Schema& before, const Schema& after, const Renames& renames) {
  return Differ().run(before, after, renames);
}

}  // namespace metaxy::migrate
