#include "run/script_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/error.hpp"
#include "base/text.hpp"
#include "run/rebuild_steps.hpp"
#include "run/statement_names.hpp"
#include "sql/freed_locks.hpp"
#include "sql/inner_change.hpp"

namespace metaxy::migrate {

namespace {

bool is_data_statement(StatementKind kind) {
  switch (kind) {
    case StatementKind::insert:
    case StatementKind::update_all:
    case StatementKind::update_some:
    case StatementKind::delete_all:
    case StatementKind::delete_some:
    case StatementKind::select:
      return true;
    default:
      return false;
  }
}

bool changes_data(StatementKind kind) {
  return is_data_statement(kind) && kind != StatementKind::insert && kind != StatementKind::select;
}

bool is_retyping(const Operation& operation) {
  return std::holds_alternative<AlterType>(operation) || !data_loss(operation).empty() ||
         std::holds_alternative<DropMember>(operation);
}

/// Whether an INSERT puts values in the place of others: REPLACE, OR REPLACE, ON CONFLICT DO UPDATE.
bool overwrites(std::string_view sql, const SplitterOptions& options) {
  // Most say neither, and there may be very many.
  const std::string text = lower(sql);
  if (text.find("replace") == std::string::npos && text.find("conflict") == std::string::npos) {
    return false;
  }
  const std::vector<Token> tokens = tokens_of(sql, options);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if ((has_word_at(tokens, i, "replace") && has_word_at(tokens, i + 1, "into")) ||
        (has_word_at(tokens, i, "do") && has_word_at(tokens, i + 1, "update"))) {
      return true;
    }
  }
  return false;
}

/// ALTER TABLE t ALTER [COLUMN] c [SET DATA] TYPE type
bool retypes(std::string_view sql, const SplitterOptions& options) {
  const std::vector<Token> tokens = tokens_of(sql, options);
  bool alters_column = false;
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    if (has_word_at(tokens, i, "alter")) {
      alters_column = true;
      i += has_word_at(tokens, i + 1, "column") ? 2 : 1;
    } else if (tokens[i].text == ",") {
      alters_column = false;
    } else if (alters_column && has_word_at(tokens, i, "type")) {
      return true;
    }
  }
  return false;
}

/// Whether it changes values that are there, as its text tells.
bool changes_values(StatementKind kind, std::string_view sql, const SplitterOptions& options) {
  switch (kind) {
    case StatementKind::insert:
      return overwrites(sql, options);
    case StatementKind::alter:
      return retypes(sql, options);
    case StatementKind::other:
      return has_word_at(tokens_of(sql, options, 1), 0, "merge");
    default:
      return changes_data(kind);
  }
}

/// Where git's mark of a conflict begins a line outside of quotes and comments, where it is no SQL.
std::optional<std::size_t> conflict_mark(std::string_view sql, const SplitterOptions& options) {
  constexpr std::array<std::string_view, 2> kMarks = {"<<<<<<<", ">>>>>>>"};
  if (sql.find(kMarks[0]) == std::string_view::npos && sql.find(kMarks[1]) == std::string_view::npos) {
    return std::nullopt;
  }
  for (const Token& token : tokens_of(sql, options)) {
    const std::string_view rest = sql.substr(token.offset);
    const bool begins_line = token.offset == 0 || sql[token.offset - 1] == '\n';
    if (begins_line && (rest.starts_with(kMarks[0]) || rest.starts_with(kMarks[1]))) {
      return token.offset;
    }
  }
  return std::nullopt;
}

void require_no_conflict(const Statement& statement, const std::string& file,
                         const SplitterOptions& options) {
  const std::optional<std::size_t> mark = conflict_mark(statement.text, options);
  if (!mark) {
    return;
  }
  const auto begin = statement.text.begin();
  const auto line = std::count(begin, begin + static_cast<std::ptrdiff_t>(*mark), '\n');
  throw Error(ErrorKind::script, "the script has a conflict that git left in it",
              {.where = SourcePosition{.file = file,
                                       .line = statement.line + static_cast<std::size_t>(line),
                                       .column = 1,
                                       .line_text = statement.text.substr(
                                           *mark, statement.text.find('\n', *mark) - *mark)},
               .hint = "take one of its sides, or both, and the marks out",
               .notes = {}});
}

/// What a section without a transaction may not say either: a note on each statement is committed behind it.
std::optional<Refusal> refusal(StatementKind kind, const Statement& statement,
                               const SplitterOptions& options) {
  constexpr std::size_t kLongestVerb = 2;
  switch (kind) {
    case StatementKind::begin:
    case StatementKind::commit:
    case StatementKind::rollback:
    case StatementKind::savepoint: {
      const std::vector<Token> tokens = tokens_of(statement.text, options, kLongestVerb);
      // Ends a transaction of another session (PostgreSQL).
      if (has_word_at(tokens, 1, "prepared")) return std::nullopt;
      return Refusal{.place = 0,
                     .statement = statement,
                     .message = fmt::format("{} in a section whose statements stand alone",
                                            in_quotes(upper(tokens.front().text))),
                     .hint =
                         "what belongs together goes into a section that begins with '-- migrate: "
                         "upgrade', which is one transaction by itself"};
    }
    case StatementKind::select:
    case StatementKind::other:
      break;
    default:
      return std::nullopt;
  }
  const std::string_view freeing = lock_freed_by(statement.text, options);
  if (freeing.empty()) return std::nullopt;
  return Refusal{.place = 0,
                 .statement = statement,
                 .message = fmt::format("{} would free the lock of the run, too", in_quotes(freeing)),
                 .hint =
                     "another run could begin meanwhile; name what is to be given back: RESET ALL, "
                     "DISCARD TEMP, pg_advisory_unlock(key)"};
}

/// What is found statement by statement, by section: directions are known at the end of the pass only.
class Collector {
 public:
  explicit Collector(const SplitterOptions& options) : options_(options) {}

  void take(std::size_t section, Statement statement) {
    if (found_.size() <= section) {
      found_.resize(section + 1);
    }
    Found& found = found_[section];
    DirectionFacts& facts = found.facts;
    const std::size_t place = facts.statement_count++;
    const StatementKind kind = kind_of(statement.text, options_);
    add_rebuild_step(found.steps, place, statement, options_);
    const InnerChange inner = inner_change(statement.text, options_);
    facts.is_risky =
        facts.is_risky || inner >= InnerChange::changes || changes_values(kind, statement.text, options_);
    if (std::optional<Refusal> refused = refusal(kind, statement, options_)) {
      refused->place = place;
      found.refused.push_back(*std::move(refused));
    }
    const bool adds_or_reads = kind == StatementKind::insert || kind == StatementKind::select;
    if (adds_or_reads && inner == InnerChange::none) {
      return;
    }
    if (is_destructive(statement.text, options_)) {
      facts.is_risky = true;
      if (!destructive_reason(statement).empty()) {
        facts.destructive.push_back(statement);
      } else {
        facts.unmarked.push_back(statement);
        found.places_of_unmarked.push_back(place);
      }
    }
    if (!is_data_statement(kind)) {
      if (std::string name = adopted_name(statement); !name.empty()) {
        found.adopting.emplace_back(place, std::move(name));
      }
      found.ddl.push_back(std::move(statement));
    }
  }

  /// What is known of a section when all of it was taken; once.
  struct Section {
    DirectionFacts facts;
    std::vector<Statement> ddl;
    std::vector<std::pair<std::size_t, std::string>> adopting;
    std::vector<Refusal> refused;
    /// Tables that it makes anew.
    std::set<std::string> rebuilt;
  };
  Section finish(std::size_t section) {
    if (section >= found_.size()) {
      return {};
    }
    Found found = std::move(found_[section]);
    FoundRebuilds rebuilds = find_rebuilds(found.steps);
    std::vector<Statement> unmarked;
    for (std::size_t i = 0; i < found.facts.unmarked.size(); ++i) {
      if (rebuilds.drops.count(found.places_of_unmarked[i]) == 0) {
        unmarked.push_back(std::move(found.facts.unmarked[i]));
      }
    }
    found.facts.unmarked = std::move(unmarked);
    return {.facts = std::move(found.facts),
            .ddl = std::move(found.ddl),
            .adopting = std::move(found.adopting),
            .refused = std::move(found.refused),
            .rebuilt = std::move(rebuilds.tables)};
  }

 private:
  struct Found {
    DirectionFacts facts;
    std::vector<std::size_t> places_of_unmarked;
    std::vector<RebuildStep> steps;
    std::vector<Statement> ddl;
    std::vector<std::pair<std::size_t, std::string>> adopting;
    std::vector<Refusal> refused;
  };

  const SplitterOptions& options_;
  std::vector<Found> found_;
};

void add_to(DirectionFacts& total, DirectionFacts part) {
  std::move(part.unmarked.begin(), part.unmarked.end(), std::back_inserter(total.unmarked));
  std::move(part.destructive.begin(), part.destructive.end(), std::back_inserter(total.destructive));
  total.is_risky = total.is_risky || part.is_risky;
  total.statement_count += part.statement_count;
}

}  // namespace

ChunkSource open_text(const FileSystem& files, const ScriptText& text) {
  return text.file.empty() ? chunks_of(text.text) : files.open_chunks(text.file);
}

std::optional<TableName> ddl_table(const Statement& statement, const SplitterOptions& options) {
  // CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS schema . name ON ONLY schema . table
  constexpr std::size_t kLongestBeginning = 15;
  const std::vector<Token> tokens = tokens_of(statement.text, options, kLongestBeginning);
  if (tokens.empty()) {
    return std::nullopt;
  }
  const bool is_create = has_word_at(tokens, 0, "create");
  if (!is_create && !has_word_at(tokens, 0, "alter") && !has_word_at(tokens, 0, "drop")) {
    return std::nullopt;
  }
  for (std::size_t i = 1; i < tokens.size() && i < 6; ++i) {
    if (has_word_at(tokens, i, "table")) {
      return name_at(tokens, after_if_exists(tokens, i + 1));
    }
    if (has_word_at(tokens, i, "index") && is_create) {
      std::size_t on = 0;
      while (on < tokens.size() && !has_word_at(tokens, on, "on")) {
        ++on;
      }
      return name_at(tokens, on + 1);
    }
  }
  return std::nullopt;
}

namespace {

/// The names of a list that begins at tokens[at].
std::vector<TableName> names_at(const std::vector<Token>& tokens, std::size_t at) {
  std::vector<TableName> names;
  for (; at < tokens.size(); ++at) {
    std::optional<TableName> name = name_at(tokens, at);
    if (!name) {
      break;
    }
    at += name->schema.empty() ? 1 : 3;
    names.push_back(std::move(*name));
    if (at >= tokens.size() || tokens[at].text != ",") {
      break;
    }
  }
  return names;
}

}  // namespace

std::vector<TableName> ddl_tables(const Statement& statement, const SplitterOptions& options) {
  const std::optional<TableName> table = ddl_table(statement, options);
  if (!table) {
    return {};
  }
  if (has_word_at(tokens_of(statement.text, options, 1), 0, "create")) {
    return {*table};
  }
  const std::vector<Token> tokens = tokens_of(statement.text, options);
  if (has_word_at(tokens, 0, "drop")) {
    return names_at(tokens, after_if_exists(tokens, 2));
  }
  std::vector<TableName> names = {*table};
  const std::size_t end = tokens.size();
  if (has_word_at(tokens, 0, "alter") && end > 3 && has_word_at(tokens, end - 3, "rename") &&
      has_word_at(tokens, end - 2, "to")) {
    names.push_back({.schema = table->schema, .name = tokens[end - 1].text});
  }
  return names;
}

std::vector<std::string> ddl_indexes(const Statement& statement, const SplitterOptions& options) {
  const std::vector<Token> beginning = tokens_of(statement.text, options, 2);
  if ((!has_word_at(beginning, 0, "drop") && !has_word_at(beginning, 0, "alter")) ||
      !has_word_at(beginning, 1, "index")) {
    return {};
  }
  const std::vector<Token> tokens = tokens_of(statement.text, options);
  std::vector<std::string> names;
  const std::size_t first = has_word_at(tokens, 2, "concurrently") ? 3 : 2;
  for (TableName& name : names_at(tokens, after_if_exists(tokens, first))) {
    names.push_back(std::move(name.name));
  }
  return names;
}

std::string dropped_part(const Statement& statement, const SplitterOptions& options) {
  const std::optional<TableName> table = ddl_table(statement, options);
  if (!table) {
    return {};
  }
  const std::vector<Token> tokens = tokens_of(statement.text, options);
  const auto is_name_at = [&](std::size_t at) {
    return at < tokens.size() &&
           (tokens[at].kind == Token::Kind::word || tokens[at].kind == Token::Kind::quoted_identifier);
  };
  std::size_t behind = 1;  // the table's name
  while (behind < tokens.size() && !(is_name_at(behind) && tokens[behind].text == table->name &&
                                     (behind + 1 == tokens.size() || tokens[behind + 1].text != "."))) {
    ++behind;
  }
  ++behind;
  // RESTRICT and CASCADE may follow.
  const auto is_end = [&](std::size_t at) {
    return at == tokens.size() || (at + 1 == tokens.size() && tokens[at].kind == Token::Kind::word);
  };
  if (has_word_at(tokens, 0, "drop") && is_end(behind)) {
    return to_text(*table);
  }
  if (!has_word_at(tokens, 0, "alter") || !has_word_at(tokens, behind, "drop") ||
      has_word_at(tokens, behind + 1, "constraint")) {
    return {};
  }
  behind += has_word_at(tokens, behind + 1, "column") ? 2 : 1;
  behind = after_if_exists(tokens, behind);
  return is_name_at(behind) && is_end(behind + 1) ? fmt::format("{}.{}", to_text(*table), tokens[behind].text)
                                                  : std::string();
}

std::vector<std::string> names_of_dropped(const Statement& statement, const SplitterOptions& options) {
  const std::string dropped = lower(dropped_part(statement, options));
  if (dropped.empty()) {
    return {};
  }
  std::vector<std::string> names = {dropped};
  const std::string schema = ddl_table(statement, options)->schema;
  if (!schema.empty()) {
    names.push_back(dropped.substr(schema.size() + 1));
  }
  return names;
}

std::string dropped_part(const Statement& statement, const std::set<std::string>& parts,
                         const SplitterOptions& options) {
  if (parts.empty()) {
    return {};
  }
  const std::vector<std::string> names = names_of_dropped(statement, options);
  const auto part = std::find_if(parts.begin(), parts.end(), [&names](const std::string& one) {
    return std::find(names.begin(), names.end(), lower(one)) != names.end();
  });
  return part == parts.end() ? std::string() : *part;
}

std::optional<TableName> changed_table(const Statement& statement, const SplitterOptions& options) {
  switch (kind_of(statement.text, options)) {
    case StatementKind::update_all:
    case StatementKind::update_some:
    case StatementKind::delete_all:
    case StatementKind::delete_some:
    case StatementKind::truncate:
      break;
    case StatementKind::create: {
      const std::vector<Token> tokens = tokens_of(statement.text, options);
      const bool is_index = has_word_at(tokens, 1, "index") || has_word_at(tokens, 2, "index");
      return is_index ? ddl_table(statement, options) : std::nullopt;
    }
    default:
      return ddl_table(statement, options);
  }
  const std::vector<Token> tokens = tokens_of(statement.text, options);
  std::size_t at = 1;
  // UPDATE [OR word] [ONLY], DELETE FROM [ONLY], TRUNCATE [TABLE] [ONLY]
  if (has_word_at(tokens, at, "or")) {
    at += 2;
  }
  while (has_word_at(tokens, at, "from") || has_word_at(tokens, at, "table") ||
         has_word_at(tokens, at, "only")) {
    ++at;
  }
  return name_at(tokens, at);
}

namespace {

/// Passes the chunks of a script on and keeps a copy, until that is too long.
ChunkSource copied(ChunkSource source, std::size_t most, std::optional<KeptScript>& kept) {
  return [source = std::move(source), most, &kept] {
    std::string chunk = source();
    if (kept && kept->text.size() + chunk.size() > most) {
      kept.reset();
    } else if (kept) {
      kept->text += chunk;
    }
    return chunk;
  };
}

void add_ddl(ScriptChanges& changes, const std::vector<Statement>& ddl, const SplitterOptions& options) {
  for (const Statement& statement : ddl) {
    for (TableName& table : ddl_tables(statement, options)) {
      changes.ddl_tables.insert(std::move(table));
    }
    for (std::string& index : ddl_indexes(statement, options)) {
      changes.ddl_indexes.insert(std::move(index));
    }
  }
}

}  // namespace

std::vector<std::size_t> ScriptFacts::sections_of(Direction direction) const {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    if (sections[i].direction == direction) {
      indices.push_back(i);
    }
  }
  return indices;
}

SourcePosition position_of(const ScriptFacts& facts, const Statement& statement) {
  const std::string first_line = statement.text.substr(0, statement.text.find('\n'));
  return {.file = facts.text.shown_as,
          .line = statement.line,
          .column = statement.column,
          .line_text = statement.column == 1 ? first_line : std::string()};
}

bool StatementPlaces::next(std::size_t section) {
  if (facts_.sections[section].direction != direction_) {
    return false;
  }
  if (last_ == section) {
    ++index_;
    return true;
  }
  last_ = section;
  ordinal_ = ordinal_of(section);
  index_ = 0;
  return true;
}

std::size_t StatementPlaces::ordinal_of(std::size_t section) const {
  const auto end = facts_.sections.begin() + static_cast<std::ptrdiff_t>(section);
  return static_cast<std::size_t>(
      std::count_if(facts_.sections.begin(), end,
                    [this](const SectionFacts& other) { return other.direction == direction_; }));
}

ChunkSource fingerprinted(ChunkSource source, Fingerprint& fingerprint) {
  return [source = std::move(source), &fingerprint] {
    std::string chunk = source();
    fingerprint.update(chunk);
    return chunk;
  };
}

ScriptFacts script_facts(const FileSystem& files, const ScriptText& text, const Dialect& dialect,
                         std::size_t kept_size, const Revision* revision) {
  const SplitterOptions& options = dialect.splitter_options();
  Collector collector(options);
  ScriptFacts facts;
  Fingerprint fingerprint;
  ChunkSource source = fingerprinted(open_text(files, text), fingerprint);
  if (kept_size > 0) {
    facts.kept.emplace();
    source = copied(std::move(source), kept_size, facts.kept);
  }
  ScriptSurvey survey = survey_script(source, text.shown_as, options,
                                      [&](std::size_t section, Statement statement) {
                                        if (facts.kept)
                                          facts.kept->statements.emplace_back(section, statement);
                                        require_no_conflict(statement, text.shown_as, options);
                                        collector.take(section, std::move(statement));
                                      },
                                      {.revision = revision});
  facts.fingerprint = fingerprint.value();
  facts.text = text;
  facts.revision = std::move(survey.revision);
  facts.checksums = std::move(survey.checksums);
  facts.changes = {.revision = facts.revision.id,
                   .file = text.shown_as,
                   .changes = std::move(survey.changes),
                   .has_changes = survey.has_changes,
                   .ddl_tables = {},
                   .ddl_indexes = {},
                   .rebuilt_tables = {},
                   .rebuilt_by_downgrade = {}};
  for (std::size_t i = 0; i < survey.sections.size(); ++i) {
    const ScriptSurvey::SectionFacts& section = survey.sections[i];
    const bool is_upgrade = section.direction == Direction::upgrade;
    Collector::Section found = collector.finish(i);
    add_to(is_upgrade ? facts.upgrade : facts.downgrade, std::move(found.facts));
    (is_upgrade ? facts.changes.rebuilt_tables : facts.changes.rebuilt_by_downgrade).merge(found.rebuilt);
    if (is_upgrade) {
      for (const auto& [place, name] : found.adopting) facts.changes.adopted.insert(name);
    }
    if (!facts.changes.has_changes) {
      add_ddl(facts.changes, found.ddl, options);
    }
    facts.sections.push_back({.direction = section.direction,
                              .is_transactional = section.is_transactional,
                              .has_foreign_keys_on = section.has_foreign_keys_on,
                              .statement_count = section.statement_count,
                              .line = section.line,
                              .ddl = std::move(found.ddl),
                              .adopting = std::move(found.adopting),
                              .refused = std::move(found.refused)});
  }
  for (const Operation& operation : facts.changes.changes) {
    facts.upgrade.is_risky = facts.upgrade.is_risky || is_retyping(operation);
    facts.downgrade.is_risky = facts.downgrade.is_risky || is_retyping(reversed(operation));
  }
  return facts;
}

void FactsOfFiles::add_text(const Revision& revision, std::string text) {
  if (text.size() <= text_budget_) {
    text_budget_ -= text.size();
    texts_.emplace(revision.file, ReadScript{revision, std::move(text)});
  }
}

SharedFacts FactsOfFiles::of(const FileSystem& files, const std::string& file, const Dialect& dialect) {
  SharedFacts& facts = known_[file];
  if (!facts) {
    facts = once(files, file, dialect);
  }
  return facts;
}

SharedFacts FactsOfFiles::once(const FileSystem& files, const std::string& file, const Dialect& dialect) {
  SharedFacts facts;
  const std::size_t kept_size = std::min(budget_, kMaxKeptScript);
  ScriptText text{.file = file, .text = {}, .shown_as = file};
  if (const auto read = texts_.find(file); read != texts_.end()) {
    text = {.file = {}, .text = std::move(read->second.text), .shown_as = file};
    ScriptFacts found = script_facts(files, text, dialect, kept_size, &read->second.revision);
    texts_.erase(read);
    // What is not kept is read again to be run, from its file.
    found.text = {.file = file, .text = {}, .shown_as = file};
    facts = std::make_shared<const ScriptFacts>(std::move(found));
  } else {
    facts = std::make_shared<const ScriptFacts>(script_facts(files, text, dialect, kept_size));
  }
  budget_ -= facts->kept ? facts->kept->text.size() : 0;
  return facts;
}

}  // namespace metaxy::migrate
