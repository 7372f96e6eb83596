#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "metaxy/annotation.hpp"
#include "metaxy/definition.hpp"
#include "metaxy/logical_types.hpp"
#include "metaxy/sources.hpp"
#include "metaxy/tables.hpp"
#include "metaxy/toml_tree.hpp"

namespace metaxy::migrate {

namespace {

class DefinitionReader {
 public:
  DefinitionReader(const TomlDocument& document, const std::string& project)
      : document_(document), project_(project) {}

  std::vector<FeatureDefinition> whole() const {
    check_keys(document_.root(), {"features"}, "a definition file");
    const TomlValue* features = document_.root().find("features");
    std::vector<FeatureDefinition> definitions;
    if (features == nullptr) {
      return definitions;
    }
    expect(*features, TomlValue::Kind::table, "features", "[features.\"video/clip\"]");
    for (const TomlEntry& entry : features->entries) {
      definitions.push_back(feature(entry));
    }
    return definitions;
  }

 private:
  [[noreturn]] void fail(const SourcePosition& where, const std::string& message,
                         std::string hint = {}) const {
    throw Error(ErrorKind::configuration, message, {.where = where, .hint = std::move(hint), .notes = {}});
  }

  /// `what` of name, for example `column 'path'`.
  void check_keys(const TomlValue& table, std::initializer_list<std::string_view> known,
                  std::string_view what, std::string_view name = {}) const {
    for (const TomlEntry& entry : table.entries) {
      if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
        refuse_key(entry, {known.begin(), known.end()},
                   name.empty() ? std::string(what) : fmt::format("{} '{}'", what, name));
      }
    }
  }

  [[noreturn]] void refuse_key(const TomlEntry& entry, const std::vector<std::string>& known,
                               const std::string& what) const {
    std::string hint = did_you_mean(entry.key, known);
    if (entry.key == "data" || entry.key == "info") {
      hint = "this looks like Metaxy's lock format, which is read as metaxy.lock or as the export file";
    }
    fail(document_.at(entry), fmt::format("unknown key '{}' in {}", entry.key, what),
         hint.empty() ? fmt::format("known keys: {}", join(known, ", ")) : hint);
  }

  /// In the example `{}` stands for what is expected.
  void expect(const TomlValue& value, TomlValue::Kind kind, std::string_view what,
              std::string_view example) const {
    if (value.kind != kind) {
      fail(document_.at(value),
           fmt::format("'{}' is {}; expected {}", what, name_of(value.kind), name_of(kind)),
           fmt::format("for example {}", replace_all(std::string(example), "{}", what)));
    }
  }

  std::string text(const TomlValue& table, std::string_view key) const {
    const TomlValue* value = table.find(key);
    if (value == nullptr) {
      return {};
    }
    expect(*value, TomlValue::Kind::string, key, "{} = \"...\"");
    return value->text;
  }

  bool flag(const TomlValue& table, std::string_view key, bool otherwise) const {
    const TomlValue* value = table.find(key);
    if (value == nullptr) {
      return otherwise;
    }
    expect(*value, TomlValue::Kind::boolean, key, "{} = true");
    return value->boolean;
  }

  /// What a key function throws, with the place in this file.
  template <class F>
  void at_place(const SourcePosition& where, F&& act) const {
    try {
      act();
    } catch (const Error& error) {
      fail(where, error.what(), error.hint());
    }
  }

  FeatureDefinition feature(const TomlEntry& entry) const;
  void read_id_columns(const TomlEntry& entry, FeatureDefinition& definition) const;
  std::vector<std::string> fields(const TomlEntry& entry) const;
  FeatureColumn column(const TomlEntry& entry) const;
  void read_column_table(const TomlEntry& entry, FeatureColumn& column) const;
  Annotation type_of(const TomlValue& value, const TomlValue* members, const std::string& what) const;
  LogicalType structure(const TomlValue& members, const std::string& what) const;

  const TomlDocument& document_;
  const std::string& project_;
  mutable std::map<std::string, Annotation> annotations_;
};

FeatureDefinition DefinitionReader::feature(const TomlEntry& entry) const {
  expect(entry.value, TomlValue::Kind::table, entry.key, "[features.\"{}\"]");
  check_keys(entry.value, {"id_columns", "fields", "columns", "description", "renamed_from", "project"},
             "feature", entry.key);
  FeatureDefinition definition;
  definition.key = entry.key;
  definition.origin = fmt::format("{}:{}", document_.file(), entry.line);
  at_place(document_.at(entry), [&] { feature_key_parts(entry.key); });
  definition.project = text(entry.value, "project");
  if (const TomlValue* project = entry.value.find("project");
      project != nullptr && !is_project_name(project->text)) {
    fail(document_.at(*project), fmt::format("'{}' is no project name", project->text),
         "letters, digits, '_' and '-', without '__'");
  }
  if (definition.project.empty()) {
    definition.project = project_;
  }
  definition.description = text(entry.value, "description");
  definition.renamed_from = text(entry.value, "renamed_from");
  if (const TomlValue* renamed = entry.value.find("renamed_from")) {
    at_place(document_.at(*renamed), [&] { feature_key_parts(definition.renamed_from); });
  }
  definition.fields = fields(entry);
  if (const TomlValue* columns = entry.value.find("columns")) {
    expect(*columns, TomlValue::Kind::table, "columns", fmt::format("[features.\"{}\".columns]", entry.key));
    for (const TomlEntry& column_entry : columns->entries) {
      definition.columns.push_back(column(column_entry));
    }
  }
  read_id_columns(entry, definition);
  return definition;
}

void DefinitionReader::read_id_columns(const TomlEntry& entry, FeatureDefinition& definition) const {
  const TomlValue* ids = entry.value.find("id_columns");
  if (ids == nullptr) {
    fail(document_.at(entry), fmt::format("feature '{}' has no id_columns", entry.key),
         "name the columns that identify a sample: id_columns = [\"clip_id\"]");
  }
  expect(*ids, TomlValue::Kind::array, "id_columns", "id_columns = [\"clip_id\"]");
  if (ids->items.empty()) {
    fail(document_.at(*ids), fmt::format("id_columns of feature '{}' is empty", entry.key),
         "name the columns that identify a sample");
  }
  std::vector<std::string> names;
  for (const FeatureColumn& column : definition.columns) {
    names.push_back(column.name);
  }
  for (const TomlValue& item : ids->items) {
    expect(item, TomlValue::Kind::string, "id_columns", "id_columns = [\"clip_id\"]");
    if (std::find(names.begin(), names.end(), item.text) == names.end()) {
      const std::string suggestion = did_you_mean(item.text, names);
      fail(
          document_.at(item),
          fmt::format("id column '{}' of feature '{}' is not among its columns", item.text, entry.key),
          suggestion.empty() ? fmt::format("add it below [features.\"{}\".columns]", entry.key) : suggestion);
    }
    if (std::find(definition.id_columns.begin(), definition.id_columns.end(), item.text) !=
        definition.id_columns.end()) {
      fail(document_.at(item), fmt::format("id column '{}' is named twice", item.text));
    }
    definition.id_columns.push_back(item.text);
  }
}

std::vector<std::string> DefinitionReader::fields(const TomlEntry& entry) const {
  const TomlValue* fields = entry.value.find("fields");
  if (fields == nullptr) {
    return {"default"};
  }
  expect(*fields, TomlValue::Kind::array, "fields", "fields = [\"frames\", \"audio\"]");
  if (fields->items.empty()) {
    fail(document_.at(*fields), fmt::format("fields of feature '{}' is empty", entry.key),
         "leave it out for Metaxy's one field 'default'");
  }
  std::vector<std::string> keys;
  for (const TomlValue& item : fields->items) {
    const TomlValue* key = &item;
    if (item.kind == TomlValue::Kind::table) {
      check_keys(item, {"key", "code_version"}, "a field");
      text(item, "code_version");
      key = item.find("key");
      if (key == nullptr) {
        fail(document_.at(item), "a field has no key",
             "for example { key = \"frames\", code_version = \"2\" }");
      }
    }
    expect(*key, TomlValue::Kind::string, "fields", "fields = [\"frames\", \"audio\"]");
    at_place(document_.at(*key), [&] { by_field_member(key->text); });
    if (std::find(keys.begin(), keys.end(), key->text) != keys.end()) {
      fail(document_.at(*key), fmt::format("field '{}' is named twice", key->text));
    }
    keys.push_back(key->text);
  }
  return keys;
}

FeatureColumn DefinitionReader::column(const TomlEntry& entry) const {
  if (entry.key.empty()) {
    fail(document_.at(entry), "a column has no name");
  }
  if (is_metaxy_column(entry.key)) {
    fail(document_.at(entry),
         fmt::format("column '{}' is one of Metaxy's own, which every feature has", entry.key),
         "leave it out, or give your column another name");
  }
  FeatureColumn column;
  column.name = entry.key;
  if (entry.value.kind == TomlValue::Kind::table) {
    read_column_table(entry, column);
    return column;
  }
  const Annotation annotation = type_of(entry.value, nullptr, entry.key);
  column.type = annotation.type;
  column.is_nullable = annotation.is_nullable;
  return column;
}

void DefinitionReader::read_column_table(const TomlEntry& entry, FeatureColumn& column) const {
  const TomlValue& table = entry.value;
  check_keys(table, {"type", "members", "sql_type", "nullable", "comment", "index", "renamed_from"}, "column",
             entry.key);
  const TomlValue* type = table.find("type");
  const TomlValue* sql_type = table.find("sql_type");
  if (type == nullptr && sql_type == nullptr) {
    fail(document_.at(entry), fmt::format("column '{}' has no type", entry.key),
         "for example { type = \"datetime\", comment = \"UTC\" }");
  }
  if (type != nullptr) {
    const Annotation annotation = type_of(*type, table.find("members"), entry.key);
    column.type = annotation.type;
    column.is_nullable = annotation.is_nullable;
  } else {
    column.is_nullable = false;
  }
  if (sql_type != nullptr) {
    column.sql_type = text(table, "sql_type");
    if (trimmed(*column.sql_type).empty()) {
      fail(document_.at(*sql_type), fmt::format("sql_type of column '{}' is empty", entry.key));
    }
  }
  column.is_nullable = flag(table, "nullable", column.is_nullable);
  column.comment = text(table, "comment");
  column.renamed_from = text(table, "renamed_from");
  if (column.renamed_from == column.name) {
    fail(document_.at(*table.find("renamed_from")),
         fmt::format("column '{}' is renamed from itself", column.name));
  }
  column.has_index = flag(table, "index", false);
  const bool is_nested = column.type.kind == LogicalKind::list || column.type.kind == LogicalKind::map ||
                         column.type.kind == LogicalKind::structure || column.type.kind == LogicalKind::json;
  if (column.has_index && is_nested && !column.sql_type) {
    fail(document_.at(*table.find("index")),
         fmt::format("column '{}' holds nested values, which an index cannot order", column.name),
         "leave index out");
  }
}

Annotation DefinitionReader::type_of(const TomlValue& value, const TomlValue* members,
                                     const std::string& what) const {
  expect(value, TomlValue::Kind::string, what, "{} = \"float | None\"");
  std::optional<LogicalType> inner;
  if (members != nullptr) {
    if (value.text.find("struct") == std::string::npos) {
      fail(document_.at(*members),
           fmt::format("'{}' has members but its type '{}' names no struct", what, value.text),
           "write type = \"struct\", \"list[struct]\" or \"struct | None\"");
    }
    inner = structure(*members, what);
  }
  // Many columns have few types, and none of their faults: those are thrown.
  const auto known = inner ? annotations_.end() : annotations_.find(value.text);
  if (known != annotations_.end()) {
    return known->second;
  }
  SourcePosition where = document_.at(value);
  ++where.column;  // Behind the opening quote.
  Annotation annotation = parse_annotation(value.text, where, inner);
  if (!inner) {
    annotations_.emplace(value.text, annotation);
  }
  return annotation;
}

LogicalType DefinitionReader::structure(const TomlValue& members, const std::string& what) const {
  const std::string path = what + ".members";
  expect(members, TomlValue::Kind::table, path, "members = { width = \"int\", height = \"int\" }");
  if (members.entries.empty()) {
    fail(document_.at(members), fmt::format("'{}' is empty", path), "name at least one member");
  }
  LogicalType type = logical(LogicalKind::structure);
  for (const TomlEntry& entry : members.entries) {
    const std::string member = what + "." + entry.key;
    if (entry.value.kind != TomlValue::Kind::table) {
      type.members.push_back({entry.key, type_of(entry.value, nullptr, member).type});
      continue;
    }
    check_keys(entry.value, {"type", "members"}, "member", member);
    const TomlValue* member_type = entry.value.find("type");
    if (member_type == nullptr) {
      fail(document_.at(entry), fmt::format("member '{}' has no type", member));
    }
    type.members.push_back({entry.key, type_of(*member_type, entry.value.find("members"), member).type});
  }
  return type;
}

}  // namespace

std::vector<FeatureDefinition> definitions_from_toml(std::string_view text, const std::string& file,
                                                     const std::string& project) {
  const TomlDocument document(text, file);
  return DefinitionReader(document, project).whole();
}

}  // namespace metaxy::migrate
