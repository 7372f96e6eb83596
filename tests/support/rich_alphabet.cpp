#include <algorithm>

#include "base/text.hpp"
#include "support/random_schema.hpp"

namespace metaxy::migrate::test {

namespace {

/// As databases print a name in an expression: quoted only where it must be.
std::string printed(const std::string& name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9'); };
  if (std::all_of(name.begin(), name.end(), is_plain) && name != "order") {
    return name;
  }
  return '"' + replace_all(name, "\"", "\"\"") + '"';
}

std::vector<std::string> defaults_for(const Type& type) {
  if (type.name == "BIGINT") {
    return {"0", "-1", "nextval('ids')"};
  }
  if (type.name == "VARCHAR") {
    return {"''", "'it''s'", "'id'", "'line\nbreak'", "'日本語'"};
  }
  return {};
}

std::vector<std::string> checks_for(const Column& column) {
  const std::string name = printed(column.name);
  return {name + " > 0", "lower(" + name + ") <> 'id' AND " + name + " IS NOT NULL",
          "('path' || " + name + ") <> ''"};
}

std::vector<std::string> predicates_for(const Column& column) {
  return {printed(column.name) + " IS NOT NULL"};
}

std::vector<std::string> index_expressions_for(const Column& column) {
  return {"lower(" + printed(column.name) + ")"};
}

std::optional<Column> generated_from(const Column& column) {
  Column result;
  result.type = plain_type("BIGINT");
  result.generated = Generated{"length(" + printed(column.name) + ")", column.is_nullable};
  return result;
}

std::vector<std::string> collations_for(const Type& type) {
  return type.name == "VARCHAR" ? std::vector<std::string>{"C", "de_DE.utf8"} : std::vector<std::string>();
}

std::vector<Type> types() {
  std::vector<Type> result;
  for (const char* text :
       {"BIGINT", "VARCHAR", "DOUBLE", "DECIMAL(18,3)", "timestamp(6) with time zone", "VARCHAR[]",
        "INTEGER[3]", "MAP(VARCHAR, BIGINT)", "STRUCT(frames VARCHAR, \"au dio\" VARCHAR)",
        "STRUCT(x DOUBLE, y STRUCT(z BIGINT))[]", "MAP(VARCHAR, STRUCT(a BIGINT, b VARCHAR[]))",
        "ENUM('a', 'it''s')", "UNION(num INTEGER, str VARCHAR)", ""}) {
    result.push_back(parse_type(text));
  }
  return result;
}

}  // namespace

SchemaAlphabet rich_alphabet() {
  SchemaAlphabet alphabet;
  alphabet.types = types();
  alphabet.key_types = {plain_type("BIGINT"), plain_type("VARCHAR")};
  alphabet.member_types = {plain_type("VARCHAR"), parse_type("STRUCT(deep BIGINT)")};
  alphabet.table_names = {"video__clip", "video",  "order",       "Mixed Case",
                          "a\"b",        "日本語", "dotted.name", "line\nbreak"};
  alphabet.column_names = {"id",   "path",   "fps",         "order",       "Mixed Case",
                           "a\"b", "日本語", "dotted.name", "line\nbreak", "it's"};
  alphabet.comments = {"UTC", "it's \"quoted\"", "two\nlines", "日本語", "-- migrate: upgrade"};
  alphabet.defaults_for = defaults_for;
  alphabet.checks_for = checks_for;
  alphabet.predicates_for = predicates_for;
  alphabet.index_expressions_for = index_expressions_for;
  alphabet.generated_from = generated_from;
  alphabet.collations_for = collations_for;
  alphabet.options = {"STRICT", "WITHOUT ROWID"};
  alphabet.has_primary_keys = true;
  alphabet.has_unique_constraints = true;
  alphabet.has_constraint_names = true;
  alphabet.has_indexes = true;
  alphabet.has_unique_indexes = true;
  alphabet.has_descending_indexes = true;
  alphabet.has_foreign_keys = true;
  alphabet.has_foreign_key_circles = true;
  alphabet.foreign_key_actions = {"CASCADE", "SET NULL"};
  return alphabet;
}

}  // namespace metaxy::migrate::test
