#include "schema/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace metaxy::migrate {
namespace {

Column column(const char* name, const char* type) {
  Column result;
  result.name = name;
  result.type = parse_type(type);
  return result;
}

TEST(Json, APlainColumnIsItsNameAndType) {
  EXPECT_EQ(one_line(to_json(column("duration", "DOUBLE"))), R"({"name": "duration", "type": "DOUBLE"})");
}

TEST(Json, AColumnSaysWhatIsSpecial) {
  Column special = column("n", "STRUCT(a VARCHAR)");
  special.is_nullable = false;
  special.default_sql = "'x'";
  special.generated = Generated{"a + 1", true};
  special.collation = "C";
  special.comment = "UTC";
  EXPECT_EQ(one_line(to_json(special)),
            R"json({"name": "n", "type": "STRUCT(\"a\" VARCHAR)", "nullable": false, "default": "'x'", )json"
            R"("generated": {"expression": "a + 1", "stored": true}, "collation": "C", "comment": "UTC"})");
}

TEST(Json, AnEmptyDefaultIsNotNoDefault) {
  Column special = column("n", "X");
  special.default_sql = "";
  EXPECT_EQ(column_from(to_json(special)), special);
}

TEST(Json, ATableNameWithADotIsNotASchema) {
  const TableName dotted{"", "a.b"};
  const TableName in_schema{"a", "b"};
  EXPECT_EQ(one_line(to_json(dotted)), R"("a.b")");
  EXPECT_EQ(one_line(to_json(in_schema)), R"({"schema": "a", "name": "b"})");
  EXPECT_EQ(table_name_from(to_json(dotted)), dotted);
  EXPECT_EQ(table_name_from(to_json(in_schema)), in_schema);
}

TEST(Json, ConstraintsBeginWithTheirKind) {
  EXPECT_EQ(one_line(to_json(Constraint(PrimaryKey{"", {"a", "b"}}))), R"({"primary_key": ["a", "b"]})");
  EXPECT_EQ(one_line(to_json(Constraint(Unique{"u", {"a"}}))), R"({"unique": ["a"], "name": "u"})");
  EXPECT_EQ(one_line(to_json(Constraint(Check{"", "a > 0"}))), R"({"check": "a > 0"})");
  EXPECT_EQ(
      one_line(to_json(Constraint(ForeignKey{"", {"a"}, {"", "t"}, {"id"}, "", "CASCADE", ""}))),
      R"({"foreign_key": ["a"], "references": "t", "referenced_columns": ["id"], "on_delete": "CASCADE"})");
}

TEST(Json, AnIndexListsItsPartsByNameWhereItCan) {
  Index index;
  index.name = "ix";
  index.parts = {IndexPart{.column = "a"},
                 IndexPart{.column = "b", .is_descending = true, .nulls = "NULLS LAST"},
                 IndexPart{.expression = "lower(c)"}};
  index.is_unique = true;
  index.where = "a > 0";
  index.included_columns = {"d"};
  EXPECT_EQ(one_line(to_json(index)),
            R"({"name": "ix", "parts": ["a", {"column": "b", "descending": true, "nulls": "NULLS LAST"}, )"
            R"json({"expression": "lower(c)"}], "unique": true, "where": "a > 0", "include": ["d"]})json");
  EXPECT_EQ(index_from(to_json(index)), index);
}

TEST(Json, ATableLeavesOutWhatItHasNot) {
  Table table;
  table.name = {"", "t"};
  table.columns = {column("a", "X")};
  EXPECT_EQ(one_line(to_json(table)), R"({"name": "t", "columns": [{"name": "a", "type": "X"}]})");
}

TEST(Json, AWrittenTableIsBroughtIntoOrder) {
  const Table table = table_from(Json::parse(
      R"({"name": "t", "columns": [], "constraints": [{"check": "b"}, {"check": "a"}], "options": ["Z", "A"]})"));
  EXPECT_EQ(std::get<Check>(table.constraints.front()).expression, "a");
  EXPECT_EQ(table.options.front(), "A");
}

TEST(OneLine, KeepsPunctuationInsideTextsAlone) {
  EXPECT_EQ(one_line(Json::parse(R"({"a:b,c":"\":,\\","d":["e,f",1]})")),
            R"({"a:b,c": "\":,\\", "d": ["e,f", 1]})");
}

TEST(OneLine, ALineBreakIsEscaped) { EXPECT_EQ(one_line(Json("a\nb\r\x01")), R"("a\nb\r\u0001")"); }

TEST(OneLine, RefusesWhatIsNotUtf8) {
  try {
    one_line(Json("\xFF"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::script);
    EXPECT_STREQ(error.what(),
                 "a name or a text of the schema is not valid UTF-8, which a script cannot hold");
  }
}

struct Fault {
  const char* json;
  const char* message;
  const char* hint;
};

template <class Read>
void expect_faults(const std::vector<Fault>& faults, Read read) {
  for (const Fault& fault : faults) {
    try {
      read(Json::parse(fault.json));
      ADD_FAILURE() << fault.json;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::script);
      EXPECT_STREQ(error.what(), fault.message);
      EXPECT_EQ(error.hint(), fault.hint);
    }
  }
}

TEST(Json, AWrongColumnIsNamed) {
  expect_faults({{R"(1)", "column: must be an object, but is number", ""},
                 {R"({"type": "X"})", "column: field 'name' is missing", ""},
                 {R"({"name": "a"})", "column 'a': field 'type' is missing", ""},
                 {R"({"name": 1, "type": "X"})", "column: field 'name' must be text, but holds number", ""},
                 {R"({"name": "a", "type": "X", "nulable": false})", "column 'a': field 'nulable' is unknown",
                  "did you mean 'nullable'?"},
                 {R"({"name": "a", "type": "X", "nullable": "no"})",
                  "column 'a': field 'nullable' must be true or false, but holds string", ""},
                 {R"({"name": "a", "type": "X", "default": null})",
                  "column 'a': field 'default' must be text, but holds null", ""},
                 {R"({"name": "a", "type": "X", "generated": {"stored": true}})",
                  "generated: field 'expression' is missing", ""},
                 {R"({"name": "a", "type": "X("})",
                  "type 'X(' is not understood at character 3: ')' was expected before the end", ""}},
                column_from);
}

TEST(Json, AWrongConstraintIsNamed) {
  const auto read = [](const Json& json) { return constraint_from(json); };
  expect_faults(
      {{R"({"name": "c"})", "constraint 'c': needs one of 'primary_key', 'unique', 'check', 'foreign_key'",
        ""},
       {R"({"unique": "a"})", "constraint: field 'unique' must be an array of texts, but holds string", ""},
       {R"({"unique": ["a", 1]})", "constraint: field 'unique' must be an array of texts, but holds number",
        ""},
       {R"({"unique": ["a"], "check": "b"})", "constraint: field 'check' is unknown", ""},
       {R"({"foreign_key": ["a"]})", "constraint: field 'references' is missing", ""}},
      read);
}

TEST(Json, AWrongTableOrIndexIsNamed) {
  expect_faults({{R"({"name": "t"})", "table 't': field 'columns' is missing", ""},
                 {R"({"name": {"schema": "s"}, "columns": []})", "table name: field 'name' is missing", ""},
                 {R"({"name": "t", "columns": [], "index": []})", "table 't': field 'index' is unknown",
                  "did you mean 'indexes'?"},
                 {R"({"name": "t", "columns": {}})",
                  "table 't': field 'columns' must be an array, but holds object", ""}},
                table_from);
  expect_faults(
      {{R"({"name": "i", "parts": [{}]})", "index part: needs either a 'column' or an 'expression'", ""},
       {R"({"name": "i", "parts": [{"column": "a", "expression": "b"}]})",
        "index part: needs either a 'column' or an 'expression'", ""},
       {R"({"name": "i"})", "index 'i': field 'parts' is missing", ""}},
      index_from);
}

}  // namespace
}  // namespace metaxy::migrate
