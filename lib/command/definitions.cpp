// Where an environment's definitions come from (product reference 3), and the desired schema made of them.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "command/phase.hpp"
#include "command/python_inputs.hpp"
#include "command/python_project.hpp"
#include "command/workspace.hpp"
#include "metaxy/config_files.hpp"
#include "metaxy/sources.hpp"

namespace metaxy::migrate {

namespace {

std::string project_of(const Workspace& workspace) { return workspace.config.project.value.value_or(""); }

/// The one that the environment has for itself, else the one that all share.
std::string export_file(const Workspace& workspace, const Context& context) {
  std::string own = joined_path(workspace.environment.script_directory.value, "definitions.toml");
  return context.files.is_file(own) ? own : workspace.environment.definitions_file;
}

std::vector<FeatureDefinition> read_toml_files(const Workspace& workspace, const Context& context) {
  const Setting<std::vector<std::string>>& patterns = workspace.environment.settings.features;
  std::vector<FeatureDefinition> definitions;
  std::set<std::string> known;
  for (const std::string& pattern : patterns.value) {
    const std::vector<std::string> files = glob(context.files, workspace.config.directory, pattern);
    if (files.empty() && pattern.find_first_of("*?") != std::string::npos) {
      context.observer.on(
          Warning{fmt::format("no definition file matches '{}' ({})", pattern, patterns.origin)});
    } else if (files.empty()) {
      const bool is_folder =
          context.files.is_directory(joined_path(workspace.config.directory, pattern)) && !pattern.empty();
      throw Error(
          ErrorKind::configuration,
          fmt::format("definition file '{}' {}", pattern, is_folder ? "is a folder" : "does not exist"),
          {.where = {},
           .hint = fmt::format("`features` under [ext.migrate] names it ({}){}", patterns.origin,
                               is_folder ? fmt::format("; write \"{}/*.toml\"", pattern) : ""),
           .notes = {}});
    }
    for (const std::string& file : files) {
      // Two patterns may match one file.
      if (!known.insert(normal_path(file)).second) {
        continue;
      }
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
  // An empty metaxy_lock_path names the folder of the configuration: there is no lock file.
  const std::optional<std::string> text =
      context.files.is_directory(file) ? std::nullopt : context.files.read(file);
  return text ? definitions_from_lock(*text, file, is_external, notes) : std::vector<FeatureDefinition>{};
}

std::vector<FeatureDefinition> read_store(const Workspace& workspace, const Context& context,
                                          const std::string& name, std::vector<std::string>& notes) {
  const Workspace source = open_workspace(workspace.config, name, context);
  const std::unique_ptr<Connection> connection = source.dialect->connect(
      target_to_connect(source.environment.store),
      {.access = Access::read_only,
       .may_create = false,
       .lock_wait = source.environment.settings.lock_wait.value,
       .connect_wait = source.environment.settings.connect_wait.value,
       .waiting = [&context](const std::string& holder) { context.observer.on(LockWaiting{holder}); }});
  const std::string project = project_of(workspace);
  std::vector<FeatureDefinition> definitions =
      pushed_definitions(*connection, *source.dialect, source.environment.store.table_prefix, project, notes);
  if (definitions.empty()) {
    throw Error(ErrorKind::configuration,
                fmt::format("nothing was pushed to store '{}' for project '{}'", name, project),
                {.where = {},
                 .hint = project.empty() ? "set project in metaxy.toml: what was pushed belongs to one"
                                         : fmt::format("`metaxy push --store {}` does it", name),
                 .notes = {}});
  }
  return definitions;
}

class Loader {
 public:
  Loader(const Workspace& workspace, const Context& context, const DefinitionOptions& options,
         LoadedDefinitions& loaded)
      : workspace_(workspace), context_(context), options_(options), loaded_(loaded) {}

  /// Definitions of the source beside the TOML files, of which there are `count`.
  std::vector<FeatureDefinition> read(const std::string& source, std::size_t count) {
    loaded_.from = fmt::format("{} from TOML files", counted(count, "definition"));
    if (source == "auto") {
      return read_by_rule();
    }
    if (source == "python") {
      return read_python();
    }
    if (source == "export") {
      return read_export();
    }
    if (source.rfind("store:", 0) == 0) {
      loaded_.from = fmt::format("definitions from store '{}' as pushed", source.substr(6));
      return read_store(workspace_, context_, source.substr(6), loaded_.notes);
    }
    if (source != "toml") {
      throw Error(
          ErrorKind::usage, fmt::format("'{}' is no source of definitions", source),
          {.where = {}, .hint = "sources are auto, python, export, toml and store:NAME", .notes = {}});
    }
    return {};
  }

 private:
  bool has_export() const { return context_.files.is_file(export_file(workspace_, context_)); }
  bool has_entrypoints() const { return !workspace_.config.entrypoints.value.empty(); }

  std::vector<FeatureDefinition> read_by_rule() {
    if (has_export() && (!has_entrypoints() || options_.prefers_export)) {
      return read_export();
    }
    if (has_entrypoints()) {
      return has_export() ? read_python_or_export() : read_python();
    }
    // Installed distributions may have entry points, which only the project's own Python can tell.
    const bool is_probed = workspace_.environment.settings.features.value.empty() &&
                           !workspace_.config.file.empty() && has_project_python();
    return is_probed ? read_installed() : std::vector<FeatureDefinition>{};
  }

  bool has_project_python() const {
    try {
      return find_interpreter(workspace_.config, workspace_.environment.settings, context_).is_of_project;
    } catch (const Error&) {
      if (workspace_.environment.settings.python.value) {
        throw;
      }
      return false;
    }
  }

  std::vector<FeatureDefinition> taken(ExportedProject project) {
    loaded_.from = fmt::format("{} from the Python project, Metaxy {}",
                               counted(project.definitions.size(), "definition"), project.metaxy_version);
    loaded_.target = std::move(project.target);
    return std::move(project.definitions);
  }

  std::vector<FeatureDefinition> read_python() {
    ExportedProject project =
        load_python_project(workspace_.config, workspace_.environment.settings, context_, loaded_.notes);
    require_features(project.definitions, "the Python project",
                     "are the modules with the feature classes imported by `entrypoints`?");
    return taken(std::move(project));
  }

  std::vector<FeatureDefinition> read_installed() {
    try {
      return taken(
          load_python_project(workspace_.config, workspace_.environment.settings, context_, loaded_.notes));
    } catch (const NoMetaxy&) {
      return {};
    }
  }

  /// An export file that is as new as the sources makes up for a Python that cannot be used.
  std::vector<FeatureDefinition> read_python_or_export() {
    try {
      return read_python();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::configuration) {
        throw;
      }
      std::vector<FeatureDefinition> definitions = read_export();
      if (!loaded_.stale.empty()) {
        ErrorDetail detail{.where = error.where(), .hint = error.hint(), .notes = error.notes()};
        detail.notes.push_back(fmt::format("'{}' does not make up for it, being older than the sources: {}",
                                           loaded_.export_file, join(loaded_.stale, "; ")));
        throw Error(ErrorKind::configuration, error.what(), std::move(detail));
      }
      context_.observer.on(
          Notice{fmt::format("the Python project cannot be used ({}): definitions from '{}', which "
                             "is as new as its sources",
                             error.what(), loaded_.export_file)});
      return definitions;
    }
  }

  std::vector<FeatureDefinition> read_export() {
    const std::string file = export_file(workspace_, context_);
    const std::optional<std::string> text = context_.files.read(file);
    if (!text) {
      throw Error(ErrorKind::configuration, fmt::format("there is no '{}'", file),
                  {.where = {},
                   .hint = "`metaxy-migrate export` writes it where the project's Python is",
                   .notes = {}});
    }
    ExportFile exported = export_file_from(*text, file, loaded_.notes);
    require_features(exported.definitions, fmt::format("'{}'", file),
                     "write it again: `metaxy-migrate export`");
    loaded_.from = fmt::format("{} from {}", counted(exported.definitions.size(), "definition"), file);
    loaded_.export_file = file;
    loaded_.stale = stale_parts(exported.stamp, workspace_.config, context_);
    loaded_.target = std::move(exported.target);
    return std::move(exported.definitions);
  }

  void require_features(const std::vector<FeatureDefinition>& definitions, const std::string& source,
                        const std::string& hint) const {
    if (!options_.may_be_none &&
        std::all_of(definitions.begin(), definitions.end(),
                    [](const FeatureDefinition& definition) { return definition.is_external; })) {
      throw Error(ErrorKind::configuration, fmt::format("{} defines no features", source),
                  {.where = {}, .hint = hint, .notes = {}});
    }
  }

  const Workspace& workspace_;
  const Context& context_;
  const DefinitionOptions& options_;
  LoadedDefinitions& loaded_;
};

/// Metaxy's own tables need no definitions, only the release that they are for; without it, it is the newest
/// one known.
LoadedDefinitions load_target(const Workspace& workspace, const Context& context,
                              const DefinitionOptions& options) {
  LoadedDefinitions loaded;
  loaded.has_system_primary_key = options.has_system_primary_key;
  const std::string source =
      options.source.empty() ? workspace.environment.settings.source.value : options.source;
  if (source.rfind("store:", 0) == 0) {
    return loaded;
  }
  try {
    Loader(workspace, context, options, loaded).read(source, 0);
    loaded.notes.clear();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::configuration) {
      throw;
    }
    context.observer.on(
        Warning{fmt::format("which Metaxy the system tables are for is not known ({}): taken as the "
                            "newest that this program knows",
                            error.what())});
  }
  return loaded;
}

void tell_of_stale(const LoadedDefinitions& loaded, const Context& context) {
  if (!loaded.stale.empty()) {
    context.observer.on(
        Warning{fmt::format("'{}' is older than the project's sources ({}): `metaxy-migrate export` "
                            "writes it again",
                            loaded.export_file, join(loaded.stale, "; "))});
  }
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
  if (workspace.environment.part == Part::system) {
    return load_target(workspace, context, options);
  }
  LoadedDefinitions loaded;
  loaded.has_system_primary_key = options.has_system_primary_key;
  std::vector<FeatureDefinition> all = read_toml_files(workspace, context);
  std::vector<FeatureDefinition> more =
      Loader(workspace, context, options, loaded)
          .read(options.source.empty() ? workspace.environment.settings.source.value : options.source,
                all.size());
  if (!options.reports_stale) {
    tell_of_stale(loaded, context);
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

void note_unknown_materialized(DesiredSchema& desired, const std::vector<std::string>& materialized,
                               const LoadedDefinitions& definitions) {
  const std::vector<std::string> keys = feature_keys(definitions.own);
  for (const std::string& feature : materialized) {
    if (std::find(keys.begin(), keys.end(), feature) == keys.end()) {
      const std::string suggestion = did_you_mean(feature, keys);
      desired.notes.push_back(fmt::format("`materialize` names no feature '{}'{}{}", feature,
                                          suggestion.empty() ? "" : "; ", suggestion));
    }
  }
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

void add_desired(DesiredSchema& desired, DesiredSchema more) {
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
    add_desired(desired, system_tables(*workspace.dialect, options));
  }
  if (workspace.environment.part != Part::system) {
    add_desired(desired, feature_tables(definitions.own, *workspace.dialect, options));
    leave_to_fallback(desired, workspace, created_features, scripted);
    note_unknown_materialized(desired, workspace.environment.settings.materialize.value, definitions);
  }
  return desired;
}

}  // namespace metaxy::migrate
