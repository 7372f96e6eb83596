#include "schema/json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.hpp"
#include "schema/json_fields.hpp"

namespace metaxy::migrate {

namespace {

void put_text(Json& json, const char* field, const std::string& text) {
  if (!text.empty()) {
    json[field] = text;
  }
}

void put_texts(Json& json, const char* field, const std::vector<std::string>& texts) {
  if (!texts.empty()) {
    json[field] = texts;
  }
}

struct ConstraintToJson {
  Json operator()(const PrimaryKey& key) const {
    Json json = Json::object({{"primary_key", key.columns}});
    put_text(json, "name", key.name);
    return json;
  }
  Json operator()(const Unique& unique) const {
    Json json = Json::object({{"unique", unique.columns}});
    put_text(json, "name", unique.name);
    return json;
  }
  Json operator()(const Check& check) const {
    Json json = Json::object({{"check", check.expression}});
    put_text(json, "name", check.name);
    return json;
  }
  Json operator()(const ForeignKey& key) const {
    Json json = Json::object({{"foreign_key", key.columns}, {"references", to_json(key.referenced_table)}});
    put_texts(json, "referenced_columns", key.referenced_columns);
    put_text(json, "on_update", key.on_update);
    put_text(json, "on_delete", key.on_delete);
    put_text(json, "deferrable", key.deferrable);
    put_text(json, "name", key.name);
    return json;
  }
};

/// A plain column is its name alone, which is what nearly every part is.
Json to_json(const IndexPart& part) {
  Json json = Json::object();
  put_text(json, "column", part.column);
  put_text(json, "expression", part.expression);
  if (part.is_descending) {
    json["descending"] = true;
  }
  put_text(json, "nulls", part.nulls);
  put_text(json, "collation", part.collation);
  put_text(json, "operator_class", part.operator_class);
  const bool is_plain = json.size() == 1 && json.contains("column");
  return is_plain ? Json(part.column) : json;
}

Json to_json(const Trigger& trigger) { return Json::object({{"name", trigger.name}, {"sql", trigger.sql}}); }

template <class Value>
void put_values(Json& json, const char* field, const std::vector<Value>& values) {
  for (const Value& value : values) {
    json[field].push_back(to_json(value));
  }
}

IndexPart index_part_from(const ReadJson& json) {
  IndexPart part;
  if (json.is_string()) {
    part.column = json.get<std::string>();
    return part;
  }
  JsonFields fields(json, "index part");
  part.column = fields.text_or_empty("column");
  part.expression = fields.text_or_empty("expression");
  part.is_descending = fields.flag_or("descending", false);
  part.nulls = fields.text_or_empty("nulls");
  part.collation = fields.text_or_empty("collation");
  part.operator_class = fields.text_or_empty("operator_class");
  fields.finish();
  if (part.column.empty() == part.expression.empty()) {
    fields.fail("needs either a 'column' or an 'expression'");
  }
  return part;
}

ForeignKey foreign_key_from(JsonFields& fields) {
  ForeignKey key;
  key.columns = fields.texts("foreign_key");
  key.referenced_table = table_name_from(fields.required("references"));
  key.referenced_columns = fields.texts_or_none("referenced_columns");
  key.on_update = fields.text_or_empty("on_update");
  key.on_delete = fields.text_or_empty("on_delete");
  key.deferrable = fields.text_or_empty("deferrable");
  key.name = fields.text_or_empty("name");
  return key;
}

Constraint constraint_from(JsonFields& fields) {
  if (fields.find("primary_key") != nullptr) {
    return PrimaryKey{fields.text_or_empty("name"), fields.texts("primary_key")};
  }
  if (fields.find("unique") != nullptr) {
    return Unique{fields.text_or_empty("name"), fields.texts("unique")};
  }
  if (fields.find("check") != nullptr) {
    return Check{fields.text_or_empty("name"), fields.text("check")};
  }
  if (fields.find("foreign_key") != nullptr) {
    return foreign_key_from(fields);
  }
  fields.fail("needs one of 'primary_key', 'unique', 'check', 'foreign_key'");
}

Trigger trigger_from(const ReadJson& json) {
  JsonFields fields(json, "trigger");
  Trigger trigger{fields.text("name"), fields.text("sql")};
  fields.finish();
  return trigger;
}

}  // namespace

Json to_json(const TableName& name) {
  return name.schema.empty() ? Json(name.name) : Json::object({{"schema", name.schema}, {"name", name.name}});
}

Json to_json(const Generated& generated) {
  Json json = Json::object({{"expression", generated.expression}});
  if (generated.is_stored) {
    json["stored"] = true;
  }
  return json;
}

Json to_json(const Column& column) {
  Json json = Json::object({{"name", column.name}, {"type", to_text(column.type)}});
  if (!column.is_nullable) {
    json["nullable"] = false;
  }
  if (column.default_sql) {
    json["default"] = *column.default_sql;
  }
  if (column.generated) {
    json["generated"] = to_json(*column.generated);
  }
  put_text(json, "collation", column.collation);
  put_text(json, "comment", column.comment);
  return json;
}

Json to_json(const Constraint& constraint) { return std::visit(ConstraintToJson{}, constraint); }

Json to_json(const Index& index) {
  Json json = Json::object({{"name", index.name}, {"parts", Json::array()}});
  put_values(json, "parts", index.parts);
  if (index.is_unique) {
    json["unique"] = true;
  }
  put_text(json, "where", index.where);
  put_text(json, "method", index.method);
  put_texts(json, "include", index.included_columns);
  put_text(json, "comment", index.comment);
  return json;
}

Json to_json(const Table& table) {
  Json json = Json::object({{"name", to_json(table.name)}, {"columns", Json::array()}});
  put_values(json, "columns", table.columns);
  put_values(json, "constraints", table.constraints);
  put_values(json, "indexes", table.indexes);
  put_texts(json, "options", table.options);
  put_text(json, "comment", table.comment);
  put_values(json, "triggers", table.triggers);
  return json;
}

Json to_json(const Schema& schema) {
  Json json = Json::array();
  for (const auto& [name, table] : schema) {
    json.push_back(to_json(table));
  }
  return json;
}

TableName table_name_from(const ReadJson& json) {
  if (json.is_string()) {
    return {.schema = {}, .name = json.get<std::string>()};
  }
  JsonFields fields(json, "table name");
  TableName name{fields.text("schema"), fields.text("name")};
  fields.finish();
  return name;
}

Generated generated_from(const ReadJson& json) {
  JsonFields fields(json, "generated");
  Generated generated{fields.text("expression"), fields.flag_or("stored", false)};
  fields.finish();
  return generated;
}

Column column_from(const ReadJson& json) {
  JsonFields fields(json, "column");
  Column column;
  column.name = fields.text("name");
  column.type = parse_type(fields.text("type"));
  column.is_nullable = fields.flag_or("nullable", true);
  column.default_sql = fields.optional_text("default");
  if (const ReadJson* generated = fields.find("generated")) {
    column.generated = generated_from(*generated);
  }
  column.collation = fields.text_or_empty("collation");
  column.comment = fields.text_or_empty("comment");
  fields.finish();
  return column;
}

Constraint constraint_from(const ReadJson& json) {
  JsonFields fields(json, "constraint");
  Constraint constraint = constraint_from(fields);
  fields.finish();
  return constraint;
}

Index index_from(const ReadJson& json) {
  JsonFields fields(json, "index");
  Index index;
  index.name = fields.text("name");
  fields.required("parts");
  for (const ReadJson* part : fields.elements_or_none("parts")) {
    index.parts.push_back(index_part_from(*part));
  }
  index.is_unique = fields.flag_or("unique", false);
  index.where = fields.text_or_empty("where");
  index.method = fields.text_or_empty("method");
  index.included_columns = fields.texts_or_none("include");
  index.comment = fields.text_or_empty("comment");
  fields.finish();
  return index;
}

Table table_from(const ReadJson& json) {
  JsonFields fields(json, "table");
  Table table;
  table.name = table_name_from(fields.required("name"));
  fields.required("columns");
  const std::vector<const ReadJson*> columns = fields.elements_or_none("columns");
  table.columns.reserve(columns.size());
  for (const ReadJson* column : columns) {
    table.columns.push_back(column_from(*column));
  }
  for (const ReadJson* constraint : fields.elements_or_none("constraints")) {
    table.constraints.push_back(constraint_from(*constraint));
  }
  for (const ReadJson* index : fields.elements_or_none("indexes")) {
    table.indexes.push_back(index_from(*index));
  }
  table.options = fields.texts_or_none("options");
  table.comment = fields.text_or_empty("comment");
  for (const ReadJson* trigger : fields.elements_or_none("triggers")) {
    table.triggers.push_back(trigger_from(*trigger));
  }
  fields.finish();
  normalise(table);
  return table;
}

std::string one_line(const Json& json) {
  std::string compact;
  try {
    compact = json.dump();
  } catch (const Json::type_error&) {
    throw Error(ErrorKind::script,
                "a name or a text of the schema is not valid UTF-8, which a script cannot hold");
  }
  std::string line;
  line.reserve(compact.size() + compact.size() / 8);
  bool is_in_text = false;
  for (std::size_t i = 0; i < compact.size(); ++i) {
    line += compact[i];
    if (compact[i] == '\\') {
      line += compact[++i];
    } else if (compact[i] == '"') {
      is_in_text = !is_in_text;
    } else if (!is_in_text && (compact[i] == ':' || compact[i] == ',')) {
      line += ' ';
    }
  }
  return line;
}

}  // namespace metaxy::migrate
