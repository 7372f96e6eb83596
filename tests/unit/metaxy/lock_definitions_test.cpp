// Definitions as Metaxy writes them itself: metaxy.lock and the JSON of specs (metaxy contract, G1, G2, G4).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "metaxy/sources.hpp"
#include "unit/metaxy/definition_text.hpp"
#include "unit/metaxy/logical_text.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::string fixture(const std::string& name) {
  std::ifstream file(std::string(MM_FIXTURES "/") + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(LockDefinitions, MetaxysOwnFileIsRead) {
  std::vector<std::string> notes;
  const auto definitions = definitions_from_lock(fixture("metaxy.lock"), "metaxy.lock", true, notes);
  ASSERT_EQ(definitions.size(), 2U);
  const FeatureDefinition& hourly = definitions[0];
  EXPECT_EQ(hourly.key, "plant/hourly");
  EXPECT_EQ(hourly.project, "plant_core");
  EXPECT_EQ(hourly.class_path, "__main__.Hourly");
  EXPECT_EQ(hourly.description, "hourly mean");
  EXPECT_EQ(hourly.origin, "metaxy.lock:4");
  EXPECT_TRUE(hourly.is_external);
  EXPECT_THAT(hourly.id_columns, ElementsAre("sensor", "hour"));
  EXPECT_THAT(hourly.fields, ElementsAre("mean", "all"));
  EXPECT_THAT(lines_of(hourly), ElementsAre("sensor text", "hour integer", "temp real"));
  ASSERT_EQ(hourly.dependencies.size(), 1U);
  EXPECT_EQ(hourly.dependencies[0].feature, "plant/reading-raw");
  EXPECT_THAT(hourly.dependencies[0].select.value_or(std::vector<std::string>{}),
              ElementsAre("sensor", "temp"));
  EXPECT_THAT(hourly.dependencies[0].rename, UnorderedElementsAre(Pair("celsius", "temp")));
  EXPECT_THAT(definitions[1].fields, ElementsAre("signal", "noise/high"));
  EXPECT_THAT(lines_of(definitions[1]), ElementsAre("sensor text", "celsius real", "note text?"));
  EXPECT_THAT(notes, IsEmpty());
}

TEST(LockDefinitions, AnExportFileHoldsOwnFeatures) {
  std::vector<std::string> notes;
  EXPECT_FALSE(definitions_from_lock(fixture("metaxy.lock"), "x", false, notes).front().is_external);
}

TEST(LockDefinitions, FaultsPointIntoTheFile) {
  std::vector<std::string> notes;
  try {
    definitions_from_lock("[features.clip.data]\nproject = \"p\"\n", "metaxy.lock", true, notes);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "feature 'clip' has nothing as 'feature_schema'; expected a string");
    EXPECT_EQ(error.where().value_or(SourcePosition{}).line, 1U);
  }
}

TEST(LockDefinitions, TheSpecMustBeThatOfTheFeature) {
  std::vector<std::string> notes;
  EXPECT_EQ(
      fault([&] {
        definitions_from_lock(
            "[features.clip.data]\nproject = \"p\"\nfeature_schema = \"{}\"\n[features.clip.data.spec]\n"
            "key = \"scene\"\nid_columns = [\"id\"]\n",
            "metaxy.lock", true, notes);
      }),
      "feature 'clip' has a spec with the key 'scene'");
}

TEST(LockDefinitions, AnEmptySchemaIsKnownToBeEmpty) {
  std::vector<std::string> notes;
  const auto definitions = definitions_from_lock(
      "[features.clip.data]\nproject = \"p\"\nfeature_schema = \"{}\"\n[features.clip.data.spec]\n"
      "key = \"clip\"\nid_columns = [\"id\"]\n",
      "metaxy.lock", true, notes);
  EXPECT_FALSE(definitions.front().has_schema);
  EXPECT_THAT(definitions.front().fields, ElementsAre("default"));
}

FeatureDefinition from_spec(const std::string& spec) {
  std::vector<std::string> notes;
  return definition_from_json(spec, "{}", "p", "test", notes);
}

TEST(FeatureSpec, TodaysShapeIsRead) {
  const FeatureDefinition definition = from_spec(fixture("feature_spec.json"));
  EXPECT_EQ(definition.key, "plant/hourly");
  EXPECT_EQ(definition.project, "p");
  EXPECT_EQ(definition.description, "hourly mean");
  EXPECT_THAT(definition.id_columns, ElementsAre("sensor", "hour"));
  EXPECT_THAT(definition.fields, ElementsAre("mean", "all"));
}

TEST(FeatureSpec, TheFirstReleasesWroteKeysInParts) {
  const FeatureDefinition definition = from_spec(
      R"({"key": ["plant", "hourly"], "id_columns": ["s"], "fields": [{"key": {"parts": ["a", "b"]}}, {"key": ["c"]}],
          "deps": [{"feature": {"root": ["plant", "raw"]}, "columns": ["s"], "rename": null}],
          "lineage": {"relationship": {"type": "1:1"}}})");
  EXPECT_EQ(definition.key, "plant/hourly");
  EXPECT_THAT(definition.fields, ElementsAre("a/b", "c"));
  EXPECT_EQ(definition.dependencies.front().feature, "plant/raw");
  EXPECT_THAT(definition.dependencies.front().select.value_or(std::vector<std::string>{}), ElementsAre("s"));
}

TEST(FeatureSpec, NullsAreAbsent) {
  const FeatureDefinition definition =
      from_spec(R"({"key": "a", "id_columns": ["s"], "fields": null, "deps": null, "description": null})");
  EXPECT_THAT(definition.fields, ElementsAre("default"));
  EXPECT_THAT(definition.dependencies, IsEmpty());
}

TEST(FeatureSpec, FaultsNameWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "the feature spec of test is no JSON (byte 1)"},
      {"[1e400]", "the feature spec of test holds a number that is too large"},
      {"[]", "the feature spec of test has no key"},
      {R"({"key": 3})", "the feature spec of test has number where a key is expected"},
      {R"({"key": "A", "id_columns": []})",
       "feature key 'A' has a part 'A' that begins with 'A'; expected a lower-case letter or '_'"},
      {R"({"key": "a"})", "the feature spec of test has no id_columns"},
      {R"({"key": "a", "id_columns": "x"})",
       "the feature spec of test has string as id_columns; expected an array of texts"},
      {R"({"key": "a", "id_columns": [1]})",
       "the feature spec of test has number in id_columns; expected texts"},
      {R"({"key": "a", "id_columns": ["x"], "fields": [{"code_version": "1"}]})",
       "the feature spec of test has a field without a key"},
      {R"({"key": "a", "id_columns": ["x"], "deps": [{}]})",
       "the feature spec of test has a dependency without a feature"},
      {R"({"key": "a", "id_columns": ["x"], "deps": [{"feature": "b", "rename": {"x": 1}}]})",
       "the feature spec of test renames 'x' to what is no text"},
  };
  for (const auto& [spec, expected] : cases) {
    EXPECT_EQ(fault([&, text = spec] { from_spec(text); }), expected) << spec;
  }
}

}  // namespace
}  // namespace metaxy::migrate
