#include "run/script_facts.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "dialect/registry.hpp"
#include "files/script_directory.hpp"
#include "support/memory_file_system.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

TEST(DdlTablesTest, AreAllThatTheStatementNames) {
  const auto names = [](std::string sql) {
    Statement statement;
    statement.text = std::move(sql);
    std::vector<std::string> found;
    for (const TableName& table : ddl_tables(statement, find_dialect("postgresql")->splitter_options())) {
      found.push_back(to_text(table));
    }
    return found;
  };
  EXPECT_THAT(names("DROP TABLE IF EXISTS a, s.\"b c\", d CASCADE"), ElementsAre("a", "s.b c", "d"));
  EXPECT_THAT(names("DROP TABLE a"), ElementsAre("a"));
  EXPECT_THAT(names("ALTER TABLE s.a RENAME TO b"), ElementsAre("s.a", "s.b"));
  EXPECT_THAT(names("ALTER TABLE a RENAME COLUMN b TO c"), ElementsAre("a"));
  EXPECT_THAT(names("CREATE TABLE a (b int)"), ElementsAre("a"));
  EXPECT_THAT(names("DROP INDEX a"), IsEmpty());
}

TEST(DdlIndexesTest, AreTheOnesThatAreAlteredOrDropped) {
  const auto names = [](std::string sql) {
    Statement statement;
    statement.text = std::move(sql);
    return ddl_indexes(statement, find_dialect("postgresql")->splitter_options());
  };
  EXPECT_THAT(names("DROP INDEX CONCURRENTLY IF EXISTS s.a, b"), ElementsAre("a", "b"));
  EXPECT_THAT(names("ALTER INDEX a RENAME TO b"), ElementsAre("a"));
  EXPECT_THAT(names("CREATE INDEX a ON t (b)"), IsEmpty());
  EXPECT_THAT(names("DROP TABLE a"), IsEmpty());
}

TEST(DroppedPartTest, IsWhatTheWholeStatementDrops) {
  const auto dropped = [](std::string sql) {
    Statement statement;
    statement.text = std::move(sql);
    return dropped_part(statement, find_dialect("postgresql")->splitter_options());
  };
  EXPECT_EQ(dropped("DROP TABLE t"), "t");
  EXPECT_EQ(dropped("DROP TABLE IF EXISTS s.\"t\" CASCADE"), "s.t");
  EXPECT_EQ(dropped("ALTER TABLE t DROP COLUMN IF EXISTS c"), "t.c");
  EXPECT_EQ(dropped("ALTER TABLE ONLY s.t DROP c CASCADE"), "s.t.c");
  EXPECT_EQ(dropped("DROP TABLE t, u"), "");
  const auto dropped_of = [](std::string sql, const std::set<std::string>& parts) {
    Statement statement;
    statement.text = std::move(sql);
    return dropped_part(statement, parts, find_dialect("postgresql")->splitter_options());
  };
  EXPECT_EQ(dropped_of("DROP TABLE main.T", {"t", "u"}), "t");
  EXPECT_EQ(dropped_of("DROP TABLE s.t", {"s.t"}), "s.t");
  EXPECT_EQ(dropped_of("ALTER TABLE main.t DROP COLUMN c", {"t.c"}), "t.c");
  EXPECT_EQ(dropped_of("DROP TABLE t", {"s.t", "t.c"}), "");
  EXPECT_EQ(dropped("ALTER TABLE t DROP COLUMN c, ADD COLUMN d int"), "");
  EXPECT_EQ(dropped("ALTER TABLE t DROP CONSTRAINT c"), "");
  EXPECT_EQ(dropped("ALTER TABLE t ADD COLUMN c int"), "");
  EXPECT_EQ(dropped("DROP INDEX i"), "");
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

/// Of a script with this SQL in its upgrade section, and in its downgrade section.
ScriptFacts facts_of_sql(std::string_view dialect, const std::string& upgrade,
                         const std::string& downgrade = "") {
  MemoryFileSystem files;
  const std::string text =
      "-- one\n--\n-- [migration]\n-- revision = \"aaaaaaaaaaaa\"\n-- down_revision = \"\"\n"
      "-- dialect = \"" +
      std::string(dialect) + "\"\n\n-- migrate: upgrade\n\n" + upgrade + "\n-- migrate: downgrade\n\n" +
      downgrade;
  return script_facts(files, {.file = {}, .text = text, .shown_as = "one.sql"}, *find_dialect(dialect));
}

std::vector<std::string> unmarked(const std::string& sql, std::string_view dialect = "sqlite") {
  std::vector<std::string> texts;
  for (const Statement& statement : facts_of_sql(dialect, sql).upgrade.unmarked) {
    texts.push_back(statement.text);
  }
  return texts;
}

const std::string kCopy =
    "-- rebuild t: the new table\nCREATE TABLE \"__mx_t\" (\"a\" INT);\n"
    "-- rebuild t: copy the rows\n"
    "INSERT INTO \"__mx_t\" (rowid, \"a\") SELECT rowid, \"a\" FROM \"t\" ORDER BY rowid;\n";
const std::string kDrop =
    "-- rebuild t: the old table goes, its rows are in the new one\nDROP TABLE \"t\";\n";
const std::string kRename =
    "-- rebuild t: the new table takes its name\nALTER TABLE \"__mx_t\" RENAME TO \"t\";\n";

TEST(RebuildStepsTest, TheDropOfARebuildNeedsNoReason) {
  const ScriptFacts facts = facts_of_sql("sqlite", kCopy + kDrop + kRename);
  EXPECT_THAT(facts.upgrade.unmarked, IsEmpty());
  EXPECT_TRUE(facts.upgrade.is_risky);
  EXPECT_THAT(facts.changes.rebuilt_tables, ElementsAre("t"));
  EXPECT_THAT(facts.changes.rebuilt_by_downgrade, IsEmpty());
}

TEST(RebuildStepsTest, ARebuildOfADowngradeIsKnownAsSuch) {
  const ScriptFacts facts = facts_of_sql("sqlite", "SELECT 1;", kCopy + kDrop + kRename);
  EXPECT_THAT(facts.downgrade.unmarked, IsEmpty());
  EXPECT_THAT(facts.changes.rebuilt_tables, IsEmpty());
  EXPECT_THAT(facts.changes.rebuilt_by_downgrade, ElementsAre("t"));
}

TEST(RebuildStepsTest, ACommentAloneExcusesNothing) {
  EXPECT_THAT(unmarked("-- rebuild the labels from the new source\nDROP TABLE labels;\n"
                       "-- rebuild the clips\nDELETE FROM clip;\n"
                       "-- rebuild t: all of it\nDELETE FROM t;\n"
                       "-- rebuild t: the old table\nDROP TABLE t;"),
              ElementsAre("DROP TABLE labels", "DELETE FROM clip", "DELETE FROM t", "DROP TABLE t"));
}

TEST(RebuildStepsTest, NothingElseIsExcusedByARebuild) {
  EXPECT_THAT(unmarked(kCopy + kDrop +
                       "-- rebuild t: too\nDROP TABLE u;\n-- rebuild u: too\nDROP TABLE \"t\";\n" + kRename),
              ElementsAre("DROP TABLE u", "DROP TABLE \"t\""));
}

TEST(RebuildStepsTest, ARebuildWithAStepMissingIsNone) {
  const std::string empty = "-- rebuild t: the new table\nCREATE TABLE \"__mx_t\" (\"a\" INT);\n";
  const std::string other = "-- rebuild t: copy\nINSERT INTO \"__mx_t\" (\"a\") SELECT \"a\" FROM \"u\";\n";
  for (const std::string& sql : {kCopy + kDrop, fmt::format("{}{}{}", kDrop, kCopy, kRename), kDrop + kRename,
                                 fmt::format("{}{}{}", empty, kDrop, kRename),
                                 fmt::format("{}{}{}{}", empty, other, kDrop, kRename)}) {
    EXPECT_THAT(unmarked(sql), ElementsAre("DROP TABLE \"t\"")) << sql;
  }
  EXPECT_THAT(unmarked(kCopy + "-- migrate: upgrade\n" + kDrop + kRename), ElementsAre("DROP TABLE \"t\""));
}

TEST(RebuildStepsTest, ACopyThatLacksRowsNeedsAReasonAndIsARebuildAllTheSame) {
  for (const std::string rest : {"WHERE \"a\" > 1", "AS o WHERE o.a > 1", "o LIMIT 1",
                                 "o JOIN u ON u.a = o.a", "GROUP BY \"a\"", ", u"}) {
    const std::string copy =
        "-- rebuild t: the new table\nCREATE TABLE \"__mx_t\" (\"a\" INT);\n"
        "-- rebuild t: copy the rows\nINSERT INTO \"__mx_t\" (\"a\") SELECT \"a\" FROM \"t\" " +
        rest + ";\n";
    const ScriptFacts facts = facts_of_sql("sqlite", fmt::format("{}{}{}", copy, kDrop, kRename));
    ASSERT_EQ(facts.upgrade.unmarked.size(), 1U) << rest;
    EXPECT_EQ(facts.upgrade.unmarked[0].text, "DROP TABLE \"t\"");
    EXPECT_THAT(facts.changes.rebuilt_tables, ElementsAre("t"));
  }
  for (const std::string rest :
       {"", "AS o", "o", "ORDER BY rowid", "AS o ORDER BY o.rowid", "o ORDER BY o.a"}) {
    const std::string copy =
        "-- rebuild t: the new table\nCREATE TABLE \"__mx_t\" (\"a\" INT);\n"
        "-- rebuild t: copy the rows\nINSERT INTO \"__mx_t\" (\"a\") SELECT coalesce(\"a\", (SELECT 1 FROM u "
        "WHERE 1)) "
        "FROM \"t\" " +
        rest + ";\n";
    EXPECT_THAT(unmarked(fmt::format("{}{}{}", copy, kDrop, kRename)), IsEmpty()) << rest;
  }
}

TEST(RebuildStepsTest, DuckdbsRebuildWithForeignKeysKeepsTheRowsInATemporaryTable) {
  const std::string keep = "-- rebuild t: keep the rows\nCREATE TEMPORARY TABLE \"__mx_t\" AS FROM \"t\";\n";
  const std::string fill =
      "-- rebuild t: the new table\nCREATE TABLE \"t\" (\"a\" INT);\n"
      "-- rebuild t: put the rows back\n"
      "INSERT INTO \"t\" (\"a\") SELECT \"a\" FROM \"__mx_t\";\n";
  const std::string end = "-- rebuild t: the kept rows\nDROP TABLE \"__mx_t\";\n";
  const ScriptFacts facts = facts_of_sql("duckdb", keep + kDrop + fill + end);
  EXPECT_THAT(facts.upgrade.unmarked, IsEmpty());
  EXPECT_THAT(facts.changes.rebuilt_tables, ElementsAre("t"));
  EXPECT_THAT(unmarked(keep + kDrop + end, "duckdb"), ElementsAre("DROP TABLE \"t\""));
  EXPECT_THAT(unmarked(end, "duckdb"), ElementsAre("DROP TABLE \"__mx_t\""));
}

TEST(RebuildStepsTest, DuckdbsRebuildMayGiveANewName) {
  const ScriptFacts facts = facts_of_sql(
      "duckdb",
      "-- rebuild s.new: the new table\nCREATE TABLE \"s\".\"__mx_new\" (\"a\" INT);\n"
      "-- rebuild s.new: copy the rows\nINSERT INTO \"s\".\"__mx_new\" (\"a\") SELECT \"a\" FROM "
      "\"s\".\"old\";\n"
      "-- rebuild s.new: the old table\nDROP TABLE \"s\".\"old\";\n"
      "-- rebuild s.new: the new table takes its name\nALTER TABLE \"s\".\"__mx_new\" RENAME TO \"new\";\n");
  EXPECT_THAT(facts.upgrade.unmarked, IsEmpty());
  EXPECT_THAT(facts.changes.rebuilt_tables, ElementsAre("s.new", "s.old"));
}

TEST(ConflictTest, WhatGitLeftIsFoundWhereItIsNoText) {
  const std::string conflict =
      "CREATE TABLE t (\n<<<<<<< HEAD\n  a INT\n=======\n  b INT\n>>>>>>> theirs\n);";
  try {
    facts_of_sql("duckdb", conflict);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::script);
    EXPECT_STREQ(error.what(), "the script has a conflict that git left in it");
    ASSERT_TRUE(error.where());
    EXPECT_EQ(error.where()->line, 11U);
    EXPECT_EQ(error.where()->line_text, "<<<<<<< HEAD");
  }
  EXPECT_THROW(facts_of_sql("sqlite", "SELECT 1;\n<<<<<<< HEAD\nSELECT 2;\n"), Error);
  EXPECT_NO_THROW(facts_of_sql("sqlite", "INSERT INTO t VALUES ('\n<<<<<<< HEAD\n>>>>>>> theirs\n');"));
  EXPECT_NO_THROW(facts_of_sql("sqlite", "SELECT 1 /*\n<<<<<<< HEAD\n*/;"));
}

TEST(ApprovalTest, IsNeededForWhatIsDeletedBesideTheMainVerb) {
  for (const std::string sql :
       {"WITH d AS (DELETE FROM t RETURNING i) INSERT INTO u SELECT i FROM d WHERE i > 1",
        "WITH d AS (UPDATE t SET i = 0 RETURNING i) SELECT * FROM d",
        "(WITH d AS (DELETE FROM t RETURNING i) SELECT * FROM d)",
        "CREATE TABLE y AS WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d",
        "COPY (DELETE FROM t RETURNING *) TO '/dev/null'", "PREPARE p AS DELETE FROM t",
        "EXPLAIN ANALYZE WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x"}) {
    for (const std::string_view dialect : {"postgresql", "duckdb", "sqlite"}) {
      const DirectionFacts facts = facts_of_sql(dialect, sql + ";").upgrade;
      EXPECT_EQ(facts.unmarked.size(), 1U) << sql;
      EXPECT_TRUE(facts.is_risky) << sql;
      const DirectionFacts marked = facts_of_sql(dialect, "-- destructive: wanted\n" + sql + ";").upgrade;
      EXPECT_THAT(marked.unmarked, IsEmpty()) << sql;
      EXPECT_EQ(marked.destructive.size(), 1U) << sql;
      EXPECT_TRUE(marked.is_risky) << sql;
    }
  }
}

TEST(ApprovalTest, IsNotNeededForWhatReadsOrChangesSome) {
  const std::string some = "WITH d AS (DELETE FROM t WHERE i < 2 RETURNING *) INSERT INTO u SELECT * FROM d;";
  EXPECT_THAT(facts_of_sql("postgresql", some).upgrade.unmarked, IsEmpty());
  EXPECT_TRUE(facts_of_sql("postgresql", some).upgrade.is_risky);
  for (const std::string sql :
       {"WITH d AS (SELECT i FROM t) INSERT INTO u SELECT * FROM d", "WITH d AS (SELECT 1) SELECT * FROM d",
        "CREATE TABLE y AS WITH d AS (SELECT 1) SELECT * FROM d", "COPY (SELECT 1) TO '/dev/null'",
        "PREPARE p AS INSERT INTO t VALUES ($1)", "EXECUTE p (1)"}) {
    for (const std::string_view dialect : {"postgresql", "duckdb", "sqlite"}) {
      const DirectionFacts facts = facts_of_sql(dialect, sql + ";").upgrade;
      EXPECT_THAT(facts.unmarked, IsEmpty()) << sql;
      EXPECT_FALSE(facts.is_risky) << sql;
    }
  }
}

std::vector<std::string> refused(std::string_view dialect, const std::string& sql) {
  std::vector<std::string> messages;
  const ScriptFacts facts =
      facts_of_sql(dialect, "SELECT 1;\n-- migrate: upgrade transaction=off\n" + sql + ";\n");
  for (const Refusal& refusal : facts.sections.at(1).refused) messages.push_back(refusal.message);
  return messages;
}

TEST(RefusalTest, IsForWhatControlsTransactionsWhereTheToolCommits) {
  for (const std::string verb :
       {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "END", "ABORT", "START", "RELEASE"}) {
    const std::string sql = verb == "START" ? "START TRANSACTION" : verb + " x";
    for (const std::string_view dialect : {"postgresql", "duckdb", "sqlite"}) {
      EXPECT_THAT(refused(dialect, sql),
                  ElementsAre(fmt::format("'{}' in a section whose statements stand alone", verb)));
    }
  }
  EXPECT_THAT(refused("postgresql", "PREPARE TRANSACTION 'x'").size(), 1U);
  for (const std::string sql :
       {"DO $$ BEGIN COMMIT; END $$", "CALL p()", "COMMIT PREPARED 'x'", "ROLLBACK PREPARED 'x'", "VACUUM",
        "CREATE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC DELETE FROM t; END"}) {
    EXPECT_THAT(refused("postgresql", sql), IsEmpty()) << sql;
  }
}

TEST(RefusalTest, IsForWhatFreesTheLockOfTheRun) {
  for (const std::string sql : {"discard /* x */ all", "SELECT pg_catalog.PG_advisory_unlock_all()",
                                "DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$",
                                "EXPLAIN ANALYZE SELECT pg_advisory_unlock_all()"}) {
    EXPECT_EQ(refused("postgresql", sql).size(), 1U) << sql;
    if (sql[1] != 'i') {
      EXPECT_EQ(facts_of_sql("postgresql", sql + ";").sections.at(0).refused.size(), 1U) << sql;
    }
  }
  for (const std::string sql :
       {"DISCARD TEMP", "SELECT pg_advisory_unlock(1)", "SELECT 'pg_advisory_unlock_all()'",
        "SELECT 1 -- pg_advisory_unlock_all",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ SELECT pg_advisory_unlock_all() $$"}) {
    EXPECT_THAT(refused("postgresql", sql), IsEmpty()) << sql;
  }
}

TEST(RiskTest, IsInWhatChangesValuesThatAreThere) {
  const auto is_risky = [](const std::string& sql, std::string_view dialect = "sqlite") {
    return facts_of_sql(dialect, sql + ";").upgrade.is_risky;
  };
  EXPECT_TRUE(is_risky("ALTER TABLE t ALTER n TYPE BIGINT", "duckdb"));
  EXPECT_TRUE(is_risky("ALTER TABLE s.t ALTER COLUMN \"n\" SET DATA TYPE BIGINT USING n + 1", "duckdb"));
  EXPECT_TRUE(is_risky("alter table t add column a int, alter n type bigint", "postgresql"));
  EXPECT_TRUE(is_risky("INSERT INTO t SELECT 1 ON CONFLICT (k) DO UPDATE SET v = excluded.v"));
  EXPECT_TRUE(is_risky("INSERT OR REPLACE INTO t VALUES (1)"));
  EXPECT_TRUE(is_risky("WITH x AS (SELECT 1) REPLACE INTO t SELECT * FROM x"));
  EXPECT_TRUE(is_risky("MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN UPDATE SET b = 1", "duckdb"));
  EXPECT_FALSE(is_risky("ALTER TABLE t ADD COLUMN type INT"));
  EXPECT_FALSE(is_risky("ALTER TABLE t ALTER type SET DEFAULT 1", "duckdb"));
  EXPECT_FALSE(is_risky("INSERT INTO t VALUES ('do update')"));
  EXPECT_FALSE(is_risky("INSERT INTO t SELECT 1 ON CONFLICT DO NOTHING"));
  EXPECT_FALSE(is_risky("INSERT INTO t SELECT replace(a, 'x', 'y') FROM u"));
}

}  // namespace
}  // namespace metaxy::migrate
