#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "metaxy/json_members.hpp"
#include "metaxy/logical_types.hpp"
#include "metaxy/sources.hpp"
#include "metaxy/tables.hpp"
#include "schema/json.hpp"

namespace metaxy::migrate {

namespace {

/// Real models stay far below both; they stop a schema that refers to itself in ever new ways.
constexpr int kMaxSchemaDepth = 64;
constexpr int kMaxNodes = 10000;

constexpr std::string_view kOverrideKey = "x-metaxy-migrate";

/// What a schema says about values.
struct Shape {
  LogicalType type;
  bool is_nullable = false;
  /// Nothing but null is allowed.
  bool is_null = false;
};

Shape shape_of(LogicalType type) { return {std::move(type), false, false}; }
Shape shape_of(LogicalKind kind) { return shape_of(logical(kind)); }

const Json* find(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

/// The N of the first `\d{0,N}` that follows the point (`\.` or `\.?`), or of the first that does not.
std::optional<int> digits_in_pattern(std::string_view pattern, bool is_after_point) {
  constexpr std::string_view kDigits = "\\d{0,";
  for (std::size_t at = pattern.find(kDigits); at != std::string_view::npos;
       at = pattern.find(kDigits, at + 1)) {
    const std::string_view before = pattern.substr(0, at);
    const auto ends_with = [&](std::string_view end) {
      return before.size() >= end.size() && before.substr(before.size() - end.size()) == end;
    };
    if ((ends_with("\\.") || ends_with("\\.?")) != is_after_point) {
      continue;
    }
    int digits = 0;
    const char* first = pattern.data() + at + kDigits.size();
    const auto [end, error] = std::from_chars(first, pattern.data() + pattern.size(), digits);
    if (error == std::errc() && end != pattern.data() + pattern.size() && *end == '}') {
      return digits;
    }
  }
  return std::nullopt;
}

/// Pydantic writes the limits of a Decimal nowhere but into the pattern of its text form (contract F1).
LogicalType decimal_of(std::string_view pattern) {
  LogicalType type = logical(LogicalKind::decimal);
  const std::optional<int> whole = digits_in_pattern(pattern, false);
  const std::optional<int> places = digits_in_pattern(pattern, true);
  type.scale = places;
  if (whole && places && *whole + *places > 0) {
    type.precision = *whole + *places;
  }
  return type;
}

bool is_text_of_decimal(const Json& schema) {
  constexpr std::string_view kPatternStart = "^(?!^[-+.]*$)";
  for (const auto& [key, value] : schema.items()) {
    if (key != "type" && key != "pattern" && key != "title") {
      return false;
    }
  }
  const std::string pattern = text_at(schema, "pattern");
  return text_at(schema, "type") == "string" && (pattern.empty() || pattern.rfind(kPatternStart, 0) == 0);
}

class SchemaReader {
 public:
  SchemaReader(const Json& root, const std::string& origin, std::vector<std::string>& notes)
      : root_(root), origin_(origin), notes_(notes) {}

  std::vector<FeatureColumn> columns() {
    std::vector<FeatureColumn> result;
    const Json* properties = find(root_, "properties");
    if (properties == nullptr) {
      return result;
    }
    if (!properties->is_object()) {
      throw Error(ErrorKind::configuration,
                  fmt::format("the properties of the feature schema of {} are no JSON object", origin_));
    }
    for (const auto& [name, schema] : properties->items()) {
      property_ = name;
      if (name.empty()) {
        note("a property without a name is skipped");
      } else if (!is_metaxy_column(name)) {
        add_column(result, name, schema);
      }
    }
    return result;
  }

 private:
  void note(const std::string& text) {
    notes_.push_back(fmt::format("{}: column '{}': {}", origin_, property_, text));
  }

  Shape json_with_note(const std::string& reason) {
    note(reason + "; it becomes JSON");
    return shape_of(LogicalKind::json);
  }

  void add_column(std::vector<FeatureColumn>& columns, const std::string& name, const Json& schema) {
    FeatureColumn column;
    column.name = name;
    const Shape shape = shape_at(schema);
    column.type = shape.type;
    column.is_nullable = shape.is_nullable;
    if (schema.is_object()) {
      if (const Json* override_value = find(schema, kOverrideKey.data())) {
        apply_override(column, *override_value);
      }
    }
    if (shape.is_null && !column.sql_type) {
      note("it can only be null and is skipped");
      return;
    }
    columns.push_back(std::move(column));
  }

  void apply_override(FeatureColumn& column, const Json& values);
  Shape shape_at(const Json& schema);
  Shape shape_of_object(const Json& schema);
  Shape shape_by_keyword(const Json& schema);
  Shape shape_by_type(const Json& schema, const std::string& type);
  Shape reference(const std::string& target);
  Shape any_of(const Json& branches);
  Shape one_of_values(const Json& values, const Json& schema);
  Shape text(const Json& schema);
  Shape array(const Json& schema);
  Shape object(const Json& schema);
  Shape map(const Json& schema);
  /// The type of a nested value, where null needs no type of its own.
  LogicalType nested(const Json& schema) {
    const Shape shape = shape_at(schema);
    return shape.is_null ? logical(LogicalKind::json) : shape.type;
  }

  const Json& root_;
  const std::string& origin_;
  std::vector<std::string>& notes_;
  std::string property_;
  int depth_ = 0;
  int nodes_ = 0;
  /// References that are being followed, and those of them that led back to themselves.
  std::vector<std::string> open_references_;
  std::set<std::string> recursive_references_;
};

void SchemaReader::apply_override(FeatureColumn& column, const Json& values) {
  if (!values.is_object()) {
    note(fmt::format("'{}' is no object and is ignored", kOverrideKey));
    return;
  }
  for (const auto& [key, value] : values.items()) {
    if (key == "type" && value.is_string() && !trimmed(value.get<std::string>()).empty()) {
      column.sql_type = value.get<std::string>();
    } else if (key == "nullable" && value.is_boolean()) {
      column.is_nullable = value.get<bool>();
    } else if (key == "index" && value.is_boolean()) {
      column.has_index = value.get<bool>();
    } else if (key == "comment" && value.is_string()) {
      column.comment = value.get<std::string>();
    } else if (key == "renamed_from" && value.is_string()) {
      column.renamed_from = value.get<std::string>();
    } else {
      note(fmt::format(
          "'{}' in '{}' is not understood and is ignored; it takes type, nullable, comment, index and "
          "renamed_from",
          key, kOverrideKey));
    }
  }
}

Shape SchemaReader::shape_at(const Json& schema) {
  if (schema.is_boolean()) {  // JSON schema's `true`: anything.
    return {logical(LogicalKind::json), true, false};
  }
  if (!schema.is_object()) {
    return json_with_note("its schema is no JSON object");
  }
  if (depth_ >= kMaxSchemaDepth || ++nodes_ > kMaxNodes) {
    return json_with_note("its schema is too deep or too large");
  }
  ++depth_;
  Shape shape = shape_of_object(schema);
  --depth_;
  return shape;
}

Shape SchemaReader::shape_of_object(const Json& schema) {
  // Siblings of a $ref (description, default) say nothing about the type.
  if (const std::string target = text_at(schema, "$ref"); !target.empty()) {
    return reference(target);
  }
  for (const char* key : {"anyOf", "oneOf"}) {
    if (const Json* branches = find(schema, key); branches != nullptr && branches->is_array()) {
      return any_of(*branches);
    }
  }
  if (const Json* parts = find(schema, "allOf"); parts != nullptr && parts->is_array()) {
    return parts->size() == 1 ? shape_at(parts->front())
                              : json_with_note("it combines several schemas (allOf)");
  }
  return shape_by_keyword(schema);
}

Shape SchemaReader::shape_by_keyword(const Json& schema) {
  if (const Json* values = find(schema, "enum"); values != nullptr && values->is_array()) {
    return one_of_values(*values, schema);
  }
  if (const Json* value = find(schema, "const")) {
    return one_of_values(Json::array({*value}), schema);
  }
  const Json* type = find(schema, "type");
  if (type != nullptr && type->is_array()) {
    Json branches = Json::array();
    for (const Json& name : *type) {
      Json branch = schema;
      branch["type"] = name;
      branches.push_back(std::move(branch));
    }
    return any_of(branches);
  }
  if (type != nullptr && type->is_string()) {
    return shape_by_type(schema, type->get<std::string>());
  }
  if (type != nullptr) {
    return json_with_note("its 'type' is no text");
  }
  if (find(schema, "properties") != nullptr) {
    return object(schema);
  }
  // Any and object have no type key; null is among their values (contract F2).
  return {logical(LogicalKind::json), true, false};
}

Shape SchemaReader::shape_by_type(const Json& schema, const std::string& type) {
  if (type == "string") {
    return text(schema);
  }
  if (type == "integer") {
    return shape_of(LogicalKind::integer);
  }
  if (type == "number") {
    return shape_of(LogicalKind::real);
  }
  if (type == "boolean") {
    return shape_of(LogicalKind::boolean);
  }
  if (type == "array") {
    return array(schema);
  }
  if (type == "object") {
    return object(schema);
  }
  if (type == "null") {
    return {logical(LogicalKind::json), true, true};
  }
  return json_with_note(fmt::format("its type '{}' is not one of JSON schema", type));
}

Shape SchemaReader::reference(const std::string& target) {
  if (std::find(open_references_.begin(), open_references_.end(), target) != open_references_.end()) {
    recursive_references_.insert(target);
    return shape_of(LogicalKind::json);
  }
  const Json* definition = nullptr;
  try {
    const Json::json_pointer pointer(target.substr(target.front() == '#' ? 1 : 0));
    if (target.front() == '#' && root_.contains(pointer)) {
      definition = &root_.at(pointer);
    }
  } catch (const Json::exception&) {
    definition = nullptr;  // No JSON pointer: reported like one that leads nowhere.
  }
  if (definition == nullptr) {
    return json_with_note(fmt::format("its reference '{}' leads nowhere", target));
  }
  open_references_.push_back(target);
  Shape shape = shape_at(*definition);
  open_references_.pop_back();
  if (recursive_references_.erase(target) != 0) {
    shape = json_with_note(fmt::format("'{}' contains itself", target));
  }
  return shape;
}

Shape SchemaReader::any_of(const Json& branches) {
  std::vector<const Json*> typed;
  Shape result;
  std::vector<LogicalType> types;
  for (const Json& branch : branches) {
    const Shape shape = shape_at(branch);
    result.is_nullable = result.is_nullable || shape.is_nullable;
    if (!shape.is_null) {
      typed.push_back(&branch);
      types.push_back(shape.type);
    }
  }
  if (types.empty()) {
    return {logical(LogicalKind::json), true, true};
  }
  const bool is_decimal = typed.size() == 2 && typed[0]->is_object() &&
                          text_at(*typed[0], "type") == "number" && typed[1]->is_object() &&
                          is_text_of_decimal(*typed[1]);
  if (is_decimal) {
    const std::string pattern = text_at(*typed[1], "pattern");
    if (pattern.empty()) {
      note("it may be a Decimal or 'float | str', which look the same; it becomes a decimal");
    }
    result.type = decimal_of(pattern);
  } else if (const std::optional<LogicalType> type = logical_union(types)) {
    result.type = *type;
  } else {
    result.type = json_with_note("it is a union of different types").type;
  }
  return result;
}

Shape SchemaReader::one_of_values(const Json& values, const Json& schema) {
  Shape result;
  std::vector<LogicalType> types;
  const std::string type = text_at(schema, "type");
  for (const Json& value : values) {
    if (value.is_null()) {
      result.is_nullable = true;
    } else if (!type.empty()) {
      types.push_back(shape_by_type(schema, type).type);
    } else {
      types.push_back(logical(value.is_string()           ? LogicalKind::text
                              : value.is_boolean()        ? LogicalKind::boolean
                              : value.is_number_integer() ? LogicalKind::integer
                              : value.is_number()         ? LogicalKind::real
                                                          : LogicalKind::json));
    }
  }
  if (types.empty()) {
    return {logical(LogicalKind::json), true, true};
  }
  if (const std::optional<LogicalType> common = logical_union(types)) {
    result.type = *common;
  } else {
    note("its values are of different types; it becomes text");
    result.type = logical(LogicalKind::text);
  }
  return result;
}

Shape SchemaReader::text(const Json& schema) {
  using K = LogicalKind;
  const std::string format = text_at(schema, "format");
  constexpr std::pair<std::string_view, K> kFormats[] = {
      {"date-time", K::timestamp}, {"date", K::date},     {"time", K::time},        {"duration", K::interval},
      {"uuid", K::uuid},           {"uuid1", K::uuid},    {"uuid3", K::uuid},       {"uuid4", K::uuid},
      {"uuid5", K::uuid},          {"uuid6", K::uuid},    {"uuid7", K::uuid},       {"uuid8", K::uuid},
      {"binary", K::binary},       {"base64", K::binary}, {"base64url", K::binary},
  };
  for (const auto& [name, kind] : kFormats) {
    if (format == name) {
      return shape_of(kind);
    }
  }
  LogicalType type = logical(K::text);
  // The length of a URL is the format's own and no wish of the model.
  if (const Json* length = find(schema, "maxLength");
      length != nullptr && length->is_number_unsigned() && format.empty()) {
    const auto limit = length->get<std::uint64_t>();
    if (limit >= 1 && limit <= 1U << 30U) {
      type.length = static_cast<int>(limit);
    }
  }
  return shape_of(std::move(type));
}

Shape SchemaReader::array(const Json& schema) {
  const Json* items = find(schema, "items");
  if (find(schema, "prefixItems") != nullptr || (items != nullptr && items->is_array())) {
    return shape_of(LogicalKind::json);
  }
  return shape_of(logical_list(items == nullptr ? logical(LogicalKind::json) : nested(*items)));
}

Shape SchemaReader::object(const Json& schema) {
  const Json* properties = find(schema, "properties");
  if (properties == nullptr || !properties->is_object()) {
    return map(schema);
  }
  const Json* additional = find(schema, "additionalProperties");
  if (additional != nullptr && *additional != Json(false)) {
    return json_with_note("a nested model allows members that it does not declare");
  }
  if (properties->empty()) {
    return shape_of(LogicalKind::json);
  }
  LogicalType type = logical(LogicalKind::structure);
  for (const auto& [name, member] : properties->items()) {
    type.members.push_back({name, nested(member)});
  }
  return shape_of(std::move(type));
}

Shape SchemaReader::map(const Json& schema) {
  std::vector<LogicalType> values;
  if (const Json* additional = find(schema, "additionalProperties");
      additional != nullptr && additional->is_object()) {
    values.push_back(nested(*additional));
  }
  if (const Json* patterns = find(schema, "patternProperties");
      patterns != nullptr && patterns->is_object()) {
    for (const auto& [pattern, value] : patterns->items()) {
      values.push_back(nested(value));
    }
  }
  const std::optional<LogicalType> common = values.empty() ? std::nullopt : logical_union(values);
  return shape_of(logical_map(common.value_or(logical(LogicalKind::json))));
}

}  // namespace

std::vector<FeatureColumn> columns_from_json_schema(std::string_view json_text, const std::string& origin,
                                                    std::vector<std::string>& notes) {
  Json root;
  try {
    root = Json::parse(json_text);
  } catch (const Json::parse_error& error) {
    throw Error(ErrorKind::configuration,
                fmt::format("the feature schema of {} is no JSON (byte {})", origin, error.byte));
  } catch (const Json::out_of_range&) {
    throw Error(ErrorKind::configuration,
                fmt::format("the feature schema of {} holds a number that is too large", origin));
  }
  if (!root.is_object()) {
    throw Error(ErrorKind::configuration,
                fmt::format("the feature schema of {} is {}; expected an object", origin, root.type_name()));
  }
  return SchemaReader(root, origin, notes).columns();
}

}  // namespace metaxy::migrate
