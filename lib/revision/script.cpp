#include "revision/script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/suggest.hpp"
#include "base/text.hpp"
#include "revision/header.hpp"
#include "revision/script_reader.hpp"
#include "revision/script_text.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kUpgrade = "upgrade";
constexpr std::string_view kDowngrade = "downgrade";
constexpr std::string_view kChanges = "changes";
constexpr std::string_view kNoTransaction = "transaction=off";
constexpr std::string_view kForeignKeys = "foreign_keys=on";

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(" \t", at)) != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

[[noreturn]] void refuse_word(const SourcePosition& where, std::string_view word, std::string_view what,
                              const std::vector<std::string>& known) {
  SourcePosition position = where;
  const std::size_t found =
      word.empty() ? std::string::npos : where.line_text.find(word, where.line_text.find(':'));
  position.column = found == std::string::npos ? where.column : found + 1;
  const std::string hint = did_you_mean(word, known);
  throw Error(ErrorKind::script, fmt::format("{} is not {}", in_quotes(word), what),
              {.where = std::move(position),
               .hint = !hint.empty()   ? hint
                       : known.empty() ? std::string()
                                       : fmt::format("known are {}", join(known, ", ")),
               .notes = {}});
}

/// Without the byte order mark, which would make the first line no comment.
std::string_view without_mark(std::string_view text) {
  return text.substr(0, kByteOrderMark.size()) == kByteOrderMark ? text.substr(kByteOrderMark.size()) : text;
}

/// The text up to the end of its header, and some of the line behind it for messages, made uniform.
std::string uniform_header(std::string_view text, const std::string& file) {
  constexpr std::size_t kLongestShown = 200;
  const std::string_view unmarked = without_mark(text);
  const std::size_t size = header_size(unmarked).value_or(unmarked.size());
  const std::size_t line = std::min(unmarked.find('\n', size), unmarked.size());
  ScriptText uniform(file);
  std::string header(uniform.take(unmarked.substr(0, std::min(line, size + kLongestShown))));
  header += '\n';
  return header;
}

}  // namespace

std::string_view to_text(Direction direction) {
  return direction == Direction::upgrade ? kUpgrade : kDowngrade;
}

Marker marker_of(std::string_view text, const SourcePosition& where) {
  const std::vector<std::string> words = words_of(text);
  const std::string_view name = words.empty() ? std::string_view() : words.front();
  Marker marker;
  marker.is_changes = name == kChanges;
  marker.section.direction = name == kDowngrade ? Direction::downgrade : Direction::upgrade;
  if (name != kUpgrade && name != kDowngrade && name != kChanges) {
    refuse_word(where, name, "a section",
                {std::string(kUpgrade), std::string(kDowngrade), std::string(kChanges)});
  }
  for (std::size_t i = 1; i < words.size(); ++i) {
    const bool is_repeated = std::find(words.begin() + 1, words.begin() + static_cast<std::ptrdiff_t>(i),
                                       words[i]) != words.begin() + static_cast<std::ptrdiff_t>(i);
    if (!marker.is_changes && !is_repeated && words[i] == kNoTransaction) {
      marker.section.is_transactional = false;
    } else if (!marker.is_changes && !is_repeated && words[i] == kForeignKeys) {
      marker.section.has_foreign_keys_on = true;
    } else if (marker.is_changes) {
      refuse_word(where, words[i], "an option of the changes, which have none", {});
    } else {
      refuse_word(where, words[i], is_repeated ? "an option that may be repeated" : "an option of a section",
                  {std::string(kNoTransaction), std::string(kForeignKeys)});
    }
  }
  return marker;
}

void check_statement(const Statement& statement, bool is_transactional, const SplitterOptions& options,
                     const std::function<SourcePosition()>& where) {
  const StatementKind kind = kind_of(statement.text, options);
  const bool controls_transaction = kind == StatementKind::begin || kind == StatementKind::commit ||
                                    kind == StatementKind::rollback || kind == StatementKind::savepoint;
  if (controls_transaction && is_transactional) {
    const std::vector<Token> tokens = tokens_of(statement.text, options);
    throw Error(
        ErrorKind::script,
        fmt::format("{} in a section that is one transaction by itself",
                    in_quotes(upper(tokens.front().text))),
        {.where = where(),
         .hint =
             "remove it; what needs a transaction of its own goes into a section of its own, behind another "
             "'-- migrate: upgrade'",
         .notes = {}});
  }
  if (kind == StatementKind::pragma && is_foreign_keys_pragma(statement.text, options)) {
    throw Error(ErrorKind::script, "a script must not switch foreign keys on or off",
                {.where = where(),
                 .hint = fmt::format(
                     "they are off while a script runs and checked afterwards; for cascades begin the "
                     "section with '-- migrate: upgrade {}'",
                     kForeignKeys),
                 .notes = {}});
  }
}

Revision parse_header(std::string_view text, const std::string& file) {
  const std::string header = uniform_header(text, file);
  return revision_of(header_parts(header, file), file);
}

bool has_whole_header(std::string_view beginning) { return header_size(without_mark(beginning)).has_value(); }

Script parse_script(std::string_view text, const std::string& file, const SplitterOptions& options) {
  std::vector<std::vector<Statement>> statements;
  ScriptReader reader(file, options, [&](std::size_t section, Statement statement) {
    statements.resize(std::max(statements.size(), section + 1));
    statements[section].push_back(std::move(statement));
  });
  reader.feed(text);
  ScriptSurvey survey = reader.finish();
  statements.resize(survey.sections.size());
  Script script;
  script.revision = std::move(survey.revision);
  script.comments = reader.comments();
  script.changes = std::move(survey.changes);
  script.has_changes = survey.has_changes;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const ScriptSurvey::SectionFacts& facts = survey.sections[i];
    script.sections.push_back({facts.direction, facts.is_transactional, facts.has_foreign_keys_on,
                               std::move(statements[i]), reader.section_comments()[i]});
  }
  return script;
}

ScriptSurvey survey_script(const ChunkSource& source, const std::string& file, const SplitterOptions& options,
                           const std::function<void(std::size_t section, Statement)>& visit,
                           const SurveyOptions& leaving_out) {
  ScriptReader reader(file, options, visit, leaving_out);
  for (std::string chunk = source(); !chunk.empty(); chunk = source()) {
    reader.feed(chunk);
  }
  return reader.finish();
}

ChunkSource chunks_of(std::string_view text) {
  constexpr std::size_t kChunk = std::size_t{64} * 1024;
  return [text]() mutable {
    std::string chunk(text.substr(0, kChunk));
    text.remove_prefix(chunk.size());
    return chunk;
  };
}

}  // namespace metaxy::migrate
