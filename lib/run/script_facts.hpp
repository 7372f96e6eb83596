#pragma once
// What the runner must know of a script before its first statement runs: checksums, changes, what is
// destructive or risky, which tables it is about. Found in one pass that keeps no statement
// but DDL, unless the script is a small one that is about to run.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.hpp"
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

/// What no script may say, wherever its section stands.
struct Refusal {
  /// From 0, in its section.
  std::size_t place = 0;
  Statement statement;
  std::string message;
  std::string hint;
};

struct SectionFacts {
  Direction direction = Direction::upgrade;
  bool is_transactional = true;
  bool has_foreign_keys_on = false;
  std::size_t statement_count = 0;
  std::size_t line = 0;
  /// All but inserts, updates and deletes.
  std::vector<Statement> ddl;
  /// Statements (their places, from 0) that are left out when what they make, as named here, is there.
  std::vector<std::pair<std::size_t, std::string>> adopting;
  std::vector<Refusal> refused;
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

/// A script that is small enough to be run from memory: nobody can edit it between the look and the run.
struct KeptScript {
  std::string text;
  /// With the index of the section of each, in the order of the file.
  std::vector<std::pair<std::size_t, Statement>> statements;
};

struct ScriptFacts {
  Revision revision;
  ScriptText text;
  Checksums checksums;
  std::vector<SectionFacts> sections;
  DirectionFacts upgrade;
  DirectionFacts downgrade;
  ScriptChanges changes;
  /// Otherwise it is read again to be run, and must then be the same.
  std::optional<KeptScript> kept;
  Fingerprint::Value fingerprint;

  const DirectionFacts& facts_of(Direction direction) const {
    return direction == Direction::upgrade ? upgrade : downgrade;
  }
  /// Indices of those of the direction.
  std::vector<std::size_t> sections_of(Direction direction) const;
};

/// For messages. A caret needs the whole line, which a statement that begins further right does not have.
SourcePosition position_of(const ScriptFacts& facts, const Statement& statement);

/// Where the statements of one direction stand, as progress is counted: its sections, and the statements of
/// each, from 0. To be told of every statement of the script in order.
class StatementPlaces {
 public:
  /// The facts must outlive it.
  StatementPlaces(const ScriptFacts& facts, Direction direction) : facts_(facts), direction_(direction) {}

  /// Goes on to a statement of the script's `section`; false when that is of the other direction.
  bool next(std::size_t section);
  std::size_t section() const { return ordinal_; }
  std::size_t statement() const { return index_; }
  /// How many sections the direction has.
  std::size_t section_count() const { return ordinal_of(facts_.sections.size()); }

 private:
  std::size_t ordinal_of(std::size_t section) const;

  const ScriptFacts& facts_;
  Direction direction_;
  std::optional<std::size_t> last_;
  std::size_t ordinal_ = 0;
  std::size_t index_ = 0;
};

/// Never null. Shared, since those of a big script are big and several steps of a command ask for them.
using SharedFacts = std::shared_ptr<const ScriptFacts>;

/// Reads the script once, whole, and keeps it when it has no more than `kept_size` bytes. `revision` is what
/// the header of that text says, when it was read before. Throws Error(script) for anything malformed.
ScriptFacts script_facts(const FileSystem& files, const ScriptText& text, const Dialect& dialect,
                         std::size_t kept_size = 0, const Revision* revision = nullptr);

/// Passes the chunks on and adds them to the fingerprint, which must outlive the source.
ChunkSource fingerprinted(ChunkSource source, Fingerprint& fingerprint);

/// Facts of the scripts that are files, of which each is read once a command.
class FactsOfFiles {
 public:
  /// The whole text of a small script, when it was read for its header: it is not read again.
  void add_text(const Revision& revision, std::string text);
  /// From now on scripts are kept to be run, as long as all that is kept stays small.
  void keep_scripts() { budget_ = kMaxKept; }
  SharedFacts of(const FileSystem& files, const std::string& file, const Dialect& dialect);
  /// The same of a script that is not asked for again.
  SharedFacts once(const FileSystem& files, const std::string& file, const Dialect& dialect);
  /// To be called when time may have passed for somebody to edit them.
  void forget() {
    known_.clear();
    texts_.clear();
  }

 private:
  static constexpr std::size_t kMaxKeptScript = std::size_t{32} << 10U;
  static constexpr std::size_t kMaxKept = std::size_t{8} << 20U;

  std::unordered_map<std::string, SharedFacts> known_;
  struct ReadScript {
    /// What its header says: the graph may tell it otherwise (revision/baseline.hpp).
    Revision revision;
    std::string text;
  };
  std::unordered_map<std::string, ReadScript> texts_;
  /// Bytes of scripts that may still be kept, to be run and as they were read for their headers.
  std::size_t budget_ = 0;
  std::size_t text_budget_ = kMaxKept;
};

/// The table that a CREATE TABLE, ALTER TABLE, DROP TABLE, CREATE INDEX ... ON statement names; nullopt for
/// others.
std::optional<TableName> ddl_table(const Statement& statement, const SplitterOptions& options);

/// All tables whose shapes the statement changes: those of a list behind DROP TABLE, and the new name of one
/// that it renames, too.
std::vector<TableName> ddl_tables(const Statement& statement, const SplitterOptions& options);

/// The indexes that a DROP INDEX or ALTER INDEX statement names, without their schemas.
std::vector<std::string> ddl_indexes(const Statement& statement, const SplitterOptions& options);

/// The table whose rows the statement changes or has to visit: of ALTER, DROP and CREATE INDEX, UPDATE,
/// DELETE and TRUNCATE; nullopt for others, CREATE TABLE and INSERT among them.
std::optional<TableName> changed_table(const Statement& statement, const SplitterOptions& options);

/// The table ("t") or column ("t.c") that the whole statement drops; empty: it does anything else, or more.
std::string dropped_part(const Statement& statement, const SplitterOptions& options);

/// Under what names, in lower case, `parts` may hold that: those of the schema that is the usual one lack it.
std::vector<std::string> names_of_dropped(const Statement& statement, const SplitterOptions& options);

/// The one of `parts` that the whole statement drops; empty otherwise.
std::string dropped_part(const Statement& statement, const std::set<std::string>& parts,
                         const SplitterOptions& options);

}  // namespace metaxy::migrate
