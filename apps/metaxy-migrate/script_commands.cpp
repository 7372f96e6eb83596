// revision and check.

#include <fmt/format.h>

#include <memory>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "cli.hpp"
#include "print.hpp"

namespace metaxy::migrate {

namespace {

struct RevisionValues {
  std::string message;
  bool is_autogenerate = false;
  std::string against;
  bool allows_empty = false;
  bool is_adopting_drift = false;
  std::vector<std::string> drops;
  std::vector<std::string> renames;
  std::vector<std::string> no_renames;
  std::vector<std::string> created;
  std::vector<std::string> taken;
  std::vector<std::string> dropped_keys;
  std::string system_key;
  std::string source;
  bool has_all_projects = false;
  std::string revision_id;
  std::vector<std::string> heads;
  bool is_splice = false;
  std::vector<std::string> branch_labels;
  std::vector<std::string> depends_on;
  std::string version_path;
};

RevisionRequest request_from(const RevisionValues& values) {
  RevisionRequest request;
  request.message = values.message;
  request.is_autogenerate = values.is_autogenerate;
  request.against = values.against.empty()     ? Against::unset
                    : values.against == "live" ? Against::live
                                               : Against::scripts;
  request.allows_empty = values.allows_empty || !values.is_autogenerate;
  request.is_adopting_drift = values.is_adopting_drift;
  for (const std::string& text : values.drops) {
    request.drops.push_back(model_name_from(text));
  }
  for (const std::string& text : values.renames) {
    request.renames.push_back(rename_request_from(text));
  }
  for (const std::string& text : values.no_renames) {
    request.no_renames.push_back(model_name_from(text));
  }
  request.created_features = values.created;
  request.taken_features = values.taken;
  request.dropped_keys = values.dropped_keys;
  request.is_dropping_system_keys = values.system_key == "none";
  request.definitions = {.source = values.source,
                         .has_all_projects = values.has_all_projects,
                         .has_system_primary_key = values.system_key == "metaxy"};
  request.revision_id = values.revision_id;
  request.heads = values.heads;
  request.is_splice = values.is_splice;
  request.branch_labels = values.branch_labels;
  request.depends_on = values.depends_on;
  request.version_path = values.version_path;
  return request;
}

/// Without it they would have no effect, and the script would not do what was asked for.
void require_autogenerate(const RevisionValues& values) {
  if (values.is_autogenerate && values.is_adopting_drift) {
    throw Error(ErrorKind::usage, "--adopt-drift and --autogenerate exclude each other",
                {.where = {},
                 .hint = "drift first, in a script of its own; then what the model asks for",
                 .notes = {}});
  }
  if (values.is_autogenerate) {
    return;
  }
  // What was renamed or dropped by hand is adopted as that.
  const bool is_bare = !values.is_adopting_drift;
  const std::pair<bool, std::string_view> flags[] = {{!values.against.empty(), "--against"},
                                                     {is_bare && !values.drops.empty(), "--drop"},
                                                     {is_bare && !values.renames.empty(), "--rename"},
                                                     {is_bare && !values.no_renames.empty(), "--no-rename"},
                                                     {!values.created.empty(), "--create"},
                                                     {!values.taken.empty(), "--take"},
                                                     {!values.dropped_keys.empty(), "--drop-key"},
                                                     {!values.system_key.empty(), "--system-pk"},
                                                     {!values.source.empty(), "--source"},
                                                     {values.has_all_projects, "--all-projects"}};
  for (const auto& [is_given, flag] : flags) {
    if (is_given) {
      throw Error(ErrorKind::usage, fmt::format("{} says what --autogenerate is to write", flag),
                  {.where = {}, .hint = "add --autogenerate", .notes = {}});
    }
  }
}

std::vector<OptionSpec> revision_options(RevisionValues& values) {
  return {
      option("-m,--message", "what it does; becomes the first line and the file's name", &values.message,
             "TEXT"),
      option("--autogenerate", "write what leads from the scripts to what the model says",
             &values.is_autogenerate),
      one_of(option("--against",
                    "compare the model with the live database (it must be at head) or with the scripts",
                    &values.against, "WHAT"),
             {"live", "scripts"}),
      option("--drop", "drop what left the model: video/clip or video/clip.path; repeatable", &values.drops,
             "NAME"),
      option("--rename", "a rename: video/clip.path=uri or video/clip=video/segment; repeatable",
             &values.renames, "OLD=NEW"),
      option("--no-rename", "what disappeared is not what is new; repeatable", &values.no_renames, "NAME"),
      option("--create", "make a table for this feature although the store has fallbacks; repeatable",
             &values.created, "FEATURE"),
      option("--take", "take this feature's table over from the other project that has it here; repeatable",
             &values.taken, "FEATURE"),
      option("--drop-key",
             "drop the primary key of this feature's table, where the model does not ask for it; repeatable",
             &values.dropped_keys, "FEATURE"),
      one_of(option("--system-pk",
                    "give the system tables the primary keys that Metaxy exports, or drop them: with them a "
                    "second `metaxy push` fails",
                    &values.system_key, "WHICH"),
             {"metaxy", "none"}),
      option("--source", "where definitions come from: auto, python, export, toml, store:NAME",
             &values.source, "SOURCE"),
      option("--all-projects", "features of other projects too", &values.has_all_projects),
      option(
          "--adopt-drift",
          "write a script from what was changed in the database by hand, marked applied here; --rename and "
          "--drop say what became of a name that is gone",
          &values.is_adopting_drift),
      option("--allow-empty", "write a script even if there is nothing to do", &values.allows_empty),
      option("--rev-id", "use this id", &values.revision_id, "ID"),
      option("--head", "parent, when it is not the one head; repeatable makes a merge", &values.heads, "REV"),
      option("--splice", "allow a parent that is no head", &values.is_splice),
      option("--branch-label", "label of the branch that begins here; repeatable", &values.branch_labels,
             "LABEL"),
      option("--depends-on", "revision that must be applied first; repeatable", &values.depends_on, "REV"),
      option("--version-path", "one of several version locations; default: where the parent is",
             &values.version_path, "DIR"),
  };
}

CommandSpec revision_command(Cli& cli) {
  const auto values = std::make_shared<RevisionValues>();
  CommandSpec spec;
  spec.name = "revision";
  spec.summary = "write a new script";
  spec.description =
      "With several -n, one script for each environment under one revision id. Nothing is dropped because it "
      "left "
      "the model, and a rename is never guessed.";
  spec.examples = {
      {"metaxy-migrate -n dev revision --autogenerate -m \"add clip duration\"", "from the model's changes"},
      {"metaxy-migrate -n dev -n prod revision --autogenerate -m \"first tables\"",
       "for both stores at once"},
      {"metaxy-migrate -n dev revision --autogenerate --rename video/clip.path=uri -m \"rename path\"",
       "a renamed column"},
      {"metaxy-migrate -n dev revision -m \"backfill duration\"", "an empty script to fill in by hand"}};
  spec.options = revision_options(*values);
  spec.run = [values, &cli] {
    require_autogenerate(*values);
    const RevisionResult result = run_revision(request_from(*values), cli.context());
    cli.print(cli.format() == Format::json ? json_of(result) : text_of(result, Style{cli.is_colored()}));
    return 0;
  };
  return spec;
}

struct CheckValues {
  bool is_offline = false;
  bool is_at_head = false;
  std::string source;
  bool has_all_projects = false;
};

CommandSpec check_command(Cli& cli) {
  const auto values = std::make_shared<CheckValues>();
  CommandSpec spec;
  spec.name = "check";
  spec.formats = {"text", "json", "github", "markdown"};
  spec.summary = "find everything that is wrong or undone; only reads";
  spec.description =
      "Exit codes: 7 integrity (edited script, two heads), 4 drift, 3 the model changed without a revision, "
      "9 "
      "pending revisions (with --at-head); the first that applies. Of several environments, one that cannot "
      "be "
      "checked does not stop the others; its own code (1, 2, 6) comes before 9. With --offline no database "
      "and no secrets are needed: the step for pull requests.";
  spec.examples = {
      {"metaxy-migrate -n prod check --offline", "in a pull request"},
      {"metaxy-migrate -n prod check --at-head", "after a deployment"},
      {"metaxy-migrate -n dev -n prod check --offline --format github", "annotations beside the change"}};
  spec.options = {
      option("--offline", "graph, heads, model against scripts; no database", &values->is_offline),
      option("--at-head", "pending revisions count as a finding (9); looks at the database",
             &values->is_at_head),
      option("--source", "where definitions come from: auto, python, export, toml, store:NAME",
             &values->source, "SOURCE"),
      option("--all-projects", "features of other projects too", &values->has_all_projects),
  };
  spec.run = [values, &cli] {
    const CheckReport report =
        run_check({.is_offline = values->is_offline,
                   .is_at_head = values->is_at_head,
                   .has_document = cli.format() == Format::json || cli.format() == Format::markdown,
                   .definitions = {.source = values->source, .has_all_projects = values->has_all_projects},
                   .created_features = {}},
                  cli.context());
    cli.print(formatted(report, cli));
    return report.exit_code;
  };
  return spec;
}

}  // namespace

void add_script_commands(CommandLine& line, Cli& cli) {
  line.commands.push_back(revision_command(cli));
  line.commands.push_back(check_command(cli));
}

}  // namespace metaxy::migrate
