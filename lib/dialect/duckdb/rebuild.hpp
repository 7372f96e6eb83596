#pragma once
// Copying tables into new definitions where ALTER cannot make a change, all in one transaction (dialect
// facts: rebuild). A table without foreign keys in either direction is copied and the copy renamed (recipe
// A); a renamed table with foreign keys would leave the catalog broken, so such tables are saved, dropped,
// created under their own name and filled again (recipe B). Pure.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schema/schema.hpp"
#include "sql/statement.hpp"

namespace metaxy::migrate::duckdb {

/// One table that is rebuilt.
struct Rebuild {
  Table before;
  Table after;
  /// Column after -> the column before that its values come from. Columns that are new are not in it.
  std::map<std::string, std::string> sources;
  /// What is changed, and what is lost by it.
  std::vector<std::string> summaries;
  std::vector<std::string> losses;
};

/// A table that only goes or only comes, with the words for it.
struct PlainStep {
  Table table;
  std::string summary;
  std::string loss;
};

/// Everything of a plan that drops and creates tables: they depend on each other by foreign keys.
struct Rebuilding {
  std::vector<Rebuild> rebuilds;
  std::vector<PlainStep> drops;
  std::vector<PlainStep> creations;
};

/// `taken` are names that a shadow table must not have. Throws Error(script) for foreign keys that form a
/// circle.
std::vector<Statement> rebuild_statements(const Rebuilding& rebuilding, const Schema& before,
                                          const Schema& after);

}  // namespace metaxy::migrate::duckdb
