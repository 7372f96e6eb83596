#include "dialect/sqlite/table_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/sqlite/types.hpp"
#include "unit/sqlite/database.hpp"

namespace metaxy::migrate::test {
namespace {

using sqlite::read_index;
using sqlite::read_table;

TEST(SqliteTableText, ReadsWhatPragmasDoNotTell) {
  const Table table = read_table(
      "CREATE TABLE IF NOT EXISTS main . [the table] (\n"
      "  id INTEGER CONSTRAINT pk PRIMARY KEY AUTOINCREMENT, -- a comment, with (\n"
      "  `name` varchar ( 20 ) COLLATE nocase NOT NULL DEFAULT 'x' CHECK (length(name) > 0),\n"
      "  total double  precision GENERATED ALWAYS AS (id * 2) STORED,\n"
      "  other AS (id+1),\n"
      "  CONSTRAINT \"a check\" CHECK ((id > 0) /* yes */))");
  EXPECT_EQ(table.name.name, "the table");
  ASSERT_EQ(table.columns.size(), 4U);
  EXPECT_EQ(to_text(table.columns[1].type), "varchar(20)");
  EXPECT_EQ(table.columns[1].collation, "nocase");
  EXPECT_EQ(table.columns[1].default_sql, "'x'");
  EXPECT_FALSE(table.columns[1].is_nullable);
  EXPECT_EQ(table.columns[2].type.name, "double precision");
  EXPECT_EQ(table.columns[2].generated, (Generated{"id * 2", true}));
  EXPECT_EQ(table.columns[3].generated, (Generated{"id+1", false}));
  EXPECT_EQ(table.constraints,
            (std::vector<Constraint>{PrimaryKey{"pk", {"id"}}, Check{"", "length(name) > 0"},
                                     Check{"a check", "(id > 0)"}}));
  EXPECT_EQ(table.options, std::vector<std::string>{"AUTOINCREMENT"});
}

TEST(SqliteTableText, ReadsForeignKeysOfEveryShape) {
  const Table table = read_table(
      "CREATE TABLE t (a INT REFERENCES p, b INT CONSTRAINT fk REFERENCES p (x) ON DELETE SET NULL ON UPDATE "
      "NO ACTION"
      " NOT DEFERRABLE INITIALLY DEFERRED NOT NULL, c INT, FOREIGN KEY (b, c) REFERENCES \"q q\" (d, e) "
      "MATCH FULL ON UPDATE CASCADE"
      " DEFERRABLE INITIALLY DEFERRED CONSTRAINT last FOREIGN KEY (c) REFERENCES t (a) ON DELETE RESTRICT)");
  EXPECT_EQ(
      table.constraints,
      (std::vector<Constraint>{
          ForeignKey{"", {"a"}, {"", "p"}, {}, "", "", ""},
          ForeignKey{"fk", {"b"}, {"", "p"}, {"x"}, "", "SET NULL", ""},
          ForeignKey{"", {"b", "c"}, {"", "q q"}, {"d", "e"}, "CASCADE", "", "DEFERRABLE INITIALLY DEFERRED"},
          ForeignKey{"last", {"c"}, {"", "t"}, {"a"}, "", "RESTRICT", ""},
      }));
  EXPECT_FALSE(table.columns[1].is_nullable);
}

TEST(SqliteTableText, KeepsWhatTheValuesCannotSayAsOptions) {
  const Table table = read_table(
      "CREATE TABLE t (a INTEGER PRIMARY KEY DESC ON CONFLICT REPLACE, b TEXT NOT NULL ON CONFLICT IGNORE "
      "UNIQUE ON CONFLICT FAIL,"
      " UNIQUE (b COLLATE nocase DESC, a) ON CONFLICT ABORT) WITHOUT ROWID, STRICT");
  EXPECT_EQ(table.options, (std::vector<std::string>{
                               "PRIMARY KEY DESC ON CONFLICT REPLACE", R"(NOT NULL ("b") ON CONFLICT IGNORE)",
                               R"(UNIQUE ("b") ON CONFLICT FAIL)", R"(UNIQUE ("b" COLLATE NOCASE DESC, "a"))",
                               "WITHOUT ROWID", "STRICT"}));
}

TEST(SqliteTableText, ReadsIndexes) {
  const Index index = read_index(
      "CREATE UNIQUE INDEX \"i x\" ON [t] (a, lower(b) COLLATE nocase DESC, \"c\" ASC, a + 1, json(d) -> "
      "'$.x') WHERE a > 0 AND b IS NOT NULL");
  EXPECT_EQ(index.name, "i x");
  EXPECT_TRUE(index.is_unique);
  EXPECT_EQ(index.where, "a > 0 AND b IS NOT NULL");
  EXPECT_EQ(index.parts, (std::vector<IndexPart>{{"a", "", false, "", "", ""},
                                                 {"", "lower(b)", true, "", "nocase", ""},
                                                 {"c", "", false, "", "", ""},
                                                 {"", "a + 1", false, "", "", ""},
                                                 {"", "json(d) -> '$.x'", false, "", "", ""}}));
}

TEST(SqliteTableText, SaysWhatItDoesNotUnderstand) {
  try {
    read_table("CREATE TABLE t (a INT, 5)");
    FAIL() << "a number was read as a column";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "found '5' instead of 'a name' in: CREATE TABLE t (a INT, 5)");
  }
}

/// Texts as people write them, for the comparison with SQLite's own reading.
const std::vector<std::string>& odd_tables() {
  static const std::vector<std::string> tables = {
      "create table t(a,b,c)",
      "CREATE TABLE t(a int, \"b c\" TEXT default \"x\", [d] REAL DEFAULT -1.5, 'e' BLOB DEFAULT x'0102')",
      "CREATE TABLE t(a timestamp with time zone (3), b unsigned big int default +5, c \"my type\" default "
      "(1+2))",
      "CREATE TABLE t(a INT NOT NULL, b INT NULL, c INT CONSTRAINT q NOT NULL ON CONFLICT FAIL, PRIMARY "
      "KEY(c, a))",
      "CREATE TABLE t(a INTEGER PRIMARY KEY DESC, b default current_timestamp, c default (datetime('now')), "
      "d default abc)",
      "CREATE TABLE t(a, b AS (a+1), c INT GENERATED ALWAYS AS (a||')') VIRTUAL, d generated always as (a) "
      "STORED)",
      "CREATE TABLE t(a TEXT PRIMARY KEY, b INT UNIQUE, UNIQUE(a,b), CHECK(a<>'),('), CHECK (b > 0)) WITHOUT "
      "ROWID",
      "CREATE TABLE t(\"a\"\"b\" INT, `c``d` INT, [e f] INT)",
      "CREATE TABLE t(a INT, b ANY) STRICT",
      "CREATE TABLE t(a /* ,x */ INT -- , y\n, b VARCHAR (10) , c DECIMAL(10, -2))",
      "CREATE TABLE t(generated INT, always TEXT, \"primary\" INT, key INT, desc INT)",
      "CREATE TABLE t(a INT DEFAULT 5 COLLATE nocase UNIQUE CHECK (a in (1,2)) REFERENCES t(a) ON DELETE "
      "CASCADE, b INT)",
  };
  return tables;
}

/// `name|type|notnull|default|pk|hidden` as PRAGMA table_xinfo prints them, from our reading.
std::vector<std::string> as_pragma(const Table& table) {
  const PrimaryKey* key = primary_key(table);
  const bool is_without_rowid =
      std::find(table.options.begin(), table.options.end(), "WITHOUT ROWID") != table.options.end();
  std::vector<std::string> result;
  for (const Column& column : table.columns) {
    std::size_t position = 0;
    for (std::size_t i = 0; key != nullptr && i < key->columns.size(); ++i) {
      position = equal_ignoring_case(key->columns[i], column.name) ? i + 1 : position;
    }
    const bool is_not_null = !column.is_nullable || (is_without_rowid && position > 0);
    const int hidden = !column.generated ? 0 : (column.generated->is_stored ? 3 : 2);
    result.push_back(column.name + "|" + upper(replace_all(sqlite::type_sql(column.type), " ", "")) + "|" +
                     (is_not_null ? "1" : "0") + "|" +
                     replace_all(column.default_sql.value_or("NULL"), " ", "") + "|" +
                     std::to_string(position) + "|" + std::to_string(hidden));
  }
  return result;
}

class SqliteTableTextAsSqliteReadsIt : public testing::TestWithParam<std::string> {};

TEST_P(SqliteTableTextAsSqliteReadsIt, ColumnsAreThoseOfThePragma) {
  const std::unique_ptr<Connection> connection = in_memory();
  connection->execute(GetParam());
  const Table table = read_table(value(*connection, "SELECT sql FROM sqlite_schema WHERE name = 't'"));
  EXPECT_EQ(as_pragma(table),
            rows(*connection,
                 "SELECT name, upper(replace(replace(type, ' ', ''), '\"', '')), \"notnull\","
                 " replace(dflt_value, ' ', ''), pk, hidden FROM pragma_table_xinfo('t')"));
}

INSTANTIATE_TEST_SUITE_P(Odd, SqliteTableTextAsSqliteReadsIt, testing::ValuesIn(odd_tables()));

}  // namespace
}  // namespace metaxy::migrate::test
