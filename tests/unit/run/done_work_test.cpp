#include "run/done_work.hpp"

#include <gtest/gtest.h>

#include "dialect/registry.hpp"

namespace metaxy::migrate {
namespace {

const SplitterOptions& options() { return find_dialect("duckdb")->splitter_options(); }

Column column(const std::string& name) {
  Column one;
  one.name = name;
  one.type.name = "INTEGER";
  return one;
}

CreateTable create(const std::string& name) {
  Table table;
  table.name.name = name;
  table.columns = {column("a")};
  return {table};
}

AddColumn add(const std::string& table, const std::string& name) {
  return {.table = {.schema = "", .name = table}, .column = column(name)};
}

/// Changes and what the statements did of them.
struct Work {
  explicit Work(std::vector<Operation> list) : changes(std::move(list)), done(changes, options()) {}

  Work& ran(std::string sql, std::vector<std::string> comments = {}) {
    Statement statement;
    statement.text = std::move(sql);
    statement.comments = std::move(comments);
    done.add(0, statement);
    return *this;
  }

  std::vector<Operation> changes;
  DoneWork done;
};

TEST(DoneWorkTest, KnowsWhichColumnAStatementMade) {
  const std::vector<Operation> changes = {add("t", "n1"), add("t", "n2")};
  Work work(changes);
  work.ran(R"(ALTER TABLE "t" ADD COLUMN "n1" INTEGER)");
  EXPECT_TRUE(work.done.may_include(changes[0]));
  EXPECT_FALSE(work.done.may_include(changes[1]));
}

TEST(DoneWorkTest, DoesNotTakeAnotherTablesColumn) {
  const std::vector<Operation> changes = {add("t", "n")};
  EXPECT_FALSE(Work(changes).ran("ALTER TABLE s ADD n INTEGER").done.may_include(changes[0]));
  EXPECT_FALSE(Work(changes).ran("CREATE TABLE s (n INTEGER)").done.may_include(changes[0]));
  EXPECT_FALSE(Work(changes).ran("CREATE INDEX i ON t (n)").done.may_include(changes[0]));
}

TEST(DoneWorkTest, IsNotSureAfterIfNotExists) {
  const std::vector<Operation> changes = {create("t"), add("s", "n")};
  Work work(changes);
  work.ran("CREATE TABLE IF NOT EXISTS t (a INTEGER)")
      .ran("ALTER TABLE s ADD COLUMN IF NOT EXISTS n INTEGER");
  EXPECT_FALSE(work.done.may_include(changes[0]));
  EXPECT_FALSE(work.done.may_include(changes[1]));
}

TEST(DoneWorkTest, KnowsTheColumnsOfARebuild) {
  const std::vector<Operation> changes = {add("t", "n1"), add("t", "n2")};
  Work work(changes);
  work.ran(R"(CREATE TABLE "__mx_t" ("a" INTEGER, "n1" INTEGER))", {"rebuild t: the new table"})
      .ran(R"(INSERT INTO "__mx_t" SELECT "a", 1 FROM "t")", {"rebuild t: copy the rows"})
      .ran(R"(DROP TABLE "t")")
      .ran(R"(ALTER TABLE "__mx_t" RENAME TO "t")");
  EXPECT_TRUE(work.done.may_include(changes[0]));
  EXPECT_FALSE(work.done.may_include(changes[1]));
  EXPECT_FALSE(work.done.lasting_rows());
}

TEST(DoneWorkTest, FollowsARenameThatTheScriptMakes) {
  const std::vector<Operation> changes = {
      RenameTable{.from = {.schema = "", .name = "t"}, .to = {.schema = "", .name = "u"}}, add("u", "n")};
  Work work(changes);
  work.ran("ALTER TABLE t ADD COLUMN n INTEGER").ran("ALTER TABLE t RENAME TO u");
  EXPECT_TRUE(work.done.may_include(changes[0]));
  EXPECT_TRUE(work.done.may_include(changes[1]));
}

TEST(DoneWorkTest, RowsOfNewPartsGoWithThem) {
  Work work({create("t"), add("s", "n")});
  work.ran("CREATE TABLE t (a INTEGER)").ran("INSERT INTO t VALUES (1)").ran("DELETE FROM t WHERE a = 1");
  work.ran("ALTER TABLE s ADD COLUMN n INTEGER").ran("UPDATE s SET n = a * (1 + 1) WHERE n IS NULL");
  EXPECT_FALSE(work.done.lasting_rows());
}

TEST(DoneWorkTest, NamesTheStatementWhoseRowsStay) {
  for (const std::string sql :
       {"UPDATE s SET n = 1, a = 2", "INSERT INTO s VALUES (1)", "DELETE FROM s WHERE a = 1",
        "UPDATE s SET (n, a) = (1, 2)", "MERGE INTO s USING t ON true WHEN MATCHED THEN DELETE",
        "COPY s FROM 'x.csv'", "WITH x AS (DELETE FROM s RETURNING a) SELECT * FROM x",
        "CREATE TABLE y AS WITH x AS (DELETE FROM s RETURNING a) SELECT * FROM x",
        "COPY (DELETE FROM s RETURNING a) TO 'x.csv'", "EXECUTE p"}) {
    Work work({add("s", "n")});
    work.ran("ALTER TABLE s ADD COLUMN n INTEGER").ran(sql);
    ASSERT_TRUE(work.done.lasting_rows()) << sql;
    EXPECT_EQ(work.done.lasting_rows()->first_line, sql);
  }
}

TEST(DoneWorkTest, WhatANewTableTakesFromAnotherStays) {
  Work work({create("t")});
  work.ran("CREATE TABLE t (a INTEGER)");
  work.ran("WITH x AS (DELETE FROM s RETURNING a) INSERT INTO t SELECT * FROM x");
  EXPECT_TRUE(work.done.lasting_rows());
}

TEST(DoneWorkTest, ReadingLeavesNothing) {
  Work work({});
  work.ran("SELECT error('x') FROM s WHERE a = 1").ran("COPY s TO 'x.csv'").ran("PRAGMA user_version");
  EXPECT_FALSE(work.done.lasting_rows());
}

}  // namespace
}  // namespace metaxy::migrate
