#pragma once
// Reports as text and as JSON, GitHub annotations and Markdown. One struct, several faces.

#include <string>

#include "cli.hpp"
#include "command/check.hpp"
#include "command/inspect.hpp"
#include "command/revision.hpp"
#include "command/run_scripts.hpp"

namespace metaxy::migrate {

/// ANSI codes, or nothing.
struct Style {
  bool is_colored = false;
  std::string bold(const std::string& text) const;
  std::string dim(const std::string& text) const;
  std::string red(const std::string& text) const;
  std::string green(const std::string& text) const;
  std::string yellow(const std::string& text) const;
};

// Text for people.
std::string text_of(const RevisionResult& result, const Style& style);
std::string text_of(const RunResult& result, const Style& style);
std::string text_of(const CheckReport& report, const Style& style);
std::string text_of(const StatusReport& report, const Style& style);
/// Alembic's line format: `id (label) (head)`.
std::string lines_of_heads(const RevisionList& list);
std::string lines_of_current(const RevisionList& list);
/// `parent -> id (head), message`, newest first.
std::string lines_of_history(const RevisionList& list);
std::string verbose_of(const RevisionList& list);
std::string text_of(const ShowResult& result, const Style& style);

// JSON with `schema_version`, one document, ends with a line break.
std::string json_of(const RevisionResult& result);
std::string json_of(const RunResult& result);
std::string json_of(const CheckReport& report);
std::string json_of(const StatusReport& report);
std::string json_of(const RevisionList& list);
std::string json_of(const ShowResult& result);

// What CI services show beside the change.
std::string github_of(const CheckReport& report);
std::string github_of(const RunResult& result);
std::string markdown_of(const CheckReport& report);
std::string markdown_of(const RunResult& result);

}  // namespace metaxy::migrate
