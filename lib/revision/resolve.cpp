#include "revision/resolve.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/text.hpp"
#include "revision/identifier.hpp"
#include "revision/version_rows.hpp"

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

}  // namespace

std::optional<std::string> resolve_one(const RevisionGraph& graph, std::string_view typed) {
  const std::optional<Node> node = place_of_one(graph, typed);
  return node ? std::optional<std::string>(graph.id(*node)) : std::nullopt;
}

std::vector<std::string> resolve_all(const RevisionGraph& graph, std::string_view typed) {
  return graph.ids(revisions_at(places_of(graph, typed), typed));
}

std::vector<std::string> resolve_for_show(const RevisionGraph& graph, std::string_view typed,
                                          std::span<const std::string> current) {
  return typed == "current" ? graph.ids(nodes_of_rows(graph, current)) : resolve_all(graph, typed);
}

std::vector<std::string> resolve_start(const RevisionGraph& graph, std::string_view typed) {
  if (typed == "base") {
    return {};
  }
  const std::optional<std::string> id = resolve_one(graph, typed);
  if (!id) {
    throw Error(ErrorKind::usage, fmt::format("start '{}' stands for no revision", typed),
                {.where = std::nullopt, .hint = "begin with a revision or with 'base'", .notes = {}});
  }
  return {*id};
}

RevisionRange revision_range(std::string_view typed) {
  const std::vector<std::string> parts = split(typed, ':');
  if (parts.size() > 2) {
    throw Error(ErrorKind::usage,
                fmt::format("'{}' is not a range: expected two revisions with one ':' between them", typed));
  }
  if (parts.size() < 2) {
    return {std::nullopt, std::string(typed)};
  }
  return {parts[0], parts[1]};
}

OfflineStamp offline_stamp(std::span<const std::string> typed) {
  OfflineStamp stamp;
  for (const std::string& word : typed) {
    RevisionRange range = revision_range(word);
    if (range.from && stamp.from && *range.from != *stamp.from) {
      throw Error(
          ErrorKind::usage,
          fmt::format(
              "stamp operation with --sql can have only a single starting revision: found '{}' and '{}'",
              *stamp.from, *range.from));
    }
    if (range.from) {
      stamp.from = std::move(range.from);
    }
    stamp.targets.push_back(std::move(range.to));
  }
  return stamp;
}

}  // namespace metaxy::migrate
