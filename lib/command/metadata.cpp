#include "command/metadata.hpp"

#include "diff/diff.hpp"

namespace metaxy::migrate {

MetadataResult run_metadata(const MetadataRequest& request, const Workspace& workspace, Context& context) {
  const Store& store = workspace.environment.store;
  MetadataResult result;
  result.environment = workspace.environment.name;
  result.dialect = std::string(workspace.dialect->name());
  result.url = request.shows_password ? store.sqlalchemy_url.reveal() : masked(store.sqlalchemy_url.reveal());
  LoadedDefinitions definitions = load_definitions(workspace, context, request.definitions);
  const TableOptions options{.table_prefix = store.table_prefix,
                             .has_map_datatype = workspace.config.enable_map_datatype.value,
                             .has_system_primary_key = request.has_system_primary_key,
                             .column_types = workspace.environment.settings.columns.value,
                             .target = definitions.target};
  if (request.has_system && workspace.environment.part != Part::features) {
    result.desired = system_tables(*workspace.dialect, options);
  }
  if (request.has_features && workspace.environment.part != Part::system) {
    result.from = definitions.from;
    DesiredSchema features = feature_tables(definitions.own, *workspace.dialect, options);
    result.desired.tables.merge(features.tables);
    result.desired.notes = std::move(definitions.notes);
    result.desired.notes.insert(result.desired.notes.end(), features.notes.begin(), features.notes.end());
  }
  const Schema schema = result.desired.schema();
  for (std::vector<Statement>& group : workspace.dialect->render({}, schema, diff({}, schema), {})) {
    std::move(group.begin(), group.end(), std::back_inserter(result.statements));
  }
  return result;
}

}  // namespace metaxy::migrate
