#include "run/rebuild_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "run/statement_names.hpp"

namespace metaxy::migrate {

namespace {

using Kind = RebuildStep::Kind;
using StepPlace = std::vector<RebuildStep>::const_iterator;

constexpr std::string_view kMark = "rebuild ";

std::string mark_of(const Statement& statement) {
  const auto mark =
      std::find_if(statement.comments.begin(), statement.comments.end(), [](const std::string& comment) {
        return comment.rfind(kMark, 0) == 0 && comment.find(": ") != std::string::npos;
      });
  return mark == statement.comments.end() ? std::string() : *mark;
}

std::vector<TableName> tables_read(const std::vector<Token>& tokens) {
  std::vector<TableName> tables;
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    if (has_word_at(tokens, i, "from")) {
      if (std::optional<TableName> table = name_at(tokens, i + 1)) {
        tables.push_back(std::move(*table));
      }
    }
  }
  return tables;
}

/// Where `word` stands outside of parentheses, from `at` on; the end where it does not.
std::size_t place_of(const std::vector<Token>& tokens, std::size_t at, std::string_view word) {
  for (std::size_t depth = 0; at < tokens.size(); ++at) {
    if (tokens[at].text == "(") {
      ++depth;
    } else if (tokens[at].text == ")") {
      depth -= depth > 0 ? 1 : 0;
    } else if (depth == 0 && has_word_at(tokens, at, word)) {
      break;
    }
  }
  return at;
}

/// Whether a SELECT gives all rows of its table: `SELECT ... FROM name [[AS] alias] [ORDER BY ...]`.
bool reads_all_rows(const std::vector<Token>& tokens) {
  constexpr std::array<std::string_view, 3> kFewer = {"limit", "offset", "fetch"};
  const std::size_t end = tokens.size();
  const std::size_t from = place_of(tokens, 1, "from");
  const std::optional<TableName> table = name_at(tokens, from + 1);
  if (!table || has_word_at(tokens, place_of(tokens, 1, "select") + 1, "distinct") ||
      std::any_of(kFewer.begin(), kFewer.end(),
                  [&](std::string_view word) { return place_of(tokens, from, word) != end; })) {
    return false;
  }
  std::size_t behind = from + (table->schema.empty() ? 2 : 4);
  if (has_word_at(tokens, behind, "as")) {
    behind += 2;
  } else if (behind + 1 == end || has_word_at(tokens, behind + 1, "order")) {
    ++behind;
  }
  return behind == end || has_word_at(tokens, behind, "order");
}

/// CREATE [TEMP|TEMPORARY] TABLE name, and nothing that would leave a table that is there as it is.
std::optional<RebuildStep> creation(const std::vector<Token>& tokens) {
  const bool is_temporary = has_word_at(tokens, 1, "temp") || has_word_at(tokens, 1, "temporary");
  const std::size_t at = is_temporary ? 2 : 1;
  const std::optional<TableName> table = name_at(tokens, at + 1);
  if (!has_word_at(tokens, at, "table") || !table || has_word_at(tokens, at + 1, "if")) {
    return std::nullopt;
  }
  return RebuildStep{.kind = is_temporary ? Kind::create_temporary : Kind::create,
                     .table = *table,
                     .others = tables_read(tokens),
                     .is_whole = !is_temporary || reads_all_rows(tokens),
                     .mark = {},
                     .place = 0};
}

std::optional<RebuildStep> step_on(Kind kind, std::optional<TableName> table,
                                   std::vector<TableName> others = {}) {
  if (!table) {
    return std::nullopt;
  }
  return RebuildStep{.kind = kind,
                     .table = std::move(*table),
                     .others = std::move(others),
                     .is_whole = true,
                     .mark = {},
                     .place = 0};
}

/// ALTER TABLE name RENAME TO name
std::optional<RebuildStep> renaming(const std::vector<Token>& tokens) {
  constexpr std::size_t kBehind = 3;
  if (tokens.size() < kBehind + 2 || !has_word_at(tokens, tokens.size() - kBehind, "rename") ||
      !has_word_at(tokens, tokens.size() - 2, "to")) {
    return std::nullopt;
  }
  const std::optional<TableName> name = name_at(tokens, tokens.size() - 1);
  return name ? step_on(Kind::rename, name_at(tokens, 2), {*name}) : std::nullopt;
}

/// DROP TABLE name, and no other table with it.
std::optional<RebuildStep> dropping(const std::vector<Token>& tokens) {
  const std::optional<TableName> table = name_at(tokens, 2);
  const std::size_t end = table && !table->schema.empty() ? 5 : 3;
  return tokens.size() == end ? step_on(Kind::drop, table) : std::nullopt;
}

std::optional<RebuildStep> step_of(const std::vector<Token>& tokens) {
  if (has_word_at(tokens, 0, "create")) {
    return creation(tokens);
  }
  if (has_word_at(tokens, 0, "insert") && has_word_at(tokens, 1, "into")) {
    std::optional<RebuildStep> step = step_on(Kind::fill, name_at(tokens, 2), tables_read(tokens));
    if (step) step->is_whole = reads_all_rows(tokens);
    return step;
  }
  if (has_word_at(tokens, 0, "drop") && has_word_at(tokens, 1, "table")) {
    return dropping(tokens);
  }
  return has_word_at(tokens, 0, "alter") ? renaming(tokens) : std::nullopt;
}

bool is_of(const RebuildStep& step, const TableName& rebuilt) {
  return step.mark.rfind(fmt::format("{}{}: ", kMark, to_text(rebuilt)), 0) == 0;
}

bool reads(const RebuildStep& step, const TableName& table) {
  return std::find(step.others.begin(), step.others.end(), table) != step.others.end();
}

bool is_filled(const TableName& table, const TableName& from, const TableName& rebuilt, StepPlace begin,
               StepPlace end) {
  return std::any_of(begin, end, [&](const RebuildStep& step) {
    return step.kind == Kind::fill && step.table == table && is_of(step, rebuilt) && reads(step, from);
  });
}

/// The copy got the rows of what is dropped, and its name after it.
std::optional<TableName> rebuilt_by_renaming(StepPlace copy, StepPlace drop, StepPlace end) {
  for (StepPlace step = drop; step != end; ++step) {
    if (step->kind != Kind::rename || step->table != copy->table) {
      continue;
    }
    TableName rebuilt{.schema = copy->table.schema, .name = step->others.front().name};
    if (is_of(*copy, rebuilt) && is_of(*drop, rebuilt) && is_of(*step, rebuilt) &&
        is_filled(copy->table, drop->table, rebuilt, copy, drop)) {
      return rebuilt;
    }
  }
  return std::nullopt;
}

/// The rows were kept in a temporary table, from which the new one is filled.
std::optional<TableName> rebuilt_by_filling(StepPlace copy, StepPlace drop, StepPlace end) {
  if (copy->kind != Kind::create_temporary || !reads(*copy, drop->table)) {
    return std::nullopt;
  }
  for (StepPlace step = drop; step != end; ++step) {
    if (step->kind == Kind::create && is_of(*copy, step->table) && is_of(*drop, step->table) &&
        is_of(*step, step->table) && is_filled(step->table, copy->table, step->table, step, end)) {
      return step->table;
    }
  }
  return std::nullopt;
}

bool is_whole(const std::vector<RebuildStep>& steps, const TableName& rebuilt) {
  return std::none_of(steps.begin(), steps.end(),
                      [&](const RebuildStep& step) { return !step.is_whole && is_of(step, rebuilt); });
}

bool is_own_temporary(StepPlace begin, StepPlace drop) {
  const std::string mark = drop->mark.substr(0, drop->mark.find(": ") + 2);
  return std::any_of(begin, drop, [&](const RebuildStep& step) {
    return step.kind == Kind::create_temporary && step.table == drop->table && step.mark.rfind(mark, 0) == 0;
  });
}

std::optional<TableName> rebuilt_from(StepPlace begin, StepPlace drop, StepPlace end) {
  for (StepPlace copy = begin; copy != drop; ++copy) {
    const bool is_copy = copy->kind == Kind::create || copy->kind == Kind::create_temporary;
    if (!is_copy || copy->table == drop->table) {
      continue;
    }
    std::optional<TableName> rebuilt = rebuilt_by_renaming(copy, drop, end);
    rebuilt = rebuilt ? rebuilt : rebuilt_by_filling(copy, drop, end);
    if (rebuilt) {
      return rebuilt;
    }
  }
  return std::nullopt;
}

}  // namespace

void add_rebuild_step(std::vector<RebuildStep>& steps, std::size_t place, const Statement& statement,
                      const SplitterOptions& options) {
  std::string mark = mark_of(statement);
  if (mark.empty()) {
    return;
  }
  if (std::optional<RebuildStep> step = step_of(tokens_of(statement.text, options))) {
    step->mark = std::move(mark);
    step->place = place;
    steps.push_back(std::move(*step));
  }
}

FoundRebuilds find_rebuilds(const std::vector<RebuildStep>& steps) {
  FoundRebuilds found;
  for (StepPlace step = steps.begin(); step != steps.end(); ++step) {
    if (step->kind != Kind::drop) {
      continue;
    }
    if (const std::optional<TableName> rebuilt = rebuilt_from(steps.begin(), step, steps.end())) {
      if (is_whole(steps, *rebuilt)) found.drops.insert(step->place);
      found.tables.insert(to_text(*rebuilt));
      found.tables.insert(to_text(step->table));
    } else if (is_own_temporary(steps.begin(), step)) {
      found.drops.insert(step->place);
    }
  }
  return found;
}

}  // namespace metaxy::migrate
