#include "dialect/duckdb/render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "dialect/duckdb/ddl.hpp"
#include "dialect/duckdb/native.hpp"
#include "dialect/duckdb/rebuild.hpp"

namespace metaxy::migrate::duckdb {
namespace {

/// One table on its way through the operations, whatever it is called meanwhile.
struct Passage {
  std::optional<TableName> before;
  std::optional<TableName> after;
  std::vector<const Operation*> operations;
  bool is_rebuilt = false;
  /// A table that goes is dropped where its operation stands, unless one that stays still refers to it then.
  bool is_dropped_last = false;

  bool is_dropped() const { return !after; }
  bool is_created() const { return !before; }
  bool is_altered() const { return before && after && !operations.empty(); }
};

class Renderer {
 public:
  Renderer(const Schema& before, const Schema& after, std::span<const Operation> operations)
      : before_(before), after_(after) {
    for (const auto& [name, table] : before) {
      current_[name] = passages_.size();
      passages_.push_back({name, name, {}, false, false});
    }
    for (const Operation& operation : operations) follow(operation);
    decide();
  }

  Rendered run() {
    std::vector<Statement> later;
    for (const auto& [operation, index] : order_) {
      const Passage& passage = passages_[index];
      if (std::holds_alternative<DropTable>(*operation) && !passage.is_dropped_last) {
        rendered_.statements.push_back(
            explained(drop_table_sql(*passage.before), summary(*operation), data_loss(*operation)));
      }
      if (!passage.is_altered() || passage.is_rebuilt) continue;
      append(alter_statements(*operation, passage.operations, table_in(after_, *passage.after), later));
    }
    append(rebuild_statements(rebuilding(), before_, after_));
    append(std::move(later));
    std::sort(rendered_.rebuilt.begin(), rendered_.rebuilt.end());
    return std::move(rendered_);
  }

 private:
  void follow(const Operation& operation) {
    if (const auto* create = std::get_if<CreateTable>(&operation)) {
      current_[create->table.name] = passages_.size();
      passages_.push_back({std::nullopt, create->table.name, {&operation}, false, false});
      return;
    }
    const TableName& name = table_of(operation);
    const auto found = current_.find(name);
    if (found == current_.end()) {
      throw Error(ErrorKind::script,
                  fmt::format("'{}' finds no table '{}'", summary(operation), to_text(name)));
    }
    const std::size_t index = found->second;
    passages_[index].operations.push_back(&operation);
    order_.emplace_back(&operation, index);
    if (std::holds_alternative<DropTable>(operation)) {
      passages_[index].after.reset();
      current_.erase(found);
    } else if (const auto* rename = std::get_if<RenameTable>(&operation)) {
      passages_[index].after = rename->to;
      current_.erase(found);
      current_[rename->to] = index;
    }
  }

  static const Table& table_in(const Schema& schema, const TableName& name) {
    const Table* table = find_table(schema, name);
    if (table == nullptr)
      throw Error(ErrorKind::script, fmt::format("there is no table '{}'", to_text(name)));
    return *table;
  }

  static bool refers_to(const Table& table, const TableName& parent) {
    return table.name != parent &&
           std::any_of(table.constraints.begin(), table.constraints.end(), [&](const Constraint& constraint) {
             const ForeignKey* key = std::get_if<ForeignKey>(&constraint);
             return key != nullptr && key->referenced_table == parent;
           });
  }

  void decide() {
    for (const auto& [name, table] : before_) {
      for (const Constraint& constraint : table.constraints) {
        const ForeignKey* key = std::get_if<ForeignKey>(&constraint);
        if (key != nullptr && key->referenced_table != name) parents_.insert(key->referenced_table);
      }
    }
    for (Passage& passage : passages_) {
      if (!passage.is_altered()) continue;
      const TableState state{&table_in(before_, *passage.before), parents_.contains(*passage.before)};
      passage.is_rebuilt = !can_alter(state, passage.operations);
    }
    find_last_drops();
    while (spread_to_children() || spread_to_takers_of_names()) {
    }
  }

  void find_last_drops() {
    std::set<TableName> gone;
    for (const auto& [operation, index] : order_) {
      Passage& passage = passages_[index];
      if (!std::holds_alternative<DropTable>(*operation) || !passage.before) continue;
      passage.is_dropped_last = std::any_of(before_.begin(), before_.end(), [&](const auto& entry) {
        return !gone.contains(entry.first) && refers_to(entry.second, *passage.before);
      });
      if (!passage.is_dropped_last) gone.insert(*passage.before);
    }
  }

  /// A parent cannot be dropped while tables refer to it.
  bool spread_to_children() {
    bool has_changed = false;
    for (const Passage& parent : passages_) {
      if (!parent.is_rebuilt) continue;
      for (Passage& child : passages_) {
        if (child.is_rebuilt || !child.before || !child.after) continue;
        if (!refers_to(table_in(before_, *child.before), *parent.before)) continue;
        child.is_rebuilt = has_changed = true;
      }
    }
    return has_changed;
  }

  /// A table cannot be renamed to the name of one that gives it up after all ALTERs only.
  bool spread_to_takers_of_names() {
    bool has_changed = false;
    for (const Passage& giver : passages_) {
      const bool gives_up_last = giver.is_rebuilt ? giver.before != giver.after : giver.is_dropped_last;
      if (!gives_up_last) continue;
      for (Passage& taker : passages_) {
        const bool takes = taker.is_altered() && !taker.is_rebuilt && taker.after == giver.before;
        if (!takes) continue;
        taker.is_rebuilt = has_changed = true;
      }
    }
    return has_changed;
  }

  Rebuilding rebuilding() {
    Rebuilding result;
    for (const Passage& passage : passages_) {
      if (passage.is_rebuilt) {
        result.rebuilds.push_back(rebuild_of(passage));
        rendered_.rebuilt.push_back(*passage.after);
      } else if (passage.is_dropped_last) {
        const Operation& drop = *passage.operations.back();
        result.drops.push_back({table_in(before_, *passage.before), summary(drop), data_loss(drop)});
      } else if (passage.is_created() && passage.after) {
        result.creations.push_back(
            {table_in(after_, *passage.after), summary(*passage.operations.front()), {}});
      }
    }
    return result;
  }

  Rebuild rebuild_of(const Passage& passage) const {
    Rebuild rebuild;
    rebuild.before = table_in(before_, *passage.before);
    rebuild.after = table_in(after_, *passage.after);
    for (const Column& column : rebuild.before.columns) rebuild.sources[column.name] = column.name;
    for (const Operation* operation : passage.operations) note(*operation, rebuild);
    if (rebuild.summaries.empty()) rebuild.summaries.emplace_back("a table that it refers to is rebuilt");
    return rebuild;
  }

  static void note(const Operation& operation, Rebuild& rebuild) {
    if (const auto* add = std::get_if<AddColumn>(&operation)) {
      rebuild.sources.erase(add->column.name);
    } else if (const auto* drop = std::get_if<DropColumn>(&operation)) {
      rebuild.sources.erase(drop->column.name);
    } else if (const auto* rename = std::get_if<RenameColumn>(&operation)) {
      auto column = rebuild.sources.extract(rename->from);
      if (!column.empty()) {
        column.key() = rename->to;
        rebuild.sources.insert(std::move(column));
      }
    }
    rebuild.summaries.push_back(summary(operation));
    if (std::string loss = loss_of(operation); !loss.empty()) rebuild.losses.push_back(std::move(loss));
  }

  void append(std::vector<Statement> statements) {
    for (Statement& statement : statements) rendered_.statements.push_back(std::move(statement));
  }

  const Schema& before_;
  const Schema& after_;
  std::vector<Passage> passages_;
  /// Each operation but CREATE TABLE with its passage, as given.
  std::vector<std::pair<const Operation*, std::size_t>> order_;
  std::map<TableName, std::size_t> current_;
  std::set<TableName> parents_;
  Rendered rendered_;
};

}  // namespace

Rendered render(const Schema& before, const Schema& after, std::span<const Operation> operations) {
  return Renderer(before, after, operations).run();
}

}  // namespace metaxy::migrate::duckdb
