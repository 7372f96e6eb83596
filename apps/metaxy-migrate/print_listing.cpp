// Lists of revisions as text: lines, the drawn graph, blocks.

#include <fmt/format.h>

#include "base/text.hpp"
#include "print.hpp"

namespace metaxy::migrate {

namespace {

std::string labels_of(const RevisionView& view) {
  return view.branch_labels.empty() ? "" : fmt::format(" ({})", join(view.branch_labels, ", "));
}

std::string head_mark(const RevisionView& view) {
  return view.is_effective_head ? " (effective head)" : view.is_head ? " (head)" : "";
}

std::string join_of_parents(const RevisionView& view) {
  return view.down_revisions.empty() ? "<base>" : join(view.down_revisions, ", ");
}

/// `*`, or `o` for what is not applied: colour is never the only sign.
std::string sign_of(const RevisionView& view, const RevisionList& list, const Style& style) {
  const bool is_pending = list.is_marked && !view.is_applied;
  std::string sign = is_pending ? "o" : "*";
  if (style.has_unicode) {
    sign = is_pending ? "○" : "●";
  }
  if (!list.is_marked) {
    return sign;
  }
  return is_pending ? style.yellow(sign) : style.green(sign);
}

std::string drawn_text(const RevisionView& view, const RevisionList& list, const Style& style) {
  std::string text = style.bold(view.revision);
  text += labels_of(view);
  text += head_mark(view);
  if (list.is_marked && view.is_current) {
    text += style.green(" (current)");
  }
  if (list.is_marked && !view.is_applied) {
    text += style.yellow(" (pending)");
  }
  if (!view.depends_on.empty()) {
    text += style.dim(fmt::format(" (needs {})", join(view.depends_on, ", ")));
  }
  text += view.file.empty() ? style.dim(" (no script here)") : "";
  return view.message.empty() ? text : text + "  " + view.message;
}

}  // namespace

std::string text_of(const RevisionList& list, const Style& style) {
  std::string text;
  for (const std::string& line : list.lines) {
    text += line + "\n";
  }
  for (const DrawnLine& line : list.drawing) {
    text += line.left;
    if (line.revision) {
      const RevisionView& view = list.revisions[*line.revision];
      text += sign_of(view, list, style) + (line.right.empty() ? "" : " " + line.right) + "  " +
              drawn_text(view, list, style);
    }
    text += "\n";
  }
  return text;
}

std::string alembic_of(const ShowResult& result) {
  std::string text;
  for (const ShownRevision& shown : result.revisions) {
    for (const std::string& line : shown.lines) {
      text += line + "\n";
    }
  }
  return text;
}

std::string verbose_of(const RevisionList& list) {
  std::string text;
  for (const RevisionView& view : list.revisions) {
    text += fmt::format("Rev: {}{}{}{}\n", view.revision, labels_of(view), head_mark(view),
                        view.is_current ? " (current)" : "");
    text +=
        fmt::format("{}: {}\n", view.down_revisions.size() > 1 ? "Merges" : "Parent", join_of_parents(view));
    if (!view.depends_on.empty()) {
      text += fmt::format("Also depends on: {}\n", join(view.depends_on, ", "));
    }
    text += fmt::format("Path: {}\n", view.file.empty() ? "(from the log)" : view.file);
    if (!view.created.empty()) {
      text += fmt::format("Created: {}\n", view.created);
    }
    if (!view.applied_at.empty()) {
      text += fmt::format("Applied: {} by {}\n", view.applied_at, view.applied_by);
    }
    text += fmt::format("\n    {}\n\n", view.message);
  }
  return text;
}

}  // namespace metaxy::migrate
