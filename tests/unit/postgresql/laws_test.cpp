// What must hold for every schema, on a real server with rows in the tables. rapidcheck chooses the seeds and
// prints the one that fails.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "diff/diff.hpp"
#include "support/postgres_server.hpp"
#include "support/random_schema.hpp"

namespace metaxy::migrate::test {
namespace {

const Dialect& dialect() { return postgresql_dialect(); }

std::string printed(const std::string& name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9'); };
  const bool is_word = std::all_of(name.begin(), name.end(), is_plain) && name != "order";
  return is_word ? name : dialect().quoted(name);
}

bool is_text(const Column& column) { return column.type.name == "text"; }

std::vector<std::string> defaults_for(const Type& type) {
  if (type.name == "text") return {"''", "'it''s'", "'line\nbreak'", "'日本語'", "lower('A')"};
  if (type.name == "bigint" || type.name == "integer") return {"0", "-1", "1 + 1"};
  if (type.name == "double precision" || type.name == "numeric") return {"0", "-1.5", "3.25"};
  if (type.name == "boolean") return {"TRUE", "FALSE"};
  if (type.name == "jsonb") return {"'{}'"};
  if (type.name == "timestamp with time zone") return {"now()", "CURRENT_TIMESTAMP"};
  if (type.name == "LIST") return {"'{}'"};
  if (type.name == "mood") return {"'sad'", "'it''s ok'"};
  return {};
}

std::vector<std::string> checks_for(const Column& column) {
  const std::string name = printed(column.name);
  if (is_text(column)) {
    return {name + " <> 'forbidden'", "length(" + name + ") < 1000 OR " + name + " IS NULL",
            name + " = ANY (ARRAY['', 'a']) OR length(" + name + ") > 0", "NOT " + name + " LIKE 'x%'"};
  }
  return {name + " IS NOT NULL OR " + name + " IS NULL"};
}

SchemaAlphabet postgresql_alphabet() {
  SchemaAlphabet alphabet = rich_alphabet();
  alphabet.types.clear();
  for (const char* type : {"bigint", "integer", "text", "character varying(20)", "double precision",
                           "numeric(10,2)", "boolean", "jsonb", "timestamp with time zone", "date", "uuid",
                           "bytea", "text[]", "mood ENUM('sad', 'it''s ok')"}) {
    alphabet.types.push_back(parse_type(type));
  }
  alphabet.key_types = {plain_type("bigint"), plain_type("text")};
  alphabet.member_types.clear();
  alphabet.options = {"UNLOGGED"};
  alphabet.defaults_for = defaults_for;
  alphabet.checks_for = checks_for;
  alphabet.predicates_for = [](const Column& column) -> std::vector<std::string> {
    return {printed(column.name) + " IS NOT NULL"};
  };
  alphabet.index_expressions_for = [](const Column& column) -> std::vector<std::string> {
    const std::string name = printed(column.name);
    return is_text(column) ? std::vector<std::string>{"lower(" + name + ")", name + " || 'x'"}
                           : std::vector<std::string>{"abs(" + name + ")", name + " + 1"};
  };
  alphabet.generated_from = [](const Column& column) -> std::optional<Column> {
    if (!is_text(column)) return std::nullopt;
    Column result;
    result.type = plain_type("integer");
    result.generated = Generated{"length(" + printed(column.name) + ")", true};
    return result;
  };
  alphabet.collations_for = [](const Type& type) {
    return type.name == "text" ? std::vector<std::string>{"C", "POSIX"} : std::vector<std::string>();
  };
  alphabet.foreign_key_actions = {"CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT"};
  return alphabet;
}

/// A database refuses what it cannot hold: a table without logging behind a foreign key of one with.
bool is_possible(const Schema& schema) {
  for (const auto& [name, table] : schema) {
    for (const Constraint& constraint : table.constraints) {
      const auto* key = std::get_if<ForeignKey>(&constraint);
      const Table* parent = key == nullptr ? nullptr : find_table(schema, key->referenced_table);
      if (parent != nullptr && parent->options != table.options) return false;
    }
  }
  return true;
}

Schema random_possible_schema(Random& random, const SchemaAlphabet& alphabet) {
  while (true) {
    Schema schema = dialect().canonical(random_schema(random, alphabet));
    if (is_possible(schema)) return schema;
  }
}

Mutation possible_mutation(Random& random, const Schema& schema, const SchemaAlphabet& alphabet) {
  while (true) {
    Mutation mutation = mutated(random, schema, alphabet);
    mutation.schema = dialect().canonical(mutation.schema);
    if (is_possible(mutation.schema)) return mutation;
  }
}

std::string random_value(Random& random, const Column& column) {
  const auto one_of = [&random](const std::vector<std::string>& values) {
    return values[random() % values.size()];
  };
  if (column.is_nullable && random() % 4 == 0) return "NULL";
  const std::string& type = column.type.name;
  if (type == "bigint") return one_of({"0", "-1", "42", "9223372036854775807", "7", "1"});
  if (type == "integer") return one_of({"0", "-1", "42", "2147483647"});
  if (type == "double precision" || type == "numeric") return one_of({"0.1", "-2.5", "3.0", "0.3"});
  if (type == "boolean") return one_of({"true", "false"});
  if (type == "jsonb") return one_of({"'{\"a\": 1}'", "'[]'", "'\"x\"'"});
  if (type == "timestamp with time zone") return "'2026-01-01 12:00:00.123456+02'";
  if (type == "mood") return one_of({"'sad'", "'it''s ok'"});
  if (type == "date") return "'2026-01-31'";
  if (type == "uuid") return "'6f1c24a5-8e6e-4f0e-9a3b-1f2e3d4c5b6a'";
  if (type == "bytea") return "'\\x00ff27'";
  if (type == "LIST") return "ARRAY['a', 'it''s']";
  return one_of({"''", "'it''s'", "'日本語'", "'007'", "'x'", "'1.50'"});
}

/// Up to 12 rows a table; rows that a key or check refuses are left out.
void fill(Connection& connection, Random& random, const Schema& schema) {
  for (const auto& [name, table] : schema) {
    for (std::size_t left = random() % 13; left > 0; --left) {
      std::vector<std::string> columns;
      std::vector<std::string> values;
      for (const Column& column : table.columns) {
        if (column.generated) continue;
        columns.push_back(dialect().quoted(column.name));
        values.push_back(random_value(random, column));
      }
      try {
        connection.execute(fmt::format("INSERT INTO {} ({}) VALUES ({})", dialect().quoted(name.name),
                                       join(columns, ", "), join(values, ", ")));
      } catch (const Error&) {
        // A key, a check or a reference refused it.
      }
    }
  }
}

/// Values of one column in the order in which the rows were inserted (nothing updates them; a rewrite keeps
/// it).
std::vector<std::string> values_of(Connection& connection, const TableName& table,
                                   const std::string& column) {
  return rows(connection, fmt::format("SELECT {}::text FROM {} ORDER BY ctid", dialect().quoted(column),
                                      dialect().quoted(table.name)));
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

enum class Outcome { done, refused, name_taken };

/// Runs the operations as a revision in one transaction. `refused`: because of the rows in the tables.
Outcome migrate(Connection& connection, const Schema& before, const Schema& after,
                const std::vector<Operation>& operations, bool is_online) {
  std::string text;
  try {
    const auto sections = dialect().render(before, after, operations, {.is_online = is_online, .grants = {}});
    if (is_online) {
      run_sections(connection, sections);
      return Outcome::done;
    }
    connection.begin({});
    for (const std::vector<Statement>& section : sections) {
      for (const Statement& statement : section) {
        RC_ASSERT(!statement.comments.empty());
        text = statement.text;
        connection.execute(statement.text);
      }
    }
    connection.commit();
    return Outcome::done;
  } catch (const StatementFailed& failure) {
    connection.rollback();
    RC_LOG() << failure.what() << " (" << failure.sqlstate() << ")\n  by " << text << failure.sql() << "\n";
    // 22: a value does not fit the new type. 23: a key, a check or NOT NULL does not hold.
    RC_ASSERT(failure.sqlstate().substr(0, 2) == "22" || failure.sqlstate().substr(0, 2) == "23");
    return Outcome::refused;
  } catch (const Error& error) {
    connection.rollback();
    RC_LOG() << error.what() << "\n";
    RC_ASSERT(std::string_view(error.what()).find("would have the name of one of") != std::string_view::npos);
    return Outcome::name_taken;
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
  const Reflected live = reflected(connection);
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

RC_GTEST_PROP(PostgresqlLaws, AnAlphabetOfCanonicalTextsIsCanonical, (std::uint64_t seed)) {
  Random random(seed);
  const Schema schema = random_schema(random, postgresql_alphabet());
  const Schema canonical = dialect().canonical(schema);
  RC_LOG() << listed(diff(schema, canonical));
  RC_ASSERT(equivalent(canonical, schema));
  RC_ASSERT(dialect().canonical(canonical) == canonical);
}

RC_GTEST_PROP(PostgresqlLaws, WhatIsCreatedReadsBackAsItsCanonicalForm, (std::uint64_t seed)) {
  Random random(seed);
  const Schema schema = random_possible_schema(random, postgresql_alphabet());
  const TestSchema place;
  const auto connection = place.connected();
  RC_ASSERT(migrate(*connection, {}, schema, diff({}, schema), false) == Outcome::done);
  check_equal(*connection, schema);
}

RC_GTEST_PROP(PostgresqlLaws, AChangeLeadsThereAndBackAndRowsSurvive, (std::uint64_t seed)) {
  Random random(seed);
  const SchemaAlphabet alphabet = postgresql_alphabet();
  const Schema before = random_possible_schema(random, alphabet);
  const Mutation mutation = possible_mutation(random, before, alphabet);
  const Schema& after = mutation.schema;
  const std::vector<Operation> operations = diff(before, after, mutation.renames);
  RC_LOG() << listed(operations);

  const TestSchema place;
  const auto connection = place.connected();
  RC_ASSERT(migrate(*connection, {}, before, diff({}, before), false) == Outcome::done);
  fill(*connection, random, before);
  const std::vector<SharedColumn> columns = shared_columns(before, after, mutation.renames);
  std::vector<std::vector<std::string>> values;
  for (const SharedColumn& column : columns) {
    values.push_back(values_of(*connection, column.before_table, column.before));
  }

  Outcome outcome = migrate(*connection, before, after, operations, false);
  if (outcome != Outcome::done) {
    check_equal(*connection, before);
    check_values(*connection, columns, values, false);
    RC_TAG(outcome == Outcome::refused ? "refused" : "name taken");
    return;
  }
  check_equal(*connection, after);
  check_values(*connection, columns, values, true);

  outcome = migrate(*connection, after, before, reversed(operations), false);
  RC_TAG(outcome == Outcome::done ? "there and back" : "there");
  check_equal(*connection, outcome == Outcome::done ? before : after);
  check_values(*connection, columns, values, outcome != Outcome::done);
}

RC_GTEST_PROP(PostgresqlLaws, OnlineFormsLeadThereAndBackWithoutRows, (std::uint64_t seed)) {
  Random random(seed);
  const SchemaAlphabet alphabet = postgresql_alphabet();
  const Schema before = random_possible_schema(random, alphabet);
  const Mutation mutation = possible_mutation(random, before, alphabet);
  const std::vector<Operation> operations = diff(before, mutation.schema, mutation.renames);
  RC_LOG() << listed(operations);
  const TestSchema place;
  const auto connection = place.connected();
  RC_ASSERT(migrate(*connection, {}, before, diff({}, before), true) == Outcome::done);
  if (migrate(*connection, before, mutation.schema, operations, true) == Outcome::name_taken) {
    RC_TAG("name taken");
    return;
  }
  check_equal(*connection, mutation.schema);
  if (migrate(*connection, mutation.schema, before, reversed(operations), true) == Outcome::name_taken) {
    RC_TAG("name taken");
    return;
  }
  check_equal(*connection, before);
}

}  // namespace
}  // namespace metaxy::migrate::test
