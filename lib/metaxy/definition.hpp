#pragma once
// A feature's definition as Metaxy has it (spec + schema + project), and the extras of our own sources. Reading them from
// files and rows is in sources.hpp, turning them into tables in tables.hpp.

#include <map>
#include <optional>
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

/// One user column of a feature.
struct FeatureColumn {
  std::string name;
  LogicalType type;
  bool is_nullable = true;
  /// A type of the store's dialect that wins over `type`, as text (`x-metaxy-migrate`, configuration, SQLModel).
  std::optional<std::string> sql_type;
  std::string comment;
  bool has_index = false;
  /// The name it had before, offered as a rename.
  std::string renamed_from;

  bool operator==(const FeatureColumn&) const = default;
};

struct FeatureDefinition {
  std::string key;
  std::string project;
  std::vector<std::string> id_columns;
  /// Field keys in spec order (slash form).
  std::vector<std::string> fields;
  /// User columns in definition order, without Metaxy's ten.
  std::vector<FeatureColumn> columns;
  std::string description;
  std::string renamed_from;
  /// Dotted path of the class; empty where there is none.
  std::string class_path;
  /// Another project's, known only for its columns (metaxy.lock).
  bool is_external = false;
  /// Where it was read: "features/video.toml:3".
  std::string origin;

  bool operator==(const FeatureDefinition&) const = default;
};

}  // namespace metaxy::migrate
