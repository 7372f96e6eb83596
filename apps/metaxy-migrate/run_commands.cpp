// upgrade, downgrade, resume.

#include <fmt/format.h>

#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli.hpp"
#include "command/offline.hpp"
#include "print.hpp"
#include "run/watch.hpp"

namespace metaxy::migrate {

namespace {

/// As typed; shared by the three commands that run scripts.
struct RunValues {
  std::string target;
  bool is_dry_run = false;
  bool has_sql = false;
  bool allows_destructive = false;
  bool is_rebind = false;
  bool may_create = false;
  std::string transaction;
  std::string backup;
  std::optional<std::size_t> skipped_statement;
  std::string reason;
};

std::optional<BackupPolicy> backup_from(const std::string& text) {
  if (text.empty()) {
    return std::nullopt;
  }
  if (text == "auto") {
    return BackupPolicy::automatic;
  }
  return text == "always" ? BackupPolicy::always : BackupPolicy::never;
}

std::optional<TransactionMode> transaction_from(const std::string& text) {
  if (text.empty()) {
    return std::nullopt;
  }
  return text == "all" ? TransactionMode::all : TransactionMode::per_revision;
}

int print_sql(const RunRequest& request, const RunValues& values, Cli& cli) {
  if (values.is_dry_run) {
    throw Error(ErrorKind::usage, "--sql and --dry-run exclude each other",
                {.where = {},
                 .hint = "--dry-run looks at the database, --sql prints what its own shell can run",
                 .notes = {}});
  }
  if (cli.format() != Format::text) {
    throw Error(ErrorKind::usage, "--sql prints SQL, and has no other --format");
  }
  run_offline({.direction = request.direction,
               .range = request.target,
               .allows_destructive = values.allows_destructive,
               .transaction = transaction_from(values.transaction)},
              open_only_workspace(cli.context(), Purpose::writing), cli.context(),
              [](std::string_view piece) { write_output(piece); });
  return 0;
}

int run(RunRequest request, const RunValues& values, Cli& cli) {
  if (values.has_sql) {
    return print_sql(request, values, cli);
  }
  request.is_dry_run = values.is_dry_run;
  request.allows_destructive = values.allows_destructive;
  request.is_rebind = values.is_rebind;
  request.may_create = values.may_create;
  request.transaction = transaction_from(values.transaction);
  request.backup = backup_from(values.backup);
  const Config config = open_config(cli.context());
  // Every environment is looked at before the first one is changed.
  std::vector<Workspace> workspaces;
  for (const std::string& name :
       selected_names(config, cli.context(), values.is_dry_run ? Purpose::reading : Purpose::writing)) {
    workspaces.push_back(open_workspace(config, name, cli.context()));
  }
  for (const Workspace& workspace : workspaces) {
    const RunResult result = run_scripts(request, workspace, cli.context());
    cli.print(formatted(result, cli));
    if (result.late_signal != 0 && &workspace != &workspaces.back()) {
      throw Error(stopped_by(result.late_signal),
                  fmt::format("stopped after '{}': nothing was run in the stores after it",
                              workspace.environment.name));
    }
  }
  return 0;
}

std::vector<OptionSpec> run_options(RunValues& values) {
  return {
      option("--dry-run", "print the exact statements and change nothing", &values.is_dry_run),
      option("--allow-destructive", "run statements that destroy data without a `-- destructive: reason`",
             &values.allows_destructive),
      one_of(option("--transaction", "one transaction for each revision, or for the whole run",
                    &values.transaction, "MODE"),
             {"per-revision", "all"}),
      one_of(option("--backup", "copy a database file first: auto (before risky runs), always, never",
                    &values.backup, "WHEN"),
             {"auto", "always", "never"}),
      option("--rebind", "the database was of another project or environment; it is of this one from now on",
             &values.is_rebind),
  };
}

OptionSpec sql_option(RunValues& values) {
  return option("--sql", "print statements for the database's own shell, without a connection",
                &values.has_sql);
}

CommandSpec upgrade_command(Cli& cli) {
  const auto values = std::make_shared<RunValues>();
  CommandSpec spec;
  spec.name = "upgrade";
  spec.formats = {"text", "json", "github", "markdown"};
  spec.summary = "apply revisions";
  spec.description =
      "REVISION is `head`, `heads`, an id or the beginning of one, `+2` (two more), `ae10+2`, a branch "
      "label, "
      "`label@head`; `A:B` upgrades to B only if the database is exactly at A.";
  spec.examples = {
      {"metaxy-migrate -n dev upgrade head", "apply everything that is pending"},
      {"metaxy-migrate -n dev upgrade +1", "apply one revision"},
      {"metaxy-migrate -n prod upgrade head --dry-run", "print what would run"},
      {"metaxy-migrate -n prod upgrade 51c0:head --sql", "the same as SQL, without a connection"},
      {"metaxy-migrate -n prod upgrade head --yes=prod --no-input", "a deployment"}};
  spec.options = run_options(*values);
  spec.options.insert(spec.options.begin(),
                      required(option("revision", "how far to upgrade", &values->target, "REVISION")));
  spec.options.push_back(sql_option(*values));
  spec.options.push_back(option(
      "--create", "create the database file although the configuration is elsewhere", &values->may_create));
  spec.run = [values, &cli] {
    RunRequest request;
    request.direction = Direction::upgrade;
    request.target = values->target;
    return run(std::move(request), *values, cli);
  };
  return spec;
}

CommandSpec downgrade_command(Cli& cli) {
  const auto values = std::make_shared<RunValues>();
  CommandSpec spec;
  spec.name = "downgrade";
  spec.formats = {"text", "json", "github", "markdown"};
  spec.summary = "undo revisions";
  spec.description =
      "REVISION is what remains: `base`, an id or the beginning of one, `-1` (undo one), `label@base`.";
  spec.examples = {{"metaxy-migrate -n dev downgrade -1", "undo the newest revision"},
                   {"metaxy-migrate -n dev downgrade 7f3a", "undo everything above 7f3a"},
                   {"metaxy-migrate -n dev downgrade 7f3a:51c0 --sql", "as SQL, without a connection"},
                   {"metaxy-migrate -n dev downgrade base", "undo everything"}};
  spec.options = run_options(*values);
  spec.options.insert(spec.options.begin(),
                      required(option("revision", "how far to go back", &values->target, "REVISION")));
  spec.options.push_back(sql_option(*values));
  spec.run = [values, &cli] {
    RunRequest request;
    request.direction = Direction::downgrade;
    request.target = values->target;
    return run(std::move(request), *values, cli);
  };
  return spec;
}

CommandSpec resume_command(Cli& cli) {
  const auto values = std::make_shared<RunValues>();
  CommandSpec spec;
  spec.name = "resume";
  spec.formats = {"text", "json", "github", "markdown"};
  spec.summary = "carry on a revision that is partly applied";
  spec.description =
      "After a failure or a kill in a script of several sections, or of one without a transaction. The "
      "script may "
      "have been corrected behind its last done statement.";
  spec.examples = {
      {"metaxy-migrate -n prod resume", "go on at the statement that failed"},
      {"metaxy-migrate -n prod resume --skip-statement 4 --reason \"index exists\"", "go on behind it"}};
  spec.options = run_options(*values);
  spec.options.push_back(option("--skip-statement",
                                "leave out this statement of the section that failed, from 1",
                                &values->skipped_statement, "N"));
  spec.options.push_back(option("--reason", "why it is left out; kept in the log", &values->reason, "TEXT"));
  spec.run = [values, &cli] {
    if (values->skipped_statement && (*values->skipped_statement == 0 || values->reason.empty())) {
      throw Error(ErrorKind::usage, "--skip-statement needs a number from 1 and --reason \"...\"");
    }
    RunRequest request;
    request.is_resume = true;
    request.skipped_statement = values->skipped_statement;
    request.skip_reason = values->reason;
    return run(std::move(request), *values, cli);
  };
  return spec;
}

}  // namespace

void add_run_commands(CommandLine& line, Cli& cli) {
  line.commands.push_back(upgrade_command(cli));
  line.commands.push_back(downgrade_command(cli));
  line.commands.push_back(resume_command(cli));
}

}  // namespace metaxy::migrate
