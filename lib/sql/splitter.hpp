#pragma once
// Cuts SQL text into statements: a lexer that knows quotes, comments, dollar quotes and trigger bodies of the dialect
// it is told about. It is no parser: it never judges whether a statement is valid.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/statement.hpp"

namespace metaxy::migrate {

/// What text means in one dialect.
struct SplitterOptions {
  bool has_dollar_quotes = false;        ///< `$tag$ ... $tag$`
  bool has_nested_comments = false;      ///< `/* /* */ */`
  bool has_backslash_strings = false;    ///< `E'it\'s'`
  bool has_bracket_identifiers = false;  ///< `[name]`
  bool has_backtick_identifiers = false; ///< `` `name` ``
  bool has_trigger_bodies = false;       ///< `CREATE TRIGGER ... BEGIN ...; END`
  bool has_atomic_bodies = false;        ///< `BEGIN ATOMIC ...; END` in functions
};

/// What the splitter finds, in order of the text.
struct SplitterEvent {
  enum class Kind {
    statement,
    /// A top-level line that begins with `-- migrate:`; `text` is what follows the colon, trimmed.
    marker,
  };
  Kind kind = Kind::statement;
  Statement statement;
  std::string text;
  std::size_t line = 0;
};

/// Splits text that arrives in pieces, holding no more than one statement in memory. Linear in the text.
class Splitter {
 public:
  /// `file` is for error positions only. Lines are counted from `first_line`.
  Splitter(const SplitterOptions& options, std::string file, std::size_t first_line = 1);

  /// Consumes a piece of text (any cut is fine, also inside a token) and reports each event that is complete. A marker
  /// line ends a statement that lacks its `;`. Throws Error(script) with position and caret.
  void feed(std::string_view piece, const std::function<void(SplitterEvent)>& report);

  /// The end of the text. Throws Error(script) when a quote, comment, dollar quote or body is still open, naming where
  /// it began.
  void finish(const std::function<void(SplitterEvent)>& report);

 private:
  // Defined by the implementation; see splitter.cpp.
};

/// All statements of a text without markers.
std::vector<Statement> split_statements(std::string_view text, const SplitterOptions& options,
                                        const std::string& file = "<text>");

/// What kind of statement it is, from its leading words (comments skipped). For safety rules, not for meaning.
enum class StatementKind {
  begin, commit, rollback, savepoint, pragma, create, alter, drop, truncate, insert, update_all, update_some,
  delete_all, delete_some, comment, select, other,
};

/// `update_all`/`delete_all` are those without a top-level WHERE. A data-changing CTE (`WITH x AS (...) DELETE ...`) is
/// judged by its main verb.
StatementKind kind_of(std::string_view statement, const SplitterOptions& options);

/// Words and punctuation of a statement, comments dropped, each token's text as written. Used where texts are compared
/// token by token and where a catalog keeps facts only in a statement's text (SQLite).
struct Token {
  enum class Kind { word, quoted_identifier, string, number, punctuation };
  Kind kind = Kind::word;
  /// As written; for a quoted identifier the name itself.
  std::string text;
  std::size_t offset = 0;

  bool operator==(const Token&) const = default;
};
std::vector<Token> tokens_of(std::string_view statement, const SplitterOptions& options);

}  // namespace metaxy::migrate
