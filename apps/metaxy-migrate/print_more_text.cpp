#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "markup.hpp"
#include "print_more.hpp"

namespace metaxy::migrate {

namespace {

std::string lines(const std::vector<std::string>& list, std::string_view start) {
  std::string text;
  for (const std::string& line : list) {
    text += fmt::format("{}{}\n", start, line);
  }
  return text;
}

std::string at(const std::vector<std::string>& heads) { return heads.empty() ? "base" : join(heads, ", "); }

std::string column_line(const Column& column, std::size_t width, const Style& style) {
  std::string text = fmt::format("  {:<{}}  {}", column.name, width, to_text(column.type));
  text += column.is_nullable ? "" : style.dim(" not null");
  if (column.default_sql) {
    text += fmt::format(" default {}", *column.default_sql);
  }
  if (!column.comment.empty()) {
    text += style.dim(fmt::format("  -- {}", column.comment));
  }
  return text + "\n";
}

}  // namespace

std::string sql_of(const std::vector<Statement>& statements) {
  std::string text;
  for (const Statement& statement : statements) {
    text += lines(statement.comments, "-- ");
    text += statement.text + ";\n\n";
  }
  return text;
}

std::string text_of(const InitResult& result, const Style&) {
  return result.files.empty() ? fmt::format("{}: everything is there already\n", result.environment)
                              : fmt::format("{}:\n{}", result.environment, lines(result.files, "  wrote "));
}

std::string text_of(const TakeOverResult& result, const Style& style) {
  std::string text =
      style.bold(fmt::format("{}: {} of Alembic in '{}', at {}", result.environment,
                             counted(result.revisions, "revision"), result.directory, at(result.heads))) +
      fmt::format("\n  read {}\n", result.from);
  text += lines(result.files, "  wrote ");
  text += lines(result.notes, "note: ");
  if (!result.lines.empty()) {
    text += "add to metaxy.toml:\n" + lines(result.lines, "  ");
  }
  return text + "then:\n" + lines(result.next, "  ");
}

std::string text_of(const AdoptResult& result, const Style& style) {
  std::string text = style.bold(fmt::format("{}: adopted {} as revision {}", result.environment,
                                            counted(result.adopted.size(), "table"), result.revision)) +
                     "\n";
  text += lines(result.adopted, "  ");
  if (!result.missing.empty()) {
    text += "not in the database yet:\n" + lines(result.missing, "  ");
  }
  if (!result.differences.empty()) {
    text += "what the model asks for beyond them:\n" + lines(result.differences, "  ");
  }
  if (!result.missing.empty() || !result.differences.empty()) {
    text += "`revision --autogenerate` writes the script for that\n";
  }
  return text + lines(result.notes, "note: ") + fmt::format("wrote {}\n", result.file);
}

std::string text_of(const StampResult& result, const Style&) {
  if (!result.accepted_edit.empty()) {
    return fmt::format("{}: the edited script of {} counts as applied, at {}\n", result.environment,
                       result.accepted_edit, at(result.heads));
  }
  if (result.heads == result.heads_before) {
    return fmt::format("{}: at {}\n", result.environment, at(result.heads));
  }
  return fmt::format("{}: {} -> {}\n", result.environment, at(result.heads_before), at(result.heads));
}

std::string text_of(const DiffResult& result, const Style& style) {
  std::string text;
  for (const Operation& operation : result.operations) {
    const std::string change = summary(operation);
    const bool is_add = change.rfind("add ", 0) == 0 || change.rfind("create ", 0) == 0;
    const bool is_drop = change.rfind("drop ", 0) == 0;
    text += is_add    ? style.green("+ " + change)
            : is_drop ? style.red("- " + change)
                      : style.yellow("~ " + change);
    text += "\n";
  }
  if (result.operations.empty()) {
    text = fmt::format("{}: {} and {} do not differ\n", result.environment, to_text(result.wanted),
                       to_text(result.found));
  }
  return text + lines(result.notes, "note: ");
}

std::string text_of(const MetadataResult& result, const Style& style) {
  std::string text = fmt::format("{} ({}) {}\n", style.bold(result.environment), result.dialect, result.url);
  for (const auto& [name, desired] : result.desired.tables) {
    text += "\n" + style.bold(to_text(name)) +
            (desired.feature.empty() ? style.dim("  (Metaxy's own)")
                                     : style.dim(fmt::format("  {}", desired.feature))) +
            "\n";
    std::size_t width = 0;
    for (const Column& column : desired.table.columns) {
      width = std::max(width, column.name.size());
    }
    for (const Column& column : desired.table.columns) {
      text += column_line(column, width, style);
    }
    for (const Index& index : desired.table.indexes) {
      text += fmt::format("  index {}\n", index.name);
    }
  }
  return text + lines(result.desired.notes, "note: ");
}

std::string text_of(const ReplayResult& result, const Style& style) {
  if (result.scripts.empty()) {
    return fmt::format("{}: every script has its changes section\n", result.environment);
  }
  std::string text;
  for (const ReplayedScript& script : result.scripts) {
    text += style.bold(fmt::format("{} {}", script.revision, script.file)) + "\n";
    text += script.changes.empty() ? "  changes no schema\n" : lines(script.changes, "  ");
    text += script.is_written ? "  written\n" : "  not written\n";
  }
  return text;
}

std::string text_of(const RestoreResult& result, const Style&) {
  if (result.restored.empty()) {
    return result.backups.empty() ? fmt::format("{}: no backups\n", result.environment)
                                  : lines(result.backups, "");
  }
  std::string text = fmt::format("{}: restored {}\n", result.environment, result.restored);
  if (!result.lost.empty()) {
    text += fmt::format("no longer applied: {}\n", join(result.lost, ", "));
  }
  for (const std::string& other : result.lost_by_others) {
    text += fmt::format("no longer applied by {}\n", other);
  }
  return result.kept.empty() ? text : text + fmt::format("the replaced file is kept as {}\n", result.kept);
}

std::string text_of(const ExportResult& result, const Style&) {
  std::string text;
  for (const ExportResult::File& file : result.files) {
    text += fmt::format("{} {}: {}, Metaxy {}\n", file.is_changed ? "wrote" : "unchanged:", file.file,
                        counted(result.features.size(), "feature"), result.metaxy_version);
  }
  return text;
}

std::string text_of(const RecoverResult& result, const Style&) {
  return fmt::format("{}: {}\n", result.environment, result.done);
}

std::string text_of(const RebaseResult& result, const Style&) {
  if (result.from == result.onto) {
    return fmt::format("{}: {} stands on {} already\n", result.environment, result.revision, at(result.onto));
  }
  std::string text = fmt::format("{}: {} moved from {} onto {}\n", result.environment, result.revision,
                                 at(result.from), at(result.onto));
  if (!result.moved.empty()) {
    text += fmt::format("with it: {}\n", join(result.moved, ", "));
  }
  return text + fmt::format("  wrote {}\n", result.file);
}

namespace {

std::string lines_of(const std::vector<Config::Entry>& entries, const Style& style) {
  std::size_t width = 0;
  for (const Config::Entry& entry : entries) {
    width = std::max(width, entry.key.size());
  }
  std::string text;
  for (const Config::Entry& entry : entries) {
    text += fmt::format("{:<{}}  {}  {}\n", entry.key, width, entry.value,
                        style.dim(fmt::format("({})", entry.origin)));
  }
  return text;
}

}  // namespace

std::string text_of(const ConfigReport& report, const Style& style) {
  std::string text = lines_of(report.config.entries(), style);
  for (const Environment& environment : report.environments) {
    text += fmt::format("\nenvironment {}\n{}", environment.name, lines_of(entries(environment), style));
  }
  return text;
}

std::string github_of(const DiffResult& result) {
  std::string text;
  for (const Operation& operation : result.operations) {
    text += fmt::format("::warning::{}: {}\n", github_escaped(result.environment),
                        github_escaped(summary(operation)));
  }
  return text;
}

std::string markdown_of(const DiffResult& result) {
  std::string text = fmt::format("## {}: {} against {}\n\n", markdown_escaped(result.environment),
                                 to_text(result.wanted), to_text(result.found));
  if (result.operations.empty()) {
    return text + "No difference.\n";
  }
  for (const Operation& operation : result.operations) {
    text += fmt::format("- {}\n", markdown_escaped(summary(operation)));
  }
  return text;
}

}  // namespace metaxy::migrate
