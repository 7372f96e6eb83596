#pragma once
// One [stores.NAME]: which class it names, which database drives it, and how that is reached (contract A4,
// A5, B). The rest of the configuration is in config.hpp.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaxy/config.hpp"
#include "metaxy/config_reader.hpp"
#include "metaxy/config_value.hpp"

namespace metaxy::migrate {

/// What a store's own table does not say.
struct StoreSurroundings {
  /// The top-level `auto_create_tables`.
  bool auto_create_tables = false;
  /// `store_kind` ("duckdb", "sqlite", "postgresql") where it is set; for classes that are not Metaxy's own.
  std::optional<std::string> kind;
  /// `url` of the environment where it is set: replaces where the store is, nothing else.
  const ConfigValue* url = nullptr;
};

/// The store that the table describes; what is wrong inside `config` goes to `reader`. Remarks go to
/// `warnings`. Precondition: check_store_table found nothing.
Store parsed_store(const std::string& name, const ConfigValue& table, const StoreSurroundings& surroundings,
                   ConfigReader& reader, std::vector<std::string>& warnings);

/// Faults in the shape of the table itself: keys that belong into `config`, a `type` that is no text.
void check_store_table(const std::string& name, const ConfigValue& table, ConfigReader& reader);

}  // namespace metaxy::migrate
