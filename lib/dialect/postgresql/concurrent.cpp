#include "dialect/postgresql/concurrent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/postgresql/quoting.hpp"

namespace metaxy::migrate::postgresql {

namespace {

enum class Verb { create, drop };

struct IndexStatement {
  Verb verb = Verb::create;
  /// Empty: the current one. An index is created in its table's schema.
  std::string schema;
  std::string name;
  /// Empty for DROP, which does not say it.
  std::string table;
};

/// Reads `CREATE [UNIQUE] INDEX CONCURRENTLY [IF NOT EXISTS] name ON [ONLY] [schema.]table` and
/// `DROP INDEX CONCURRENTLY [IF EXISTS] [schema.]name`.
class IndexStatementReader {
 public:
  explicit IndexStatementReader(std::string_view sql) : tokens_(tokens_of(sql, splitter_options())) {}

  std::optional<IndexStatement> read() {
    IndexStatement result;
    if (take("create")) {
      take("unique");
    } else if (take("drop")) {
      result.verb = Verb::drop;
    } else {
      return std::nullopt;
    }
    if (!take("index") || !take("concurrently")) return std::nullopt;
    if (take("if")) {
      take("not");
      take("exists");
    }
    if (at_ >= tokens_.size()) return std::nullopt;
    if (result.verb == Verb::drop) {
      read_qualified(result.schema, result.name);
      return result;
    }
    result.name = name();
    if (!take("on")) return std::nullopt;
    take("only");
    read_qualified(result.schema, result.table);
    return result;
  }

 private:
  bool take(std::string_view word) {
    const bool is_there = at_ < tokens_.size() && tokens_[at_].kind == Token::Kind::word &&
                          equal_ignoring_case(tokens_[at_].text, word);
    at_ += is_there ? 1 : 0;
    return is_there;
  }
  std::string name() {
    if (at_ >= tokens_.size()) return {};
    const Token& token = tokens_[at_++];
    return token.kind == Token::Kind::word ? lower(token.text) : token.text;
  }
  void read_qualified(std::string& schema, std::string& last) {
    last = name();
    if (at_ < tokens_.size() && tokens_[at_].text == ".") {
      ++at_;
      schema = last;
      last = name();
    }
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

struct FoundIndex {
  std::string schema;
  bool is_valid = false;
};

/// Names of indexes are those of the schema: one of another table is not what the statement is about.
std::optional<FoundIndex> found_index(Connection& connection, const IndexStatement& statement) {
  const std::vector<Cell> parameters = {statement.schema.empty() ? Cell() : Cell(statement.schema),
                                        statement.name,
                                        statement.table.empty() ? Cell() : Cell(statement.table)};
  const std::vector<Row> rows = connection.query(
      "SELECT n.nspname, i.indisvalid FROM pg_catalog.pg_index i "
      "JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
      "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "JOIN pg_catalog.pg_class t ON t.oid = i.indrelid "
      "WHERE n.nspname = coalesce(?, current_schema()) AND c.relname = ? AND t.relname = coalesce(?, "
      "t.relname)",
      parameters);
  if (rows.empty()) return std::nullopt;
  return FoundIndex{rows.front()[0].value_or(""), rows.front()[1] == "t"};
}

}  // namespace

std::optional<std::string> left_over_index(Connection& connection, std::string_view sql) {
  const std::optional<IndexStatement> statement = IndexStatementReader(sql).read();
  if (!statement || statement->verb != Verb::create) return std::nullopt;
  const std::optional<FoundIndex> found = found_index(connection, *statement);
  if (!found || found->is_valid) return std::nullopt;
  return quoted_name(TableName{found->schema, statement->name});
}

namespace {

/// As long as nobody is in the way of it; who stopped the run does not want to wait.
void drop_patiently(Connection& connection, const std::string& index) {
  const Row before =
      connection.query("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')").at(0);
  const auto set = [&connection](const std::string& lock, const std::string& statement) {
    const std::vector<Cell> parameters = {lock, statement};
    connection.query("SELECT set_config('lock_timeout', ?, false), set_config('statement_timeout', ?, false)",
                     parameters);
  };
  set("5s", "5s");
  try {
    // `execute` would wait for as long as it takes.
    connection.query("DROP INDEX CONCURRENTLY IF EXISTS " + index);
  } catch (const Error&) {
    set(before[0].value_or("0"), before[1].value_or("0"));
    throw;
  }
  set(before[0].value_or("0"), before[1].value_or("0"));
}

std::string left_behind(Connection& connection, const IndexStatement& statement) {
  const std::optional<FoundIndex> found = found_index(connection, statement);
  if (!found || found->is_valid) return {};
  const std::string name = quoted_name(TableName{found->schema, statement.name});
  if (statement.verb == Verb::drop) {
    return fmt::format("index {} is left behind, not valid any more: running again drops it", name);
  }
  try {
    drop_patiently(connection, name);
    return {};
  } catch (const Error& error) {
    return fmt::format(
        "index {} is left behind, not valid, and may refuse rows already: running again makes it anew, "
        "`DROP INDEX CONCURRENTLY {}` takes it away (which just failed: {})",
        name, name, error.what());
  }
}

}  // namespace

std::string clear_away(Connection& connection, std::string_view sql) {
  const std::optional<IndexStatement> statement = IndexStatementReader(sql).read();
  if (!statement) return {};
  try {
    return left_behind(connection, *statement);
  } catch (const Error&) {
    // A cancel that was meant for the statement may come late.
    return left_behind(connection, *statement);
  }
}

std::set<std::string> unfinished_indexes(Connection& connection) {
  std::set<std::string> names;
  for (const Row& row : connection.query(
           "SELECT c.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
           "WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace")) {
    names.insert(row.front().value_or(""));
  }
  return names;
}

std::optional<bool> has_taken_effect(Connection& connection, std::string_view sql) {
  const std::optional<IndexStatement> statement = IndexStatementReader(sql).read();
  if (!statement) {
    // VACUUM and REINDEX change nothing that counts twice.
    const std::vector<Token> tokens = tokens_of(sql.substr(0, 40), splitter_options());
    const bool is_repeatable = !tokens.empty() && (equal_ignoring_case(tokens[0].text, "vacuum") ||
                                                   equal_ignoring_case(tokens[0].text, "reindex"));
    return is_repeatable ? std::optional(false) : std::nullopt;
  }
  const std::optional<FoundIndex> found = found_index(connection, *statement);
  return statement->verb == Verb::create ? found && found->is_valid : !found;
}

bool runs_in_transaction(std::string_view sql) {
  const std::vector<Token> tokens = tokens_of(sql.substr(0, 200), splitter_options());
  const auto is_word = [&tokens](std::size_t at, std::string_view word) {
    return at < tokens.size() && tokens[at].kind == Token::Kind::word &&
           equal_ignoring_case(tokens[at].text, word);
  };
  const bool is_concurrent = std::any_of(tokens.begin(), tokens.end(), [](const Token& token) {
    return token.kind == Token::Kind::word && equal_ignoring_case(token.text, "concurrently");
  });
  if (is_word(0, "vacuum") || (is_word(0, "alter") && is_word(1, "system"))) {
    return false;
  }
  const bool is_whole = is_word(0, "create") || is_word(0, "drop");
  if (is_whole && (is_word(1, "database") || is_word(1, "tablespace"))) {
    return false;
  }
  // REFRESH MATERIALIZED VIEW CONCURRENTLY may.
  return !(is_concurrent && (is_whole || is_word(0, "reindex")));
}

}  // namespace metaxy::migrate::postgresql
