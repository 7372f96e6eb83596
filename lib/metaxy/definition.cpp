#include "metaxy/definition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

bool is_lower_letter(char c) { return c >= 'a' && c <= 'z'; }

/// Why a part of a key is not allowed; empty when it is (contract C).
std::string fault_of_part(std::string_view part, bool is_first) {
  if (part.empty()) {
    return "has an empty part";
  }
  const char start = part.front();
  if (!is_lower_letter(start) && start != '_' && (is_first || !is_digit(start))) {
    return fmt::format("has a part '{}' that begins with '{}'; expected a lower-case letter{} or '_'", part,
                       start, is_first ? "" : ", a digit");
  }
  for (const char c : part) {
    if (!is_lower_letter(c) && !is_digit(c) && c != '_' && c != '-') {
      return fmt::format("has a part '{}' with '{}' in it; expected lower-case letters, digits, '_' and '-'",
                         part, c);
    }
  }
  if (part.find("__") != std::string_view::npos) {
    return fmt::format("has a part '{}' with '__' in it, which Metaxy keeps for table names", part);
  }
  return {};
}

std::vector<std::string> key_parts(std::string_view key, std::string_view what) {
  std::vector<std::string> parts = split(key, '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string fault = fault_of_part(parts[i], i == 0);
    if (!fault.empty()) {
      throw Error(ErrorKind::configuration, fmt::format("{} key '{}' {}", what, key, fault));
    }
  }
  return parts;
}

std::set<std::string> own_projects(std::span<const FeatureDefinition> definitions) {
  std::set<std::string> projects;
  for (const FeatureDefinition& definition : definitions) {
    if (!definition.is_external && !definition.project.empty()) {
      projects.insert(definition.project);
    }
  }
  return projects;
}

}  // namespace

std::vector<std::string> feature_key_parts(std::string_view key) { return key_parts(key, "feature"); }

std::string table_name_of(std::string_view feature_key, std::string_view table_prefix) {
  std::string name = join(feature_key_parts(feature_key), "__");
  std::replace(name.begin(), name.end(), '-', '_');
  return std::string(table_prefix) + name;
}

std::string by_field_member(std::string_view field_key) { return join(key_parts(field_key, "field"), "_"); }

bool is_project_name(std::string_view name) {
  return !name.empty() && name.find("__") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), is_bare_key_char);
}

std::vector<std::string> feature_keys(std::span<const FeatureDefinition> definitions) {
  std::vector<std::string> keys;
  std::transform(definitions.begin(), definitions.end(), std::back_inserter(keys),
                 [](const FeatureDefinition& definition) { return definition.key; });
  return keys;
}

std::string managed_project(std::span<const FeatureDefinition> definitions,
                            const std::string& configured_project) {
  if (!configured_project.empty()) {
    return configured_project;
  }
  const std::set<std::string> projects = own_projects(definitions);
  if (projects.size() > 1) {
    const std::vector<std::string> names(projects.begin(), projects.end());
    throw Error(
        ErrorKind::configuration,
        fmt::format("the definitions belong to {} projects ({}) and the configuration does not say which one "
                    "is managed",
                    names.size(), join(names, ", ")),
        {.where = {}, .hint = "set project = \"...\" in metaxy.toml or METAXY_PROJECT", .notes = {}});
  }
  return projects.empty() ? std::string() : *projects.begin();
}

std::vector<FeatureDefinition> only_project(std::vector<FeatureDefinition> definitions,
                                            const std::string& project) {
  const std::string wanted = managed_project(definitions, project);
  bool has_own = false;
  bool is_found = false;
  const std::set<std::string> projects = own_projects(definitions);
  for (FeatureDefinition& definition : definitions) {
    const bool is_wanted = definition.project.empty() || definition.project == wanted;
    has_own = has_own || !definition.is_external;
    is_found = is_found || (is_wanted && !definition.is_external);
    definition.is_external = definition.is_external || !is_wanted;
  }
  if (has_own && !is_found) {
    const std::vector<std::string> names(projects.begin(), projects.end());
    const auto same = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
      return replace_all(lower(name), "-", "_") == replace_all(lower(wanted), "-", "_");
    });
    const std::string suggestion =
        same == names.end()
            ? did_you_mean(wanted, names)
            : fmt::format(
                  "Metaxy compares project names exactly, and a feature's is its top-level package's or that "
                  "package's __metaxy_project__: set project = \"{}\"",
                  *same);
    throw Error(
        ErrorKind::configuration,
        fmt::format("no definition belongs to project '{}'; they belong to {}", wanted, join(names, ", ")),
        {.where = {},
         .hint = suggestion.empty() ? "set project in metaxy.toml to the one whose tables this manages"
                                    : suggestion,
         .notes = {}});
  }
  return definitions;
}

}  // namespace metaxy::migrate
