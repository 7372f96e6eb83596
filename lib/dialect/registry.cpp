#include "dialect/registry.hpp"

#ifdef MM_HAS_DUCKDB
#include "dialect/duckdb/duckdb.hpp"
#endif
#ifdef MM_HAS_SQLITE
#include "dialect/sqlite/sqlite.hpp"
#endif

namespace metaxy::migrate {

const std::vector<const Dialect*>& all_dialects() {
  static const std::vector<const Dialect*> dialects = {
#ifdef MM_HAS_DUCKDB
      &duckdb_dialect(),
#endif
#ifdef MM_HAS_SQLITE
      &sqlite_dialect(),
#endif
  };
  return dialects;
}

const Dialect* find_dialect(std::string_view name) {
  for (const Dialect* dialect : all_dialects()) {
    if (dialect->name() == name) return dialect;
  }
  return nullptr;
}

}  // namespace metaxy::migrate
