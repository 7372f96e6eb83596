// GitHub annotations and Markdown summaries.

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <system_error>

#include "base/text.hpp"
#include "command/dry_run.hpp"
#include "markup.hpp"
#include "print.hpp"
#include "terminal.hpp"

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

/// GitHub looks for files from the root of the repository, which need not be where the command works.
std::string from_workspace(const std::string& file) {
  const ProcessEnvironment environment = process_environment();
  const auto root = environment.find("GITHUB_WORKSPACE");
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);
  if (root == environment.end() || root->second.empty() || error) {
    return file;
  }
  const std::string path = (here / file).lexically_normal().lexically_relative(root->second).string();
  return path.empty() || path.starts_with("..") ? file : path;
}

std::string place_of(const std::string& file, std::size_t line) {
  if (file.empty()) {
    return {};
  }
  const std::string place = fmt::format(" file={}", github_property(from_workspace(file)));
  return line == 0 ? place : fmt::format("{},line={}", place, line);
}

}  // namespace

std::string github_of(const CheckReport& report) {
  std::string text;
  for (const std::string& warning : report.warnings) {
    text += fmt::format("::warning::{}\n", github_escaped(warning));
  }
  for (const Finding& finding : report.findings) {
    text += fmt::format("::{}{}::{}\n", level_of(finding), place_of(finding.file, finding.line),
                        github_escaped(whole_message(finding)));
  }
  return text;
}

std::string github_of(const Error& error) {
  std::string text = error.what();
  for (const std::string& note : error.notes()) {
    text += fmt::format("\n- {}", note);
  }
  if (!error.hint().empty()) {
    text += fmt::format("\n{}", error.hint());
  }
  const std::string place = error.where() ? place_of(error.where()->file, error.where()->line) : "";
  return fmt::format("::error{}::{}\n", place, github_escaped(text));
}

std::string github_of(const RunResult& result) {
  if (!result.is_dry_run) {
    return fmt::format("::notice::{}\n", github_escaped(outcome_of(result)));
  }
  std::string text;
  for (const PlannedRevision& revision : result.planned) {
    for (const PlannedStatement& statement : revision.statements) {
      const std::string level = statement.destructive_reason.empty() ? "notice" : "warning";
      const std::string reason =
          statement.destructive_reason.empty() ? "" : fmt::format(" ({})", statement.destructive_reason);
      text += fmt::format("::{}{}::{}{}\n", level, place_of(revision.file, 0), github_escaped(statement.sql),
                          github_escaped(reason));
    }
  }
  return text;
}

std::string markdown_of(const CheckReport& report) {
  std::string text = "## Migration check\n\n";
  if (report.findings.empty() && report.warnings.empty()) {
    return text + fmt::format("Nothing found in {}.\n", join(report.environments, ", "));
  }
  text += "| kind | environment | finding | next |\n|---|---|---|---|\n";
  for (const std::string& warning : report.warnings) {
    text += fmt::format("| warning |  | {} |  |\n", markdown_escaped(warning));
  }
  for (const Finding& finding : report.findings) {
    std::string message = finding.message;
    for (const std::string& detail : finding.details) {
      message += fmt::format("\n{}", detail);
    }
    text +=
        fmt::format("| {} | {} | {} | {} |\n", to_text(finding.kind), markdown_escaped(finding.environment),
                    markdown_escaped(message), markdown_escaped(finding.hint));
  }
  return text;
}

namespace {

std::string markdown_of_plan(const RunResult& result) {
  std::string text =
      fmt::format("## Plan for {} ({})\n\n", markdown_escaped(result.environment), result.dialect);
  if (result.planned.empty()) {
    return text + markdown_escaped(outcome_of(result)) + ".\n";
  }
  for (const PlannedRevision& revision : result.planned) {
    std::string statements;
    for (const PlannedStatement& statement : revision.statements) {
      for (const std::string& comment : comment_lines(statement)) {
        statements += fmt::format("-- {}\n", comment);
      }
      statements += statement.sql + ";\n";
    }
    text += fmt::format("### {} {}\n\n{}\n", revision.revision, markdown_escaped(revision.message),
                        markdown_fenced("sql", statements));
  }
  return text;
}

}  // namespace

std::string markdown_of(const RunResult& result) {
  if (result.is_dry_run) {
    return markdown_of_plan(result);
  }
  std::string text =
      fmt::format("## {} {} ({})\n\n", result.direction == Direction::upgrade ? "Upgrade of" : "Downgrade of",
                  markdown_escaped(result.environment), result.dialect);
  if (!result.finished.empty()) {
    text += "| revision | message | statements | duration |\n|---|---|---|---|\n";
    for (const FinishedRevision& revision : result.finished) {
      const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(revision.elapsed);
      text += fmt::format("| {} | {} | {} | {} ms |\n", revision.revision, markdown_escaped(revision.message),
                          revision.statements, elapsed.count());
    }
    text += "\n";
  }
  text += markdown_escaped(outcome_of(result)) + ".\n";
  return result.backup.empty() ? text : text + fmt::format("\nBackup: {}\n", markdown_escaped(result.backup));
}

}  // namespace metaxy::migrate
