// The graph of revisions for documents: the languages of Graphviz and of Mermaid.

#include <fmt/format.h>

#include <cstddef>
#include <map>

#include "base/text.hpp"
#include "print.hpp"

namespace metaxy::migrate {

namespace {

/// What is written into a box, a line each.
std::vector<std::string> box_lines(const RevisionView& view, const RevisionList& list) {
  std::vector<std::string> lines = {view.revision};
  if (!view.message.empty()) {
    lines.push_back(view.message);
  }
  if (!view.branch_labels.empty()) {
    lines.push_back(fmt::format("({})", join(view.branch_labels, ", ")));
  }
  if (list.is_marked) {
    lines.emplace_back(view.is_current ? "current" : view.is_applied ? "applied" : "pending");
  }
  return lines;
}

std::string dot_text(std::string text) {
  return replace_all(replace_all(std::move(text), "\\", "\\\\"), "\"", "\\\"");
}

/// Mermaid reads entities, without their `&`; what would end the label or be a tag must be one.
std::string mermaid_text(std::string text) {
  text = replace_all(std::move(text), "#", "#35;");
  text = replace_all(std::move(text), "\"", "#quot;");
  text = replace_all(std::move(text), "<", "#lt;");
  return replace_all(std::move(text), ">", "#gt;");
}

/// Words such as `end` mean something to Mermaid: boxes are numbered.
std::map<std::string, std::size_t> numbers_of(const RevisionList& list) {
  std::map<std::string, std::size_t> numbers;
  for (std::size_t i = 0; i < list.revisions.size(); ++i) {
    numbers[list.revisions[i].revision] = i;
  }
  return numbers;
}

}  // namespace

std::string dot_of(const RevisionList& list) {
  std::string text =
      "digraph revisions {\n"
      "  rankdir = TB;\n"
      "  node [shape = box, style = \"rounded,filled\", fillcolor = \"white\", fontname = \"sans-serif\"];\n"
      "  edge [arrowhead = \"vee\"];\n";
  const std::map<std::string, std::size_t> numbers = numbers_of(list);
  for (const RevisionView& view : list.revisions) {
    std::string label;
    for (const std::string& line : box_lines(view, list)) {
      label += (label.empty() ? "" : "\\n") + dot_text(line);
    }
    const bool is_filled = list.is_marked && view.is_applied;
    text += fmt::format("  \"{}\" [label = \"{}\"{}{}];\n", dot_text(view.revision), label,
                        view.is_head ? ", penwidth = 2" : "", is_filled ? ", fillcolor = \"honeydew\"" : "");
  }
  const auto add = [&](const RevisionView& view, const std::vector<std::string>& targets,
                       std::string_view style) {
    for (const std::string& target : targets) {
      if (numbers.count(target) != 0) {
        text += fmt::format("  \"{}\" -> \"{}\"{};\n", dot_text(view.revision), dot_text(target), style);
      }
    }
  };
  for (const RevisionView& view : list.revisions) {
    add(view, view.down_revisions, "");
    add(view, view.needed, " [style = \"dashed\"]");
  }
  return text + "}\n";
}

std::string mermaid_of(const RevisionList& list) {
  std::string text = "flowchart TB\n";
  const std::map<std::string, std::size_t> numbers = numbers_of(list);
  for (std::size_t i = 0; i < list.revisions.size(); ++i) {
    std::string label;
    for (const std::string& line : box_lines(list.revisions[i], list)) {
      label += (label.empty() ? "" : "<br/>") + mermaid_text(line);
    }
    const bool is_filled = list.is_marked && list.revisions[i].is_applied;
    text += fmt::format("  r{}([\"{}\"]){}\n", i, label, is_filled ? ":::applied" : "");
  }
  const auto add = [&](std::size_t from, const std::vector<std::string>& targets, std::string_view arrow) {
    for (const std::string& target : targets) {
      const auto found = numbers.find(target);
      if (found != numbers.end()) {
        text += fmt::format("  r{} {} r{}\n", from, arrow, found->second);
      }
    }
  };
  for (std::size_t i = 0; i < list.revisions.size(); ++i) {
    add(i, list.revisions[i].down_revisions, "-->");
    add(i, list.revisions[i].needed, "-.->");
  }
  return list.is_marked ? text + "  classDef applied fill:#f0fff0\n" : text;
}

}  // namespace metaxy::migrate
