// init, adopt, stamp, ensure-version, diff, metadata, replay, restore, recover, config, list-templates.

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli.hpp"
#include "command/adopt.hpp"
#include "command/difference.hpp"
#include "command/export.hpp"
#include "command/file_commands.hpp"
#include "command/metadata.hpp"
#include "command/offline.hpp"
#include "command/replay.hpp"
#include "command/stamp.hpp"
#include "command/take_over.hpp"
#include "command/templates.hpp"
#include "print.hpp"
#include "print_more.hpp"

namespace metaxy::migrate {

namespace {

template <class Result>
int printed(const Result& result, Cli& cli) {
  cli.print(cli.format() == Format::json ? json_of(result) : text_of(result, Style{cli.is_colored()}));
  return 0;
}

struct StoreValues {
  std::vector<std::string> words;
  std::string message;
  std::string source;
  std::vector<std::string> created;
  bool has_all_projects = false;
  bool is_forced = false;
  bool is_purging = false;
  bool is_rebind = false;
  bool is_listing = false;
  bool is_dry_run = false;
  bool has_sql = false;
  bool has_exit_code = false;
  bool may_create = false;
  bool only_features = false;
  bool only_system = false;
  bool shows_password = false;
  bool is_from_alembic = false;
  bool has_baseline = false;
  std::string alembic_config;
  std::string system_key;
  std::string accepted_edit;
  std::optional<std::string> backup;
  std::string revision_id;

  DefinitionOptions definitions() const { return {.source = source, .has_all_projects = has_all_projects}; }
};

std::vector<OptionSpec> definition_options(StoreValues& values) {
  return {option("--source", "where definitions come from: auto, python, export, toml, store:NAME",
                 &values.source, "SOURCE"),
          option("--all-projects", "features of other projects too", &values.has_all_projects)};
}

int take_over(const StoreValues& values, const Config& config, Cli& cli) {
  for (const std::string& name : selected_names(config, cli.context(), Purpose::writing)) {
    printed(run_take_over({.alembic_config = values.alembic_config,
                           .has_baseline = values.has_baseline,
                           .revision_id = values.revision_id,
                           .definitions = values.definitions()},
                          config, name, cli.context()),
            cli);
  }
  return 0;
}

CommandSpec init_command(Cli& cli) {
  const auto values = std::make_shared<StoreValues>();
  CommandSpec spec;
  spec.name = "init";
  spec.summary = "make the script directory of an environment";
  spec.description =
      "Writes a README and the script template; never touches metaxy.toml. Without -n, for every store. "
      "`revision` "
      "makes the directory by itself, so this is only for the two files. With --from-alembic it takes over "
      "the "
      "revisions that Alembic wrote: section NAME of alembic.ini (else [alembic]), or [tool.alembic] of "
      "pyproject.toml. The Python files are read, never run.";
  spec.examples = {
      {"metaxy-migrate init", "for all stores"},
      {"metaxy-migrate -n dev init", "for one"},
      {"metaxy-migrate -n dev init --from-alembic", "carry on where Alembic is"},
      {"metaxy-migrate -n dev init --from-alembic --baseline", "and write what empty databases get instead"}};
  spec.options = {
      option("--from-alembic", "take over Alembic's revisions as history", &values->is_from_alembic),
      option("--baseline", "write a script that stands for them on empty databases", &values->has_baseline),
      option("--alembic-config", "Alembic's configuration, when it is elsewhere", &values->alembic_config,
             "FILE"),
      option("--rev-id", "use this id for the baseline", &values->revision_id, "ID")};
  for (OptionSpec& option : definition_options(*values)) {
    spec.options.push_back(std::move(option));
  }
  spec.run = [values, &cli] {
    const Config config = open_config(cli.context());
    if (values->is_from_alembic) {
      return take_over(*values, config, cli);
    }
    if (values->has_baseline || !values->alembic_config.empty()) {
      throw Error(ErrorKind::usage, "--baseline and --alembic-config go with --from-alembic");
    }
    const std::vector<std::string> names =
        cli.context().options.names.empty() ? config.store_names() : cli.context().options.names;
    for (const std::string& name : names) {
      printed(run_init(open_workspace(config, name, cli.context()), cli.context()), cli);
    }
    return 0;
  };
  return spec;
}

CommandSpec adopt_command(Cli& cli) {
  const auto values = std::make_shared<StoreValues>();
  CommandSpec spec;
  spec.name = "adopt";
  spec.summary = "day one: take over a database that Metaxy already fills";
  spec.description =
      "Writes the base revision for the tables that are there, in the shape they have, and stamps it. What "
      "the model "
      "asks for beyond that is written by the next `revision --autogenerate`.";
  spec.examples = {{"metaxy-migrate -n prod adopt", "write and stamp the base revision"}};
  spec.options = definition_options(*values);
  spec.options.push_back(option("-m,--message", "message of the base revision", &values->message, "TEXT"));
  spec.options.push_back(option("--rev-id", "use this id", &values->revision_id, "ID"));
  spec.options.push_back(
      option("--rebind", "take the project in beside others that share the database", &values->is_rebind));
  spec.run = [values, &cli] {
    const Workspace workspace = open_only_workspace(cli.context(), Purpose::writing);
    return printed(run_adopt({.message = values->message,
                              .revision_id = values->revision_id,
                              .definitions = values->definitions(),
                              .created_features = values->created,
                              .is_rebind = values->is_rebind},
                             workspace, cli.context()),
                   cli);
  };
  return spec;
}

void require_text(Cli& cli) {
  if (cli.format() != Format::text) {
    throw Error(ErrorKind::usage, "--sql prints SQL, and has no other --format");
  }
}

int print_stamp_sql(const StoreValues& values, const Workspace& workspace, Cli& cli) {
  require_text(cli);
  if (values.is_purging || values.is_rebind || values.is_forced || !values.accepted_edit.empty()) {
    throw Error(ErrorKind::usage, "--sql goes with none of --purge, --rebind, --force and --accept-edit",
                {.where = {}, .hint = "those look at the database; --sql has no connection", .notes = {}});
  }
  run_offline_stamp(values.words, workspace, cli.context(),
                    [](std::string_view piece) { write_output(piece); });
  return 0;
}

OptionSpec create_option(StoreValues& values) {
  return option("--create", "create the database file although the configuration is elsewhere",
                &values.may_create);
}

CommandSpec stamp_command(Cli& cli) {
  const auto values = std::make_shared<StoreValues>();
  CommandSpec spec;
  spec.name = "stamp";
  spec.summary = "say where the database is, without running anything";
  spec.description =
      "The database must be what the scripts say at that revision; --force stamps all the same.";
  spec.examples = {
      {"metaxy-migrate -n prod stamp head", "it is at head already"},
      {"metaxy-migrate -n prod stamp --accept-edit 7f3a", "an applied script was edited on purpose"},
      {"metaxy-migrate -n prod stamp --purge 7f3a", "the version table holds ids that nothing explains"},
      {"metaxy-migrate -n prod stamp 51c0:7f3a --sql", "as SQL, for a database that is at 51c0"}};
  spec.options = {
      option("revision", "one or more revisions", &values->words, "REVISION"),
      option("--force", "although the database is not what the scripts say", &values->is_forced),
      option("--purge", "delete all rows of the version table first", &values->is_purging),
      option("--rebind", "the database was of another project or environment", &values->is_rebind),
      option("--accept-edit", "take over the edited script of an applied revision", &values->accepted_edit,
             "REV"),
      create_option(*values),
      option("--sql", "print statements for the database's own shell; REVISION may be FROM:TO",
             &values->has_sql)};
  spec.run = [values, &cli] {
    if (values->words.empty() == values->accepted_edit.empty()) {
      throw Error(ErrorKind::usage, "name the revisions to stamp, or one with --accept-edit");
    }
    const Workspace workspace = open_only_workspace(cli.context(), Purpose::writing);
    if (values->has_sql) {
      return print_stamp_sql(*values, workspace, cli);
    }
    return printed(run_stamp({.targets = values->words,
                              .is_forced = values->is_forced,
                              .is_purging = values->is_purging,
                              .is_rebind = values->is_rebind,
                              .may_create = values->may_create,
                              .accepted_edit = values->accepted_edit},
                             workspace, cli.context()),
                   cli);
  };
  return spec;
}

CommandSpec ensure_version_command(Cli& cli) {
  const auto values = std::make_shared<StoreValues>();
  CommandSpec spec;
  spec.name = "ensure-version";
  spec.aliases = {"ensure_version"};
  spec.summary = "make the version table and the log, nothing else";
  spec.examples = {{"metaxy-migrate -n prod ensure-version", "for a role that may not create tables later"},
                   {"metaxy-migrate -n prod ensure-version --sql", "the statements"}};
  spec.options = {create_option(*values),
                  option("--sql", "print statements for the database's own shell", &values->has_sql)};
  spec.run = [values, &cli] {
    const Workspace workspace = open_only_workspace(cli.context(), Purpose::writing);
    if (values->has_sql) {
      require_text(cli);
      run_offline_tables(workspace, cli.context(), [](std::string_view piece) { write_output(piece); });
      return 0;
    }
    return printed(run_ensure_version(values->may_create, workspace, cli.context()), cli);
  };
  return spec;
}

int print_diff(const DiffResult& result, const StoreValues& values, Cli& cli) {
  const bool wants_sql = cli.format() == Format::sql || (values.has_sql && cli.format() == Format::text);
  cli.print(wants_sql ? sql_of(result.statements) : formatted(result, cli));
  if (!values.has_exit_code || result.operations.empty()) {
    return 0;
  }
  const bool has_model = result.found == Side::desired || result.wanted == Side::desired;
  return exit_code(has_model ? ErrorKind::model_changed : ErrorKind::drift);
}

CommandSpec diff_command(Cli& cli) {
  const auto values = std::make_shared<StoreValues>();
  CommandSpec spec;
  spec.name = "diff";
  spec.formats = {"text", "json", "sql", "github", "markdown"};
  spec.summary = "compare two of desired, scripted, live";
  spec.description =
      "`diff WANTED FOUND` says what FOUND lacks to be WANTED; without words, `diff desired live`. desired "
      "is the "
      "model, scripted what the scripts lead to (beside live: those that are applied), live the database.";
  spec.examples = {
      {"metaxy-migrate -n dev diff", "model against database"},
      {"metaxy-migrate -n dev diff desired scripted", "what `revision --autogenerate` would write"},
      {"metaxy-migrate -n prod diff scripted live --sql", "SQL that takes drift back"}};
  spec.options = definition_options(*values);
  spec.options.push_back(option("sides", "WANTED FOUND", &values->words, "SIDE"));
  spec.options.push_back(option("--sql", "print statements", &values->has_sql));
  spec.options.push_back(option("--exit-code",
                                "exit 4 (scripted and live) or 3 (the model) when there is a difference",
                                &values->has_exit_code));
  spec.run = [values, &cli] {
    if (!values->words.empty() && values->words.size() != 2) {
      throw Error(ErrorKind::usage, "diff takes two sides or none",
                  {.where = {}, .hint = "such as `diff scripted live`", .notes = {}});
    }
    DiffRequest request;
    if (!values->words.empty()) {
      request.wanted = side_from(values->words[0]);
      request.found = side_from(values->words[1]);
    }
    request.has_sql = values->has_sql || cli.format() == Format::sql;
    request.definitions = values->definitions();
    const Workspace workspace = open_only_workspace(cli.context(), Purpose::reading);
    return print_diff(run_diff(request, workspace, cli.context()), *values, cli);
  };
  return spec;
}

CommandSpec metadata_command(Cli& cli) {
  const auto values = std::make_shared<StoreValues>();
  CommandSpec spec;
  spec.name = "metadata";
  spec.formats = {"text", "json", "sql"};
  spec.summary = "print the tables that the model asks for, and the store's URL";
  spec.examples = {
      {"metaxy-migrate -n dev metadata", "tables and columns"},
      {"metaxy-migrate -n dev metadata --format sql", "CREATE statements"},
      {"metaxy-migrate -n dev metadata --system --format json", "the system tables for a program"}};
  spec.options = definition_options(*values);
  spec.options.push_back(option("--features", "feature tables only", &values->only_features));
  spec.options.push_back(option("--system", "system tables only", &values->only_system));
  spec.options.push_back(
      option("--show-password", "do not mask the URL's password", &values->shows_password));
  spec.options.push_back(one_of(option("--system-pk",
                                       "with the primary key that Metaxy exports, which breaks a second "
                                       "`metaxy push`; none otherwise",
                                       &values->system_key, "WHICH"),
                                {"metaxy", "none"}));
  spec.run = [values, &cli] {
    const Workspace workspace = open_only_workspace(cli.context(), Purpose::reading);
    const MetadataResult result = run_metadata({.has_features = !values->only_system || values->only_features,
                                                .has_system = !values->only_features || values->only_system,
                                                .shows_password = values->shows_password,
                                                .has_system_primary_key = values->system_key == "metaxy",
                                                .definitions = values->definitions()},
                                               workspace, cli.context());
    if (cli.format() == Format::sql) {
      cli.print(sql_of(result.statements));
      return 0;
    }
    return printed(result, cli);
  };
  return spec;
}

CommandSpec replay_command(Cli& cli) {
  const auto values = std::make_shared<StoreValues>();
  CommandSpec spec;
  spec.name = "replay";
  spec.summary = "write the changes sections that hand-written scripts lack";
  spec.description =
      "Runs the scripts on an empty scratch database and reads what they made of it: one in memory, or, for "
      "a "
      "server, one of its own beside yours, which goes away again.";
  spec.examples = {{"metaxy-migrate -n dev replay", "all scripts with SQL for tables and no changes section"},
                   {"metaxy-migrate -n dev replay 7f3a", "write this one's section anew"}};
  spec.options = {option("revision", "scripts whose section is written anew", &values->words, "REVISION"),
                  option("--dry-run", "only say what would be written", &values->is_dry_run)};
  spec.run = [values, &cli] {
    const Workspace workspace = open_only_workspace(cli.context(), Purpose::reading);
    return printed(
        run_replay({.revisions = values->words, .is_dry_run = values->is_dry_run}, workspace, cli.context()),
        cli);
  };
  return spec;
}

CommandSpec restore_command(Cli& cli) {
  const auto values = std::make_shared<StoreValues>();
  CommandSpec spec;
  spec.name = "restore";
  spec.summary = "put a backup of a database file back";
  spec.description = "Says what is lost and asks. The replaced file is kept aside.";
  spec.examples = {{"metaxy-migrate -n dev restore --list", "which backups there are"},
                   {"metaxy-migrate -n dev restore", "put the newest back"},
                   {"metaxy-migrate -n dev restore 20261122T1305 --yes", "one of them, without asking"}};
  spec.options = {option("backup", "its path or name, or the beginning of its time; the newest when left out",
                         &values->backup, "BACKUP"),
                  option("--list", "only list them", &values->is_listing)};
  spec.run = [values, &cli] {
    const Workspace workspace = open_file_workspace(cli.context());
    return printed(
        run_restore({.backup = values->backup, .is_listing = values->is_listing}, workspace, cli.context()),
        cli);
  };
  return spec;
}

CommandSpec export_command(Cli& cli) {
  CommandSpec spec;
  spec.name = "export";
  spec.summary = "write definitions.toml, so that CI needs no Python";
  spec.description =
      "Imports the Python project as Metaxy does and writes what it defines into "
      "<script_location>/definitions.toml: "
      "features in Metaxy's lock format, exact tables of SQLModel features, and hashes of the sources. "
      "Commit the file: "
      "`check --offline` reads it without Python and says when the sources have moved on. A file that would "
      "be the same "
      "is left alone.";
  spec.examples = {{"metaxy-migrate export", "for all stores"},
                   {"metaxy-migrate -n dev export", "for one that has a script_location of its own"}};
  spec.run = [&cli] { return printed(run_export(cli.context()), cli); };
  return spec;
}

CommandSpec recover_command(Cli& cli) {
  CommandSpec spec;
  spec.name = "recover";
  spec.summary = "heal a database file that no longer opens";
  spec.description =
      "DuckDB: a process that died between a commit and its checkpoint can leave a write-ahead log that "
      "DuckDB cannot "
      "replay on a plain open. Nothing in it is lost; this replays it.";
  spec.examples = {{"metaxy-migrate -n dev recover", "after \"Failure while replaying WAL file\""}};
  spec.run = [&cli] { return printed(run_recover(open_file_workspace(cli.context())), cli); };
  return spec;
}

CommandSpec config_command(Cli& cli) {
  CommandSpec spec;
  spec.name = "config";
  spec.summary = "print every setting and where it came from";
  spec.examples = {{"metaxy-migrate config", "the whole configuration, secrets masked"},
                   {"metaxy-migrate -n dev config", "and what it comes to for dev"}};
  spec.run = [&cli] { return printed(run_config(cli.context()), cli); };
  return spec;
}

CommandSpec list_templates_command(Cli& cli) {
  CommandSpec spec;
  spec.name = "list-templates";
  spec.formats = {"text"};
  spec.aliases = {"list_templates"};
  spec.summary = "the templates that `init` writes";
  spec.examples = {{"metaxy-migrate list-templates", "name, file and what it is"}};
  spec.run = [&cli] {
    std::string text;
    for (const Template& entry : templates()) {
      text += fmt::format("{:<8} {:<16} {}\n", entry.name, entry.file, entry.summary);
    }
    cli.print(text);
    return 0;
  };
  return spec;
}

}  // namespace

void add_store_commands(CommandLine& line, Cli& cli) {
  for (CommandSpec (*command)(Cli&) :
       {init_command, adopt_command, stamp_command, diff_command, metadata_command, replay_command,
        config_command, export_command, restore_command, recover_command, ensure_version_command,
        list_templates_command}) {
    line.commands.push_back(command(cli));
  }
}

}  // namespace metaxy::migrate
