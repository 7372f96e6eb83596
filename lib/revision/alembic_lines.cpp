#include "revision/alembic_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "revision/branch_labels.hpp"
#include "revision/traversal.hpp"

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

constexpr std::string_view kSeparator = ", ";

std::string in_brackets(std::span<const std::string> names) {
  return names.empty() ? std::string() : fmt::format(" ({})", join(names, kSeparator));
}

std::string parents_text(const Revision& revision) {
  return revision.down_revisions.empty() ? "<base>" : join(revision.down_revisions, kSeparator);
}

std::string head_mark(const RevisionGraph& graph, Node node) {
  if (!graph.is_head(node)) {
    return {};
  }
  return graph.is_effective_head(node) ? " (head)" : " (effective head)";
}

std::string tree_marks(const RevisionGraph& graph, Node node) {
  std::string marks;
  marks += graph.is_branch_point(node) ? " (branchpoint)" : "";
  marks += graph.is_merge_point(node) ? " (mergepoint)" : "";
  return marks;
}

/// What Alembic calls the docstring.
const std::string& text_of(const Revision& revision) {
  return revision.is_alembic ? revision.docstring : revision.message;
}

std::string first_paragraph(const Revision& revision) {
  const std::string& text = text_of(revision);
  return text.substr(0, text.find("\n\n"));
}

std::vector<std::string> entry_lines(const RevisionGraph& graph, Node node,
                                     std::span<const std::string> labels, bool is_current) {
  const Revision& revision = graph.revision(node);
  std::vector<std::string> lines;
  lines.push_back(fmt::format("Rev: {}{}{}{}", revision.id, graph.is_head(node) ? " (head)" : "",
                              tree_marks(graph, node), is_current ? " (current)" : ""));
  lines.push_back((graph.is_merge_point(node) ? "Merges: " : "Parent: ") + parents_text(revision));
  if (!revision.depends_on.empty()) {
    lines.push_back("Also depends on: " + join(revision.depends_on, kSeparator));
  }
  if (graph.is_branch_point(node)) {
    lines.push_back("Branches into: " + join(graph.ids(graph.children(node)), kSeparator));
  }
  if (!labels.empty()) {
    lines.push_back("Branch names: " + join(labels, kSeparator));
  }
  lines.push_back("Path: " + revision.file);
  lines.emplace_back();
  for (const std::string& line : split(text_of(revision), '\n')) {
    lines.push_back("    " + line);
  }
  lines.emplace_back();
  return lines;
}

void append(std::vector<std::string>& lines, std::vector<std::string> more) {
  lines.insert(lines.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Node existing(const RevisionGraph& graph, std::string_view id) {
  const std::optional<Node> node = graph.node_of_id(id);
  if (!node) {
    throw Error(ErrorKind::usage, fmt::format("there is no revision '{}'", id));
  }
  return *node;
}

/// The lines of each revision by `line`, or its block.
template <typename Line>
std::vector<std::string> listed(const RevisionGraph& graph, std::span<const std::string> ids,
                                AlembicListing listing, std::span<const std::string> current, Line line) {
  const BranchLabels labels(graph);
  std::vector<std::string> lines;
  lines.reserve(ids.size());
  for (const std::string& id : ids) {
    const Node node = existing(graph, id);
    const bool is_current = std::find(current.begin(), current.end(), id) != current.end();
    if (listing == AlembicListing::verbose) {
      append(lines, entry_lines(graph, node, labels.of(node), is_current));
    } else {
      lines.push_back(line(node, labels.of(node), is_current));
    }
  }
  return lines;
}

}  // namespace

std::vector<std::string> alembic_heads_lines(const RevisionGraph& graph, std::span<const std::string> ids,
                                             AlembicListing listing) {
  return listed(graph, ids, listing, {}, [&](Node node, std::span<const std::string> labels, bool) {
    return graph.id(node) + in_brackets(labels) + head_mark(graph, node);
  });
}

std::vector<std::string> alembic_current_lines(const RevisionGraph& graph, std::span<const std::string> ids,
                                               AlembicListing listing) {
  return listed(graph, ids, listing, {}, [&](Node node, std::span<const std::string>, bool) {
    return graph.id(node) + head_mark(graph, node) + tree_marks(graph, node);
  });
}

std::vector<std::string> alembic_history_lines(const RevisionGraph& graph, std::span<const std::string> ids,
                                               std::span<const std::string> current, AlembicListing listing) {
  return listed(graph, ids, listing, current,
                [&](Node node, std::span<const std::string> labels, bool is_current) {
                  const Revision& revision = graph.revision(node);
                  return fmt::format("{}{} -> {}{}{}{}{}, {}", parents_text(revision),
                                     in_brackets(revision.depends_on), revision.id, in_brackets(labels),
                                     head_mark(graph, node), is_current ? " (current)" : "",
                                     tree_marks(graph, node), first_paragraph(revision));
                });
}

std::vector<std::string> alembic_branches_lines(const RevisionGraph& graph, AlembicListing listing) {
  const BranchLabels labels(graph);
  std::vector<std::string> lines;
  for (const std::string& id : history_range(graph, {}, {})) {
    const Node node = existing(graph, id);
    if (!graph.is_branch_point(node)) {
      continue;
    }
    if (listing == AlembicListing::verbose) {
      append(lines, entry_lines(graph, node, labels.of(node), false));
    } else {
      lines.push_back(id + in_brackets(labels.of(node)) + head_mark(graph, node) + tree_marks(graph, node));
    }
    for (const Node child : graph.children(node)) {
      std::string line =
          fmt::format("{} -> {}{}{}{}", std::string(id.size(), ' '), graph.id(child),
                      in_brackets(labels.of(child)), head_mark(graph, child), tree_marks(graph, child));
      if (listing == AlembicListing::verbose) {
        line += ", " + first_paragraph(graph.revision(child));
      }
      lines.push_back(std::move(line));
    }
    lines.emplace_back();
  }
  return lines;
}

std::vector<std::string> alembic_entry_lines(const RevisionGraph& graph, std::string_view id,
                                             bool is_current) {
  const Node node = existing(graph, id);
  return entry_lines(graph, node, graph.labels(node), is_current);
}

std::string alembic_step_line(const RevisionGraph& graph, std::string_view id, bool is_upgrade) {
  const Revision& revision = graph.revision(existing(graph, id));
  const std::string parents = join(revision.down_revisions, kSeparator);
  const std::string message = revision.message.empty() ? std::string() : ", " + first_paragraph(revision);
  return is_upgrade ? fmt::format("Running upgrade {} -> {}{}", parents, id, message)
                    : fmt::format("Running downgrade {} -> {}{}", id, parents, message);
}

}  // namespace metaxy::migrate
