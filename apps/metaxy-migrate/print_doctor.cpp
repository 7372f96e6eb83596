// The report of doctor in every format.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "markup.hpp"
#include "print_json.hpp"
#include "print_more.hpp"

namespace metaxy::migrate {

std::string text_of(const DoctorReport& report, const Style& style) {
  std::string text;
  for (const Diagnosis& found : report.diagnoses) {
    const std::string severity = fmt::format("{}:", to_text(found.severity));
    text += fmt::format("{} {}: {}\n",
                        found.severity == Severity::error     ? style.red(severity)
                        : found.severity == Severity::warning ? style.yellow(severity)
                                                              : style.dim(severity),
                        found.environment, found.message);
    for (const std::string& detail : found.details) {
      text += fmt::format("  - {}\n", detail);
    }
    if (!found.fix.empty()) {
      text += fmt::format("  = help: {}\n", found.fix);
    }
  }
  for (const std::string& environment : report.environments) {
    const bool is_ill =
        std::any_of(report.diagnoses.begin(), report.diagnoses.end(), [&](const Diagnosis& found) {
          return found.environment == environment && found.severity != Severity::info;
        });
    if (!is_ill) {
      text += fmt::format("{} {}: Metaxy can work with this database\n", style.green("ok:"), environment);
    }
  }
  return text;
}

std::string json_of(const DoctorReport& report) {
  OrderedJson json = json_document();
  json["environments"] = report.environments;
  json["exit_code"] = report.exit_code;
  json["findings"] = OrderedJson::array();
  for (const Diagnosis& found : report.diagnoses) {
    json["findings"].push_back({{"severity", to_text(found.severity)},
                                {"area", to_text(found.area)},
                                {"environment", found.environment},
                                {"message", found.message},
                                {"details", found.details},
                                {"fix", found.fix}});
  }
  return dumped(json);
}

std::string github_of(const DoctorReport& report) {
  std::string text;
  for (const Diagnosis& found : report.diagnoses) {
    std::string message = fmt::format("{}: {}", found.environment, found.message);
    for (const std::string& detail : found.details) {
      message += fmt::format("\n- {}", detail);
    }
    if (!found.fix.empty()) {
      message += fmt::format("\n{}", found.fix);
    }
    const std::string_view level = found.severity == Severity::info ? "notice" : to_text(found.severity);
    text += fmt::format("::{}::{}\n", level, github_escaped(message));
  }
  return text;
}

std::string markdown_of(const DoctorReport& report) {
  std::string text = "## Can Metaxy work with this database?\n\n";
  if (report.diagnoses.empty()) {
    return text + fmt::format("Nothing found in {}.\n", join(report.environments, ", "));
  }
  text += "| severity | environment | finding | next |\n|---|---|---|---|\n";
  for (const Diagnosis& found : report.diagnoses) {
    std::string message = found.message;
    for (const std::string& detail : found.details) {
      message += fmt::format("\n{}", detail);
    }
    text +=
        fmt::format("| {} | {} | {} | {} |\n", to_text(found.severity), markdown_escaped(found.environment),
                    markdown_escaped(message), markdown_escaped(found.fix));
  }
  return text;
}

}  // namespace metaxy::migrate
