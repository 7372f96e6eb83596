#include "run/script_facts.hpp"

#include <gtest/gtest.h>

#include "dialect/registry.hpp"

namespace metaxy::migrate {
namespace {

std::string changed(std::string sql) {
  Statement statement;
  statement.text = std::move(sql);
  const auto table = changed_table(statement, find_dialect("sqlite")->splitter_options());
  return table ? to_text(*table) : "none";
}

TEST(ChangedTableTest, IsTheTargetOfWhatVisitsRows) {
  EXPECT_EQ(changed("ALTER TABLE \"a b\" ADD COLUMN c INT"), "a b");
  EXPECT_EQ(changed("drop table if exists main.t"), "main.t");
  EXPECT_EQ(changed("CREATE UNIQUE INDEX i ON t (a)"), "t");
  EXPECT_EQ(changed("UPDATE t SET a = 1"), "t");
  EXPECT_EQ(changed("UPDATE OR IGNORE t SET a = 1 WHERE b = 2"), "t");
  EXPECT_EQ(changed("DELETE FROM t WHERE a = 1"), "t");
}

TEST(ChangedTableTest, IsNoneWhereNoRowsAreVisited) {
  EXPECT_EQ(changed("CREATE TABLE t (a INT)"), "none");
  EXPECT_EQ(changed("INSERT INTO t VALUES (1)"), "none");
  EXPECT_EQ(changed("SELECT 1"), "none");
}

TEST(DdlTableTest, IsTheTableOfTheStatement) {
  const auto table = [](std::string sql) {
    Statement statement;
    statement.text = std::move(sql);
    const auto found = ddl_table(statement, find_dialect("duckdb")->splitter_options());
    return found ? to_text(*found) : "none";
  };
  EXPECT_EQ(table("CREATE TABLE IF NOT EXISTS s.t (a INT)"), "s.t");
  EXPECT_EQ(table("CREATE OR REPLACE TABLE t (a INT)"), "t");
  EXPECT_EQ(table("CREATE INDEX i ON t (a)"), "t");
  EXPECT_EQ(table("DROP INDEX i"), "none");
  EXPECT_EQ(table("UPDATE t SET a = 1"), "none");
}

}  // namespace
}  // namespace metaxy::migrate
