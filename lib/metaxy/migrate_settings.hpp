#pragma once
// Our settings: [ext.migrate], METAXY_MIGRATE_ variables and flags; which of them wins, and whether they are
// right.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaxy/config.hpp"
#include "metaxy/config_reader.hpp"
#include "metaxy/config_value.hpp"

namespace metaxy::migrate {

/// Where settings are looked up. Points into its owner.
struct SettingLayers {
  /// [ext.migrate] with METAXY_EXT__MIGRATE__ variables merged in; nullptr: there is none.
  const ConfigValue* table = nullptr;
  /// By key.
  const std::map<std::string, ConfigValue>* variables = nullptr;
  const std::map<std::string, ConfigValue>* flags = nullptr;
};

/// How specific the place of a setting is.
enum class SettingLevel {
  flag,      ///< The command line.
  variable,  ///< METAXY_MIGRATE_<KEY>.
  part,      ///< [ext.migrate.environments."dev:metaxy_system"].
  store,     ///< [ext.migrate.environments.dev].
  global,    ///< [ext.migrate].
};

struct FoundSetting {
  const ConfigValue* value = nullptr;
  SettingLevel level = SettingLevel::global;
};

/// All keys of [ext.migrate] that METAXY_MIGRATE_ variables and flags can give too; sorted.
const std::vector<std::string>& setting_keys();

/// "dev:metaxy_system"; empty for the whole store.
std::string part_environment(std::string_view store, Part part);

/// The winner: flag, METAXY_MIGRATE_ variable, METAXY_EXT__MIGRATE__ variable, file; within the last two the
/// most specific place. `store` and `part` (as part_environment gives it) may be empty.
std::optional<FoundSetting> find_setting(const SettingLayers& layers, std::string_view key,
                                         std::string_view store, std::string_view part);

/// Adds faults for unknown keys and wrong values in all layers, whatever wins. `stores` are the names that
/// environments may have.
void check_settings(const SettingLayers& layers, const std::vector<std::string>& stores,
                    ConfigReader& reader);

/// Precondition: check_settings found nothing. Paths given by flag become absolute from the working
/// directory.
MigrateSettings resolved_settings(const SettingLayers& layers, std::string_view store, std::string_view part,
                                  const std::string& working_directory);

/// "30s", "1500ms"; "5GB", "100B": as settings write them.
std::string duration_text(std::chrono::milliseconds duration);
std::string bytes_text(std::uint64_t bytes);
std::string_view name_of(BackupPolicy policy);

}  // namespace metaxy::migrate
