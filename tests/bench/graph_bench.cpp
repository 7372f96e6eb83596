// How long the revision graph takes: `graph_bench [revisions]` prints nanoseconds a revision and milliseconds
// in all, the best of several runs. No claim is checked here; bench figures belong to a machine.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "revision/alembic_lines.hpp"
#include "revision/traversal.hpp"

namespace {

using metaxy::migrate::Revision;
using metaxy::migrate::RevisionGraph;

constexpr int kRuns = 7;

/// Hexadecimal ids like ours, spread over the hash table, the same in every run.
std::string id_of(std::size_t number) {
  return fmt::format(
      "{:012x}",
      (static_cast<unsigned long long>(number) * 0x9E3779B97F4AULL + 0x51C09BE2A7D4ULL) & 0xFFFFFFFFFFFFULL);
}

/// A main line; every tenth revision begins a side branch of three that is merged back.
std::vector<Revision> with_merges(std::size_t count) {
  std::vector<Revision> revisions;
  std::string tip;
  std::string side;
  for (std::size_t i = 0; i < count; ++i) {
    Revision revision;
    revision.id = id_of(i);
    revision.message = "change " + std::to_string(i);
    revision.file = revision.id + ".sql";
    const std::size_t phase = i % 10;
    if (phase >= 4 && phase <= 6) {
      revision.down_revisions = {phase == 4 ? tip : side};
      side = revision.id;
    } else {
      if (i > 0) {
        revision.down_revisions = {tip};
      }
      if (phase == 9 && !side.empty()) {
        revision.down_revisions.push_back(side);
      }
      tip = revision.id;
    }
    if (i == 0) {
      revision.branch_labels = {"main"};
    }
    revisions.push_back(std::move(revision));
  }
  return revisions;
}

std::vector<Revision> chain(std::size_t count) {
  std::vector<Revision> revisions;
  for (std::size_t i = 0; i < count; ++i) {
    Revision revision;
    revision.id = id_of(i);
    if (i > 0) {
      revision.down_revisions = {id_of(i - 1)};
    }
    revisions.push_back(std::move(revision));
  }
  return revisions;
}

/// A hundred independent branches, each revision depending on the same place of the branch before.
std::vector<Revision> with_dependencies(std::size_t count) {
  constexpr std::size_t kBranches = 100;
  std::vector<Revision> revisions;
  for (std::size_t i = 0; i < count; ++i) {
    Revision revision;
    revision.id = id_of(i);
    if (i >= kBranches) {
      revision.down_revisions = {id_of(i - kBranches)};
    }
    if (i % kBranches != 0) {
      revision.depends_on = {id_of(i - 1)};
    }
    revisions.push_back(std::move(revision));
  }
  return revisions;
}

void measure(const std::string& what, std::size_t revisions, const std::function<std::size_t()>& act) {
  using Clock = std::chrono::steady_clock;
  double best = 0;
  std::size_t result = 0;
  for (int run = 0; run < kRuns; ++run) {
    const Clock::time_point begin = Clock::now();
    result = act();
    const double nanoseconds = std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
    best = run == 0 ? nanoseconds : std::min(best, nanoseconds);
  }
  fmt::print("  {:<28}{:>10.1f} ns a revision{:>10.2f} ms   ({})\n", what,
             best / static_cast<double>(revisions), best / 1e6, result);
}

void measure_graph(const std::string& name, const std::vector<Revision>& revisions) {
  const std::size_t count = revisions.size();
  fmt::print("{}, {} revisions\n", name, count);
  // The graph takes its revisions over, as it does in the program: the copy is made outside of the time.
  std::vector<std::vector<Revision>> copies(kRuns, revisions);
  std::size_t next = 0;
  measure("construct", count, [&] { return RevisionGraph(std::move(copies[next++])).size(); });
  const RevisionGraph graph(revisions);
  const std::vector<std::string> rows = graph.effective_heads();
  const std::vector<std::string> none;
  measure("heads", count, [&] { return graph.heads().size(); });
  measure("applied_ids", count, [&] { return metaxy::migrate::applied_ids(graph, rows).size(); });
  measure("history", count, [&] { return metaxy::migrate::history_range(graph, {}, none).size(); });
  measure("history, lines", count, [&] {
    return metaxy::migrate::alembic_history_lines(graph, metaxy::migrate::history_range(graph, {}, none),
                                                  rows)
        .size();
  });
  measure("upgrade heads, from base", count,
          [&] { return metaxy::migrate::upgrade_steps(graph, none, "heads").size(); });
  measure("upgrade heads, nothing to do", count,
          [&] { return metaxy::migrate::upgrade_steps(graph, rows, "heads").size(); });
  measure("downgrade base", count,
          [&] { return metaxy::migrate::downgrade_steps(graph, rows, "base").size(); });
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? static_cast<std::size_t>(std::strtoul(argv[1], nullptr, 10)) : 10000;
  measure_graph("main line with merged side branches", with_merges(count));
  measure_graph("one chain", chain(count));
  measure_graph("100 branches with dependencies", with_dependencies(count));
  return 0;
}
