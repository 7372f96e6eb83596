// Definition files written by hand (product reference, 3.1).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "metaxy/sources.hpp"
#include "unit/metaxy/definition_text.hpp"
#include "unit/metaxy/logical_text.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<FeatureDefinition> read(std::string_view text) {
  return definitions_from_toml(text, "f.toml", "shop");
}

/// The error as people see it, or "none".
std::string toml_fault(std::string_view text) {
  try {
    read(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::configuration);
    return describe(error);
  }
  return "none";
}

TEST(TomlDefinitions, TheExampleOfTheReferenceIsRead) {
  const auto definitions = read(R"(
[features."video/clip"]
id_columns = ["clip_id"]
fields = ["frames", "audio"]                 # Metaxy fields; not columns
[features."video/clip".columns]
clip_id  = "str"
path     = "str"
duration = "float | None"
tags     = "list[str]"
shot_at  = { type = "datetime", comment = "UTC", index = true }
)");
  ASSERT_EQ(definitions.size(), 1U);
  const FeatureDefinition& clip = definitions.front();
  EXPECT_EQ(clip.key, "video/clip");
  EXPECT_EQ(clip.project, "shop");
  EXPECT_EQ(clip.origin, "f.toml:2");
  EXPECT_THAT(clip.id_columns, ElementsAre("clip_id"));
  EXPECT_THAT(clip.fields, ElementsAre("frames", "audio"));
  EXPECT_THAT(lines_of(clip), ElementsAre("clip_id text", "path text", "duration real?", "tags list<text>",
                                          "shot_at timestamp"));
  EXPECT_EQ(clip.columns.back().comment, "UTC");
  EXPECT_TRUE(clip.columns.back().has_index);
  EXPECT_FALSE(clip.is_external);
}

TEST(TomlDefinitions, FeaturesAndColumnsKeepTheOrderOfTheFile) {
  const auto definitions = read(R"(
features.z.id_columns = ["b"]
features.z.columns = { b = "str", a = "int" }
[features.a]
id_columns = ["y"]
columns.y = "str"
columns.x = "str"
)");
  ASSERT_EQ(definitions.size(), 2U);
  EXPECT_EQ(definitions[0].key, "z");
  EXPECT_THAT(lines_of(definitions[0]), ElementsAre("b text", "a integer"));
  EXPECT_THAT(lines_of(definitions[1]), ElementsAre("y text", "x text"));
}

TEST(TomlDefinitions, AFeatureHasMetaxysDefaultsAndItsOwnExtras) {
  const auto definitions = read(R"(
[features.clip]
id_columns = ["id"]
columns = { id = "int" }
[features.scene]
id_columns = ["id"]
fields = [{ key = "frames/raw-v1", code_version = "3" }, "audio"]
columns = { id = "int" }
project = "other-shop"
description = "cut clips"
renamed_from = "shot"
)");
  EXPECT_THAT(definitions[0].fields, ElementsAre("default"));
  EXPECT_THAT(definitions[1].fields, ElementsAre("frames/raw-v1", "audio"));
  EXPECT_EQ(definitions[1].project, "other-shop");
  EXPECT_EQ(definitions[1].description, "cut clips");
  EXPECT_EQ(definitions[1].renamed_from, "shot");
}

TEST(TomlDefinitions, ColumnTablesSayMore) {
  const auto definitions = read(R"toml(
[features.clip]
id_columns = ["id"]
[features.clip.columns]
id    = "int"
price = { type = "Decimal", sql_type = "DECIMAL(12,2)", nullable = true }
raw   = { sql_type = "HUGEINT" }
name  = { type = "str | None", nullable = false, renamed_from = "title" }
)toml");
  const std::vector<FeatureColumn>& columns = definitions.front().columns;
  EXPECT_EQ(columns[1].sql_type, "DECIMAL(12,2)");
  EXPECT_TRUE(columns[1].is_nullable);
  EXPECT_EQ(columns[2].sql_type, "HUGEINT");
  EXPECT_FALSE(columns[2].is_nullable);
  EXPECT_FALSE(columns[3].is_nullable);
  EXPECT_EQ(columns[3].renamed_from, "title");
}

TEST(TomlDefinitions, StructsNestToAnyDepth) {
  const auto definitions = read(R"(
[features.clip]
id_columns = ["id"]
[features.clip.columns]
id    = "int"
size  = { type = "struct | None", members = { width = "int", height = "int" } }
boxes = { type = "list[struct]", members = { label = "str", corner = { type = "struct", members = { x = "float", y = "float" } } } }
)");
  EXPECT_THAT(lines_of(definitions.front()),
              ElementsAre("id integer", "size struct<width integer, height integer>?",
                          "boxes list<struct<label text, corner struct<x real, y real>>>"));
}

TEST(TomlDefinitions, AFileWithoutFeaturesIsEmpty) { EXPECT_THAT(read("# nothing yet\n"), IsEmpty()); }

TEST(TomlDefinitions, AnUnknownTypeIsShownWithACaret) {
  EXPECT_EQ(toml_fault(R"([features.clip]
id_columns = ["id"]
[features.clip.columns]
id = "list[sttr]"
)"),
            R"(error: unknown type 'sttr' in the type 'list[sttr]'
  --> f.toml:4:12
   |
 4 | id = "list[sttr]"
   |            ^
  = help: did you mean 'str'?; a type of the database itself goes into sql_type)");
}

TEST(TomlDefinitions, UnknownKeysAreErrorsWithASuggestion) {
  EXPECT_EQ(toml_fault("[feature.clip]\n"), R"(error: unknown key 'feature' in a definition file
  --> f.toml:1:2
   |
 1 | [feature.clip]
   |  ^
  = help: did you mean 'features'?)");
  EXPECT_EQ(toml_fault("[features.clip]\nid_colums = []\n"),
            R"(error: unknown key 'id_colums' in feature 'clip'
  --> f.toml:2:1
   |
 2 | id_colums = []
   | ^
  = help: did you mean 'id_columns'?)");
  EXPECT_EQ(toml_fault("[features.clip.columns]\nid = { type = \"str\", comments = \"x\" }\n"),
            R"(error: unknown key 'comments' in column 'id'
  --> f.toml:2:22
   |
 2 | id = { type = "str", comments = "x" }
   |                      ^
  = help: did you mean 'comment'?)");
}

TEST(TomlDefinitions, ALockFileIsRecognised) {
  EXPECT_EQ(toml_fault("[features.clip.data]\nproject = \"x\"\n"),
            R"(error: unknown key 'data' in feature 'clip'
  --> f.toml:1:16
   |
 1 | [features.clip.data]
   |                ^
  = help: this looks like Metaxy's lock format, which is read as metaxy.lock or as the export file)");
}

TEST(TomlDefinitions, IdColumnsAreNamedAndDeclared) {
  EXPECT_EQ(toml_fault("[features.clip]\n"), R"(error: feature 'clip' has no id_columns
  --> f.toml:1:11
   |
 1 | [features.clip]
   |           ^
  = help: name the columns that identify a sample: id_columns = ["clip_id"])");
  EXPECT_EQ(toml_fault("[features.clip]\nid_columns = [\"clip_di\"]\ncolumns.clip_id = \"str\"\n"),
            R"(error: id column 'clip_di' of feature 'clip' is not among its columns
  --> f.toml:2:15
   |
 2 | id_columns = ["clip_di"]
   |               ^
  = help: did you mean 'clip_id'?)");
}

/// First line of the error only.
std::string headline(std::string_view text) {
  const std::string whole = toml_fault(text);
  return whole.substr(0, whole.find('\n'));
}

TEST(TomlDefinitions, EachMistakeHasItsOwnWords) {
  const std::string start = "[features.clip]\nid_columns = [\"id\"]\ncolumns.id = \"str\"\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"id_columns = 3", "error: unknown key 'id_columns' in a definition file"},
      {"features = 3", "error: 'features' is an integer; expected a table"},
      {"[features]\nclip = 3", "error: 'clip' is an integer; expected a table"},
      {"[features.clip]\nid_columns = \"id\"", "error: 'id_columns' is a string; expected an array"},
      {"[features.clip]\nid_columns = []", "error: id_columns of feature 'clip' is empty"},
      {"[features.clip]\nid_columns = [3]", "error: 'id_columns' is an integer; expected a string"},
      {"[features.clip]\nid_columns = [\"i\", \"i\"]\ncolumns.i = \"str\"",
       "error: id column 'i' is named twice"},
      {"[features.\"Video/clip\"]",
       "error: feature key 'Video/clip' has a part 'Video' that begins with 'V'; expected a lower-case "
       "letter or '_'"},
      {start + "fields = []", "error: fields of feature 'clip' is empty"},
      {start + "fields = [\"a\", \"a\"]", "error: field 'a' is named twice"},
      {start + "fields = [{ code_version = \"1\" }]", "error: a field has no key"},
      {start + "fields = [\"a//b\"]", "error: field key 'a//b' has an empty part"},
      {start + "fields = [{ key = \"a\", version = \"1\" }]", "error: unknown key 'version' in a field"},
      {start + "project = \"a/b\"", "error: 'a/b' is no project name"},
      {start + "renamed_from = \"A\"",
       "error: feature key 'A' has a part 'A' that begins with 'A'; expected a lower-case letter or '_'"},
      {start + "columns.metaxy_created_at = \"datetime\"",
       "error: column 'metaxy_created_at' is one of Metaxy's own, which every feature has"},
      {start + "columns.x = 3", "error: 'x' is an integer; expected a string"},
      {start + "columns.x = { comment = \"c\" }", "error: column 'x' has no type"},
      {start + "columns.x = { type = \"str\", index = \"yes\" }",
       "error: 'index' is a string; expected a boolean"},
      {start + "columns.x = { type = \"list[str]\", index = true }",
       "error: column 'x' holds nested values, which an index cannot order"},
      {start + "columns.x = { type = \"str\", renamed_from = \"x\" }",
       "error: column 'x' is renamed from itself"},
      {start + "columns.x = { sql_type = \" \" }", "error: sql_type of column 'x' is empty"},
      {start + "columns.x = { type = \"str\", members = { a = \"int\" } }",
       "error: 'x' has members but its type 'str' names no struct"},
      {start + "columns.x = { type = \"struct\", members = {} }", "error: 'x.members' is empty"},
      {start + "columns.x = { type = \"struct\", members = { a = { members = {} } } }",
       "error: member 'x.a' has no type"},
      {start + "columns.x = { type = \"struct\" }", "error: 'struct' without members in the type 'struct'"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(headline(text), expected) << text;
  }
}

TEST(TomlDefinitions, WhatIsNoTomlIsShownWhereItIs) {
  const std::string text = toml_fault("[features.clip]\nid_columns = [\n");
  EXPECT_EQ(text.rfind("error: this is not TOML: ", 0), 0U) << text;
  EXPECT_NE(text.find("--> f.toml:"), std::string::npos) << text;
}

}  // namespace
}  // namespace metaxy::migrate
