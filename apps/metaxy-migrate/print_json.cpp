#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.hpp"
#include "print.hpp"
#include "print_json.hpp"

namespace metaxy::migrate {

namespace {

OrderedJson json_of(const RevisionView& view) {
  OrderedJson json = {{"revision", view.revision},
                      {"down_revision", view.down_revisions},
                      {"depends_on", view.depends_on},
                      {"branch_labels", view.branch_labels},
                      {"message", view.message},
                      {"created", view.created},
                      {"file", view.file},
                      {"is_head", view.is_head},
                      {"is_effective_head", view.is_effective_head},
                      {"is_branch_point", view.is_branch_point},
                      {"is_merge_point", view.is_merge_point}};
  // Not known is not "no".
  if (view.is_marked) {
    json["is_current"] = view.is_current;
    json["is_applied"] = view.is_applied;
  }
  if (!view.applied_at.empty()) {
    json["applied_at"] = view.applied_at;
    json["applied_by"] = view.applied_by;
    json["duration_ms"] = view.duration_ms.value_or(0);
  }
  return json;
}

constexpr int kSchemaVersion = 1;

}  // namespace

OrderedJson json_document() { return {{"schema_version", kSchemaVersion}}; }

std::string dumped(const OrderedJson& json) {
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

std::string json_of(const RevisionResult& result) {
  OrderedJson json = json_document();
  json["written"] = OrderedJson::array();
  for (const WrittenRevision& written : result.written) {
    json["written"].push_back({{"environment", written.environment},
                               {"dialect", written.dialect},
                               {"revision", written.revision},
                               {"message", written.message},
                               {"file", written.file},
                               {"changes", written.changes},
                               {"notes", written.notes}});
  }
  return dumped(json);
}

std::string json_of(const RunResult& result) {
  OrderedJson json = json_document();
  json["environment"] = result.environment;
  json["dialect"] = result.dialect;
  json["direction"] = to_text(result.direction);
  json["dry_run"] = result.is_dry_run;
  json["heads_before"] = result.heads_before;
  json["heads"] = result.heads;
  json["backup"] = result.backup;
  json["revisions"] = OrderedJson::array();
  for (const FinishedRevision& revision : result.finished) {
    json["revisions"].push_back(
        {{"revision", revision.revision},
         {"message", revision.message},
         {"statements", revision.statements},
         {"duration_ms", std::chrono::duration_cast<std::chrono::milliseconds>(revision.elapsed).count()}});
  }
  for (const PlannedRevision& revision : result.planned) {
    OrderedJson statements = OrderedJson::array();
    for (const PlannedStatement& statement : revision.statements) {
      OrderedJson entry = {{"sql", statement.sql}, {"comments", statement.comments}};
      if (!statement.destructive_reason.empty()) {
        entry["destructive"] = statement.destructive_reason;
      }
      if (statement.rows) {
        entry["table"] = statement.table;
        entry["rows"] = *statement.rows;
      }
      statements.push_back(std::move(entry));
    }
    json["revisions"].push_back({{"revision", revision.revision},
                                 {"message", revision.message},
                                 {"file", revision.file},
                                 {"statements", std::move(statements)}});
  }
  return dumped(json);
}

std::string json_of(const CheckReport& report) {
  OrderedJson json = json_document();
  json["environments"] = report.environments;
  json["exit_code"] = report.exit_code;
  json["findings"] = OrderedJson::array();
  for (const Finding& finding : report.findings) {
    json["findings"].push_back({{"kind", to_text(finding.kind)},
                                {"environment", finding.environment},
                                {"message", finding.message},
                                {"details", finding.details},
                                {"hint", finding.hint},
                                {"file", finding.file}});
    if (finding.line > 0) {
      json["findings"].back()["line"] = finding.line;
    }
  }
  json["warnings"] = report.warnings;
  return dumped(json);
}

std::string json_of(const StatusReport& report) {
  OrderedJson json = json_document();
  json["environment"] = report.environment;
  json["dialect"] = report.dialect;
  json["database"] = report.database;
  json["exists"] = report.does_exist;
  json["file_bytes"] = report.file_bytes;
  json["current"] = report.current;
  json["heads"] = report.heads;
  json["pending"] = report.pending;
  json["revisions"] = OrderedJson::array();
  for (const RevisionView& view : report.revisions) {
    json["revisions"].push_back(json_of(view));
  }
  if (report.partial) {
    json["partial"] = {{"revision", report.partial->revision},
                       {"direction", to_text(report.partial->direction)},
                       {"sections_done", report.partial->sections_done},
                       {"statements_done", report.partial->statements_done},
                       {"in_doubt", report.partial->is_in_doubt},
                       {"being_undone", report.partial->is_being_undone},
                       {"at_work", report.at_work},
                       {"next", report.partial_next},
                       {"obstacle", report.partial_obstacle}};
  }
  if (!report.failure.empty()) {
    json["failure"] = {{"revision", report.failed_revision}, {"error", report.failure}};
  }
  json["backups"] = report.backups;
  json["problems"] = OrderedJson::array();
  for (const Problem& problem : report.problems) {
    json["problems"].push_back({{"message", problem.message}, {"hint", problem.hint}});
  }
  return dumped(json);
}

std::string json_of(const RevisionList& list) {
  OrderedJson json = json_document();
  json["environment"] = list.environment;
  json["revisions"] = OrderedJson::array();
  for (const RevisionView& view : list.revisions) {
    json["revisions"].push_back(json_of(view));
  }
  return dumped(json);
}

std::string graph_json_of(const RevisionList& list) {
  OrderedJson json = OrderedJson::parse(json_of(list));
  json["edges"] = OrderedJson::array();
  for (const RevisionView& view : list.revisions) {
    for (const std::string& parent : view.down_revisions) {
      json["edges"].push_back({{"from", view.revision}, {"to", parent}, {"kind", "parent"}});
    }
    for (const std::string& needed : view.needed) {
      json["edges"].push_back({{"from", view.revision}, {"to", needed}, {"kind", "dependency"}});
    }
  }
  return dumped(json);
}

std::string json_of(const ShowResult& result) {
  OrderedJson json = json_document();
  json["environment"] = result.environment;
  json["revisions"] = OrderedJson::array();
  for (const ShownRevision& shown : result.revisions) {
    OrderedJson entry = json_of(shown.view);
    entry["script"] = shown.text;
    json["revisions"].push_back(std::move(entry));
  }
  return dumped(json);
}

}  // namespace metaxy::migrate
