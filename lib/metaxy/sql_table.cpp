#include "metaxy/sql_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "metaxy/json_members.hpp"
#include "metaxy/logical_types.hpp"
#include "metaxy/table_names.hpp"
#include "schema/json.hpp"

namespace metaxy::migrate {

namespace {

bool flag_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

bool is_within(const std::vector<std::string>& columns, const std::vector<std::string>& others) {
  return std::all_of(columns.begin(), columns.end(),
                     [&](const std::string& column) { return contains(others, column); });
}

class Reader {
 public:
  Reader(const FeatureDefinition& definition, const Dialect& dialect, const SqlTableOptions& options,
         std::vector<std::string>& notes)
      : definition_(definition),
        dialect_(dialect),
        options_(options),
        table_(table_name_of(definition.key, options.table_prefix)),
        plain_table_(table_name_of(definition.key, "")),
        notes_(notes) {}

  SqlTable read() {
    const Json json = Json::parse(definition_.sql_table);
    SqlTable result;
    for (const Json& column : json.at("columns")) {
      if (!is_metaxy_column(column.at("name").get<std::string>())) {
        result.columns.push_back(column_of(column));
      }
    }
    for (const Json& constraint : json.at("constraints")) {
      if (std::optional<Constraint> made = constraint_of(constraint)) {
        result.constraints.push_back(std::move(*made));
      }
    }
    for (const Json& index : json.at("indexes")) {
      result.indexes.push_back(index_of(index));
    }
    return result;
  }

 private:
  /// What SQLAlchemy writes for this database; nullopt where it cannot, or says nothing.
  std::optional<std::string> here(const Json& json, const char* key) const {
    const auto texts = json.find(key);
    if (texts == json.end()) {
      return std::nullopt;
    }
    const auto text = texts->find(std::string(dialect_.name()));
    return text != texts->end() && text->is_string() ? std::optional(text->get<std::string>()) : std::nullopt;
  }

  std::string required(const Json& json, const char* key, const std::string& what) const {
    std::optional<std::string> text = here(json, key);
    if (!text) {
      throw Error(ErrorKind::configuration,
                  fmt::format("{} of '{}' cannot be written for {}", what, definition_.key, dialect_.name()),
                  {.where = {},
                   .hint = fmt::format(
                       "SQLAlchemy has no words for it; give the type in [ext.migrate.columns.\"{}\"], "
                       "or use one in the model that this database has",
                       definition_.key),
                   .notes = {}});
    }
    return std::move(*text);
  }

  Column column_of(const Json& json) const {
    Column column;
    column.name = json.at("name").get<std::string>();
    column.is_nullable = json.at("nullable").get<bool>();
    column.comment = text_at(json, "comment");
    column.type = type_of(json, column.name);
    if (json.contains("computed")) {
      column.generated =
          Generated{required(json, "computed", fmt::format("the computed column '{}'", column.name)),
                    flag_at(json, "is_stored")};
    } else {
      column.default_sql = here(json, "default");
    }
    return column;
  }

  Type type_of(const Json& json, const std::string& name) const {
    const auto override_text = options_.column_types.find(name);
    if (override_text == options_.column_types.end() && json.contains("labels")) {
      // A native enum holds the names of members, while Metaxy writes the strings that the data has.
      return dialect_.column_type(logical(LogicalKind::text));
    }
    const std::string what = fmt::format("the type of column '{}'", name);
    try {
      return dialect_.canonical_type(parse_type(override_text != options_.column_types.end()
                                                    ? override_text->second
                                                    : required(json, "type", what)));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::configuration) {
        throw;
      }
      throw Error(ErrorKind::configuration,
                  fmt::format("{} of '{}': {}", what, definition_.key, error.what()));
    }
  }

  std::optional<Constraint> constraint_of(const Json& json) {
    const std::string kind = text_at(json, "kind");
    const std::string name = name_for(text_at(json, "name"));
    if (kind == "check") {
      return Check{name, required(json, "expression", "a check")};
    }
    if (kind == "foreign_key") {
      return foreign_key_of(json, name);
    }
    std::vector<std::string> columns = texts_of(json.at("columns"));
    if (kind == "unique") {
      return Unique{name, std::move(columns)};
    }
    if (is_within(columns, definition_.id_columns)) {
      notes_.push_back(fmt::format(
          "feature '{}': the primary key ({}) is left out: Metaxy appends a row for each version of an id",
          definition_.key, join(columns, ", ")));
      return std::nullopt;
    }
    return PrimaryKey{name, std::move(columns)};
  }

  ForeignKey foreign_key_of(const Json& json, const std::string& name) const {
    ForeignKey key;
    key.name = name;
    key.columns = texts_of(json.at("columns"));
    key.referenced_table = {.schema = text_at(json, "schema"), .name = text_at(json, "table")};
    key.referenced_columns = texts_of(json.at("referenced_columns"));
    key.on_update = upper(text_at(json, "on_update"));
    key.on_delete = upper(text_at(json, "on_delete"));
    if (flag_at(json, "deferrable")) {
      key.deferrable = "DEFERRABLE";
      if (const std::string initially = text_at(json, "initially"); !initially.empty()) {
        key.deferrable += fmt::format(" INITIALLY {}", upper(initially));
      }
    }
    return key;
  }

  /// The names that Metaxy injects are the same for every table, which no database allows (contract E1);
  /// those that SQLAlchemy makes hold the table's.
  std::string name_for(const std::string& name) const {
    if (name == "metaxy_pk" || name == "metaxy_idx") {
      return shortened_name(fmt::format("{}_{}", table_, name));
    }
    const std::string made = fmt::format("ix_{}_", plain_table_);
    return name.rfind(made, 0) == 0 ? index_name(table_, name.substr(made.size())) : name;
  }

  Index index_of(const Json& json) const {
    Index index;
    index.name = name_for(text_at(json, "name"));
    index.is_unique = flag_at(json, "unique");
    for (const Json& part : json.at("parts")) {
      IndexPart made;
      made.column = text_at(part, "column");
      if (made.column.empty()) {
        made.expression = required(part, "expression", fmt::format("index '{}'", index.name));
      }
      made.is_descending = flag_at(part, "is_descending");
      made.nulls = text_at(part, "nulls");
      index.parts.push_back(std::move(made));
    }
    index.where = here(json, "where").value_or("");
    index.method = here(json, "method").value_or("");
    if (const auto included = json.find("included_columns"); included != json.end()) {
      if (const auto names = included->find(std::string(dialect_.name())); names != included->end()) {
        index.included_columns = texts_of(*names);
      }
    }
    return index;
  }

  const FeatureDefinition& definition_;
  const Dialect& dialect_;
  const SqlTableOptions& options_;
  std::string table_;
  std::string plain_table_;
  std::vector<std::string>& notes_;
};

bool has_key_on(const DesiredTable& desired, const std::vector<std::string>& columns) {
  const std::vector<Constraint>& constraints = desired.table.constraints;
  return std::any_of(constraints.begin(), constraints.end(), [&](const Constraint& constraint) {
    const bool is_key =
        std::holds_alternative<PrimaryKey>(constraint) || std::holds_alternative<Unique>(constraint);
    return is_key && columns_of(constraint) == columns;
  });
}

void lead_to_feature(Constraint& constraint, const DesiredSchema& desired, std::string_view table_prefix) {
  auto* key = std::get_if<ForeignKey>(&constraint);
  if (key == nullptr || !key->referenced_table.schema.empty()) {
    return;
  }
  const TableName prefixed{.schema = "",
                           .name = fmt::format("{}{}", table_prefix, key->referenced_table.name)};
  if (desired.tables.count(prefixed) != 0) {
    key->referenced_table = prefixed;
  }
}

}  // namespace

SqlTable sql_table_of(const FeatureDefinition& definition, const Dialect& dialect,
                      const SqlTableOptions& options, std::vector<std::string>& notes) {
  try {
    return Reader(definition, dialect, options, notes).read();
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::configuration,
                fmt::format("the table of feature '{}' cannot be read: {}", definition.key, error.what()));
  }
}

void settle_foreign_keys(DesiredSchema& desired, std::string_view table_prefix) {
  for (auto& [name, table] : desired.tables) {
    for (Constraint& constraint : table.table.constraints) {
      lead_to_feature(constraint, desired, table_prefix);
    }
    std::erase_if(table.table.constraints, [&, &table = table](const Constraint& constraint) {
      const auto* key = std::get_if<ForeignKey>(&constraint);
      if (key == nullptr) {
        return false;
      }
      const auto referenced = desired.tables.find(key->referenced_table);
      const bool is_impossible =
          referenced != desired.tables.end() && !has_key_on(referenced->second, key->referenced_columns);
      if (is_impossible) {
        desired.notes.push_back(fmt::format(
            "feature '{}': the foreign key ({}) is left out: ({}) of '{}' are unique in no feature table",
            table.feature, join(key->columns, ", "), join(key->referenced_columns, ", "),
            referenced->second.feature));
      }
      return is_impossible;
    });
  }
}

}  // namespace metaxy::migrate
