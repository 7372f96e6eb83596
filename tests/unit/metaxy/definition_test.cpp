// Keys, names and whose a definition is (metaxy contract, C and G3).

#include "metaxy/definition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "unit/metaxy/definition_text.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FeatureKey, IsSplitAtSlashes) {
  EXPECT_THAT(feature_key_parts("plant/reading-raw/2nd"), ElementsAre("plant", "reading-raw", "2nd"));
  EXPECT_THAT(feature_key_parts("_x"), ElementsAre("_x"));
}

TEST(FeatureKey, RefusesWhatMetaxyRefuses) {
  for (const char* key : {"", "/", "a/", "/a", "a//b", "A", "a/B", "1a", "-a", "a/-b", "a b", "a__b",
                          "a/b__c", "a.b", "\xC3\xA4"}) {
    EXPECT_THROW(feature_key_parts(key), Error) << key;
  }
}

TEST(FeatureKey, FaultsSayWhatWasFound) {
  EXPECT_EQ(fault([] { feature_key_parts("video/raw.v1"); }),
            "feature key 'video/raw.v1' has a part 'raw.v1' with '.' in it; expected lower-case letters, "
            "digits, '_' "
            "and '-'");
  EXPECT_EQ(
      fault([] { feature_key_parts("video/raw__v1"); }),
      "feature key 'video/raw__v1' has a part 'raw__v1' with '__' in it, which Metaxy keeps for table names");
  EXPECT_EQ(fault([] { feature_key_parts("9a"); }),
            "feature key '9a' has a part '9a' that begins with '9'; expected a lower-case letter or '_'");
  EXPECT_EQ(fault([] { feature_key_parts("a/-b"); }),
            "feature key 'a/-b' has a part '-b' that begins with '-'; expected a lower-case letter, a digit "
            "or '_'");
}

TEST(TableName, JoinsPartsWithTwoUnderscoresBehindThePrefix) {
  EXPECT_EQ(table_name_of("plant/reading-raw", ""), "plant__reading_raw");
  EXPECT_EQ(table_name_of("plant/reading-raw", "dev_"), "dev_plant__reading_raw");
  EXPECT_EQ(table_name_of("clip", "p"), "pclip");
}

TEST(ByFieldMember, KeepsHyphens) {
  EXPECT_EQ(by_field_member("a/b-c"), "a_b-c");
  EXPECT_EQ(by_field_member("default"), "default");
}

FeatureDefinition of(const std::string& key, const std::string& project, bool is_external = false) {
  FeatureDefinition definition;
  definition.key = key;
  definition.project = project;
  definition.is_external = is_external;
  return definition;
}

std::vector<std::string> own_keys(const std::vector<FeatureDefinition>& definitions) {
  std::vector<std::string> keys;
  for (const FeatureDefinition& definition : definitions) {
    if (!definition.is_external) {
      keys.push_back(definition.key);
    }
  }
  return keys;
}

TEST(OnlyProject, MakesTheOthersExternal) {
  const auto definitions = only_project({of("a", "shop"), of("b", "plant"), of("c", "shop", true)}, "shop");
  EXPECT_THAT(own_keys(definitions), ElementsAre("a"));
  EXPECT_EQ(definitions.size(), 3U);
}

TEST(OnlyProject, TheOnlyProjectNeedsNotBeNamed) {
  EXPECT_THAT(own_keys(only_project({of("a", "shop"), of("b", "shop"), of("c", "plant", true)}, "")),
              ElementsAre("a", "b"));
}

TEST(OnlyProject, DefinitionsWithoutProjectBelongToWhicheverIsManaged) {
  EXPECT_THAT(own_keys(only_project({of("a", ""), of("b", "shop")}, "")), ElementsAre("a", "b"));
  EXPECT_THAT(own_keys(only_project({of("a", "")}, "")), ElementsAre("a"));
}

TEST(OnlyProject, SeveralProjectsAreAskedAbout) {
  EXPECT_EQ(
      fault([] {
        only_project({of("a", "shop"), of("b", "plant")}, "");
      }),
      "the definitions belong to 2 projects (plant, shop) and the configuration does not say which one is "
      "managed (set project = \"...\" in metaxy.toml or METAXY_PROJECT)");
}

TEST(OnlyProject, AMisspeltProjectIsNoWishToManageNothing) {
  EXPECT_EQ(fault([] { only_project({of("a", "my_proj")}, "my-proj"); }),
            "no definition belongs to project 'my-proj'; they belong to my_proj (Metaxy compares project "
            "names exactly, "
            "and a feature's is its top-level package's or that package's __metaxy_project__: set project = "
            "\"my_proj\")");
}

TEST(OnlyProject, NoDefinitionsAreNone) { EXPECT_THAT(only_project({}, "shop"), IsEmpty()); }

}  // namespace
}  // namespace metaxy::migrate
