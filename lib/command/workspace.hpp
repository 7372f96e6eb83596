#pragma once
// An environment as a command sees it before any database is opened: configuration, dialect, scripts,
// definitions.

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "command/context.hpp"
#include "files/script_directory.hpp"
#include "metaxy/definition.hpp"
#include "metaxy/tables.hpp"
#include "plan/autogenerate.hpp"
#include "revision/graph.hpp"
#include "run/script_facts.hpp"

namespace metaxy::migrate {

/// Whether the command changes a database or only reads (decision 23).
enum class Purpose { reading, writing };

/// What of the scripts the command will ask for.
enum class ScriptUse { headers, all };

struct Workspace {
  Config config;
  Environment environment;
  const Dialect* dialect = nullptr;
  ScriptDirectory scripts;
  /// Of the files alone, without the scripts that replace others (revision/baseline.hpp).
  RevisionGraph graph;
  std::unique_ptr<FactsOfFiles> known_facts = std::make_unique<FactsOfFiles>();
};

/// The names that `-n` selects, or the default store for reading. Throws Error(usage) when a writing command
/// would have to guess.
std::vector<std::string> selected_names(const Config& config, const Context& context, Purpose purpose);

/// Loads the configuration and tells its warnings to the observer.
Config open_config(const Context& context);

/// What `config` prints: everything that is configured, and what it comes to for the environments that were
/// named.
struct ConfigReport {
  Config config;
  std::vector<Environment> environments;
};
ConfigReport run_config(const Context& context);

/// The graph of these files, with the baselines in `standing` for what they replace.
RevisionGraph graph_of(const ScriptDirectory& scripts, const std::set<std::string>& standing = {});

/// The scripts of an environment as they are now.
ScriptDirectory read_scripts(const Environment& environment, const Context& context,
                             const KeepText& keep = {});

/// Throws Error(configuration) for a store that no dialect drives or scripts of another dialect or prefix,
/// naming the way out.
Workspace open_workspace(const Config& config, const std::string& name, const Context& context);
/// The same of an environment whose settings are at hand.
Workspace workspace_of(const Config& config, Environment environment, const Context& context,
                       ScriptUse use = ScriptUse::all);

/// Tells of a directory of scripts that does not exist: a mistyped `script_location` looks like one without
/// scripts.
void tell_of_missing_directory(const Workspace& workspace, const Context& context);

/// The one that a command works on, with all that is configured. Throws Error(usage) when several were named.
struct OnlyEnvironment {
  Config config;
  Environment environment;
};
OnlyEnvironment only_environment(const Context& context, Purpose purpose);
/// For commands about one environment. Throws Error(usage) when several were named.
Workspace open_only_workspace(const Context& context, Purpose purpose);

/// Definitions of the environment's project by `source` (product reference 3), with a line on stderr that
/// says from where.
struct LoadedDefinitions {
  std::vector<FeatureDefinition> own;
  /// Tables of other projects' features that are known, with the project.
  std::map<TableName, std::string> foreign_tables;
  std::string from;
  /// The release of Metaxy that they are for.
  MetaxyTarget target = newest_target();
  /// definitions.toml, when they are from there, and what of the project is no longer as it says.
  std::string export_file;
  std::vector<std::string> stale;
  std::vector<std::string> notes;
  /// The system tables get the primary keys that Metaxy exports (contract D2).
  bool has_system_primary_key = false;
};
struct DefinitionOptions {
  /// Overrides [ext.migrate] source: "auto", "python", "export", "toml", "store:NAME".
  std::string source;
  bool has_all_projects = false;
  bool has_system_primary_key = false;
  /// Where there is a definitions.toml, `auto` takes it and leaves Python aside.
  bool prefers_export = false;
  /// The caller tells of `stale` itself.
  bool reports_stale = false;
  /// A project without features is not taken for one that was not found.
  bool may_be_none = false;
};
LoadedDefinitions load_definitions(const Workspace& workspace, const Context& context,
                                   const DefinitionOptions& options);

/// The tables that this environment must have: features, system tables, or both by its part.
DesiredSchema desired_schema(const Workspace& workspace, const LoadedDefinitions& definitions,
                             const std::vector<std::string>& created_features,
                             const ScriptedSchema& scripted);

/// Whether some of the tables were made by revisions of Alembic, of which no script says what they look like:
/// no baseline replaces them, and nothing was adopted on top of them.
bool has_untold_history(const Workspace& workspace, const ScriptedSchema& scripted);

/// A revision of the graph, or a baseline that is not in it; nullptr when neither has that id.
const Revision* find_revision(const Workspace& workspace, const RevisionGraph& graph, const std::string& id);

/// Facts of one file; of a revision of Alembic its name only. `use` says whether they are asked for again.
enum class FactsUse { again, once };
SharedFacts facts_of(const Workspace& workspace, const Context& context, const Revision& revision,
                     FactsUse use = FactsUse::again);

/// Facts of the scripts with these ids, in this order, from their files.
std::vector<SharedFacts> facts_of(const Workspace& workspace, const Context& context,
                                  const std::vector<std::string>& ids);

/// The scripted schema at the heads of the files.
ScriptedSchema scripted_at_head(const Workspace& workspace, const Context& context);

ScriptedSchema fold(const std::vector<SharedFacts>& facts);

}  // namespace metaxy::migrate
