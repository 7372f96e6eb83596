#include <nlohmann/json.hpp>

#include "print_json.hpp"
#include "print_more.hpp"
#include "schema/json.hpp"

namespace metaxy::migrate {

namespace {

OrderedJson statements_json(const std::vector<Statement>& statements) {
  OrderedJson list = OrderedJson::array();
  for (const Statement& statement : statements) {
    list.push_back({{"sql", statement.text}, {"comments", statement.comments}});
  }
  return list;
}

}  // namespace

std::string json_of(const InitResult& result) {
  OrderedJson json = json_document();
  json["environment"] = result.environment;
  json["files"] = result.files;
  return dumped(json);
}

std::string json_of(const TakeOverResult& result) {
  OrderedJson json = json_document();
  json["environment"] = result.environment;
  json["from"] = result.from;
  json["directory"] = result.directory;
  json["revisions"] = result.revisions;
  json["heads"] = result.heads;
  json["files"] = result.files;
  json["baseline"] = result.baseline.empty() ? OrderedJson(nullptr) : OrderedJson(result.baseline);
  json["notes"] = result.notes;
  json["lines"] = result.lines;
  json["next"] = result.next;
  return dumped(json);
}

std::string json_of(const AdoptResult& result) {
  OrderedJson json = json_document();
  json["environment"] = result.environment;
  json["revision"] = result.revision;
  json["file"] = result.file;
  json["adopted"] = result.adopted;
  json["missing"] = result.missing;
  json["differences"] = result.differences;
  json["notes"] = result.notes;
  return dumped(json);
}

std::string json_of(const StampResult& result) {
  OrderedJson json = json_document();
  json["environment"] = result.environment;
  json["heads_before"] = result.heads_before;
  json["heads"] = result.heads;
  json["steps"] = OrderedJson::array();
  for (const StampStep& step : result.steps) {
    json["steps"].push_back({{"from", step.from}, {"to", step.to}});
  }
  json["accepted_edit"] = result.accepted_edit;
  return dumped(json);
}

std::string json_of(const DiffResult& result) {
  OrderedJson json = json_document();
  json["environment"] = result.environment;
  json["wanted"] = to_text(result.wanted);
  json["found"] = to_text(result.found);
  json["changes"] = OrderedJson::array();
  for (const Operation& operation : result.operations) {
    json["changes"].push_back(
        {{"summary", summary(operation)}, {"operation", OrderedJson::parse(to_json_line(operation))}});
  }
  json["statements"] = statements_json(result.statements);
  json["notes"] = result.notes;
  return dumped(json);
}

std::string json_of(const MetadataResult& result) {
  OrderedJson json = json_document();
  json["environment"] = result.environment;
  json["dialect"] = result.dialect;
  json["url"] = result.url;
  json["definitions"] = result.from;
  json["tables"] = OrderedJson::array();
  for (const auto& [name, desired] : result.desired.tables) {
    json["tables"].push_back(
        {{"feature", desired.feature}, {"project", desired.project}, {"table", to_json(desired.table)}});
  }
  json["notes"] = result.desired.notes;
  return dumped(json);
}

std::string json_of(const ReplayResult& result) {
  OrderedJson json = json_document();
  json["environment"] = result.environment;
  json["scripts"] = OrderedJson::array();
  for (const ReplayedScript& script : result.scripts) {
    json["scripts"].push_back({{"revision", script.revision},
                               {"file", script.file},
                               {"changes", script.changes},
                               {"written", script.is_written}});
  }
  return dumped(json);
}

std::string json_of(const RestoreResult& result) {
  OrderedJson json = json_document();
  json["environment"] = result.environment;
  json["backups"] = result.backups;
  json["restored"] = result.restored;
  json["kept"] = result.kept;
  json["lost"] = result.lost;
  json["lost_by_others"] = result.lost_by_others;
  return dumped(json);
}

std::string json_of(const ExportResult& result) {
  OrderedJson json = json_document();
  json["metaxy"] = result.metaxy_version;
  json["features"] = result.features;
  json["files"] = OrderedJson::array();
  for (const ExportResult::File& file : result.files) {
    json["files"].push_back({{"file", file.file}, {"changed", file.is_changed}});
  }
  return dumped(json);
}

std::string json_of(const RecoverResult& result) {
  OrderedJson json = json_document();
  json["environment"] = result.environment;
  json["done"] = result.done;
  return dumped(json);
}

std::string json_of(const RebaseResult& result) {
  OrderedJson json = json_document();
  json["environment"] = result.environment;
  json["revision"] = result.revision;
  json["file"] = result.file;
  json["from"] = result.from;
  json["onto"] = result.onto;
  json["moved"] = result.moved;
  return dumped(json);
}

namespace {

OrderedJson settings_of(const std::vector<Config::Entry>& entries) {
  OrderedJson settings = OrderedJson::array();
  for (const Config::Entry& entry : entries) {
    settings.push_back({{"key", entry.key}, {"value", entry.value}, {"origin", entry.origin}});
  }
  return settings;
}

}  // namespace

std::string json_of(const ConfigReport& report) {
  OrderedJson json = json_document();
  json["file"] = report.config.file;
  json["files"] = report.config.files;
  json["settings"] = settings_of(report.config.entries());
  json["environments"] = OrderedJson::array();
  for (const Environment& environment : report.environments) {
    json["environments"].push_back(
        {{"environment", environment.name}, {"settings", settings_of(entries(environment))}});
  }
  return dumped(json);
}

}  // namespace metaxy::migrate
