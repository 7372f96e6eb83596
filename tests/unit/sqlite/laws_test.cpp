// What must hold for every schema, on real databases with rows in them. rapidcheck chooses the seeds and
// prints the one that fails.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "diff/diff.hpp"
#include "support/random_schema.hpp"
#include "unit/sqlite/database.hpp"

namespace metaxy::migrate::test {
namespace {

std::string printed(const std::string& name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9'); };
  const bool is_word = std::all_of(name.begin(), name.end(), is_plain) && name != "order";
  return is_word ? name : sqlite_dialect().quoted(name);
}

SchemaAlphabet sqlite_alphabet() {
  SchemaAlphabet alphabet = rich_alphabet();
  alphabet.types.clear();
  for (const char* type : {"INTEGER", "TEXT", "REAL", "NUMERIC(10,2)", "BLOB", "BOOLEAN", "JSON",
                           "VARCHAR(20)", "DOUBLE PRECISION", ""}) {
    alphabet.types.push_back(parse_type(type));
  }
  alphabet.key_types = {plain_type("INTEGER"), plain_type("TEXT")};
  alphabet.member_types.clear();
  alphabet.comments.clear();
  alphabet.options.clear();
  alphabet.defaults_for = [](const Type& type) -> std::vector<std::string> {
    return type.name == "TEXT"
               ? std::vector<std::string>{"''", "'it''s'", "CURRENT_TIMESTAMP", "'a' || 'b'", "'日本\n語'"}
               : std::vector<std::string>{"0", "-1.5", "1 + 1", "TRUE"};
  };
  alphabet.checks_for = [](const Column& column) -> std::vector<std::string> {
    const std::string name = printed(column.name);
    return {name + " != 'forbidden'", "length(" + name + ") < 1000 OR " + name + " IS NULL"};
  };
  alphabet.index_expressions_for = [](const Column& column) -> std::vector<std::string> {
    return {"lower(" + printed(column.name) + ")", printed(column.name) + " || ''"};
  };
  alphabet.generated_from = [](const Column& column) {
    Column result;
    result.type = plain_type("INTEGER");
    result.generated = Generated{"length(" + printed(column.name) + ")", column.is_nullable};
    return std::optional<Column>(result);
  };
  alphabet.collations_for = [](const Type& type) {
    return type.name == "TEXT" ? std::vector<std::string>{"NOCASE", "RTRIM"} : std::vector<std::string>();
  };
  alphabet.foreign_key_actions = {"CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT"};
  return alphabet;
}

std::string random_value(Random& random, const Column& column) {
  constexpr std::array<const char*, 8> kNumbers = {
      "0", "-1", "42", "9223372036854775807", "-9223372036854775808", "9007199254740993", "7", "1"};
  constexpr std::array<const char*, 5> kReals = {"0.1", "1e308", "-2.5", "3.0", "0.30000000000000004"};
  constexpr std::array<const char*, 7> kTexts = {
      "''", "'it''s'", "'日本語'", "'007'", "'x'", "'line' || char(10)", "'1.50'"};
  const auto one_of = [&random](const auto& values) { return std::string(values[random() % values.size()]); };
  if (column.is_nullable && random() % 4 == 0) {
    return "NULL";
  }
  const std::string& type = column.type.name;
  if (type == "INTEGER" || type == "BOOLEAN") {
    return random() % 2 == 0 ? one_of(kNumbers) : std::to_string(random() >> 1U);
  }
  if (type == "REAL" || type == "DOUBLE PRECISION" || type == "NUMERIC") {
    return one_of(kReals);
  }
  if (type == "BLOB") {
    return "x'00ff27'";
  }
  return random() % 2 == 0 ? one_of(kTexts) : fmt::format("'text {}'", random());
}

/// 10 to 1,000 rows a table; rows that a key or check refuses are left out.
void fill(Connection& connection, Random& random, const Schema& schema) {
  // Rows are random and may refer to nothing.
  connection.execute("PRAGMA foreign_keys = OFF");
  for (const auto& [name, table] : schema) {
    for (std::uint64_t left = row_count(random); left > 0; --left) {
      std::vector<std::string> columns;
      std::vector<std::string> values;
      for (const Column& column : table.columns) {
        if (!column.generated) {
          columns.push_back(sqlite_dialect().quoted(column.name));
          values.push_back(random_value(random, column));
        }
      }
      connection.execute(fmt::format("INSERT OR IGNORE INTO {} ({}) VALUES ({})",
                                     sqlite_dialect().quoted(name.name), join(columns, ", "),
                                     join(values, ", ")));
    }
  }
}

/// Values of one column by rowid, each as SQL with its kind.
std::vector<std::string> values_of(Connection& connection, const TableName& table,
                                   const std::string& column) {
  return rows(connection, fmt::format("SELECT _rowid_, typeof({0}), quote({0}) FROM {1} ORDER BY _rowid_",
                                      sqlite_dialect().quoted(column), sqlite_dialect().quoted(table.name)));
}

/// A column that both schemas have, with its name in each.
struct SharedColumn {
  TableName before_table;
  std::string before;
  TableName after_table;
  std::string after;
};

std::vector<SharedColumn> shared_columns(const Schema& before, const Schema& after, const Renames& renames) {
  std::vector<SharedColumn> result;
  for (const auto& [name, table] : before) {
    TableName new_name = name;
    for (const TableRename& rename : renames.tables) {
      new_name = rename.from == name ? rename.to : new_name;
    }
    const Table* new_table = find_table(after, new_name);
    for (const Column& column : table.columns) {
      std::string new_column = column.name;
      for (const ColumnRename& rename : renames.columns) {
        new_column = rename.table == new_name && rename.from == column.name ? rename.to : new_column;
      }
      const Column* found = new_table == nullptr ? nullptr : find_column(*new_table, new_column);
      if (found != nullptr && found->type == column.type && !found->generated && !column.generated) {
        result.push_back({name, column.name, new_name, new_column});
      }
    }
  }
  return result;
}

/// Runs the operations as a revision. False when the database refused because of the rows in it, and is as it
/// was.
bool migrate(Connection& connection, const Schema& before, const Schema& after,
             const std::vector<Operation>& operations) {
  connection.begin({});
  std::string text;
  try {
    for (const std::vector<Statement>& section : sqlite_dialect().render(before, after, operations, {})) {
      for (const Statement& statement : section) {
        RC_ASSERT(!statement.comments.empty());
        text = statement.text;
        connection.execute(statement.text);
      }
    }
    connection.commit();
    return true;
  } catch (const Error& error) {
    connection.rollback();
    const std::string words = error.what();
    RC_LOG() << words << "\n  by " << text << "\n";
    const std::array<std::string, 6> because_of_rows = {"NOT NULL constraint failed",
                                                        "UNIQUE constraint failed",
                                                        "CHECK constraint failed",
                                                        "would change by the new type",
                                                        "rows would refer to rows that do not exist",
                                                        "datatype mismatch"};
    RC_ASSERT(
        std::any_of(because_of_rows.begin(), because_of_rows.end(),
                    [&words](const std::string& reason) { return words.find(reason) != std::string::npos; }));
    return false;
  }
}

std::string listed(const std::vector<Operation>& operations) {
  std::string text;
  for (const Operation& operation : operations) {
    text += to_json_line(operation) + "\n";
  }
  return text;
}

void check_equal(Connection& connection, const Schema& schema) {
  const Reflected live = sqlite_dialect().reflect(connection, {});
  RC_ASSERT(live.not_compared.empty());
  RC_LOG() << listed(diff(live.schema, schema));
  RC_ASSERT(equivalent(live.schema, schema));
}

void check_values(Connection& connection, const std::vector<SharedColumn>& columns,
                  const std::vector<std::vector<std::string>>& values, bool is_after) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const SharedColumn& column = columns[i];
    RC_ASSERT(values_of(connection, is_after ? column.after_table : column.before_table,
                        is_after ? column.after : column.before) == values[i]);
  }
}

RC_GTEST_PROP(SqliteLaws, AnAlphabetOfCanonicalTextsIsCanonical, (std::uint64_t seed)) {
  Random random(seed);
  const Schema schema = random_schema(random, sqlite_alphabet());
  const Schema canonical = sqlite_dialect().canonical(schema);
  RC_LOG() << listed(diff(schema, canonical));
  RC_ASSERT(equivalent(canonical, schema));
  RC_ASSERT(sqlite_dialect().canonical(canonical) == canonical);
}

RC_GTEST_PROP(SqliteLaws, WhatIsCreatedReadsBackAsItsCanonicalForm, (std::uint64_t seed)) {
  Random random(seed);
  const Schema schema = sqlite_dialect().canonical(random_schema(random, sqlite_alphabet()));
  const std::unique_ptr<Connection> connection = in_memory();
  RC_ASSERT(migrate(*connection, {}, schema, diff({}, schema)));
  check_equal(*connection, schema);
}

RC_GTEST_PROP(SqliteLaws, AChangeLeadsThereAndBackAndRowsSurvive, (std::uint64_t seed)) {
  Random random(seed);
  const SchemaAlphabet alphabet = sqlite_alphabet();
  const Schema before = random_schema(random, alphabet);
  const Mutation mutation = mutated(random, before, alphabet);
  const Schema& after = mutation.schema;
  const std::vector<Operation> operations = diff(before, after, mutation.renames);
  RC_LOG() << listed(operations);

  const std::unique_ptr<Connection> connection = in_memory();
  RC_ASSERT(migrate(*connection, {}, before, diff({}, before)));
  fill(*connection, random, before);
  const std::vector<SharedColumn> columns = shared_columns(before, after, mutation.renames);
  std::vector<std::vector<std::string>> values;
  for (const SharedColumn& column : columns) {
    values.push_back(values_of(*connection, column.before_table, column.before));
  }

  bool is_done = migrate(*connection, before, after, operations);
  if (!is_done) {
    check_equal(*connection, before);
    check_values(*connection, columns, values, false);
    RC_TAG("refused");
    return;
  }
  check_equal(*connection, after);
  check_values(*connection, columns, values, true);

  is_done = migrate(*connection, after, before, reversed(operations));
  RC_TAG(is_done ? "there and back" : "there");
  check_equal(*connection, is_done ? before : after);
  check_values(*connection, columns, values, !is_done);
}

RC_GTEST_PROP(SqliteLaws, WithoutRowsEveryChangeWorksBothWays, (std::uint64_t seed)) {
  Random random(seed);
  const SchemaAlphabet alphabet = sqlite_alphabet();
  const Schema before = random_schema(random, alphabet);
  const Mutation mutation = mutated(random, before, alphabet);
  const std::vector<Operation> operations = diff(before, mutation.schema, mutation.renames);
  RC_LOG() << listed(operations);
  const std::unique_ptr<Connection> connection = in_memory();
  RC_ASSERT(migrate(*connection, {}, before, diff({}, before)));
  RC_ASSERT(migrate(*connection, before, mutation.schema, operations));
  check_equal(*connection, mutation.schema);
  RC_ASSERT(migrate(*connection, mutation.schema, before, reversed(operations)));
  check_equal(*connection, before);
}

}  // namespace
}  // namespace metaxy::migrate::test
