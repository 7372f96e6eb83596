#include "dialect/registry.hpp"

#include "dialect/duckdb/duckdb.hpp"
#include "dialect/postgresql/postgresql.hpp"
#include "dialect/sqlite/sqlite.hpp"

namespace metaxy::migrate {

const std::vector<const Dialect*>& all_dialects() {
  static const std::vector<const Dialect*> dialects = {&duckdb_dialect(), &sqlite_dialect(),
                                                       &postgresql_dialect()};
  return dialects;
}

const Dialect* find_dialect(std::string_view name) {
  for (const Dialect* dialect : all_dialects()) {
    if (dialect->name() == name) return dialect;
  }
  return nullptr;
}

}  // namespace metaxy::migrate
