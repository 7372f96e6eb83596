// GitHub annotations and Markdown summaries.

#include <fmt/format.h>

#include "base/text.hpp"
#include "command/dry_run.hpp"
#include "print.hpp"

namespace metaxy::migrate {

namespace {

std::string level_of(const Finding& finding) {
  switch (finding.kind) {
    case FindingKind::integrity:
    case FindingKind::drift:
    case FindingKind::model_changed:
    case FindingKind::failure:
      return "error";
    case FindingKind::pending:
      return "notice";
    case FindingKind::warning:
      return "warning";
  }
  return "notice";
}

std::string whole_message(const Finding& finding) {
  std::string text = fmt::format("{}: {}", finding.environment, finding.message);
  for (const std::string& detail : finding.details) {
    text += fmt::format("\n- {}", detail);
  }
  if (!finding.hint.empty()) {
    text += fmt::format("\n{}", finding.hint);
  }
  return text;
}

}  // namespace

std::string github_escaped(const std::string& text) {
  return replace_all(replace_all(replace_all(text, "%", "%25"), "\r", "%0D"), "\n", "%0A");
}

std::string github_of(const CheckReport& report) {
  std::string text;
  for (const Finding& finding : report.findings) {
    const std::string file =
        finding.file.empty() ? "" : fmt::format(" file={}", github_escaped(finding.file));
    text += fmt::format("::{}{}::{}\n", level_of(finding), file, github_escaped(whole_message(finding)));
  }
  return text;
}

std::string github_of(const Error& error) {
  std::string place;
  if (error.where() && !error.where()->file.empty()) {
    place = fmt::format(" file={}", github_escaped(error.where()->file));
    if (error.where()->line > 0) {
      place += fmt::format(",line={}", error.where()->line);
    }
  }
  std::string text = error.what();
  for (const std::string& note : error.notes()) {
    text += fmt::format("\n- {}", note);
  }
  if (!error.hint().empty()) {
    text += fmt::format("\n{}", error.hint());
  }
  return fmt::format("::error{}::{}\n", place, github_escaped(text));
}

std::string github_of(const RunResult& result) {
  std::string text;
  for (const PlannedRevision& revision : result.planned) {
    for (const PlannedStatement& statement : revision.statements) {
      const std::string level = statement.destructive_reason.empty() ? "notice" : "warning";
      const std::string reason =
          statement.destructive_reason.empty() ? "" : fmt::format(" ({})", statement.destructive_reason);
      text += fmt::format("::{} file={}::{}{}\n", level, github_escaped(revision.file),
                          github_escaped(statement.sql), github_escaped(reason));
    }
  }
  return text;
}

std::string markdown_of(const CheckReport& report) {
  std::string text = "## Migration check\n\n";
  if (report.findings.empty()) {
    return text + fmt::format("Nothing found in {}.\n", join(report.environments, ", "));
  }
  text += "| kind | environment | finding | next |\n|---|---|---|---|\n";
  for (const Finding& finding : report.findings) {
    std::string message = finding.message;
    for (const std::string& detail : finding.details) {
      message += fmt::format("<br>{}", detail);
    }
    text += fmt::format("| {} | {} | {} | {} |\n", to_text(finding.kind), finding.environment,
                        replace_all(message, "|", "\\|"), replace_all(finding.hint, "|", "\\|"));
  }
  return text;
}

std::string markdown_of(const RunResult& result) {
  std::string text = fmt::format("## Plan for {} ({})\n\n", result.environment, result.dialect);
  if (result.planned.empty()) {
    return text + "Nothing to do.\n";
  }
  for (const PlannedRevision& revision : result.planned) {
    text += fmt::format("### {} {}\n\n```sql\n", revision.revision, revision.message);
    for (const PlannedStatement& statement : revision.statements) {
      for (const std::string& comment : comment_lines(statement)) {
        text += fmt::format("-- {}\n", comment);
      }
      text += statement.sql + ";\n";
    }
    text += "```\n\n";
  }
  return text;
}

}  // namespace metaxy::migrate
