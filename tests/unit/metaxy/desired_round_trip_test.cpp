// What definitions ask for, made in real databases: they report back exactly the desired schema (decision 2).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "dialect/registry.hpp"
#include "diff/diff.hpp"
#include "metaxy/accept.hpp"
#include "metaxy/sources.hpp"
#include "metaxy/tables.hpp"
#include "schema/json.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::IsEmpty;

/// A feature for each set of encodings in the fixture.
std::vector<FeatureDefinition> definitions_of_fixture() {
  std::map<std::string, Json> schemas;
  std::ifstream file(MM_FIXTURES "/pydantic_encodings.jsonl");
  std::string line;
  while (std::getline(file, line)) {
    const Json entry = Json::parse(line);
    Json& schema = schemas[entry["set"].get<std::string>()];
    if (entry.contains("$defs")) {
      schema["$defs"] = entry["$defs"];
    } else {
      schema["properties"][entry["property"].get<std::string>()] = entry["schema"];
    }
  }
  std::vector<FeatureDefinition> definitions;
  std::vector<std::string> notes;
  for (const auto& [set, schema] : schemas) {
    const Json spec = {
        {"key", set}, {"id_columns", {"a"}}, {"fields", {{{"key", "frames"}}, {{"key", "audio/l-1"}}}}};
    definitions.push_back(definition_from_json(spec.dump(), schema.dump(), "p", set, notes));
  }
  return definitions;
}

std::vector<FeatureDefinition> definitions_by_hand() {
  return definitions_from_toml(R"(
[features."odd/name-s"]
id_columns = ["order", "Gr\u00f6\u00dfe"]
description = "it's \"quoted\""
[features."odd/name-s".columns]
order = "int"
"Gr\u00f6\u00dfe" = { type = "str", comment = "with 'quotes'", index = true }
"a \"b\" c" = { type = "struct | None", members = { "x y" = "list[str]", "select" = "float" } }
at = { type = "AwareDatetime", index = true }
)",
                               "f.toml", "p");
}

class DesiredTables : public ::testing::TestWithParam<const Dialect*> {
 protected:
  DesiredTables() {
    Target target;
    target.location = Secret(":memory:");
    ConnectOptions options;
    options.access = Access::read_write;
    options.may_create = true;
    connection_ = GetParam()->connect(target, options);
  }

  /// What the database reports after the schema was made in it.
  Schema made(const Schema& schema) {
    const Dialect& dialect = *GetParam();
    for (const std::vector<Statement>& group : dialect.render({}, schema, diff({}, schema), {})) {
      for (const Statement& statement : group) {
        connection_->execute(statement.text);
      }
    }
    return dialect.reflect(*connection_, {}).schema;
  }

  void expect_round_trip(const std::vector<FeatureDefinition>& definitions, const TableOptions& options) {
    Schema wanted = feature_tables(definitions, *GetParam(), options).schema();
    wanted.merge(system_tables(*GetParam(), options).schema());
    const Schema live = made(wanted);
    std::vector<std::string> differences;
    for (const Operation& operation : diff(live, wanted)) {
      differences.push_back(summary(operation));
    }
    EXPECT_THAT(differences, IsEmpty());
    const Accepted accepted = accept_alternatives(
        wanted, live, *GetParam(), {.wanted = AcceptOptions::Wanted::model, .managed = nullptr});
    EXPECT_TRUE(equivalent(accepted.wanted, wanted));
    EXPECT_THAT(accepted.notes, IsEmpty());
    EXPECT_THAT(accepted.unmanaged, IsEmpty());
  }

  std::unique_ptr<Connection> connection_;
};

TEST_P(DesiredTables, OfEveryEncodingComeBackAsWanted) {
  expect_round_trip(definitions_of_fixture(), {.table_prefix = "dev_"});
}

TEST_P(DesiredTables, WithTheFlagComeBackAsWanted) {
  expect_round_trip(definitions_of_fixture(), {.has_map_datatype = true});
}

TEST_P(DesiredTables, WithOddNamesCommentsAndIndexesComeBackAsWanted) {
  expect_round_trip(definitions_by_hand(), {});
}

INSTANTIATE_TEST_SUITE_P(OnEachFileDatabase, DesiredTables,
                         ::testing::Values(find_dialect("duckdb"), find_dialect("sqlite")),
                         [](const auto& instance) { return std::string(instance.param->name()); });

}  // namespace
}  // namespace metaxy::migrate
