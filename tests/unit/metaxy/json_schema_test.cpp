// Pydantic's JSON schemas and the column types they stand for (metaxy contract, F1 and F2). The encodings in
// the fixture were written by Pydantic itself for the annotations of F1's table.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.hpp"
#include "metaxy/sources.hpp"
#include "schema/json.hpp"
#include "unit/metaxy/definition_text.hpp"
#include "unit/metaxy/logical_text.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A feature schema of each set in the fixture.
std::map<std::string, Json> schemas_of_fixture() {
  std::map<std::string, Json> schemas;
  std::ifstream file(MM_FIXTURES "/pydantic_encodings.jsonl");
  std::string line;
  while (std::getline(file, line)) {
    const Json entry = Json::parse(line);
    Json& schema = schemas[entry["set"].get<std::string>()];
    schema["type"] = "object";
    if (entry.contains("$defs")) {
      schema["$defs"] = entry["$defs"];
    } else {
      schema["properties"][entry["property"].get<std::string>()] = entry["schema"];
    }
  }
  return schemas;
}

std::vector<std::string> columns_of(const std::string& json) {
  std::vector<std::string> notes;
  return lines_of(columns_from_json_schema(json, "test", notes));
}

/// The type of one property, with definitions beside it.
std::string type_of(const std::string& property, const std::string& definitions = "{}") {
  const std::vector<std::string> lines =
      columns_of(fmt::format(R"({{"properties": {{"c": {}}}, "$defs": {}}})", property, definitions));
  return lines.empty() ? "skipped" : lines.front().substr(2);
}

std::vector<std::string> schema_notes(const std::string& json) {
  std::vector<std::string> notes;
  columns_from_json_schema(json, "test", notes);
  return notes;
}

TEST(JsonSchema, EveryEncodingOfTheFirstSetHasTheTypeOfTheContract) {
  std::vector<std::string> notes;
  const auto columns = columns_from_json_schema(schemas_of_fixture().at("video/raw-v1").dump(), "f", notes);
  EXPECT_THAT(
      lines_of(columns),
      ElementsAre("video_id text", "n integer", "f real", "b boolean", "d timestamp", "dd date", "t time",
                  "td interval", "u uuid", "dec decimal", "dec2 decimal(10,2)", "by binary", "c text",
                  "lv integer", "one text", "lit text", "lit1 text", "liti integer", "litmix text",
                  "litn text?", "opt text?", "opt_def text?", "optn struct<x integer, y text>?",
                  "li list<integer>", "lo list<text>", "se list<text>", "tu json", "tuv list<integer>",
                  "di map<integer>", "dany map<json>", "lany list<json>", "nest struct<x integer, y text>",
                  "lnest list<struct<x integer, y text>>", "a json?", "a2 json?", "cs text(12)", "ci integer",
                  "cf real", "url text", "p text", "fp text?", "un json", "aw timestamp", "nv timestamp",
                  "js text", "jsl text", "sec text", "ip text", "aliased_name text", "val_alias text",
                  "ser text", "exc text", "dflt integer", "dflt_s text", "dff list<text>", "depr text",
                  "obj json?", "cx text", "frozen list<integer>", "optd timestamp?", "optc text?",
                  "dnest map<struct<x integer, y text>>", "any_list list<json>", "dnest2 map<map<real>>"));
  EXPECT_THAT(notes, ElementsAre("f: column 'litmix': its values are of different types; it becomes text",
                                 "f: column 'un': it is a union of different types; it becomes JSON",
                                 "f: column 'none': it can only be null and is skipped"));
}

TEST(JsonSchema, EveryEncodingOfTheSecondSetHasTheTypeOfTheContract) {
  std::vector<std::string> notes;
  const auto columns = columns_from_json_schema(schemas_of_fixture().at("v").dump(), "f", notes);
  EXPECT_THAT(
      lines_of(columns),
      ElementsAre("a text(5)?", "b integer?", "c list<real>?", "d decimal?", "d2 decimal", "d3 decimal(-,3)",
                  "dd decimal(12,4)?", "e1 text", "e2 real", "r list<integer>", "u json", "un real?",
                  "uif real", "usf decimal", "td struct<q integer>", "nt json", "ddt timestamp", "de date",
                  "ce struct<x integer>", "ce2 text", "bs json", "b64 binary", "ip4 text", "net text",
                  "pat text", "lst2 list<list<integer>>", "pd date", "fp text", "ss text", "tpl list<json>",
                  "st list<text>", "it list<integer>", "mp map<integer>", "dik map<text>",
                  "dpat map<integer>", "emb list<real>", "oo text?", "bb boolean"));
  EXPECT_THAT(
      notes,
      ElementsAre(
          "f: column 'e1': its values are of different types; it becomes text",
          "f: column 'u': it is a union of different types; it becomes JSON",
          "f: column 'usf': it may be a Decimal or 'float | str', which look the same; it becomes a decimal",
          "f: column 'ce2': its values are of different types; it becomes text",
          "f: column 'bs': it is a union of different types; it becomes JSON"));
}

TEST(JsonSchema, MetaxysOwnColumnsAreLeftOut) {
  std::ifstream file(MM_FIXTURES "/feature_schema.json");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_THAT(columns_of(text.str()), ElementsAre("sensor text", "celsius real", "note text?"));
}

TEST(JsonSchema, ColumnsOfOlderMetaxysAreLeftOut) {
  EXPECT_THAT(columns_of(R"({"properties": {"metaxy_snapshot_version": {"type": "string"},
                             "metaxy_feature_spec_version": {"type": "string"}, "metaxy_mine": {"type": "string"}}})"),
              ElementsAre("metaxy_mine text"));
}

TEST(JsonSchema, TheOrderOfTheModelIsKept) {
  EXPECT_THAT(columns_of(R"({"properties": {"z": {"type": "string"}, "a": {"type": "integer"}}})"),
              ElementsAre("z text", "a integer"));
}

TEST(JsonSchema, RequiredSaysNothingAboutNull) {
  EXPECT_THAT(columns_of(R"({"properties": {"a": {"type": "string"}, "b": {"type": "string", "default": "x"}},
                             "required": ["a"]})"),
              ElementsAre("a text", "b text"));
}

TEST(JsonSchema, DecimalsTakeTheirLimitsFromThePattern) {
  const auto decimal = [](const std::string& pattern) {
    return type_of(R"({"anyOf": [{"type": "number"}, {"type": "string", "pattern": ")" + pattern + R"("}]})");
  };
  EXPECT_EQ(decimal(R"(^(?!^[-+.]*$)[+-]?0*(?:\\d{0,3}|(?=[\\d.]{1,6}0*$)\\d{0,3}\\.\\d{0,2}0*$))"),
            "decimal(5,2)");
  EXPECT_EQ(decimal(R"(^(?!^[-+.]*$)[+-]?0*(?:\\d{0,0}|(?=[\\d.]{1,3}0*$)\\d{0,0}\\.\\d{0,2}0*$))"),
            "decimal(2,2)");
  EXPECT_EQ(decimal(R"(^[a-z]+$)"), "json");
}

TEST(JsonSchema, ATextBeforeANumberIsNoDecimal) {
  EXPECT_EQ(type_of(R"({"anyOf": [{"type": "string"}, {"type": "number"}]})"), "json");
  EXPECT_EQ(type_of(R"({"anyOf": [{"type": "number"}, {"type": "string", "maxLength": 3}]})"), "json");
}

TEST(JsonSchema, AUnionOfOneTypeIsThatType) {
  EXPECT_EQ(
      type_of(R"({"anyOf": [{"type": "string", "format": "uri"}, {"type": "string", "maxLength": 9}]})"),
      "text");
  EXPECT_EQ(type_of(R"({"oneOf": [{"type": "string", "format": "date"}, {"type": "null"}]})"), "date?");
}

TEST(JsonSchema, OlderPydanticWraps) {
  EXPECT_EQ(type_of(R"({"allOf": [{"$ref": "#/$defs/X"}], "default": 1})", R"({"X": {"type": "integer"}})"),
            "integer");
  EXPECT_EQ(type_of(R"({"type": ["string", "null"], "maxLength": 4})"), "text(4)?");
}

TEST(JsonSchema, AModelThatContainsItselfIsJson) {
  EXPECT_EQ(type_of(R"({"$ref": "#/$defs/Tree"})",
                    R"({"Tree": {"type": "object", "properties": {"children": {"type": "array",
                        "items": {"$ref": "#/$defs/Tree"}}}}})"),
            "json");
  EXPECT_EQ(type_of(R"({"type": "array", "items": {"$ref": "#/$defs/A"}})",
                    R"({"A": {"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}}},
                        "B": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}}})"),
            "list<json>");
  EXPECT_EQ(type_of(R"({"$ref": "#/$defs/A"})", R"({"A": {"$ref": "#/$defs/A"}})"), "json");
}

TEST(JsonSchema, ADefinitionThatIsUsedTwiceIsNotRecursive) {
  EXPECT_EQ(
      type_of(R"({"type": "object", "properties": {"p": {"$ref": "#/$defs/X"}, "q": {"$ref": "#/$defs/X"}}})",
              R"({"X": {"type": "integer"}})"),
      "struct<p integer, q integer>");
}

TEST(JsonSchema, ASchemaThatGrowsWithoutEndIsCutOff) {
  std::string definitions = R"({"D0": {"type": "integer"})";
  for (int i = 1; i <= 40; ++i) {
    definitions += fmt::format(
        R"(, "D{0}": {{"type": "object", "properties": {{"a": {{"$ref": "#/$defs/D{1}"}}, "b": {{"$ref": "#/$defs/D{1}"}}}}}})",
        i, i - 1);
  }
  const std::vector<std::string> notes =
      schema_notes(R"({"properties": {"c": {"$ref": "#/$defs/D40"}}, "$defs": )" + definitions + "}}");
  EXPECT_THAT(notes, ::testing::Contains(HasSubstr("too deep or too large")));
}

TEST(JsonSchema, AReferenceToNowhereIsJsonWithANote) {
  EXPECT_THAT(schema_notes(R"({"properties": {"c": {"$ref": "#/$defs/Gone"}}})"),
              ElementsAre("test: column 'c': its reference '#/$defs/Gone' leads nowhere; it becomes JSON"));
  EXPECT_EQ(type_of(R"({"$ref": "other.json"})"), "json");
}

TEST(JsonSchema, ANestedModelWithFreeMembersIsJson) {
  EXPECT_EQ(
      type_of(R"({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": true})"),
      "json");
  EXPECT_EQ(
      type_of(
          R"({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false})"),
      "struct<a text>");
  EXPECT_EQ(type_of(R"({"type": "object", "properties": {}})"), "json");
  EXPECT_EQ(type_of(R"({"type": "object"})"), "map<json>");
}

TEST(JsonSchema, WhatAPropertySaysToUsWins) {
  std::vector<std::string> notes;
  const auto columns = columns_from_json_schema(
      R"json({"properties": {"c": {"type": "number", "x-metaxy-migrate": {"type": "DECIMAL(12,2)",
          "nullable": true, "comment": "euro", "index": true, "renamed_from": "price"}}}})json",
      "test", notes);
  FeatureColumn expected;
  expected.name = "c";
  expected.type.kind = LogicalKind::real;
  expected.is_nullable = true;
  expected.sql_type = "DECIMAL(12,2)";
  expected.comment = "euro";
  expected.has_index = true;
  expected.renamed_from = "price";
  EXPECT_THAT(columns, ElementsAre(expected));
  EXPECT_THAT(notes, IsEmpty());
}

TEST(JsonSchema, OverridesStandBesideAReferenceAndRescueNull) {
  std::vector<std::string> notes;
  const auto columns = columns_from_json_schema(
      R"({"properties": {"a": {"$ref": "#/$defs/X", "x-metaxy-migrate": {"type": "HUGEINT"}},
                         "b": {"type": "null", "x-metaxy-migrate": {"type": "BLOB"}}},
          "$defs": {"X": {"type": "integer"}}})",
      "test", notes);
  ASSERT_EQ(columns.size(), 2U);
  EXPECT_EQ(columns[0].sql_type, "HUGEINT");
  EXPECT_EQ(columns[1].sql_type, "BLOB");
  EXPECT_TRUE(columns[1].is_nullable);
  EXPECT_THAT(notes, IsEmpty());
}

TEST(JsonSchema, WhatWeDoNotUnderstandIsNoted) {
  EXPECT_THAT(
      schema_notes(R"({"properties": {"c": {"type": "number", "x-metaxy-migrate": {"typo": 1}},
                                          "d": {"type": "number", "x-metaxy-migrate": 3}}})"),
      ElementsAre("test: column 'c': 'typo' in 'x-metaxy-migrate' is not understood and is ignored; it takes "
                  "type, nullable, comment, index and renamed_from",
                  "test: column 'd': 'x-metaxy-migrate' is no object and is ignored"));
}

TEST(JsonSchema, AnEmptySchemaHasNoColumns) { EXPECT_THAT(columns_of("{}"), IsEmpty()); }

TEST(JsonSchema, MalformedSchemasSayWhatTheyAre) {
  const auto fault = [](const std::string& text) -> std::string {
    try {
      columns_of(text);
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_EQ(fault("{\"properties\""), "the feature schema of test is no JSON (byte 14)");
  EXPECT_EQ(fault(""), "the feature schema of test is no JSON (byte 1)");
  EXPECT_EQ(fault("[1e400]"), "the feature schema of test holds a number that is too large");
  EXPECT_EQ(fault("[1]"), "the feature schema of test is array; expected an object");
  EXPECT_EQ(fault(R"({"properties": 3})"), "the properties of the feature schema of test are no JSON object");
}

TEST(JsonSchema, OddPropertiesNeverStopTheOthers) {
  EXPECT_THAT(columns_of(R"({"properties": {"a": 3, "b": true, "c": {"type": "nonsense"}, "d": {"type": 7},
                             "e": {"enum": []}, "f": {"type": "string"}}})"),
              ElementsAre("a json", "b json?", "c json", "d json", "f text"));
}

}  // namespace
}  // namespace metaxy::migrate
