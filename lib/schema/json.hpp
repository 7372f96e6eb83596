#pragma once
// JSON of tables and their parts: the form that scripts carry in their changes section and that `--format
// json` prints. Fields at their default are left out, so the text stays short; unknown fields are errors.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "schema/schema.hpp"

namespace metaxy::migrate {

/// Keys keep the order in which they were put, so that output reads as the values are declared.
using Json = nlohmann::ordered_json;
/// What is read: its order means nothing, and one that keeps it copies every key several times.
using ReadJson = nlohmann::json;

Json to_json(const Column& column);
Json to_json(const Constraint& constraint);
Json to_json(const Index& index);
Json to_json(const Table& table);
Json to_json(const Schema& schema);
/// `"t"`, or an object of schema and name where there is a schema: a name may hold a dot itself.
Json to_json(const TableName& name);
Json to_json(const Generated& generated);

/// Each throws Error(script) naming the field that is missing, unknown or of a wrong type.
Column column_from(const ReadJson& json);
Constraint constraint_from(const ReadJson& json);
Index index_from(const ReadJson& json);
Table table_from(const ReadJson& json);
TableName table_name_from(const ReadJson& json);
Generated generated_from(const ReadJson& json);

/// The value in one line, with a blank behind each ':' and ','. Throws Error(script) when a text is not
/// UTF-8, which JSON cannot hold.
std::string one_line(const Json& json);

}  // namespace metaxy::migrate
