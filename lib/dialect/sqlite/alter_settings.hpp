#pragma once
// Settings of a connection that change how SQLite reads names, and what an ALTER TABLE needs of them.

#include <string_view>

struct sqlite3;

namespace metaxy::migrate::sqlite {

/// Whether SQLite takes a name in double quotes that is no column for a text, as it does by default
/// (https://www.sqlite.org/quirks.html#double_quoted_string_literals_are_accepted).
void allow_texts_in_double_quotes(sqlite3* database, bool is_allowed);

/// What one ALTER TABLE needs. legacy_alter_table while a rebuild's shadow table takes its final name: views
/// and triggers that use the table must neither stop that nor be rewritten (decision 13). Texts in double
/// quotes while SQLite reads all views and triggers: theirs may be older than we are, and it turns such a
/// text into one in single quotes before it takes a column away. Reset on every path.
class AlterSettings {
 public:
  AlterSettings(sqlite3* database, std::string_view sql);
  ~AlterSettings() { set(false); }
  AlterSettings(const AlterSettings&) = delete;
  AlterSettings& operator=(const AlterSettings&) = delete;

 private:
  void set(bool is_on);

  sqlite3* database_;
  bool is_legacy_;
  bool reads_views_;
};

}  // namespace metaxy::migrate::sqlite
