#include <fmt/format.h>

#include <utility>

#include "run/executor.hpp"

namespace metaxy::migrate {

RunFailed::RunFailed(ErrorKind kind, const std::string& message, ErrorDetail detail, Facts facts)
    : Error(kind, message, std::move(detail)), facts_(std::move(facts)) {}

LogRow log_row_of(const RunStep& step) {
  const ScriptFacts& facts = *step.facts;
  LogRow row;
  row.action = step.is_undo ? "undo" : std::string(to_text(step.step.direction));
  row.revision = step.step.revision;
  row.message = facts.revision.message;
  row.down_revision = fmt::format("{}", fmt::join(facts.revision.down_revisions, ","));
  row.upgrade_checksum = facts.checksums.upgrade;
  row.downgrade_checksum = facts.checksums.downgrade;
  return row;
}

std::optional<std::string> logged_text(const FileSystem& files, const ScriptText& text) {
  if (text.file.empty()) {
    return text.text;
  }
  // Not an optional that is reset: GCC 12 takes its text for uninitialized then, at -O2.
  std::string head = files.read_head(text.file, kMaxLoggedScript + 1).value_or("");
  return head.empty() || head.size() > kMaxLoggedScript ? std::nullopt : std::optional(std::move(head));
}

}  // namespace metaxy::migrate
