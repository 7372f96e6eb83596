#pragma once
// Which DROP TABLE of a section is a step of a rebuild that the tool wrote (the dialects' rebuild.hpp): the
// rows are in a copy that takes the table's name. Told by the statements themselves; a comment alone says
// nothing.

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "schema/schema.hpp"
#include "sql/splitter.hpp"

namespace metaxy::migrate {

/// What a statement that is marked `rebuild TABLE: what` does.
struct RebuildStep {
  enum class Kind { create, create_temporary, fill, drop, rename };
  Kind kind = Kind::create;
  TableName table;
  /// What a CREATE TABLE ... AS or an INSERT reads; the new name that a RENAME gives.
  std::vector<TableName> others;
  /// The comment.
  /// Not when it copies some rows only.
  bool is_whole = true;
  std::string mark;
  /// Tells the statement from the others of its section.
  std::size_t place = 0;
};

struct FoundRebuilds {
  /// Places of the DROP TABLEs that lose no rows.
  std::set<std::size_t> drops;
  /// Tables that are made anew, as messages show them; of a renamed one both names.
  std::set<std::string> tables;
};

/// Adds the statement to the steps of its section if it is marked and is one.
void add_rebuild_step(std::vector<RebuildStep>& steps, std::size_t place, const Statement& statement,
                      const SplitterOptions& options);

/// `steps` are those of a whole section, in its order.
FoundRebuilds find_rebuilds(const std::vector<RebuildStep>& steps);

}  // namespace metaxy::migrate
