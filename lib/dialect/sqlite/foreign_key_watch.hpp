#pragma once
// Foreign keys while they are not enforced: a run switches enforcement off, because a rebuild's DROP TABLE
// would delete the children of the table (dialects/rebuild.md 1.2), and compares what is violated before and
// after (decision 13).

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "dialect/connection.hpp"

namespace metaxy::migrate::sqlite {

/// Compares the violations among the tables that one transaction touches. Its queries run inside that
/// transaction.
class ForeignKeyWatch {
 public:
  using Query = std::function<std::vector<Row>(const std::string& sql)>;

  explicit ForeignKeyWatch(Query query) : query_(std::move(query)) {}

  /// Forgets the last transaction. `has_keys`: whether any table has a foreign key now; without one nothing
  /// can be violated yet, and nothing is looked at.
  void begin(bool has_keys);
  /// Statements that change the catalog make what is known of it stale.
  void forget_catalog() { children_.reset(); }
  /// To be called before the first change of each table; lower-case names.
  void before_change(const std::string& table);
  /// What is violated now, after all changes, and was not before: one sentence a table. Empty when all is
  /// well.
  std::vector<std::string> new_violations();

 private:
  /// Rows of a table that have no parent, by (row, parent); the count matters only for tables without rowid.
  using Violations = std::map<std::pair<std::string, std::string>, int>;
  /// Parent -> children, lower case.
  using Children = std::map<std::string, std::set<std::string>>;

  const Children& children();
  /// The table itself where it has foreign keys, and those that refer to it.
  std::set<std::string> affected_by(const std::string& table);
  Violations violations_of(const std::string& table);

  Query query_;
  bool has_keys_ = false;
  std::set<std::string> touched_;
  std::map<std::string, Violations> before_;
  std::optional<Children> children_;
};

}  // namespace metaxy::migrate::sqlite
