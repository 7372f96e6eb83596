#include "command/difference.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/explain.hpp"
#include "diff/apply.hpp"
#include "diff/diff.hpp"
#include "metaxy/accept.hpp"
#include "run/compare.hpp"

namespace metaxy::migrate {

Side side_from(const std::string& text) {
  if (text == "desired") {
    return Side::desired;
  }
  if (text == "scripted") {
    return Side::scripted;
  }
  if (text == "live") {
    return Side::live;
  }
  throw Error(ErrorKind::usage, fmt::format("'{}' is none of desired, scripted, live", text));
}

std::string_view to_text(Side side) {
  switch (side) {
    case Side::desired:
      return "desired";
    case Side::scripted:
      return "scripted";
    case Side::live:
      return "live";
  }
  return "";
}

namespace {

/// A difference as operations from one schema to another.
struct Difference {
  Schema before;
  Schema after;
  std::vector<Operation> operations;
  std::vector<std::string> notes;
};

Difference reversed_difference(Difference difference) {
  std::swap(difference.before, difference.after);
  difference.operations = reversed(difference.operations);
  return difference;
}

class Differ {
 public:
  Differ(const DiffRequest& request, const Workspace& workspace, Context& context)
      : request_(request), workspace_(workspace), context_(context) {}

  Difference between(Side wanted, Side found) {
    if (wanted == found) {
      throw Error(ErrorKind::usage, fmt::format("'{}' differs from itself in nothing", to_text(wanted)),
                  {.where = {}, .hint = "name two of desired, scripted, live", .notes = {}});
    }
    if (wanted == Side::desired && found == Side::scripted) {
      return scripted_to_desired();
    }
    if (wanted == Side::scripted && found == Side::live) {
      return live_to_scripted();
    }
    if (wanted == Side::desired && found == Side::live) {
      return live_to_desired();
    }
    return reversed_difference(between(found, wanted));
  }

 private:
  LoadedDefinitions definitions() { return load_definitions(workspace_, context_, request_.definitions); }

  Reflected live(const Session& session) const {
    return session.connection ? workspace_.dialect->reflect(*session.connection, {}) : Reflected{};
  }

  Difference scripted_to_desired() {
    const ScriptedSchema scripted = scripted_at_head(workspace_, context_);
    const LoadedDefinitions loaded = definitions();
    Proposal proposal =
        propose(scripted, desired_schema(workspace_, loaded, {}, scripted), nullptr, *workspace_.dialect,
                {.table_prefix = workspace_.environment.store.table_prefix,
                 .drops = {},
                 .renames = {},
                 .no_renames = {},
                 .foreign_tables = loaded.foreign_tables,
                 .part = workspace_.environment.part});
    for (const RenameQuestion& question : proposal.questions) {
      proposal.notes.push_back(
          fmt::format("'{}' may have become '{}' ({}): --rename or --no-rename of "
                      "`revision` say which it is",
                      to_text(question.from), question.to, question.evidence));
    }
    return {.before = std::move(proposal.before),
            .after = std::move(proposal.after),
            .operations = std::move(proposal.operations),
            .notes = std::move(proposal.notes)};
  }

  Difference live_to_scripted() {
    const Session session = open_session(workspace_, context_, {});
    const Reflected found = live(session);
    const AppliedScripts applied = applied_scripts(session, workspace_, context_);
    const Comparison comparison = compare_live(applied.scripted, found, *workspace_.dialect, std::nullopt,
                                               ignored_tables(session, applied, workspace_));
    Difference difference{
        .before = found.schema, .after = found.schema, .operations = {}, .notes = comparison.notes};
    const std::size_t applied_count = applied_ids(session.graph(), session.state.rows).size();
    if (const std::size_t pending = session.graph().size() - applied_count; pending > 0) {
      // Beside desired they are part of it.
      difference.notes.push_back(fmt::format("{} {} pending: beside live, scripted is without {}",
                                             counted(pending, "revision"), pending == 1 ? "is" : "are",
                                             pending == 1 ? "it" : "them"));
    }
    for (const TableDrift& drift : comparison.drift) {
      difference.operations.insert(difference.operations.end(), drift.operations.begin(),
                                   drift.operations.end());
    }
    difference.after = migrate::applied(found.schema, difference.operations);
    return difference;
  }

  Difference live_to_desired() {
    const Session session = open_session(workspace_, context_, {});
    const Reflected found = live(session);
    const AppliedScripts applied = applied_scripts(session, workspace_, context_);
    DesiredSchema desired = desired_schema(workspace_, definitions(), {}, applied.scripted);
    std::vector<std::string> notes = leave_to_others(desired, session, applied);
    const Accepted accepted =
        accept_alternatives(desired.schema(), found.schema, *workspace_.dialect,
                            {.wanted = AcceptOptions::Wanted::model, .managed = nullptr});
    Difference difference{.before = accepted.live,
                          .after = accepted.wanted,
                          .operations = diff(accepted.live, accepted.wanted),
                          .notes = std::move(notes)};
    for (const AcceptNote& note : accepted.notes) {
      difference.notes.push_back(to_text(note));
    }
    return difference;
  }

  /// What the model has and another project's scripts made is not ours to change, until `revision --take`.
  std::vector<std::string> leave_to_others(DesiredSchema& desired, const Session& session,
                                           const AppliedScripts& applied) const {
    std::vector<std::string> notes;
    const SharedTables shared = shared_tables(session, applied, workspace_);
    for (const auto& [table, project] : shared.owners) {
      const bool is_ours = applied.scripted.schema.count(table) != 0 && shared.taken.count(table) == 0;
      if (!is_ours && desired.tables.erase(table) != 0) {
        notes.push_back(
            fmt::format("table '{}' is not compared: it belongs to project '{}'", to_text(table), project));
      }
    }
    return notes;
  }

  const DiffRequest& request_;
  const Workspace& workspace_;
  Context& context_;
};

}  // namespace

DiffResult run_diff(const DiffRequest& request, const Workspace& workspace, Context& context) {
  Difference difference = Differ(request, workspace, context).between(request.wanted, request.found);
  explain(difference.operations, difference.before, to_text(request.found), difference.after,
          to_text(request.wanted), context);
  DiffResult result{.environment = workspace.environment.name,
                    .wanted = request.wanted,
                    .found = request.found,
                    .operations = std::move(difference.operations),
                    .statements = {},
                    .notes = std::move(difference.notes)};
  if (request.has_sql) {
    for (std::vector<Statement>& group :
         workspace.dialect->render(difference.before, difference.after, result.operations,
                                   {.is_online = workspace.environment.settings.online.value})) {
      std::move(group.begin(), group.end(), std::back_inserter(result.statements));
    }
  }
  return result;
}

}  // namespace metaxy::migrate
