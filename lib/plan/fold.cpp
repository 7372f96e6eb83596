#include "plan/fold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "diff/apply.hpp"

namespace metaxy::migrate {

namespace {

/// Opaque tables take no part in the fold; an operation on one is skipped, but a rename or drop is followed.
bool is_about_opaque(ScriptedSchema& scripted, const Operation& operation) {
  const TableName& table = table_of(operation);
  if (scripted.opaque.count(table) == 0) {
    return false;
  }
  if (const auto* rename = std::get_if<RenameTable>(&operation)) {
    scripted.opaque.erase(rename->from);
    scripted.opaque.insert(rename->to);
  } else if (std::holds_alternative<DropTable>(operation)) {
    scripted.opaque.erase(table);
  } else if (std::holds_alternative<CreateTable>(operation)) {
    scripted.opaque.erase(table);
    return false;
  }
  return true;
}

/// Whether SQL that says `written` may mean `name`: people leave the schema out or say it, and write names in
/// any case.
bool may_mean(const TableName& written, const TableName& name) {
  return equal_ignoring_case(written.name, name.name) &&
         (written.schema.empty() || name.schema.empty() || equal_ignoring_case(written.schema, name.schema));
}

bool has_index(const Table& table, const std::set<std::string>& names) {
  return std::any_of(table.indexes.begin(), table.indexes.end(), [&names](const Index& index) {
    return std::any_of(names.begin(), names.end(),
                       [&index](const std::string& name) { return equal_ignoring_case(name, index.name); });
  });
}

template <class Part>
bool holds_all(const std::vector<Part>& there, const std::vector<Part>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&there](const Part& part) {
    return std::any_of(there.begin(), there.end(), [&part](const Part& other) {
      if constexpr (requires { equivalent(other, part); }) {
        return equivalent(other, part);
      } else {
        return other == part;
      }
    });
  });
}

/// Whether the script adopts what the operation makes, and that is there in the same shape, or with more.
bool is_adopted(const Schema& schema, const ScriptChanges& script, const Operation& operation) {
  const Table* there = find_table(schema, table_of(operation));
  if (there == nullptr || script.adopted.empty()) {
    return false;
  }
  const std::string table = to_text(table_of(operation));
  const bool adopts_table = script.adopted.count(table) != 0;
  if (const auto* add = std::get_if<AddColumn>(&operation)) {
    const bool adopts =
        adopts_table || script.adopted.count(fmt::format("{}.{}", table, add->column.name)) != 0;
    return adopts && holds_all(there->columns, {add->column});
  }
  if (!adopts_table) {
    return false;
  }
  if (const auto* create = std::get_if<CreateTable>(&operation)) {
    return holds_all(there->columns, create->table.columns) &&
           holds_all(there->constraints, create->table.constraints) &&
           holds_all(there->indexes, create->table.indexes);
  }
  const auto* index = std::get_if<CreateIndex>(&operation);
  const auto* constraint = std::get_if<AddConstraint>(&operation);
  return (index != nullptr && holds_all(there->indexes, {index->index})) ||
         (constraint != nullptr && holds_all(there->constraints, {constraint->constraint}));
}

}  // namespace

std::set<TableName> Fold::meant_by(const ScriptChanges& script) const {
  std::set<TableName> result;
  std::vector<TableName> unknown;
  for (const TableName& written : script.ddl_tables) {
    if (scripted_.schema.contains(written) || scripted_.opaque.count(written) != 0) {
      result.insert(written);
    } else {
      unknown.push_back(written);
    }
  }
  for (const TableName& written : unknown) {
    std::set<TableName> meant;
    for (const auto& [name, table] : scripted_.schema) {
      if (may_mean(written, name)) meant.insert(name);
    }
    if (meant.empty()) meant.insert(written);
    result.merge(meant);
  }
  if (!script.ddl_indexes.empty()) {
    for (const auto& [name, table] : scripted_.schema) {
      if (has_index(table, script.ddl_indexes)) result.insert(name);
    }
  }
  return result;
}

void Fold::add(const ScriptChanges& script) {
  for (const TableName& table : meant_by(script)) {
    scripted_.opaque.insert(table);
    scripted_.schema.erase(table);
  }
  for (const Operation& operation : script.changes) {
    if (is_about_opaque(scripted_, operation) || is_adopted(scripted_.schema, script, operation)) {
      continue;
    }
    try {
      migrate::apply(scripted_.schema, operation);
    } catch (const Error& error) {
      throw Error(
          ErrorKind::integrity,
          fmt::format("the changes of revision '{}' do not fit what the revisions below it made: {}",
                      script.revision, error.what()),
          {.where = SourcePosition{script.file, 0, 0, {}},
           .hint =
               "two branches may change the same thing; delete the script that is not applied yet, and write "
               "it anew on top of the other",
           .notes = {fmt::format("the change is: {}", summary(operation))}});
    }
  }
}

std::string not_compared(const TableName& table) {
  return fmt::format(
      "'{}' is not compared: a script without a changes section changed it; `replay` writes that section",
      to_text(table));
}

ScriptedSchema fold(std::span<const ScriptChanges> scripts) {
  Fold fold;
  for (const ScriptChanges& script : scripts) {
    fold.add(script);
  }
  return std::move(fold).take();
}

std::set<TableName> touched_tables(const ScriptChanges& script) {
  std::set<TableName> tables = script.ddl_tables;
  for (const Operation& operation : script.changes) {
    tables.insert(table_of(operation));
    if (const auto* rename = std::get_if<RenameTable>(&operation)) {
      tables.insert(rename->to);
    }
  }
  return tables;
}

}  // namespace metaxy::migrate
