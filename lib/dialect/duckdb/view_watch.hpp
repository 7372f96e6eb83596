#pragma once
// Views while tables change. DuckDB binds a view when it is read, so it lets any table or column go from
// under one, and nobody would notice before the next reader does.

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialect/connection.hpp"

namespace metaxy::migrate::duckdb {

/// Finds the views that a transaction breaks. DuckDB locks its file, so no other process makes a view
/// meanwhile.
class ViewWatch {
 public:
  using Query = std::function<std::vector<Row>(std::string_view sql)>;
  /// Of statements that are not run: DuckDB's reason not to prepare each, empty where it does.
  using WhyNot = std::function<std::vector<std::string>(const std::vector<std::string>& statements)>;

  /// `why_not_before` is told by the database as it was before the transaction.
  ViewWatch(Query query, WhyNot why_not_before, WhyNot why_not_now)
      : query_(std::move(query)),
        why_not_before_(std::move(why_not_before)),
        why_not_now_(std::move(why_not_now)) {}

  /// Forgets the last transaction.
  void begin() { changed_.clear(); }
  /// To be called for every statement, in a transaction or not.
  void note(std::string_view sql);
  /// Inside the transaction, before its end: what worked before it and does not now, one sentence each,
  /// sorted.
  std::vector<std::string> broken();

 private:
  struct View {
    /// As SQL, with its schema.
    std::string path;
    /// In lower case.
    std::string name;
    std::string text;
  };
  std::vector<View> views();
  std::vector<View> views_at_risk();
  static std::vector<std::string> readings(const std::vector<View>& views);

  Query query_;
  WhyNot why_not_before_;
  WhyNot why_not_now_;
  /// Tables and views that the transaction altered or dropped, without their schemas, in lower case.
  std::set<std::string> changed_;
  /// False: there is none for sure.
  bool may_have_views_ = true;
};

}  // namespace metaxy::migrate::duckdb
