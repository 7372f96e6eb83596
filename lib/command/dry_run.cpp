#include "command/dry_run.hpp"

#include <fmt/format.h>

#include <map>

#include "base/text.hpp"
#include "dialect/queries.hpp"
#include "run/kept_part.hpp"

namespace metaxy::migrate {

namespace {

/// Counts each table once; nothing is known of a table that cannot be counted.
class RowCounts {
 public:
  RowCounts(const Session& session, const Dialect& dialect) : session_(session), dialect_(dialect) {
    if (session.connection) {
      for (const auto& [name, table] : dialect.reflect(*session.connection, {}).schema) {
        tables_.emplace(lower(to_text(name)), name);
      }
    }
  }

  std::optional<std::uint64_t> of(const TableName& typed) {
    const auto found = tables_.find(lower(to_text(typed)));
    if (found == tables_.end()) {
      return std::nullopt;
    }
    const auto [known, is_new] = counts_.emplace(found->second, 0);
    if (is_new) {
      const std::vector<Row> rows = session_.connection->query(select_row_count(dialect_, found->second));
      known->second = std::stoull(rows.at(0).at(0).value_or("0"));
    }
    return known->second;
  }

 private:
  const Session& session_;
  const Dialect& dialect_;
  std::map<std::string, TableName> tables_;
  std::map<TableName, std::uint64_t> counts_;
};

/// Whether an earlier run has done it.
bool is_done(const StatementPlaces& place, const RunStep& step) {
  return place.section() < step.sections_done ||
         (place.section() == step.sections_done && place.statement() < step.statements_done);
}

}  // namespace

std::vector<PlannedRevision> planned_statements(const std::vector<RunStep>& steps,
                                                const std::set<std::string>& existing, const Session& session,
                                                const Workspace& workspace, const Context& context) {
  const SplitterOptions& splitting = workspace.dialect->splitter_options();
  RowCounts counts(session, *workspace.dialect);
  std::vector<PlannedRevision> planned;
  for (const RunStep& step : steps) {
    PlannedRevision revision{.revision = step.step.revision,
                             .message = step.facts->revision.message,
                             .file = step.facts->text.shown_as,
                             .statements = {}};
    StatementPlaces place(*step.facts, step.step.direction);
    std::size_t done = 0;
    const auto keep = [&](std::size_t section, const Statement& statement) {
      if (!place.next(section)) {
        return;
      }
      if (is_done(place, step)) {
        ++done;
        return;
      }
      const std::string adopted = adopted_name(statement);
      const bool is_there = existing.count(adopted) != 0;
      PlannedStatement entry{.sql = statement.text,
                             .comments = statement.comments,
                             .destructive_reason = destructive_reason(statement),
                             .table = {},
                             .rows = std::nullopt};
      if (revision.statements.empty() && done > 0) {
        entry.comments.insert(entry.comments.begin(),
                              fmt::format("left out, since it is done: {}", counted(done, "statement")));
      }
      if (is_there) {
        entry.comments.emplace_back("skipped: it is there and is adopted");
      } else if (!part_kept_from(statement, step, splitting).empty()) {
        entry.comments.emplace_back("skipped: it was there before the upgrade, and stays");
      } else if (const std::optional<TableName> table = changed_table(statement, splitting)) {
        entry.table = to_text(*table);
        entry.rows = counts.of(*table);
      }
      revision.statements.push_back(std::move(entry));
    };
    survey_script(open_text(context.files, step.facts->text), step.facts->text.shown_as, splitting, keep);
    planned.push_back(std::move(revision));
  }
  return planned;
}

std::vector<std::string> comment_lines(const PlannedStatement& statement) {
  std::vector<std::string> lines = statement.comments;
  if (statement.rows) {
    lines.push_back(fmt::format("{} now has {}", statement.table, counted(*statement.rows, "row")));
  }
  return lines;
}

}  // namespace metaxy::migrate
