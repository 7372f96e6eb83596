#include "command/difference.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
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
  DesiredSchema desired(const ScriptedSchema& scripted) {
    const LoadedDefinitions definitions = load_definitions(workspace_, context_, request_.definitions);
    return desired_schema(workspace_, definitions, {}, scripted);
  }

  Reflected live(const Session& session) const {
    return session.connection ? workspace_.dialect->reflect(*session.connection, {}) : Reflected{};
  }

  Difference scripted_to_desired() {
    const ScriptedSchema scripted = scripted_at_head(workspace_, context_);
    Proposal proposal = propose(scripted, desired(scripted), nullptr, *workspace_.dialect,
                                {.table_prefix = workspace_.environment.store.table_prefix,
                                 .drops = {},
                                 .renames = {},
                                 .no_renames = {},
                                 .foreign_tables = {},
                                 .part = workspace_.environment.part});
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
                                               workspace_.environment.settings.drift_ignore.value);
    Difference difference{
        .before = found.schema, .after = found.schema, .operations = {}, .notes = comparison.notes};
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
    const Accepted accepted =
        accept_alternatives(desired(applied.scripted).schema(), found.schema, *workspace_.dialect,
                            {.wanted = AcceptOptions::Wanted::model, .managed = nullptr});
    Difference difference{.before = accepted.live,
                          .after = accepted.wanted,
                          .operations = diff(accepted.live, accepted.wanted),
                          .notes = {}};
    for (const AcceptNote& note : accepted.notes) {
      difference.notes.push_back(to_text(note));
    }
    return difference;
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
