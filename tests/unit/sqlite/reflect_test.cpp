#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/sqlite/database.hpp"

namespace metaxy::migrate::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

/// The one table of a schema that these statements make.
Table table_of(const std::vector<std::string>& statements) {
  const std::unique_ptr<Connection> connection = in_memory();
  run(*connection, statements);
  const Schema schema = reflected(*connection);
  EXPECT_EQ(schema.size(), 1U);
  return schema.begin()->second;
}

TEST(SqliteReflect, SpellingsOfOneTableAreOneTable) {
  const Table plain = table_of(
      {R"(CREATE TABLE "t" ("Id" INTEGER PRIMARY KEY, "name" VARCHAR(10) COLLATE NOCASE NOT NULL DEFAULT 'x', CHECK ("Id" > 0)))",
       R"(CREATE INDEX "i" ON "t" ("name" DESC) WHERE "Id" > 5)"});
  const Table odd =
      table_of({"create table if not exists Main . t(Id integer constraint pk primary key asc "
                "check((ID>0)),name varchar ( 10 )"
                " default \"x\" not null collate `nocase`)",
                "create index i on T(Name collate nocase desc) where(id>5)"});
  EXPECT_TRUE(equivalent(plain, odd));
  EXPECT_EQ(odd.indexes, plain.indexes);
  EXPECT_EQ(odd.columns, plain.columns);
}

TEST(SqliteReflect, IntAndIntegerKeysStayApart) {
  EXPECT_FALSE(equivalent(table_of({"CREATE TABLE t (a INT PRIMARY KEY)"}),
                          table_of({"CREATE TABLE t (a INTEGER PRIMARY KEY)"})));
}

TEST(SqliteReflect, NullIsNoDefault) {
  EXPECT_EQ(table_of({"CREATE TABLE t (a INT DEFAULT NULL)"}).columns[0].default_sql, std::nullopt);
}

TEST(SqliteReflect, KeysOfATableWithoutRowidAreNotNull) {
  const Table table = table_of({"CREATE TABLE t (a TEXT, b TEXT, PRIMARY KEY (a)) WITHOUT ROWID, STRICT"});
  EXPECT_FALSE(table.columns[0].is_nullable);
  EXPECT_TRUE(table.columns[1].is_nullable);
  EXPECT_THAT(table.options, ElementsAre("STRICT", "WITHOUT ROWID"));
}

TEST(SqliteReflect, AKeyWithoutColumnsRefersToThePrimaryKey) {
  const std::unique_ptr<Connection> connection = in_memory();
  run(*connection, {"CREATE TABLE c (x REFERENCES PARENT, y REFERENCES missing)",
                    "CREATE TABLE parent (id TEXT PRIMARY KEY)"});
  const Table child = reflected(*connection).at({"", "c"});
  EXPECT_THAT(child.constraints,
              ElementsAre(Constraint(ForeignKey{"", {"x"}, {"", "parent"}, {"id"}, "", "", ""}),
                          Constraint(ForeignKey{"", {"y"}, {"", "missing"}, {}, "", "", ""})));
}

TEST(SqliteReflect, FollowsWhatAlterTableDoesToTheText) {
  const Table table =
      table_of({"CREATE TABLE old (a INT, CHECK (a > 0))", "ALTER TABLE old ADD COLUMN b TEXT DEFAULT 'x'",
                "ALTER TABLE old RENAME TO t", "ALTER TABLE t RENAME COLUMN a TO \"Big A\""});
  EXPECT_EQ(table.name.name, "t");
  EXPECT_EQ(table.columns[0].name, "Big A");
  EXPECT_EQ(table.columns[1].default_sql, "'x'");
  EXPECT_THAT(table.constraints, ElementsAre(Constraint(Check{"", R"("Big A" > 0)"})));
}

TEST(SqliteReflect, TriggersAndViewsKeepTheirText) {
  const std::unique_ptr<Connection> connection = in_memory();
  run(*connection, {"CREATE TABLE t (a INT)", "CREATE VIEW v AS SELECT a FROM t",
                    "CREATE VIEW broken AS SELECT x FROM nowhere",
                    "CREATE TRIGGER tr AFTER INSERT ON T BEGIN SELECT 1; END",
                    "CREATE TRIGGER tv INSTEAD OF INSERT ON v BEGIN SELECT 1; END"});
  const Reflected reflected = sqlite_dialect().reflect(*connection, {});
  EXPECT_THAT(reflected.schema.at({"", "t"}).triggers,
              ElementsAre(Trigger{"tr", "CREATE TRIGGER tr AFTER INSERT ON T BEGIN SELECT 1; END"}));
  EXPECT_THAT(reflected.views,
              ElementsAre(AllOf(Field(&View::name, TableName{"", "v"}),
                                Field(&View::sql, "CREATE VIEW v AS SELECT a FROM t")),
                          AllOf(Field(&View::name, TableName{"", "broken"}),
                                Field(&View::sql, "CREATE VIEW broken AS SELECT x FROM nowhere"))));
  EXPECT_THAT(reflected.not_compared, IsEmpty());
}

TEST(SqliteReflect, VirtualTablesAndTheirShadowsAreLeftOut) {
  const std::unique_ptr<Connection> connection = in_memory();
  run(*connection, {"CREATE VIRTUAL TABLE search USING fts5 (text)", "CREATE TABLE t (a INT)"});
  const Schema schema = reflected(*connection);
  ASSERT_EQ(schema.size(), 1U);
  EXPECT_EQ(schema.begin()->first.name, "t");
}

TEST(SqliteReflect, TemporaryTablesDoNotHideRealOnes) {
  const Table table =
      table_of({"CREATE TABLE t (a INT)", "CREATE TEMP TABLE t (wrong TEXT)", "CREATE TEMP TABLE u (a)"});
  EXPECT_EQ(table.columns[0].name, "a");
}

TEST(SqliteReflect, ATransactionOfTheCallerIsLeftOpen) {
  const std::unique_ptr<Connection> connection = in_memory();
  connection->begin({});
  connection->execute("CREATE TABLE t (a INT)");
  EXPECT_EQ(reflected(*connection).size(), 1U);
  EXPECT_TRUE(connection->is_in_transaction());
  connection->rollback();
  EXPECT_EQ(reflected(*connection).size(), 0U);
  EXPECT_FALSE(connection->is_in_transaction());
}

}  // namespace
}  // namespace metaxy::migrate::test
