// What must hold for every schema, on real databases with rows in them. rapidcheck chooses the seeds and
// prints the one that fails.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/duckdb/duckdb.hpp"
#include "diff/diff.hpp"
#include "support/random_schema.hpp"
#include "unit/duckdb/support.hpp"

namespace metaxy::migrate::test {
namespace {

using testing::in_memory;

const Dialect& dialect() { return duckdb_dialect(); }

std::vector<std::string> defaults_of(const Type& type) {
  static const std::map<std::string, std::vector<std::string>> defaults = {
      {"BIGINT", {"0", "-1", "9223372036854775807", "1 + 1"}},
      {"HUGEINT", {"170141183460469231731687303715884105727"}},
      {"DOUBLE", {"-1.5", "0.1", "'nan'"}},
      {"DECIMAL", {"1.25", "0"}},
      {"VARCHAR", {"''", "'it''s'", "'日本\n語'", "upper('q')", "'a' || 'b'"}},
      {"BOOLEAN", {"'true'", "'false'"}},
      {"DATE", {"'2020-01-01'", "current_date"}},
      {"TIMESTAMP", {"'2020-01-01 00:00:00'", "now()"}},
      {"UUID", {"'00000000-0000-0000-0000-000000000001'", "uuid()"}},
      {"JSON", {"'{}'", "'{\"a\": [1]}'"}},
      {"BLOB", {"'\\xAA\\x00'"}},
      {"INTERVAL", {"'1 day'"}},
      {"ENUM", {"'a'"}},
      {"LIST", {"'[]'", "list_value('x')"}},
      {"MAP", {"'{}'"}},
      {"STRUCT", {}},
  };
  const auto found = defaults.find(type.name);
  return found == defaults.end() ? std::vector<std::string>() : found->second;
}

SchemaAlphabet duckdb_alphabet() {
  SchemaAlphabet alphabet = rich_alphabet();
  alphabet.types.clear();
  for (const char* type : {"BIGINT",
                           "HUGEINT",
                           "DOUBLE",
                           "DECIMAL(18,3)",
                           "VARCHAR",
                           "BOOLEAN",
                           "DATE",
                           "TIME",
                           "TIMESTAMP",
                           "TIMESTAMP WITH TIME ZONE",
                           "UUID",
                           "JSON",
                           "BLOB",
                           "INTERVAL",
                           "ENUM('a', 'it''s')",
                           "VARCHAR[]",
                           "BIGINT[2]",
                           "MAP(VARCHAR, VARCHAR)",
                           "STRUCT(frames VARCHAR, \"au dio\" VARCHAR)",
                           "STRUCT(x DOUBLE, y STRUCT(z BIGINT))[]",
                           "MAP(VARCHAR, STRUCT(a BIGINT, b VARCHAR[]))"}) {
    alphabet.types.push_back(parse_type(type));
  }
  alphabet.key_types = {plain_type("BIGINT"), plain_type("VARCHAR")};
  alphabet.defaults_for = defaults_of;
  alphabet.checks_for = [](const Column& column) -> std::vector<std::string> {
    const std::string name = dialect().quoted(column.name);
    std::vector<std::string> checks = {fmt::format("({0} IS NULL) OR ({0} IS NOT NULL)", name)};
    if (column.type.name == "VARCHAR") checks.push_back(fmt::format("length({}) < 1000", name));
    return checks;
  };
  alphabet.predicates_for = nullptr;
  alphabet.index_expressions_for = [](const Column& column) -> std::vector<std::string> {
    const std::string name = dialect().quoted(column.name);
    if (column.type.name == "VARCHAR") return {fmt::format("lower({})", name), name + " || ''"};
    return {name + " + 0"};
  };
  alphabet.generated_from = [](const Column& column) -> std::optional<Column> {
    if (column.type.name != "VARCHAR") return std::nullopt;
    Column result;
    result.type = plain_type("BIGINT");
    result.generated = Generated{fmt::format("length({})", dialect().quoted(column.name)), false};
    return result;
  };
  alphabet.collations_for = [](const Type& type) {
    return type.name == "VARCHAR" ? std::vector<std::string>{"nocase", "noaccent"}
                                  : std::vector<std::string>();
  };
  alphabet.options.clear();
  alphabet.foreign_key_actions.clear();
  alphabet.has_foreign_key_circles = false;
  alphabet.has_descending_indexes = false;
  alphabet.has_constraint_names = false;
  return alphabet;
}

/// SQL of a value of the type; the same for the same type and number, so that foreign keys find their rows.
std::string value(const Type& type, std::uint64_t number) {
  const auto one_of = [number](const auto& values) { return std::string(values[number % values.size()]); };
  const std::string& name = type.name;
  if (name == "BIGINT") return number == 3 ? "-9223372036854775808" : fmt::format("{}", number * 1000);
  if (name == "HUGEINT") return fmt::format("17014118346046923173168730371588410572{}", number % 8);
  if (name == "DOUBLE") return one_of(std::array{"0.1", "1e308", "-2.5", "'nan'", "3.0", "'-inf'"});
  if (name == "DECIMAL") return one_of(std::array{"0.125", "-999999999999999.999", "7"});
  if (name == "BOOLEAN") return one_of(std::array{"true", "false"});
  if (name == "DATE") return one_of(std::array{"DATE '2020-02-29'", "DATE '0001-01-01'"});
  if (name == "TIME") return "TIME '10:11:12.123456'";
  if (name.starts_with("TIMESTAMP"))
    return one_of(std::array{"'2020-01-01 10:11:12.123456'", "'1600-01-01'"});
  if (name == "UUID") return fmt::format("'00000000-0000-0000-0000-00000000000{}'", number % 10);
  if (name == "JSON") return one_of(std::array{R"('{"a": null}')", "'[1, 2]'", "'\"x\"'"});
  if (name == "BLOB") return "'\\x00\\xFF'::BLOB";
  if (name == "INTERVAL") return "INTERVAL '1 month'";
  if (name == "ENUM") return one_of(std::array{"'a'", "'it''s'"});
  if (name == "LIST") return fmt::format("[{}, NULL]", value(type.members[0].type, number));
  if (name == "ARRAY") return fmt::format("[{0}, {0}]", value(type.members[0].type, number));
  if (name == "MAP") return fmt::format("MAP {{'k{}': {}}}", number % 3, value(type.members[1].type, number));
  if (name == "STRUCT") {
    std::vector<std::string> members;
    for (const TypeMember& member : type.members) {
      members.push_back(fmt::format("{} := {}", dialect().quoted(member.name), value(member.type, number)));
    }
    return fmt::format("struct_pack({})", join(members, ", "));
  }
  return fmt::format("'{}{}'", one_of(std::array{"", "it''s", "日本語", "007", "line\nbreak", "NULL"}),
                     number);
}

std::vector<const Table*> parents_first(const Schema& schema) {
  std::vector<const Table*> ordered;
  for (const Operation& operation : diff({}, schema)) {
    if (const auto* create = std::get_if<CreateTable>(&operation)) {
      ordered.push_back(find_table(schema, create->table.name));
    }
  }
  return ordered;
}

/// 10 to 1,000 rows, the same number in all tables, so that every foreign key finds its parent.
void fill(Connection& connection, Random& random, const Schema& schema) {
  constexpr std::uint64_t kRowsAStatement = 50;
  const std::uint64_t count = row_count(random);
  for (const Table* table : parents_first(schema)) {
    std::vector<std::string> columns;
    for (const Column& column : table->columns) {
      if (!column.generated) columns.push_back(dialect().quoted(column.name));
    }
    std::vector<std::string> rows;
    for (std::uint64_t row = 0; row < count; ++row) {
      std::vector<std::string> values;
      for (const Column& column : table->columns) {
        if (column.generated) continue;
        values.push_back(column.is_nullable && random() % 4 == 0 ? "NULL" : value(column.type, row));
      }
      rows.push_back(fmt::format("({})", join(values, ", ")));
      if (rows.size() == kRowsAStatement || row + 1 == count) {
        connection.execute(fmt::format("INSERT INTO {} ({}) VALUES {}", dialect().quoted(table->name.name),
                                       join(columns, ", "), join(rows, ", ")));
        rows.clear();
      }
    }
  }
}

/// A table that both schemas have, and the columns that both have in it, with their names in each.
struct SharedTable {
  TableName before;
  TableName after;
  std::vector<std::string> before_columns;
  std::vector<std::string> after_columns;
};

std::vector<SharedTable> shared_tables(const Schema& before, const Schema& after, const Renames& renames) {
  std::vector<SharedTable> result;
  for (const auto& [name, table] : before) {
    SharedTable shared{name, name, {}, {}};
    for (const TableRename& rename : renames.tables) {
      if (rename.from == name) shared.after = rename.to;
    }
    const Table* other = find_table(after, shared.after);
    if (other == nullptr) continue;
    for (const Column& column : table.columns) {
      std::string to = column.name;
      for (const ColumnRename& rename : renames.columns) {
        if (rename.table == shared.after && rename.from == column.name) to = rename.to;
      }
      const Column* found = find_column(*other, to);
      if (found == nullptr || found->type != column.type || found->generated || column.generated) continue;
      shared.before_columns.push_back(column.name);
      shared.after_columns.push_back(to);
    }
    result.push_back(std::move(shared));
  }
  return result;
}

/// All rows of some columns, sorted. Texts of values, with NULL told from 'NULL'.
std::vector<Row> content(Connection& connection, const TableName& table,
                         const std::vector<std::string>& columns) {
  std::vector<std::string> quoted;
  for (const std::string& column : columns) quoted.push_back(dialect().quoted(column));
  std::vector<Row> all = connection.query(fmt::format(
      "SELECT {} FROM {}", quoted.empty() ? "1" : join(quoted, ", "), dialect().quoted(table.name)));
  std::sort(all.begin(), all.end());
  return all;
}

using Contents = std::vector<std::vector<Row>>;
Contents contents(Connection& connection, const std::vector<SharedTable>& tables, bool is_after) {
  Contents all;
  for (const SharedTable& table : tables) {
    all.push_back(content(connection, is_after ? table.after : table.before,
                          is_after ? table.after_columns : table.before_columns));
  }
  return all;
}

/// Whether the database may refuse the operations because of the rows in it. Foreign keys that there were
/// before must never be violated.
bool is_about_rows(const std::string& words, const std::vector<Operation>& operations) {
  const bool is_foreign_key_new =
      std::any_of(operations.begin(), operations.end(), [](const Operation& operation) {
        return std::holds_alternative<AddConstraint>(operation) ||
               std::holds_alternative<CreateTable>(operation);
      });
  if (words.find("Violates foreign key") != std::string::npos) return is_foreign_key_new;
  const std::array<std::string, 8> reasons = {
      "Conversion Error",         "NOT NULL constraint failed",  "has a value that is no", "Duplicate key",
      "Data contains duplicates", "Unimplemented type for cast", "Could not cast",         "duplicate key"};
  return std::any_of(reasons.begin(), reasons.end(),
                     [&words](const std::string& reason) { return words.find(reason) != std::string::npos; });
}

/// Runs the operations as a revision. False when the database refused because of the rows in it.
bool migrate(Connection& connection, const Schema& before, const Schema& after,
             const std::vector<Operation>& operations) {
  connection.begin({});
  std::string text;
  try {
    for (const std::vector<Statement>& section : dialect().render(before, after, operations, {})) {
      for (const Statement& statement : section) {
        RC_ASSERT(!statement.comments.empty());
        text = statement.text;
        RC_LOG() << text << "\n";
        connection.execute(text);
      }
    }
    text = "COMMIT";
    connection.commit();
    return true;
  } catch (const Error& error) {
    connection.rollback();
    const std::string words = error.what();
    RC_LOG() << words << "\n  by " << text << "\n";
    RC_ASSERT(is_about_rows(words, operations));
    return false;
  }
}

std::string listed(const std::vector<Operation>& operations) {
  std::string text;
  for (const Operation& operation : operations) text += to_json_line(operation) + "\n";
  return text;
}

void check_equal(Connection& connection, const Schema& schema) {
  const Reflected live = dialect().reflect(connection, {});
  RC_LOG() << listed(diff(live.schema, schema));
  RC_ASSERT(live.not_compared.empty());
  RC_ASSERT(equivalent(live.schema, schema));
}

struct Case {
  Schema before;
  Schema after;
  Renames renames;
  std::vector<Operation> operations;
};

Case random_case(Random& random) {
  const SchemaAlphabet alphabet = duckdb_alphabet();
  Case result;
  result.before = dialect().canonical(random_schema(random, alphabet));
  Mutation mutation = mutated(random, result.before, alphabet);
  result.after = dialect().canonical(mutation.schema);
  result.renames = mutation.renames;
  result.operations = diff(result.before, result.after, result.renames);
  RC_LOG() << listed(result.operations);
  return result;
}

RC_GTEST_PROP(DuckdbLaws, TheCanonicalFormIsItsOwn, (std::uint64_t seed)) {
  Random random(seed);
  const Schema schema = dialect().canonical(random_schema(random, duckdb_alphabet()));
  RC_LOG() << listed(diff(schema, dialect().canonical(schema)));
  RC_ASSERT(dialect().canonical(schema) == schema);
}

RC_GTEST_PROP(DuckdbLaws, WhatIsCreatedReadsBackAsItsCanonicalForm, (std::uint64_t seed)) {
  Random random(seed);
  const Schema schema = dialect().canonical(random_schema(random, duckdb_alphabet()));
  const std::unique_ptr<Connection> connection = in_memory();
  RC_ASSERT(migrate(*connection, {}, schema, diff({}, schema)));
  check_equal(*connection, schema);
}

RC_GTEST_PROP(DuckdbLaws, AChangeLeadsThereAndBackAndRowsSurvive, (std::uint64_t seed)) {
  Random random(seed);
  const Case one = random_case(random);
  const std::unique_ptr<Connection> connection = in_memory();
  RC_ASSERT(migrate(*connection, {}, one.before, diff({}, one.before)));
  fill(*connection, random, one.before);
  const std::vector<SharedTable> tables = shared_tables(one.before, one.after, one.renames);
  const Contents rows = contents(*connection, tables, false);

  if (!migrate(*connection, one.before, one.after, one.operations)) {
    check_equal(*connection, one.before);
    RC_ASSERT(contents(*connection, tables, false) == rows);
    RC_TAG("refused");
    return;
  }
  check_equal(*connection, one.after);
  RC_ASSERT(contents(*connection, tables, true) == rows);

  const bool is_back = migrate(*connection, one.after, one.before, reversed(one.operations));
  RC_TAG(is_back ? "there and back" : "there");
  check_equal(*connection, is_back ? one.before : one.after);
  RC_ASSERT(contents(*connection, tables, !is_back) == rows);
}

RC_GTEST_PROP(DuckdbLaws, WithoutRowsEveryChangeWorksBothWays, (std::uint64_t seed)) {
  Random random(seed);
  const Case one = random_case(random);
  const std::unique_ptr<Connection> connection = in_memory();
  RC_ASSERT(migrate(*connection, {}, one.before, diff({}, one.before)));
  RC_ASSERT(migrate(*connection, one.before, one.after, one.operations));
  check_equal(*connection, one.after);
  RC_ASSERT(migrate(*connection, one.after, one.before, reversed(one.operations)));
  check_equal(*connection, one.before);
}

}  // namespace
}  // namespace metaxy::migrate::test
