#pragma once
// One script file: parse and format, pure. The grammar is in docs/scripts.md and product reference 4: a
// comment header with TOML in it, sections marked by `-- migrate: upgrade|downgrade|changes`, SQL statements
// in the first two.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "diff/operation.hpp"
#include "revision/revision.hpp"
#include "sql/splitter.hpp"

namespace metaxy::migrate {

enum class Direction { upgrade, downgrade };
/// "upgrade" or "downgrade".
std::string_view to_text(Direction direction);

/// Statements that run in one transaction, or each by itself when `is_transactional` is false
/// (`transaction=off`).
struct Section {
  Direction direction = Direction::upgrade;
  bool is_transactional = true;
  /// SQLite: keep foreign keys enforced in this section, which then has a transaction of its own (decision
  /// 13).
  bool has_foreign_keys_on = false;
  std::vector<Statement> statements;
  /// Comment lines after the last statement, without the dashes: what is not done, and why.
  std::vector<std::string> comments;

  bool operator==(const Section&) const = default;
};

struct Script {
  Revision revision;
  /// Free comment lines between the message and the TOML, without the dashes.
  std::vector<std::string> comments;
  std::vector<Section> sections;
  /// The typed changes of the upgrade; meaningful only when `has_changes`.
  std::vector<Operation> changes;
  /// Whether there is a changes section (an empty one says "changes no schema").
  bool has_changes = false;

  bool operator==(const Script&) const = default;
};

/// Header only; reads no further than the first line that is not a comment. Needs no dialect. `file` goes
/// into the revision and into error positions. Throws Error(script) with position, line text and caret.
Revision parse_header(std::string_view text, const std::string& file);

/// The whole file. Statement positions (line, column) are those in the file. Throws Error(script) with
/// position and caret for anything malformed: unknown header key, unknown marker, statement outside a
/// section, transaction control inside a transactional section (decision 7), PRAGMA foreign_keys (decision
/// 13), open quotes, bad changes.
Script parse_script(std::string_view text, const std::string& file, const SplitterOptions& options);

/// Whether a header that begins in `beginning` also ends there, so that parse_header() needs no more of the
/// file.
bool has_whole_header(std::string_view beginning);

/// The text of a script, sections in their order and then the changes. `parse_script(format_script(s)) == s`
/// but for positions and file, and is checked: throws Error(usage) for what would not read back the same,
/// such as a message of several lines, a comment that begins with "migrate:", or a statement that `options`
/// would split in two.
std::string format_script(const Script& script, const SplitterOptions& options);

/// Checksums over text with LF line ends and without byte order mark: of all upgrade sections with their
/// marker lines, and of all downgrade sections (decision 5). The header, the file's name and the changes are
/// not in them. Blanks and blank lines at the end of a section are not either, so a section may be added
/// behind it. SHA-256; of nothing, when there is no such section.
struct Checksums {
  std::string upgrade;
  std::string downgrade;

  bool operator==(const Checksums&) const = default;
};

/// Gives the next piece of the file, empty at the end.
using ChunkSource = std::function<std::string()>;

/// What a script holds, found without keeping its statements: for scripts of any size.
struct ScriptSurvey {
  Revision revision;
  Checksums checksums;
  struct SectionFacts {
    Direction direction = Direction::upgrade;
    bool is_transactional = true;
    bool has_foreign_keys_on = false;
    std::size_t statement_count = 0;
    std::size_t line = 0;
  };
  std::vector<SectionFacts> sections;
  std::vector<Operation> changes;
  bool has_changes = false;
};

/// What a pass over a file can leave out.
struct SurveyOptions {
  /// Of this very text, when its header was read before.
  const Revision* revision = nullptr;
  /// Otherwise the checksums are empty.
  bool has_checksums = true;
};

/// One pass over the file: checks all that parse_script checks, hashes, and calls `visit` (may be empty) for
/// each statement with the index of its section. Memory: one statement. The runner calls it twice for what is
/// not small: to verify before the first statement runs, and to run (decision 7).
ScriptSurvey survey_script(const ChunkSource& source, const std::string& file, const SplitterOptions& options,
                           const std::function<void(std::size_t section, Statement)>& visit = {},
                           const SurveyOptions& leaving_out = {});

/// A source over text in memory; the text must outlive it.
ChunkSource chunks_of(std::string_view text);

}  // namespace metaxy::migrate
