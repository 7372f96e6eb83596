#include "command/integrity.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "revision/traversal.hpp"

namespace metaxy::migrate {

namespace {

/// nullopt for a header that cannot be read: a later version may have written it.
std::optional<std::vector<std::string>> dependencies_in(const std::string& text) {
  try {
    return parse_header(text, "script from the log").depends_on;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::vector<std::string> in_order(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

Problem moved_problem(const ScriptFacts& facts, std::string_view key, const std::string& was) {
  return {
      .message = fmt::format("revision '{}' was applied, and its script's {} was changed (it was '{}') since",
                             facts.revision.id, key, was),
      .where = SourcePosition{.file = facts.text.shown_as, .line = 0, .column = 0, .line_text = {}},
      .hint = fmt::format("put the old {} back; a new place in the graph needs a new revision", key)};
}

bool undoes_only(const std::string& id, const std::string& target, const Session& session) {
  try {
    const std::vector<Step> steps = downgrade_steps(session.graph(), session.state.rows, target);
    return steps.size() == 1 && steps.front().revision == id;
  } catch (const Error&) {
    return false;
  }
}

/// What is applied and needs the revision.
std::vector<std::string> applied_above(const std::string& id, const Session& session) {
  const RevisionGraph& graph = session.graph();
  const std::set<std::string> applied = applied_ids(graph, session.state.rows);
  std::vector<std::string> above;
  for (const RevisionGraph::Node node : graph.needed_by(*graph.node_of_id(id))) {
    if (applied.count(graph.id(node)) != 0) {
      above.push_back(graph.id(node));
    }
  }
  return above;
}

}  // namespace

LoggedDependencies::LoggedDependencies(const Session& session) : session_(session) {
  if (!session.connection || !session.state.has_log_table) {
    return;
  }
  const std::vector<Cell> parameters{session.binding.project, session.binding.part};
  for (const Row& row : session.connection->query(session.sql->select_dependent_scripts(), parameters)) {
    known_[row.front().value_or("")] = dependencies_in(row.at(1).value_or(""));
  }
}

std::optional<LoggedDependencies::Names> LoggedDependencies::other_than(const Names& now,
                                                                        const LogRow& row) const {
  const auto known = known_.find(std::to_string(row.sequence));
  if (known != known_.end()) {
    return known->second && in_order(*known->second) != in_order(now) ? known->second : std::nullopt;
  }
  if (now.empty() || logged_script(*session_.connection, *session_.sql, row).empty()) {
    return std::nullopt;
  }
  return Names{};
}

std::vector<Problem> changed_place(const ScriptFacts& facts, const LogRow& row,
                                   const LoggedDependencies& logged) {
  std::vector<Problem> problems;
  if (row.down_revision != join(facts.revision.down_revisions, ",")) {
    problems.push_back(moved_problem(facts, "down_revision", row.down_revision));
  }
  if (const auto was = logged.other_than(facts.revision.depends_on, row)) {
    problems.push_back(moved_problem(facts, "depends_on", join(*was, ", ")));
  }
  return problems;
}

std::string way_to_undo(const ScriptFacts& facts, const Session& session, const std::string& environment) {
  const std::string& id = facts.revision.id;
  if (std::none_of(facts.sections.begin(), facts.sections.end(),
                   [](const SectionFacts& section) { return section.direction == Direction::downgrade; })) {
    return {};
  }
  const std::vector<std::string> above = applied_above(id, session);
  if (!above.empty()) {
    return fmt::format("undo it when what stands on it is undone: {}", join(above, ", "));
  }
  std::vector<std::string> targets;
  if (session.state.rows.size() == 1) {
    targets.emplace_back("-1");
  }
  targets.push_back(id + "@-1");
  targets.insert(targets.end(), facts.revision.down_revisions.begin(), facts.revision.down_revisions.end());
  const auto target = std::find_if(targets.begin(), targets.end(),
                                   [&](const std::string& one) { return undoes_only(id, one, session); });
  return target == targets.end()
             ? std::string()
             : fmt::format("undo it: `metaxy-migrate -n {} downgrade {}`", environment, *target);
}

}  // namespace metaxy::migrate
