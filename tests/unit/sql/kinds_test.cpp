#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "sql/inner_change.hpp"
#include "sql/splitter.hpp"
#include "unit/sql/options.hpp"

namespace metaxy::migrate {
namespace {

struct KindCase {
  std::string sql;
  StatementKind kind;
};

TEST(StatementKinds, AreToldByTheirFirstWords) {
  const std::vector<KindCase> cases = {
      {"BEGIN IMMEDIATE", StatementKind::begin},
      {"start transaction", StatementKind::begin},
      {"START REPLICATION", StatementKind::other},
      {"/* x */ -- y\n COMMIT", StatementKind::commit},
      {"END", StatementKind::commit},
      {"PREPARE TRANSACTION 'x'", StatementKind::commit},
      {"PREPARE x AS SELECT 1", StatementKind::other},
      {"ROLLBACK TO x", StatementKind::rollback},
      {"ABORT", StatementKind::rollback},
      {"SAVEPOINT x", StatementKind::savepoint},
      {"RELEASE x", StatementKind::savepoint},
      {"PRAGMA foreign_keys = off", StatementKind::pragma},
      {"CREATE TABLE t (a)", StatementKind::create},
      {"ALTER TABLE t ADD a", StatementKind::alter},
      {"DROP TABLE t", StatementKind::drop},
      {"TRUNCATE t", StatementKind::truncate},
      {"INSERT INTO t SELECT 1", StatementKind::insert},
      {"REPLACE INTO t VALUES (1)", StatementKind::insert},
      {"COMMENT ON TABLE t IS 'x'", StatementKind::comment},
      {"((SELECT 1))", StatementKind::select},
      {"FROM t", StatementKind::select},
      {"VALUES (1)", StatementKind::select},
      {"\"drop\" TABLE t", StatementKind::other},
      {"DROPS TABLE t", StatementKind::other},
      {"EXPLAIN DELETE FROM t", StatementKind::other},
      {"", StatementKind::other},
  };
  for (const KindCase& c : cases) {
    EXPECT_EQ(kind_of(c.sql, postgres_text()), c.kind) << c.sql;
  }
}

TEST(StatementKinds, TellWhetherAllRowsAreMeant) {
  const std::vector<KindCase> cases = {
      {"DELETE FROM t", StatementKind::delete_all},
      {"DELETE FROM t WHERE a", StatementKind::delete_some},
      {"DELETE FROM t USING (SELECT 1 WHERE b) u", StatementKind::delete_all},
      {"DELETE FROM \"where\"", StatementKind::delete_all},
      {"DELETE FROM t -- WHERE a", StatementKind::delete_all},
      {"UPDATE t SET a = 'WHERE'", StatementKind::update_all},
      {"UPDATE t SET a = (SELECT b FROM u WHERE c)", StatementKind::update_all},
      {"UPDATE t SET a = (1) where b", StatementKind::update_some},
      {"WITH x AS (SELECT 1 WHERE a) DELETE FROM t", StatementKind::delete_all},
      {"WITH RECURSIVE x (a) AS NOT MATERIALIZED (SELECT 1), y AS (SELECT 2) UPDATE t SET a = 1 WHERE b",
       StatementKind::update_some},
      {"WITH delete AS (SELECT 1), update AS (SELECT 2) SELECT 1", StatementKind::select},
      {"WITH x AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM x", StatementKind::insert},
      {"(WITH x AS (SELECT 1) SELECT * FROM x)", StatementKind::select},
      {"WITH x AS (SELECT 1)", StatementKind::other},
  };
  for (const KindCase& c : cases) {
    EXPECT_EQ(kind_of(c.sql, postgres_text()), c.kind) << c.sql;
  }
}

TEST(Destruction, IsWhatLosesData) {
  const std::vector<std::string> cases = {
      "DROP TABLE t",
      "drop table if exists t",
      "DROP SCHEMA s CASCADE",
      "DROP DATABASE d",
      "DROP SEQUENCE s",
      "DROP TYPE t",
      "DROP EXTENSION e CASCADE",
      "DROP FUNCTION f CASCADE",
      "DROP FOREIGN TABLE t",
      "TRUNCATE t",
      "TRUNCATE TABLE t",
      "DELETE FROM t",
      "UPDATE t SET a = 1",
      "WITH x AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM x WHERE a",
      "WITH x AS (UPDATE t SET a = 1 RETURNING *) SELECT * FROM x",
      "WITH x AS (SELECT 1) DELETE FROM t",
      "MERGE INTO t USING u ON a WHEN NOT MATCHED BY SOURCE THEN DELETE",
      "ALTER TABLE t DROP COLUMN a",
      "ALTER TABLE t DROP a",
      "ALTER TABLE t DROP IF EXISTS a",
      "ALTER TABLE t DROP identity",
      "ALTER TABLE t DROP COLUMN s.member",
      "ALTER TABLE t ALTER a DROP NOT NULL, DROP b",
      "ALTER TABLE t ALTER a SET DEFAULT f(1, 2), DROP identity",
      "ALTER TYPE t DROP ATTRIBUTE a",
      "CREATE OR REPLACE TABLE t AS SELECT 1",
      "CREATE OR REPLACE SEQUENCE s",
      "/* only */ DROP /* this */ TABLE t",
      "EXPLAIN ANALYZE DELETE FROM t",
      "explain analyse verbose TRUNCATE t",
      "EXPLAIN (COSTS OFF, ANALYZE) WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
      "(WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x)",
      "WITH x AS NOT MATERIALIZED (DELETE FROM t RETURNING *) UPDATE u SET a = 1 WHERE b",
      "WITH x AS (SELECT 1) MERGE INTO t USING x ON a WHEN MATCHED THEN DELETE",
      "WITH x AS (MERGE INTO t USING u ON a WHEN MATCHED THEN DELETE RETURNING *) SELECT * FROM x",
      "CREATE TABLE y AS WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
      "CREATE UNLOGGED TABLE y (a) AS (WITH x AS (UPDATE t SET a = 1 RETURNING *) SELECT * FROM x)",
      "COPY (DELETE FROM t RETURNING *) TO '/dev/null'",
      "COPY (WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x) TO STDOUT",
      "PREPARE p AS DELETE FROM t",
      "PREPARE p (int, text) AS WITH x AS (SELECT $1) UPDATE t SET a = $2",
      "PREPARE p AS WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
      "prepare p as drop table t",
  };
  for (const std::string& sql : cases) {
    EXPECT_TRUE(is_destructive(sql, postgres_text())) << sql;
  }
  EXPECT_TRUE(is_destructive("DROP\u00a0TABLE\u2003t", duckdb_text()));
}

TEST(Destruction, IsNotWhatCanBeMadeAgain) {
  const std::vector<std::string> cases = {
      "DROP INDEX i",
      "DROP INDEX CONCURRENTLY i",
      "DROP VIEW v CASCADE",
      "DROP MATERIALIZED VIEW v",
      "DROP TRIGGER t ON u",
      "DROP FUNCTION f(int)",
      "DROP MACRO m",
      "DELETE FROM t WHERE a",
      "UPDATE t SET a = 1 WHERE b",
      "WITH x AS (DELETE FROM t WHERE a RETURNING *) SELECT * FROM x",
      "MERGE INTO t USING u ON a WHEN MATCHED THEN UPDATE SET b = 1",
      "ALTER TABLE t ADD COLUMN a int",
      "ALTER TABLE t DROP CONSTRAINT c CASCADE",
      "ALTER TABLE t ALTER COLUMN a DROP NOT NULL, ALTER b DROP DEFAULT",
      "ALTER TABLE t ALTER COLUMN a DROP IDENTITY IF EXISTS",
      "ALTER TABLE t RENAME TO u",
      "ALTER TABLE t ADD CHECK (drop)",
      "CREATE TABLE t (a)",
      "CREATE OR REPLACE TEMP TABLE t AS SELECT 1",
      "CREATE OR REPLACE VIEW v AS SELECT 1",
      "CREATE OR REPLACE MACRO m() AS 1",
      "CREATE FUNCTION f() RETURNS int AS $$ DROP TABLE t $$",
      "INSERT INTO t SELECT * FROM u",
      "INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 1",
      "SELECT * FROM t FOR UPDATE",
      "EXPLAIN DELETE FROM t",
      "EXPLAIN (VERBOSE) DELETE FROM t",
      "EXPLAIN ANALYZE DELETE FROM t WHERE a",
      "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x",
      "WITH delete AS (SELECT update FROM t), update AS (SELECT 1) SELECT (delete), (update) FROM update",
      "INSERT INTO t (delete, update) SELECT 1, 2",
      "CREATE TABLE y AS WITH x AS (SELECT (delete) FROM t) SELECT * FROM x",
      "CREATE VIEW y AS WITH x AS (SELECT 1) SELECT * FROM x",
      "CREATE RULE r AS ON INSERT TO t DO ALSO WITH x AS (DELETE FROM u RETURNING *) SELECT * FROM x",
      "COPY t (delete) FROM 'x.csv'",
      "COPY (SELECT delete FROM t) TO 'x.csv'",
      "PREPARE p AS SELECT 1",
      "PREPARE p AS DELETE FROM t WHERE a = $1",
      "EXECUTE p",
      "",
  };
  for (const std::string& sql : cases) {
    EXPECT_FALSE(is_destructive(sql, postgres_text())) << sql;
  }
}

TEST(InnerChanges, AreThoseBesideTheMainVerb) {
  const std::vector<std::pair<std::string, InnerChange>> cases = {
      {"WITH x AS (DELETE FROM t WHERE a RETURNING *) INSERT INTO u SELECT * FROM x", InnerChange::changes},
      {"WITH x AS (INSERT INTO t VALUES (1)), y AS (DELETE FROM t) SELECT 1", InnerChange::destroys},
      {"WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x", InnerChange::adds},
      {"PREPARE p AS INSERT INTO t VALUES ($1)", InnerChange::adds},
      {"PREPARE p AS UPDATE t SET a = 1 WHERE b", InnerChange::changes},
      {"COPY (UPDATE t SET a = 1 WHERE b RETURNING *) TO STDOUT", InnerChange::changes},
      {"EXPLAIN ANALYZE WITH x AS (DELETE FROM t) SELECT 1", InnerChange::destroys},
      {"EXPLAIN WITH x AS (DELETE FROM t) SELECT 1", InnerChange::none},
      {"DELETE FROM t", InnerChange::none},
      {"WITH x AS (SELECT 1) DELETE FROM t", InnerChange::none},
  };
  for (const auto& [sql, change] : cases) {
    EXPECT_EQ(inner_change(sql, postgres_text()), change) << sql;
  }
}

TEST(ForeignKeysPragma, IsKnownInEverySpelling) {
  for (const std::string sql :
       {"PRAGMA foreign_keys=OFF", "pragma main.foreign_keys(0)", "PRAGMA \"Foreign_Keys\" = 1",
        "PRAGMA /* x */ 'foreign_keys'", "PRAGMA [main] . [foreign_keys]"}) {
    EXPECT_TRUE(is_foreign_keys_pragma(sql, sqlite_text())) << sql;
  }
  for (const std::string sql : {"PRAGMA foreign_key_check", "PRAGMA defer_foreign_keys = 1", "PRAGMA",
                                "SELECT foreign_keys", "PRAGMA main.user_version"}) {
    EXPECT_FALSE(is_foreign_keys_pragma(sql, sqlite_text())) << sql;
  }
}

}  // namespace
}  // namespace metaxy::migrate
