#include "metaxy/table_names.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "base/hash.hpp"
#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::size_t kMaxIndexNameBytes = 63;
constexpr std::size_t kHashDigits = 8;

bool is_continuation_byte(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// "feature 'video/clip' (features/video.toml:3)".
std::string described(const FeatureDefinition& definition) {
  return definition.origin.empty() ? fmt::format("feature '{}'", definition.key)
                                   : fmt::format("feature '{}' ({})", definition.key, definition.origin);
}

void add_member_problems(const FeatureDefinition& definition, std::vector<Problem>& problems) {
  std::map<std::string, std::string> field_of_member;
  for (const std::string& field : definition.fields) {
    const auto [other, is_new] = field_of_member.emplace(by_field_member(field), field);
    if (!is_new) {
      problems.push_back({fmt::format("fields '{}' and '{}' of {} would share the by-field member '{}'",
                                      other->second, field, described(definition), other->first),
                          std::nullopt, "give one of them another key"});
    }
  }
}

void add_length_problem(std::string_view what, std::string_view name, const Capabilities& capabilities,
                        std::vector<Problem>& problems) {
  const std::size_t limit = capabilities.max_identifier_bytes;
  if (limit != 0 && name.size() > limit) {
    problems.push_back(
        {fmt::format("{} name '{}' has {} bytes; this database keeps only {} and would cut it silently", what,
                     name, name.size(), limit),
         std::nullopt, "shorten the feature key, the column or the store's table_prefix"});
  }
}

/// The first two members of a STRUCT, at any depth, that differ only in case; empty when there are none.
std::pair<std::string, std::string> clashing_members(const Type& type) {
  std::map<std::string, std::string> names;
  for (const TypeMember& member : type.members) {
    const auto [other, is_new] = names.emplace(lower(member.name), member.name);
    if (!is_new) {
      return {other->second, member.name};
    }
    std::pair<std::string, std::string> inner = clashing_members(member.type);
    if (!inner.first.empty()) {
      return inner;
    }
  }
  return {};
}

}  // namespace

std::string members_alike(const Table& table, const Column& column, const Capabilities& capabilities) {
  if (capabilities.has_case_sensitive_names) {
    return {};
  }
  const auto [first, second] = clashing_members(column.type);
  return second.empty() ? ""
                        : fmt::format(
                              "members '{}' and '{}' of column '{}' in table '{}' differ only in case, "
                              "which this database does not tell apart",
                              first, second, column.name, table.name.name);
}

namespace {

void add_column_problems(const Table& table, const Capabilities& capabilities,
                         std::vector<Problem>& problems) {
  std::map<std::string, std::string> names;
  for (const Column& column : table.columns) {
    add_length_problem("column", column.name, capabilities, problems);
    if (std::string clash = members_alike(table, column, capabilities); !clash.empty()) {
      problems.push_back({std::move(clash), std::nullopt, "rename one of them"});
    }
    const std::string key = capabilities.has_case_sensitive_names ? column.name : lower(column.name);
    const auto [other, is_new] = names.emplace(key, column.name);
    if (!is_new) {
      problems.push_back(
          {fmt::format("columns '{}' and '{}' of table '{}' differ only in case, which this database "
                       "does not tell apart",
                       other->second, column.name, table.name.name),
           std::nullopt, "rename one of them"});
    }
  }
}

}  // namespace

std::string shortened_name(std::string name) {
  if (name.size() <= kMaxIndexNameBytes) {
    return name;
  }
  std::size_t kept = kMaxIndexNameBytes - kHashDigits - 1;
  while (kept > 0 && is_continuation_byte(name[kept])) {
    --kept;
  }
  return fmt::format("{}_{}", name.substr(0, kept), sha256(name).substr(0, kHashDigits));
}

std::string index_name(std::string_view table, std::string_view column) {
  return shortened_name(fmt::format("ix_{}_{}", table, column));
}

std::string system_table_name(std::string_view name, std::string_view table_prefix) {
  return fmt::format("{}metaxy_system__{}", table_prefix, name);
}

std::vector<Problem> definition_name_problems(std::span<const FeatureDefinition> definitions,
                                              std::string_view table_prefix) {
  std::vector<Problem> problems;
  std::map<std::string, const FeatureDefinition*> by_key;
  std::map<std::string, const FeatureDefinition*> by_table;
  for (const FeatureDefinition& definition : definitions) {
    if (definition.is_external) {
      continue;
    }
    const auto [same_key, is_new] = by_key.emplace(definition.key, &definition);
    if (!is_new) {
      problems.push_back(
          {fmt::format("{} is defined again in {}", described(*same_key->second), definition.origin),
           std::nullopt, "keep one of the two definitions"});
      continue;
    }
    const std::string table = table_name_of(definition.key, table_prefix);
    const auto [other, is_free] = by_table.emplace(table, &definition);
    if (!is_free) {
      problems.push_back({fmt::format("{} and {} would share the table '{}'", described(*other->second),
                                      described(definition), table),
                          std::nullopt, "Metaxy does not tell them apart either: rename one of them"});
    }
    if (table == system_table_name("feature_versions", table_prefix) ||
        table == system_table_name("events", table_prefix)) {
      problems.push_back({fmt::format("{} would take Metaxy's own table '{}'", described(definition), table),
                          std::nullopt, "rename the feature"});
    }
    add_member_problems(definition, problems);
  }
  return problems;
}

std::vector<Problem> table_name_problems(const DesiredSchema& desired, const Capabilities& capabilities) {
  std::vector<Problem> problems;
  // Index names are global to a schema in DuckDB, SQLite and PostgreSQL.
  std::map<std::string, std::string> table_of_index;
  for (const auto& [name, desired_table] : desired.tables) {
    const Table& table = desired_table.table;
    add_length_problem("table", name.name, capabilities, problems);
    add_column_problems(table, capabilities, problems);
    for (const Index& index : table.indexes) {
      const auto [other, is_new] = table_of_index.emplace(index.name, name.name);
      if (!is_new) {
        problems.push_back({fmt::format("tables '{}' and '{}' would share the index name '{}'", other->second,
                                        name.name, index.name),
                            std::nullopt, "rename one of the columns, or leave its index out"});
      }
    }
  }
  return problems;
}

}  // namespace metaxy::migrate
