#include "unit/revision/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <set>
#include <stdexcept>

#include "base/error.hpp"
#include "base/text.hpp"
#include "revision/alembic_lines.hpp"
#include "revision/new_revision.hpp"
#include "revision/traversal.hpp"
#include "unit/revision/revisions.hpp"

namespace metaxy::migrate::test {

namespace {

using nlohmann::json;
using Texts = std::vector<std::string>;

/// What a command did, in the words of the case files.
struct Outcome {
  json steps = json::array();
  std::vector<Texts> heads_after;
  std::optional<Texts> final_heads;
  std::optional<Texts> ids;
  std::optional<Texts> lines;
  std::optional<json> branch_points;
  std::optional<json> generated;
  std::string warning;
};

Texts texts(const json& object, const char* key) {
  return object.contains(key) && object[key].is_array() ? object[key].get<Texts>() : Texts{};
}

bool option(const json& test_case, const char* key) {
  return test_case.contains("options") && test_case["options"].value(key, false);
}

std::vector<Revision> revisions_of(const json& test_case) {
  std::vector<Revision> revisions;
  for (const json& entry : test_case["revisions"]) {
    Revision revision;
    revision.id = entry["id"];
    revision.down_revisions = texts(entry, "down");
    revision.depends_on = texts(entry, "depends_on");
    revision.branch_labels = texts(entry, "labels");
    revision.message = "rev " + revision.id;
    revision.file = fmt::format("{:04}.{}.sql", revisions.size() + 1, revision.id);
    revisions.push_back(std::move(revision));
  }
  return revisions;
}

/// Rows as the row changes leave them: they must say the same as `heads_after`.
void change_rows(std::set<std::string>& rows, const std::vector<RowChange>& changes) {
  for (const RowChange& change : changes) {
    if (change.kind != RowChange::Kind::insert && rows.erase(change.from) != 1) {
      throw std::logic_error("no row " + change.from + " to change");
    }
    if (change.kind != RowChange::Kind::remove && !rows.insert(change.to).second) {
      throw std::logic_error("row " + change.to + " is there already");
    }
  }
}

template <typename Steps, typename Describe>
Outcome outcome_of(const Steps& steps, const Texts& current, Describe describe) {
  Outcome outcome;
  std::set<std::string> rows(current.begin(), current.end());
  for (const auto& step : steps) {
    outcome.steps.push_back(describe(step));
    outcome.heads_after.push_back(step.heads_after);
    change_rows(rows, step.rows);
    if (Texts(rows.begin(), rows.end()) != step.heads_after) {
      throw std::logic_error("row changes and heads_after disagree");
    }
  }
  outcome.final_heads = Texts(rows.begin(), rows.end());
  return outcome;
}

Outcome moved(const RevisionGraph& graph, const json& test_case, Direction direction) {
  RevisionRange range = revision_range(test_case["target"].get<std::string>());
  Texts current = texts(test_case, "current");
  if (option(test_case, "sql")) {
    if (direction == Direction::downgrade && !range.from) {
      throw Error(ErrorKind::usage, "downgrade with --sql requires a range");
    }
    current = range.from ? resolve_start(graph, *range.from) : Texts{};
  } else if (range.from && resolve_start(graph, *range.from) != current) {
    throw Error(ErrorKind::usage, "the database is not at the start of the range");
  }
  const std::vector<Step> steps = direction == Direction::upgrade ? upgrade_steps(graph, current, range.to)
                                                                  : downgrade_steps(graph, current, range.to);
  Outcome outcome = outcome_of(steps, current, [](const Step& step) {
    return json{step.direction == Direction::upgrade ? "upgrade" : "downgrade", step.revision};
  });
  if (direction == Direction::downgrade) {
    outcome.warning = downgrade_warning(current, range.to);
  }
  return outcome;
}

Outcome stamped(const RevisionGraph& graph, const json& test_case) {
  Texts targets = test_case.contains("targets") ? texts(test_case, "targets") : Texts{test_case["target"]};
  Texts current = texts(test_case, "current");
  if (option(test_case, "sql")) {
    if (option(test_case, "purge")) {
      throw Error(ErrorKind::usage, "--purge with --sql");
    }
    OfflineStamp stamp = offline_stamp(targets);
    targets = stamp.targets;
    current = stamp.from ? resolve_start(graph, *stamp.from) : Texts{};
  }
  if (option(test_case, "purge")) {
    current.clear();
  }
  return outcome_of(stamp_steps(graph, current, targets), current, [](const StampStep& step) {
    return json{"stamp", step.from, step.to};
  });
}

Outcome listed(Texts ids, Texts lines) {
  Outcome outcome;
  outcome.ids = std::move(ids);
  outcome.lines = std::move(lines);
  return outcome;
}

Outcome heads_listed(const RevisionGraph& graph, const json& test_case) {
  const Texts ids = option(test_case, "resolve_dependencies") ? graph.effective_heads() : graph.heads();
  return listed(ids, alembic_heads_lines(graph, ids));
}

Outcome current_listed(const RevisionGraph& graph, const json& test_case) {
  const Texts current = texts(test_case, "current");
  const Texts ids = current_tips(graph, current);
  if (option(test_case, "check_heads") && !is_at_heads(graph, current)) {
    throw Error(ErrorKind::pending, "the database is not on all head revisions");
  }
  return listed(ids, alembic_current_lines(graph, ids));
}

Outcome history_listed(const RevisionGraph& graph, const json& test_case) {
  const Texts current = texts(test_case, "current");
  const Texts ids = history_range(graph, test_case["target"].get<std::string>(), current);
  const Texts marked = option(test_case, "indicate_current") ? current : Texts{};
  return listed(ids, alembic_history_lines(graph, ids, marked));
}

Outcome branches_listed(const RevisionGraph& graph) {
  Outcome outcome;
  outcome.lines = alembic_branches_lines(graph);
  outcome.branch_points = json::array();
  for (const std::string& id : history_range(graph, {}, {})) {
    if (graph.is_branch_point(id)) {
      outcome.branch_points->push_back(json{id, sorted(graph.children(id))});
    }
  }
  return outcome;
}

Texts text_or_texts(const json& options, const char* key) {
  return options.contains(key) && options[key].is_string() ? Texts{options[key]} : texts(options, key);
}

Outcome generated(const RevisionGraph& graph, const json& test_case) {
  const json options = test_case.value("options", json::object());
  NewRevision wanted;
  wanted.id = options.value("rev_id", "newrev000000");
  wanted.is_spliced = options.value("splice", false);
  wanted.depends_on = text_or_texts(options, "depends_on");
  wanted.branch_labels = text_or_texts(options, "branch_label");
  if (options.contains("revisions")) {
    wanted.heads = texts(options, "revisions");
  } else if (options.contains("head")) {
    wanted.heads = text_or_texts(options, "head");
  }
  const Revision revision = planned_revision(graph, wanted);
  Outcome outcome;
  outcome.generated = json{{"id", revision.id},
                           {"down", revision.down_revisions},
                           {"depends_on", revision.depends_on},
                           {"labels", revision.branch_labels}};
  return outcome;
}

Outcome run(const json& test_case) {
  const RevisionGraph graph(revisions_of(test_case));
  const std::string command = test_case["command"];
  if (command == "upgrade") return moved(graph, test_case, Direction::upgrade);
  if (command == "downgrade") return moved(graph, test_case, Direction::downgrade);
  if (command == "stamp") return stamped(graph, test_case);
  if (command == "heads") return heads_listed(graph, test_case);
  if (command == "current") return current_listed(graph, test_case);
  if (command == "history") return history_listed(graph, test_case);
  if (command == "branches") return branches_listed(graph);
  if (command == "revision" || command == "merge") return generated(graph, test_case);
  if (command == "show") {
    Outcome outcome;
    outcome.ids =
        resolve_for_show(graph, test_case["target"].get<std::string>(), texts(test_case, "current"));
    return outcome;
  }
  throw std::logic_error("unknown command " + command);
}

/// `x (b, a) (head)` -> `x (a, b) (head)`: Alembic prints labels in the order of a hash.
std::string with_sorted_lists(const std::string& line) {
  std::string text;
  std::size_t begin = 0;
  for (std::size_t open = line.find('('); open != std::string::npos; open = line.find('(', begin)) {
    const std::size_t close = line.find(')', open);
    Texts words;
    for (const std::string& word : split(line.substr(open + 1, close - open - 1), ',')) {
      words.emplace_back(trimmed(word));
    }
    text += line.substr(begin, open + 1 - begin) + join(sorted(words), ", ") + ")";
    begin = close + 1;
  }
  return text + line.substr(begin);
}

Texts comparable_lines(const Texts& lines, const json& expect) {
  Texts result;
  for (const std::string& line : lines) {
    if (!trimmed(line).empty()) {
      result.push_back(expect.contains("label_lists_order_free") ? with_sorted_lists(line) : line);
    }
  }
  return expect.contains("lines_order_free") ? sorted(result) : result;
}

std::string steps_difference(const json& expect, const Outcome& outcome) {
  if (expect.contains("steps_set")) {
    json steps = outcome.steps;
    std::sort(steps.begin(), steps.end());
    if (steps != expect["steps_set"]) {
      return fmt::format("steps {} instead of {}", steps.dump(), expect["steps_set"].dump());
    }
    std::vector<std::string> order;
    for (const json& step : outcome.steps) {
      order.push_back(step[1]);
    }
    for (const json& pair : expect["constraints"]) {
      if (std::find(order.begin(), order.end(), pair[0]) > std::find(order.begin(), order.end(), pair[1])) {
        return fmt::format("{} must come before {}", pair[0].dump(), pair[1].dump());
      }
    }
    return {};
  }
  return outcome.steps == expect["steps"]
             ? std::string()
             : fmt::format("steps {} instead of {}", outcome.steps.dump(), expect["steps"].dump());
}

/// Rows between two steps, where a run may have stopped.
std::string rows_difference(const json& test_case, const Outcome& outcome) {
  const json& expect = test_case["expect"];
  if (!expect.contains("heads_after")) {
    return {};
  }
  // Alembic may leave a row that another one implies; ours never do.
  const RevisionGraph graph(revisions_of(test_case));
  std::vector<Texts> wanted = expect["heads_after"];
  for (Texts& rows : wanted) {
    rows = minimal_heads(graph, rows);
  }
  return outcome.heads_after == wanted ? std::string()
                                       : fmt::format("rows after each step {} instead of {}",
                                                     json(outcome.heads_after).dump(), json(wanted).dump());
}

std::string listing_difference(const json& expect, const Outcome& outcome) {
  if (expect.contains("ids")) {
    const bool is_sorted = expect.contains("ids_order_free");
    const Texts wanted = is_sorted ? sorted(expect["ids"]) : expect["ids"].get<Texts>();
    const Texts found = is_sorted ? sorted(outcome.ids.value()) : outcome.ids.value();
    if (wanted != found) {
      return fmt::format("ids [{}] instead of [{}]", join(found, " "), join(wanted, " "));
    }
  }
  if (expect.contains("lines")) {
    const Texts wanted = comparable_lines(texts(expect, "lines"), expect);
    const Texts found = comparable_lines(outcome.lines.value(), expect);
    if (wanted != found) {
      return fmt::format("lines\n{}\ninstead of\n{}", join(found, "\n"), join(wanted, "\n"));
    }
  }
  if (expect.contains("branchpoints")) {
    json wanted = expect["branchpoints"];
    json found = outcome.branch_points.value();
    if (expect.contains("ids_order_free")) {
      std::sort(wanted.begin(), wanted.end());
      std::sort(found.begin(), found.end());
    }
    if (found != wanted) {
      return fmt::format("branch points {} instead of {}", found.dump(), wanted.dump());
    }
  }
  if (expect.contains("generated") && outcome.generated != expect["generated"]) {
    return fmt::format("generated {} instead of {}", outcome.generated->dump(), expect["generated"].dump());
  }
  return {};
}

bool warns_of_ambiguity(const json& expect) {
  const Texts warnings = texts(expect, "warnings");
  return std::any_of(warnings.begin(), warnings.end(),
                     [](const std::string& text) { return text.find("is ambiguous") != std::string::npos; });
}

std::string difference(const json& test_case, const Outcome& outcome) {
  const json& expect = test_case["expect"];
  if (expect.contains("non_minimal_heads")) {
    const Texts wanted = expect["minimal_heads"];
    return outcome.final_heads == wanted
               ? std::string()
               : fmt::format("rows [{}] instead of the minimal [{}]", join(outcome.final_heads.value(), " "),
                             join(wanted, " "));
  }
  std::string found =
      expect.contains("steps") ? steps_difference(expect, outcome) : listing_difference(expect, outcome);
  if (found.empty() && !expect.contains("steps_set")) {
    found = rows_difference(test_case, outcome);
  }
  if (found.empty() && outcome.final_heads && expect["final_heads"].is_array() &&
      json(*outcome.final_heads) != expect["final_heads"]) {
    found =
        fmt::format("rows [{}] instead of {}", join(*outcome.final_heads, " "), expect["final_heads"].dump());
  }
  if (found.empty() && outcome.warning.empty() == warns_of_ambiguity(expect)) {
    found = "the warning of an ambiguous downgrade differs";
  }
  return found;
}

std::string plain(std::string text) {
  std::erase_if(text, [](char c) { return c == '\'' || c == '"'; });
  return lower(text);
}

/// The part of Alembic's message that ours keeps; empty where the command decides, not the graph.
std::string key_words(const std::string& message) {
  if (message == "Range revision not allowed" || message == "Can't use --purge with --sql mode") {
    return {};
  }
  static const Texts beginnings = {"Multiple heads are present",
                                   "Multiple head revisions are present",
                                   "Ambiguous walk",
                                   "Walked too far",
                                   "Not a valid downgrade target from current heads",
                                   "Duplicate head revisions specified",
                                   "Dependency cycle is detected",
                                   "Dependency self-loop is detected",
                                   "Self-loop is detected",
                                   "Cycle is detected",
                                   "Branch name ",
                                   "Database is not on all head revisions",
                                   "Stamp operation with --sql",
                                   "downgrade with --sql requires"};
  for (const std::string& beginning : beginnings) {
    if (message.starts_with(beginning)) {
      return beginning;
    }
  }
  for (const char* const middle : {" is not a head revision", " overlaps with other requested revisions"}) {
    const std::size_t at = message.find(middle);
    if (at != std::string::npos) {
      return message.substr(0, at + std::string_view(middle).size());
    }
  }
  // Before these words Alembic prints the rows as a Python tuple.
  const std::string range = "does not refer to ancestor/descendant revisions";
  return message.find(range) == std::string::npos ? message : range;
}

/// Whether ours says `message` in its own way: several walks that end nowhere are "duplicates" in Alembic.
bool has_key_words(const Error& error, const std::string& message) {
  const std::string ours = plain(describe(error));
  return ours.find(plain(key_words(message))) != std::string::npos ||
         (message == "Duplicate head revisions specified" && ours.find("walks too far") != std::string::npos);
}

bool has_duplicates(Texts words) {
  words = sorted(std::move(words));
  return std::adjacent_find(words.begin(), words.end()) != words.end();
}

bool walks_off_the_graph(const json& test_case) {
  std::vector<Revision> revisions = revisions_of(test_case);
  if (!RevisionGraph::problems_of(revisions).empty()) {
    return false;
  }
  const RevisionGraph graph(std::move(revisions));
  const json options = test_case.value("options", json::object());
  for (const std::string& head :
       options.contains("revisions") ? texts(options, "revisions") : text_or_texts(options, "head")) {
    try {
      resolve_all(graph, head);
    } catch (const Error& error) {
      return std::string(error.what()).find("out of the graph") != std::string::npos;
    }
  }
  return false;
}

/// `base-1`, `label@base-2`, alone or at an end of a range.
bool walks_below_base(const json& test_case) {
  const std::string target = test_case.value("target", std::string());
  return std::regex_search(target, std::regex("(^|[@:])base-[0-9]*[1-9]"));
}

/// A merge of which one dependency is a parent, by its id or a label of it.
bool orders_branches(const json& test_case) {
  const std::vector<Revision> revisions = revisions_of(test_case);
  const auto is_parent = [&](const Revision& merge, const std::string& name) {
    return std::any_of(revisions.begin(), revisions.end(), [&](const Revision& one) {
      const std::vector<std::string>& labels = one.branch_labels;
      const bool is_named = one.id == name || std::find(labels.begin(), labels.end(), name) != labels.end();
      return is_named && std::find(merge.down_revisions.begin(), merge.down_revisions.end(), one.id) !=
                             merge.down_revisions.end();
    });
  };
  return std::any_of(revisions.begin(), revisions.end(), [&](const Revision& one) {
    return one.down_revisions.size() > 1 &&
           std::any_of(one.depends_on.begin(), one.depends_on.end(),
                       [&](const std::string& name) { return is_parent(one, name); });
  });
}

/// The differences from Alembic that are meant. docs/alembic.md lists them.
std::string permitted(const json& test_case) {
  const json& expect = test_case["expect"];
  Texts ids;
  for (const json& revision : test_case["revisions"]) {
    ids.push_back(revision["id"]);
  }
  if (has_duplicates(ids)) {
    return "one id in two files is a broken graph; Alembic lets the last file win";
  }
  if (!std::all_of(ids.begin(), ids.end(), is_revision_id)) {
    return "an id may be no reserved word and have no characters that mean something elsewhere";
  }
  if (test_case.contains("odd_current")) {
    return "the version rows are none that a finished run leaves";
  }
  if (expect.contains("crash_in_rows")) {
    return "Alembic's bookkeeping of rows fails on a sound graph; ours ends at the minimal heads";
  }
  // Where it has another reason to refuse, ours speaks of the walk.
  if ((expect.contains("generated") || expect.contains("error")) && walks_off_the_graph(test_case)) {
    return "a walk that leaves the graph names no parent; Alembic makes a new base of it";
  }
  if (walks_below_base(test_case)) {
    return "nothing lies below the base; Alembic begins anew at the heads and upgrades to them";
  }
  if (orders_branches(test_case)) {
    return "a merge that depends on a parent says which of its branches comes first";
  }
  const std::string new_id = test_case.contains("options") ? test_case["options"].value("rev_id", "") : "";
  if (!new_id.empty() && expect.contains("generated")) {
    const bool is_taken = std::find(ids.begin(), ids.end(), new_id) != ids.end();
    if (is_taken || !is_revision_id(new_id)) {
      return is_taken ? "a new revision may not take an id that is in use"
                      : "a new id has the characters of an id";
    }
  }
  return {};
}

}  // namespace

std::vector<json> read_cases(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) {
    throw std::runtime_error("cannot read " + file.string());
  }
  std::vector<json> cases;
  for (std::string line; std::getline(stream, line);) {
    cases.push_back(json::parse(line));
  }
  return cases;
}

Verdict replayed(const json& test_case) {
  const json& expect = test_case["expect"];
  Verdict verdict{test_case["id"], test_case["command"], {}, {}, {}};
  const bool wants_error = expect.contains("error");
  try {
    const Outcome outcome = run(test_case);
    verdict.difference =
        wants_error ? "no error instead of: " + expect.value("message", "") : difference(test_case, outcome);
  } catch (const Error& error) {
    const bool has_words = wants_error && !expect.contains("internal") && permitted(test_case).empty();
    if (!wants_error) {
      verdict.difference = fmt::format("error instead of a result: {}", error.what());
    } else if (has_words && !has_key_words(error, expect["message"])) {
      verdict.unlike_message =
          fmt::format("{} | ours: {}", expect["message"].get<std::string>(), error.what());
    }
  }
  if (!verdict.difference.empty()) {
    verdict.reason = permitted(test_case);
  }
  return verdict;
}

}  // namespace metaxy::migrate::test
