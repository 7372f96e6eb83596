#include "run/script_facts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

bool is_word(const Token& token, std::string_view word) {
  return token.kind == Token::Kind::word && equal_ignoring_case(token.text, word);
}

bool is_name(const Token& token) {
  return token.kind == Token::Kind::word || token.kind == Token::Kind::quoted_identifier;
}

/// `name` or `schema.name` at tokens[at], or behind PostgreSQL's ONLY there.
std::optional<TableName> name_at(const std::vector<Token>& tokens, std::size_t at) {
  if (at + 1 < tokens.size() && is_word(tokens[at], "only") && is_name(tokens[at + 1])) {
    ++at;
  }
  if (at >= tokens.size() || !is_name(tokens[at])) {
    return std::nullopt;
  }
  if (at + 2 < tokens.size() && tokens[at + 1].text == "." && is_name(tokens[at + 2])) {
    return TableName{.schema = tokens[at].text, .name = tokens[at + 2].text};
  }
  return TableName{.schema = "", .name = tokens[at].text};
}

std::size_t after_if_exists(const std::vector<Token>& tokens, std::size_t at) {
  if (at < tokens.size() && is_word(tokens[at], "if")) {
    while (at < tokens.size() && !is_word(tokens[at], "exists")) {
      ++at;
    }
    ++at;
  }
  return at;
}

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

/// The table that a statement is a step of rebuilding; these statements are ours and say so (rebuild
/// recipes). Empty: none.
std::string rebuilt_table(const Statement& statement) {
  constexpr std::string_view kMark = "rebuild ";
  for (const std::string& comment : statement.comments) {
    if (comment.rfind(kMark, 0) == 0) {
      return comment.substr(kMark.size(), comment.find(": ") - kMark.size());
    }
  }
  return {};
}

bool is_retyping(const Operation& operation) {
  return std::holds_alternative<AlterType>(operation) || !data_loss(operation).empty() ||
         std::holds_alternative<DropMember>(operation);
}

/// What is found statement by statement, by section: directions are known at the end of the pass only.
class Collector {
 public:
  explicit Collector(const SplitterOptions& options) : options_(options) {}

  void take(std::size_t section, Statement statement) {
    if (found_.size() <= section) {
      found_.resize(section + 1);
    }
    DirectionFacts& facts = found_[section].facts;
    ++facts.statement_count;
    const StatementKind kind = kind_of(statement.text, options_);
    if (kind == StatementKind::insert || kind == StatementKind::select) {
      return;
    }
    const bool is_rebuild = !rebuilt_table(statement).empty();
    facts.is_risky = facts.is_risky || is_rebuild || changes_data(kind);
    if (is_destructive(statement.text, options_)) {
      facts.is_risky = true;
      if (!destructive_reason(statement).empty()) {
        facts.destructive.push_back(statement);
      } else if (!is_rebuild) {
        facts.unmarked.push_back(statement);
      }
    }
    if (!is_data_statement(kind)) {
      found_[section].ddl.push_back(std::move(statement));
    }
  }

  std::vector<Statement> take_ddl(std::size_t section) {
    return section < found_.size() ? std::move(found_[section].ddl) : std::vector<Statement>{};
  }

  void add_to(DirectionFacts& total, std::size_t section) const {
    if (section >= found_.size()) {
      return;
    }
    const DirectionFacts& part = found_[section].facts;
    total.unmarked.insert(total.unmarked.end(), part.unmarked.begin(), part.unmarked.end());
    total.destructive.insert(total.destructive.end(), part.destructive.begin(), part.destructive.end());
    total.is_risky = total.is_risky || part.is_risky;
    total.statement_count += part.statement_count;
  }

 private:
  struct Found {
    DirectionFacts facts;
    std::vector<Statement> ddl;
  };

  const SplitterOptions& options_;
  std::vector<Found> found_;
};

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
  const bool is_create = is_word(tokens[0], "create");
  if (!is_create && !is_word(tokens[0], "alter") && !is_word(tokens[0], "drop")) {
    return std::nullopt;
  }
  for (std::size_t i = 1; i < tokens.size() && i < 6; ++i) {
    if (is_word(tokens[i], "table")) {
      return name_at(tokens, after_if_exists(tokens, i + 1));
    }
    if (is_word(tokens[i], "index") && is_create) {
      const auto on =
          std::find_if(tokens.begin(), tokens.end(), [](const Token& t) { return is_word(t, "on"); });
      return name_at(tokens, static_cast<std::size_t>(on - tokens.begin()) + 1);
    }
  }
  return std::nullopt;
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
      const bool is_index =
          std::any_of(tokens.begin(), tokens.begin() + std::min<std::ptrdiff_t>(3, std::ssize(tokens)),
                      [](const Token& token) { return is_word(token, "index"); });
      return is_index ? ddl_table(statement, options) : std::nullopt;
    }
    default:
      return ddl_table(statement, options);
  }
  const std::vector<Token> tokens = tokens_of(statement.text, options);
  std::size_t at = 1;
  // UPDATE [OR word] [ONLY], DELETE FROM [ONLY], TRUNCATE [TABLE] [ONLY]
  if (at < tokens.size() && is_word(tokens[at], "or")) {
    at += 2;
  }
  while (at < tokens.size() &&
         (is_word(tokens[at], "from") || is_word(tokens[at], "table") || is_word(tokens[at], "only"))) {
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

}  // namespace

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
                   .rebuilt_tables = {}};
  for (std::size_t i = 0; i < survey.sections.size(); ++i) {
    const ScriptSurvey::SectionFacts& section = survey.sections[i];
    facts.sections.push_back({.direction = section.direction,
                              .is_transactional = section.is_transactional,
                              .has_foreign_keys_on = section.has_foreign_keys_on,
                              .statement_count = section.statement_count,
                              .line = section.line,
                              .ddl = collector.take_ddl(i)});
    collector.add_to(section.direction == Direction::upgrade ? facts.upgrade : facts.downgrade, i);
    if (facts.changes.has_changes) {
      continue;
    }
    for (const Statement& statement : facts.sections.back().ddl) {
      if (std::optional<TableName> table = ddl_table(statement, options)) {
        facts.changes.ddl_tables.insert(std::move(*table));
      }
      const std::string rebuilt = rebuilt_table(statement);
      if (!rebuilt.empty() && section.direction == Direction::upgrade) {
        facts.changes.rebuilt_tables.insert(rebuilt);
      }
    }
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
