// The accepted alternatives of the contract (E4, F1), asked of the real dialects: what a live column may be.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dialect/registry.hpp"
#include "metaxy/accept.hpp"
#include "metaxy/sources.hpp"
#include "metaxy/tables.hpp"

namespace metaxy::migrate {
namespace {

struct Alternative {
  std::string column;
  std::string type;
  bool is_nullable = false;
  /// "no drift", "warning" (no drift, but a warning), "error" (drift, and Metaxy fails), "drift".
  std::string verdict;
};

Schema wanted_schema(const Dialect& dialect, bool has_map_datatype) {
  TableOptions options;
  options.has_map_datatype = has_map_datatype;
  const auto definitions = definitions_from_toml(R"(
[features.clip]
id_columns = ["id"]
fields = ["frames", "audio/l-1"]
[features.clip.columns]
id   = "int"
at   = "datetime"
key  = "UUID"
tags = "dict[str, str]"
box  = { type = "struct", members = { x = "int" } }
path = "str | None"
)",
                                                 "f.toml", "p");
  return feature_tables(definitions, dialect, options).schema();
}

std::string verdict_on(const Dialect& dialect, bool has_map_datatype, const Alternative& alternative) {
  const Schema wanted = wanted_schema(dialect, has_map_datatype);
  Schema live = wanted;
  Column* column = find_column(live.at({"", "clip"}), alternative.column);
  column->type = dialect.canonical_type(parse_type(alternative.type));
  column->is_nullable = alternative.is_nullable;
  const Accepted accepted = accept_alternatives(wanted, live, dialect);
  const bool is_drift = !equivalent(accepted.wanted, accepted.live);
  if (accepted.notes.empty()) {
    return is_drift ? "drift" : "no drift";
  }
  switch (accepted.notes.front().severity) {
    case Severity::error:
      return is_drift ? "error" : "error without drift";
    case Severity::warning:
      return is_drift ? "warning with drift" : "warning";
    case Severity::info:
      return "info";
  }
  return "";
}

void expect_verdicts(const std::string& dialect, bool has_map_datatype,
                     const std::vector<Alternative>& alternatives) {
  for (const Alternative& alternative : alternatives) {
    EXPECT_EQ(verdict_on(*find_dialect(dialect), has_map_datatype, alternative), alternative.verdict)
        << alternative.column << " " << alternative.type << (alternative.is_nullable ? "" : " NOT NULL");
  }
}

TEST(DuckDbAlternatives, AreThoseOfTheContract) {
  for (const char* by_field : {"metaxy_provenance_by_field", "metaxy_data_version_by_field"}) {
    expect_verdicts(
        "duckdb", false,
        {{by_field, R"(STRUCT("frames" VARCHAR, "audio_l-1" VARCHAR))", false, "no drift"},
         {by_field, R"(STRUCT("frames" VARCHAR, "audio_l-1" VARCHAR))", true, "no drift"},
         {by_field, R"(STRUCT("audio_l-1" VARCHAR, "frames" VARCHAR))", true, "no drift"},
         {by_field, R"(STRUCT("old" VARCHAR, "audio_l-1" VARCHAR, "frames" VARCHAR))", true, "no drift"},
         {by_field, R"(STRUCT("frames" VARCHAR))", true, "error"},
         {by_field, "MAP(VARCHAR, VARCHAR)", true, "warning"},
         {by_field, "JSON", true, "warning"},
         {by_field, "VARIANT", true, "warning"},
         {by_field, "VARCHAR", true, "drift"}});
  }
  for (const char* text :
       {"metaxy_provenance", "metaxy_feature_version", "metaxy_project_version", "metaxy_data_version"}) {
    expect_verdicts("duckdb", false,
                    {{text, "VARCHAR", false, "no drift"},
                     {text, "VARCHAR", true, "no drift"},
                     {text, "TEXT", true, "no drift"},
                     {text, "BLOB", true, "drift"}});
  }
  for (const char* time : {"metaxy_created_at", "metaxy_updated_at"}) {
    expect_verdicts("duckdb", false,
                    {{time, "TIMESTAMPTZ", false, "no drift"},
                     {time, "TIMESTAMPTZ", true, "no drift"},
                     {time, "TIMESTAMP", false, "warning"},
                     {time, "VARCHAR", true, "drift"}});
  }
  expect_verdicts("duckdb", false,
                  {{"metaxy_deleted_at", "TIMESTAMPTZ", true, "no drift"},
                   {"metaxy_deleted_at", "TIMESTAMPTZ", false, "error"},
                   {"metaxy_materialization_id", "VARCHAR", true, "no drift"},
                   {"metaxy_materialization_id", "VARCHAR", false, "error"}});
}

TEST(DuckDbAlternatives, WithTheFlagAreThoseOfTheContract) {
  expect_verdicts(
      "duckdb", true,
      {{"metaxy_provenance_by_field", "MAP(VARCHAR, VARCHAR)", false, "no drift"},
       {"metaxy_provenance_by_field", "MAP(VARCHAR, VARCHAR)", true, "no drift"},
       {"metaxy_provenance_by_field", R"(STRUCT("frames" VARCHAR, "audio_l-1" VARCHAR))", true, "error"},
       {"metaxy_provenance_by_field", "JSON", true, "warning"},
       {"metaxy_provenance_by_field", "VARIANT", true, "warning"}});
}

TEST(DuckDbAlternatives, OfUsersColumnsAreThoseOfTheContract) {
  expect_verdicts("duckdb", false,
                  {{"id", "BIGINT", true, "no drift"},
                   {"id", "INTEGER", false, "drift"},
                   {"at", "TIMESTAMPTZ", false, "no drift"},
                   {"at", "DATE", false, "drift"},
                   {"key", "VARCHAR", false, "no drift"},
                   {"tags", "JSON", false, "no drift"},
                   {"tags", "MAP(VARCHAR, VARCHAR)", false, "no drift"},
                   {"tags", R"(STRUCT("a" VARCHAR))", false, "no drift"},
                   {"box", "JSON", false, "no drift"},
                   {"box", R"(STRUCT("y" DATE, "x" BIGINT))", false, "no drift"},
                   {"box", R"(STRUCT("y" DATE))", false, "drift"},
                   {"path", "VARCHAR", true, "no drift"},
                   {"path", "VARCHAR", false, "error"}});
}

TEST(SqliteAlternatives, AreThoseOfTheContract) {
  for (const char* text : {"metaxy_provenance_by_field", "metaxy_provenance", "metaxy_created_at"}) {
    expect_verdicts("sqlite", false,
                    {{text, "TEXT", false, "no drift"},
                     {text, "TEXT", true, "no drift"},
                     {text, "VARCHAR", false, "no drift"},
                     {text, "JSON", true, "no drift"},
                     {text, "DATETIME", true, "no drift"},
                     {text, "INTEGER", true, "error"}});
  }
  expect_verdicts("sqlite", false,
                  {{"metaxy_deleted_at", "TEXT", true, "no drift"},
                   {"metaxy_deleted_at", "TEXT", false, "error"},
                   {"metaxy_materialization_id", "TEXT", false, "error"},
                   {"id", "INT", false, "no drift"},
                   {"tags", "TEXT", false, "no drift"},
                   {"path", "VARCHAR(12)", true, "no drift"}});
}

}  // namespace
}  // namespace metaxy::migrate
