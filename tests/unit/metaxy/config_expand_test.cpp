// Contract A1, `${VAR}`.
#include "metaxy/config_expand.hpp"

#include <random>
#include <regex>

#include "config_setup.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::map<std::string, std::string> kVariables = {
    {"A", "alpha"}, {"EMPTY", ""}, {"A B", "spaced"}, {"${X", "odd"}};

std::string text_of(std::string_view text) { return expanded(text, kVariables).text; }

TEST(Expansion, A1ReplacesVariables) { EXPECT_EQ(text_of("<${A}/${A B}>"), "<alpha/spaced>"); }
TEST(Expansion, A1UnsetIsEmpty) { EXPECT_EQ(text_of("<${NOPE}>"), "<>"); }
TEST(Expansion, A1UnsetTakesTheDefault) { EXPECT_EQ(text_of("<${NOPE:-x:-y}>"), "<x:-y>"); }
TEST(Expansion, A1DefaultMayBeEmpty) { EXPECT_EQ(text_of("<${NOPE:-}>"), "<>"); }
TEST(Expansion, A1SetToNothingCountsAsSet) { EXPECT_EQ(text_of("<${EMPTY:-default}>"), "<>"); }
TEST(Expansion, A1DollarNameStays) { EXPECT_EQ(text_of("$A $ {A}"), "$A $ {A}"); }
TEST(Expansion, A1OtherColonFormsStay) { EXPECT_EQ(text_of("${A:x} ${A:+x} ${A:}"), "${A:x} ${A:+x} ${A:}"); }
TEST(Expansion, A1EmptyNameStays) { EXPECT_EQ(text_of("${} ${:-x}"), "${} ${:-x}"); }
TEST(Expansion, A1NameMayHoldAnythingButBraceAndColon) { EXPECT_EQ(text_of("${${X}"), "odd"); }
TEST(Expansion, A1ResultIsNotExpandedAgain) {
  EXPECT_EQ(expanded("${A}", {{"A", "${B}"}, {"B", "b"}}).text, "${B}");
}
TEST(Expansion, UnclosedStays) { EXPECT_EQ(text_of("${A ${A"), "${A ${A"); }

TEST(Expansion, NamesVariablesThatAreUnsetWithoutDefault) {
  EXPECT_THAT(expanded("${NOPE} ${A} ${ALSO} ${EMPTY} ${D:-d}", kVariables).unset,
              ElementsAre("NOPE", "ALSO"));
}

// The pattern itself, as the oracle.
std::string by_regex(const std::string& text) {
  static const std::regex pattern(R"(\$\{([^}:]+)(?::-([^}]*))?\})");
  std::string result;
  auto rest = text.cbegin();
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    result.append(rest, text.cbegin() + match->position());
    const auto variable = kVariables.find((*match)[1]);
    result += variable != kVariables.end() ? variable->second : (*match)[2].str();
    rest = text.cbegin() + match->position() + match->length();
  }
  return result.append(rest, text.cend());
}

TEST(Expansion, A1AgreesWithTheRegularExpressionOnRandomTexts) {
  const std::vector<std::string> pieces = {"$", "{",     "}",    ":", "-",   ":-", "${",
                                           "A", "EMPTY", "NOPE", " ", "${A", "x",  "\n"};
  std::mt19937 random(20260101);
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) {
      text += pieces[random() % pieces.size()];
    }
    ASSERT_EQ(text_of(text), by_regex(text)) << "text: " << text;
  }
}

TEST(Expansion, A1ReachesTablesAndArraysButNoKeys) {
  const Config config = with_toml(R"(entrypoints = ["${A}", "b"]
[stores.dev]
type = "metaxy.ext.duckdb.DuckDBMetadataStore"
config = { database = "${A}.duckdb", config = { threads = "${N}" } }
)",
                                  {{"A", "alpha"}, {"N", "4"}})
                            .load();
  EXPECT_THAT(config.entrypoints.value, ElementsAre("alpha", "b"));
  EXPECT_EQ(config.stores.at("dev").target.location.reveal(), "alpha.duckdb");
  EXPECT_THAT(config.stores.at("dev").target.settings,
              ElementsAre(std::pair<std::string, std::string>("threads", "4")));
}

TEST(Expansion, A1ValuesOfVariablesAreNotExpanded) {
  const Config config = with_toml("", {{"METAXY_STORE", "${A}"}, {"A", "alpha"}}).load();
  EXPECT_EQ(config.default_store.value, "${A}");
}

TEST(Expansion, UnsetVariableMattersOnlyWhereItsStoreIsReached) {
  const Config config = with_toml(R"([stores.prod]
type = "metaxy.ext.postgresql.PostgreSQLMetadataStore"
config = { connection_string = "${PG_URL}", table_prefix = "p_" }
[stores.dev]
type = "metaxy.ext.duckdb.DuckDBMetadataStore"
config = { database = "${DEV_DB:-dev.duckdb}" }
)")
                            .load();
  EXPECT_THAT(config.environment("dev").store.unset_variables, IsEmpty());
  const Environment prod = config.environment("prod");
  EXPECT_EQ(prod.version_table.value, "p_metaxy_migrate_version");
  EXPECT_EQ(ConfigSetup::error_of([&] { target_to_connect(prod.store); }),
            "error: store 'prod' cannot be reached: environment variable 'PG_URL' is not set");
}

}  // namespace
}  // namespace metaxy::migrate
