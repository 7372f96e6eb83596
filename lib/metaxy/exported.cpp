#include "metaxy/exported.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "metaxy/embedded_exporter.hpp"
#include "metaxy/json_members.hpp"
#include "metaxy/sources.hpp"
#include "metaxy/target_json.hpp"
#include "schema/json.hpp"

namespace metaxy::migrate {

namespace {

constexpr int kExporterFormat = 1;

FeatureDefinition exported_definition(const Json& feature, std::vector<std::string>& notes) {
  const std::string key = text_at(feature, "key");
  const std::string class_path = text_at(feature, "class_path");
  const std::string origin = class_path.empty() ? fmt::format("feature '{}'", key)
                                                : fmt::format("feature '{}' ({})", key, class_path);
  FeatureDefinition definition =
      definition_from_json(feature.at("spec").dump(), feature.at("schema").get<std::string>(),
                           text_at(feature, "project"), origin, notes);
  definition.class_path = class_path;
  definition.is_external = feature.at("is_external").get<bool>();
  if (const auto table = feature.find("table"); table != feature.end()) {
    definition.sql_table = table->dump();
  }
  definition.origin = class_path.empty() ? "the Python project" : class_path;
  return definition;
}

ExportedInputs inputs_of(const Json& json) {
  ExportedInputs inputs;
  inputs.modules = texts_of(json.at("modules"));
  inputs.data = texts_of(json.at("data"));
  inputs.installed = texts_of(json.at("installed"));
  inputs.installed_folders = texts_of(json.at("installed_folders"));
  inputs.unseen = texts_of(json.at("unseen"));
  inputs.changed = texts_of(json.at("changed"));
  for (const auto& [path, hash] : json.at("hashes").items()) {
    inputs.hashes[path] = hash.get<std::string>();
  }
  for (const Json& listing : json.at("listings")) {
    inputs.listings.push_back(
        {.path = listing.at("path").get<std::string>(), .by = listing.at("by").get<std::string>()});
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
    project.definitions.push_back(exported_definition(feature, notes));
  }
  project.target = target_from(json.at("target"), project.metaxy_version);
  project.inputs = inputs_of(json.at("inputs"));
  return project;
}

}  // namespace

std::string_view exporter_source() { return kExporterSource; }

ExportedProject exported_project(std::string_view json_text, std::vector<std::string>& notes) {
  try {
    const Json json = Json::parse(json_text);
    const int format = json.at("format").get<int>();
    if (format != kExporterFormat) {
      throw Error(ErrorKind::failure,
                  fmt::format("the exporter's result has format {}; expected {}", format, kExporterFormat));
    }
    return project_of(json, notes);
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::failure, fmt::format("the exporter's result cannot be read: {}", error.what()));
  }
}

}  // namespace metaxy::migrate
