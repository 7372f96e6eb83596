#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <limits>

#include "base/text.hpp"
#include "revision/identifier.hpp"

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

/// Letters of any script count, as in Alembic; only ASCII ones can be in an id, so that a longer look is not
/// needed.
bool is_word_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// `symbol+N` at the start of `text`. What follows the number is ignored, as in Alembic.
std::optional<RelativeIdentifier> symbol_and_steps(std::string_view text) {
  const std::size_t sign =
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_word_char) - text.begin());
  if (sign == text.size() || (text[sign] != '+' && text[sign] != '-')) {
    return std::nullopt;
  }
  std::size_t end = sign + 1;
  // Larger than any graph is as good as any number.
  constexpr std::int64_t kMany = std::numeric_limits<std::int32_t>::max();
  std::int64_t steps = 0;
  for (; end < text.size() && is_digit(text[end]); ++end) {
    steps = std::min<std::int64_t>(kMany, steps * 10 + (text[end] - '0'));
  }
  if (end == sign + 1) {
    return std::nullopt;
  }
  return RelativeIdentifier{{},
                            std::string(text.substr(0, sign)),
                            text[sign] == '-' ? -steps : steps,
                            std::string(text.substr(sign, end - sign))};
}

std::vector<Node> ways_from(const RevisionGraph& graph, std::optional<Node> start, std::int64_t steps) {
  if (!start) {
    return graph.base_nodes();
  }
  const std::span<const Node> next = steps > 0 ? graph.children(*start) : graph.parents(*start);
  return {next.begin(), next.end()};
}

Error ambiguous_walk(const RevisionGraph& graph, std::optional<Node> from, std::span<const Node> ways) {
  std::vector<std::string> quoted;
  for (const Node way : ways) {
    quoted.push_back(in_quotes(graph.id(way)));
  }
  return Error(
      ErrorKind::usage,
      fmt::format("ambiguous walk: from {} there are {} ways: {}",
                  from ? in_quotes(graph.id(*from)) : std::string("the ends of the graph"), ways.size(),
                  join(quoted, ", ")),
      {.where = std::nullopt, .hint = "name the revision, or a branch as in 'label@+1'", .notes = {}});
}

}  // namespace

std::optional<RelativeIdentifier> relative_identifier(std::string_view typed) {
  // The shortest text before an '@' that leaves a relative form wins; a line break ends the search.
  const std::string_view line = typed.substr(0, typed.find('\n'));
  for (std::size_t at = line.find('@', 1); at < line.size(); at = line.find('@', at + 1)) {
    std::optional<RelativeIdentifier> found = symbol_and_steps(typed.substr(at + 1));
    if (found) {
      found->branch = std::string(typed.substr(0, at));
      return found;
    }
  }
  return symbol_and_steps(typed);
}

Place walk(const RevisionGraph& graph, std::optional<Node> start, std::int64_t steps, std::string_view branch,
           Overwalk overwalk) {
  // Nothing lies below the base. Alembic begins anew at the heads there, so that `upgrade base-1` upgrades to
  // the head.
  if (!start && steps < 0 && graph.size() > 0) {
    return Place::nowhere();
  }
  std::optional<Node> here = start;
  bool is_at_base = false;
  std::optional<NodeSet> members;
  bool has_members = branch.empty() || steps <= 0;
  for (std::int64_t left = steps < 0 ? -steps : steps; left > 0; --left) {
    std::vector<Node> ways = is_at_base ? std::vector<Node>{} : ways_from(graph, here, steps);
    if (!has_members && !ways.empty()) {
      members = lineage_of(graph, branch);
      has_members = true;
    }
    std::erase_if(ways, [&](Node way) { return members && !members->contains(way); });
    if (ways.size() > 1) {
      throw ambiguous_walk(graph, here, ways);
    }
    if (!ways.empty()) {
      here = ways.front();
    } else if (steps < 0 && !is_at_base) {
      is_at_base = true;
    } else if (overwalk == Overwalk::refuse) {
      return Place::nowhere();
    } else {
      break;
    }
  }
  if (is_at_base) {
    return Place::base();
  }
  return here ? Place::at(*here) : Place::nowhere();
}

Error too_few_revisions(std::string_view number) {
  const std::string_view count = number.substr(number.find_first_not_of("+-"));
  return Error(ErrorKind::usage,
               fmt::format("relative revision {} didn't produce {} migrations", number, count),
               {.where = std::nullopt,
                .hint = "fewer revisions lie in that direction; 'history' lists them",
                .notes = {}});
}

}  // namespace metaxy::migrate
