// From definitions to tables (metaxy contract, C, D, E, F).

#include "metaxy/tables.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "metaxy/sources.hpp"
#include "metaxy/table_names.hpp"
#include "unit/metaxy/definition_text.hpp"
#include "unit/metaxy/fake_dialect.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::vector<FeatureDefinition> definitions(std::string_view toml) {
  return definitions_from_toml(toml, "f.toml", "p");
}

DesiredSchema tables(std::string_view toml, const TableOptions& options = {}) {
  return feature_tables(definitions(toml), FakeDialect(), options);
}

const Table& table_of(const DesiredSchema& desired, const std::string& name) {
  return desired.tables.at({"", name}).table;
}

constexpr std::string_view kClip = R"(
[features."video/clip-v1"]
id_columns = ["clip_id"]
fields = ["frames", "audio/left-1"]
[features."video/clip-v1".columns]
clip_id  = "str | None"
duration = "float | None"
meta     = "dict[str, int]"
)";

TEST(FeatureTables, HaveMetaxysTenColumnsThenTheUsers) {
  const DesiredSchema desired = tables(kClip, {.table_prefix = "dev_"});
  EXPECT_THAT(
      lines_of(table_of(desired, "dev_video__clip_v1")),
      ElementsAre(R"(metaxy_provenance_by_field STRUCT("frames" TEXT, "audio_left-1" TEXT) NOT NULL)",
                  "metaxy_provenance TEXT NOT NULL", "metaxy_feature_version TEXT NOT NULL",
                  "metaxy_project_version TEXT NOT NULL",
                  R"(metaxy_data_version_by_field STRUCT("frames" TEXT, "audio_left-1" TEXT) NOT NULL)",
                  "metaxy_data_version TEXT NOT NULL", "metaxy_created_at TIMESTAMPTZ NOT NULL",
                  "metaxy_materialization_id TEXT", "metaxy_updated_at TIMESTAMPTZ NOT NULL",
                  "metaxy_deleted_at TIMESTAMPTZ", "clip_id TEXT NOT NULL", "duration REAL",
                  "meta JSON NOT NULL"));
  EXPECT_THAT(table_of(desired, "dev_video__clip_v1").constraints, IsEmpty());
  EXPECT_EQ(desired.tables.at({"", "dev_video__clip_v1"}).feature, "video/clip-v1");
  EXPECT_EQ(desired.tables.at({"", "dev_video__clip_v1"}).project, "p");
  EXPECT_THAT(desired.notes, IsEmpty());
}

TEST(FeatureTables, TheFlagMakesMaps) {
  const DesiredSchema desired = tables(kClip, {.has_map_datatype = true});
  const Table& table = table_of(desired, "video__clip_v1");
  EXPECT_EQ(lines_of(table).front(), "metaxy_provenance_by_field MAP(TEXT, TEXT) NOT NULL");
  EXPECT_EQ(lines_of(table).back(), "meta MAP(TEXT, INTEGER) NOT NULL");
}

TEST(FeatureTables, WithoutTheFlagNoMapIsLeftAtAnyDepth) {
  const DesiredSchema desired = tables(R"(
[features.clip]
id_columns = ["id"]
columns.id = "int"
columns.x = { type = "list[struct]", members = { m = "dict[str, dict[str, int]]", n = "int" } }
)");
  EXPECT_EQ(lines_of(table_of(desired, "clip")).back(), R"(x STRUCT("m" JSON, "n" INTEGER)[] NOT NULL)");
}

TEST(FeatureTables, AreCanonicalForTheDialect) {
  const DesiredSchema desired =
      tables("[features.clip]\nid_columns = [\"id\"]\ncolumns.id = \"int\"\ndescription = \"x\"\n");
  EXPECT_EQ(table_of(desired, "clip").comment, "");  // The fake dialect drops it.
  EXPECT_EQ(desired.schema().at({"", "clip"}).comment, "");
}

TEST(FeatureTables, IndexesAndRenamesComeFromTheModel) {
  const DesiredSchema desired = tables(R"(
[features.clip]
id_columns = ["id"]
renamed_from = "old/shot"
columns.id = "int"
columns.at = { type = "datetime", index = true, comment = "UTC", renamed_from = "shot_at" }
)",
                                       {.table_prefix = "x_"});
  const DesiredTable& clip = desired.tables.at({"", "x_clip"});
  ASSERT_EQ(clip.table.indexes.size(), 1U);
  EXPECT_EQ(clip.table.indexes[0].name, "ix_x_clip_at");
  EXPECT_EQ(clip.table.indexes[0].parts.at(0).column, "at");
  EXPECT_FALSE(clip.table.indexes[0].is_unique);
  EXPECT_EQ(clip.renamed_from, "x_old__shot");
  EXPECT_THAT(clip.column_renames, UnorderedElementsAre(Pair("at", "shot_at")));
  EXPECT_EQ(clip.table.columns.back().comment, "UTC");
}

TEST(IndexName, IsShortenedByAHashBeyond63Bytes) {
  const std::string column(60, 'c');
  const std::string name = index_name("t", column);
  EXPECT_EQ(name.size(), 63U);
  EXPECT_EQ(name.substr(0, 55), "ix_t_" + std::string(49, 'c') + "_");
  EXPECT_NE(name, index_name("t", std::string(61, 'c')));
  EXPECT_EQ(index_name("t", std::string(58, 'c')), "ix_t_" + std::string(58, 'c'));
}

TEST(IndexName, IsNeverCutInsideALetter) {
  std::string column;
  for (int i = 0; i < 40; ++i) {
    column += "\xC3\xA4";
  }
  const std::string name = index_name("tt", column);
  EXPECT_EQ(name.size(), 63U);
  EXPECT_EQ(name.substr(0, 6), "ix_tt_");
  EXPECT_EQ(index_name("t", column).size(), 62U);
}

TEST(FeatureTables, TypesCanBeOverridden) {
  const DesiredSchema desired = tables(R"toml(
[features.clip]
id_columns = ["id"]
[features.clip.columns]
id = "int"
a = { type = "float", sql_type = "decimal(12,2)" }
b = { type = "float", sql_type = "decimal(12,2)" }
)toml",
                                       {.column_types = {{"clip", {{"b", "hugeint"}, {"id", "uuid"}}}}});
  EXPECT_THAT(lines_of(table_of(desired, "clip"), 10),
              ElementsAre("id UUID NOT NULL", "a DECIMAL(12,2) NOT NULL", "b HUGEINT NOT NULL"));
}

TEST(FeatureTables, OverridesThatMeetNothingAreNoted) {
  const DesiredSchema desired =
      tables("[features.clip]\nid_columns = [\"id\"]\ncolumns.id = \"int\"\n",
             {.column_types = {{"clip", {{"idd", "uuid"}}}, {"clipp", {}}, {"x", {}}}});
  EXPECT_THAT(desired.notes,
              ElementsAre("[ext.migrate.columns.\"clip\"] names no column 'idd' of it; did you mean 'id'?",
                          "[ext.migrate.columns.\"clipp\"] names no feature; did you mean 'clip'?",
                          "[ext.migrate.columns.\"x\"] names no feature"));
}

TEST(FeatureTables, WrongTypesAreAllReportedAtOnce) {
  EXPECT_EQ(fault([] {
              tables(R"toml(
[features.clip]
id_columns = ["id"]
[features.clip.columns]
id = "int"
a = { sql_type = "nonsense" }
b = { sql_type = "nonsense" }
)toml");
            }),
            "2 faults in the definitions\n"
            "the type of column 'clip.a': unknown type 'nonsense'\n"
            "the type of column 'clip.b': unknown type 'nonsense'");
}

FeatureDefinition with_dependency(const std::string& key, FeatureDependency dependency) {
  FeatureDefinition definition;
  definition.key = key;
  definition.id_columns = {"sensor"};
  definition.fields = {"default"};
  definition.dependencies = {std::move(dependency)};
  return definition;
}

/// The type that the undeclared id column `sensor` of feature `down` gets.
std::string type_of_id(const FeatureDependency& dependency, std::vector<std::string>* notes = nullptr) {
  FeatureDefinition upstream;
  upstream.key = "up";
  upstream.is_external = true;
  upstream.id_columns = {"station"};
  for (const auto& [name, kind] :
       {std::pair("sensor", LogicalKind::integer), std::pair("station", LogicalKind::uuid)}) {
    FeatureColumn column;
    column.name = name;
    column.type.kind = kind;
    upstream.columns.push_back(column);
  }
  const std::vector<FeatureDefinition> all = {with_dependency("down", dependency), upstream};
  const DesiredSchema desired = feature_tables(all, FakeDialect(), {});
  if (notes != nullptr) {
    *notes = desired.notes;
  }
  EXPECT_EQ(desired.tables.size(), 1U);
  return lines_of(table_of(desired, "down"), 10).at(0);
}

TEST(FeatureTables, AnIdColumnWithoutPropertyHasTheUpstreamType) {
  EXPECT_EQ(type_of_id({"up", std::nullopt, {}}), "sensor INTEGER NOT NULL");
  EXPECT_EQ(type_of_id({"up", std::vector<std::string>{"sensor"}, {}}), "sensor INTEGER NOT NULL");
  EXPECT_EQ(type_of_id({"up", std::nullopt, {{"station", "sensor"}}}), "sensor UUID NOT NULL");
  // Metaxy's lists name either the old or the new name; id columns come along unnamed.
  EXPECT_EQ(type_of_id({"up", std::vector<std::string>{}, {{"station", "sensor"}}}), "sensor UUID NOT NULL");
}

TEST(FeatureTables, AnIdColumnThatNobodyDeclaresIsTextWithANote) {
  std::vector<std::string> notes;
  EXPECT_EQ(type_of_id({"gone", std::nullopt, {}}, &notes), "sensor TEXT NOT NULL");
  EXPECT_THAT(
      notes, ElementsAre("id column 'sensor' of feature 'down' is declared neither there nor in a feature it "
                         "depends on: taken as text; give its type below [ext.migrate.columns.\"down\"]"));
  EXPECT_EQ(type_of_id({"up", std::vector<std::string>{"other"}, {}}), "sensor TEXT NOT NULL");
  // `sensor` goes by another name here, so it is not this one.
  EXPECT_EQ(type_of_id({"up", std::nullopt, {{"sensor", "s"}}}), "sensor TEXT NOT NULL");
}

TEST(FeatureTables, UpstreamColumnsAreFoundThroughSeveralFeatures) {
  FeatureDefinition top = with_dependency("a", {"b", std::nullopt, {}});
  FeatureDefinition middle = with_dependency("b", {"c", std::nullopt, {{"s", "sensor"}}});
  FeatureDefinition bottom = with_dependency("c", {"a", std::nullopt, {}});
  FeatureColumn column;
  column.name = "s";
  column.type.kind = LogicalKind::date;
  bottom.columns = {column};
  bottom.id_columns = {"s"};
  const std::vector<FeatureDefinition> all = {top, middle, bottom};
  EXPECT_THAT(lines_of(table_of(feature_tables(all, FakeDialect(), {}), "a"), 10),
              ElementsAre("sensor DATE NOT NULL"));
}

TEST(FeatureTables, ACircleOfDependenciesEnds) {
  const std::vector<FeatureDefinition> all = {with_dependency("a", {"b", std::nullopt, {}}),
                                              with_dependency("b", {"a", std::nullopt, {}})};
  EXPECT_EQ(feature_tables(all, FakeDialect(), {}).notes.size(), 2U);
}

TEST(FeatureTables, AConfiguredTypeNeedsNoUpstream) {
  const std::vector<FeatureDefinition> all = {with_dependency("a", {"gone", std::nullopt, {}})};
  const DesiredSchema desired =
      feature_tables(all, FakeDialect(), {.column_types = {{"a", {{"sensor", "uuid"}}}}});
  EXPECT_THAT(lines_of(table_of(desired, "a"), 10), ElementsAre("sensor UUID NOT NULL"));
  EXPECT_THAT(desired.notes, IsEmpty());
}

TEST(FeatureTables, ExternalAndEmptyDefinitionsHaveNoTable) {
  FeatureDefinition external = with_dependency("a", {});
  external.is_external = true;
  FeatureDefinition empty = with_dependency("b", {});
  empty.has_schema = false;
  const std::vector<FeatureDefinition> all = {external, empty};
  const DesiredSchema desired = feature_tables(all, FakeDialect(), {});
  EXPECT_THAT(desired.tables, IsEmpty());
  EXPECT_THAT(desired.notes, ElementsAre("feature 'b' has an empty schema: its table is left alone"));
}

std::string feature(const std::string& key, const std::string& more = "") {
  return "[features.\"" + key + "\"]\nid_columns = [\"id\"]\ncolumns.id = \"int\"\n" + more + "\n";
}

TEST(FeatureTables, KeysThatShareATableAreRefused) {
  EXPECT_EQ(fault([] { tables(feature("a-b") + feature("a_b")); }),
            "feature 'a-b' (f.toml:1) and feature 'a_b' (f.toml:5) would share the table 'a_b' (Metaxy does "
            "not tell "
            "them apart either: rename one of them)");
  EXPECT_EQ(fault([] { tables(feature("a_/b") + feature("a/_b"), {.table_prefix = "x"}); }),
            "feature 'a_/b' (f.toml:1) and feature 'a/_b' (f.toml:5) would share the table 'xa___b' (Metaxy "
            "does not "
            "tell them apart either: rename one of them)");
  EXPECT_EQ(fault([] { tables(feature("metaxy-system/events")); }),
            "feature 'metaxy-system/events' (f.toml:1) would take Metaxy's own table 'metaxy_system__events' "
            "(rename "
            "the feature)");
}

TEST(FeatureTables, AKeyInTwoSourcesIsRefused) {
  std::vector<FeatureDefinition> all = definitions(feature("clip"));
  all.push_back(all.front());
  all.back().origin = "definitions.toml:9";
  EXPECT_EQ(
      fault([&] { feature_tables(all, FakeDialect(), {}); }),
      "feature 'clip' (f.toml:1) is defined again in definitions.toml:9 (keep one of the two definitions)");
}

TEST(FeatureTables, AnOwnDefinitionWinsOverAnExternalOne) {
  std::vector<FeatureDefinition> all = definitions(feature("clip"));
  all.insert(all.begin(), all.front());
  all.front().is_external = true;
  EXPECT_EQ(feature_tables(all, FakeDialect(), {}).tables.size(), 1U);
}

TEST(FeatureTables, FieldsThatShareAMemberAreRefused) {
  EXPECT_EQ(fault([] { tables(feature("clip", "fields = [\"a/b\", \"a_b\"]")); }),
            "fields 'a/b' and 'a_b' of feature 'clip' (f.toml:1) would share the by-field member 'a_b' (give "
            "one of "
            "them another key)");
}

TEST(FeatureTables, ColumnsThatDifferInCaseOnlyAreRefusedWhereTheDatabaseCannot) {
  const auto all = definitions(feature("clip", "columns.Id = \"str\""));
  EXPECT_EQ(
      fault([&] { feature_tables(all, FakeDialect(), {}); }),
      "columns 'id' and 'Id' of table 'clip' differ only in case, which this database does not tell apart "
      "(rename one of them)");
  FakeDialect exact;
  exact.abilities.has_case_sensitive_names = true;
  EXPECT_EQ(feature_tables(all, exact, {}).tables.size(), 1U);
}

TEST(FeatureTables, MembersThatDifferInCaseOnlyAreRefusedWhereTheDatabaseCannot) {
  const auto all = definitions(
      feature("clip", "columns.x = { type = \"list[struct]\", members = { y = \"int\", Y = \"int\" } }"));
  EXPECT_EQ(fault([&] { feature_tables(all, FakeDialect(), {}); }),
            "members 'y' and 'Y' of column 'x' in table 'clip' differ only in case, which this database does "
            "not tell "
            "apart (rename one of them)");
  FakeDialect exact;
  exact.abilities.has_case_sensitive_names = true;
  EXPECT_EQ(feature_tables(all, exact, {}).tables.size(), 1U);
}

TEST(FeatureTables, NamesThatTheDatabaseWouldCutAreRefused) {
  FakeDialect narrow;
  narrow.abilities.max_identifier_bytes = 63;
  const std::string key(64, 'k');
  const auto all = definitions(feature(key));
  EXPECT_EQ(fault([&] { feature_tables(all, narrow, {}); }),
            "table name '" + key +
                "' has 64 bytes; this database keeps only 63 and would cut it silently (shorten the feature "
                "key, the "
                "column or the store's table_prefix)");
  EXPECT_EQ(feature_tables(definitions(feature(key.substr(1))), narrow, {}).tables.size(), 1U);
}

TEST(FeatureTables, IndexesThatShareANameAreRefused) {
  EXPECT_EQ(
      fault([] {
        tables(feature("a", "columns.b_c = { type = \"int\", index = true }") +
               feature("a_b", "columns.c = { type = \"int\", index = true }"));
      }),
      "tables 'a' and 'a_b' would share the index name 'ix_a_b_c' (rename one of the columns, or leave its "
      "index out)");
}

TEST(FeatureTables, APrefixThatHardDeletesDoNotFindIsNoted) {
  EXPECT_THAT(
      tables(feature("clip"), {.table_prefix = "Dev-"}).notes,
      ElementsAre("table_prefix 'Dev-' is no plain lower-case name: Metaxy's hard deletes will not find the "
                  "tables"));
}

TEST(SystemTables, HaveTheColumnsThatMetaxyExportsAndNoKey) {
  const DesiredSchema desired = system_tables(FakeDialect(), {.table_prefix = "dev_"});
  EXPECT_THAT(
      lines_of(table_of(desired, "dev_metaxy_system__feature_versions")),
      ElementsAre("project TEXT NOT NULL", "feature_key TEXT NOT NULL",
                  "metaxy_definition_version TEXT NOT NULL", "metaxy_feature_version TEXT",
                  "metaxy_project_version TEXT", "recorded_at TIMESTAMP", "feature_spec TEXT",
                  "feature_schema TEXT", "feature_class_path TEXT", "tags TEXT", "deleted_at TIMESTAMP"));
  EXPECT_THAT(
      lines_of(table_of(desired, "dev_metaxy_system__events")),
      ElementsAre("project TEXT NOT NULL", "execution_id TEXT NOT NULL", "timestamp TIMESTAMP NOT NULL",
                  "event_type TEXT", "feature_key TEXT", "payload TEXT"));
  for (const auto& [name, system] : desired.tables) {
    EXPECT_THAT(system.table.constraints, IsEmpty());
    EXPECT_THAT(system.table.indexes, IsEmpty());
    EXPECT_EQ(system.feature, "");
  }
}

TEST(SystemTables, HaveMetaxysKeysOnRequest) {
  const DesiredSchema desired = system_tables(FakeDialect(), {.has_system_primary_key = true});
  const PrimaryKey* key = primary_key(table_of(desired, "metaxy_system__feature_versions"));
  ASSERT_NE(key, nullptr);
  EXPECT_THAT(key->columns, ElementsAre("project", "feature_key", "metaxy_definition_version"));
  key = primary_key(table_of(desired, "metaxy_system__events"));
  ASSERT_NE(key, nullptr);
  EXPECT_THAT(key->columns, ElementsAre("project", "execution_id", "timestamp"));
}

TEST(SystemColumns, AreTenAndEachHasARole) {
  EXPECT_EQ(system_column_names().size(), 10U);
  EXPECT_EQ(column_role("metaxy_data_version_by_field"), ColumnRole::by_field);
  EXPECT_EQ(column_role("metaxy_deleted_at"), ColumnRole::system_timestamp);
  EXPECT_EQ(column_role("metaxy_materialization_id"), ColumnRole::system_text);
  EXPECT_EQ(column_role("clip_id"), ColumnRole::ordinary);
  EXPECT_TRUE(is_metaxy_column("metaxy_snapshot_version"));
  EXPECT_TRUE(is_metaxy_column("metaxy_feature_spec_version"));
  EXPECT_FALSE(is_metaxy_column("metaxy_own"));
  EXPECT_THAT(known_column_renames(),
              UnorderedElementsAre(Pair("metaxy_snapshot_version", "metaxy_project_version"),
                                   Pair("metaxy_full_definition_version", "metaxy_definition_version"),
                                   Pair("metaxy_feature_tracking_version", "metaxy_definition_version")));
}

}  // namespace
}  // namespace metaxy::migrate
