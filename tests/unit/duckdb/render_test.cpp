#include "dialect/duckdb/render.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/duckdb/casts.hpp"
#include "dialect/duckdb/duckdb.hpp"
#include "diff/apply.hpp"
#include "diff/diff.hpp"
#include "unit/duckdb/support.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::in_memory;
using ::testing::IsEmpty;
using testing::rows;
using testing::run_all;
using ::testing::StartsWith;

/// A database in memory that was made by plain SQL, and changes of its reflected schema by revisions.
class Store {
 public:
  explicit Store(const std::vector<std::string>& statements) : connection_(in_memory()) {
    run_all(*connection_, statements);
  }

  Schema live() { return duckdb_dialect().reflect(*connection_, {}).schema; }

  /// What would be run to make `edit` of the schema.
  std::vector<Statement> statements(const std::function<void(Schema&)>& edit, const Renames& renames = {}) {
    const Schema before = live();
    Schema after = before;
    edit(after);
    after = duckdb_dialect().canonical(after);
    return duckdb::render(before, after, diff(before, after, renames)).statements;
  }

  /// Makes it, in one transaction, and looks whether the database is then as it was meant.
  void change(const std::function<void(Schema&)>& edit, const Renames& renames = {}) {
    Schema after = live();
    for (const TableRename& rename : renames.tables) {
      Table table = after.extract(rename.from).mapped();
      table.name = rename.to;
      put(after, table);
    }
    const Schema before = live();
    edit(after);
    after = duckdb_dialect().canonical(after);
    run(duckdb::render(before, after, diff(before, after, renames)).statements);
    EXPECT_TRUE(equivalent(live(), after)) << described(diff(live(), after));
  }

  /// The error with which it is refused; the database must then be as it was.
  std::string refusal(const std::function<void(Schema&)>& edit) {
    const Schema before = live();
    std::string text;
    try {
      run(statements(edit));
      ADD_FAILURE() << "nothing was refused";
    } catch (const Error& error) {
      text = error.what();
    }
    connection_->rollback();
    EXPECT_EQ(live(), before);
    return text;
  }

  std::vector<std::string> operator()(std::string_view sql) { return rows(*connection_, sql); }
  Connection& connection() { return *connection_; }

 private:
  void run(const std::vector<Statement>& statements) {
    connection_->begin({});
    for (const Statement& statement : statements) {
      SCOPED_TRACE(statement.text);
      connection_->execute(statement.text);
    }
    connection_->commit();
  }

  static std::string described(const std::vector<Operation>& operations) {
    std::string text;
    for (const Operation& operation : operations) text += summary(operation) + "\n";
    return text;
  }

  std::unique_ptr<Connection> connection_;
};

Table& table(Schema& schema, const std::string& name) { return schema.at({"", name}); }
Column& column(Schema& schema, const std::string& of, const std::string& name) {
  return *find_column(table(schema, of), name);
}

Column column_of(const std::string& name, const std::string& type,
                 std::optional<std::string> default_sql = {}, bool is_nullable = true) {
  Column result;
  result.name = name;
  result.type = parse_type(type);
  result.default_sql = std::move(default_sql);
  result.is_nullable = is_nullable;
  return result;
}

std::vector<std::string> texts(const std::vector<Statement>& statements) {
  std::vector<std::string> result;
  for (const Statement& statement : statements) result.push_back(statement.text);
  return result;
}

std::vector<std::string> comments(const std::vector<Statement>& statements) {
  std::vector<std::string> result;
  for (const Statement& statement : statements) result.push_back(join(statement.comments, " | "));
  return result;
}

TEST(DuckdbRender, AltersWhatDuckdbCanAlter) {
  Store store({"CREATE TABLE clip(id VARCHAR, hashes STRUCT(a VARCHAR), old BIGINT)"});
  const std::vector<Statement> statements = store.statements([](Schema& schema) {
    Table& clip = table(schema, "clip");
    clip.columns.pop_back();
    clip.columns[1].type = parse_type("STRUCT(a VARCHAR, \"b-c\" VARCHAR)");
    clip.columns.push_back(column_of("is_new", "BOOLEAN", "true", false));
    clip.columns[0].comment = "it's the key";
  });
  EXPECT_THAT(texts(statements),
              ElementsAre(R"(ALTER TABLE "clip" ADD COLUMN "is_new" BOOLEAN DEFAULT 'true')",
                          R"(ALTER TABLE "clip" ALTER COLUMN "is_new" SET NOT NULL)",
                          R"(COMMENT ON COLUMN "clip"."id" IS 'it''s the key')",
                          R"(ALTER TABLE "clip" ADD COLUMN "hashes"."b-c" VARCHAR)",
                          R"(ALTER TABLE "clip" DROP COLUMN "old")"));
  EXPECT_THAT(comments(statements),
              ElementsAre("add column clip.is_new", "add column clip.is_new", "set comment of clip.id",
                          "add member b-c to clip.hashes",
                          "drop column clip.old | destructive: the values of old are lost"));
}

TEST(DuckdbRender, CreatesTablesWithEverythingTheyHave) {
  Store store({});
  Schema schema = duckdb_dialect().canonical({});
  Table clip;
  clip.name = {"", "clip"};
  clip.columns = {column_of("id", "VARCHAR", {}, false), column_of("size", "BIGINT", "0")};
  clip.columns.push_back(column_of("twice", "BIGINT"));
  clip.columns[2].generated = Generated{"size * 2", false};
  clip.columns[1].comment = "bytes";
  clip.constraints = {PrimaryKey{"", {"id"}}, Check{"", "size >= 0"}};
  clip.indexes = {Index{"ix", {IndexPart{"size", "", false, "", "", ""}}, false, "", "", {}, ""}};
  put(schema, clip);
  const Schema after = duckdb_dialect().canonical(schema);
  EXPECT_THAT(texts(duckdb::render({}, after, diff({}, after)).statements),
              ElementsAre("CREATE TABLE \"clip\" (\n  \"id\" VARCHAR,\n  \"size\" BIGINT DEFAULT 0,\n"
                          "  \"twice\" BIGINT GENERATED ALWAYS AS (\"size\" * 2),\n  PRIMARY KEY (\"id\"),\n"
                          "  CHECK (\"size\" >= 0)\n)",
                          "CREATE INDEX \"ix\" ON \"clip\" (\"size\")",
                          "COMMENT ON COLUMN \"clip\".\"size\" IS 'bytes'"));
}

TEST(DuckdbRender, RebuildsATableThatAnIndexKeepsFromBeingAltered) {
  Store store({"CREATE TABLE clip(id BIGINT PRIMARY KEY, hashes STRUCT(a VARCHAR))",
               "CREATE INDEX ix ON clip((hashes['a']))", "INSERT INTO clip VALUES (1, {'a': 'x'})",
               "COMMENT ON TABLE clip IS 'kept'"});
  const auto add_member = [](Schema& schema) {
    column(schema, "clip", "hashes").type = parse_type("STRUCT(a VARCHAR, b VARCHAR)");
  };
  const std::vector<Statement> statements = store.statements(add_member);
  EXPECT_THAT(comments(statements),
              ElementsAre("rebuild clip: add member b to clip.hashes",
                          "rebuild clip: check that no members are lost", "rebuild clip: the new table",
                          "rebuild clip: copy the rows", "rebuild clip: check that all rows are there",
                          "rebuild clip: the old table", "rebuild clip: the new table takes its name",
                          "rebuild clip: primary key", "rebuild clip: index ix", "rebuild clip: comment"));
  EXPECT_EQ(statements[3].text,
            "INSERT INTO \"__mx_clip\" (\"id\", \"hashes\") SELECT \"id\", "
            "CAST(\"hashes\" AS STRUCT(\"a\" VARCHAR, \"b\" VARCHAR)) FROM \"clip\"");
  store.change(add_member);
  EXPECT_THAT(store("SELECT * FROM clip"), ElementsAre("1|{'a': x, 'b': NULL}"));
}

/// A dropped index keeps its name until the transaction ends.
TEST(DuckdbRender, RebuildsATableOfWhichAnIndexChanges) {
  Store store({"CREATE TABLE clip(id BIGINT, size BIGINT)", "CREATE UNIQUE INDEX ix ON clip(id)",
               "CREATE INDEX stays ON clip(size)", "INSERT INTO clip VALUES (1, 2)"});
  store.change([](Schema& schema) { table(schema, "clip").indexes.front().is_unique = false; });
  store.change([](Schema& schema) { table(schema, "clip").indexes.front().parts.front().column = "size"; });
  EXPECT_THAT(store("SELECT * FROM clip"), ElementsAre("1|2"));
}

TEST(DuckdbRender, RebuildsAParentTogetherWithAllThatReferToIt) {
  Store store({"CREATE TABLE par(id INTEGER PRIMARY KEY, a VARCHAR)",
               "CREATE TABLE chi(id INTEGER PRIMARY KEY, pid INTEGER REFERENCES par(id))",
               "CREATE TABLE gra(pid INTEGER REFERENCES chi(id))",
               "INSERT INTO par SELECT range, 'v' || range FROM range(3000)",
               "INSERT INTO chi SELECT range, range FROM range(3000)",
               "INSERT INTO gra SELECT range FROM range(3000)", "COMMENT ON COLUMN gra.pid IS 'kept'"});
  store.change([](Schema& schema) { column(schema, "par", "a").is_nullable = false; });
  EXPECT_THAT(
      store("SELECT count(*), min(a) FROM gra JOIN chi ON gra.pid = chi.id JOIN par ON chi.pid = par.id"),
      ElementsAre("3000|v0"));
  EXPECT_THROW(store.connection().execute("INSERT INTO chi VALUES (9999, 8888)"), StatementFailed);
  EXPECT_THROW(store.connection().execute("DELETE FROM par WHERE id = 7"), StatementFailed);
  run_all(store.connection(),
          {"DELETE FROM gra WHERE pid = 7", "DELETE FROM chi WHERE id = 7", "DELETE FROM par WHERE id = 7"});
}

TEST(DuckdbRender, RebuildsAChildAlone) {
  Store store({"CREATE TABLE par(id INTEGER PRIMARY KEY)",
               "CREATE TABLE chi(id INTEGER, pid INTEGER REFERENCES par(id))"});
  const std::vector<Statement> statements = store.statements([](Schema& schema) {
    table(schema, "chi").constraints.emplace_back(Unique{"", {"id"}});
  });
  EXPECT_THAT(comments(statements), Each(StartsWith("rebuild chi: ")));
}

TEST(DuckdbRender, PutsRowsThatReferToEachOtherBackLevelByLevel) {
  std::vector<std::string> setup = {
      "CREATE TABLE s(id INTEGER PRIMARY KEY, pid INTEGER REFERENCES s(id), top INTEGER REFERENCES s(id))",
      "INSERT INTO s VALUES (0, NULL, NULL)"};
  // Two keys to the row before are two ways to it, four to the one before that: a row is still visited once a
  // level.
  for (int i = 1; i < 40; ++i) {
    const std::string before = std::to_string(i - 1);
    setup.push_back(fmt::format("INSERT INTO s VALUES ({}, {}, {})", i, before, before));
  }
  Store store(setup);
  store.change([](Schema& schema) { table(schema, "s").constraints.emplace_back(Check{"", "id >= 0"}); });
  EXPECT_THAT(store("SELECT count(*), sum(pid), sum(top) FROM s"), ElementsAre("40|741|741"));
  EXPECT_THROW(store.connection().execute("DELETE FROM s WHERE id = 7"), StatementFailed);
}

TEST(DuckdbRender, RefusesRowsThatReferToEachOtherTooDeep) {
  std::vector<std::string> setup = {"CREATE TABLE s(id INTEGER PRIMARY KEY, pid INTEGER REFERENCES s(id))",
                                    "INSERT INTO s VALUES (0, NULL)"};
  for (int i = 1; i < 60; ++i) {
    setup.push_back("INSERT INTO s VALUES (" + std::to_string(i) + ", " + std::to_string(i - 1) + ")");
  }
  Store store(setup);
  EXPECT_THAT(store.refusal([](Schema& schema) {
    table(schema, "s").constraints.emplace_back(Check{"", "id >= 0"});
  }),
              HasSubstr("foreign key"));
  EXPECT_THAT(store("SELECT count(*) FROM s"), ElementsAre("60"));
}

TEST(DuckdbRender, RenamesATableWithForeignKeysOnlyByRebuildingIt) {
  Store store({"CREATE TABLE par(id INTEGER PRIMARY KEY)", "CREATE TABLE chi(pid INTEGER REFERENCES par(id))",
               "INSERT INTO par VALUES (1), (2)", "INSERT INTO chi VALUES (1)"});
  store.change([](Schema&) {}, {.tables = {{{"", "chi"}, {"", "kid"}}}, .columns = {}});
  EXPECT_THROW(store.connection().execute("DELETE FROM par WHERE id = 1"), StatementFailed);
  run_all(store.connection(), {"DELETE FROM par WHERE id = 2", "DROP TABLE kid", "DROP TABLE par"});
}

TEST(DuckdbRender, RetypesAlsoWhereDeletedRowsWouldNotFit) {
  Store store({"CREATE TABLE t(a INTEGER NOT NULL)", "INSERT INTO t SELECT range FROM range(400)",
               "DELETE FROM t WHERE a > 100"});
  store.change([](Schema& schema) { column(schema, "t", "a").type = plain_type("TINYINT"); });
  EXPECT_THAT(store("SELECT count(*), sum(a) FROM t"), ElementsAre("101|5050"));
}

TEST(DuckdbRender, RefusesToRetypeValuesThatDoNotFit) {
  Store store({"CREATE TABLE t(a INTEGER)", "INSERT INTO t SELECT range FROM range(400)"});
  EXPECT_THAT(store.refusal([](Schema& schema) { column(schema, "t", "a").type = plain_type("TINYINT"); }),
              HasSubstr("column a of t has a value that is no TINYINT: 128"));
}

TEST(DuckdbRender, MarksWhatDuckdbWouldRoundAsDestructive) {
  Store store({"CREATE TABLE t(a DOUBLE, b INTEGER, c DECIMAL(10,2), d INTEGER)"});
  EXPECT_THAT(
      comments(store.statements([](Schema& schema) {
        column(schema, "t", "a").type = plain_type("BIGINT");
        column(schema, "t", "b").type = plain_type("BIGINT");
        column(schema, "t", "c").type = parse_type("DECIMAL(10,1)");
      })),
      ElementsAre("check that the type is still the old one", "check that all values fit",
                  "change type of t.a from DOUBLE to BIGINT | destructive: values of a that BIGINT "
                  "cannot hold exactly are changed",
                  "check that the type is still the old one", "change type of t.b from INTEGER to BIGINT",
                  "check that the type is still the old one", "check that all values fit",
                  "change type of t.c from DECIMAL(10,2) to DECIMAL(10,1) | destructive: values of c "
                  "that DECIMAL(10,1) "
                  "cannot hold exactly are changed"));
}

TEST(DuckdbRender, FillsComputedDefaultsAfterAllAlters) {
  Store store({"CREATE TABLE t(a BIGINT)", "INSERT INTO t SELECT range FROM range(3000)"});
  store.change([](Schema& schema) {
    Table& t = table(schema, "t");
    t.columns.push_back(column_of("b", "VARCHAR", "upper('q')"));
    t.columns.push_back(column_of("c", "BIGINT", "1 + 1"));
    t.columns.push_back(column_of("d", "VARCHAR[]", "'[x, y]'"));
    t.columns[0].type = plain_type("HUGEINT");
    t.columns[1].comment = "after";
  });
  EXPECT_THAT(store("SELECT b, c, d, count(*) FROM t GROUP BY ALL"), ElementsAre("Q|2|[x, y]|3000"));
  store.connection().execute("INSERT INTO t(a) VALUES (1)");
  EXPECT_THAT(store("SELECT b, c, d, count(*) FROM t GROUP BY ALL"), ElementsAre("Q|2|[x, y]|3001"));
}

// A downgrade brings a dropped column back before it gives another its old name.
TEST(DuckdbRender, FillsAColumnUnderTheNameThatItHasInTheEnd) {
  const auto connection = in_memory();
  run_all(*connection, {"CREATE TABLE t(a BIGINT)", "INSERT INTO t SELECT range FROM range(3)"});
  const Schema before = duckdb_dialect().reflect(*connection, {}).schema;
  const TableName t{.schema = "", .name = "t"};
  const std::vector<Operation> operations = {
      AddColumn{.table = t, .column = column_of("b", "VARCHAR", "upper('q')")},
      RenameColumn{.table = t, .from = "b", .to = "c"}};
  const Schema after = applied(before, operations);
  for (const Statement& statement : duckdb::render(before, after, operations).statements) {
    connection->execute(statement.text);
  }
  EXPECT_THAT(rows(*connection, "SELECT c, count(*) FROM t GROUP BY ALL"), ElementsAre("Q|3"));
  EXPECT_TRUE(equivalent(duckdb_dialect().reflect(*connection, {}).schema, after));
}

TEST(DuckdbRender, ANotNullColumnWithoutDefaultNeedsAnEmptyTable) {
  const auto add = [](Schema& schema) {
    table(schema, "t").columns.push_back(column_of("b", "VARCHAR", {}, false));
  };
  Store filled({"CREATE TABLE t(a BIGINT)", "INSERT INTO t VALUES (1)"});
  EXPECT_THAT(filled.refusal(add), HasSubstr("NOT NULL constraint failed"));
  Store empty({"CREATE TABLE t(a BIGINT)"});
  empty.change(add);
}

TEST(DuckdbRender, TurnsStructsIntoMapsAndBack) {
  Store store({"CREATE TABLE t(h STRUCT(a VARCHAR, b VARCHAR))",
               "INSERT INTO t VALUES ({'a': 'x', 'b': NULL}), (NULL)"});
  store.change([](Schema& schema) { column(schema, "t", "h").type = parse_type("MAP(VARCHAR, VARCHAR)"); });
  EXPECT_THAT(store("SELECT h FROM t"), ElementsAre("{a=x, b=NULL}", "NULL"));
  store.change(
      [](Schema& schema) { column(schema, "t", "h").type = parse_type("STRUCT(a VARCHAR, c VARCHAR)"); });
  EXPECT_THAT(store("SELECT h FROM t"), ElementsAre("{'a': x, 'c': NULL}", "NULL"));
}

/// With what error a script stops in a table that was changed after it was written; and that the table is
/// still there then.
std::string stop_after(Store& store, const std::vector<Statement>& statements, const std::string& by_hand) {
  store.connection().execute(by_hand);
  std::string words;
  try {
    for (const Statement& statement : statements) store.connection().execute(statement.text);
    ADD_FAILURE() << "nothing stopped after " << by_hand;
  } catch (const StatementFailed& error) {
    words = error.what();
  }
  EXPECT_THAT(store("SELECT table_name FROM duckdb_tables()"), Contains("t"));
  return words;
}

TEST(DuckdbRender, ARebuildDropsNothingThatTheScriptDoesNotKnow) {
  const auto add_unique = [](Schema& schema) {
    table(schema, "t").constraints.emplace_back(Unique{"", {"a", "b"}});
  };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"ALTER TABLE t ADD COLUMN By_hand INTEGER", "column by_hand as INTEGER"},
      {"CREATE INDEX By_hand ON t(a)", "index by_hand"},
      {"ALTER TABLE t ADD PRIMARY KEY (b, a)", "primary key (a, b)"},
      {"CREATE OR REPLACE TABLE t(a BIGINT, b VARCHAR, CHECK (a > 0), UNIQUE (b, a))", "unique (a, b)"},
      {"CREATE OR REPLACE TABLE t(a BIGINT REFERENCES p(id), b VARCHAR)", "foreign key (a)"},
      {"CREATE OR REPLACE TABLE t(a BIGINT, b VARCHAR, CHECK (a > 0), CHECK (a < 9))",
       "a check among CHECK((a < 9)), CHECK((a > 0))"},
      {"COMMENT ON TABLE t IS 'by hand'", "comment 'by hand' of the table"},
      {"COMMENT ON COLUMN t.a IS 'by hand'", "comment 'by hand' of column a"},
      {"CREATE OR REPLACE TABLE t(a BIGINT PRIMARY KEY, b VARCHAR, c VARCHAR)",
       "column c as VARCHAR, primary key (a)"},
      {"ALTER TABLE t ALTER b TYPE DECIMAL(20, 2)", "column b as DECIMAL(20,2)"},
      {"ALTER TABLE t ALTER b TYPE BIGINT[]", "column b as BIGINT[]"},
  };
  for (const auto& [by_hand, part] : cases) {
    Store store(
        {"CREATE TABLE p(id BIGINT PRIMARY KEY)", "CREATE TABLE t(a BIGINT, b VARCHAR, CHECK (a > 0))"});
    EXPECT_THAT(stop_after(store, store.statements(add_unique), by_hand),
                HasSubstr("table 't' has " + part + ", which this script does not know and would lose"));
  }
}

// Its lower() knows more letters than ours.
TEST(DuckdbRender, ARebuildKnowsNamesInAnyScript) {
  Store store(
      {"CREATE TABLE \"Ärger\"(\"Übersicht\" BIGINT, \"s\" STRUCT(\"Ö\" BIGINT), \"日本\" DECIMAL(20, 2))",
       "CREATE INDEX \"Ü\" ON \"Ärger\"(\"Übersicht\")", "COMMENT ON COLUMN \"Ärger\".\"Übersicht\" IS 'Ä'"});
  for (const Statement& statement : store.statements(
           [](Schema& schema) { column(schema, "Ärger", "Übersicht").type = parse_type("VARCHAR"); })) {
    store.connection().execute(statement.text);
  }
  EXPECT_THAT(store("SELECT data_type FROM duckdb_columns() WHERE column_name = 'Übersicht'"),
              Contains("VARCHAR"));
}

// DuckDB casts a STRUCT by the names of its members.
TEST(DuckdbRender, AMemberThatTheScriptDoesNotKnowStopsIt) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"ALTER TABLE t ADD COLUMN s.z VARCHAR", "member s.z as VARCHAR"},
      {"ALTER TABLE t ADD COLUMN s.l.element.z VARCHAR", "member s.l.z as VARCHAR"},
      {"ALTER TABLE t ADD COLUMN l.element.z VARCHAR", "member l.z as VARCHAR"},
      {"ALTER TABLE t ALTER m TYPE MAP(VARCHAR, STRUCT(q BIGINT, z VARCHAR))", "member m.z as VARCHAR"},
      {"ALTER TABLE t ALTER s TYPE JSON", "column s as JSON"},
      {"ALTER TABLE t ALTER s TYPE STRUCT(x VARCHAR, l STRUCT(q BIGINT)[])", "member s.x as VARCHAR"},
      {"ALTER TABLE t ALTER l TYPE STRUCT(q VARCHAR)[]", "member l.q as VARCHAR"},
      {"ALTER TABLE t ALTER m TYPE MAP(BIGINT, STRUCT(q BIGINT))",
       "column m as MAP(BIGINT, STRUCT(q BIGINT))"},
      {"ALTER TABLE t ALTER k TYPE MAP(VARCHAR, VARCHAR)", "column k as MAP(VARCHAR, VARCHAR)"},
  };
  const std::vector<std::function<void(Schema&)>> edits = {
      [](Schema& schema) {
        table(schema, "t").constraints.emplace_back(Unique{"", {"a"}});
      },
      [](Schema& schema) {
        column(schema, "t", "s").type = parse_type("STRUCT(x DOUBLE, l STRUCT(q DOUBLE)[])");
        column(schema, "t", "l").type = parse_type("STRUCT(q DOUBLE)[]");
        column(schema, "t", "m").type = parse_type("MAP(VARCHAR, STRUCT(q DOUBLE))");
        column(schema, "t", "k").type = parse_type("MAP(VARCHAR, BLOB)");
      }};
  for (const auto& edit : edits) {
    for (const auto& [by_hand, part] : cases) {
      Store store(
          {"CREATE TABLE t(a BIGINT, s STRUCT(x BIGINT, l STRUCT(q BIGINT)[]), l STRUCT(q BIGINT)[],"
           " m MAP(VARCHAR, STRUCT(q BIGINT)), k MAP(VARCHAR, UUID))"});
      EXPECT_THAT(stop_after(store, store.statements(edit), by_hand),
                  HasSubstr("table 't' has " + part + ", which this script does not know and would lose"));
    }
  }
}

/// '007' would become 7 on its way.
TEST(DuckdbRender, ATypeThatTheScriptDoesNotTakeItForStopsTheChange) {
  Store store({"CREATE TABLE t(a INTEGER, b BIGINT)"});
  EXPECT_THAT(stop_after(store, store.statements([](Schema& schema) {
                column(schema, "t", "a").type = plain_type("BIGINT");
              }),
                         "ALTER TABLE t ALTER a TYPE VARCHAR"),
              HasSubstr("table 't' has column a as VARCHAR, which this script does not know and would lose"));
}

// A downgrade keeps the members of by-field columns, so the next upgrade finds them there.
TEST(DuckdbRender, AMemberThatTheScriptAddsMayBeThere) {
  Store store({"CREATE TABLE t(a BIGINT, s STRUCT(x VARCHAR))"});
  const std::vector<Statement> statements = store.statements([](Schema& schema) {
    column(schema, "t", "s").type = parse_type("STRUCT(x VARCHAR, y VARCHAR)");
    table(schema, "t").constraints.emplace_back(Unique{"", {"a"}});
  });
  run_all(store.connection(),
          {"ALTER TABLE t ADD COLUMN s.Y VARCHAR", "INSERT INTO t VALUES (1, {'x': 'x', 'Y': 'y'})"});
  for (const Statement& statement : statements) store.connection().execute(statement.text);
  EXPECT_THAT(store("SELECT s FROM t"), ElementsAre("{'x': x, 'y': y}"));
}

TEST(DuckdbRender, OnlyByFieldColumnsMayHaveTheMemberThatIsAdded) {
  Store store({"CREATE TABLE t(s STRUCT(x VARCHAR), metaxy_provenance_by_field STRUCT(x VARCHAR))"});
  EXPECT_THAT(texts(store.statements([](Schema& schema) {
                for (const char* name : {"s", "metaxy_provenance_by_field"}) {
                  column(schema, "t", name).type = parse_type("STRUCT(x VARCHAR, y VARCHAR)");
                }
              })),
              ElementsAre(R"(ALTER TABLE "t" ADD COLUMN "s"."y" VARCHAR)",
                          "ALTER TABLE \"t\" ADD COLUMN IF NOT EXISTS \"metaxy_provenance_by_field\".\"y\""
                          " VARCHAR"));
}

TEST(DuckdbRender, RefusesToRetypePartsOfValuesThatDoNotFit) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"VARCHAR[]", "['true', 'unknown']", "BOOLEAN[]"},
      {"STRUCT(x VARCHAR)", "{'x': 'unknown'}", "STRUCT(x BOOLEAN)"},
      {"MAP(VARCHAR, VARCHAR)", "MAP {'x': 'unknown'}", "MAP(VARCHAR, BOOLEAN)"},
      {"BIGINT[][]", "[[1, 1099511627776]]", "INTEGER[][]"},
      {"JSON", "'[\"unknown\"]'", "BIGINT[]"},
      {"ENUM('a', 'b')[]", "['a', 'b']", "ENUM('b')[]"},
      {"STRUCT(x BIGINT)[][]", "[[{'x': 1}]]", "BIGINT[]"},
  };
  for (const auto& [from, value, to] : cases) {
    Store store({"CREATE TABLE t(a " + from + ")", "INSERT INTO t VALUES (NULL), (" + value + ")"});
    const Type wanted = parse_type(to);
    EXPECT_THAT(store.refusal([&wanted](Schema& schema) { column(schema, "t", "a").type = wanted; }),
                HasSubstr("column a of t has a value that is no "));
  }
}

TEST(DuckdbRender, RetypesPartsOfValuesThatFitBesideDeletedRowsThatDoNot) {
  Store store({"CREATE TABLE t(i INTEGER, a VARCHAR[])",
               "INSERT INTO t SELECT range, ['true', if(range < 100, NULL, 'unknown')] FROM range(400)",
               "DELETE FROM t WHERE i >= 100"});
  store.change([](Schema& schema) { column(schema, "t", "a").type = parse_type("BOOLEAN[]"); });
  EXPECT_THAT(store("SELECT a, count(*) FROM t GROUP BY ALL"), ElementsAre("[true, NULL]|100"));
}

TEST(DuckdbRender, SaysThatValuesOfJsonAndBytesOfTextsMayChange) {
  using duckdb::cast_risk;
  using duckdb::CastRisk;
  EXPECT_EQ(cast_risk(parse_type("JSON"), parse_type("BIGINT")), CastRisk::changes);
  EXPECT_EQ(cast_risk(parse_type("JSON[]"), parse_type("TIMESTAMP[]")), CastRisk::changes);
  EXPECT_EQ(cast_risk(parse_type("JSON"), parse_type("STRUCT(a BIGINT)")), CastRisk::changes);
  EXPECT_EQ(cast_risk(parse_type("JSON"), parse_type("VARCHAR")), CastRisk::none);
  EXPECT_EQ(cast_risk(parse_type("VARCHAR"), parse_type("BLOB")), CastRisk::changes);
  EXPECT_EQ(cast_risk(parse_type("VARCHAR"), parse_type("BOOLEAN")), CastRisk::changes);
}

TEST(DuckdbRender, AShadowTableTakesNobodysName) {
  Store store({"CREATE TABLE t(a BIGINT)", "CREATE TABLE \"__MX_t\"(a BIGINT)",
               "CREATE TABLE __mx_t_(a BIGINT)", "INSERT INTO t VALUES (1)"});
  store.change([](Schema& schema) { table(schema, "t").constraints.emplace_back(Unique{"", {"a"}}); });
  EXPECT_THAT(store("SELECT table_name FROM duckdb_tables() ORDER BY 1"),
              ElementsAre("__MX_t", "__mx_t_", "t"));
}

TEST(DuckdbRender, SaysThatACircleOfForeignKeysIsNotPossible) {
  Schema schema;
  for (const auto& [name, other] : {std::pair("a", "b"), std::pair("b", "a")}) {
    Table one;
    one.name = {"", name};
    one.columns = {column_of("id", "BIGINT", {}, false), column_of("other", "BIGINT")};
    one.constraints = {PrimaryKey{"", {"id"}}, ForeignKey{"", {"other"}, {"", other}, {"id"}, "", "", ""}};
    put(schema, one);
  }
  try {
    duckdb::render({}, schema, diff({}, schema));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("form a circle"));
  }
}

TEST(DuckdbRender, NothingIsNothing) {
  Store store({"CREATE TABLE t(a BIGINT)"});
  EXPECT_THAT(store.statements([](Schema&) {}), IsEmpty());
}

TEST(DuckdbRender, TellsWhichTablesItRebuilds) {
  Store store({"CREATE TABLE t(a BIGINT)", "CREATE TABLE u(a BIGINT)"});
  const Schema before = store.live();
  Schema after = before;
  table(after, "t").constraints.emplace_back(Unique{"", {"a"}});
  table(after, "u").columns.push_back(column_of("b", "BIGINT"));
  EXPECT_THAT(duckdb_dialect().rebuilt_tables(before, after, diff(before, after)),
              ElementsAre(TableName{"", "t"}));
}

}  // namespace
}  // namespace metaxy::migrate
