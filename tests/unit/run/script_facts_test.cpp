#include "run/script_facts.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "dialect/registry.hpp"
#include "files/script_directory.hpp"
#include "support/memory_file_system.hpp"

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

TEST(DdlTableTest, PostgresqlsOnlyIsNoTable) {
  const auto table = [](std::string sql) {
    Statement statement;
    statement.text = std::move(sql);
    const auto found = ddl_table(statement, find_dialect("postgresql")->splitter_options());
    return found ? to_text(*found) : "none";
  };
  EXPECT_EQ(table("ALTER TABLE IF EXISTS ONLY s.t ADD COLUMN a int"), "s.t");
  EXPECT_EQ(table("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS s.i ON ONLY s.t (a)"), "s.t");
}

constexpr std::string_view kScript = R"(-- one
--
-- [migration]
-- revision = "aaaaaaaaaaaa"
-- down_revision = ""
-- dialect = "sqlite"

-- migrate: upgrade

CREATE TABLE one (a INT);
INSERT INTO one VALUES (1);

-- migrate: downgrade

-- destructive: rows
DROP TABLE one;
)";

TEST(FactsOfFilesTest, KeepsSmallScriptsFromWhenItIsToldTo) {
  MemoryFileSystem files;
  files.create("/small.sql", std::string(kScript));
  files.create("/big.sql", std::string(kScript) + std::string(40000, '\n'));
  const Dialect& dialect = *find_dialect("sqlite");
  FactsOfFiles known;
  const auto of = [&](const std::string& file) { return known.of(files, file, dialect); };
  EXPECT_FALSE(of("/small.sql")->kept);
  known.forget();
  known.keep_scripts();
  const SharedFacts small = of("/small.sql");
  ASSERT_TRUE(small->kept);
  EXPECT_EQ(small->kept->text, kScript);
  ASSERT_EQ(small->kept->statements.size(), 3U);
  EXPECT_EQ(small->kept->statements[1].second.text, "INSERT INTO one VALUES (1)");
  EXPECT_EQ(small->kept->statements[2].first, 1U);
  const SharedFacts big = of("/big.sql");
  EXPECT_FALSE(big->kept);
  EXPECT_EQ(big->checksums, small->checksums);
}

TEST(FactsOfFilesTest, ASmallScriptIsReadOnceForItsHeaderAndItsFacts) {
  MemoryFileSystem files;
  files.create("/small.sql", std::string(kScript));
  const Dialect& dialect = *find_dialect("sqlite");
  const ScriptFacts read_twice =
      script_facts(files, {.file = "/small.sql", .text = {}, .shown_as = "/small.sql"}, dialect);
  FactsOfFiles known;
  read_header(files, "/small.sql",
              [&](const Revision& revision, std::string text) { known.add_text(revision, std::move(text)); });
  files.create("/small.sql", "edited meanwhile");
  const SharedFacts facts = known.of(files, "/small.sql", dialect);
  EXPECT_EQ(facts->revision, read_twice.revision);
  EXPECT_EQ(facts->checksums, read_twice.checksums);
  EXPECT_EQ(facts->fingerprint, read_twice.fingerprint);
  EXPECT_EQ(facts->text.file, "/small.sql");
  // From now on the file counts again.
  known.forget();
  EXPECT_THROW(known.of(files, "/small.sql", dialect), Error);
}

}  // namespace
}  // namespace metaxy::migrate
