#include "dialect/postgresql/enums.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/postgresql/quoting.hpp"
#include "dialect/postgresql/types.hpp"

namespace metaxy::migrate::postgresql {

namespace {

void add_enum(Enums& enums, const Type& column) {
  const Type* type = enum_in(column);
  if (type == nullptr) return;
  std::vector<std::string>& labels = enums[type->name];
  labels = merged_labels(labels, type->labels);
}

std::vector<std::string> missing_in(const std::vector<std::string>& labels,
                                    const std::vector<std::string>& wanted) {
  std::vector<std::string> missing;
  for (const std::string& label : wanted) {
    if (std::find(labels.begin(), labels.end(), label) == labels.end()) missing.push_back(literal(label));
  }
  return missing;
}

/// A block that passes over the one failure that is none.
std::string unless(std::string_view condition, const std::string& sql) {
  return fmt::format("DO $$ BEGIN\n  {};\nEXCEPTION WHEN {} THEN NULL;\nEND $$", sql, condition);
}

}  // namespace

Enums enums_of(const Schema& schema) {
  Enums enums;
  for (const auto& [name, table] : schema) {
    for (const Column& column : table.columns) add_enum(enums, column.type);
  }
  return enums;
}

Enums enums_made_by(const Operation& operation) {
  Enums enums;
  if (const auto* create = std::get_if<CreateTable>(&operation)) {
    for (const Column& column : create->table.columns) add_enum(enums, column.type);
  } else if (const auto* add = std::get_if<AddColumn>(&operation)) {
    add_enum(enums, add->column.type);
  } else if (const auto* alter = std::get_if<AlterType>(&operation)) {
    add_enum(enums, alter->to);
  }
  return enums;
}

bool is_labels_only(const AlterType& operation) {
  return enum_in(operation.to) != nullptr && named(operation.from) == named(operation.to);
}

std::string create_enum_sql(const std::string& name, const std::vector<std::string>& labels) {
  return unless("duplicate_object",
                fmt::format("CREATE TYPE {} AS ENUM ({})", name, join(missing_in({}, labels), ", ")));
}

std::string drop_enum_sql(const std::string& name) {
  return unless("dependent_objects_still_exist", fmt::format("DROP TYPE {}", name));
}

std::vector<AddLabel> add_labels(const std::string& name, const std::vector<std::string>& from,
                                 const std::vector<std::string>& to) {
  if (!are_in_order(from, to)) {
    const std::vector<std::string> gone = missing_in(to, from);
    std::vector<std::string> left = from;
    std::erase_if(
        left, [&to](const std::string& label) { return std::find(to.begin(), to.end(), label) == to.end(); });
    throw Error(
        ErrorKind::script,
        !are_in_order(left, to)
            ? fmt::format("enum '{}': its labels cannot change their order", name)
            : fmt::format("enum '{}': its labels {} cannot be taken away", name, join(gone, ", ")),
        {.where = {},
         .hint = "leave the labels that are there as they are, in their order, and add others where you "
                 "like; or give the column an enum of another name, and its values go there by label",
         .notes = {fmt::format("there: {}", join(missing_in({}, from), ", ")),
                   fmt::format("wanted: {}", join(missing_in({}, to), ", "))}});
  }
  std::vector<AddLabel> statements;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (std::find(from.begin(), from.end(), to[i]) != from.end()) continue;
    std::string sql = fmt::format("ALTER TYPE {} ADD VALUE IF NOT EXISTS {}", name, literal(to[i]));
    const auto has_old_behind = std::any_of(
        to.begin() + static_cast<std::ptrdiff_t>(i), to.end(),
        [&](const auto& label) { return std::find(from.begin(), from.end(), label) != from.end(); });
    // At the end is where a label goes by itself.
    if (has_old_behind) {
      sql += i == 0 ? fmt::format(" BEFORE {}", literal(from.front()))
                    : fmt::format(" AFTER {}", literal(to[i - 1]));
    }
    statements.push_back({to[i], std::move(sql)});
  }
  return statements;
}

void require_labels_stay(const AlterType& operation) {
  const Type* from = enum_in(operation.from);
  const Type* to = enum_in(operation.to);
  if (from != nullptr && to != nullptr) add_labels(to->name, from->labels, to->labels);
}

std::string reason_to_keep_labels(const Operation& undo) {
  const auto* alter = std::get_if<AlterType>(&undo);
  if (alter == nullptr || !is_labels_only(*alter)) return {};
  const Type* from = enum_in(alter->from);
  const Type* to = enum_in(alter->to);
  if (from == nullptr || to == nullptr || !are_in_order(to->labels, from->labels)) return {};
  return fmt::format("enum {} keeps {}: PostgreSQL cannot take a label back", to->name,
                     join(missing_in(to->labels, from->labels), ", "));
}

}  // namespace metaxy::migrate::postgresql
