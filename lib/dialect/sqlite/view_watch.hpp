#pragma once
// Views and triggers while a table is rebuilt. SQLite's own ALTER TABLE refuses to break them; a rebuild goes
// through, since legacy_alter_table has to be on for its rename, and would leave a view that cannot be read
// and a trigger that stops every write to its table.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/connection.hpp"

namespace metaxy::migrate::sqlite {

/// Compares which of them work before the first rebuild of a transaction and at its end.
class ViewWatch {
 public:
  /// Why SQLite cannot compile the statement, empty where it can; with texts in double quotes or without.
  using WhyNot = std::function<std::string(const std::string& sql, bool takes_texts)>;
  using Query = std::function<std::vector<Row>(std::string_view sql)>;

  ViewWatch(WhyNot why_not, Query query) : why_not_(std::move(why_not)), query_(std::move(query)) {}

  /// Forgets the last transaction.
  void begin() { is_watching_ = false; }
  /// To be called before a rebuild begins.
  void before_rebuild();
  /// What worked before and does not now, one sentence each.
  std::vector<std::string> broken();

 private:
  struct Use {
    /// A statement that needs the view or fires the trigger, and how to speak of it.
    std::string sql;
    std::string what;
    /// Why it cannot be compiled: as it is read by others, which may take "x" for a text, and by us.
    std::string why_not;
    std::string why_not_strictly;
  };

  /// By the name of the view or trigger.
  std::map<std::string, Use> uses();
  std::string fires(const std::string& trigger, const std::string& table);

  WhyNot why_not_;
  Query query_;
  bool is_watching_ = false;
  std::map<std::string, Use> before_;
};

}  // namespace metaxy::migrate::sqlite
