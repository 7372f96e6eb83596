#pragma once
// The one error type of the project: what ends a command. What a caller expects to happen (a name that is not
// found, nothing to do, a list of faults) is a return value instead. Printing is not done here.

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace metaxy::migrate {

/// What kind of failure this is; decides the process's exit code (product reference, section 8).
enum class ErrorKind {
  failure,            ///< Database, I/O or internal failure: exit 1.
  usage,              ///< Wrong call, unknown or ambiguous identifier, missing answer: exit 2.
  configuration,      ///< metaxy.toml, definitions or environment: exit 2.
  script,             ///< A script file is malformed or asks for what it must not: exit 2.
  model_changed,      ///< The model changed without a revision: exit 3.
  drift,              ///< Live differs from what scripts say: exit 4.
  lock,               ///< Lock not obtained in time: exit 6.
  integrity,          ///< Edited or unknown applied script, two heads, broken graph: exit 7.
  partially_applied,  ///< One revision is partly applied: exit 8.
  pending,            ///< Database is not at head where it must be: exit 9.
  interrupted,        ///< Stopped by SIGINT, rolled back: exit 130.
  terminated,         ///< Stopped by SIGTERM, rolled back: exit 143.
};

/// The process exit code of a failure of this kind.
int exit_code(ErrorKind kind);

/// A place in a text file. Lines, and columns in bytes, count from 1; 0 means "not known".
struct SourcePosition {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;
  /// The text of that line, for the caret; empty when it is not to be shown.
  std::string line_text;

  bool operator==(const SourcePosition&) const = default;
};

/// What an Error may carry besides its message.
struct ErrorDetail {
  std::optional<SourcePosition> where;
  /// The next step for the person who reads it; empty when there is none.
  std::string hint;
  /// Further lines of evidence ("found: ...", the database's own words), each printed on its own line.
  std::vector<std::string> notes;
};

/// Ends a command. The message starts in lower case, has no full stop, quotes names with '...'.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message, ErrorDetail detail = {});

  ErrorKind kind() const { return kind_; }
  const std::optional<SourcePosition>& where() const { return detail_.where; }
  const std::string& hint() const { return detail_.hint; }
  const std::vector<std::string>& notes() const { return detail_.notes; }

 private:
  ErrorKind kind_;
  ErrorDetail detail_;
};

/// A database refused a statement. `sqlstate` is empty where the database has none.
class StatementFailed : public Error {
 public:
  StatementFailed(const std::string& message, std::string sql, std::string sqlstate = {},
                  ErrorDetail detail = {});

  const std::string& sql() const { return sql_; }
  const std::string& sqlstate() const { return sqlstate_; }

 private:
  std::string sql_;
  std::string sqlstate_;
};

/// One fault found by a validator; validators return all of them, so that every fault shows at once.
struct Problem {
  std::string message;
  std::optional<SourcePosition> where;
  std::string hint;

  bool operator==(const Problem&) const = default;
};

/// An Error that lists all problems as notes. Precondition: not empty.
Error error_from(ErrorKind kind, const std::string& headline, const std::vector<Problem>& problems);

/// The text people see: message, `--> file:line:column`, the line with a caret, notes, `= help: hint`.
/// Ends without a line break.
std::string describe(const Error& error);

}  // namespace metaxy::migrate
