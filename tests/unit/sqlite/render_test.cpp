#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "diff/apply.hpp"
#include "diff/diff.hpp"
#include "unit/sqlite/database.hpp"

namespace metaxy::migrate::test {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

std::vector<Statement> rendered(const Schema& before, const std::vector<Operation>& operations) {
  const std::vector<std::vector<Statement>> sections =
      sqlite_dialect().render(before, applied(before, operations), operations, {});
  return sections.empty() ? std::vector<Statement>{} : sections.at(0);
}

std::vector<std::string> texts(const std::vector<Statement>& statements) {
  std::vector<std::string> result;
  for (const Statement& statement : statements) {
    result.push_back(statement.text);
  }
  return result;
}

Column column(const std::string& name, const std::string& type) {
  Column result;
  result.name = name;
  result.type = parse_type(type);
  return result;
}

Column not_null(Column column) {
  column.is_nullable = false;
  return column;
}

Column with_default(Column column, const std::string& sql) {
  column.default_sql = sql;
  return column;
}

const TableName kTable{"", "t"};

/// A database in memory on which operations are rendered and run.
class SqliteRender : public testing::Test {
 protected:
  void make(const std::vector<std::string>& statements) { run(*connection_, statements); }
  void run_operations(const std::vector<Operation>& operations) {
    const Schema before = reflected(*connection_);
    connection_->begin({});
    for (const Statement& statement : rendered(before, operations)) {
      connection_->execute(statement.text);
    }
    connection_->commit();
    EXPECT_TRUE(equivalent(reflected(*connection_), applied(before, operations)));
  }
  /// What stops the operations.
  std::string refusal(const std::vector<Operation>& operations) {
    try {
      run_operations(operations);
    } catch (const Error& error) {
      connection_->rollback();
      return error.what();
    }
    return "";
  }
  /// With what statements that were written before stop now; empty: they run. Rolled back either way.
  std::string words_of(const std::vector<Statement>& statements) {
    std::string words;
    connection_->begin({});
    try {
      for (const Statement& statement : statements) connection_->execute(statement.text);
    } catch (const StatementFailed& failed) {
      words = failed.what();
    }
    connection_->rollback();
    return words;
  }
  std::vector<TableName> rebuilt(const std::vector<Operation>& operations) {
    const Schema before = reflected(*connection_);
    return sqlite_dialect().rebuilt_tables(before, applied(before, operations), operations);
  }

  std::unique_ptr<Connection> connection_ = in_memory();
};

TEST_F(SqliteRender, ATableIsCreatedWithItsIndexes) {
  Table table;
  table.name = kTable;
  table.columns = {not_null(column("id", "INTEGER")),
                   with_default(column("note", "TEXT"), "datetime('now')")};
  table.constraints = {PrimaryKey{"t_pk", {"id"}}, Unique{"", {"note"}}, Check{"", "id > 0"}};
  Index index;
  index.name = "t_note";
  index.parts = {{"note", "", true, "", "NOCASE", ""}, {"", "lower(note)", false, "", "", ""}};
  index.where = "note IS NOT NULL";
  table.indexes = {index};
  const std::vector<Statement> statements = rendered({}, {CreateTable{table}});
  EXPECT_THAT(texts(statements),
              ElementsAre("CREATE TABLE \"t\" (\n"
                          "  \"id\" INTEGER NOT NULL,\n"
                          "  \"note\" TEXT DEFAULT (datetime('now')),\n"
                          "  CONSTRAINT \"t_pk\" PRIMARY KEY (\"id\"),\n"
                          "  UNIQUE (\"note\"),\n"
                          "  CHECK (id > 0)\n"
                          ")",
                          "CREATE INDEX \"t_note\" ON \"t\" (\"note\" COLLATE NOCASE DESC, lower(note))"
                          " WHERE note IS NOT NULL"));
  EXPECT_THAT(statements[0].comments, ElementsAre("create table t"));
  EXPECT_THAT(statements[1].comments, ElementsAre("create index t_note on t"));
}

TEST_F(SqliteRender, WhatSqliteCanDoWhateverTheRowsIsNative) {
  make({"CREATE TABLE t (a INTEGER, b TEXT, UNIQUE (b))", "CREATE INDEX i ON t (a)"});
  const Schema before = reflected(*connection_);
  const Table& table = before.at(kTable);
  const std::vector<Operation> operations = {
      DropIndex{kTable, table.indexes[0]}, DropColumn{kTable, table.columns[0]},
      AddColumn{kTable, with_default(not_null(column("c", "TEXT")), "'x'")},
      AddColumn{kTable, column("d", "JSON")}};
  const std::vector<Statement> statements = rendered(before, operations);
  EXPECT_THAT(texts(statements), ElementsAre("DROP INDEX \"i\"", "ALTER TABLE \"t\" DROP COLUMN \"a\"",
                                             "ALTER TABLE \"t\" ADD COLUMN \"c\" TEXT NOT NULL DEFAULT 'x'",
                                             "ALTER TABLE \"t\" ADD COLUMN \"d\" JSON"));
  EXPECT_THAT(statements[1].comments,
              ElementsAre("drop column t.a", "destructive: the values of a are lost"));
  EXPECT_THAT(rebuilt(operations), IsEmpty());
}

TEST_F(SqliteRender, WhatWorksOnEmptyTablesOnlyIsARebuild) {
  make({"CREATE TABLE t (a INTEGER)"});
  EXPECT_THAT(rebuilt({AddColumn{kTable, with_default(column("b", "TEXT"), "CURRENT_TIMESTAMP")}}),
              ElementsAre(kTable));
  EXPECT_THAT(rebuilt({AddColumn{kTable, with_default(column("b", "TEXT"), "1 + 1")}}), ElementsAre(kTable));
  EXPECT_THAT(rebuilt({AddColumn{kTable, not_null(column("b", "TEXT"))}}), ElementsAre(kTable));
}

TEST_F(SqliteRender, AColumnThatIsUsedInTheTableIsDroppedByARebuild) {
  make({"CREATE TABLE t (a INTEGER, b INTEGER UNIQUE, c INTEGER CHECK (c > 0), d INTEGER, e AS (d + 1))"});
  const Table table = reflected(*connection_).at(kTable);
  EXPECT_THAT(rebuilt({DropColumn{kTable, table.columns[0]}}), IsEmpty());
  EXPECT_THAT(rebuilt({DropConstraint{kTable, Unique{"", {"b"}}}, DropColumn{kTable, table.columns[1]}}),
              ElementsAre(kTable));
  EXPECT_THAT(rebuilt({DropConstraint{kTable, Check{"", "c > 0"}}, DropColumn{kTable, table.columns[2]}}),
              ElementsAre(kTable));
  EXPECT_THAT(rebuilt({DropColumn{kTable, table.columns[4]}, DropColumn{kTable, table.columns[3]}}),
              ElementsAre(kTable));
}

TEST_F(SqliteRender, AllChangesOfATableAreOneRebuild) {
  make({"CREATE TABLE t (a INTEGER, b TEXT)"});
  const std::vector<Statement> statements =
      rendered(reflected(*connection_),
               {AlterNullable{kTable, "a", false}, AlterDefault{kTable, "b", std::nullopt, "'x'"},
                AddColumn{kTable, column("c", "TEXT")}, AddConstraint{kTable, Unique{"", {"a"}}}});
  ASSERT_EQ(statements.size(), 7U);
  EXPECT_THAT(
      statements[0].comments,
      ElementsAre(
          "rebuild t: check that the rebuild loses nothing: make t.a not nullable; set default of t.b to 'x';"
          " add column t.c; add unique (a) to t"));
  EXPECT_THAT(statements[1].text, StartsWith("CREATE TABLE \"__mx_t\" ("));
  EXPECT_EQ(statements[2].text,
            "INSERT INTO \"__mx_t\" (rowid, \"a\", \"b\") SELECT o.rowid, o.\"a\", o.\"b\" FROM \"t\" AS o "
            "ORDER BY o.rowid");
  EXPECT_EQ(statements[5].text, "DROP TABLE \"t\"");
  EXPECT_EQ(statements[6].text, "ALTER TABLE \"__mx_t\" RENAME TO \"t\"");
  for (const Statement& statement : statements) {
    EXPECT_THAT(statement.comments[0], StartsWith("rebuild t: "));
    EXPECT_EQ(statement.comments.size(), 1U) << "nothing is destructive here";
  }
}

TEST_F(SqliteRender, ARebuildThatLosesValuesSaysSoAtItsDrop) {
  make({"CREATE TABLE t (a INTEGER, b TEXT UNIQUE)"});
  const Schema before = reflected(*connection_);
  const std::vector<Statement> statements = rendered(
      before, {DropConstraint{kTable, Unique{"", {"b"}}}, DropColumn{kTable, before.at(kTable).columns[1]}});
  const auto drop = std::find_if(statements.begin(), statements.end(), [](const Statement& statement) {
    return statement.text == "DROP TABLE \"t\"";
  });
  ASSERT_NE(drop, statements.end());
  EXPECT_EQ(destructive_reason(*drop), "the values of b are lost");
}

TEST_F(SqliteRender, ARebuildKeepsRowsRowidsNumbersTriggersIndexesAndChildren) {
  make({"CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT, up INTEGER REFERENCES t (id))",
        "CREATE TABLE log (x)", "CREATE TABLE child (tid INTEGER REFERENCES t (id) ON DELETE CASCADE)",
        "CREATE INDEX i ON t (a) WHERE a IS NOT NULL",
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id); END",
        "CREATE TRIGGER tc AFTER DELETE ON child BEGIN INSERT INTO log SELECT count(*) FROM t; END",
        "CREATE VIEW v AS SELECT a FROM t", "CREATE VIEW broken AS SELECT x FROM nowhere",
        "INSERT INTO t (id, a, up) VALUES (3, 'x', NULL), (9, NULL, 3)", "DELETE FROM t WHERE id = 9",
        "DELETE FROM log", "INSERT INTO child VALUES (3)"});
  run_operations({AlterNullable{kTable, "up", false}, AlterNullable{kTable, "up", true},
                  AlterDefault{kTable, "a", std::nullopt, "'y'"}});
  EXPECT_THAT(rows(*connection_, "SELECT * FROM t"), ElementsAre("3|x|NULL"));
  EXPECT_THAT(rows(*connection_, "SELECT * FROM child"), ElementsAre("3"));
  EXPECT_THAT(rows(*connection_, "SELECT * FROM v"), ElementsAre("x"));
  make({"INSERT INTO t (up) VALUES (3)", "DELETE FROM child"});
  EXPECT_THAT(rows(*connection_, "SELECT * FROM t"), ElementsAre("3|x|NULL", "10|y|3"));
  EXPECT_THAT(rows(*connection_, "SELECT * FROM log"), ElementsAre("10", "2"));
  EXPECT_THAT(rows(*connection_, "PRAGMA foreign_key_check"), IsEmpty());
  EXPECT_THAT(rows(*connection_, "PRAGMA integrity_check"), ElementsAre("ok"));
  EXPECT_THAT(rows(*connection_, "PRAGMA legacy_alter_table"), ElementsAre("0"));
}

TEST_F(SqliteRender, RowidsSurviveWhereNoColumnHoldsThem) {
  make(
      {"CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('x'), ('y'), ('z')", "DELETE FROM t WHERE a = 'x'"});
  run_operations({AlterNullable{kTable, "a", false}});
  EXPECT_THAT(rows(*connection_, "SELECT rowid, a FROM t"), ElementsAre("2|y", "3|z"));
}

TEST_F(SqliteRender, AColumnCalledRowidIsNotTheRowid) {
  make({"CREATE TABLE t (rowid TEXT, _rowid_ TEXT)", "INSERT INTO t VALUES ('x', 'y'), ('a', 'b')",
        "DELETE FROM t WHERE rowid = 'x'"});
  run_operations({AlterNullable{kTable, "rowid", false}});
  EXPECT_THAT(rows(*connection_, "SELECT oid, rowid, _rowid_ FROM t"), ElementsAre("2|a|b"));
}

TEST_F(SqliteRender, ANewIntegerKeyTakesTheRowid) {
  make({"CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('x'), ('y')", "DELETE FROM t WHERE a = 'x'"});
  run_operations(
      {AddColumn{kTable, not_null(column("id", "INTEGER"))}, AddConstraint{kTable, PrimaryKey{"", {"id"}}}});
  EXPECT_THAT(rows(*connection_, "SELECT id, a FROM t"), ElementsAre("2|y"));
}

TEST_F(SqliteRender, ANotNullColumnWithoutDefaultIsFilledAndSaysWith) {
  make({"CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('x')"});
  const std::vector<Operation> operations = {AddColumn{kTable, not_null(column("n", "INTEGER"))},
                                             AddColumn{kTable, not_null(column("s", "TEXT"))}};
  EXPECT_THAT(
      rendered(reflected(*connection_), operations)[2].comments,
      ElementsAre(
          "rebuild t: copy the rows; n has no default and becomes 0; s has no default and becomes ''"));
  run_operations(operations);
  EXPECT_THAT(rows(*connection_, "SELECT a, quote(n), quote(s) FROM t"), ElementsAre("x|0|''"));
}

TEST_F(SqliteRender, OptionsAndOddClausesSurviveARebuild) {
  make(
      {"CREATE TABLE t (a TEXT COLLATE NOCASE, b INTEGER NOT NULL ON CONFLICT IGNORE, c TEXT, PRIMARY KEY (b "
       "DESC, a),"
       " UNIQUE (c COLLATE RTRIM) ON CONFLICT REPLACE) STRICT, WITHOUT ROWID",
       "INSERT INTO t VALUES ('x', 1, 'c')"});
  run_operations({AlterDefault{kTable, "c", std::nullopt, "'d'"}});
  make({"INSERT INTO t VALUES ('y', NULL, 'ignored')", "INSERT INTO t VALUES ('y', 2, 'c  ')"});
  EXPECT_THAT(rows(*connection_, "SELECT * FROM t"), ElementsAre("y|2|c  "));
  EXPECT_THAT(rows(*connection_, "SELECT wr, strict FROM pragma_table_list WHERE name = 't'"),
              ElementsAre("1|1"));
}

TEST_F(SqliteRender, ADescendingIntegerKeyStaysNoAlias) {
  make(
      {"CREATE TABLE t (id INTEGER PRIMARY KEY DESC, a TEXT)", "INSERT INTO t VALUES (NULL, 'x'), (5, 'y')"});
  run_operations({AlterDefault{kTable, "a", std::nullopt, "'d'"}});
  EXPECT_THAT(rows(*connection_, "SELECT rowid, id, a FROM t ORDER BY rowid"),
              ElementsAre("1|NULL|x", "2|5|y"));
}

TEST_F(SqliteRender, AnOptionThatNamesADroppedColumnIsRefused) {
  make({"CREATE TABLE t (a TEXT, b TEXT NOT NULL ON CONFLICT IGNORE, CHECK (b != ''))"});
  const Schema before = reflected(*connection_);
  EXPECT_THAT(
      refusal({DropConstraint{kTable, Check{"", "b != ''"}}, DropColumn{kTable, before.at(kTable).columns[1]},
               AlterNullable{kTable, "a", false}}),
      HasSubstr(
          "table 't' has 'NOT NULL (\"b\") ON CONFLICT IGNORE', which does not fit its columns any more"));
}

TEST_F(SqliteRender, ValuesThatTheNewTypeWouldChangeStopTheRebuild) {
  make({"CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('7'), ('abc'), ('007'), ('1.5'), (NULL), (x'00')"});
  EXPECT_EQ(refusal({AlterType{kTable, "a", plain_type("TEXT"), plain_type("INTEGER")}}),
            "values of t.a would change by the new type: 1, for example '007'");
  EXPECT_THAT(rows(*connection_, "SELECT typeof(a) FROM t WHERE a = '007'"), ElementsAre("text"));
}

TEST_F(SqliteRender, ValuesThatKeepTheirMeaningTakeTheNewType) {
  make({"CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('7'), ('abc'), ('-1.5'), (NULL)"});
  run_operations({AlterType{kTable, "a", plain_type("TEXT"), plain_type("INTEGER")}});
  EXPECT_THAT(rows(*connection_, "SELECT quote(a) FROM t"), ElementsAre("7", "'abc'", "-1.5", "NULL"));
  run_operations({AlterType{kTable, "a", plain_type("INTEGER"), plain_type("REAL")}});
  EXPECT_THAT(rows(*connection_, "SELECT quote(a) FROM t"), ElementsAre("7.0", "'abc'", "-1.5", "NULL"));
  run_operations({AlterType{kTable, "a", plain_type("REAL"), plain_type("TEXT")}});
  EXPECT_THAT(rows(*connection_, "SELECT quote(a) FROM t"), ElementsAre("'7.0'", "'abc'", "'-1.5'", "NULL"));
}

TEST_F(SqliteRender, DigitsThatATextOfANumberLosesStopTheRebuild) {
  make({"CREATE TABLE t (a REAL, b INTEGER)", "INSERT INTO t VALUES (0.1 + 0.2, 9007199254740993)"});
  EXPECT_THAT(refusal({AlterType{kTable, "a", plain_type("REAL"), plain_type("TEXT")}}),
              HasSubstr("values of t.a would change by the new type: 1"));
  EXPECT_THAT(refusal({AlterType{kTable, "b", plain_type("INTEGER"), plain_type("REAL")}}),
              HasSubstr("values of t.b would change by the new type: 1"));
}

TEST_F(SqliteRender, AKeyThatTheNewTypeWouldChangeStopsTheRebuild) {
  make({"CREATE TABLE t (a REAL NOT NULL, b TEXT, PRIMARY KEY (a)) WITHOUT ROWID",
        "INSERT INTO t VALUES (0.1 + 0.2, 'x'), (7, 'y')"});
  EXPECT_THAT(refusal({AlterType{kTable, "a", plain_type("REAL"), plain_type("TEXT")}}),
              HasSubstr("values of t.a would change by the new type: 1"));
  make({"DELETE FROM t WHERE b = 'x'"});
  run_operations({AlterType{kTable, "a", plain_type("REAL"), plain_type("TEXT")}});
  EXPECT_THAT(rows(*connection_, "SELECT quote(a) FROM t"), ElementsAre("'7.0'"));
}

TEST_F(SqliteRender, TheGreatestIntegerIsNoReal) {
  make({"CREATE TABLE t (a INTEGER)",
        "INSERT INTO t VALUES (9223372036854775807), (-9223372036854775808), (9007199254740992), (NULL)"});
  EXPECT_EQ(refusal({AlterType{kTable, "a", plain_type("INTEGER"), plain_type("REAL")}}),
            "values of t.a would change by the new type: 1, for example 9223372036854775807");
}

TEST_F(SqliteRender, ARebuildThatDoesNotKnowAColumnIndexOrTriggerStops) {
  make({"CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('x')"});
  const Schema known = reflected(*connection_);
  const std::vector<Statement> statements = rendered(known, {AlterNullable{kTable, "a", false}});
  const auto refusal_after = [&](const std::string& by_hand) {
    connection_->begin({});
    connection_->execute(by_hand);
    std::string words;
    try {
      for (const Statement& statement : statements) {
        connection_->execute(statement.text);
      }
    } catch (const StatementFailed& failed) {
      words = failed.what();
    }
    connection_->rollback();
    return words;
  };
  EXPECT_EQ(refusal_after("ALTER TABLE t ADD COLUMN Extra TEXT"),
            "table 't' has column Extra TEXT, which this script does not know and would lose");
  EXPECT_EQ(refusal_after("CREATE INDEX mine ON T (a)"),
            "table 't' has index mine, which this script does not know and would lose");
  EXPECT_EQ(refusal_after("CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END"),
            "table 't' has trigger tr, which this script does not know and would lose");
  EXPECT_EQ(refusal_after("CREATE TABLE other (a)"), "");
}

TEST_F(SqliteRender, ARebuildThatKnowsAColumnWithOtherValuesStops) {
  make({"CREATE TABLE t (a TEXT, b TEXT)"});
  const std::vector<Statement> statements =
      rendered(reflected(*connection_), {AlterNullable{kTable, "a", false}});
  const auto refusal_of = [&](const std::string& type) {
    make({"DROP TABLE t", "CREATE TABLE t (a TEXT, b " + type + ")", "INSERT INTO t VALUES ('x', '{}')"});
    return words_of(statements);
  };
  const auto stopped = [](const std::string& column) {
    return "table 't' has " + column + ", which this script does not know and would lose";
  };
  EXPECT_EQ(refusal_of("INTEGER"), stopped("column b INTEGER"));
  EXPECT_EQ(refusal_of(""), stopped("column b"));
  EXPECT_EQ(refusal_of("DECIMAL(10, 2)"), stopped("column b DECIMAL(10, 2)"));
  for (const std::string type : {"varchar(20)", "clob", "JSON", "DATETIME", "timestamp(3)"}) {
    EXPECT_EQ(refusal_of(type), "") << type;
  }
}

/// JSON, DATETIME and the like are NUMERIC for SQLite: of '007' they make 7.
TEST_F(SqliteRender, NumbersInADeclaredTextStayNumbers) {
  make({"CREATE TABLE t (a TEXT, b TEXT, columns TEXT)"});
  const std::vector<Statement> statements =
      rendered(reflected(*connection_), {AlterNullable{kTable, "a", false}});
  make({"DROP TABLE t", "CREATE TABLE t (a TEXT, b DATETIME, columns JSON)",
        "INSERT INTO t VALUES ('x', '2026-01-01', '{}'), ('y', 1700000000, NULL)"});
  EXPECT_EQ(words_of(statements), "numbers of t would become texts: the table has b DATETIME, columns JSON");
}

TEST_F(SqliteRender, TextsStayTextsWhereTheScriptDeclaresThem) {
  make({"CREATE TABLE t (a TEXT, b JSON)"});
  const std::vector<Statement> statements =
      rendered(reflected(*connection_), {AlterNullable{kTable, "a", false}});
  make({"DROP TABLE t", "CREATE TABLE t (a TEXT, b TEXT)", "INSERT INTO t VALUES ('x', '007')"});
  EXPECT_EQ(words_of(statements),
            "table 't' has column b TEXT, which this script does not know and would lose");
}

TEST_F(SqliteRender, ARebuildTakesTypesThatStoreAllValuesAlikeForOne) {
  make({"CREATE TABLE t (a TEXT, b BOOLEAN)"});
  const std::vector<Statement> statements =
      rendered(reflected(*connection_), {AlterNullable{kTable, "a", false}});
  make({"DROP TABLE t", "CREATE TABLE t (a TEXT, b INTEGER)", "INSERT INTO t VALUES ('x', 1), ('y', 1.5)"});
  for (const Statement& statement : statements) connection_->execute(statement.text);
  EXPECT_THAT(rows(*connection_, "SELECT quote(b) FROM t ORDER BY a"), ElementsAre("1", "1.5"));
}

TEST_F(SqliteRender, ConstraintsThatTheScriptDoesNotKnowStopTheRebuild) {
  const std::string known =
      "a TEXT UNIQUE CHECK (a <> 'check (x)'), b INTEGER, c, CHECK(b>0),"
      " FOREIGN KEY (b, c) REFERENCES p (x, y)";
  make({"CREATE TABLE p (x, y, UNIQUE (x, y))", "CREATE TABLE t (" + known + ")"});
  const std::vector<Statement> statements =
      rendered(reflected(*connection_), {AlterNullable{kTable, "a", false}});
  const auto refusal_of = [&](const std::string& columns) {
    connection_->begin({});
    make({"DROP TABLE t", "CREATE TABLE T (" + columns + ")"});
    std::string words;
    try {
      for (const Statement& statement : statements) {
        connection_->execute(statement.text);
      }
    } catch (const StatementFailed& failed) {
      words = failed.what();
    }
    connection_->rollback();
    return words;
  };
  const std::string end = ", which this script does not know and would lose";
  EXPECT_EQ(refusal_of(known), "");
  EXPECT_EQ(refusal_of("a TEXT, b INTEGER, c /* less */"), "") << "no loss";
  EXPECT_EQ(refusal_of("\"A\" TEXT, [B] INTEGER, C, UNIQUE(\"A\"), check( (b > 0) ), Check (a <> 1),"
                       " FOREIGN KEY (C, b) REFERENCES P (y, x)"),
            "");
  EXPECT_EQ(refusal_of(known + ", UNIQUE (c, B)"), "table 't' has UNIQUE (b, c)" + end);
  EXPECT_EQ(refusal_of("b INTEGER PRIMARY KEY, a TEXT, c"), "table 't' has PRIMARY KEY (b)" + end);
  EXPECT_EQ(refusal_of("a TEXT, b INTEGER, c, PRIMARY KEY (c, a)"), "table 't' has PRIMARY KEY (a, c)" + end);
  EXPECT_EQ(refusal_of("a TEXT REFERENCES p (x), b INTEGER, c"), "table 't' has FOREIGN KEY (a) to p" + end);
  EXPECT_EQ(refusal_of(known + ", CHECK (c <> 7)"),
            "table 't' has CHECK 4 times in its text, where 3 are known" + end);
}

TEST_F(SqliteRender, ARebuildThatBreaksAViewOrTriggerIsRolledBack) {
  make({"CREATE TABLE t (a INTEGER, s TEXT, z TEXT)", "CREATE TABLE other (x)",
        "INSERT INTO t VALUES (1, 'x', 'y')", "CREATE VIEW broken AS SELECT gone FROM t",
        "CREATE VIEW whole AS SELECT * FROM t", "CREATE VIEW v AS SELECT a, s FROM t",
        "CREATE VIEW quoted AS SELECT \"s\" FROM t",
        "CREATE TRIGGER tr AFTER INSERT ON other BEGIN UPDATE t SET s = new.x; END",
        "CREATE TRIGGER up AFTER UPDATE OF a ON t BEGIN DELETE FROM other; END",
        "CREATE TRIGGER iv INSTEAD OF DELETE ON whole BEGIN DELETE FROM t WHERE z = old.z; END"});
  const Schema before = reflected(*connection_);
  const auto attempt = [&](const std::vector<Operation>& operations) -> std::string {
    try {
      run_operations(operations);
    } catch (const Error& error) {
      EXPECT_FALSE(connection_->is_in_transaction());
      EXPECT_EQ(reflected(*connection_), before);
      return describe(error);
    }
    return "";
  };
  const Table& table = before.at(kTable);
  const std::string refusal =
      attempt({AlterNullable{kTable, "a", false}, DropColumn{kTable, table.columns[1]}});
  EXPECT_THAT(refusal, HasSubstr("a rebuild would break views or triggers; the transaction was rolled back"));
  EXPECT_THAT(refusal, HasSubstr("view 'v': no such column: s"));
  EXPECT_THAT(refusal, HasSubstr("view 'quoted': no such column: s"));
  EXPECT_THAT(refusal, HasSubstr("INSERT on 'other', which fires trigger 'tr': no such column: s"));
  EXPECT_THAT(refusal, Not(AnyOf(HasSubstr("broken'"), HasSubstr("whole'"), HasSubstr("'up'"))));
  EXPECT_THAT(attempt({AlterNullable{kTable, "a", false}, DropColumn{kTable, table.columns[2]}}),
              HasSubstr("DELETE on 'whole', which fires trigger 'iv': no such column: z"));
  run(*connection_, {"DROP TRIGGER iv"});
  EXPECT_EQ(attempt({AlterNullable{kTable, "a", false}, DropColumn{kTable, table.columns[2]}}), "");
}

TEST_F(SqliteRender, ACopyWithMissingRowsStops) {
  make({"CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('x'), ('y')"});
  const std::vector<Statement> statements =
      rendered(reflected(*connection_), {AlterNullable{kTable, "a", false}});
  connection_->begin({});
  connection_->execute(statements[1].text);
  connection_->execute("INSERT INTO __mx_t (a) VALUES ('x')");
  try {
    connection_->execute(statements[3].text);
    FAIL() << "a lost row was not seen";
  } catch (const StatementFailed& failed) {
    EXPECT_STREQ(failed.what(), "table 't' has 2 rows, its copy 1");
  }
}

TEST_F(SqliteRender, ARebuildOverAMissingColumnFailsInTheShellToo) {
  make({"CREATE TABLE t (a TEXT, b TEXT)", "INSERT INTO t VALUES ('1', 'x')"});
  const Schema before = reflected(*connection_);
  std::string script = "CREATE TABLE t (a TEXT);\n";
  for (const Statement& statement : rendered(before, {AlterNullable{kTable, "a", false}})) {
    script += statement.text + ";\n";
  }
  const TemporaryDirectory directory;
  EXPECT_THAT(by_shell(directory.path("store.db"), script), HasSubstr("no such column: o.b"));
}

TEST_F(SqliteRender, ARebuildKeepsWhatHasTextsInDoubleQuotes) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("store.db");
  by_shell(path, R"(CREATE TABLE t (a TEXT CHECK (a <> "no"), b TEXT DEFAULT "def", c AS (a || "!"));
                    CREATE INDEX i ON t (a) WHERE a = "done"; CREATE VIEW v AS SELECT a, "text" AS h FROM t;
                    CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET b = "bye"; END;
                    INSERT INTO t (a) VALUES ('done');)");
  connection_ = connected(path);
  run_operations({AlterNullable{kTable, "a", false}});
  EXPECT_EQ(by_shell(path, "INSERT INTO t (a) VALUES ('x'); SELECT * FROM t; SELECT h FROM v;"),
            "done|bye|done!\nx|bye|x!\ntext\ntext\n");
}

TEST_F(SqliteRender, RenamesCarryKeysViewsAndTriggersAlong) {
  make({"CREATE TABLE t (a INTEGER PRIMARY KEY, CHECK (a > 0))",
        "CREATE TABLE child (x INTEGER REFERENCES t (a))", "CREATE VIEW v AS SELECT a FROM t",
        "CREATE TRIGGER tr AFTER INSERT ON child BEGIN UPDATE t SET a = a; END", "INSERT INTO t VALUES (1)"});
  run_operations({RenameTable{kTable, {"", "u"}}, RenameColumn{{"", "u"}, "a", "Key"}});
  EXPECT_THAT(rows(*connection_, "SELECT * FROM v"), ElementsAre("1"));
  make({"INSERT INTO child VALUES (1)"});
  EXPECT_THAT(reflected(*connection_).at({"", "child"}).constraints,
              ElementsAre(Constraint(ForeignKey{"", {"x"}, {"", "u"}, {"Key"}, "", "", ""})));
}

TEST_F(SqliteRender, DroppingAColumnThatAViewUsesIsRefusedWithAWayOut) {
  make({"CREATE TABLE t (a INTEGER, b TEXT)", "CREATE VIEW v AS SELECT b FROM t"});
  const Schema before = reflected(*connection_);
  connection_->begin({});
  try {
    connection_->execute(rendered(before, {DropColumn{kTable, before.at(kTable).columns[1]}})[0].text);
    FAIL() << "the view was broken";
  } catch (const StatementFailed& failed) {
    EXPECT_STREQ(failed.what(), "error in view v after drop column: no such column: b");
    EXPECT_THAT(failed.hint(), HasSubstr("drop or change it first"));
  }
  connection_->rollback();
}

TEST_F(SqliteRender, ATableIsRenamedInCaseOnly) {
  make({"CREATE TABLE t (a INTEGER)", "CREATE VIEW v AS SELECT a FROM t"});
  run_operations({RenameTable{kTable, {"", "T"}}});
  EXPECT_THAT(rows(*connection_, "SELECT name FROM sqlite_schema WHERE type = 'table'"), ElementsAre("T"));
  EXPECT_THAT(rows(*connection_, "SELECT * FROM v"), IsEmpty());
}

TEST_F(SqliteRender, TriggersThatARenameRewritesAreNotRebuiltInTheSameRevision) {
  make({"CREATE TABLE t (a INTEGER, b TEXT)", "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT new.a; END"});
  EXPECT_THAT(refusal({RenameColumn{kTable, "a", "c"}, AlterNullable{kTable, "b", false}}),
              HasSubstr("table 't' has triggers and is rebuilt after a rename"));
  run_operations({AlterNullable{kTable, "b", false}, RenameColumn{kTable, "a", "c"}});
}

TEST_F(SqliteRender, ADroppedTableComesBackWithItsTriggers) {
  make({"CREATE TABLE t (a INTEGER)", "CREATE INDEX i ON t (a)",
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END"});
  const std::vector<Operation> drop = {DropTable{reflected(*connection_).at(kTable)}};
  run_operations(drop);
  run_operations(reversed(drop));
  EXPECT_THAT(rows(*connection_, "SELECT name FROM sqlite_schema ORDER BY name"),
              ElementsAre("i", "t", "tr"));
}

TEST_F(SqliteRender, AnIndexNameMayMoveToAnotherTable) {
  make({"CREATE TABLE t (a INTEGER)", "CREATE TABLE u (a INTEGER)", "CREATE INDEX i ON t (a)"});
  const Index index = reflected(*connection_).at(kTable).indexes[0];
  run_operations(
      {DropIndex{kTable, index}, AlterNullable{kTable, "a", false}, CreateIndex{{"", "u"}, index}});
}

TEST_F(SqliteRender, NothingToDoIsNoSection) {
  EXPECT_THAT(sqlite_dialect().render({}, {}, {}, {}), IsEmpty());
}

}  // namespace
}  // namespace metaxy::migrate::test
