// The state tables on every registered database.

#include "dialect/state_sql.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "dialect/registry.hpp"
#include "support/scratch_database.hpp"

namespace metaxy::migrate {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::UnorderedElementsAre;

class StateSqlOn : public testing::TestWithParam<const Dialect*> {
 protected:
  StateSqlOn() {
    connection_ = database_.connected();
    connection_->execute(sql_.create_version_table());
    connection_->execute(sql_.create_log_table());
  }

  std::int64_t run(const std::string& sql, const std::vector<Cell>& parameters = {}) {
    return connection_->execute(sql, parameters);
  }
  std::vector<std::string> versions() {
    std::vector<std::string> result;
    for (const Row& row : connection_->query(sql_.select_versions())) {
      result.push_back(row.at(0).value_or("NULL"));
    }
    return result;
  }
  std::vector<LogRow> log() {
    std::vector<LogRow> result;
    for (const Row& row : connection_->query(sql_.select_log())) {
      result.push_back(StateSql::log_row_from(row));
    }
    return result;
  }
  std::vector<std::string> tables(const StateSql& sql) {
    std::vector<std::string> names;
    for (const Row& row : connection_->query(sql.select_state_tables())) {
      names.push_back(row.at(0).value_or("NULL"));
    }
    return names;
  }
  /// What the guard says when it stops; empty when it lets pass.
  std::string guarded(const std::vector<std::string>& rows) {
    try {
      for (const std::string& statement : sql_.guard(rows)) {
        connection_->query(statement);
      }
    } catch (const StatementFailed& failed) {
      return failed.what();
    }
    return "";
  }

  StateSql sql_{*GetParam(), "metaxy_migrate_version_it's", "metaxy_migrate_log"};
  test::ScratchDatabase database_{*GetParam()};
  std::unique_ptr<Connection> connection_;
};

LogRow full_row() {
  LogRow row;
  row.sequence = 7;
  row.project = "it's mine";
  row.environment = "prod";
  row.part = "all";
  row.at = "2026-11-22 13:05:00.123456";
  row.action = "upgrade";
  row.revision = "7f3a51c09be2";
  row.message = "two\nlines; 日本語";
  row.down_revision = "a,b";
  row.upgrade_checksum = "aa";
  row.downgrade_checksum = "bb";
  row.script = "-- the\n-- script 'text'\n";
  row.outcome = "statement";
  row.section = 0;
  row.statement = 12;
  row.statements = 13;
  row.duration_ms = 1234567890123;
  row.failed_sql = "DROP TABLE \"t\"";
  row.error = "no such table: t";
  row.tool_version = "0.1.0";
  row.user = "ada";
  row.host = "ci-1";
  return row;
}

void expect_same(const LogRow& a, const LogRow& b) {
  std::vector<Cell> of_a = StateSql::log_parameters(a);
  std::vector<Cell> of_b = StateSql::log_parameters(b);
  of_a.pop_back();  // The script is read by a query of its own.
  of_b.pop_back();
  EXPECT_EQ(of_a, of_b);
}

TEST_P(StateSqlOn, TablesAreCreatedOnceAndFound) {
  EXPECT_THAT(tables(sql_), UnorderedElementsAre("metaxy_migrate_log", "metaxy_migrate_version_it's"));
  // Where case makes another name, it is another table.
  const std::vector<std::string> found =
      tables(StateSql(*GetParam(), "metaxy_migrate", "METAXY_MIGRATE_LOG"));
  EXPECT_EQ(found.empty(), GetParam()->capabilities().has_case_sensitive_names);
  run(sql_.create_version_table());
  run(sql_.create_log_table());
}

TEST_P(StateSqlOn, VersionRowsChangeOneByOne) {
  EXPECT_EQ(run(sql_.insert_version(), {"b"}), 1);
  EXPECT_EQ(run(sql_.insert_version(), {"a"}), 1);
  EXPECT_THAT(versions(), ElementsAre("b", "a"));
  EXPECT_EQ(run(sql_.update_version(), {"c", "b"}), 1);
  EXPECT_EQ(run(sql_.update_version(), {"d", "b"}), 0);
  EXPECT_EQ(run(sql_.delete_version(), {"a"}), 1);
  EXPECT_EQ(run(sql_.delete_version(), {"a"}), 0);
  EXPECT_THAT(versions(), ElementsAre("c"));
}

TEST_P(StateSqlOn, LiteralsDoAsParametersDo) {
  EXPECT_EQ(run(sql_.insert_version("b")), 1);
  EXPECT_EQ(run(sql_.insert_version("it's")), 1);
  EXPECT_EQ(run(sql_.update_version("b", "c")), 1);
  EXPECT_THAT(versions(), testing::UnorderedElementsAre("c", "it's"));
  EXPECT_EQ(run(sql_.delete_version("it's")), 1);
  run(sql_.delete_all_versions());
  EXPECT_THAT(versions(), IsEmpty());
}

TEST_P(StateSqlOn, AVersionMayChangeManyTimesInOneTransaction) {
  connection_->begin({});
  run(sql_.insert_version(), {"0"});
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(run(sql_.update_version(), {std::to_string(i + 1), std::to_string(i)}), 1);
  }
  connection_->commit();
  EXPECT_THAT(versions(), ElementsAre("20"));
}

TEST_P(StateSqlOn, ALogRowComesBackAsItWentIn) {
  LogRow plain = full_row();
  plain.sequence = 8;
  plain.message = "in ASCII";
  for (const LogRow& row : {full_row(), plain}) {
    connection_->append(sql_.log_target(), StateSql::log_parameters(row));
    expect_same(log().back(), row);
    EXPECT_EQ(log().back().format, kLogFormat);
    const std::vector<Cell> sequence = {std::to_string(row.sequence)};
    EXPECT_EQ(connection_->query(sql_.select_log_script(), sequence).at(0).at(0), row.script);
  }
  EXPECT_EQ(log().size(), 2U);
}

TEST_P(StateSqlOn, ARowThatCannotBeAddedFailsItsTransaction) {
  LogRow row = full_row();
  row.message = "in ASCII";
  RowTarget nowhere = sql_.log_target();
  nowhere.table = "nowhere";
  nowhere.insert = "INSERT INTO nowhere VALUES (" + std::string(nowhere.columns.size() * 2, ' ') + ")";
  connection_->begin({});
  connection_->append(sql_.log_target(), StateSql::log_parameters(row));
  EXPECT_THROW(connection_->append(nowhere, StateSql::log_parameters(row)), StatementFailed);
  connection_->rollback();
  EXPECT_THAT(log(), IsEmpty());

  connection_->begin({});
  std::vector<Cell> cells = StateSql::log_parameters(row);
  cells.front() = std::nullopt;
  EXPECT_THROW(connection_->append(sql_.log_target(), cells), StatementFailed);
  connection_->rollback();
  connection_->append(sql_.log_target(), StateSql::log_parameters(row));
  EXPECT_EQ(log().size(), 1U);
}

TEST_P(StateSqlOn, WhatARowDoesNotSayStaysUnsaid) {
  LogRow row;
  row.sequence = 1;
  row.at = "2026-11-22 13:05:00.000000";
  connection_->append(sql_.log_target(), StateSql::log_parameters(row));
  const LogRow back = log().at(0);
  EXPECT_EQ(back.section, -1);
  EXPECT_EQ(back.statement, -1);
  EXPECT_EQ(back.error, "");
  const std::vector<Cell> sequence = {"1"};
  EXPECT_EQ(connection_->query(sql_.select_log_script(), sequence).at(0).at(0), std::nullopt);
}

TEST_P(StateSqlOn, RowsComeInTheOrderOfTheirSequence) {
  for (const std::int64_t sequence : {10, 9, 11}) {
    LogRow row = full_row();
    row.sequence = sequence;
    connection_->append(sql_.log_target(), StateSql::log_parameters(row));
  }
  ASSERT_EQ(log().size(), 3U);
  EXPECT_EQ(log()[0].sequence, 9);
  EXPECT_EQ(log()[2].sequence, 11);
}

TEST_P(StateSqlOn, OfflineTheDatabaseGivesTimeAndNumber) {
  run(sql_.insert_log_offline(full_row()));
  run(sql_.insert_log_offline(full_row()));
  ASSERT_EQ(log().size(), 2U);
  const LogRow row = log()[1];
  EXPECT_EQ(row.sequence, 2);
  EXPECT_EQ(row.mode, "offline");
  EXPECT_THAT(row.at, MatchesRegex("20[0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9].*"));
  EXPECT_EQ(row.message, full_row().message);
  EXPECT_EQ(row.failed_sql, full_row().failed_sql);
  EXPECT_EQ(row.duration_ms, full_row().duration_ms);
}

TEST_P(StateSqlOn, TheGuardLetsPassExactlyItsRows) {
  EXPECT_EQ(guarded({}), "");
  run(sql_.insert_version(), {"a"});
  run(sql_.insert_version(), {"b"});
  EXPECT_EQ(guarded({"a", "b"}), "");
  EXPECT_EQ(guarded({"b", "a"}), "");
  EXPECT_THAT(guarded({}), HasSubstr("must hold nothing"));
  EXPECT_THAT(guarded({"a"}),
              AllOf(HasSubstr("'metaxy_migrate_version_it's'"), HasSubstr("must hold a; these statements")));
  EXPECT_THAT(guarded({"a", "c"}), HasSubstr("must hold a, c"));
  EXPECT_THAT(guarded({"a", "b", "c"}), HasSubstr("must hold a, b, c"));
}

TEST_P(StateSqlOn, TheGuardOfProgressCountsWhatNoEndFollows) {
  LogRow row = full_row();
  const auto stops = [&](std::size_t steps) {
    try {
      connection_->query(sql_.progress_guard(row, steps));
      return false;
    } catch (const StatementFailed& failed) {
      EXPECT_THAT(failed.what(), HasSubstr("partly done otherwise"));
      return true;
    }
  };
  const auto log = [&](const std::string& action, const std::string& outcome, const std::string& revision) {
    LogRow next = row;
    next.action = action;
    next.outcome = outcome;
    next.revision = revision;
    run(sql_.insert_log_offline(next), {});
  };
  EXPECT_FALSE(stops(0));
  EXPECT_TRUE(stops(1));
  log("upgrade", "section", row.revision);
  log("upgrade", "failed", row.revision);
  log("upgrade", "section", "another");
  EXPECT_FALSE(stops(1));
  EXPECT_TRUE(stops(0));
  log("upgrade", "done", "another");
  EXPECT_FALSE(stops(1));
  log("upgrade", "done", row.revision);
  EXPECT_FALSE(stops(0));
  log("downgrade", "statement", row.revision);
  EXPECT_FALSE(stops(1));
  log("stamp", "done", "");
  EXPECT_FALSE(stops(0));
}

INSTANTIATE_TEST_SUITE_P(EveryDialect, StateSqlOn, testing::ValuesIn(all_dialects()),
                         [](const testing::TestParamInfo<const Dialect*>& dialect) {
                           return std::string(dialect.param->name());
                         });

}  // namespace
}  // namespace metaxy::migrate
