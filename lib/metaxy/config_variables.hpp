#pragma once
// METAXY_ environment variables (contract A2): what Metaxy's settings library makes of them, and our own
// METAXY_MIGRATE_ ones. The process environment is an argument.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metaxy/config_reader.hpp"
#include "metaxy/config_value.hpp"

namespace metaxy::migrate {

/// Variables of Metaxy's settings as a tree: METAXY_STORES__PROD__TYPE is stores.prod.type. Names are folded
/// to lower case; JSON objects and arrays become tables and arrays, and longer names are merged over the JSON
/// of shorter ones. Variables that name no setting are left out. Faults: JSON that is none where only that
/// fits.
ConfigValue config_from_variables(const std::map<std::string, std::string>& variables, ConfigReader& reader);

/// Modules in METAXY_ENTRYPOINT* variables (comma lists), and the variables that give any.
struct EntrypointVariables {
  std::vector<std::string> modules;
  std::vector<std::string> names;
};
EntrypointVariables entrypoint_variables(const std::map<std::string, std::string>& variables);

/// METAXY_MIGRATE_<KEY> by key of [ext.migrate], for the given keys. Near misses are told in `warnings`.
std::map<std::string, ConfigValue> migrate_variables(const std::map<std::string, std::string>& variables,
                                                     std::span<const std::string> keys,
                                                     std::vector<std::string>& warnings);

/// A text from a variable or flag; JSON objects and arrays become a table or an array.
ConfigValue outside_value(const std::string& text, const std::string& source);

}  // namespace metaxy::migrate
