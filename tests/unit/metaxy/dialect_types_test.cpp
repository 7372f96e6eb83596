// The column types that each database gets for the encodings of the contract's table F1, and for Metaxy's own
// columns (E4).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "dialect/registry.hpp"
#include "metaxy/sources.hpp"
#include "metaxy/tables.hpp"
#include "schema/json.hpp"
#include "unit/metaxy/definition_text.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

/// A definition whose columns are the properties of one set in the fixture; the id column is called `id`.
FeatureDefinition definition_of_fixture(const std::string& set) {
  Json schema;
  std::ifstream file(MM_FIXTURES "/pydantic_encodings.jsonl");
  std::string line;
  while (std::getline(file, line)) {
    const Json entry = Json::parse(line);
    if (entry["set"] != set) {
      continue;
    }
    if (entry.contains("$defs")) {
      schema["$defs"] = entry["$defs"];
    } else {
      schema["properties"][entry["property"].get<std::string>()] = entry["schema"];
    }
  }
  std::vector<std::string> notes;
  return definition_from_json(
      R"({"key": "clip", "id_columns": [], "fields": [{"key": "frames"}, {"key": "audio/l-1"}]})",
      schema.dump(), "p", "fixture", notes);
}

std::vector<std::string> columns(const std::string& dialect, const std::string& set, bool has_map_datatype) {
  TableOptions options;
  options.has_map_datatype = has_map_datatype;
  const std::vector<FeatureDefinition> definitions = {definition_of_fixture(set)};
  return lines_of(
      feature_tables(definitions, *find_dialect(dialect), options).tables.at({"", "clip"}).table.columns);
}

std::vector<std::string> system_columns(const std::string& dialect, bool has_map_datatype) {
  std::vector<std::string> lines = columns(dialect, "v", has_map_datatype);
  lines.resize(10);
  return lines;
}

std::vector<std::string> user_columns(const std::string& dialect, const std::string& set,
                                      bool has_map_datatype) {
  std::vector<std::string> lines = columns(dialect, set, has_map_datatype);
  lines.erase(lines.begin(), lines.begin() + 10);
  return lines;
}

TEST(DuckDbTypes, EveryEncodingOfTheFirstSetHasTheTypeOfTheContract) {
  EXPECT_THAT(user_columns("duckdb", "video/raw-v1", false),
              ElementsAreArray<std::string>({"video_id VARCHAR NOT NULL",
                                             "n BIGINT NOT NULL",
                                             "f DOUBLE NOT NULL",
                                             "b BOOLEAN NOT NULL",
                                             "d TIMESTAMP NOT NULL",
                                             "dd DATE NOT NULL",
                                             "t TIME NOT NULL",
                                             "td INTERVAL NOT NULL",
                                             "u UUID NOT NULL",
                                             "dec DECIMAL(38,9) NOT NULL",
                                             "dec2 DECIMAL(10,2) NOT NULL",
                                             "by BLOB NOT NULL",
                                             "c VARCHAR NOT NULL",
                                             "lv BIGINT NOT NULL",
                                             "one VARCHAR NOT NULL",
                                             "lit VARCHAR NOT NULL",
                                             "lit1 VARCHAR NOT NULL",
                                             "liti BIGINT NOT NULL",
                                             "litmix VARCHAR NOT NULL",
                                             "litn VARCHAR",
                                             "opt VARCHAR",
                                             "opt_def VARCHAR",
                                             R"q(optn STRUCT("x" BIGINT, "y" VARCHAR))q",
                                             "li BIGINT[] NOT NULL",
                                             "lo VARCHAR[] NOT NULL",
                                             "se VARCHAR[] NOT NULL",
                                             "tu JSON NOT NULL",
                                             "tuv BIGINT[] NOT NULL",
                                             "di JSON NOT NULL",
                                             "dany JSON NOT NULL",
                                             "lany JSON[] NOT NULL",
                                             R"q(nest STRUCT("x" BIGINT, "y" VARCHAR) NOT NULL)q",
                                             R"q(lnest STRUCT("x" BIGINT, "y" VARCHAR)[] NOT NULL)q",
                                             "a JSON",
                                             "a2 JSON",
                                             "cs VARCHAR NOT NULL",
                                             "ci BIGINT NOT NULL",
                                             "cf DOUBLE NOT NULL",
                                             "url VARCHAR NOT NULL",
                                             "p VARCHAR NOT NULL",
                                             "fp VARCHAR",
                                             "un JSON NOT NULL",
                                             "aw TIMESTAMP NOT NULL",
                                             "nv TIMESTAMP NOT NULL",
                                             "js VARCHAR NOT NULL",
                                             "jsl VARCHAR NOT NULL",
                                             "sec VARCHAR NOT NULL",
                                             "ip VARCHAR NOT NULL",
                                             "aliased_name VARCHAR NOT NULL",
                                             "val_alias VARCHAR NOT NULL",
                                             "ser VARCHAR NOT NULL",
                                             "exc VARCHAR NOT NULL",
                                             "dflt BIGINT NOT NULL",
                                             "dflt_s VARCHAR NOT NULL",
                                             "dff VARCHAR[] NOT NULL",
                                             "depr VARCHAR NOT NULL",
                                             "obj JSON",
                                             "cx VARCHAR NOT NULL",
                                             "frozen BIGINT[] NOT NULL",
                                             "optd TIMESTAMP",
                                             "optc VARCHAR",
                                             "dnest JSON NOT NULL",
                                             "any_list JSON[] NOT NULL",
                                             "dnest2 JSON NOT NULL"}));
}

TEST(DuckDbTypes, EveryEncodingOfTheSecondSetHasTheTypeOfTheContract) {
  EXPECT_THAT(user_columns("duckdb", "v", false),
              ElementsAreArray<std::string>({"a VARCHAR",
                                             "b BIGINT",
                                             "c DOUBLE[]",
                                             "d DECIMAL(38,9)",
                                             "d2 DECIMAL(38,9) NOT NULL",
                                             "d3 DECIMAL(38,3) NOT NULL",
                                             "dd DECIMAL(12,4)",
                                             "e1 VARCHAR NOT NULL",
                                             "e2 DOUBLE NOT NULL",
                                             "r BIGINT[] NOT NULL",
                                             "u JSON NOT NULL",
                                             "un DOUBLE",
                                             "uif DOUBLE NOT NULL",
                                             "usf DECIMAL(38,9) NOT NULL",
                                             R"q(td STRUCT("q" BIGINT) NOT NULL)q",
                                             "nt JSON NOT NULL",
                                             "ddt TIMESTAMP NOT NULL",
                                             "de DATE NOT NULL",
                                             R"q(ce STRUCT("x" BIGINT) NOT NULL)q",
                                             "ce2 VARCHAR NOT NULL",
                                             "bs JSON NOT NULL",
                                             "b64 BLOB NOT NULL",
                                             "ip4 VARCHAR NOT NULL",
                                             "net VARCHAR NOT NULL",
                                             "pat VARCHAR NOT NULL",
                                             "lst2 BIGINT[][] NOT NULL",
                                             "pd DATE NOT NULL",
                                             "fp VARCHAR NOT NULL",
                                             "ss VARCHAR NOT NULL",
                                             "tpl JSON[] NOT NULL",
                                             "st VARCHAR[] NOT NULL",
                                             "it BIGINT[] NOT NULL",
                                             "mp JSON NOT NULL",
                                             "dik JSON NOT NULL",
                                             "dpat JSON NOT NULL",
                                             "emb DOUBLE[] NOT NULL",
                                             "oo VARCHAR",
                                             "bb BOOLEAN NOT NULL"}));
}

TEST(SqliteTypes, EveryEncodingOfTheFirstSetHasTheTypeOfTheContract) {
  EXPECT_THAT(user_columns("sqlite", "video/raw-v1", false),
              ElementsAreArray<std::string>({"video_id TEXT NOT NULL",
                                             "n INTEGER NOT NULL",
                                             "f REAL NOT NULL",
                                             "b BOOLEAN NOT NULL",
                                             "d TEXT NOT NULL",
                                             "dd TEXT NOT NULL",
                                             "t TEXT NOT NULL",
                                             "td TEXT NOT NULL",
                                             "u TEXT NOT NULL",
                                             "dec NUMERIC NOT NULL",
                                             "dec2 NUMERIC NOT NULL",
                                             "by BLOB NOT NULL",
                                             "c TEXT NOT NULL",
                                             "lv INTEGER NOT NULL",
                                             "one TEXT NOT NULL",
                                             "lit TEXT NOT NULL",
                                             "lit1 TEXT NOT NULL",
                                             "liti INTEGER NOT NULL",
                                             "litmix TEXT NOT NULL",
                                             "litn TEXT",
                                             "opt TEXT",
                                             "opt_def TEXT",
                                             "optn JSON",
                                             "li JSON NOT NULL",
                                             "lo JSON NOT NULL",
                                             "se JSON NOT NULL",
                                             "tu JSON NOT NULL",
                                             "tuv JSON NOT NULL",
                                             "di JSON NOT NULL",
                                             "dany JSON NOT NULL",
                                             "lany JSON NOT NULL",
                                             "nest JSON NOT NULL",
                                             "lnest JSON NOT NULL",
                                             "a JSON",
                                             "a2 JSON",
                                             "cs TEXT NOT NULL",
                                             "ci INTEGER NOT NULL",
                                             "cf REAL NOT NULL",
                                             "url TEXT NOT NULL",
                                             "p TEXT NOT NULL",
                                             "fp TEXT",
                                             "un JSON NOT NULL",
                                             "aw TEXT NOT NULL",
                                             "nv TEXT NOT NULL",
                                             "js TEXT NOT NULL",
                                             "jsl TEXT NOT NULL",
                                             "sec TEXT NOT NULL",
                                             "ip TEXT NOT NULL",
                                             "aliased_name TEXT NOT NULL",
                                             "val_alias TEXT NOT NULL",
                                             "ser TEXT NOT NULL",
                                             "exc TEXT NOT NULL",
                                             "dflt INTEGER NOT NULL",
                                             "dflt_s TEXT NOT NULL",
                                             "dff JSON NOT NULL",
                                             "depr TEXT NOT NULL",
                                             "obj JSON",
                                             "cx TEXT NOT NULL",
                                             "frozen JSON NOT NULL",
                                             "optd TEXT",
                                             "optc TEXT",
                                             "dnest JSON NOT NULL",
                                             "any_list JSON NOT NULL",
                                             "dnest2 JSON NOT NULL"}));
  EXPECT_EQ(user_columns("sqlite", "video/raw-v1", true), user_columns("sqlite", "video/raw-v1", false));
}

TEST(SqliteTypes, EveryEncodingOfTheSecondSetHasTheTypeOfTheContract) {
  EXPECT_THAT(user_columns("sqlite", "v", false), ElementsAreArray<std::string>({"a TEXT",
                                                                                 "b INTEGER",
                                                                                 "c JSON",
                                                                                 "d NUMERIC",
                                                                                 "d2 NUMERIC NOT NULL",
                                                                                 "d3 NUMERIC NOT NULL",
                                                                                 "dd NUMERIC",
                                                                                 "e1 TEXT NOT NULL",
                                                                                 "e2 REAL NOT NULL",
                                                                                 "r JSON NOT NULL",
                                                                                 "u JSON NOT NULL",
                                                                                 "un REAL",
                                                                                 "uif REAL NOT NULL",
                                                                                 "usf NUMERIC NOT NULL",
                                                                                 "td JSON NOT NULL",
                                                                                 "nt JSON NOT NULL",
                                                                                 "ddt TEXT NOT NULL",
                                                                                 "de TEXT NOT NULL",
                                                                                 "ce JSON NOT NULL",
                                                                                 "ce2 TEXT NOT NULL",
                                                                                 "bs JSON NOT NULL",
                                                                                 "b64 BLOB NOT NULL",
                                                                                 "ip4 TEXT NOT NULL",
                                                                                 "net TEXT NOT NULL",
                                                                                 "pat TEXT NOT NULL",
                                                                                 "lst2 JSON NOT NULL",
                                                                                 "pd TEXT NOT NULL",
                                                                                 "fp TEXT NOT NULL",
                                                                                 "ss TEXT NOT NULL",
                                                                                 "tpl JSON NOT NULL",
                                                                                 "st JSON NOT NULL",
                                                                                 "it JSON NOT NULL",
                                                                                 "mp JSON NOT NULL",
                                                                                 "dik JSON NOT NULL",
                                                                                 "dpat JSON NOT NULL",
                                                                                 "emb JSON NOT NULL",
                                                                                 "oo TEXT",
                                                                                 "bb BOOLEAN NOT NULL"}));
}

/// Those columns of the first list that differ from the second, as in the first.
std::vector<std::string> changed(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b.at(i)) {
      lines.push_back(a[i]);
    }
  }
  return lines;
}

TEST(DuckDbTypes, TheFlagMakesMapsOfDicts) {
  EXPECT_THAT(
      changed(user_columns("duckdb", "video/raw-v1", true), user_columns("duckdb", "video/raw-v1", false)),
      ElementsAre("di MAP(VARCHAR, BIGINT) NOT NULL", "dany MAP(VARCHAR, JSON) NOT NULL",
                  R"q(dnest MAP(VARCHAR, STRUCT("x" BIGINT, "y" VARCHAR)) NOT NULL)q",
                  "dnest2 MAP(VARCHAR, MAP(VARCHAR, DOUBLE)) NOT NULL"));
  EXPECT_THAT(changed(user_columns("duckdb", "v", true), user_columns("duckdb", "v", false)),
              ElementsAre("mp MAP(VARCHAR, BIGINT) NOT NULL", "dik MAP(VARCHAR, VARCHAR) NOT NULL",
                          "dpat MAP(VARCHAR, BIGINT) NOT NULL"));
}

TEST(DuckDbTypes, MetaxysColumnsAreThoseOfTheContract) {
  EXPECT_THAT(
      system_columns("duckdb", false),
      ElementsAre(R"q(metaxy_provenance_by_field STRUCT("frames" VARCHAR, "audio_l-1" VARCHAR) NOT NULL)q",
                  "metaxy_provenance VARCHAR NOT NULL", "metaxy_feature_version VARCHAR NOT NULL",
                  "metaxy_project_version VARCHAR NOT NULL",
                  R"q(metaxy_data_version_by_field STRUCT("frames" VARCHAR, "audio_l-1" VARCHAR) NOT NULL)q",
                  "metaxy_data_version VARCHAR NOT NULL",
                  "metaxy_created_at TIMESTAMP WITH TIME ZONE NOT NULL", "metaxy_materialization_id VARCHAR",
                  "metaxy_updated_at TIMESTAMP WITH TIME ZONE NOT NULL",
                  "metaxy_deleted_at TIMESTAMP WITH TIME ZONE"));
  EXPECT_THAT(changed(system_columns("duckdb", true), system_columns("duckdb", false)),
              ElementsAre("metaxy_provenance_by_field MAP(VARCHAR, VARCHAR) NOT NULL",
                          "metaxy_data_version_by_field MAP(VARCHAR, VARCHAR) NOT NULL"));
}

TEST(SqliteTypes, MetaxysColumnsAreThoseOfTheContract) {
  EXPECT_THAT(system_columns("sqlite", false),
              ElementsAre("metaxy_provenance_by_field TEXT NOT NULL", "metaxy_provenance TEXT NOT NULL",
                          "metaxy_feature_version TEXT NOT NULL", "metaxy_project_version TEXT NOT NULL",
                          "metaxy_data_version_by_field TEXT NOT NULL", "metaxy_data_version TEXT NOT NULL",
                          "metaxy_created_at TEXT NOT NULL", "metaxy_materialization_id TEXT",
                          "metaxy_updated_at TEXT NOT NULL", "metaxy_deleted_at TEXT"));
}

std::vector<std::string> feature_versions(const std::string& dialect) {
  return lines_of(system_tables(*find_dialect(dialect), {})
                      .tables.at({"", "metaxy_system__feature_versions"})
                      .table.columns);
}

TEST(SystemTableTypes, AreUnboundedTextsAndTimestampsWithoutZone) {
  EXPECT_THAT(feature_versions("duckdb"),
              ElementsAre("project VARCHAR NOT NULL", "feature_key VARCHAR NOT NULL",
                          "metaxy_definition_version VARCHAR NOT NULL", "metaxy_feature_version VARCHAR",
                          "metaxy_project_version VARCHAR", "recorded_at TIMESTAMP", "feature_spec VARCHAR",
                          "feature_schema VARCHAR", "feature_class_path VARCHAR", "tags VARCHAR",
                          "deleted_at TIMESTAMP"));
  EXPECT_THAT(feature_versions("sqlite"),
              ElementsAre("project TEXT NOT NULL", "feature_key TEXT NOT NULL",
                          "metaxy_definition_version TEXT NOT NULL", "metaxy_feature_version TEXT",
                          "metaxy_project_version TEXT", "recorded_at TEXT", "feature_spec TEXT",
                          "feature_schema TEXT", "feature_class_path TEXT", "tags TEXT", "deleted_at TEXT"));
}

}  // namespace
}  // namespace metaxy::migrate
