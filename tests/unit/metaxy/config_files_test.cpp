// Contract A1: which files are read and how they are merged.
#include "metaxy/config_files.hpp"

#include <fmt/format.h>

#include <utility>

#include "config_setup.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kStoreText = R"(type = "metaxy.ext.duckdb.DuckDBMetadataStore"
config = { database = "dev.duckdb" }
)";

std::string store(const std::string& name) { return "[stores." + name + "]\n" + kStoreText; }

TEST(ConfigFiles, A1VariableNamesTheFileRelativeToTheWorkingDirectory) {
  const Config config = ConfigSetup{
      {{"conf/other.toml", "project = \"named\""}, {"metaxy.toml", "project = \"found\""}},
      {{"METAXY_CONFIG",
        "conf/other.toml"}}}.load();
  EXPECT_EQ(config.project.value, "named");
  EXPECT_EQ(config.file, "conf/other.toml");
  EXPECT_EQ(config.directory, "/project/conf");
  EXPECT_EQ(config.project.origin, "conf/other.toml:1");
}

std::string repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

TEST(ConfigFiles, RefusesKeysThatWouldUseUpTheStack) {
  for (const std::string part : {".a", " . \"a\\\".b\"", ".'a.b'"}) {
    for (const auto& [before, after] : std::vector<std::pair<std::string, std::string>>{
             {"[ext.x.", "]"}, {"[[", "]]"}, {"", " = 1"}, {"x = {", " = 1}"}, {"x = { y = 1,\t", " = 1}"}}) {
      const std::string text = fmt::format("project = 'p'\n{}a{}{}", before, repeated(part, 20'000), after);
      EXPECT_THAT(with_toml(text).error(),
                  HasSubstr("error: a key of more than 64 parts\n  --> metaxy.toml:2"))
          << before << part;
    }
  }
}

TEST(ConfigFiles, TakesManyDotsThatAreNoKey) {
  const std::string dots = repeated("a.", 200);
  const std::string text = fmt::format(
      "# {0}\n#{0}\nproject = \"p\"\n[ext.migrate]\nfeatures = [\"{0}\", '''\n{1}\n "
      "{1}''']\n[ext.other]\n{2}c = "
      "1\n",
      dots, repeated(".", 200), repeated("b.", 60));
  EXPECT_EQ(with_toml(text).load().project.value, "p");
}

TEST(ConfigFiles, A1EmptyVariableNamesNothing) {
  EXPECT_EQ(with_toml("project = \"found\"", {{"METAXY_CONFIG", ""}}).load().project.value, "found");
}

TEST(ConfigFiles, A1MissingNamedFileIsAnError) {
  EXPECT_EQ(with_toml("", {{"METAXY_CONFIG", "gone.toml"}}).error(),
            "error: configuration file 'gone.toml', which METAXY_CONFIG names, does not exist");
  EXPECT_EQ(with_toml("", {}, {.config_file = "gone.toml", .values = {}}).error(),
            "error: configuration file 'gone.toml', which -c names, does not exist");
}

TEST(ConfigFiles, Decision20FlagBeatsTheVariableWithANote) {
  const Config config = ConfigSetup{
      {{"a.toml", "project = \"a\""}, {"b.toml", "project = \"b\""}},
      {{"METAXY_CONFIG", "b.toml"}},
      {.config_file = "a.toml",
       .values = {}}}.load();
  EXPECT_EQ(config.project.value, "a");
  EXPECT_THAT(
      config.warnings,
      ElementsAre("-c a.toml was taken, not METAXY_CONFIG=b.toml; Metaxy itself takes METAXY_CONFIG"));
}

TEST(ConfigFiles, A1DiscoveryGoesUpwardAndTheFirstHitWins) {
  const Config config = ConfigSetup{{{"/metaxy.toml", "project = \"root\""},
                                     {"/project/metaxy.toml", "project = \"near\""},
                                     {"/project/a/b/x.txt", ""}},
                                    {},
                                    {},
                                    "/project/a/b"}
                            .load();
  EXPECT_EQ(config.project.value, "near");
  EXPECT_EQ(config.file, "../../metaxy.toml");
  EXPECT_EQ(config.directory, "/project");
}

TEST(ConfigFiles, A1DiscoveryReachesTheRoot) {
  EXPECT_EQ((ConfigSetup{{{"/metaxy.toml", "project = \"root\""}}}.load().project.value), "root");
}

TEST(ConfigFiles, A1MetaxyTomlComesBeforePyproject) {
  const Config config = ConfigSetup{{{"metaxy.toml", "project = \"own\""},
                                     {"pyproject.toml", "[tool.metaxy]\nproject = \"tool\""}}}
                            .load();
  EXPECT_EQ(config.project.value, "own");
}

TEST(ConfigFiles, A1PyprojectCountsWithSomethingInToolMetaxy) {
  const Config config =
      ConfigSetup{{{"pyproject.toml", "[project]\nname = \"x\"\n[tool.metaxy]\nproject = \"tool\""}}}.load();
  EXPECT_EQ(config.project.value, "tool");
  EXPECT_EQ(config.project.origin, "pyproject.toml:4");
}

TEST(ConfigFiles, A1EmptyToolMetaxyIsPassedOver) {
  const Config config =
      ConfigSetup{{{"/metaxy.toml", "project = \"above\""}, {"/project/pyproject.toml", "[tool.metaxy]\n"}}}
          .load();
  EXPECT_EQ(config.project.value, "above");
}

TEST(ConfigFiles, A1NoFileIsLegal) {
  const Config config = ConfigSetup{{}, {{"METAXY_PROJECT", "from_env"}}}.load();
  EXPECT_EQ(config.file, "");
  EXPECT_EQ(config.directory, "/project");
  EXPECT_EQ(config.project.value, "from_env");
}

TEST(ConfigFiles, A1OnlyAFileNamedPyprojectHasASection) {
  const Config config = ConfigSetup{
      {{"my_pyproject.toml", "project = \"whole\""}},
      {},
      {.config_file = "my_pyproject.toml",
       .values = {}}}.load();
  EXPECT_EQ(config.project.value, "whole");
}

TEST(ConfigFiles, A1SectionRuleAppliesToExtendTargets) {
  const Config config = ConfigSetup{{{"metaxy.toml", "extend = \"pyproject.toml\""},
                                     {"pyproject.toml", "[tool.metaxy]\nproject = \"tool\""}}}
                            .load();
  EXPECT_EQ(config.project.value, "tool");
  EXPECT_THAT(config.files, ElementsAre("pyproject.toml", "metaxy.toml"));
}

TEST(ConfigFiles, A1ExtendIsRelativeToTheFileThatContainsItAndRecurses) {
  const Config config = ConfigSetup{{{"metaxy.toml", "extend = \"shared/base.toml\""},
                                     {"shared/base.toml", "extend = \"../root.toml\"\nstore = \"base\""},
                                     {"root.toml", "project = \"root\"\nstore = \"root\""}}}
                            .load();
  EXPECT_EQ(config.project.value, "root");
  EXPECT_EQ(config.project.origin, "root.toml:1");
  EXPECT_EQ(config.default_store.value, "base");
  EXPECT_THAT(config.files, ElementsAre("root.toml", "shared/base.toml", "metaxy.toml"));
}

TEST(ConfigFiles, A1ExtendMayBeAbsolute) {
  EXPECT_EQ(
      (ConfigSetup{{{"metaxy.toml", "extend = \"/etc/base.toml\""}, {"/etc/base.toml", "project = \"etc\""}}}
           .load()
           .project.value),
      "etc");
}

TEST(ConfigFiles, A1ExtendMustExist) {
  EXPECT_EQ(with_toml("project = \"x\"\nextend = \"gone.toml\"").error(),
            "error: configuration file 'gone.toml' does not exist\n"
            "  --> metaxy.toml:2:1\n"
            "   |\n"
            " 2 | extend = \"gone.toml\"\n"
            "   | ^");
}

TEST(ConfigFiles, A1ExtendInACircleIsAnErrorThatShowsIt) {
  const std::string error = ConfigSetup{
      {{"metaxy.toml", "extend = \"a.toml\""},
       {"a.toml", "extend = \"b.toml\""},
       {"b.toml",
        "extend = \"a.toml\""}}}.error();
  EXPECT_THAT(error,
              HasSubstr("files extend each other in a circle: a.toml -> b.toml -> a.toml\n  --> b.toml:1:1"));
}

TEST(ConfigFiles, A1ExtendIsNotExpanded) {
  EXPECT_THAT(with_toml("extend = \"${BASE}.toml\"", {{"BASE", "base"}}).error(),
              HasSubstr("configuration file '${BASE}.toml' does not exist"));
}

TEST(ConfigFiles, A1ExtendIsOnePath) {
  EXPECT_THAT(with_toml("extend = [\"a.toml\"]").error(),
              HasSubstr("'extend' is an array, expected the path of one file"));
}

TEST(ConfigFiles, A1ExtendsWithAnSIsUnknown) {
  EXPECT_THAT(with_toml("extends = \"a.toml\"").error(), HasSubstr("unknown key 'extends' in metaxy.toml"));
}

TEST(ConfigFiles, A1ChildsScalarWins) {
  EXPECT_EQ((ConfigSetup{{{"metaxy.toml", "extend = \"base.toml\"\nproject = \"child\""},
                          {"base.toml", "project = \"parent\""}}}
                 .load()
                 .project.value),
            "child");
}

TEST(ConfigFiles, A1TablesMergeOneLevelDeep) {
  const Config config = ConfigSetup{{{"metaxy.toml", "extend = \"base.toml\"\n" + store("a")},
                                     {"base.toml", store("a") + store("b")}}}
                            .load();
  EXPECT_THAT(config.store_names(), ElementsAre("a", "b"));
}

TEST(ConfigFiles, A1ChildsStoreReplacesTheParentsAsAWhole) {
  const Config config = ConfigSetup{{{"metaxy.toml",
                                      "extend = \"base.toml\"\n[stores.a]\n"
                                      "type = \"metaxy.ext.duckdb.DuckDBMetadataStore\"\n"
                                      "config = { database = \"other.duckdb\" }"},
                                     {"base.toml",
                                      "[stores.a]\ntype = \"metaxy.ext.duckdb.DuckDBMetadataStore\"\n"
                                      "config = { database = \"dev.duckdb\", table_prefix = \"p_\" }"}}}
                            .load();
  EXPECT_EQ(config.stores.at("a").target.location.reveal(), "other.duckdb");
  EXPECT_EQ(config.stores.at("a").table_prefix, "");
}

TEST(ConfigFiles, A1ChildWithOnlyConfigLosesTheTypeAndTheStoreIsDropped) {
  const Config config = ConfigSetup{
      {{"metaxy.toml", "extend = \"base.toml\"\n[stores.a.config]\ndatabase = \"x\""},
       {"base.toml",
        store("a")}}}.load();
  EXPECT_THAT(config.store_names(), IsEmpty());
  EXPECT_THAT(
      config.warnings,
      ElementsAre(
          "store 'a' (metaxy.toml:2) is left out, because it has no 'type': the table at metaxy.toml:2 "
          "replaces the one at base.toml:1 as a whole, so repeat 'type' there"));
}

TEST(ConfigFiles, A1ArraysAreTheParentsThenTheChilds) {
  const Config config = ConfigSetup{{{"metaxy.toml", "extend = \"base.toml\"\nentrypoints = [\"c\"]"},
                                     {"base.toml", "entrypoints = [\"a\", \"b\"]"}}}
                            .load();
  EXPECT_THAT(config.entrypoints.value, ElementsAre("a", "b", "c"));
}

TEST(ConfigFiles, A1DotEnvIsNotRead) {
  EXPECT_EQ((ConfigSetup{{{"metaxy.toml", ""}, {".env", "METAXY_PROJECT=dotted"}}}.load().project.value),
            std::nullopt);
}

TEST(ConfigFiles, MalformedTomlIsShownWithACaret) {
  EXPECT_THAT(with_toml("project = \"x\"\nstore = = \"dev\"\n").error(),
              HasSubstr("  --> metaxy.toml:2:9\n   |\n 2 | store = = \"dev\"\n   |         ^"));
}

// toml++ 3.3 asserts or assumes that these do not occur (scripts/cmake/archives/toml.cpp).
TEST(ConfigFiles, KeysThatCannotBeginAsTheyDoAreMalformedToml) {
  for (const char* text : {"[/x]", "[[=]]", "\xC3\xA4 = 1", "[\xC3\xA4]", "a.\xC3\xA4 = 1", "a\xC3\xA4 = 1",
                           "\xE2\x80\xA8 = 1"}) {
    EXPECT_THAT(with_toml(text).error(), HasSubstr("  --> metaxy.toml:1:")) << text;
  }
}

TEST(ConfigFiles, MalformedPyprojectIsAnErrorWhileLooking) {
  EXPECT_THAT((ConfigSetup{{{"pyproject.toml", "[tool\n"}}}.error()), HasSubstr("--> pyproject.toml:1:"));
}

TEST(ConfigFiles, UnreadableFileIsAnError) {
  MemoryFileSystem files;
  files.create("metaxy.toml", "");
  files.make_unreadable("metaxy.toml");
  EXPECT_EQ(ConfigSetup::error_of([&] { load_config(files, "/project", {}, {}); }),
            "error: cannot read '/project/metaxy.toml': Permission denied");
}

}  // namespace
}  // namespace metaxy::migrate
