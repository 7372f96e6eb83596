// How changes are written. The laws run them; here are the texts that people review.

#include "dialect/postgresql/render.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "dialect/postgresql/concurrent.hpp"
#include "dialect/postgresql/postgresql.hpp"
#include "diff/diff.hpp"
#include "unit/postgresql/sections.hpp"

namespace metaxy::migrate::postgresql {
namespace {

using testing::ElementsAre;

Column column(const std::string& name, const std::string& type, bool is_nullable = true) {
  Column result;
  result.name = name;
  result.type = postgresql_dialect().canonical_type(parse_type(type));
  result.is_nullable = is_nullable;
  return result;
}

Table table(const std::string& name, std::vector<Column> columns) {
  Table result;
  result.name = {"", name};
  result.columns = std::move(columns);
  return result;
}

Schema schema_of(std::vector<Table> tables) {
  Schema schema;
  for (Table& one : tables) put(schema, std::move(one));
  return postgresql_dialect().canonical(schema);
}

TEST(PostgresqlRender, AnIndexGoesConcurrentlyUnlessTheTableChangesWithIt) {
  Table with = table("t", {column("a", "text"), column("b", "integer")});
  Index index;
  index.name = "ix";
  index.parts.resize(1);
  index.parts[0].column = "a";
  with.indexes = {index};
  Table without = with;
  without.indexes.clear();
  EXPECT_THAT(sections(schema_of({with}), schema_of({without})),
              ElementsAre(ElementsAre("DROP INDEX CONCURRENTLY \"ix\"")));
  EXPECT_THAT(sections(schema_of({with}), schema_of({without}), {.is_online = false}),
              ElementsAre(ElementsAre("DROP INDEX \"ix\"")));
  without.columns.pop_back();
  EXPECT_THAT(sections(schema_of({with}), schema_of({without})),
              ElementsAre(ElementsAre("DROP INDEX \"ix\"", "ALTER TABLE \"t\" DROP COLUMN \"b\"")));
}

TEST(PostgresqlRender, SeveralTypesOfOneTableAreWrittenAnewOnce) {
  Table before = table("t", {column("a", "integer"), column("b", "integer", false), column("c", "text")});
  before.columns[0].default_sql = "7";
  Table after = table("t", {column("a", "bigint"), column("b", "numeric"), column("c", "varchar(20)")});
  after.columns[0].default_sql = "7";
  EXPECT_THAT(sections(schema_of({before}), schema_of({after})), ElementsAre(ElementsAre(R"(ALTER TABLE "t"
  ALTER COLUMN "a" DROP DEFAULT,
  ALTER COLUMN "a" TYPE bigint USING "a"::bigint,
  ALTER COLUMN "a" SET DEFAULT 7,
  ALTER COLUMN "b" TYPE numeric USING "b"::numeric,
  ALTER COLUMN "b" DROP NOT NULL,
  ALTER COLUMN "c" TYPE character varying(20) USING "c")")));
  // Where one change writes the rows there is nothing to join.
  after.columns[1] = before.columns[1];
  after.columns[2] = before.columns[2];
  EXPECT_THAT(sections(schema_of({before}), schema_of({after})),
              ElementsAre(ElementsAre(R"(ALTER TABLE "t" ALTER COLUMN "a" DROP DEFAULT)",
                                      R"(ALTER TABLE "t" ALTER COLUMN "a" TYPE bigint USING "a"::bigint)",
                                      R"(ALTER TABLE "t" ALTER COLUMN "a" SET DEFAULT 7)")));
}

TEST(PostgresqlRender, AJoinedChangeKeepsAllCommentsAndSaysOnceThatRowsAreWritten) {
  const Table before = table("t", {column("a", "bigint"), column("b", "numeric"), column("c", "text")});
  const Table after = table("t", {column("a", "integer"), column("b", "integer"), column("c", "text")});
  const Schema from = schema_of({before});
  const Schema to = schema_of({after});
  const auto written = postgresql_dialect().render(from, to, diff(from, to), {});
  ASSERT_EQ(written.size(), 1U);
  ASSERT_EQ(written[0].size(), 1U);
  EXPECT_THAT(
      written[0][0].comments,
      ElementsAre("change type of t.a from bigint to integer", "change type of t.b from numeric to integer",
                  "destructive: values of b that integer cannot hold exactly are changed",
                  "all rows are written anew while nobody else can use the table"));
}

TEST(PostgresqlRender, APartitionedTableHasNoOnlineForms) {
  Table before = table("t", {column("a", "integer")});
  before.options = {"PARTITION BY RANGE (a)"};
  Table after = before;
  Index index;
  index.name = "ix";
  index.parts.resize(1);
  index.parts[0].column = "a";
  after.indexes = {index};
  EXPECT_THAT(sections(schema_of({before}), schema_of({after})),
              ElementsAre(ElementsAre("CREATE INDEX \"ix\" ON \"t\" (\"a\")")));
}

TEST(PostgresqlRender, ATableIsCreatedInOneSectionWithAllThatItHas) {
  Table clip = table("clip", {column("id", "bigint", false), column("path", "text")});
  clip.constraints = {PrimaryKey{"", {"id"}}, Check{"filled", "path <> ''"}};
  Index index;
  index.name = "ix_path";
  index.parts.resize(1);
  index.parts[0].column = "path";
  clip.indexes = {index};
  clip.comment = "clips";
  RenderOptions options;
  options.grants = {"SELECT, INSERT TO reader", "select to public"};
  EXPECT_THAT(sections({}, schema_of({clip}), options),
              ElementsAre(ElementsAre(
                  "CREATE TABLE \"clip\" (\n  \"id\" bigint NOT NULL,\n  \"path\" text,\n  CONSTRAINT "
                  "\"clip_pkey\" PRIMARY KEY (\"id\"),\n  CONSTRAINT \"filled\" CHECK (path <> '')\n)",
                  "CREATE INDEX \"ix_path\" ON \"clip\" (\"path\")", "COMMENT ON TABLE \"clip\" IS 'clips'",
                  "GRANT SELECT, INSERT ON TABLE \"clip\" TO \"reader\"",
                  "GRANT select ON TABLE \"clip\" TO PUBLIC")));
}

TEST(PostgresqlRender, AnIndexOfATableThatIsThereIsBuiltConcurrentlyInASectionOfItsOwn) {
  const Schema before = schema_of({table("t", {column("a", "text")})});
  Table after = table("t", {column("a", "text"), column("b", "integer")});
  Index index;
  index.name = "ix";
  index.parts.resize(1);
  index.parts[0].column = "b";
  after.indexes = {index};
  EXPECT_THAT(sections(before, schema_of({after})),
              ElementsAre(ElementsAre("ALTER TABLE \"t\" ADD COLUMN \"b\" integer"),
                          ElementsAre("CREATE INDEX CONCURRENTLY \"ix\" ON \"t\" (\"b\")")));
  EXPECT_THAT(sections(before, schema_of({after}), {.is_online = false, .grants = {}}),
              ElementsAre(ElementsAre("ALTER TABLE \"t\" ADD COLUMN \"b\" integer",
                                      "CREATE INDEX \"ix\" ON \"t\" (\"b\")")));
}

TEST(PostgresqlRender, NotNullIsProvedByACheckBeforeItIsSet) {
  const Schema before = schema_of({table("t", {column("a", "text")})});
  const Schema after = schema_of({table("t", {column("a", "text", false)})});
  EXPECT_THAT(
      sections(before, after),
      ElementsAre(
          ElementsAre(
              "ALTER TABLE \"t\" ADD CONSTRAINT \"t_a_not_null\" CHECK (\"a\" IS NOT NULL) NOT VALID"),
          ElementsAre("ALTER TABLE \"t\" VALIDATE CONSTRAINT \"t_a_not_null\""),
          ElementsAre("ALTER TABLE \"t\" ALTER COLUMN \"a\" SET NOT NULL",
                      "ALTER TABLE \"t\" DROP CONSTRAINT \"t_a_not_null\"")));
  EXPECT_THAT(sections(before, after, {.is_online = false, .grants = {}}),
              ElementsAre(ElementsAre("ALTER TABLE \"t\" ALTER COLUMN \"a\" SET NOT NULL")));
}

TEST(PostgresqlRender, ChecksAndKeysAreAddedWithoutReadingRowsUnderALock) {
  Table parent = table("p", {column("id", "bigint", false)});
  Table child = table("c", {column("p_id", "bigint")});
  const Schema before = schema_of({parent, child});
  parent.constraints = {PrimaryKey{"", {"id"}}};
  ForeignKey key;
  key.columns = {"p_id"};
  key.referenced_table = {"", "p"};
  key.referenced_columns = {"id"};
  child.constraints = {Check{"", "p_id > 0"}, key};
  EXPECT_THAT(
      sections(before, schema_of({parent, child})),
      ElementsAre(
          ElementsAre("ALTER TABLE \"c\" ADD CONSTRAINT \"c_check\" CHECK (p_id > 0) NOT VALID"),
          ElementsAre("CREATE UNIQUE INDEX CONCURRENTLY \"p_pkey\" ON \"p\" (\"id\")"),
          ElementsAre("ALTER TABLE \"c\" VALIDATE CONSTRAINT \"c_check\""),
          ElementsAre(
              "ALTER TABLE \"p\" ADD CONSTRAINT \"p_pkey\" PRIMARY KEY USING INDEX \"p_pkey\"",
              "ALTER TABLE \"c\" ADD CONSTRAINT \"c_p_id_fkey\" FOREIGN KEY (\"p_id\") REFERENCES \"p\" "
              "(\"id\") NOT VALID"),
          ElementsAre("ALTER TABLE \"c\" VALIDATE CONSTRAINT \"c_p_id_fkey\"")));
}

TEST(PostgresqlRender, ATypeChangesWithUsingAndItsDefaultIsSaidAnew) {
  Column before = column("a", "text");
  before.default_sql = "'1'";
  Column after = column("a", "integer");
  after.default_sql = "1";
  EXPECT_THAT(
      sections(schema_of({table("t", {before})}), schema_of({table("t", {after})})),
      ElementsAre(ElementsAre("ALTER TABLE \"t\" ALTER COLUMN \"a\" DROP DEFAULT",
                              "ALTER TABLE \"t\" ALTER COLUMN \"a\" TYPE integer USING \"a\"::integer",
                              "ALTER TABLE \"t\" ALTER COLUMN \"a\" SET DEFAULT 1")));
}

TEST(PostgresqlRender, WhatLosesDataSaysSo) {
  const Schema before = schema_of({table("t", {column("a", "text"), column("b", "text")})});
  const Schema after = schema_of({table("t", {column("a", "text")})});
  const auto rendered = postgresql_dialect().render(before, after, diff(before, after), {});
  ASSERT_EQ(rendered.size(), 1U);
  EXPECT_THAT(rendered[0][0].comments,
              ElementsAre("drop column t.b", "destructive: the values of b are lost"));
}

TEST(PostgresqlRender, NamesAreNeverLongerThanPostgresqlTakes) {
  const std::string long_name(60, 'x');
  Table one = table(long_name, {column("a", "text")});
  one.constraints = {Unique{"", {"a"}}};
  const Schema schema = schema_of({one});
  const auto& unique = std::get<Unique>(schema.begin()->second.constraints[0]);
  EXPECT_EQ(unique.name.size(), 63U);
  EXPECT_EQ(unique.name.substr(0, 54), long_name.substr(0, 54));
}

TEST(PostgresqlRender, KnowsWhatCannotRunInATransaction) {
  for (const char* sql :
       {"CREATE INDEX CONCURRENTLY i ON t (a)", "create unique index /* x */ concurrently i on t (a)",
        "DROP INDEX CONCURRENTLY i", "REINDEX TABLE CONCURRENTLY t", "VACUUM t", "CREATE DATABASE d",
        "ALTER SYSTEM SET x = 1"}) {
    EXPECT_FALSE(runs_in_transaction(sql)) << sql;
  }
  for (const char* sql : {"CREATE INDEX i ON t (a)", "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
                          "REINDEX TABLE t", "INSERT INTO t VALUES ('concurrently')"}) {
    EXPECT_TRUE(runs_in_transaction(sql)) << sql;
  }
}

TEST(PostgresqlRender, AKeyThatWouldTakeTheNameOfAnotherIsRefused) {
  Table old = table("t", {column("a", "text", false)});
  old.constraints = {PrimaryKey{"t_pkey", {"a"}}};
  const Schema before = schema_of({old});
  Table renamed = old;
  renamed.name.name = "u";
  const Schema after = schema_of({old, renamed});
  const std::vector<Operation> operations =
      diff(before, after, {.tables = {{old.name, renamed.name}}, .columns = {}});
  EXPECT_THROW(postgresql_dialect().render(before, after, operations, {}), Error);
}

}  // namespace
}  // namespace metaxy::migrate::postgresql
