#include "command/contradictions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "revision/traversal.hpp"

namespace metaxy::migrate {

namespace {

/// What the log says of revisions since the last stamp that said where the database is.
struct LastWords {
  std::set<std::string> applied;
  std::set<std::string> undone;
};

LastWords last_words(const std::vector<LogRow>& log) {
  LastWords words;
  for (const LogRow& row : log) {
    if (row.outcome != "done") {
      continue;
    }
    if (row.action == "stamp" && row.revision.empty()) {
      words = LastWords{};
    } else if (row.action == "upgrade" || row.action == "stamp" || row.action == "adopt_drift") {
      words.applied.insert(row.revision);
      words.undone.erase(row.revision);
    } else if (row.action == "downgrade" || row.action == "undo") {
      words.applied.erase(row.revision);
      words.undone.insert(row.revision);
    }
  }
  return words;
}

/// Some of them where they are many.
std::string listed(const std::vector<std::string>& ids) {
  constexpr std::size_t kMost = 5;
  if (ids.size() <= kMost) {
    return join(ids, ", ");
  }
  const std::vector<std::string> some(ids.begin(), ids.begin() + kMost);
  return fmt::format("{} and {} more", join(some, ", "), ids.size() - kMost);
}

class Contradictions {
 public:
  Contradictions(const Session& session, const Workspace& workspace)
      : session_(session),
        workspace_(workspace),
        rows_(session.state.rows),
        applied_(applied_ids(session.graph(), rows_)),
        words_(last_words(session.state.log)) {}

  std::vector<Problem> forgotten() {
    add_forgotten();
    return std::move(problems_);
  }

  std::vector<Problem> found(Direction direction) {
    add_repeated();
    if (direction == Direction::upgrade) {
      add_implied();
      add_forgotten();
    }
    add_come_back();
    add_partial();
    return std::move(problems_);
  }

 private:
  std::string stamp(std::string_view what) const {
    return fmt::format("`metaxy-migrate -n {} stamp {}`", workspace_.environment.name, what);
  }

  std::string table() const { return fmt::format("the version table '{}'", session_.sql->version_table()); }

  void add(std::string message, std::string hint) {
    problems_.push_back({.message = std::move(message), .where = std::nullopt, .hint = std::move(hint)});
  }

  void add_repeated() {
    std::set<std::string> seen;
    for (const std::string& row : rows_) {
      if (!seen.insert(row).second) {
        add(fmt::format("{} holds '{}' more than once", table(), row),
            fmt::format("{} writes its rows anew", stamp(fmt::format("--purge {}", highest()))));
        return;
      }
    }
  }

  /// Rows for what the other rows say already; no finished run leaves them.
  void add_implied() {
    const std::vector<std::string> least = minimal_heads(session_.graph(), rows_);
    for (const std::string& row : rows_) {
      if (std::find(least.begin(), least.end(), row) == least.end()) {
        add(fmt::format("{} holds '{}', which {} says already", table(), row, join(least, ", ")),
            fmt::format("{} writes its rows anew", stamp(fmt::format("--purge {}", highest()))));
        return;
      }
    }
  }

  /// In the order of the graph; Alembic moves its own revisions without a word in our log.
  std::vector<std::string> ours(const std::set<std::string>& logged, bool is_applied) const {
    std::vector<std::string> known;
    for (const std::string& id : logged) {
      const Revision* revision = session_.graph().find(id);
      if (revision != nullptr && !revision->is_alembic && (applied_.count(id) != 0) == is_applied) {
        known.push_back(id);
      }
    }
    std::vector<std::string> ordered = session_.graph().ancestors_in_order(known);
    std::erase_if(ordered, [&](const std::string& id) {
      return std::find(known.begin(), known.end(), id) == known.end();
    });
    return ordered;
  }

  void add_disagreement(const std::vector<std::string>& ids, std::string_view log,
                        std::string_view table_says, std::string hint) {
    add(fmt::format("by the log {} {} {}, by {} {}: something else than this tool changed it", listed(ids),
                    ids.size() == 1 ? "is" : "are", log, table(), table_says),
        std::move(hint));
  }

  void add_forgotten() {
    const std::vector<std::string> forgotten = ours(words_.applied, false);
    if (forgotten.empty()) {
      return;
    }
    std::vector<std::string> all = rows_;
    all.insert(all.end(), forgotten.begin(), forgotten.end());
    add_disagreement(forgotten, "applied", "not",
                     fmt::format("{} where what they made is there; {} where it is to be made again",
                                 stamp(join(minimal_heads(session_.graph(), all), " ")), stamp(rows_text())));
  }

  void add_come_back() {
    const std::vector<std::string> undone = ours(words_.undone, true);
    if (!undone.empty()) {
      add_disagreement(
          undone, "undone", "applied",
          fmt::format("{} where what they made is there; else stamp what they stand on", stamp(rows_text())));
    }
  }

  /// What is partly done upwards has no row yet, what is partly done downwards has one still.
  void add_partial() {
    const std::optional<PartialRevision>& partial = session_.state.partial;
    if (!partial || session_.graph().find(partial->revision) == nullptr) {
      return;
    }
    const bool is_applied = applied_.count(partial->revision) != 0;
    if (is_applied == (partial->direction == Direction::downgrade)) {
      return;
    }
    add(fmt::format("by the log the {} of '{}' is partly done, by {} it is {}applied",
                    to_text(partial->direction), partial->revision, table(), is_applied ? "" : "not "),
        fmt::format("{} says that the table is right",
                    stamp(fmt::format("{}{}", is_applied ? "" : "--force ", rows_text()))));
  }

  std::string rows_text() const { return rows_.empty() ? "base" : join(rows_, " "); }

  std::string highest() const { return join(minimal_heads(session_.graph(), rows_), " "); }

  const Session& session_;
  const Workspace& workspace_;
  const std::vector<std::string>& rows_;
  std::set<std::string> applied_;
  LastWords words_;
  std::vector<Problem> problems_;
};

}  // namespace

std::vector<Problem> contradictions(const Session& session, const Workspace& workspace, Direction direction) {
  return Contradictions(session, workspace).found(direction);
}

namespace {

void require_none(const std::vector<Problem>& problems) {
  if (problems.size() == 1) {
    throw Error(ErrorKind::integrity, fmt::format("{}; nothing was run", problems.front().message),
                {.where = {}, .hint = problems.front().hint, .notes = {}});
  }
  if (!problems.empty()) {
    throw error_from(ErrorKind::integrity, "version table and log contradict each other; nothing was run",
                     problems);
  }
}

}  // namespace

void require_no_contradiction(const Session& session, const Workspace& workspace, Direction direction) {
  require_none(contradictions(session, workspace, direction));
}

void require_none_forgotten(const Session& session, const Workspace& workspace) {
  require_none(Contradictions(session, workspace).forgotten());
}

}  // namespace metaxy::migrate
