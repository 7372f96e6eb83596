#pragma once
// What the runner must know of a script before its first statement runs: checksums, changes, what is
// destructive or risky, which tables it is about. Found in one pass that keeps no statement but DDL.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "dialect/dialect.hpp"
#include "files/file_system.hpp"
#include "plan/fold.hpp"
#include "revision/script.hpp"

namespace metaxy::migrate {

/// Where the text of a script comes from: its file, or the log's copy when the file is gone.
struct ScriptText {
  /// Empty when `text` holds it.
  std::string file;
  std::string text;

  /// For messages: the file, or "script of 7f3a (from the log)".
  std::string shown_as;
};
ChunkSource open_text(const FileSystem& files, const ScriptText& text);

struct SectionFacts {
  Direction direction = Direction::upgrade;
  bool is_transactional = true;
  bool has_foreign_keys_on = false;
  std::size_t statement_count = 0;
  std::size_t line = 0;
  /// All but inserts, updates and deletes.
  std::vector<Statement> ddl;
};

struct DirectionFacts {
  /// Statements that need `-- destructive: reason` and lack it.
  std::vector<Statement> unmarked;
  /// Statements that have it.
  std::vector<Statement> destructive;
  /// It rebuilds, drops, retypes, deletes or updates: worth a backup.
  bool is_risky = false;
  std::size_t statement_count = 0;
};

struct ScriptFacts {
  Revision revision;
  ScriptText text;
  Checksums checksums;
  std::vector<SectionFacts> sections;
  DirectionFacts upgrade;
  DirectionFacts downgrade;
  ScriptChanges changes;

  const DirectionFacts& facts_of(Direction direction) const {
    return direction == Direction::upgrade ? upgrade : downgrade;
  }
};

/// Never null. Shared, since those of a big script are big and several steps of a command ask for them.
using SharedFacts = std::shared_ptr<const ScriptFacts>;

/// Reads the script once, whole. Throws Error(script) for anything malformed.
ScriptFacts script_facts(const FileSystem& files, const ScriptText& text, const Dialect& dialect);

/// Facts of the scripts that are files, of which each is read once a command.
class FactsOfFiles {
 public:
  SharedFacts of(const FileSystem& files, const std::string& file, const Dialect& dialect);
  /// To be called when time may have passed for somebody to edit them.
  void forget() { known_.clear(); }

 private:
  std::map<std::string, SharedFacts> known_;
};

/// The table that a CREATE TABLE, ALTER TABLE, DROP TABLE, CREATE INDEX ... ON statement names; nullopt for
/// others.
std::optional<TableName> ddl_table(const Statement& statement, const SplitterOptions& options);

/// The table whose rows the statement changes or has to visit: of ALTER, DROP and CREATE INDEX, UPDATE,
/// DELETE and TRUNCATE; nullopt for others, CREATE TABLE and INSERT among them.
std::optional<TableName> changed_table(const Statement& statement, const SplitterOptions& options);

}  // namespace metaxy::migrate
