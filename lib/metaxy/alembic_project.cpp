#include "metaxy/alembic_project.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "metaxy/alembic_ini.hpp"
#include "metaxy/config_files.hpp"
#include "metaxy/toml_tree.hpp"
#include "revision/python_tokens.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kIni = "alembic.ini";
constexpr std::string_view kToml = "pyproject.toml";
constexpr std::string_view kDefaultSection = "alembic";
constexpr std::string_view kDefaultTable = "alembic_version";

/// The keys of one section that matter here.
struct Settings {
  std::string section;
  std::map<std::string, std::string> values;
  /// Lists of pyproject.toml; an ini has texts with separators.
  std::map<std::string, std::vector<std::string>> lists;
  std::map<std::string, std::size_t> lines;

  std::string value(const std::string& key) const {
    const auto found = values.find(key);
    return found == values.end() ? std::string() : found->second;
  }
};

constexpr std::array<const char*, 6> kKeys = {
    "script_location",        "version_locations",           "path_separator",
    "version_path_separator", "recursive_version_locations", "sourceless"};

bool is_true(const std::string& text) {
  const std::string low = lower(text);
  return low == "true" || low == "1" || low == "yes" || low == "on";
}

std::optional<Settings> settings_of_ini(const AlembicIni& ini, const std::string& section,
                                        const std::string& here) {
  Settings settings;
  settings.section = section;
  for (const char* name : kKeys) {
    const std::string key = name;
    if (const std::optional<AlembicIni::Option> option = ini.option(section, key, here)) {
      settings.values[key] = option->value;
      settings.lines[key] = option->line;
    }
  }
  return settings.values.count("script_location") != 0 ? std::optional(settings) : std::nullopt;
}

std::optional<Settings> settings_of_toml(const TomlDocument& document, const std::string& here) {
  const TomlValue* tool = document.root().find("tool");
  const TomlValue* table = tool == nullptr ? nullptr : tool->find("alembic");
  if (table == nullptr) {
    return std::nullopt;
  }
  const auto resolved = [&](const TomlValue& value) { return replace_all(value.text, "%(here)s", here); };
  Settings settings;
  for (const char* name : kKeys) {
    const std::string key = name;
    const TomlValue* value = table->find(key);
    if (value == nullptr) {
      continue;
    }
    settings.lines[key] = value->line;
    if (value->kind == TomlValue::Kind::array) {
      for (const TomlValue& item : value->items) {
        settings.lists[key].push_back(resolved(item));
      }
    } else if (value->kind == TomlValue::Kind::boolean) {
      settings.values[key] = value->boolean ? "true" : "false";
    } else {
      settings.values[key] = resolved(*value);
    }
  }
  return settings;
}

/// Folders below a location, as a recursive Alembic walks them; it never looks into __pycache__.
void add_folders(const FileSystem& files, const std::string& location, std::vector<std::string>& all) {
  all.push_back(location);
  for (const std::string& name : files.list_directories(location)) {
    if (name != "__pycache__") {
      add_folders(files, joined_path(location, name), all);
    }
  }
}

class Finder {
 public:
  Finder(const FileSystem& files, const AlembicQuestion& question) : files_(files), question_(question) {}

  AlembicProject find() {
    const Settings settings = find_settings();
    const std::string here = parent_path(path_);
    project_.section = settings.section;
    const std::string location = settings.value("script_location");
    if (location.empty() || location.find(':') != std::string::npos) {
      refuse(location.empty() ? "no 'script_location' is set"
                              : fmt::format("'{}' names a Python package, expected a folder", location),
             "write the folder's path there", settings);
    }
    project_.directory = shown(joined_path(here, location));
    find_locations(settings, here);
    if (is_true(settings.value("sourceless"))) {
      project_.notes.emplace_back(
          "'sourceless' is set: revisions of which only compiled code is left are not seen");
    }
    read_env();
    return std::move(project_);
  }

 private:
  std::string shown(const std::string& path) const {
    return shown_path(question_.working_directory, normal_path(path));
  }

  [[noreturn]] void refuse(const std::string& message, const std::string& hint,
                           const Settings& settings) const {
    const auto line = settings.lines.find("script_location");
    throw Error(
        ErrorKind::configuration, message,
        {.where = SourcePosition{project_.file, line == settings.lines.end() ? 0 : line->second, 0, {}},
         .hint = hint,
         .notes = {}});
  }

  std::vector<std::string> candidates() const {
    if (!question_.file.empty()) {
      return {joined_path(question_.working_directory, question_.file)};
    }
    std::vector<std::string> paths;
    for (const std::string& directory : question_.directories) {
      paths.push_back(joined_path(directory, kIni));
      paths.push_back(joined_path(directory, kToml));
    }
    return paths;
  }

  Settings find_settings() {
    std::vector<std::string> looked_at;
    for (const std::string& path : candidates()) {
      const std::optional<std::string> text = files_.read(path);
      if (!text) {
        continue;
      }
      path_ = path;
      project_.file = shown(path);
      if (std::optional<Settings> settings = settings_in(*text)) {
        return std::move(*settings);
      }
      looked_at.push_back(project_.file);
    }
    const std::string nothing = question_.file.empty() ? std::string("no configuration of Alembic was found")
                                                       : fmt::format("there is no file '{}'", question_.file);
    throw Error(
        ErrorKind::configuration,
        looked_at.empty()
            ? nothing
            : fmt::format("none of {} sets script_location in {}", join(looked_at, ", "), sections_text()),
        {.where = {}, .hint = "--alembic-config FILE names the alembic.ini or pyproject.toml", .notes = {}});
  }

  std::string sections_text() const {
    std::vector<std::string> names;
    for (const std::string& section : question_.sections) {
      const std::string name = fmt::format("[{}]", section);
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(name);
      }
    }
    return join(names, ", ") + " or [tool.alembic]";
  }

  std::optional<Settings> settings_in(const std::string& text) {
    const std::string here = parent_path(path_);
    if (path_.ends_with(".toml")) {
      return settings_of_toml(TomlDocument(text, project_.file), here);
    }
    const AlembicIni ini(text, project_.file);
    for (const std::string& section : question_.sections) {
      if (std::optional<Settings> settings = settings_of_ini(ini, section, here)) {
        return settings;
      }
    }
    return std::nullopt;
  }

  void find_locations(const Settings& settings, const std::string& here) {
    std::vector<std::string> paths;
    if (const auto list = settings.lists.find("version_locations"); list != settings.lists.end()) {
      paths = list->second;
    } else if (const std::string text = settings.value("version_locations"); !text.empty()) {
      const std::string separator = settings.value("path_separator");
      paths = alembic_paths(text, separator.empty() ? settings.value("version_path_separator") : separator)
                  .value_or(std::vector<std::string>{});
    }
    project_.has_own_locations = !paths.empty();
    if (paths.empty()) {
      paths = {joined_path(joined_path(here, settings.value("script_location")), "versions")};
    }
    for (const std::string& path : paths) {
      const std::string location = normal_path(joined_path(here, path));
      std::vector<std::string> all = {location};
      if (is_true(settings.value("recursive_version_locations"))) {
        all.clear();
        add_folders(files_, location, all);
        project_.has_own_locations = project_.has_own_locations || all.size() > 1;
      }
      for (const std::string& one : all) {
        project_.locations.push_back(shown(one));
      }
    }
  }

  /// What env.py tells `context.configure` of the version table, where it is written out.
  void read_env() {
    project_.version_table = kDefaultTable;
    const std::string env = joined_path(project_.directory, "env.py");
    const std::optional<std::string> text = files_.read(joined_path(question_.working_directory, env));
    if (!text) {
      project_.notes.push_back(fmt::format("there is no '{}': the version table is taken to be '{}'", env,
                                           project_.version_table));
      return;
    }
    for (const PythonLine& line : python_lines(*text).lines) {
      read_argument(line, "version_table", env, project_.version_table);
      read_argument(line, "version_table_schema", env, project_.version_table_schema);
    }
    if (!project_.version_table_schema.empty()) {
      project_.notes.push_back(fmt::format(
          "'{}' sets version_table_schema: the connection's search_path must find the version table", env));
    }
  }

  void read_argument(const PythonLine& line, std::string_view name, const std::string& env,
                     std::string& value) {
    using Kind = PythonToken::Kind;
    const std::vector<PythonToken>& tokens = line.tokens;
    for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
      const bool is_argument =
          tokens[i].kind == Kind::name && tokens[i].value == name && tokens[i + 1].value == "=";
      if (!is_argument || tokens[i + 2].value == "None") {
        continue;
      }
      if (tokens[i + 2].kind == Kind::text) {
        value = tokens[i + 2].value;
      } else {
        project_.notes.push_back(
            fmt::format("{}:{} sets {} in a way that only Python can follow; it is taken to be "
                        "'{}', and --version-table says otherwise",
                        env, tokens[i].line, name, value));
      }
    }
  }

  const FileSystem& files_;
  const AlembicQuestion& question_;
  std::string path_;
  AlembicProject project_;
};

}  // namespace

std::string AlembicProject::command() const {
  std::string command = "alembic";
  if (file != kIni && file != kToml) {
    command += fmt::format(" -c {}", file);
  }
  if (!section.empty() && section != kDefaultSection) {
    command += fmt::format(" -n {}", section);
  }
  return command;
}

AlembicProject find_alembic_project(const FileSystem& files, const AlembicQuestion& question) {
  return Finder(files, question).find();
}

}  // namespace metaxy::migrate
