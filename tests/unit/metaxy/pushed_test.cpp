// The definitions that `metaxy push` left in a store, read from real databases (metaxy contract, G2).

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "dialect/registry.hpp"
#include "metaxy/sources.hpp"
#include "support/scratch_database.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct PushedRow {
  std::string project;
  std::string key;
  Cell project_version;
  Cell recorded_at;
  /// The one user column's name; tells rows of one feature apart.
  std::string column;
  std::string spec = {};
};

/// An empty store with the system table as Metaxy itself creates it.
class PushedDefinitions : public ::testing::TestWithParam<const Dialect*> {
 protected:
  PushedDefinitions() { connection_ = database_.connected(); }

  void create_table() {
    connection_->execute(
        "CREATE TABLE dev_metaxy_system__feature_versions (project VARCHAR, feature_key VARCHAR, "
        "metaxy_feature_version VARCHAR, metaxy_definition_version VARCHAR, recorded_at TIMESTAMP, "
        "feature_spec VARCHAR, feature_schema VARCHAR, feature_class_path VARCHAR, metaxy_project_version "
        "VARCHAR, "
        "tags VARCHAR, deleted_at TIMESTAMP)");
  }

  void push(const PushedRow& row) {
    const std::string spec =
        row.spec.empty() ? fmt::format(R"({{"key": "{}", "id_columns": ["{}"]}})", row.key, row.column)
                         : row.spec;
    const std::string schema = fmt::format(R"({{"properties": {{"{}": {{"type": "string"}}}}}})", row.column);
    const std::vector<Cell> values = {row.project, row.key, "d",   row.recorded_at,
                                      spec,        schema,  "a.B", row.project_version};
    connection_->execute(
        "INSERT INTO dev_metaxy_system__feature_versions (project, feature_key, metaxy_definition_version, "
        "recorded_at, feature_spec, feature_schema, feature_class_path, metaxy_project_version) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        values);
  }

  std::vector<FeatureDefinition> definitions() {
    return pushed_definitions(*connection_, *GetParam(), "dev_", "shop", notes_);
  }

  /// "key.column" of what is read.
  std::vector<std::string> read() {
    std::vector<std::string> lines;
    for (const FeatureDefinition& definition : definitions()) {
      lines.push_back(definition.key + "." + definition.columns.at(0).name);
    }
    return lines;
  }

  test::ScratchDatabase database_{*GetParam()};
  std::unique_ptr<Connection> connection_;
  std::vector<std::string> notes_;
};

TEST_P(PushedDefinitions, AreOfTheNewestProjectVersionOnly) {
  create_table();
  push({"shop", "clip", "v1", "2026-01-01 00:00:00.000001", "old"});
  push({"shop", "gone", "v1", "2026-01-01 00:00:00.000002", "old"});
  push({"shop", "clip", "v2", "2026-01-02 00:00:00.000001", "new"});
  push({"shop", "scene", "v2", "2026-01-02 00:00:00.000002", "new"});
  push({"plant", "sensor", "v9", "2026-01-03 00:00:00.000001", "other"});
  EXPECT_THAT(read(), ElementsAre("clip.new", "scene.new"));
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_P(PushedDefinitions, AVersionThatCameBackIsTheNewestAgain) {
  create_table();
  push({"shop", "clip", "v1", "2026-01-01 00:00:00", "first"});
  push({"shop", "clip", "v2", "2026-01-02 00:00:00", "second"});
  push({"shop", "clip", "v1", "2026-01-03 00:00:00", "third"});
  EXPECT_THAT(read(), ElementsAre("clip.third"));
}

TEST_P(PushedDefinitions, RowsWithoutTimeOrVersionAreTheOldest) {
  create_table();
  push({"shop", "clip", "v1", std::nullopt, "timeless"});
  push({"shop", "clip", "v1", "2026-01-01 00:00:00", "timed"});
  push({"shop", "clip", std::nullopt, "2026-01-02 00:00:00", "versionless"});
  EXPECT_THAT(read(), ElementsAre("clip.timed"));
}

TEST_P(PushedDefinitions, CarryProjectClassAndOrigin) {
  create_table();
  push({"shop", "video/clip", "v1", "2026-01-01 00:00:00", "id"});
  const FeatureDefinition definition = definitions().at(0);
  EXPECT_EQ(definition.project, "shop");
  EXPECT_EQ(definition.class_path, "a.B");
  EXPECT_EQ(definition.origin, "dev_metaxy_system__feature_versions");
  EXPECT_FALSE(definition.is_external);
  EXPECT_THAT(definition.id_columns, ElementsAre("id"));
}

TEST_P(PushedDefinitions, RowsThatCannotBeReadAreSkippedWithANote) {
  create_table();
  push({"shop", "clip", "v1", "2026-01-01 00:00:00", "id"});
  push({"shop", "scene", "v1", "2026-01-01 00:00:00", "id", "nonsense"});
  EXPECT_THAT(read(), ElementsAre("clip.id"));
  EXPECT_THAT(notes_,
              ElementsAre("the feature spec of feature 'scene' in dev_metaxy_system__feature_versions is no "
                          "JSON (byte 2); it is skipped"));
}

TEST_P(PushedDefinitions, NothingPushedIsNothing) {
  create_table();
  EXPECT_THAT(definitions(), IsEmpty());
}

TEST_P(PushedDefinitions, AStoreWithoutSystemTablesSaysWhatToDo) {
  try {
    definitions();
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::configuration);
    EXPECT_STREQ(error.what(),
                 "the pushed definitions cannot be read from 'dev_metaxy_system__feature_versions'");
    EXPECT_EQ(error.hint(), "migrate Metaxy's system tables of this store, then run `metaxy push`");
    EXPECT_EQ(error.notes().size(), 1U);
  }
}

INSTANTIATE_TEST_SUITE_P(OnEachDatabase, PushedDefinitions, ::testing::ValuesIn(all_dialects()),
                         [](const auto& instance) { return std::string(instance.param->name()); });

}  // namespace
}  // namespace metaxy::migrate
