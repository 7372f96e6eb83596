#include "dialect/sqlite/alter_settings.hpp"

#include <sqlite3.h>

#include "dialect/sqlite/guard.hpp"

namespace metaxy::migrate::sqlite {

void allow_texts_in_double_quotes(sqlite3* database, bool is_allowed) {
  const int value = is_allowed ? 1 : 0;
  sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DDL, value, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DML, value, nullptr);
}

AlterSettings::AlterSettings(sqlite3* database, std::string_view sql)
    : database_(database),
      is_legacy_(is_rename_of_shadow_table(sql)),
      reads_views_(!is_legacy_ && is_alter_that_reads_views(sql)) {
  set(true);
}

void AlterSettings::set(bool is_on) {
  if (is_legacy_) {
    sqlite3_db_config(database_, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, is_on ? 1 : 0, nullptr);
  }
  if (reads_views_) {
    allow_texts_in_double_quotes(database_, is_on);
  }
}

}  // namespace metaxy::migrate::sqlite
