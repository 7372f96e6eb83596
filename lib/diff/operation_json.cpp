// The one-line JSON of operations: `{"add_column": {...}}`. The operation's name is the only key.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "diff/operation.hpp"
#include "schema/json.hpp"
#include "schema/json_fields.hpp"

namespace metaxy::migrate {

namespace {

Json on_table(const TableName& table) { return Json::object({{"table", to_json(table)}}); }

Json on_column(const TableName& table, const std::string& column) {
  return Json::object({{"table", to_json(table)}, {"column", column}});
}

void put_text(Json& json, const char* field, const std::string& text) {
  if (!text.empty()) {
    json[field] = text;
  }
}

Json from_to(Json json, const std::string& from, const std::string& to) {
  put_text(json, "from", from);
  put_text(json, "to", to);
  return json;
}

struct ToJson {
  Json operator()(const CreateTable& o) const { return to_json(o.table); }
  Json operator()(const DropTable& o) const { return to_json(o.table); }
  Json operator()(const RenameTable& o) const {
    return Json::object({{"from", to_json(o.from)}, {"to", to_json(o.to)}});
  }
  Json operator()(const AddColumn& o) const { return with_column(o.table, o.column); }
  Json operator()(const DropColumn& o) const { return with_column(o.table, o.column); }
  Json operator()(const RenameColumn& o) const {
    return Json::object({{"table", to_json(o.table)}, {"from", o.from}, {"to", o.to}});
  }
  Json operator()(const AlterType& o) const {
    Json json = on_column(o.table, o.column);
    json["from"] = to_text(o.from);
    json["to"] = to_text(o.to);
    return json;
  }
  Json operator()(const AlterNullable& o) const {
    Json json = on_column(o.table, o.column);
    json["nullable"] = o.is_nullable;
    return json;
  }
  Json operator()(const AlterDefault& o) const {
    Json json = on_column(o.table, o.column);
    if (o.from) {
      json["from"] = *o.from;
    }
    if (o.to) {
      json["to"] = *o.to;
    }
    return json;
  }
  Json operator()(const AlterGenerated& o) const {
    Json json = on_column(o.table, o.column);
    if (o.from) {
      json["from"] = to_json(*o.from);
    }
    if (o.to) {
      json["to"] = to_json(*o.to);
    }
    return json;
  }
  Json operator()(const AlterCollation& o) const {
    return from_to(on_column(o.table, o.column), o.from, o.to);
  }
  Json operator()(const AlterColumnComment& o) const {
    return from_to(on_column(o.table, o.column), o.from, o.to);
  }
  Json operator()(const AlterTableComment& o) const { return from_to(on_table(o.table), o.from, o.to); }
  Json operator()(const AlterTableOptions& o) const {
    Json json = on_table(o.table);
    json["from"] = o.from;
    json["to"] = o.to;
    return json;
  }
  Json operator()(const AddMember& o) const {
    return with_member(on_column(o.table, o.column), o.path, o.type);
  }
  Json operator()(const DropMember& o) const {
    return with_member(on_column(o.table, o.column), o.path, o.type);
  }
  Json operator()(const CreateIndex& o) const { return with_index(o.table, o.index); }
  Json operator()(const DropIndex& o) const { return with_index(o.table, o.index); }
  Json operator()(const AddConstraint& o) const { return with_constraint(o.table, o.constraint); }
  Json operator()(const DropConstraint& o) const { return with_constraint(o.table, o.constraint); }

 private:
  static Json with_column(const TableName& table, const Column& column) {
    return Json::object({{"table", to_json(table)}, {"column", to_json(column)}});
  }
  static Json with_member(Json json, const std::vector<std::string>& path, const Type& type) {
    json["path"] = path;
    json["type"] = to_text(type);
    return json;
  }
  static Json with_index(const TableName& table, const Index& index) {
    return Json::object({{"table", to_json(table)}, {"index", to_json(index)}});
  }
  static Json with_constraint(const TableName& table, const Constraint& constraint) {
    return Json::object({{"table", to_json(table)}, {"constraint", to_json(constraint)}});
  }
};

TableName table_name(JsonFields& fields) { return table_name_from(fields.required("table")); }

std::optional<Generated> optional_generated(JsonFields& fields, std::string_view name) {
  const ReadJson* json = fields.find(name);
  return json == nullptr ? std::nullopt : std::optional<Generated>(generated_from(*json));
}

template <class Op>
Operation column_operation(JsonFields& fields) {
  return Op{table_name(fields), column_from(fields.required("column"))};
}

template <class Op>
Operation member_operation(JsonFields& fields) {
  Op op{table_name(fields), fields.text("column"), fields.texts("path"), parse_type(fields.text("type"))};
  if (op.path.empty()) {
    fields.fail("field 'path' must hold at least the member's name");
  }
  return op;
}

template <class Op>
Operation index_operation(JsonFields& fields) {
  return Op{table_name(fields), index_from(fields.required("index"))};
}

template <class Op>
Operation constraint_operation(JsonFields& fields) {
  return Op{table_name(fields), constraint_from(fields.required("constraint"))};
}

Operation rename_table(JsonFields& fields) {
  return RenameTable{table_name_from(fields.required("from")), table_name_from(fields.required("to"))};
}

Operation rename_column(JsonFields& fields) {
  return RenameColumn{table_name(fields), fields.text("from"), fields.text("to")};
}

Operation alter_type(JsonFields& fields) {
  return AlterType{table_name(fields), fields.text("column"), parse_type(fields.text("from")),
                   parse_type(fields.text("to"))};
}

Operation alter_nullable(JsonFields& fields) {
  fields.required("nullable");
  return AlterNullable{table_name(fields), fields.text("column"), fields.flag_or("nullable", true)};
}

Operation alter_default(JsonFields& fields) {
  return AlterDefault{table_name(fields), fields.text("column"), fields.optional_text("from"),
                      fields.optional_text("to")};
}

Operation alter_generated(JsonFields& fields) {
  return AlterGenerated{table_name(fields), fields.text("column"), optional_generated(fields, "from"),
                        optional_generated(fields, "to")};
}

template <class Op>
Operation column_text_operation(JsonFields& fields) {
  return Op{table_name(fields), fields.text("column"), fields.text_or_empty("from"),
            fields.text_or_empty("to")};
}

Operation alter_table_comment(JsonFields& fields) {
  return AlterTableComment{table_name(fields), fields.text_or_empty("from"), fields.text_or_empty("to")};
}

Operation alter_table_options(JsonFields& fields) {
  return AlterTableOptions{table_name(fields), fields.texts("from"), fields.texts("to")};
}

/// How one operation is read; nullptr where its value is a whole table instead of fields.
struct Entry {
  std::string_view name;
  Operation (*read)(JsonFields& fields);
};

/// In the order of the variant: the index of an operation is the index of its entry.
constexpr std::array<Entry, std::variant_size_v<Operation>> kEntries = {{
    {"create_table", nullptr},
    {"drop_table", nullptr},
    {"rename_table", rename_table},
    {"add_column", column_operation<AddColumn>},
    {"drop_column", column_operation<DropColumn>},
    {"rename_column", rename_column},
    {"alter_type", alter_type},
    {"alter_nullable", alter_nullable},
    {"alter_default", alter_default},
    {"alter_generated", alter_generated},
    {"alter_collation", column_text_operation<AlterCollation>},
    {"alter_column_comment", column_text_operation<AlterColumnComment>},
    {"alter_table_comment", alter_table_comment},
    {"alter_table_options", alter_table_options},
    {"add_member", member_operation<AddMember>},
    {"drop_member", member_operation<DropMember>},
    {"create_index", index_operation<CreateIndex>},
    {"drop_index", index_operation<DropIndex>},
    {"add_constraint", constraint_operation<AddConstraint>},
    {"drop_constraint", constraint_operation<DropConstraint>},
}};

const Entry& entry_of(const std::string& name) {
  const auto found =
      std::find_if(kEntries.begin(), kEntries.end(), [&](const Entry& entry) { return entry.name == name; });
  if (found != kEntries.end()) {
    return *found;
  }
  std::vector<std::string> names;
  for (const Entry& entry : kEntries) {
    names.emplace_back(entry.name);
  }
  throw Error(ErrorKind::script, fmt::format("operation '{}' is unknown", name),
              {.where = {}, .hint = did_you_mean(name, names), .notes = {}});
}

ReadJson parsed(std::string_view line) {
  try {
    return ReadJson::parse(line);
  } catch (const ReadJson::parse_error& failure) {
    throw Error(ErrorKind::script, fmt::format("the change is not valid JSON at character {}", failure.byte),
                {.where = SourcePosition{{}, 0, failure.byte, std::string(line)},
                 .hint = "write one operation a line, such as {\"add_column\": {...}}",
                 .notes = {}});
  } catch (const ReadJson::out_of_range&) {
    throw Error(ErrorKind::script, "the change holds a number that is too large",
                {.where = SourcePosition{{}, 0, 0, std::string(line)}, .hint = {}, .notes = {}});
  }
}

}  // namespace

std::string to_json_line(const Operation& operation) {
  Json json = Json::object();
  json[std::string(kEntries[operation.index()].name)] = std::visit(ToJson{}, operation);
  return one_line(json);
}

Operation operation_from_json_line(std::string_view line) {
  const ReadJson json = parsed(line);
  if (!json.is_object() || json.size() != 1) {
    throw Error(ErrorKind::script, "a change is an object with one key, the name of the operation");
  }
  const std::string& name = json.begin().key();
  const ReadJson& body = json.begin().value();
  const Entry& entry = entry_of(name);
  if (entry.read == nullptr) {
    Table table = table_from(body);
    return name == "create_table" ? Operation(CreateTable{std::move(table)})
                                  : Operation(DropTable{std::move(table)});
  }
  JsonFields fields(body, "operation", name);
  Operation operation = entry.read(fields);
  fields.finish();
  return operation;
}

}  // namespace metaxy::migrate
