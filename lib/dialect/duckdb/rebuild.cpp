#include "dialect/duckdb/rebuild.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/duckdb/casts.hpp"
#include "dialect/duckdb/ddl.hpp"
#include "dialect/duckdb/guards.hpp"
#include "dialect/duckdb/native.hpp"
#include "dialect/duckdb/quoting.hpp"
#include "diff/operation.hpp"
#include "diff/order.hpp"

namespace metaxy::migrate::duckdb {
namespace {

/// How deep the rows of a table may refer to each other when it is rebuilt: they go in level by level, one
/// statement each, since DuckDB checks a foreign key against rows of earlier statements only (dialect facts:
/// matrix, 4.8).
constexpr int kMaxDepth = 50;

bool refers_to(const Table& table, const TableName& parent) {
  return std::any_of(table.constraints.begin(), table.constraints.end(), [&](const Constraint& constraint) {
    const ForeignKey* key = std::get_if<ForeignKey>(&constraint);
    return key != nullptr && key->referenced_table == parent;
  });
}

bool has_foreign_keys(const Table& table) {
  return std::any_of(table.constraints.begin(), table.constraints.end(), [](const Constraint& constraint) {
    return std::holds_alternative<ForeignKey>(constraint);
  });
}

/// A rebuild with what is decided for it.
struct Planned {
  const Rebuild* rebuild = nullptr;
  /// Saved and filled again under its own name, not renamed.
  bool is_refilled = false;
  /// Quoted: where the rows are kept meanwhile.
  std::string shadow;
};

class RebuildWriter {
 public:
  RebuildWriter(const Rebuilding& rebuilding, const Schema& before, const Schema& after)
      : rebuilding_(rebuilding), after_(after) {
    for (const Schema* schema : {&before, &after}) {
      for (const auto& [name, table] : *schema) taken_.insert(lower(name.name));
    }
    for (const Rebuild& rebuild : rebuilding.rebuilds) plan(rebuild);
  }

  std::vector<Statement> statements() {
    for (const Planned& one : planned_) save(one);
    drop_old();
    create_new();
    for (const Planned& one : planned_) finish(one);
    for (const PlainStep& step : rebuilding_.creations) finish(step.table);
    return std::move(statements_);
  }

 private:
  void plan(const Rebuild& rebuild) {
    Planned one;
    one.rebuild = &rebuild;
    const TableName& name = rebuild.after.name;
    one.is_refilled = has_foreign_keys(rebuild.after) ||
                      std::any_of(after_.begin(), after_.end(),
                                  [&](const auto& entry) { return refers_to(entry.second, name); });
    // A temporary table is in no log, and outside of the rule that a transaction writes one database only.
    one.shadow = one.is_refilled ? quoted_name(free_name(name.name))
                                 : quoted_name(TableName{name.schema, free_name(name.name)});
    planned_.push_back(one);
  }

  std::string free_name(const std::string& name) {
    std::string free = "__mx_" + name;
    while (!taken_.insert(lower(free)).second) free += "_";
    return free;
  }

  void add(const Planned& one, std::string sql, std::string_view what) {
    statements_.push_back(
        explained(std::move(sql), fmt::format("rebuild {}: {}", to_text(one.rebuild->after.name), what)));
  }

  void save(const Planned& one) {
    const Rebuild& rebuild = *one.rebuild;
    const std::string old = quoted_name(rebuild.before.name);
    add(one, parts_guard(rebuild.before), join(rebuild.summaries, "; "));
    if (std::optional<std::string> guard = members_guard(rebuild.before.name, conversions_of(rebuild))) {
      add(one, *std::move(guard), "check that no members are lost");
    }
    if (one.is_refilled) {
      add(one, fmt::format("CREATE TEMPORARY TABLE {} AS FROM {}", one.shadow, old), "keep the rows");
      return;
    }
    add(one, create_table_sql(rebuild.after, one.shadow, PrimaryKeyPlace::later), "the new table");
    add(one, copy_sql(rebuild, one.shadow, old), "copy the rows");
    add(one, count_guard(rebuild, one.shadow, old), "check that all rows are there");
  }

  static std::vector<Conversion> conversions_of(const Rebuild& rebuild) {
    std::vector<Conversion> conversions;
    for (const Column& column : rebuild.after.columns) {
      const auto source = rebuild.sources.find(column.name);
      if (column.generated || source == rebuild.sources.end()) continue;
      conversions.push_back({source->second, find_column(rebuild.before, source->second)->type, column.type});
    }
    return conversions;
  }

  /// Column lists of INSERT and SELECT: what is computed or new is left out, so that it is computed or gets
  /// its default.
  static std::pair<std::string, std::string> columns_of_copy(const Rebuild& rebuild,
                                                             std::string_view alias = {}) {
    std::vector<std::string> targets;
    std::vector<std::string> values;
    for (const Column& column : rebuild.after.columns) {
      const auto source = rebuild.sources.find(column.name);
      if (column.generated || source == rebuild.sources.end()) continue;
      const Column* old = find_column(rebuild.before, source->second);
      targets.push_back(quoted_name(column.name));
      values.push_back(converted(std::string(alias) + quoted_name(source->second), old->type, column.type));
    }
    return {join(targets, ", "), join(values, ", ")};
  }

  /// A table of which no column is kept still keeps its number of rows.
  static std::string copy_sql(const Rebuild& rebuild, std::string_view to, std::string_view from) {
    const auto [targets, values] = columns_of_copy(rebuild);
    if (targets.empty()) {
      const std::string& first = rebuild.after.columns.front().name;
      return fmt::format("INSERT INTO {} ({}) SELECT NULL FROM {}", to, quoted_name(first), from);
    }
    return fmt::format("INSERT INTO {} ({}) SELECT {} FROM {}", to, targets, values, from);
  }

  static std::string count_guard(const Rebuild& rebuild, std::string_view to, std::string_view from) {
    const std::string message =
        fmt::format("rows of '{}' are missing in its copy", to_text(rebuild.before.name));
    return guard_sql(literal(message),
                     fmt::format(" WHERE (SELECT count(*) FROM {}) <> (SELECT count(*) FROM {})", to, from));
  }

  /// Children before parents, by the foreign keys that there were.
  void drop_old() {
    std::vector<const Table*> tables;
    for (const Planned& one : planned_) tables.push_back(&one.rebuild->before);
    for (const PlainStep& step : rebuilding_.drops) tables.push_back(&step.table);
    std::vector<const Table*> ordered = creation_order(tables).tables;
    std::reverse(ordered.begin(), ordered.end());
    for (const Table* table : ordered) drop(*table);
  }

  void drop(const Table& table) {
    const std::string sql = drop_table_sql(table.name);
    for (const Planned& one : planned_) {
      if (&one.rebuild->before != &table) continue;
      add(one, sql, "the old table");
      for (const std::string& loss : one.rebuild->losses) {
        statements_.back().comments.push_back("destructive: " + loss);
      }
      return;
    }
    for (const PlainStep& step : rebuilding_.drops) {
      if (&step.table == &table) statements_.push_back(explained(sql, step.summary, step.loss));
    }
  }

  /// Parents before children, by the foreign keys that there will be.
  void create_new() {
    std::vector<const Table*> tables;
    for (const Planned& one : planned_) tables.push_back(&one.rebuild->after);
    for (const PlainStep& step : rebuilding_.creations) tables.push_back(&step.table);
    const CreationOrder order = creation_order(tables);
    if (!order.deferred.empty()) {
      throw Error(
          ErrorKind::script,
          fmt::format("the foreign keys of table '{}' form a circle", to_text(order.deferred.begin()->first)),
          {.where = {}, .hint = "DuckDB cannot add a foreign key to a table that is there", .notes = {}});
    }
    for (const Table* table : order.tables) create(*table);
  }

  void create(const Table& table) {
    for (const PlainStep& step : rebuilding_.creations) {
      if (&step.table != &table) continue;
      statements_.push_back(explained(create_table_sql(table, quoted_name(table.name)), step.summary));
      return;
    }
    for (const Planned& one : planned_) {
      if (&one.rebuild->after == &table) one.is_refilled ? refill(one) : take_name(one);
    }
  }

  void take_name(const Planned& one) {
    const Table& table = one.rebuild->after;
    add(one, fmt::format("ALTER TABLE {} RENAME TO {}", one.shadow, quoted_name(table.name.name)),
        "the new table takes its name");
    if (const PrimaryKey* key = primary_key(table)) {
      add(one,
          fmt::format("ALTER TABLE {} ADD PRIMARY KEY ({})", quoted_name(table.name),
                      quoted_list(key->columns)),
          "primary key");
    }
  }

  void refill(const Planned& one) {
    const Rebuild& rebuild = *one.rebuild;
    const std::string name = quoted_name(rebuild.after.name);
    add(one, create_table_sql(rebuild.after, name), "the new table");
    if (refers_to(rebuild.after, rebuild.after.name)) {
      refill_by_level(one);
    } else {
      add(one, copy_sql(rebuild, name, one.shadow), "put the rows back");
    }
    add(one, count_guard(rebuild, name, one.shadow), "check that all rows are there");
    add(one, "DROP TABLE " + one.shadow, "the kept rows");
  }

  /// Rows whose parents are in the same table: first those without, then their children, and so on.
  void refill_by_level(const Planned& one) {
    const Rebuild& rebuild = *one.rebuild;
    const std::string levels = quoted_name(free_name(rebuild.after.name.name));
    std::vector<std::string> edges;
    for (const Constraint& constraint : rebuild.after.constraints) {
      const ForeignKey* key = std::get_if<ForeignKey>(&constraint);
      if (key != nullptr && key->referenced_table == rebuild.after.name) edges.push_back(edge_sql(one, *key));
    }
    add(one,
        fmt::format(
            "CREATE TEMPORARY TABLE {0} AS\n"
            "WITH RECURSIVE edge AS ({1}),\n"
            "placed(place, level) AS (SELECT rowid, 0 FROM {2} UNION\n"
            "  SELECT edge.child, placed.level + 1 FROM placed JOIN edge ON edge.parent = placed.place\n"
            "  WHERE placed.level < {3})\n"
            "SELECT place, max(level) AS level FROM placed GROUP BY place",
            levels, join(edges, " UNION ALL "), one.shadow, kMaxDepth),
        "how deep each row refers to others");
    const auto [targets, values] = columns_of_copy(rebuild, "kept.");
    for (int level = 0; level <= kMaxDepth; ++level) {
      add(one,
          fmt::format(
              "INSERT INTO {} ({}) SELECT {} FROM {} AS kept JOIN {} AS levels ON levels.place = kept.rowid "
              "WHERE levels.level = {}",
              quoted_name(rebuild.after.name), targets, values, one.shadow, levels, level),
          fmt::format("put the rows back, level {}", level));
    }
    add(one, "DROP TABLE " + levels, "the levels");
  }

  /// Pairs of rows that a foreign key of the table to itself joins, by the columns that they had.
  static std::string edge_sql(const Planned& one, const ForeignKey& key) {
    const std::map<std::string, std::string>& sources = one.rebuild->sources;
    std::vector<std::string> equal;
    for (std::size_t i = 0; i < key.columns.size() && i < key.referenced_columns.size(); ++i) {
      const auto child = sources.find(key.columns[i]);
      const auto parent = sources.find(key.referenced_columns[i]);
      // Through a new column no row refers to another yet.
      if (child == sources.end() || parent == sources.end())
        return "SELECT 0 AS child, 0 AS parent WHERE false";
      equal.push_back(fmt::format("c.{} = p.{}", quoted_name(child->second), quoted_name(parent->second)));
    }
    return fmt::format("SELECT c.rowid AS child, p.rowid AS parent FROM {0} AS c JOIN {0} AS p ON {1}",
                       one.shadow, join(equal, " AND "));
  }

  void finish(const Planned& one) {
    const Table& table = one.rebuild->after;
    for (const Index& index : table.indexes) {
      add(one, create_index_sql(table.name, index), fmt::format("index {}", index.name));
    }
    for (std::string& sql : comments_of(table)) add(one, std::move(sql), "comment");
  }

  void finish(const Table& table) {
    for (const Index& index : table.indexes) {
      statements_.push_back(
          explained(create_index_sql(table.name, index), summary(CreateIndex{table.name, index})));
    }
    for (std::string& sql : comments_of(table)) {
      statements_.push_back(explained(std::move(sql), fmt::format("comment of {}", to_text(table.name))));
    }
  }

  static std::vector<std::string> comments_of(const Table& table) {
    std::vector<std::string> all;
    if (!table.comment.empty()) all.push_back(table_comment_sql(table.name, table.comment));
    for (const Column& column : table.columns) {
      if (!column.comment.empty()) all.push_back(column_comment_sql(table.name, column.name, column.comment));
    }
    for (const Index& index : table.indexes) {
      if (!index.comment.empty()) all.push_back(index_comment_sql(table.name, index));
    }
    return all;
  }

  const Rebuilding& rebuilding_;
  const Schema& after_;
  std::set<std::string> taken_;
  std::vector<Planned> planned_;
  std::vector<Statement> statements_;
};

}  // namespace

std::vector<Statement> rebuild_statements(const Rebuilding& rebuilding, const Schema& before,
                                          const Schema& after) {
  return RebuildWriter(rebuilding, before, after).statements();
}

}  // namespace metaxy::migrate::duckdb
