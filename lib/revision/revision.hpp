#pragma once
// A node of the revision graph: what a script's header says. Its SQL is not here (see script.hpp).

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace metaxy::migrate {

/// Ours are 12 lower-case hexadecimal digits; accepted are `[A-Za-z0-9_.]+` but not head, heads, base or
/// current (decision 9): an id can never carry a quote.
bool is_revision_id(std::string_view text);
/// What is wrong with `text`, which is no revision id, as a message.
std::string bad_revision_id(std::string_view text);
/// Like ids, and also `-`, though not before a digit.
bool is_branch_label(std::string_view text);

struct Revision {
  std::string id;
  /// Parents in the order of the header; empty: a base.
  std::vector<std::string> down_revisions;
  std::vector<std::string> branch_labels;
  /// Ids or labels of revisions that must be applied first, without being parents.
  std::vector<std::string> depends_on;
  /// One line.
  std::string message;
  /// As the header writes it, `2026-11-22T13:05:00Z`; empty when it has none.
  std::string created;
  /// Dialect the script is written for ("duckdb"); empty for revisions that are not scripts of ours.
  std::string dialect;
  std::string table_prefix;
  /// Ids that this revision stands for on empty databases.
  std::vector<std::string> replaces;
  /// Path of the script; empty for a revision known from the log only.
  std::string file;
  /// A Python revision that Alembic wrote: history, which is known and never run. It has no SQL.
  bool is_alembic = false;
  /// Of such a revision: the whole docstring, of which `message` is the first paragraph in one line.
  std::string docstring;

  bool operator==(const Revision&) const = default;
};

}  // namespace metaxy::migrate
