// Where an environment's definitions come from (product reference 3), and the desired schema made of them.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/phase.hpp"
#include "command/python_project.hpp"
#include "command/workspace.hpp"
#include "metaxy/config_files.hpp"
#include "metaxy/sources.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kExportFile = "definitions.toml";

std::string project_of(const Workspace& workspace) { return workspace.config.project.value.value_or(""); }

std::string export_file(const Workspace& workspace) {
  return joined_path(workspace.environment.script_directory.value, kExportFile);
}

std::vector<FeatureDefinition> read_toml_files(const Workspace& workspace, const Context& context) {
  std::vector<FeatureDefinition> definitions;
  for (const std::string& pattern : workspace.environment.settings.features.value) {
    const std::vector<std::string> files = glob(context.files, workspace.config.directory, pattern);
    if (files.empty() && pattern.find_first_of("*?") == std::string::npos) {
      throw Error(ErrorKind::configuration, fmt::format("definition file '{}' does not exist", pattern),
                  {.where = {},
                   .hint = fmt::format("`features` under [ext.migrate] names it ({})",
                                       workspace.environment.settings.features.origin),
                   .notes = {}});
    }
    for (const std::string& file : files) {
      const std::string text = context.files.read(file).value_or("");
      std::vector<FeatureDefinition> found =
          definitions_from_toml(text, shown_path(context.working_directory, file), project_of(workspace));
      std::move(found.begin(), found.end(), std::back_inserter(definitions));
    }
  }
  return definitions;
}

std::vector<FeatureDefinition> read_lock(const Context& context, const std::string& file, bool is_external,
                                         std::vector<std::string>& notes) {
  const std::optional<std::string> text = context.files.read(file);
  return text ? definitions_from_lock(*text, file, is_external, notes) : std::vector<FeatureDefinition>{};
}

std::vector<FeatureDefinition> read_store(const Workspace& workspace, const Context& context,
                                          const std::string& name, std::vector<std::string>& notes) {
  const Workspace source = open_workspace(workspace.config, name, context);
  const std::unique_ptr<Connection> connection = source.dialect->connect(
      source.environment.store.target,
      {.access = Access::read_only,
       .may_create = false,
       .lock_wait = source.environment.settings.lock_wait.value,
       .connect_wait = source.environment.settings.connect_wait.value,
       .waiting = [&context](const std::string& holder) { context.observer.on(LockWaiting{holder}); }});
  return pushed_definitions(*connection, *source.dialect, source.environment.store.table_prefix,
                            project_of(workspace), notes);
}

std::string source_by_rule(const Workspace& workspace, const Context& context) {
  if (!workspace.config.entrypoints.value.empty()) {
    return "python";
  }
  return context.files.is_file(export_file(workspace)) ? "export" : "toml";
}

void read_python(const Workspace& workspace, const Context& context, LoadedDefinitions& loaded,
                 std::vector<FeatureDefinition>& definitions) {
  ExportedProject project =
      load_python_project(workspace.config, workspace.environment.settings, context, loaded.notes);
  loaded.from = fmt::format("{} from the Python project, Metaxy {}",
                            counted(project.definitions.size(), "definition"), project.metaxy_version);
  loaded.target = std::move(project.target);
  definitions = std::move(project.definitions);
}

void refuse_double(const std::vector<FeatureDefinition>& definitions) {
  std::map<std::string, const FeatureDefinition*> seen;
  for (const FeatureDefinition& definition : definitions) {
    const auto [at, is_new] = seen.emplace(definition.key, &definition);
    if (!is_new) {
      throw Error(ErrorKind::configuration,
                  fmt::format("feature '{}' is defined twice: {} and {}", definition.key, at->second->origin,
                              definition.origin));
    }
  }
}

}  // namespace

LoadedDefinitions load_definitions(const Workspace& workspace, const Context& context,
                                   const DefinitionOptions& options) {
  const Phase phase(context, "definitions");
  LoadedDefinitions loaded;
  loaded.has_system_primary_key = options.has_system_primary_key;
  std::string source = options.source.empty() ? workspace.environment.settings.source.value : options.source;
  std::vector<FeatureDefinition> all = read_toml_files(workspace, context);
  if (source == "auto") {
    source = source_by_rule(workspace, context);
  }
  loaded.from = fmt::format("{} from TOML files", counted(all.size(), "definition"));
  std::vector<FeatureDefinition> more;
  if (source == "export") {
    more = read_lock(context, export_file(workspace), false, loaded.notes);
    loaded.from = fmt::format("definitions from {}", export_file(workspace));
  } else if (source == "python") {
    read_python(workspace, context, loaded, more);
  } else if (source.rfind("store:", 0) == 0) {
    more = read_store(workspace, context, source.substr(6), loaded.notes);
    loaded.from = fmt::format("definitions from store '{}' as pushed", source.substr(6));
  } else if (source != "toml") {
    throw Error(ErrorKind::usage, fmt::format("'{}' is no source of definitions", source),
                {.where = {}, .hint = "sources are auto, python, export, toml and store:NAME", .notes = {}});
  }
  std::move(more.begin(), more.end(), std::back_inserter(all));
  refuse_double(all);

  const std::string project = project_of(workspace);
  const std::string& prefix = workspace.environment.store.table_prefix;
  for (FeatureDefinition& definition :
       read_lock(context, workspace.config.lock_file.value, true, loaded.notes)) {
    // The Python project has read it too.
    const bool is_known = std::any_of(all.begin(), all.end(), [&](const FeatureDefinition& other) {
      return other.is_external && other.key == definition.key;
    });
    if (is_known) {
      continue;
    }
    if (options.has_all_projects) {
      definition.is_external = false;
    }
    all.push_back(std::move(definition));
  }
  for (const FeatureDefinition& definition : all) {
    const bool is_foreign = definition.is_external || (!project.empty() && definition.project != project);
    if (is_foreign && !options.has_all_projects) {
      loaded.foreign_tables[{.schema = "", .name = table_name_of(definition.key, prefix)}] =
          definition.project;
    }
  }
  loaded.own = options.has_all_projects ? std::move(all) : only_project(std::move(all), project);
  return loaded;
}

namespace {

bool names_feature(const std::vector<std::string>& features, const DesiredTable& table) {
  return std::find(features.begin(), features.end(), table.feature) != features.end();
}

/// A store with fallbacks reads missing tables from there; an empty table would hide them (contract H1).
void leave_to_fallback(DesiredSchema& desired, const Workspace& workspace,
                       const std::vector<std::string>& created_features, const ScriptedSchema& scripted) {
  if (workspace.environment.store.fallback_stores.empty()) {
    return;
  }
  const std::vector<std::string>& materialized = workspace.environment.settings.materialize.value;
  std::vector<std::string> left;
  for (auto at = desired.tables.begin(); at != desired.tables.end();) {
    const DesiredTable& table = at->second;
    const bool is_wanted = table.feature.empty() || names_feature(created_features, table) ||
                           names_feature(materialized, table) || scripted.schema.count(at->first) != 0 ||
                           scripted.opaque.count(at->first) != 0;
    if (is_wanted) {
      ++at;
    } else {
      left.push_back(table.feature);
      at = desired.tables.erase(at);
    }
  }
  if (!left.empty()) {
    desired.notes.push_back(
        fmt::format("left to the fallback stores ({}): {}; --create {} or `materialize` makes a table here",
                    join(workspace.environment.store.fallback_stores, ", "), join(left, ", "), left.front()));
  }
}

void add(DesiredSchema& desired, DesiredSchema more) {
  desired.tables.merge(more.tables);
  desired.notes.insert(desired.notes.end(), more.notes.begin(), more.notes.end());
}

}  // namespace

DesiredSchema desired_schema(const Workspace& workspace, const LoadedDefinitions& definitions,
                             const std::vector<std::string>& created_features,
                             const ScriptedSchema& scripted) {
  const TableOptions options{.table_prefix = workspace.environment.store.table_prefix,
                             .has_map_datatype = workspace.config.enable_map_datatype.value,
                             .has_system_primary_key = definitions.has_system_primary_key,
                             .column_types = workspace.environment.settings.columns.value,
                             .target = definitions.target};
  DesiredSchema desired;
  desired.notes = definitions.notes;
  if (workspace.environment.part != Part::features) {
    add(desired, system_tables(*workspace.dialect, options));
  }
  if (workspace.environment.part != Part::system) {
    add(desired, feature_tables(definitions.own, *workspace.dialect, options));
    leave_to_fallback(desired, workspace, created_features, scripted);
  }
  return desired;
}

}  // namespace metaxy::migrate
