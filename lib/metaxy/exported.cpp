#include "metaxy/exported.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "metaxy/embedded_exporter.hpp"
#include "metaxy/sources.hpp"
#include "schema/json.hpp"

namespace metaxy::migrate {

namespace {

constexpr int kFormat = 1;

std::string text_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> texts_at(const Json& json, const char* key) {
  std::vector<std::string> texts;
  for (const Json& text : json.at(key)) {
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

FeatureDefinition definition_of(const Json& feature, std::vector<std::string>& notes) {
  const std::string key = text_at(feature, "key");
  const std::string class_path = text_at(feature, "class_path");
  const std::string origin = class_path.empty() ? fmt::format("feature '{}'", key)
                                                : fmt::format("feature '{}' ({})", key, class_path);
  FeatureDefinition definition =
      definition_from_json(feature.at("spec").dump(), feature.at("schema").get<std::string>(),
                           text_at(feature, "project"), origin, notes);
  definition.class_path = class_path;
  definition.is_external = feature.at("is_external").get<bool>();
  definition.origin = class_path.empty() ? "the Python project" : class_path;
  return definition;
}

LogicalKind kind_of(const std::string& name) {
  if (name == "timestamp") return LogicalKind::timestamp;
  if (name == "date") return LogicalKind::date;
  if (name == "boolean") return LogicalKind::boolean;
  if (name == "integer") return LogicalKind::integer;
  if (name == "real") return LogicalKind::real;
  if (name == "binary") return LogicalKind::binary;
  return LogicalKind::text;
}

std::vector<MetaxyColumn> columns_of(const Json& columns) {
  std::vector<MetaxyColumn> result;
  for (const Json& column : columns) {
    result.push_back({.name = column.at("name").get<std::string>(),
                      .kind = kind_of(text_at(column, "type")),
                      .is_nullable = column.at("nullable").get<bool>()});
  }
  return result;
}

/// In the order in which tables are made here, where they are the same columns.
std::vector<MetaxyColumn> in_known_order(std::vector<MetaxyColumn> columns,
                                         const std::vector<MetaxyColumn>& known) {
  return std::is_permutation(columns.begin(), columns.end(), known.begin(), known.end()) ? known : columns;
}

MetaxyTarget target_of(const Json& json, const std::string& version) {
  MetaxyTarget target;
  target.version = version;
  target.feature_columns =
      in_known_order(columns_of(json.at("feature_columns")), newest_target().feature_columns);
  for (const Json& table : json.at("system_tables")) {
    SystemTable result{.name = table.at("name").get<std::string>(),
                       .columns = columns_of(table.at("columns"))};
    for (const SystemTable& known : newest_target().system_tables) {
      if (known.name == result.name) {
        result.columns = in_known_order(std::move(result.columns), known.columns);
      }
    }
    target.system_tables.push_back(std::move(result));
  }
  return target;
}

ExportedInputs inputs_of(const Json& json) {
  ExportedInputs inputs;
  inputs.modules = texts_at(json, "modules");
  inputs.data = texts_at(json, "data");
  inputs.installed = texts_at(json, "installed");
  for (const Json& listing : json.at("listings")) {
    inputs.listings.push_back({.path = listing.at("path").get<std::string>(),
                               .is_modules_only = listing.at("modules_only").get<bool>()});
  }
  return inputs;
}

ExportFailure failure_of(const Json& json) {
  ExportFailure failure{.kind = text_at(json, "kind"),
                        .message = text_at(json, "message"),
                        .exception = text_at(json, "exception"),
                        .cause = text_at(json, "cause"),
                        .traceback = text_at(json, "traceback"),
                        .module = text_at(json, "module"),
                        .file = text_at(json, "file")};
  if (const auto line = json.find("line"); line != json.end() && line->is_number_unsigned()) {
    failure.line = line->get<std::size_t>();
  }
  return failure;
}

ExportedProject project_of(const Json& json, std::vector<std::string>& notes) {
  ExportedProject project;
  project.python_version = text_at(json, "python");
  project.executable = text_at(json, "executable");
  project.prefix = text_at(json, "prefix");
  if (const auto error = json.find("error"); error != json.end()) {
    project.failure = failure_of(*error);
    return project;
  }
  project.metaxy_version = text_at(json, "metaxy");
  project.project = text_at(json, "project");
  for (const Json& feature : json.at("features")) {
    project.definitions.push_back(definition_of(feature, notes));
  }
  project.target = target_of(json.at("target"), project.metaxy_version);
  project.inputs = inputs_of(json.at("inputs"));
  return project;
}

}  // namespace

std::string_view exporter_source() { return kExporterSource; }

ExportedProject exported_project(std::string_view json_text, std::vector<std::string>& notes) {
  try {
    const Json json = Json::parse(json_text);
    const int format = json.at("format").get<int>();
    if (format != kFormat) {
      throw Error(ErrorKind::failure,
                  fmt::format("the exporter's result has format {}; expected {}", format, kFormat));
    }
    return project_of(json, notes);
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::failure, fmt::format("the exporter's result cannot be read: {}", error.what()));
  }
}

}  // namespace metaxy::migrate
