#include "command/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/alembic.hpp"
#include "command/contradictions.hpp"
#include "command/explain.hpp"
#include "command/partial.hpp"
#include "command/twin.hpp"
#include "command/undoable.hpp"
#include "command/with_environment.hpp"
#include "revision/baseline.hpp"
#include "run/compare.hpp"

namespace metaxy::migrate {

std::string_view to_text(FindingKind kind) {
  switch (kind) {
    case FindingKind::integrity:
      return "integrity";
    case FindingKind::drift:
      return "drift";
    case FindingKind::model_changed:
      return "model-changed";
    case FindingKind::failure:
      return "failure";
    case FindingKind::pending:
      return "pending";
    case FindingKind::warning:
      return "warning";
  }
  return "";
}

namespace {

class Checker {
 public:
  Checker(const CheckRequest& request, const Workspace& workspace, Context& context, CheckReport& report)
      : request_(request), workspace_(workspace), context_(context), report_(report) {}

  void check() {
    check_heads();
    check_tools();
    check_twins();
    if (std::optional<ScriptedSchema> scripted = check_fold()) {
      check_model(std::move(*scripted));
    }
    if (!request_.is_offline) {
      check_database();
    }
    check_settings();
  }

 private:
  void add(FindingKind kind, std::string message, std::vector<std::string> details, std::string hint,
           std::string file = {}) {
    report_.findings.push_back({.kind = kind,
                                .environment = workspace_.environment.name,
                                .message = std::move(message),
                                .details = std::move(details),
                                .hint = std::move(hint),
                                .file = std::move(file),
                                .line = 0,
                                .exit_code = 0});
  }

  std::string command(std::string_view rest) const {
    return fmt::format("metaxy-migrate -n {} {}", workspace_.environment.name, rest);
  }

  void check_settings() {
    if (workspace_.environment.store.auto_create_tables) {
      add(FindingKind::warning,
          fmt::format(
              "auto_create_tables is on for store '{}': Metaxy creates missing tables by itself, with "
              "inferred types",
              workspace_.environment.store.name),
          {}, "turn it off where this tool migrates the store");
    }
  }

  /// Two heads: both files and where they part.
  void check_heads() {
    const std::vector<std::string> heads = workspace_.graph.effective_heads();
    if (heads.size() < 2) {
      return;
    }
    std::set<std::string> shared;
    for (std::size_t i = 0; i < heads.size(); ++i) {
      const std::vector<std::string> one{heads[i]};
      const std::vector<std::string> below = workspace_.graph.ancestors_in_order(one);
      const std::set<std::string> set(below.begin(), below.end());
      if (i == 0) {
        shared = set;
      } else {
        std::erase_if(shared, [&](const std::string& id) { return set.count(id) == 0; });
      }
    }
    std::vector<std::string> details;
    for (const std::string& head : heads) {
      const Revision* revision = workspace_.graph.find(head);
      details.push_back(fmt::format("{} ({}): {}", head, revision->message, revision->file));
    }
    const std::vector<std::string> common(shared.begin(), shared.end());
    const std::vector<std::string> ordered = workspace_.graph.ancestors_in_order(common);
    details.push_back(ordered.empty() ? "they have no common parent"
                                      : fmt::format("they part after {}: {}", ordered.back(),
                                                    workspace_.graph.find(ordered.back())->file));
    const bool has_labels = std::all_of(heads.begin(), heads.end(), [&](const std::string& head) {
      return !workspace_.graph.labels(head).empty();
    });
    // Labelled branches are meant to live side by side, as in Alembic.
    add(has_labels ? FindingKind::warning : FindingKind::integrity,
        fmt::format("{} heads where one is needed", heads.size()), std::move(details),
        way_to_one_head(heads));
  }

  /// What Alembic wrote stays where it is.
  std::string way_to_one_head(const std::vector<std::string>& heads) const {
    const auto ours = std::find_if(heads.rbegin(), heads.rend(), [this](const std::string& head) {
      return !workspace_.graph.find(head)->is_alembic;
    });
    const std::string joins = fmt::format("{} joins them as they are", command("merge heads"));
    return ours == heads.rend() ? joins
                                : fmt::format("{} moves one onto the other while no database has it; {}",
                                              command(fmt::format("rebase {}", *ours)), joins);
  }

  /// Alembic went on after its revisions were taken over.
  void check_tools() {
    const RevisionGraph& graph = workspace_.graph;
    for (const ForkOfTools& fork : forks_of_tools(graph)) {
      // A script that begins a branch of its own name was meant to part here.
      const bool is_meant = !graph.find(fork.ours)->branch_labels.empty();
      add(is_meant ? FindingKind::warning : FindingKind::integrity,
          fmt::format("Alembic and metaxy-migrate have both written a revision on top of '{}'", fork.parent),
          {fmt::format("{} (Alembic): {}", fork.alembic, graph.find(fork.alembic)->file),
           fmt::format("{}: {}", fork.ours, graph.find(fork.ours)->file)},
          fmt::format("write no more revisions with Alembic; {} puts the script on top of Alembic's while no "
                      "database has it",
                      command(fmt::format("rebase {} --onto {}", fork.ours, fork.alembic))));
    }
  }

  /// A script that Alembic does not know stops Alembic at the first database that has it.
  void check_twins() {
    const std::vector<std::string> scripts = scripts_without_twin(workspace_, context_);
    if (!scripts.empty()) {
      add(FindingKind::warning,
          fmt::format("Alembic does not know the place of {}", counted(scripts.size(), "script")), scripts,
          fmt::format(
              "{} writes what is missing; `twins = false` in {} says that Alembic is not used any more",
              command("init --from-alembic"), kTakenOverFile));
    }
  }

  std::optional<ScriptedSchema> check_fold() {
    try {
      return scripted_at_head(workspace_, context_);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::integrity) {
        throw;
      }
      add(FindingKind::integrity, error.what(), error.notes(), error.hint(),
          error.where() ? error.where()->file : std::string());
      return std::nullopt;
    }
  }

  void check_model(ScriptedSchema scripted) {
    if (has_untold_history(workspace_, scripted)) {
      add(FindingKind::warning,
          "the model is not compared: Alembic made the tables, and no script says what they look like", {},
          fmt::format("{} writes that at a database which Alembic brought to its heads", command("adopt")));
      return;
    }
    DefinitionOptions options = request_.definitions;
    options.prefers_export = request_.is_offline;
    options.reports_stale = true;
    const LoadedDefinitions definitions = load_definitions(workspace_, context_, options);
    check_freshness(definitions);
    const DesiredSchema desired =
        desired_schema(workspace_, definitions, request_.created_features, scripted);
    const Proposal proposal = propose(std::move(scripted), desired, nullptr, *workspace_.dialect,
                                      {.table_prefix = workspace_.environment.store.table_prefix,
                                       .drops = {},
                                       .renames = {},
                                       .no_renames = {},
                                       .foreign_tables = definitions.foreign_tables,
                                       .part = workspace_.environment.part});
    if (proposal.operations.empty()) {
      return;
    }
    explain(proposal.operations, proposal.before, "scripted", proposal.after, "desired", context_);
    std::vector<std::string> details;
    for (const Operation& operation : proposal.operations) {
      details.push_back(summary(operation));
    }
    for (const RenameQuestion& question : proposal.questions) {
      details.push_back(
          fmt::format("('{}' may have been renamed to '{}')", to_text(question.from), question.to));
    }
    add(FindingKind::model_changed, "the model changed without a revision", std::move(details),
        command("revision --autogenerate -m \"...\""));
  }

  /// A definitions.toml that was forgotten says what the model was.
  void check_freshness(const LoadedDefinitions& definitions) {
    if (!definitions.stale.empty()) {
      add(FindingKind::model_changed,
          fmt::format("'{}' is older than the project's sources", definitions.export_file), definitions.stale,
          "metaxy-migrate export", definitions.export_file);
    }
  }

  std::string hint_for_partial(const Session& session) const {
    std::string next = partial_advice(session, workspace_, context_).next;
    // Something has to be done before any command works.
    if (!next.starts_with('`')) return next;
    return command(session.state.partial->is_being_undone ? "downgrade -1" : "resume");
  }

  void add_partial(const Session& session) {
    const PartialRevision& partial = *session.state.partial;
    std::vector<std::string> details;
    if (!session.at_work.empty()) {
      details.push_back(fmt::format("statement {} of section {} was begun, and {} is at work on the database",
                                    partial.statements_done + 1, partial.sections_done + 1, session.at_work));
    } else if (partial.is_in_doubt) {
      details.push_back(fmt::format(
          "it was cut off while statement {0} of section {1} ran: where that took effect, `resume "
          "--skip-statement {0} --reason ...` goes on behind it",
          partial.statements_done + 1, partial.sections_done + 1));
    }
    add(FindingKind::integrity,
        fmt::format("the {} of revision '{}' is partly done", to_text(partial.direction), partial.revision),
        std::move(details),
        session.at_work.empty() ? hint_for_partial(session) : "check again when that is done");
  }

  void check_database() {
    const Session session = open_session(workspace_, context_, {});
    if (!session.connection) {
      add_pending(session);
      return;
    }
    AppliedScripts applied = applied_scripts(session, workspace_, context_);
    add_all(contradictions(session, workspace_, Direction::upgrade), FindingKind::integrity);
    add_integrity(check_integrity(session, applied, workspace_));
    if (session.state.partial) {
      add_partial(session);
    }
    add_pending(session);
    const std::vector<std::string> ignored = ignored_tables(session, applied, workspace_);
    check_live(session, std::move(applied.scripted), ignored);
  }

  void add_pending(const Session& session) {
    const std::set<std::string> done = applied_ids(session.graph(), session.state.rows);
    std::size_t pending = 0;
    std::vector<std::string> alembic;
    for (const Revision& revision : session.graph().revisions()) {
      if (done.count(revision.id) != 0) {
        continue;
      }
      if (revision.is_alembic) {
        alembic.push_back(revision.id);
      } else {
        ++pending;
      }
    }
    if (!alembic.empty()) {
      add(FindingKind::pending, fmt::format("{} of Alembic to apply", counted(alembic.size(), "revision")),
          {},
          fmt::format("finish with Alembic first: {}",
                      join(alembic_upgrades(session.graph(), alembic, workspace_, context_), "; ")));
    }
    if (pending > 0) {
      add(FindingKind::pending, fmt::format("{} to apply", counted(pending, "revision")), {},
          command(session.graph().effective_heads().size() > 1 ? "upgrade heads" : "upgrade head"));
    }
  }

  void add_all(const std::vector<Problem>& list, FindingKind kind) {
    for (const Problem& problem : list) {
      add(kind, problem.message, {}, problem.hint, problem.where ? problem.where->file : std::string());
    }
  }

  void add_integrity(const IntegrityProblems& problems) {
    add_all(problems.edited, FindingKind::integrity);
    add_all(problems.missing, FindingKind::integrity);
    add_all(problems.edited_downgrades, FindingKind::warning);
  }

  /// No script takes anything of Metaxy's system tables away.
  std::string way_from(const TableDrift& drift, const Session& session) const {
    const bool is_less =
        std::any_of(drift.operations.begin(), drift.operations.end(), [](const Operation& operation) {
          return std::holds_alternative<CreateTable>(operation) ||
                 std::holds_alternative<AddColumn>(operation);
        });
    std::string back = fmt::format("{} prints SQL that takes it back", command("diff scripted live --sql"));
    if (is_less && is_system_table(drift.table, workspace_.environment.store.table_prefix)) return back;
    const std::string over = fmt::format("{} takes it over", command("revision --adopt-drift"));
    return has_nothing_pending(session) ? fmt::format("{}, {}", over, back)
                                        : fmt::format("{}; when nothing is pending any more, {}", back, over);
  }

  void check_live(const Session& session, ScriptedSchema scripted, const std::vector<std::string>& ignored) {
    Reflected live = workspace_.dialect->reflect(*session.connection, {});
    // The comparison takes both schemas, which may be large; `-d explain` needs them afterwards.
    const bool has_explain = context_.options.debug.has_explain;
    const Schema before = has_explain ? live.schema : Schema{};
    const Schema after = has_explain ? scripted.schema : Schema{};
    const Comparison comparison =
        compare_live(std::move(scripted), std::move(live), *workspace_.dialect, std::nullopt, ignored);
    const UnfinishedTables unfinished = unfinished_tables(session, workspace_, context_);
    for (const TableDrift& drift : comparison.drift) {
      explain(drift.operations, before, "live", after, "scripted", context_);
      if (!unfinished.may_hold(drift.table)) {
        add(FindingKind::drift,
            fmt::format("table '{}' is not as the scripts made it; to be, it lacks", to_text(drift.table)),
            drift.differences, way_from(drift, session));
      }
    }
    for (const std::string& note : comparison.notes) {
      add(FindingKind::warning, note, {}, "");
    }
  }

  const CheckRequest& request_;
  const Workspace& workspace_;
  Context& context_;
  CheckReport& report_;
};

int check_exit_code(const CheckReport& report, bool is_at_head) {
  const auto has = [&](FindingKind kind) {
    return std::any_of(report.findings.begin(), report.findings.end(),
                       [kind](const Finding& finding) { return finding.kind == kind; });
  };
  if (has(FindingKind::integrity)) {
    return exit_code(ErrorKind::integrity);
  }
  if (has(FindingKind::drift)) {
    return exit_code(ErrorKind::drift);
  }
  if (has(FindingKind::model_changed)) {
    return exit_code(ErrorKind::model_changed);
  }
  for (const Finding& finding : report.findings) {
    if (finding.kind == FindingKind::failure) {
      return finding.exit_code;
    }
  }
  return is_at_head && has(FindingKind::pending) ? exit_code(ErrorKind::pending) : 0;
}

/// Ids that one of several environments lacks: `revision -n a -n b` writes one id for all. The parts of a
/// store change each for itself.
void check_shared_ids(const std::vector<Workspace>& workspaces, CheckReport& report) {
  std::map<std::pair<std::string, Part>, std::set<std::string>> having;
  for (const Workspace& workspace : workspaces) {
    for (const Revision& revision : workspace.graph.revisions()) {
      having[{revision.id, workspace.environment.part}].insert(workspace.environment.name);
    }
  }
  for (const auto& [key, names] : having) {
    const auto& [id, part] = key;
    for (const Workspace& workspace : workspaces) {
      if (workspace.environment.part == part && names.count(workspace.environment.name) == 0) {
        report.findings.push_back(
            {.kind = FindingKind::warning,
             .environment = workspace.environment.name,
             .message = fmt::format("revision '{}' of '{}' has no script here", id, *names.begin()),
             .details = {},
             .hint = "`revision -n ... -n ...` writes one for each environment",
             .file = {},
             .line = 0,
             .exit_code = 0});
      }
    }
  }
}

/// The workspace, or every fault of its graph as a finding.
std::optional<Workspace> opened(const Config& config, const std::string& name, const Context& context,
                                CheckReport& report) {
  try {
    return open_workspace(config, name, context);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::integrity) {
      throw;
    }
    const std::vector<Problem> problems =
        problems_of(read_scripts(config.environment(name), context).revisions);
    if (problems.empty()) {
      throw;
    }
    for (const Problem& found : problems) {
      const Problem problem = with_environment(found, name);
      report.findings.push_back({.kind = FindingKind::integrity,
                                 .environment = name,
                                 .message = problem.message,
                                 .details = {},
                                 .hint = problem.hint,
                                 .file = problem.where ? problem.where->file : std::string(),
                                 .line = problem.where ? problem.where->line : 0,
                                 .exit_code = 0});
    }
    return std::nullopt;
  }
}

/// An environment that cannot be checked because of what a finding would say is no other failure.
FindingKind kind_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::integrity:
      return FindingKind::integrity;
    case ErrorKind::drift:
      return FindingKind::drift;
    case ErrorKind::model_changed:
      return FindingKind::model_changed;
    default:
      return FindingKind::failure;
  }
}

/// What ends the check of one environment does not keep the others from being checked.
Finding failure_of(const std::string& environment, const Error& error) {
  Finding finding{.kind = kind_of(error),
                  .environment = environment,
                  .message = error.what(),
                  .details = error.notes(),
                  .hint = error.hint(),
                  .file = {},
                  .line = 0,
                  .exit_code = exit_code(error.kind())};
  if (error.where()) {
    finding.file = error.where()->file;
    finding.line = error.where()->line;
  }
  return finding;
}

bool is_interruption(const Error& error) {
  return error.kind() == ErrorKind::interrupted || error.kind() == ErrorKind::terminated;
}

}  // namespace

namespace {

/// Passes on what it is told, and keeps the warnings.
class WarningsKept : public Observer {
 public:
  explicit WarningsKept(Observer& next) : next_(next) {}

  void on(const Event& event) override {
    if (const auto* warning = std::get_if<Warning>(&event)) {
      warnings_.push_back(warning->text);
    }
    next_.on(event);
  }

  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  Observer& next_;
  std::vector<std::string> warnings_;
};

Context observed_by(Observer& observer, const Context& context) {
  return {.files = context.files,
          .processes = context.processes,
          .clock = context.clock,
          .observer = observer,
          .prompter = context.prompter,
          .environment = context.environment,
          .working_directory = context.working_directory,
          .options = context.options,
          .user = context.user,
          .host = context.host,
          .exported = context.exported};
}

}  // namespace

CheckReport run_check(const CheckRequest& request, Context& context) {
  WarningsKept observer(context.observer);
  Context observed = observed_by(observer, context);
  if (request.is_offline && request.is_at_head) {
    throw Error(ErrorKind::usage, "--at-head looks at the database, and --offline opens none",
                {.where = {},
                 .hint = "`check --offline` is for pull requests, `check --at-head` for after a deployment",
                 .notes = {}});
  }
  CheckReport report;
  const Config config = open_config(observed);
  std::vector<Workspace> workspaces;
  const std::vector<std::string> names = selected_names(config, observed, Purpose::reading);
  for (const std::string& name : names) {
    report.environments.push_back(name);
    try {
      if (std::optional<Workspace> workspace = opened(config, name, observed, report)) {
        workspaces.push_back(std::move(*workspace));
        Checker(request, workspaces.back(), observed, report).check();
      }
    } catch (const Error& error) {
      const bool ends_all = names.size() == 1 && !request.has_document;
      if (ends_all || is_interruption(error)) {
        throw;
      }
      report.findings.push_back(failure_of(name, error));
    }
  }
  check_shared_ids(workspaces, report);
  report.exit_code = check_exit_code(report, request.is_at_head);
  report.warnings = observer.warnings();
  return report;
}

}  // namespace metaxy::migrate
