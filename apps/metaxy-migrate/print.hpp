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
  /// Signs outside ASCII may be used.
  bool has_unicode = false;
  std::string bold(const std::string& text) const;
  std::string dim(const std::string& text) const;
  std::string red(const std::string& text) const;
  std::string green(const std::string& text) const;
  std::string yellow(const std::string& text) const;
};

// Text for people.
std::string text_of(const RevisionResult& result, const Style& style);
std::string text_of(const RunResult& result, const Style& style);
/// "dev: applied 2 revisions, now at 7f3a"; of a plan without statements what it says instead.
std::string outcome_of(const RunResult& result);
std::string text_of(const CheckReport& report, const Style& style);
std::string text_of(const StatusReport& report, const Style& style);
/// The lines of the list, the graph drawn with what is known of each revision, or for `verbose` a block each.
std::string text_of(const RevisionList& list, const Style& style);
std::string verbose_of(const RevisionList& list);
/// The graph for Graphviz and for Mermaid: newest on top, dependencies dashed.
std::string dot_of(const RevisionList& list);
std::string mermaid_of(const RevisionList& list);
std::string text_of(const ShowResult& result, const Style& style);
/// Blocks of lines, as Alembic's `show` prints them.
std::string alembic_of(const ShowResult& result);

// JSON with `schema_version`, one document, ends with a line break.
std::string json_of(const RevisionResult& result);
std::string json_of(const RunResult& result);
std::string json_of(const CheckReport& report);
std::string json_of(const StatusReport& report);
std::string json_of(const RevisionList& list);
/// The same and the edges.
std::string graph_json_of(const RevisionList& list);
std::string json_of(const ShowResult& result);

// What CI services show beside the change.

std::string github_of(const CheckReport& report);
std::string github_of(const RunResult& result);
/// Of an error that ended the command.
std::string github_of(const Error& error);
std::string markdown_of(const CheckReport& report);
std::string markdown_of(const RunResult& result);

/// A report in the chosen one of the forms that CI knows; as text otherwise.
template <class Report>
std::string formatted(const Report& report, const Cli& cli) {
  if (cli.format() == Format::json) {
    return json_of(report);
  }
  if (cli.format() == Format::github) {
    return github_of(report);
  }
  return cli.format() == Format::markdown ? markdown_of(report) : text_of(report, Style{cli.is_colored()});
}

}  // namespace metaxy::migrate
