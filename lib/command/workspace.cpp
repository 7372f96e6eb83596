#include "command/workspace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/phase.hpp"
#include "command/with_environment.hpp"
#include "dialect/registry.hpp"
#include "metaxy/sources.hpp"
#include "revision/baseline.hpp"

namespace metaxy::migrate {

std::string_view tool_version() { return MM_VERSION; }

Config open_config(const Context& context) {
  const Phase phase(context, "configuration");
  Config config =
      load_config(context.files, context.working_directory, context.environment, context.options.config);
  for (const std::string& warning : config.warnings) {
    context.observer.on(Warning{warning});
  }
  return config;
}

namespace {

std::vector<std::string> names_asked_for(const Context& context) {
  if (!context.options.names.empty()) {
    return context.options.names;
  }
  const auto variable = context.environment.find("METAXY_MIGRATE_NAME");
  std::vector<std::string> names;
  if (variable != context.environment.end() && !variable->second.empty()) {
    for (const std::string& name : split(variable->second, ',')) {
      names.emplace_back(trimmed(name));
    }
  }
  return names;
}

std::string name_to_read(const Config& config, const Context& context,
                         const std::vector<std::string>& stores) {
  if (config.default_store.origin == "METAXY_STORE") {
    throw Error(ErrorKind::usage,
                fmt::format("there are {} stores ({}), and METAXY_STORE does not choose one here",
                            stores.size(), join(stores, ", ")),
                {.where = {},
                 .hint = fmt::format("say which one: -n {}, or METAXY_MIGRATE_NAME", stores.front()),
                 .notes = {}});
  }
  context.observer.on(Notice{fmt::format("environment '{}' (Metaxy's default store; -n chooses another)",
                                         config.default_store.value)});
  return config.default_store.value;
}

}  // namespace

std::vector<std::string> selected_names(const Config& config, const Context& context, Purpose purpose) {
  if (const std::vector<std::string> asked = names_asked_for(context); !asked.empty()) {
    std::vector<std::string> names;
    for (const Environment& environment : config.environments(asked)) {
      names.push_back(environment.name);
    }
    return names;
  }
  std::vector<std::string> names = config.store_names();
  if (names.size() == 1) {
    return names;
  }
  if (names.empty()) {
    throw Error(ErrorKind::configuration, "no store is configured",
                {.where = {}, .hint = "add [stores.dev] with type and config to metaxy.toml", .notes = {}});
  }
  if (purpose == Purpose::writing) {
    throw Error(
        ErrorKind::usage,
        fmt::format("this command writes, and there are {} stores: {}", names.size(), join(names, ", ")),
        {.where = {}, .hint = fmt::format("say which one: -n {}", names.front()), .notes = {}});
  }
  return {name_to_read(config, context, names)};
}

ConfigReport run_config(const Context& context) {
  ConfigReport report{.config = open_config(context), .environments = {}};
  report.environments = report.config.environments(names_asked_for(context));
  return report;
}

namespace {

const Dialect& dialect_of(const Store& store) {
  if (store.dialect.empty()) {
    throw Error(ErrorKind::configuration,
                fmt::format("store '{}' cannot be migrated: {}", store.name, store.unsupported));
  }
  const Dialect* dialect = find_dialect(store.dialect);
  if (dialect == nullptr) {
    std::vector<std::string> names;
    for (const Dialect* known : all_dialects()) {
      names.emplace_back(known->name());
    }
    throw Error(ErrorKind::configuration,
                fmt::format("store '{}' is a {} database, which this version does not drive yet", store.name,
                            store.dialect),
                {.where = {}, .hint = fmt::format("this version drives {}", join(names, ", ")), .notes = {}});
  }
  return *dialect;
}

/// A directory whose scripts are of another dialect or prefix than the store is an error that names the way
/// out.
void require_matching_scripts(const Workspace& workspace) {
  const std::string_view dialect = workspace.dialect->name();
  const std::string& prefix = workspace.environment.store.table_prefix;
  for (const Revision& revision : workspace.scripts.revisions) {
    if (revision.is_alembic) {
      continue;
    }
    const bool is_other_dialect = !revision.dialect.empty() && revision.dialect != dialect;
    const bool is_other_prefix = revision.table_prefix != prefix;
    if (!is_other_dialect && !is_other_prefix) {
      continue;
    }
    const std::string found = is_other_dialect ? fmt::format("dialect '{}'", revision.dialect)
                                               : fmt::format("table_prefix '{}'", revision.table_prefix);
    const std::string expected =
        is_other_dialect ? fmt::format("'{}'", dialect) : fmt::format("table_prefix '{}'", prefix);
    throw Error(
        ErrorKind::configuration,
        fmt::format("script '{}' is for {}, but store '{}' has {}", revision.file, found,
                    workspace.environment.store.name, expected),
        {.where = {},
         .hint = fmt::format("give this environment a directory of its own: script_location under "
                             "[ext.migrate.environments.{}]; then `adopt` the database or write its scripts "
                             "with `revision --autogenerate`",
                             workspace.environment.store.name),
         .notes = {}});
  }
}

/// A name that the database cuts would be looked for in vain, and parts and projects would share one table.
void require_state_tables(const Environment& environment, const Dialect& dialect) {
  const std::size_t limit = dialect.capabilities().max_identifier_bytes;
  const auto require = [&](const std::string& table, const std::string& hint) {
    if (limit != 0 && table.size() > limit) {
      throw Error(
          ErrorKind::configuration,
          fmt::format("table name '{}' of '{}' has {} bytes; this database keeps only {} and would cut it "
                      "silently",
                      table, environment.name, table.size(), limit),
          {.where = {}, .hint = hint, .notes = {}});
    }
  };
  require(environment.version_table.value,
          fmt::format("set a shorter version_table in [ext.migrate.environments.\"{}\"]", environment.name));
  require(environment.log_table, "shorten the store's table_prefix");
  if (equal_ignoring_case(environment.version_table.value, environment.log_table)) {
    throw Error(ErrorKind::configuration,
                fmt::format("version_table ({}) is '{}', which is the name of the log",
                            environment.version_table.origin, environment.version_table.value));
  }
}

}  // namespace

ScriptDirectory read_scripts(const Environment& environment, const Context& context, const KeepText& keep) {
  return read_script_directory(context.files, environment.script_directory.value,
                               environment.version_locations.value, keep);
}

RevisionGraph graph_of(const ScriptDirectory& scripts, const std::set<std::string>& standing) {
  if (const std::vector<Problem> problems = baseline_problems(scripts.revisions); !problems.empty()) {
    throw error_from(ErrorKind::integrity,
                     fmt::format("the revision graph is broken: {}", counted(problems.size(), "problem")),
                     problems);
  }
  return RevisionGraph(told(scripts.revisions, standing));
}

namespace {

std::pair<ScriptDirectory, RevisionGraph> scripts_with_graph(const Environment& environment,
                                                             const Context& context, const KeepText& keep) {
  try {
    ScriptDirectory scripts = read_scripts(environment, context, keep);
    RevisionGraph graph = graph_of(scripts);
    return {std::move(scripts), std::move(graph)};
  } catch (const Error& error) {
    throw with_environment(error, environment.name);
  }
}

}  // namespace

Workspace open_workspace(const Config& config, const std::string& name, const Context& context) {
  return workspace_of(config, config.environment(name), context);
}

Workspace workspace_of(const Config& config, Environment environment, const Context& context, ScriptUse use) {
  const Phase phase(context, "script headers and graph");
  const Dialect& dialect = dialect_of(environment.store);
  require_state_tables(environment, dialect);
  auto known_facts = std::make_unique<FactsOfFiles>();
  const KeepText keep = [&](const Revision& revision, std::string text) {
    known_facts->add_text(revision, std::move(text));
  };
  auto [scripts, graph] = scripts_with_graph(environment, context, use == ScriptUse::all ? keep : KeepText());
  Workspace workspace{.config = config,
                      .environment = std::move(environment),
                      .dialect = &dialect,
                      .scripts = std::move(scripts),
                      .graph = std::move(graph),
                      .known_facts = std::move(known_facts)};
  require_matching_scripts(workspace);
  return workspace;
}

void tell_of_missing_directory(const Workspace& workspace, const Context& context) {
  if (!workspace.scripts.exists) {
    context.observer.on(
        Warning{fmt::format("environment '{}' has no scripts: there is no directory '{}'",
                            workspace.environment.name, workspace.environment.script_directory.value)});
  }
}

OnlyEnvironment only_environment(const Context& context, Purpose purpose) {
  Config config = open_config(context);
  const std::vector<std::string> names = selected_names(config, context, purpose);
  if (names.size() != 1) {
    throw Error(ErrorKind::usage, fmt::format("this command works on one environment; {} were named: {}",
                                              names.size(), join(names, ", ")));
  }
  Environment environment = config.environment(names.front());
  return {.config = std::move(config), .environment = std::move(environment)};
}

Workspace open_only_workspace(const Context& context, Purpose purpose) {
  const OnlyEnvironment only = only_environment(context, purpose);
  return workspace_of(only.config, only.environment, context,
                      purpose == Purpose::writing ? ScriptUse::all : ScriptUse::headers);
}

SharedFacts facts_of(const Workspace& workspace, const Context& context, const Revision& revision,
                     FactsUse use) {
  if (!revision.is_alembic) {
    FactsOfFiles& known = *workspace.known_facts;
    return use == FactsUse::once ? known.once(context.files, revision.file, *workspace.dialect)
                                 : known.of(context.files, revision.file, *workspace.dialect);
  }
  // What Alembic did is known by name only.
  ScriptFacts facts;
  facts.revision = revision;
  facts.text = {.file = revision.file, .text = {}, .shown_as = revision.file};
  facts.changes.revision = revision.id;
  facts.changes.file = revision.file;
  return std::make_shared<const ScriptFacts>(std::move(facts));
}

const Revision* find_revision(const Workspace& workspace, const RevisionGraph& graph, const std::string& id) {
  if (const Revision* revision = graph.find(id)) {
    return revision;
  }
  // A baseline may stand for others in the fold and not be in the graph.
  const auto baseline =
      std::find_if(workspace.scripts.revisions.begin(), workspace.scripts.revisions.end(),
                   [&](const Revision& revision) { return is_baseline(revision) && revision.id == id; });
  return baseline == workspace.scripts.revisions.end() ? nullptr : &*baseline;
}

std::vector<SharedFacts> facts_of(const Workspace& workspace, const Context& context,
                                  const std::vector<std::string>& ids) {
  const Phase phase(context, "scripts");
  std::vector<SharedFacts> facts;
  facts.reserve(ids.size());
  for (const std::string& id : ids) {
    const Revision* revision = find_revision(workspace, workspace.graph, id);
    if (revision == nullptr) {
      throw Error(ErrorKind::integrity,
                  fmt::format("revision '{}' has no script in '{}'", id, workspace.scripts.path));
    }
    facts.push_back(facts_of(workspace, context, *revision));
  }
  return facts;
}

ScriptedSchema fold(const std::vector<SharedFacts>& facts) {
  Fold fold;
  for (const SharedFacts& script : facts) {
    fold.add(script->changes);
  }
  return std::move(fold).take();
}

ScriptedSchema scripted_at_head(const Workspace& workspace, const Context& context) {
  std::vector<std::string> ids = workspace.graph.ancestors_in_order(workspace.graph.heads());
  return fold(facts_of(workspace, context, with_baselines(std::move(ids), workspace.scripts.revisions)));
}

bool has_untold_history(const Workspace& workspace, const ScriptedSchema& scripted) {
  const std::vector<Revision>& all = workspace.scripts.revisions;
  return scripted.schema.empty() && scripted.opaque.empty() &&
         std::none_of(all.begin(), all.end(), is_baseline) &&
         std::any_of(all.begin(), all.end(), [](const Revision& revision) { return revision.is_alembic; });
}

}  // namespace metaxy::migrate
