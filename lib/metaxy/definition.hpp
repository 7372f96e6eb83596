#pragma once
// A feature's definition as Metaxy has it (spec + schema + project), and the extras of our own sources.
// Reading them from files and rows is in sources.hpp, turning them into tables in tables.hpp.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/logical_type.hpp"
#include "schema/table.hpp"

namespace metaxy::migrate {

/// Splits and checks a key (`video/raw-v1`); contract C. Throws Error(configuration).
std::vector<std::string> feature_key_parts(std::string_view key);
/// `plant/reading-raw` -> `plant__reading_raw`, with the store's prefix in front; contract C.
std::string table_name_of(std::string_view feature_key, std::string_view table_prefix);
/// `a/b-c` -> `a_b-c`; contract C.
std::string by_field_member(std::string_view field_key);

/// A project's name becomes part of table names (contract A3).
bool is_project_name(std::string_view name);

/// One user column of a feature.
struct FeatureColumn {
  std::string name;
  LogicalType type;
  bool is_nullable = true;
  /// A type of the store's dialect that wins over `type`, as text (`x-metaxy-migrate`, configuration,
  /// SQLModel).
  std::optional<std::string> sql_type;
  std::string comment;
  bool has_index = false;
  /// The name it had before, offered as a rename.
  std::string renamed_from;

  bool operator==(const FeatureColumn&) const = default;
};

/// What a feature takes over from another one (contract G4); used to find the type of a column that only the
/// other one declares.
struct FeatureDependency {
  std::string feature;
  /// The columns that come along, under their old or new names; all of them when there is no list.
  std::optional<std::vector<std::string>> select;
  /// Name in the other feature -> name here.
  std::map<std::string, std::string> rename;

  bool operator==(const FeatureDependency&) const = default;
};

struct FeatureDefinition {
  std::string key;
  std::string project;
  std::vector<std::string> id_columns;
  /// Field keys in spec order (slash form).
  std::vector<std::string> fields;
  /// User columns in definition order, without Metaxy's ten.
  std::vector<FeatureColumn> columns;
  std::vector<FeatureDependency> dependencies;
  std::string description;
  std::string renamed_from;
  /// Dotted path of the class; empty where there is none.
  std::string class_path;
  /// The table that the class is to SQLAlchemy, as the exporter writes it (JSON); empty: none is known.
  std::string sql_table;
  /// Another project's, known only for its columns (metaxy.lock).
  bool is_external = false;
  /// False when the source has no columns to tell (`feature_schema = {}`, contract F3): the table is left
  /// alone.
  bool has_schema = true;
  /// Where it was read: "features/video.toml:3".
  std::string origin;

  bool operator==(const FeatureDefinition&) const = default;
};

std::vector<std::string> feature_keys(std::span<const FeatureDefinition> definitions);

/// The project whose features are managed: the configured one, else the only one that the definitions speak
/// of (contract G3). Empty when neither names one. Throws Error(configuration) when there are several to
/// choose from.
std::string managed_project(std::span<const FeatureDefinition> definitions,
                            const std::string& configured_project);

/// The definitions with those of other projects marked external: their columns stay known, their tables are
/// left alone. An empty `project` means `managed_project`. Throws Error(configuration) when there are
/// definitions but none of that project, which is a misspelt name and never a wish to drop everything.
std::vector<FeatureDefinition> only_project(std::vector<FeatureDefinition> definitions,
                                            const std::string& project);

}  // namespace metaxy::migrate
