#include "command/undoable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "run/backup.hpp"
#include "run/done_part.hpp"

namespace metaxy::migrate {

namespace {

bool is_applied(const StatementPlaces& place, const PartialRevision& partial) {
  return place.section() < partial.sections_applied() ||
         (place.section() == partial.sections_applied() && place.statement() < partial.statements_done);
}

bool is_in_doubt(const StatementPlaces& place, const PartialRevision& partial) {
  return partial.is_in_doubt && place.section() == partial.sections_applied() &&
         place.statement() == partial.statements_done;
}

/// What the log's progress and the script's text say together.
class Survey {
 public:
  Survey(const PartialRevision& partial, const ScriptFacts& facts, const Workspace& workspace,
         const Context& context)
      : partial_(partial),
        facts_(facts),
        options_(workspace.dialect->splitter_options()),
        work_(facts.changes.changes, options_),
        up_(facts, Direction::upgrade),
        down_(facts, Direction::downgrade) {
    survey_script(open_text(context.files, facts.text), facts.text.shown_as, options_,
                  [this](std::size_t section, const Statement& statement) { take(section, statement); });
  }

  UndoPlan plan() && {
    const bool is_edited =
        up_.section_count() < partial_.sections_applied() || done_.checksum() != partial_.checksum;
    const std::optional<DoneWork::LastingRows> rows = work_.lasting_rows();
    UndoPlan plan{
        .way = UndoPlan::Way::by_changes, .work = std::move(work_), .obstacle = {}, .is_edited = is_edited};
    if (is_edited) {
      plan.obstacle = "its script was edited in the part that is done";
    } else if (!facts_.changes.has_changes) {
      plan.way = UndoPlan::Way::by_own_sections;
      plan.obstacle = joined("its script has no changes section, and ", own_obstacle());
    } else if (rows) {
      plan.way = UndoPlan::Way::by_own_sections;
      plan.obstacle = joined(fmt::format("section {} of its upgrade changed rows (`{}`), and ",
                                         rows->section + 1, rows->first_line),
                             own_obstacle());
    }
    return plan;
  }

 private:
  static std::string joined(std::string_view reason, const std::string& obstacle) {
    return obstacle.empty() ? std::string() : fmt::format("{}{}", reason, obstacle);
  }

  void take(std::size_t section, const Statement& statement) {
    if (down_.next(section)) {
      note(down_tables_, down_.section(), statement);
      return;
    }
    if (!up_.next(section)) {
      return;
    }
    note(up_tables_, up_.section(), statement);
    if (is_applied(up_, partial_)) {
      done_.add(statement);
    }
    const bool is_left_out = partial_.left_out.count({up_.section(), up_.statement()}) != 0;
    if ((is_applied(up_, partial_) && !is_left_out) || is_in_doubt(up_, partial_)) {
      work_.add(up_.section(), statement);
    }
  }

  using Tables = std::map<std::size_t, std::set<std::string>>;

  void note(Tables& tables, std::size_t section, const Statement& statement) {
    if (const std::optional<TableName> table = migrate::table_of(statement, options_)) {
      tables[section].insert(lower(table->name));
    }
  }

  /// Why the script's own downgrade sections do not undo what is done, one for one; empty: they do.
  std::string own_obstacle() {
    if (partial_.statements_done > 0 || partial_.is_in_doubt) {
      return "a section without transaction is partly done";
    }
    const std::size_t sections = up_.section_count();
    if (down_.section_count() != sections) {
      return "it has not as many downgrade as upgrade sections, the last to undo the first";
    }
    // The log does not tell how far such a section of an undoing got, so it might run twice.
    for (std::size_t i = 0, ordinal = 0; i < facts_.sections.size(); ++i) {
      const SectionFacts& section = facts_.sections[i];
      if (section.direction != Direction::downgrade) {
        continue;
      }
      const bool is_needed = ordinal++ >= sections - partial_.sections_applied();
      if (is_needed && !section.is_transactional) {
        return fmt::format("section {} of its downgrade has no transaction", ordinal);
      }
    }
    std::set<std::string> not_done;
    for (std::size_t i = partial_.sections_applied(); i < sections; ++i) {
      not_done.insert(up_tables_[i].begin(), up_tables_[i].end());
    }
    for (std::size_t i = 0; i < partial_.sections_applied(); ++i) {
      const auto is_in = [](const std::set<std::string>& names) {
        return [&names](const std::string& table) { return names.count(table) != 0; };
      };
      const std::set<std::string>& down = down_tables_[sections - 1 - i];
      if (std::any_of(down.begin(), down.end(), is_in(not_done)) &&
          std::none_of(down.begin(), down.end(), is_in(up_tables_[i]))) {
        return fmt::format(
            "section {} of its downgrade, which should undo section {} of its upgrade, undoes one that did "
            "not run",
            sections - i, i + 1);
      }
    }
    return {};
  }

  const PartialRevision& partial_;
  const ScriptFacts& facts_;
  const SplitterOptions& options_;
  DoneWork work_;
  DonePart done_;
  StatementPlaces up_;
  StatementPlaces down_;
  Tables up_tables_;
  Tables down_tables_;
};

std::string digits(std::string_view time) {
  std::string found;
  std::copy_if(time.begin(), time.end(), std::back_inserter(found), is_digit);
  return found.substr(0, std::string_view("20261122130500").size());
}

}  // namespace

UndoPlan undo_plan(const PartialRevision& partial, const ScriptFacts& facts, const Workspace& workspace,
                   const Context& context) {
  return Survey(partial, facts, workspace, context).plan();
}

std::string restore_advice(const Session& session, const Workspace& workspace, const Context& context) {
  const PartialRevision& partial = *session.state.partial;
  const std::vector<std::string>& rows = session.state.rows;
  const std::optional<std::string> file = database_file(workspace);
  if (!file) {
    return {};
  }
  const auto is_of_these_heads = [&](const Backup& backup) {
    return rows.empty() ? backup.revision == "base"
                        : std::any_of(rows.begin(), rows.end(), [&](const std::string& row) {
                            return backup.revision == name_in_backup(row);
                          });
  };
  // A copy that a later run made holds what is partly done. Times in names are whole seconds: of those of one
  // second the run that began the revision made the first, and they come newest first.
  std::optional<Backup> before;
  for (const Backup& backup : list_backups(context.files, *file)) {
    const bool is_before = !before && digits(backup.at) <= digits(partial.begun_at);
    const bool is_of_same_second = before && backup.at == before->at;
    if (is_of_these_heads(backup) && (is_before || is_of_same_second)) {
      before = backup;
    }
  }
  return before ? fmt::format(", or put the backup from before it back: `restore {}`",
                              std::filesystem::path(before->path).filename().string())
                : std::string();
}

namespace {

PartialAdvice advice_for_upgrade(const Session& session, const Workspace& workspace, const Context& context) {
  const PartialRevision& partial = *session.state.partial;
  const SharedFacts facts = facts_of(session, workspace, context, {partial.revision}).front();
  const UndoPlan plan = undo_plan(partial, *facts, workspace, context);
  if (plan.is_edited) {
    return {.next = "put the statements that are done back as they were; then `resume` carries it on",
            .obstacle = plan.obstacle};
  }
  if (plan.obstacle.empty()) {
    return {.next = "`resume` carries it on, `downgrade -1` undoes it", .obstacle = {}};
  }
  return {.next = "`resume` carries it on" + restore_advice(session, workspace, context),
          .obstacle = plan.obstacle};
}

}  // namespace

PartialAdvice partial_advice(const Session& session, const Workspace& workspace, const Context& context) {
  const PartialRevision& partial = *session.state.partial;
  if (session.graph().find(partial.revision) == nullptr) {
    return {.next = "its script is not here: put it back as it was", .obstacle = {}};
  }
  if (partial.is_being_undone) {
    return {.next = "`downgrade -1` undoes the rest", .obstacle = {}};
  }
  if (partial.direction == Direction::downgrade) {
    return {.next = "`resume` carries it on", .obstacle = {}};
  }
  try {
    return advice_for_upgrade(session, workspace, context);
  } catch (const Error& error) {
    return {.next = "put its script back as it was", .obstacle = error.what()};
  }
}

}  // namespace metaxy::migrate
