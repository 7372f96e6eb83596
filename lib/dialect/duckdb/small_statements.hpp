#pragma once
// Which statements are so small that DuckDB's threads and its optimizer cost more than they can save: a
// migration is mostly statements that change the catalog and touch no rows. Knows text only.

#include <set>
#include <string>
#include <string_view>

namespace metaxy::migrate::duckdb {

class SmallStatements {
 public:
  /// To be asked for every statement, in order: an index counts as small on a table that was made here and
  /// is still empty. When in doubt a statement is not small.
  bool take(std::string_view sql);

 private:
  /// Names, as keys, of tables that hold no rows.
  std::set<std::string> empty_tables_;
};

}  // namespace metaxy::migrate::duckdb
