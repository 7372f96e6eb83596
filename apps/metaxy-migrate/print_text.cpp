#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "command/dry_run.hpp"
#include "print.hpp"

namespace metaxy::migrate {

namespace {

std::string colored(bool is_colored, const char* code, const std::string& text) {
  return is_colored ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

std::string heads_text(const std::vector<std::string>& heads) {
  return heads.empty() ? "base" : join(heads, ", ");
}

/// "add ..." in green with `+`, drops in red with `-`, the rest with `~`: colour is never the only sign.
std::string change_line(const std::string& change, const Style& style) {
  const auto begins = [&](std::string_view word) { return change.rfind(word, 0) == 0; };
  if (begins("add ") || begins("create ")) {
    return style.green("  + " + change);
  }
  if (begins("drop ")) {
    return style.red("  - " + change);
  }
  return style.yellow("  ~ " + change);
}

std::string planned_text(const RunResult& result, const Style& style) {
  std::string text;
  for (const PlannedRevision& revision : result.planned) {
    text += fmt::format("-- {} {} ({})\n", to_text(result.direction), revision.revision, revision.message);
    for (const PlannedStatement& statement : revision.statements) {
      for (const std::string& comment : comment_lines(statement)) {
        text += style.dim(fmt::format("-- {}", comment)) + "\n";
      }
      text += statement.sql + ";\n";
    }
    text += "\n";
  }
  return text;
}

}  // namespace

std::string Style::bold(const std::string& text) const { return colored(is_colored, "1", text); }
std::string Style::dim(const std::string& text) const { return colored(is_colored, "2", text); }
std::string Style::red(const std::string& text) const { return colored(is_colored, "31", text); }
std::string Style::green(const std::string& text) const { return colored(is_colored, "32", text); }
std::string Style::yellow(const std::string& text) const { return colored(is_colored, "33", text); }

std::string text_of(const RevisionResult& result, const Style& style) {
  std::string text;
  for (const WrittenRevision& written : result.written) {
    text += style.bold(fmt::format("{} ({})", written.environment, written.dialect)) + "\n";
    for (const std::string& change : written.changes) {
      text += change_line(change, style) + "\n";
    }
    for (const std::string& note : written.notes) {
      text += fmt::format("  note: {}\n", note);
    }
    if (written.changes.empty() && !written.reason.empty()) {
      text += fmt::format("  nothing to do: {}\n", written.reason);
    }
    if (!written.file.empty()) {
      text += fmt::format("  wrote {}\n", written.file);
    }
  }
  return text;
}

std::string text_of(const RunResult& result, const Style& style) {
  return result.planned.empty() ? outcome_of(result) + "\n" : planned_text(result, style);
}

std::string outcome_of(const RunResult& result) {
  if (result.finished.empty()) {
    return fmt::format("{}: nothing to do, at {}", result.environment, heads_text(result.heads));
  }
  return fmt::format("{}: {} {}, now at {}", result.environment,
                     result.direction == Direction::upgrade ? "applied" : "undid",
                     counted(result.finished.size(), "revision"), heads_text(result.heads));
}

std::string text_of(const CheckReport& report, const Style& style) {
  std::string text;
  for (const std::string& environment : report.environments) {
    std::size_t found = 0;
    for (const Finding& finding : report.findings) {
      if (finding.environment != environment) {
        continue;
      }
      ++found;
      const std::string kind = fmt::format("{}:", to_text(finding.kind));
      const bool is_mild = finding.kind == FindingKind::warning || finding.kind == FindingKind::pending;
      text += fmt::format("{} {}: {}\n", is_mild ? style.yellow(kind) : style.red(kind), environment,
                          finding.message);
      if (!finding.file.empty()) {
        text += fmt::format("  --> {}{}\n", finding.file,
                            finding.line == 0 ? "" : fmt::format(":{}", finding.line));
      }
      for (const std::string& detail : finding.details) {
        text += fmt::format("  - {}\n", detail);
      }
      if (!finding.hint.empty()) {
        text += fmt::format("  = help: {}\n", finding.hint);
      }
    }
    if (found == 0) {
      text += fmt::format("{} {}: nothing found\n", style.green("ok:"), environment);
    }
  }
  return text;
}

std::string text_of(const StatusReport& report, const Style& style) {
  std::string text =
      style.bold(fmt::format("{}  {}  {}", report.environment, report.dialect, report.database));
  if (!report.does_exist) {
    text += "  (does not exist yet)";
  } else if (report.file_bytes > 0) {
    text += fmt::format("  ({:.1f} MiB)", static_cast<double>(report.file_bytes) / (1024 * 1024));
  }
  text += fmt::format("\nat {}, head {}, {} pending\n", heads_text(report.current), heads_text(report.heads),
                      report.pending);
  std::size_t width = std::string_view("REVISION").size();
  for (const RevisionView& view : report.revisions) {
    width = std::max(width, view.revision.size());
  }
  if (!report.revisions.empty()) {
    text += style.dim(
                fmt::format("  {:<8} {:<{}}  {:<19}  {}", "STATE", "REVISION", width, "APPLIED", "MESSAGE")) +
            "\n";
  }
  for (const RevisionView& view : report.revisions) {
    const std::string state = view.is_applied ? "applied" : "pending";
    const std::string padded = fmt::format("{:<8}", state);
    text += fmt::format("  {} {:<{}}  {:<19}  {}{}\n",
                        view.is_applied ? style.green(padded) : style.yellow(padded), view.revision, width,
                        view.applied_at.empty() ? "-" : view.applied_at.substr(0, 19), view.message,
                        view.file.empty() ? "  (no script here, known from the log)" : "");
  }
  if (report.partial) {
    text += style.red(fmt::format(
                "the {} of {} is partly {}: {} and {} of the next; {}", to_text(report.partial->direction),
                report.partial->revision, report.partial->is_being_undone ? "undone again" : "done",
                counted(report.partial->sections_done, "section"),
                counted(report.partial->statements_done, "statement"), report.partial_next)) +
            "\n";
    if (!report.partial_obstacle.empty()) {
      text += fmt::format("what is done of it cannot be undone: {}\n", report.partial_obstacle);
    }
    if (!report.at_work.empty()) {
      text +=
          fmt::format("statement {} of section {} was begun, and {} is at work on the database\n",
                      report.partial->statements_done + 1, report.partial->sections_done + 1, report.at_work);
    } else if (report.partial->is_in_doubt) {
      text +=
          fmt::format("it was cut off while statement {} of section {} ran: look whether that took effect\n",
                      report.partial->statements_done + 1, report.partial->sections_done + 1);
    }
  }
  if (!report.failure.empty()) {
    text += fmt::format("last failure, in {}: {}\n", report.failed_revision, report.failure);
  }
  for (const Problem& problem : report.problems) {
    text += fmt::format("{} {}{}\n", style.red("problem:"), problem.message,
                        problem.hint.empty() ? "" : fmt::format("\n  = help: {}", problem.hint));
  }
  for (const std::string& backup : report.backups) {
    text += fmt::format("backup {}\n", backup);
  }
  return text;
}

std::string text_of(const ShowResult& result, const Style& style) {
  std::string text;
  for (const ShownRevision& shown : result.revisions) {
    const std::string_view source = !shown.view.file.empty() ? std::string_view(shown.view.file)
                                    : shown.text.empty() ? "not in the log: longer than 1 MiB, or not ours"
                                                         : "from the log";
    text += style.dim(fmt::format("-- {}", source)) + "\n";
    text += shown.text;
    if (!shown.text.empty() && shown.text.back() != '\n') {
      text += '\n';
    }
  }
  return text;
}

}  // namespace metaxy::migrate
