#pragma once
// Cuts SQL text into statements: a lexer that knows quotes, comments, dollar quotes and trigger bodies of the
// dialect it is told about. It is no parser: it never judges whether a statement is valid.

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "sql/statement.hpp"

namespace metaxy::migrate {

/// What text means in one dialect.
struct SplitterOptions {
  bool has_dollar_quotes = false;         ///< `$tag$ ... $tag$`
  bool has_nested_comments = false;       ///< `/* /* */ */`
  bool has_backslash_strings = false;     ///< `E'it\'s'`
  bool has_bracket_identifiers = false;   ///< `[name]`
  bool has_backtick_identifiers = false;  ///< `` `name` ``
  bool has_trigger_bodies = false;        ///< `CREATE TRIGGER ... BEGIN ...; END`
  bool has_atomic_bodies = false;         ///< `BEGIN ATOMIC ...; END` in functions
  bool has_unicode_blanks = false;        ///< U+00A0, U+2000 and the like separate words (DuckDB)
};

/// What the splitter finds, in order of the text.
struct SplitterEvent {
  enum class Kind {
    statement,
    /// A top-level line that begins with `-- migrate:`; `text` is what follows the colon, trimmed.
    marker,
    /// After read_lines(): any line that is not blank, as it stands.
    line,
  };
  Kind kind = Kind::statement;
  Statement statement;
  std::string text;
  std::size_t line = 0;
  /// Bytes of all text before the statement's first, or before the marker's or line's first.
  std::size_t offset = 0;
};

/// Splits text that arrives in pieces, holding no more than one statement in memory. Linear in the text.
///
/// A statement reaches from its first token to its last: comments and blanks before and behind are not in its
/// text, those inside are. The `--` lines right above it, without a blank line between, become its comments.
/// A semicolon inside parentheses ends nothing (PostgreSQL's CREATE RULE has them there). Empty statements
/// are passed over.
class Splitter {
 public:
  using Report = std::function<void(SplitterEvent)>;

  /// `file` is for error positions only. Lines are counted from `first_line`.
  Splitter(const SplitterOptions& options, std::string file, std::size_t first_line = 1);
  ~Splitter();
  Splitter(const Splitter&) = delete;
  Splitter& operator=(const Splitter&) = delete;

  /// Consumes a piece of text (any cut is fine, also inside a token) and reports each event that is complete.
  /// A marker line ends a statement that lacks its `;`. Throws Error(script) with position and caret.
  void feed(std::string_view piece, const Report& report);

  /// The end of the text. Throws Error(script) when a quote, comment, dollar quote, parenthesis or body is
  /// still open, naming where it began.
  void finish(const Report& report);

  /// From the marker that is being reported to the next one there is no SQL: lines are reported as they are.
  void read_lines();

  /// The comment lines since the last statement or marker, blank lines left out. While a marker is being
  /// reported, or after the end of the text.
  const std::vector<std::string>& comments() const;

  /// Where the event that is being reported begins, with the text of its line. Only while it is being
  /// reported.
  SourcePosition position() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether a comment line (without its dashes) would be read as a marker, or as an attempt at one.
bool looks_like_marker(std::string_view comment);

/// All statements of a text without markers. Throws Error(script) as Splitter does, and for a marker.
std::vector<Statement> split_statements(std::string_view text, const SplitterOptions& options,
                                        const std::string& file = "<text>");

/// What kind of statement it is, from its leading words (comments skipped). For safety rules, not for
/// meaning.
enum class StatementKind {
  begin,
  commit,
  rollback,
  savepoint,
  pragma,
  create,
  alter,
  drop,
  truncate,
  insert,
  update_all,
  update_some,
  delete_all,
  delete_some,
  comment,
  select,
  other,
};

/// `update_all`/`delete_all` are those without a top-level WHERE. A data-changing CTE (`WITH x AS (...)
/// DELETE ...`) is judged by its main verb.
StatementKind kind_of(std::string_view statement, const SplitterOptions& options);

/// Whether running it may lose data that a later statement cannot bring back, as far as its text tells:
/// - DROP of anything that holds data, or that tables are made of: TABLE, SCHEMA, DATABASE, SEQUENCE (its
/// counter), TYPE
///   and whatever is not known. Not so DROP of what is only derived from data or guards it: INDEX, VIEW,
///   MATERIALIZED VIEW, TRIGGER, RULE, POLICY, STATISTICS, and FUNCTION, MACRO and the like unless CASCADE (a
///   generated column may go with it).
/// - ALTER ... DROP of a column, member or attribute; not of DEFAULT, NOT NULL, CONSTRAINT, EXPRESSION,
/// IDENTITY.
/// - TRUNCATE; DELETE and UPDATE without WHERE, also inside a data-changing CTE; MERGE with a DELETE action.
/// - CREATE OR REPLACE of a table, schema or sequence that is not temporary (DuckDB).
/// Code that another statement runs (DO, EXECUTE, triggers, functions) is not looked into.
bool is_destructive(std::string_view statement, const SplitterOptions& options);

/// `PRAGMA foreign_keys`, in any spelling SQLite accepts.
bool is_foreign_keys_pragma(std::string_view statement, const SplitterOptions& options);

/// Words and punctuation of a statement, comments dropped, each token's text as written. Used where texts are
/// compared token by token and where a catalog keeps facts only in a statement's text (SQLite). No more than
/// the first `most` are read.
struct Token {
  enum class Kind { word, quoted_identifier, string, number, punctuation };
  Kind kind = Kind::word;
  /// As written; for a quoted identifier the name itself.
  std::string text;
  std::size_t offset = 0;

  bool operator==(const Token&) const = default;
};
std::vector<Token> tokens_of(std::string_view statement, const SplitterOptions& options,
                             std::size_t most = std::numeric_limits<std::size_t>::max());

}  // namespace metaxy::migrate
