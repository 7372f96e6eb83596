// What a hand-made table may have is altered to something else and back, with rows in it, on the server.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "dialect/postgresql/postgresql.hpp"
#include "diff/diff.hpp"
#include "diff/operation.hpp"
#include "support/postgres_server.hpp"

namespace metaxy::migrate::test {
namespace {

using testing::HasSubstr;

using Statements = std::vector<std::string>;

struct Pair {
  const char* what;
  Statements one;
  Statements other;
};

std::string listed(const Schema& from, const Schema& to) {
  std::string text;
  for (const Operation& operation : diff(from, to)) text += to_json_line(operation) + "\n";
  return text;
}

Schema made(const TestSchema& place, const Statements& statements) {
  const auto connection = place.connected();
  run(*connection, statements);
  return reflected(*connection).schema;
}

class PostgresqlAlter : public testing::TestWithParam<Pair> {};

TEST_P(PostgresqlAlter, LeadsThereAndBack) {
  const TestSchema first;
  const TestSchema second;
  const Schema one = made(first, GetParam().one);
  const Schema other = made(second, GetParam().other);
  ASSERT_FALSE(equivalent(one, other)) << "the pair differs in nothing";
  for (const bool is_online : {true, false}) {
    const auto connection = first.connected();
    for (const auto& [from, to] : {std::pair(one, other), std::pair(other, one)}) {
      run_sections(*connection, postgresql_dialect().render(from, to, diff(from, to),
                                                            {.is_online = is_online, .grants = {}}));
      const Schema live = reflected(*connection).schema;
      EXPECT_TRUE(equivalent(live, to)) << listed(live, to);
    }
  }
}

const std::vector<Pair>& computed_pairs() {
  static const std::vector<Pair> all = {
      {"KeysOfAColumnThatBecomesComputed",
       {"CREATE TABLE t (k text, a integer, b integer, x integer, CONSTRAINT c CHECK (b > x), CONSTRAINT u "
        "UNIQUE (b, k), CONSTRAINT e EXCLUDE USING btree (b WITH =) DEFERRABLE)",
        "CREATE INDEX i ON t (b, x)", "CREATE UNIQUE INDEX j ON t ((b + 1)) WHERE b > 0",
        "COMMENT ON INDEX i IS 'fast'", "INSERT INTO t VALUES ('k', 7, 9, 1)",
        "CREATE TABLE r (b integer, k text, CONSTRAINT f FOREIGN KEY (b, k) REFERENCES t (b, k))"},
       {"CREATE TABLE t (k text, a integer, b integer GENERATED ALWAYS AS (a * 2) STORED, x integer, "
        "CONSTRAINT c CHECK (b > x), CONSTRAINT u UNIQUE (b, k), CONSTRAINT e EXCLUDE USING btree (b WITH =) "
        "DEFERRABLE)",
        "CREATE INDEX i ON t (b, x)", "CREATE UNIQUE INDEX j ON t ((b + 1)) WHERE b > 0",
        "COMMENT ON INDEX i IS 'fast'",
        "CREATE TABLE r (b integer, k text, CONSTRAINT f FOREIGN KEY (b, k) REFERENCES t (b, k))"}},
      {"KeysOfAColumnThatIsComputedOtherwise",
       {"CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a * 2) STORED PRIMARY KEY)",
        "INSERT INTO t VALUES (1), (2)", "CREATE TABLE r (b integer REFERENCES t)"},
       {"CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a * 3) STORED PRIMARY KEY)",
        "CREATE TABLE r (b integer REFERENCES t)"}},
      {"TypesUnderComputedColumns",
       {"CREATE TABLE t (g integer GENERATED ALWAYS AS (a * 2) STORED UNIQUE, a smallint, h integer "
        "GENERATED "
        "ALWAYS AS (b + 1) STORED, b smallint, p integer NOT NULL, CHECK (g > h))",
        "COMMENT ON COLUMN t.g IS 'twice'", "INSERT INTO t (a, b, p) VALUES (2, 1, 5)"},
       {"CREATE TABLE t (g integer GENERATED ALWAYS AS (a * 2) STORED UNIQUE, a integer, h integer, b "
        "bigint, "
        "p bigint GENERATED ALWAYS AS (b - 1) STORED, CHECK (g > h))",
        "COMMENT ON COLUMN t.g IS 'twice'"}},
      {"TypesUnderOtherExpressions",
       {"CREATE TABLE t (a smallint, g integer GENERATED ALWAYS AS (a * 2) STORED, c text, d text GENERATED "
        "ALWAYS AS (c || 'x') STORED)",
        "INSERT INTO t (a, c) VALUES (12, 'c')"},
       {"CREATE TABLE t (a text, g integer GENERATED ALWAYS AS (length(a)) STORED, c text COLLATE \"C\", d "
        "text "
        "GENERATED ALWAYS AS (c || 'x') STORED)"}}};
  return all;
}

const std::vector<Pair>& pairs() {
  static const std::vector<Pair> all = {
      {"IndexComments",
       {"CREATE TABLE t (a integer, b integer)", "CREATE INDEX i ON t (a)"},
       {"CREATE TABLE t (a integer, b integer)", "CREATE INDEX i ON t (a)", "CREATE INDEX j ON t (b)",
        "COMMENT ON INDEX i IS 'it''s fast'", "COMMENT ON INDEX j IS 'new'"}},
      {"Comments",
       {"CREATE TABLE t (a integer)", "COMMENT ON TABLE t IS 'before'"},
       {"CREATE TABLE t (a integer)", "COMMENT ON TABLE t IS 'after'", "COMMENT ON COLUMN t.a IS 'a'"}},
      {"Unlogged", {"CREATE TABLE t (a integer)"}, {"CREATE UNLOGGED TABLE t (a integer)"}},
      {"StorageParameters",
       {"CREATE TABLE t (a integer) WITH (fillfactor=70)"},
       {"CREATE TABLE t (a integer) WITH (fillfactor=80, autovacuum_enabled=false)"}},
      {"ExcludeConstraint",
       {"CREATE TABLE t (a int4range)", "INSERT INTO t VALUES ('[1,2)'), ('[3,4)')"},
       {"CREATE TABLE t (a int4range, CONSTRAINT x EXCLUDE USING gist (a WITH &&))"}},
      {"Identity",
       {"CREATE TABLE t (a integer NOT NULL, b integer GENERATED ALWAYS AS IDENTITY)",
        "INSERT INTO t (a) VALUES (1)"},
       {"CREATE TABLE t (a integer GENERATED BY DEFAULT AS IDENTITY, b integer NOT NULL)"}},
      {"DeferrableAndUnusualKeys",
       {"CREATE TABLE p (a integer PRIMARY KEY, b integer CONSTRAINT u UNIQUE)",
        "INSERT INTO p VALUES (1, 2)",
        "CREATE TABLE t (a integer CONSTRAINT f REFERENCES p, b integer CONSTRAINT c CHECK (b > 0))",
        "INSERT INTO t VALUES (1, 1)"},
       {"CREATE TABLE p (a integer PRIMARY KEY, b integer CONSTRAINT u UNIQUE DEFERRABLE)",
        "CREATE TABLE t (a integer CONSTRAINT f REFERENCES p MATCH FULL, b integer)",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (b > 0) NOT VALID"}},
      {"ForeignKeyActions",
       {"CREATE TABLE p (a integer PRIMARY KEY)", "INSERT INTO p VALUES (1)",
        "CREATE TABLE t (a integer CONSTRAINT f REFERENCES p ON DELETE CASCADE)", "INSERT INTO t VALUES (1)"},
       {"CREATE TABLE p (a integer PRIMARY KEY)",
        "CREATE TABLE t (a integer CONSTRAINT f REFERENCES p ON UPDATE SET NULL DEFERRABLE INITIALLY "
        "DEFERRED)"}},
      {"Collations",
       {"CREATE TABLE t (a text, b text COLLATE \"C\", c varchar(9))",
        "INSERT INTO t VALUES ('a', 'b', 'c')"},
       {"CREATE TABLE t (a text COLLATE \"C\", b text, c text COLLATE \"POSIX\")"}},
      {"GeneratedColumns",
       {"CREATE TABLE t (a integer, b integer, c integer GENERATED ALWAYS AS (a + 1) STORED)",
        "INSERT INTO t VALUES (1, 2)"},
       {"CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a * 2) STORED, c integer)",
        "COMMENT ON COLUMN t.b IS 'twice'"}},
      {"SeveralTypesAtOnce",
       {"CREATE TABLE t (a integer DEFAULT 7, b smallint NOT NULL, c integer, d text COLLATE \"C\")",
        "INSERT INTO t VALUES (1, 2, 3, '4')"},
       {"CREATE TABLE t (a bigint DEFAULT 8, b bigint, c numeric NOT NULL, d varchar(10))"}},
      {"IndexesOfAllKinds",
       {"CREATE TABLE t (a text, b jsonb, c integer)", "CREATE INDEX i ON t (a)",
        "INSERT INTO t VALUES ('x', '{}', 1)"},
       {"CREATE TABLE t (a text, b jsonb, c integer)",
        "CREATE UNIQUE INDEX i ON t (lower(a), c DESC NULLS LAST) INCLUDE (b) WHERE c > 0",
        "CREATE INDEX g ON t USING gin (b jsonb_path_ops)",
        "CREATE INDEX k ON t (a COLLATE \"C\" text_pattern_ops)"}}};
  return all;
}

INSTANTIATE_TEST_SUITE_P(Pairs, PostgresqlAlter, testing::ValuesIn(pairs()),
                         [](const auto& pair) { return std::string(pair.param.what); });
INSTANTIATE_TEST_SUITE_P(Computed, PostgresqlAlter, testing::ValuesIn(computed_pairs()),
                         [](const auto& pair) { return std::string(pair.param.what); });

TEST(PostgresqlAlterRefusal, NamesWhatNoAlterDoes) {
  const std::vector<Pair> cases = {{"no ALTER TABLE changes 'SERIAL (\"a\")' of 't'",
                                    {"CREATE TABLE t (a integer NOT NULL)"},
                                    {"CREATE TABLE t (a serial)"}},
                                   {"no ALTER TABLE changes 'PARTITION BY LIST (a)' of 't'",
                                    {"CREATE TABLE t (a integer)"},
                                    {"CREATE TABLE t (a integer) PARTITION BY LIST (a)"}}};
  for (const auto& [what, one, other] : cases) {
    const TestSchema first;
    const TestSchema second;
    const Schema from = made(first, one);
    const Schema to = made(second, other);
    try {
      postgresql_dialect().render(from, to, diff(from, to), {});
      FAIL() << what;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(what));
    }
  }
}

}  // namespace
}  // namespace metaxy::migrate::test
