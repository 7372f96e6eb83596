#include "command/export.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "command/python_inputs.hpp"
#include "metaxy/sources.hpp"

namespace metaxy::migrate {

namespace {

/// Each once, in order of the environments.
std::vector<std::string> files_to_write(const Config& config, const Context& context) {
  const std::vector<std::string> names =
      context.options.names.empty() ? config.store_names() : context.options.names;
  std::vector<std::string> files;
  for (const std::string& name : names) {
    const Environment environment = config.environment(name);
    const std::string own = joined_path(environment.script_directory.value, "definitions.toml");
    const std::string& file = context.files.is_file(own) ? own : environment.definitions_file;
    if (std::find(files.begin(), files.end(), file) == files.end()) {
      files.push_back(file);
    }
  }
  if (files.empty()) {
    throw Error(ErrorKind::configuration,
                "no store is configured, so there is no place for definitions.toml");
  }
  return files;
}

MigrateSettings settings_of(const Config& config, const Context& context) {
  const std::vector<std::string> names = config.store_names();
  const std::string& name = context.options.names.empty() ? names.front() : context.options.names.front();
  return config.environment(name).settings;
}

}  // namespace

ExportResult run_export(Context& context) {
  const Config config = open_config(context);
  const std::vector<std::string> files = files_to_write(config, context);
  std::vector<std::string> notes;
  const ExportedProject project =
      load_python_project(config, settings_of(config, context), context, notes, CacheUse::forbidden);
  for (const std::string& note : notes) {
    context.observer.on(Notice{note});
  }
  ExportResult result;
  result.metaxy_version = project.metaxy_version;
  for (const FeatureDefinition& definition :
       only_project(project.definitions, config.project.value.value_or(""))) {
    if (!definition.is_external) {
      result.features.push_back(definition.key);
    }
  }
  if (result.features.empty()) {
    throw Error(ErrorKind::configuration, "the Python project defines no features",
                {.where = {},
                 .hint = "are the modules with the feature classes imported by `entrypoints`?",
                 .notes = {}});
  }
  const std::string text = export_file_text(context.exported, stamp_of(project, config, context));
  for (const std::string& file : files) {
    const bool is_changed = context.files.read(file) != text;
    if (is_changed) {
      context.files.write(file, text);
    }
    result.files.push_back({.file = file, .is_changed = is_changed});
  }
  return result;
}

}  // namespace metaxy::migrate
