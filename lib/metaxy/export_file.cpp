#include "metaxy/export_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "metaxy/sources.hpp"
#include "metaxy/target_json.hpp"
#include "metaxy/toml_json.hpp"

namespace metaxy::migrate {

namespace {

constexpr int kFileFormat = 1;
constexpr std::string_view kHeading =
    "# Made from the Python project by `metaxy-migrate export`: write it again by that, not by hand.\n\n";

Json feature_json(const Json& feature) {
  Json data = {{"project", feature.at("project")},
               {"feature_class_path", feature.at("class_path")},
               {"feature_schema", feature.at("schema")},
               {"spec", feature.at("spec")}};
  if (data["feature_class_path"].get<std::string>().empty()) {
    data.erase("feature_class_path");
  }
  Json result = Json::object();
  if (const auto versions = feature.find("versions"); versions != feature.end() && versions->is_object()) {
    result["info"] = *versions;
  }
  result["data"] = std::move(data);
  return result;
}

/// The keys of Metaxy's lock file are sorted; ours are in the order in which they are put.
Json sorted_tables(const Json& json) { return Json::parse(nlohmann::json::parse(json.dump()).dump()); }

Json texts_json(const std::map<std::string, std::string>& texts) {
  Json json = Json::object();
  for (const auto& [key, value] : texts) {
    json[key] = value;
  }
  return json;
}

std::map<std::string, std::string> text_map_at(const Json& json, const char* key) {
  std::map<std::string, std::string> texts;
  if (const auto found = json.find(key); found != json.end()) {
    for (const auto& [name, value] : found->items()) {
      texts[name] = value.get<std::string>();
    }
  }
  return texts;
}

ExportStamp stamp_of(const Json& json) {
  ExportStamp stamp;
  stamp.project = json.value("project", std::string());
  for (const Json& entrypoint : json.value("entrypoints", Json::array())) {
    stamp.entrypoints.push_back(entrypoint.get<std::string>());
  }
  stamp.files = text_map_at(json, "files");
  stamp.folders = text_map_at(json, "folders");
  return stamp;
}

void read_own_part(const TomlDocument& document, const TomlEntry& entry, ExportFile& file) {
  const Json json = json_of(entry.value);
  const int format = json.value("format", 0);
  if (format != kFileFormat) {
    throw Error(
        ErrorKind::configuration,
        fmt::format("'{}' has format {}; this program reads {}", document.file(), format, kFileFormat),
        {.where = document.at(entry), .hint = "write it again: `metaxy-migrate export`", .notes = {}});
  }
  file.stamp = stamp_of(json);
  if (const auto target = json.find("target"); target != json.end()) {
    file.target = target_from(*target, json.value("metaxy", std::string()));
  }
  for (const Json& key : json.value("external", Json::array())) {
    for (FeatureDefinition& definition : file.definitions) {
      definition.is_external = definition.is_external || definition.key == key.get<std::string>();
    }
  }
}

}  // namespace

std::string export_file_text(std::string_view exported_json, const ExportStamp& stamp) {
  const Json exported = Json::parse(exported_json);
  Json own = {{"format", kFileFormat}, {"metaxy", exported.at("metaxy")}};
  if (!stamp.project.empty()) {
    own["project"] = stamp.project;
  }
  own["entrypoints"] = stamp.entrypoints;
  Json features = Json::object();
  Json tables = Json::object();
  Json external = Json::array();
  for (const Json& feature : exported.at("features")) {
    const std::string key = feature.at("key").get<std::string>();
    features[key] = feature_json(feature);
    if (const auto table = feature.find("table"); table != feature.end()) {
      tables[key] = *table;
    }
    if (feature.at("is_external").get<bool>()) {
      external.push_back(key);
    }
  }
  if (!external.empty()) {
    own["external"] = std::move(external);
  }
  own["files"] = texts_json(stamp.files);
  own["folders"] = texts_json(stamp.folders);
  own["target"] = exported.at("target");
  const Json root = {
      {"export", std::move(own)}, {"features", sorted_tables(features)}, {"tables", sorted_tables(tables)}};
  return std::string(kHeading) + toml_text(root);
}

ExportFile export_file_from(std::string_view text, const std::string& file, std::vector<std::string>& notes) {
  ExportFile result;
  result.target = newest_target();
  result.definitions = definitions_from_lock(text, file, false, notes);
  const TomlDocument document(text, file);
  for (const TomlEntry& entry : document.root().entries) {
    if (entry.key == "export") {
      try {
        read_own_part(document, entry, result);
      } catch (const Json::exception& error) {
        throw Error(
            ErrorKind::configuration, fmt::format("[export] cannot be read: {}", error.what()),
            {.where = document.at(entry), .hint = "write it again: `metaxy-migrate export`", .notes = {}});
      }
    }
  }
  return result;
}

}  // namespace metaxy::migrate
