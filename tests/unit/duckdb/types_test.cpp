#include "dialect/duckdb/types.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.hpp"
#include "dialect/duckdb/casts.hpp"
#include "unit/duckdb/support.hpp"

namespace metaxy::migrate::duckdb {
namespace {

using metaxy::migrate::testing::in_memory;
using ::testing::HasSubstr;
using Verdict = Acceptance::Verdict;

TEST(DuckdbTypes, EverySpellingBecomesWhatTheCatalogReports) {
  const auto connection = in_memory();
  for (const char* text : {"varchar(10)",
                           "char(3)",
                           "text",
                           "string",
                           "bpchar",
                           "nvarchar(3)",
                           "character varying(5)",
                           "decimal",
                           "decimal(4)",
                           "numeric(10, 2)",
                           "dec",
                           "float",
                           "float(24)",
                           "float(53)",
                           "real",
                           "double precision",
                           "float8",
                           "int",
                           "int4",
                           "integer",
                           "int1",
                           "int2",
                           "int8",
                           "bigint",
                           "long",
                           "short",
                           "signed",
                           "int128",
                           "hugeint",
                           "uint8",
                           "uint64",
                           "uhugeint",
                           "varint",
                           "bool",
                           "logical",
                           "timestamp",
                           "timestamp(0)",
                           "timestamp(3)",
                           "timestamp(6)",
                           "timestamp(9)",
                           "datetime",
                           "timestamptz",
                           "timestamp with time zone",
                           "timestamp without time zone",
                           "time",
                           "timetz",
                           "time with time zone",
                           "date",
                           "interval",
                           "uuid",
                           "guid",
                           "blob",
                           "bytea",
                           "varbinary",
                           "bit",
                           "bitstring",
                           "json",
                           "int[]",
                           "int[][3]",
                           "text[3][]",
                           "map(text, int)",
                           "struct(a int, \"B c\" text[])",
                           "enum('a', 'b''c')",
                           "union(n int, s text)",
                           "map(varchar, struct(x decimal))[]"}) {
    connection->execute(std::string("CREATE OR REPLACE TABLE t(a ") + text + ")");
    const std::string reported =
        *connection->query("SELECT data_type FROM duckdb_columns() WHERE table_name = 't'")[0][0];
    EXPECT_EQ(to_text(canonical_type(parse_type(text))), to_text(parse_type(reported))) << text;
  }
}

TEST(DuckdbTypes, AnEnumHasNoNameOfItsOwn) {
  EXPECT_EQ(to_text(canonical_type(parse_type("mood ENUM('a', 'b')"))), "ENUM('a', 'b')");
  EXPECT_EQ(to_text(canonical_type(parse_type("mood ENUM('a')[]"))), "ENUM('a')[]");
}

TEST(DuckdbTypes, AnUnknownTypeIsRefusedWithTheNearestName) {
  const auto refusal = [](const char* text) {
    try {
      canonical_type(parse_type(text));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::configuration);
      return describe(error);
    }
    return std::string("accepted");
  };
  EXPECT_THAT(refusal("varcahr"), HasSubstr("did you mean 'VARCHAR'?"));
  EXPECT_THAT(refusal("decimal(50, 2)"), HasSubstr("DuckDB has no type"));
  EXPECT_THAT(refusal("bigint(3)"), HasSubstr("DuckDB has no type"));
  EXPECT_THAT(refusal("struct(a serial)"), HasSubstr("DuckDB has no type"));
}

LogicalType logical(LogicalKind kind, std::vector<LogicalMember> members = {}) {
  LogicalType type;
  type.kind = kind;
  type.members = std::move(members);
  return type;
}

TEST(DuckdbTypes, StoreModelTypesAsMetaxyExpects) {
  const auto stored = [](const LogicalType& type) { return to_text(column_type(type)); };
  EXPECT_EQ(stored(logical(LogicalKind::text)), "VARCHAR");
  EXPECT_EQ(stored(logical(LogicalKind::integer)), "BIGINT");
  EXPECT_EQ(stored(logical(LogicalKind::real)), "DOUBLE");
  EXPECT_EQ(stored(logical(LogicalKind::timestamp)), "TIMESTAMP");
  EXPECT_EQ(stored(logical(LogicalKind::timestamp_with_zone)), "TIMESTAMP WITH TIME ZONE");
  EXPECT_EQ(stored(logical(LogicalKind::interval)), "INTERVAL");
  EXPECT_EQ(stored(logical(LogicalKind::binary)), "BLOB");
  EXPECT_EQ(stored(logical(LogicalKind::decimal)), "DECIMAL(38,9)");
  LogicalType decimal = logical(LogicalKind::decimal);
  decimal.precision = 10;
  decimal.scale = 2;
  EXPECT_EQ(stored(decimal), "DECIMAL(10,2)");
  decimal.precision = 60;
  EXPECT_EQ(stored(decimal), "DECIMAL(38,2)");
  const LogicalMember text{"a", logical(LogicalKind::text)};
  EXPECT_EQ(stored(logical(LogicalKind::list, {text})), "VARCHAR[]");
  EXPECT_EQ(stored(logical(LogicalKind::map, {text})), "MAP(VARCHAR, VARCHAR)");
  EXPECT_EQ(stored(logical(LogicalKind::structure, {text})), "STRUCT(\"a\" VARCHAR)");
  EXPECT_EQ(stored(logical(LogicalKind::structure)), "JSON");
  EXPECT_EQ(to_text(by_field_type({"x", "y-z"}, false)), "STRUCT(\"x\" VARCHAR, \"y-z\" VARCHAR)");
  EXPECT_EQ(to_text(by_field_type({"x"}, true)), "MAP(VARCHAR, VARCHAR)");
}

Verdict verdict(ColumnRole role, const char* wanted, const char* live) {
  return acceptance(role, parse_type(wanted), parse_type(live)).verdict;
}

TEST(DuckdbAcceptance, OfByFieldColumnsFollowsWhatMetaxyCanReadAndWrite) {
  const auto by_field = [](const char* wanted, const char* live) {
    return verdict(ColumnRole::by_field, wanted, live);
  };
  EXPECT_EQ(by_field("STRUCT(a VARCHAR, b VARCHAR)", "STRUCT(b VARCHAR, a VARCHAR)"), Verdict::same);
  EXPECT_EQ(by_field("STRUCT(a VARCHAR)", "STRUCT(b VARCHAR, a VARCHAR)"), Verdict::accepted);
  EXPECT_EQ(by_field("STRUCT(a VARCHAR, b VARCHAR)", "STRUCT(a VARCHAR)"), Verdict::different);
  EXPECT_EQ(by_field("STRUCT(a VARCHAR)", "MAP(VARCHAR, VARCHAR)"), Verdict::accepted_with_warning);
  EXPECT_EQ(by_field("STRUCT(a VARCHAR)", "JSON"), Verdict::accepted_with_warning);
  EXPECT_EQ(by_field("MAP(VARCHAR, VARCHAR)", "STRUCT(a VARCHAR)"), Verdict::different);
  EXPECT_EQ(by_field("MAP(VARCHAR, VARCHAR)", "VARIANT"), Verdict::accepted_with_warning);
  EXPECT_EQ(by_field("STRUCT(a VARCHAR)", "VARCHAR"), Verdict::different);
  EXPECT_EQ(acceptance(ColumnRole::by_field, parse_type("STRUCT(a VARCHAR, b VARCHAR)"),
                       parse_type("STRUCT(a VARCHAR)"))
                .note,
            "hashes of 'b' are dropped silently on writing");
}

TEST(DuckdbAcceptance, OfOtherColumnsFollowsTheListOfAlternatives) {
  EXPECT_EQ(verdict(ColumnRole::system_timestamp, "TIMESTAMP WITH TIME ZONE", "TIMESTAMP"),
            Verdict::accepted_with_warning);
  EXPECT_EQ(verdict(ColumnRole::system_timestamp, "TIMESTAMP WITH TIME ZONE", "VARCHAR"), Verdict::different);
  EXPECT_EQ(verdict(ColumnRole::system_text, "VARCHAR", "JSON"), Verdict::different);
  EXPECT_EQ(verdict(ColumnRole::ordinary, "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), Verdict::accepted);
  EXPECT_EQ(verdict(ColumnRole::ordinary, "UUID", "VARCHAR"), Verdict::accepted);
  EXPECT_EQ(verdict(ColumnRole::ordinary, "JSON", "STRUCT(a VARCHAR)"), Verdict::accepted);
  EXPECT_EQ(verdict(ColumnRole::ordinary, "JSON", "MAP(VARCHAR, VARCHAR)"), Verdict::accepted);
  EXPECT_EQ(verdict(ColumnRole::ordinary, "STRUCT(a VARCHAR)", "JSON"), Verdict::accepted);
  EXPECT_EQ(verdict(ColumnRole::ordinary, "STRUCT(a UUID)[]", "STRUCT(b BIGINT, a VARCHAR)[]"),
            Verdict::accepted);
  EXPECT_EQ(verdict(ColumnRole::ordinary, "STRUCT(a UUID, c DATE)[]", "STRUCT(a VARCHAR)[]"),
            Verdict::different);
  EXPECT_EQ(verdict(ColumnRole::ordinary, "BIGINT", "INTEGER"), Verdict::different);
  EXPECT_EQ(verdict(ColumnRole::ordinary, "BIGINT", "BIGINT"), Verdict::same);
}

TEST(DuckdbCasts, SayWhatHappensToValues) {
  const auto risk = [](const char* from, const char* to) {
    return cast_risk(parse_type(from), parse_type(to));
  };
  EXPECT_EQ(risk("INTEGER", "BIGINT"), CastRisk::none);
  EXPECT_EQ(risk("BIGINT", "INTEGER"), CastRisk::may_fail);
  EXPECT_EQ(risk("UINTEGER", "INTEGER"), CastRisk::may_fail);
  EXPECT_EQ(risk("UINTEGER", "BIGINT"), CastRisk::none);
  EXPECT_EQ(risk("INTEGER", "DOUBLE"), CastRisk::none);
  EXPECT_EQ(risk("BIGINT", "DOUBLE"), CastRisk::changes);
  EXPECT_EQ(risk("DOUBLE", "BIGINT"), CastRisk::changes);
  EXPECT_EQ(risk("DECIMAL(10,2)", "DECIMAL(12,2)"), CastRisk::none);
  EXPECT_EQ(risk("DECIMAL(10,2)", "DECIMAL(10,3)"), CastRisk::may_fail);
  EXPECT_EQ(risk("DECIMAL(10,2)", "DECIMAL(10,1)"), CastRisk::changes);
  EXPECT_EQ(risk("TIMESTAMP", "DATE"), CastRisk::changes);
  EXPECT_EQ(risk("DATE", "TIMESTAMP"), CastRisk::none);
  EXPECT_EQ(risk("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), CastRisk::none);
  EXPECT_EQ(risk("UUID", "VARCHAR"), CastRisk::none);
  EXPECT_EQ(risk("VARCHAR", "UUID"), CastRisk::may_fail);
  EXPECT_EQ(risk("VARCHAR", "BIGINT"), CastRisk::changes);
  EXPECT_EQ(risk("ENUM('a')", "ENUM('b')"), CastRisk::may_fail);
  EXPECT_EQ(risk("STRUCT(a VARCHAR)", "MAP(VARCHAR, VARCHAR)"), CastRisk::none);
  EXPECT_EQ(risk("MAP(VARCHAR, VARCHAR)", "STRUCT(a VARCHAR)"), CastRisk::changes);
  EXPECT_EQ(risk("STRUCT(a VARCHAR, b VARCHAR)", "STRUCT(a VARCHAR)"), CastRisk::changes);
  EXPECT_EQ(risk("INTEGER[]", "BIGINT[]"), CastRisk::none);
  EXPECT_EQ(risk("INTEGER[]", "INTEGER[2]"), CastRisk::may_fail);
}

TEST(DuckdbCasts, TakeStructsAndMapsApartWhereDuckdbDoesNotCastThem) {
  const auto connection = in_memory();
  const auto cast = [&](const std::string& value, const char* from, const char* to) {
    const std::string sql = converted("v", parse_type(from), parse_type(to));
    return *connection->query("SELECT CAST((" + sql + ") AS VARCHAR) FROM (SELECT CAST(" + value + " AS " +
                              from + ") AS v)")[0][0];
  };
  EXPECT_EQ(cast("{'a': 1}", "STRUCT(a BIGINT)", "STRUCT(b BIGINT)"), "{'b': NULL}");
  EXPECT_EQ(cast("{'s': {'a': 1}}", "STRUCT(s STRUCT(a BIGINT))", "STRUCT(s STRUCT(b BIGINT))"),
            "{'s': {'b': NULL}}");
  EXPECT_EQ(cast("[{'a': 1}, NULL]", "STRUCT(a BIGINT)[]", "STRUCT(b BIGINT)[]"), "[{'b': NULL}, NULL]");
  EXPECT_EQ(cast("MAP {'a': '1'}", "MAP(VARCHAR, VARCHAR)", "STRUCT(a BIGINT, b VARCHAR)"),
            "{'a': 1, 'b': NULL}");
}

}  // namespace
}  // namespace metaxy::migrate::duckdb
