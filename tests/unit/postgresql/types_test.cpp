// Spellings and alternatives of types; what the server says of the same spellings.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "dialect/postgresql/casts.hpp"
#include "dialect/postgresql/types.hpp"
#include "support/postgres_server.hpp"

namespace metaxy::migrate::test {
namespace {

using Verdict = Acceptance::Verdict;

std::string canonical(const std::string& text) {
  return to_text(postgresql_dialect().canonical_type(parse_type(text)));
}

TEST(PostgresqlTypes, AreSpelledAsTheServerSpellsThem) {
  const std::vector<std::string> spellings = {"int",          "int4",           "int8",
                                              "INT2",         "varchar",        "varchar(20)",
                                              "char",         "char(3)",        "float",
                                              "float(24)",    "float8",         "decimal",
                                              "decimal(10)",  "numeric(10, 2)", "timestamp",
                                              "timestamptz",  "timestamp(3)",   "timestamp(6) with time zone",
                                              "time",         "bool",           "text[]",
                                              "varchar(5)[]", "int[3]",         "jsonb",
                                              "bytea",        "uuid",           "interval",
                                              "bit",          "bit varying(4)", "\"char\""};
  const auto writer = postgresql_dialect().connect(server_target(), writing());
  for (const std::string& spelling : spellings) {
    writer->begin({});
    writer->execute("CREATE TABLE types_of_a_test (c " + spelling + ")");
    const std::string theirs = value(*writer,
                                     "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
                                     "WHERE attrelid = 'types_of_a_test'::regclass AND attnum = 1");
    writer->rollback();
    EXPECT_EQ(canonical(spelling), theirs) << spelling;
  }
}

TEST(PostgresqlTypes, WhatIsNoTypeHereIsRefused) {
  EXPECT_THROW(canonical("STRUCT(a text)"), Error);
  EXPECT_THROW(canonical("MAP(text, text)[]"), Error);
}

Verdict verdict(ColumnRole role, const std::string& wanted, const std::string& live) {
  const Dialect& dialect = postgresql_dialect();
  return dialect
      .acceptance(role, dialect.canonical_type(parse_type(wanted)), dialect.canonical_type(parse_type(live)))
      .verdict;
}

TEST(PostgresqlTypes, AlternativesOfMetaxysColumnsAreAccepted) {
  for (const char* live : {"json", "text", "varchar"}) {
    EXPECT_EQ(verdict(ColumnRole::by_field, "jsonb", live), Verdict::accepted) << live;
  }
  EXPECT_EQ(verdict(ColumnRole::by_field, "jsonb", "varchar(100)"), Verdict::different);
  EXPECT_EQ(verdict(ColumnRole::system_text, "text", "varchar(64)"), Verdict::accepted);
  EXPECT_EQ(verdict(ColumnRole::system_text, "text", "varchar(63)"), Verdict::different);
  EXPECT_EQ(verdict(ColumnRole::system_text, "text", "jsonb"), Verdict::different);
  EXPECT_EQ(verdict(ColumnRole::system_timestamp, "timestamptz", "timestamptz(6)"), Verdict::accepted);
  EXPECT_EQ(verdict(ColumnRole::system_timestamp, "timestamptz", "timestamptz(3)"), Verdict::different);
  EXPECT_EQ(verdict(ColumnRole::system_timestamp, "timestamptz", "timestamp"), Verdict::different);
}

TEST(PostgresqlTypes, AlternativesOfAModelsColumnsAreAccepted) {
  const std::vector<std::pair<std::string, std::string>> accepted = {
      {"text", "varchar"},   {"varchar(20)", "text"},      {"varchar(20)", "varchar(30)"},
      {"bigint", "integer"}, {"timestamp", "timestamptz"}, {"timestamp", "timestamp(6)"},
      {"uuid", "text"},      {"text[]", "jsonb"},          {"jsonb", "text[]"},
      {"jsonb", "json"},     {"numeric(10,2)", "numeric"}, {"text[]", "varchar[]"}};
  for (const auto& [wanted, live] : accepted) {
    EXPECT_EQ(verdict(ColumnRole::ordinary, wanted, live), Verdict::accepted) << wanted << " " << live;
  }
  const std::vector<std::pair<std::string, std::string>> different = {{"text", "jsonb"},
                                                                      {"text", "varchar(20)"},
                                                                      {"varchar(20)", "varchar(10)"},
                                                                      {"integer", "bigint"},
                                                                      {"double precision", "real"},
                                                                      {"timestamptz", "timestamp"},
                                                                      {"numeric", "numeric(10,2)"},
                                                                      {"boolean", "integer"}};
  for (const auto& [wanted, live] : different) {
    EXPECT_EQ(verdict(ColumnRole::ordinary, wanted, live), Verdict::different) << wanted << " " << live;
  }
}

/// A value of each type that shows what a cast does to it, as SQL.
struct Sample {
  const char* type;
  std::vector<const char*> values;
};

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = {
      {"text", {"'007'", "'1.5'", "'a longer text than fits'", "'t'", "'2026-01-01'", "'{\"a\": 1}'"}},
      {"varchar(20)", {"'12345678901234567890'"}},
      {"varchar(4)", {"'abcd'", "'0x1'"}},
      {"char(5)", {"'abc'", "'1.25'"}},
      {"smallint", {"-32768", "7"}},
      {"integer", {"2147483647", "-1", "16777217"}},
      {"bigint", {"9007199254740993", "3"}},
      {"numeric", {"1.23456789012345678901", "2.5", "40000"}},
      {"numeric(10,2)", {"12345678.91", "0.01"}},
      {"numeric(12,4)", {"1.2345", "12345678.5"}},
      {"real", {"0.1", "1e30", "16777216"}},
      {"double precision", {"0.1", "1e300", "0.30000000000000004"}},
      {"boolean", {"true", "false"}},
      {"date", {"'2026-02-03'", "'5000000-01-01'"}},
      {"timestamp", {"'2026-02-03 04:05:06.123456'"}},
      {"timestamp(3)", {"'2026-02-03 04:05:06.123'"}},
      {"timestamptz", {"'2026-02-03 04:05:06.123456+02'"}},
      {"jsonb", {"'1.25'", "'\"text\"'", "'[1, 2]'", "'true'", "'null'", "'\"5\"'"}},
      {"uuid", {"'00000000-0000-4000-8000-0123456789ab'"}},
      {"text[]", {"'{abcdef,1.5}'", "'{007}'"}},
      {"varchar(3)[]", {"'{abc}'"}},
      {"integer[]", {"'{1,2147483647}'"}},
      {"bigint[]", {"'{9007199254740993}'"}},
      {"double precision[]", {"'{0.1,1e300}'"}},
      {"interval", {"'1 day 2.5 seconds'"}},
      {"bytea", {"'\\x00ff'"}}};
  return all;
}

/// What became of a value when its column got another type.
enum class Fate {
  same,
  other,
  refused,
  unknown,  ///< It got the type, and there is no way back to compare.
};

Fate fate_of(Connection& connection, const Sample& from, const char* sample, const std::string& to) {
  const Type old_type = postgresql_dialect().canonical_type(parse_type(from.type));
  const Type new_type = postgresql_dialect().canonical_type(parse_type(to));
  const auto alter = [&](const Type& source, const Type& target) {
    connection.execute(fmt::format("ALTER TABLE t ALTER COLUMN c TYPE {} USING {}", to_text(target),
                                   postgresql::conversion("c", source, target)));
  };
  connection.begin({});
  Fate fate = Fate::refused;
  try {
    connection.execute(fmt::format("CREATE TEMPORARY TABLE t (c {})", from.type));
    connection.execute(fmt::format("INSERT INTO t VALUES ({})", sample));
    const std::string before = value(connection, "SELECT rtrim(c::text) FROM t");
    alter(old_type, new_type);
    fate = Fate::unknown;
    alter(new_type, old_type);
    fate = value(connection, "SELECT rtrim(c::text) FROM t") == before ? Fate::same : Fate::other;
  } catch (const StatementFailed&) {
    // What is known by now.
  }
  connection.rollback();
  return fate;
}

/// What is not marked as destructive changes no value: each comes back from the new type as it was, or stops
/// the migration.
TEST(PostgresqlTypes, AValueThatMayBeRoundedOrCutIsKnown) {
  const TestSchema place;
  const auto connection = place.connected();
  for (const Sample& from : samples()) {
    for (const Sample& to : samples()) {
      const Type old_type = postgresql_dialect().canonical_type(parse_type(from.type));
      const Type new_type = postgresql_dialect().canonical_type(parse_type(to.type));
      const postgresql::CastRisk risk = postgresql::cast_risk(old_type, new_type);
      if (old_type == new_type || risk == postgresql::CastRisk::changes) continue;
      for (const char* sample : from.values) {
        const Fate fate = fate_of(*connection, from, sample, to.type);
        const std::string what = fmt::format("{} from {} to {}", sample, from.type, to.type);
        EXPECT_NE(fate, Fate::other) << what;
        if (risk == postgresql::CastRisk::none) {
          EXPECT_NE(fate, Fate::refused) << what;
        }
      }
    }
  }
}

TEST(PostgresqlTypes, JsonIsTheSameTextAndBackAgain) {
  const TestSchema place;
  const auto connection = place.connected();
  for (const char* text : {"text", "varchar(9)"}) {
    for (const char* json : {"'null'", "'\"5\"'", "'5'", "'{\"a\": 1}'"}) {
      EXPECT_EQ(fate_of(*connection, {"jsonb", {}}, json, text), Fate::same) << json << " as " << text;
    }
  }
}

TEST(PostgresqlTypes, TrueIsOne) {
  const TestSchema place;
  const auto connection = place.connected();
  const Type boolean = postgresql_dialect().canonical_type(parse_type("boolean"));
  for (const char* name : {"smallint", "bigint", "double precision", "numeric"}) {
    const Type number = postgresql_dialect().canonical_type(parse_type(name));
    run(*connection, {"DROP TABLE IF EXISTS t", "CREATE TABLE t (c boolean)", "INSERT INTO t VALUES (true)",
                      fmt::format("ALTER TABLE t ALTER COLUMN c TYPE {} USING {}", name,
                                  postgresql::conversion("c", boolean, number)),
                      "INSERT INTO t VALUES (0), (2), (NULL)"});
    EXPECT_EQ(rows(*connection, "SELECT c FROM t"), (std::vector<std::string>{"1", "0", "2", "NULL"}));
    connection->execute("ALTER TABLE t ALTER COLUMN c TYPE boolean USING " +
                        postgresql::conversion("c", number, boolean));
    EXPECT_EQ(rows(*connection, "SELECT c FROM t"), (std::vector<std::string>{"t", "f", "t", "NULL"}));
  }
  EXPECT_EQ(postgresql::cast_risk(parse_type("integer"), boolean), postgresql::CastRisk::changes);
}

TEST(PostgresqlTypes, ATextThatIsTooLongIsRefusedNotCut) {
  const TestSchema place;
  const auto connection = place.connected();
  const std::vector<std::array<const char*, 3>> cases = {{"text", "'abcdef'", "varchar(3)"},
                                                         {"integer", "123456", "varchar(3)"},
                                                         {"jsonb", "'\"abcdef\"'", "varchar(3)"},
                                                         {"text[]", "'{abcdef}'", "varchar(3)[]"},
                                                         {"integer[]", "'{123456}'", "varchar(3)[]"}};
  for (const auto& [from, sample, to] : cases) {
    EXPECT_EQ(fate_of(*connection, {from, {}}, sample, to), Fate::refused) << from << " to " << to;
  }
}

/// What scripts say of a type change ("all rows are written anew") is what the server does.
TEST(PostgresqlTypes, WhetherRowsAreWrittenAnewIsKnown) {
  const std::vector<std::string> types = {
      "text",         "varchar",      "varchar(10)",   "varchar(20)",    "char(5)",       "integer",
      "bigint",       "numeric",      "numeric(10,2)", "numeric(12,2)",  "numeric(12,3)", "timestamp",
      "timestamp(3)", "timestamp(6)", "timestamptz",   "timestamptz(3)", "date",          "jsonb"};
  const TestSchema place;
  const auto connection = place.connected();
  for (const std::string& from : types) {
    for (const std::string& to : types) {
      if (from == to) continue;
      const Type old_type = postgresql_dialect().canonical_type(parse_type(from));
      const Type new_type = postgresql_dialect().canonical_type(parse_type(to));
      if (old_type == new_type) continue;
      run(*connection, {"DROP TABLE IF EXISTS t", "CREATE TABLE t (c " + from + ")"});
      const std::string before =
          value(*connection, "SELECT relfilenode FROM pg_class WHERE oid = 't'::regclass");
      try {
        connection->execute("ALTER TABLE t ALTER COLUMN c TYPE " + to + " USING " +
                            postgresql::conversion("c", old_type, new_type));
      } catch (const StatementFailed&) {
        continue;  // no way from one to the other
      }
      const std::string after =
          value(*connection, "SELECT relfilenode FROM pg_class WHERE oid = 't'::regclass");
      EXPECT_EQ(postgresql::keeps_rows(old_type, new_type), before == after) << from << " to " << to;
    }
  }
}

}  // namespace
}  // namespace metaxy::migrate::test
