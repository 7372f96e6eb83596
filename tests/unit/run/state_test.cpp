#include "run/state.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.hpp"
#include "dialect/registry.hpp"
#include "support/fakes.hpp"

namespace metaxy::migrate {
namespace {

LogRow row(std::string action, std::string outcome, std::string revision, std::int64_t section = -1,
           std::int64_t statement = -1) {
  LogRow one;
  one.action = std::move(action);
  one.outcome = std::move(outcome);
  one.revision = std::move(revision);
  one.section = section;
  one.statement = statement;
  one.project = "media";
  one.environment = "dev";
  return one;
}

/// Another process commits between two of the queries.
TEST(ReadState, IsOfOneMoment) {
  const std::string file =
      std::filesystem::temp_directory_path() / fmt::format("state-{}.db", static_cast<int>(getpid()));
  const Dialect& dialect = *find_dialect("sqlite");
  Target target;
  target.location = Secret(file);
  const ConnectOptions options{
      .access = Access::read_write, .may_create = true, .lock_wait = {}, .waiting = {}};
  const StateSql sql(dialect, "version", "log");
  {
    const std::unique_ptr<Connection> writer = dialect.connect(target, options);
    writer->query("PRAGMA journal_mode = wal", {});
    writer->execute(sql.create_version_table());
    writer->execute(sql.create_log_table());
    FakeConnection reader(dialect.connect(target, options));
    reader.before_query = [&](std::string_view query) {
      if (query != sql.select_log()) return;
      writer->execute("INSERT INTO version VALUES ('a')");
      writer->execute("INSERT INTO log (sequence, format, project) VALUES (1, 1, 'media')");
    };
    const DatabaseState state = read_state(reader, sql, {.project = "media", .environment = "dev"});
    EXPECT_EQ(state.rows.size(), state.log.size());
    EXPECT_FALSE(reader.is_in_transaction());
  }
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(file + end);
}

TEST(PartialRevisionTest, IsNothingAfterDone) {
  EXPECT_FALSE(partial_revision({row("upgrade", "section", "a", 0), row("upgrade", "done", "a")}));
}

TEST(PartialRevisionTest, KnowsTheDonePartOfWhatIsInDoubtAtItsFirstStatement) {
  LogRow started = row("upgrade", "started", "a", 0, 0);
  started.upgrade_checksum = "of nothing";
  const auto partial = partial_revision({started});
  ASSERT_TRUE(partial);
  EXPECT_TRUE(partial->is_in_doubt);
  EXPECT_EQ(partial->checksum, "of nothing");
}

TEST(PartialRevisionTest, CountsDoneSections) {
  const auto partial =
      partial_revision({row("upgrade", "section", "a", 0), row("upgrade", "section", "a", 1)});
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->sections_done, 2U);
  EXPECT_EQ(partial->statements_done, 0U);
  EXPECT_FALSE(partial->is_in_doubt);
}

TEST(PartialRevisionTest, CountsWhatIsStillToBeUndone) {
  std::vector<LogRow> log = {row("upgrade", "section", "a", 0), row("upgrade", "section", "a", 1),
                             row("undo", "section", "a", 1)};
  ASSERT_TRUE(partial_revision(log));
  EXPECT_TRUE(partial_revision(log)->is_being_undone);
  EXPECT_EQ(partial_revision(log)->sections_done, 1U);
  log.push_back(row("undo", "section", "a", 2));
  EXPECT_TRUE(partial_revision(log)) << "its version row is still to be written";
  log.push_back(row("undo", "done", "a"));
  EXPECT_FALSE(partial_revision(log));
}

TEST(PartialRevisionTest, KeepsWhatWasAppliedWhileItIsUndone) {
  const auto partial = partial_revision(
      {row("upgrade", "section", "a", 0), row("upgrade", "section", "a", 1), row("undo", "section", "a", 0)});
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->sections_applied(), 2U);
}

TEST(PartialRevisionTest, KnowsWhatWasLeftOutByHand) {
  const auto partial = partial_revision({row("upgrade", "skipped", "a", 0, 2)});
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->left_out.count({0, 2}), 1U);
}

TEST(PartialRevisionTest, HasAChecksumOfNothingWhenItsFirstStatementIsInDoubt) {
  LogRow started = row("upgrade", "started", "a", 0, 0);
  started.upgrade_checksum = "of nothing";
  const auto partial = partial_revision({started});
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->checksum, "of nothing");
}

TEST(PartialRevisionTest, IsNotBegunByWhatWasAdopted) {
  EXPECT_FALSE(partial_revision({row("upgrade", "adopted", "a", 0, 0)}));
}

TEST(PartialRevisionTest, CountsWhatWasAdopted) {
  const auto partial =
      partial_revision({row("upgrade", "adopted", "a", 0, 0), row("upgrade", "started", "a", 0, 1)});
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->statements_done, 1U);
  EXPECT_TRUE(partial->is_in_doubt);
  EXPECT_EQ(partial->left_out, (std::set<std::pair<std::size_t, std::size_t>>{{0, 0}}));
}

TEST(PartialRevisionTest, IsInDoubtAboutAStatementThatOnlyStarted) {
  const auto partial =
      partial_revision({row("upgrade", "started", "a", 0, 0), row("upgrade", "statement", "a", 0, 0),
                        row("upgrade", "started", "a", 0, 1)});
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->statements_done, 1U);
  EXPECT_TRUE(partial->is_in_doubt);
}

TEST(PartialRevisionTest, KnowsThatAFailedStatementDidNotRun) {
  LogRow failed = row("upgrade", "failed", "a", 0);
  failed.error = "no such table";
  failed.failed_sql = "INSERT INTO nowhere VALUES (1)";
  const auto partial = partial_revision(
      {row("upgrade", "statement", "a", 0, 0), row("upgrade", "started", "a", 0, 1), failed});
  ASSERT_TRUE(partial);
  EXPECT_FALSE(partial->is_in_doubt);
  EXPECT_EQ(partial->error, "no such table");
}

TEST(PartialRevisionTest, StaysInDoubtWhenTheFailureWasBesideTheStatement) {
  const auto partial =
      partial_revision({row("upgrade", "started", "a", 0, 0), row("upgrade", "failed", "a", 0)});
  ASSERT_TRUE(partial);
  EXPECT_TRUE(partial->is_in_doubt);
}

TEST(PartialRevisionTest, ForgetsAFailureThatLeftNothing) {
  EXPECT_FALSE(partial_revision({row("upgrade", "failed", "a", 0)}));
}

TEST(PartialRevisionTest, StaysPartialWhenItsUndoingFails) {
  const auto partial = partial_revision({row("upgrade", "section", "a", 0), row("undo", "failed", "a", 0)});
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->sections_done, 1U);
  EXPECT_FALSE(partial->is_being_undone);
}

TEST(PartialRevisionTest, KnowsThatItsUndoingBegan) {
  const auto partial = partial_revision({row("upgrade", "section", "a", 0), row("undo", "section", "a", 0)});
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->direction, Direction::upgrade);
  EXPECT_TRUE(partial->is_being_undone);
}

TEST(PartialRevisionTest, IsNothingAfterItWasUndone) {
  EXPECT_FALSE(partial_revision({row("upgrade", "section", "a", 0), row("undo", "done", "a")}));
}

TEST(PartialRevisionTest, StaysPartialWhileOthersAreAppliedOrFail) {
  std::vector<LogRow> log = {row("upgrade", "section", "a", 0), row("upgrade", "done", "b")};
  ASSERT_TRUE(partial_revision(log));
  EXPECT_EQ(partial_revision(log)->revision, "a");
  log.push_back(row("upgrade", "failed", "a", 1));
  log.push_back(row("upgrade", "failed", "c", 0));
  ASSERT_TRUE(partial_revision(log));
  EXPECT_EQ(partial_revision(log)->revision, "a");
  EXPECT_EQ(partial_revision(log)->sections_done, 1U);
  log.push_back(row("upgrade", "done", "a"));
  EXPECT_FALSE(partial_revision(log));
}

TEST(PartialRevisionTest, EndsWithAStamp) {
  EXPECT_FALSE(partial_revision({row("upgrade", "section", "a", 0), row("stamp", "done", "")}));
  EXPECT_FALSE(partial_revision({row("downgrade", "section", "a", 0), row("stamp", "done", "b")}));
}

TEST(RequireBindingTest, RefusesAnotherEnvironment) {
  DatabaseState state;
  state.log.push_back(row("upgrade", "done", "a"));
  EXPECT_NO_THROW(require_binding(state, {.project = "media", .environment = "dev"}));
  EXPECT_THROW(require_binding(state, {.project = "media", .environment = "prod"}), Error);
}

TEST(RequireBindingTest, FollowsTheNewestRebind) {
  DatabaseState state;
  state.log.push_back(row("upgrade", "done", "a"));
  LogRow rebind = row("rebind", "done", "");
  rebind.environment = "prod";
  state.log.push_back(rebind);
  EXPECT_NO_THROW(require_binding(state, {.project = "media", .environment = "prod"}));
  EXPECT_THROW(require_binding(state, {.project = "media", .environment = "dev"}), Error);
}

TEST(UnknownProjectTest, IsOneThatOnlyOthersShareTheLogWith) {
  DatabaseState state;
  EXPECT_EQ(unknown_project(state, {.project = "media", .environment = "dev"}), "");
  state.others = {{"audio", "all"}};
  EXPECT_EQ(unknown_project(state, {.project = "media", .environment = "dev"}),
            "this database belongs to project 'audio', and knows nothing of project 'media'");
  state.log.push_back(row("rebind", "done", ""));
  EXPECT_EQ(unknown_project(state, {.project = "media", .environment = "dev"}), "");
}

TEST(RequireBindingTest, TakesPartsOrTheWholeNeverBoth) {
  DatabaseState state;
  state.others = {{"media", "metaxy_system"}};
  EXPECT_NO_THROW(
      require_binding(state, {.project = "media", .environment = "dev", .part = "metaxy_features"}));
  EXPECT_THROW(require_binding(state, {.project = "media", .environment = "dev"}), Error);
  state.others = {{"media", "all"}};
  EXPECT_THROW(require_binding(state, {.project = "media", .environment = "dev", .part = "metaxy_features"}),
               Error);
}

}  // namespace
}  // namespace metaxy::migrate
