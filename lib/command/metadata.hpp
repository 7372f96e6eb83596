#pragma once
// `metadata`: the tables that the model asks for, and the store's SQLAlchemy URL. Opens no database (but a
// store named as source).

#include <string>
#include <vector>

#include "command/workspace.hpp"

namespace metaxy::migrate {

struct MetadataRequest {
  bool has_features = true;
  bool has_system = true;
  bool shows_password = false;
  bool has_system_primary_key = false;
  DefinitionOptions definitions;
};

struct MetadataResult {
  std::string environment;
  std::string dialect;
  /// Masked unless asked for.
  std::string url;
  std::string from;
  DesiredSchema desired;
  /// CREATE statements of the desired schema.
  std::vector<Statement> statements;
};
MetadataResult run_metadata(const MetadataRequest& request, const Workspace& workspace, Context& context);

}  // namespace metaxy::migrate
