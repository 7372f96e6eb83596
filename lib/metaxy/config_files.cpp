#include "metaxy/config_files.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kPyproject = "pyproject.toml";

/// The part of a file that is Metaxy's: `[tool.metaxy]` of a pyproject.toml, else all of it.
const TomlValue* section_of(const TomlDocument& document, std::string_view path) {
  if (file_name(path) != kPyproject) {
    return &document.root();
  }
  const TomlValue* tool = document.root().find("tool");
  return tool == nullptr ? nullptr : tool->find("metaxy");
}

class Chain {
 public:
  Chain(const FileSystem& files, const std::string& working_directory)
      : files_(files), working_directory_(working_directory) {}

  ConfigFiles read(const std::string& file) {
    result_.file = file;
    result_.merged = read_with_parents(file, nullptr);
    return std::move(result_);
  }

 private:
  /// `extended_by` is the `extend` that names this file; nullptr for the first one.
  ConfigValue read_with_parents(const std::string& path, const ConfigValue* extended_by) {
    check_cycle(path, extended_by);
    open_.push_back(path);
    ConfigValue own = read_one(path, extended_by);
    if (const ConfigValue* extend = own.find("extend")) {
      ConfigValue parent = read_with_parents(extended_path(*extend, path), extend);
      note_replaced_stores(parent, own);
      own = merged_with_parent(std::move(parent), own);
    }
    result_.files.push_back(path);
    return own;
  }

  ConfigValue read_one(const std::string& path, const ConfigValue* extended_by) {
    const std::string shown = shown_path(working_directory_, path);
    std::optional<std::string> text = files_.read(path);
    if (!text) {
      throw_at(extended_by, fmt::format("configuration file '{}' does not exist", shown));
    }
    const TomlDocument& document = result_.documents.try_emplace(shown, *text, shown).first->second;
    const TomlValue* section = section_of(document, path);
    if (section == nullptr) {
      return {};
    }
    if (section->kind != TomlValue::Kind::table) {
      throw Error(ErrorKind::configuration, "'tool.metaxy' is not a table",
                  {.where = document.at(*section), .hint = {}, .notes = {}});
    }
    return config_value(*section, shown);
  }

  std::string extended_path(const ConfigValue& extend, const std::string& from) const {
    if (extend.kind != ConfigValue::Kind::text || extend.text.empty()) {
      throw_at(&extend, fmt::format("'extend' is {}, expected the path of one file", name_of(extend.kind)));
    }
    return normal_path(joined_path(parent_path(from), extend.text));
  }

  void check_cycle(const std::string& path, const ConfigValue* extended_by) const {
    const auto first = std::find(open_.begin(), open_.end(), path);
    if (first == open_.end()) {
      return;
    }
    std::vector<std::string> names;
    for (auto step = first; step != open_.end(); ++step) {
      names.push_back(shown_path(working_directory_, *step));
    }
    names.push_back(shown_path(working_directory_, path));
    throw_at(extended_by, fmt::format("files extend each other in a circle: {}", join(names, " -> ")));
  }

  [[noreturn]] void throw_at(const ConfigValue* value, const std::string& message) const {
    ErrorDetail detail;
    if (value != nullptr) {
      detail.where = position_of(value->origin, result_.documents);
    }
    throw Error(ErrorKind::configuration, message, std::move(detail));
  }

  void note_replaced_stores(const ConfigValue& parent, const ConfigValue& child) {
    const ConfigValue* theirs = parent.find("stores");
    const ConfigValue* ours = child.find("stores");
    if (theirs == nullptr || ours == nullptr) {
      return;
    }
    for (const auto& [name, store] : ours->members) {
      const ConfigValue* replaced = theirs->find(name);
      if (replaced != nullptr && replaced->find("type") != nullptr && store.find("type") == nullptr) {
        result_.replaced_stores[name] =
            fmt::format("the table at {} replaces the one at {} as a whole, so repeat 'type' there",
                        store.origin.text(), replaced->origin.text());
      }
    }
  }

  const FileSystem& files_;
  const std::string& working_directory_;
  ConfigFiles result_;
  std::vector<std::string> open_;
};

}  // namespace

std::string shown_path(std::string_view working_directory, std::string_view path) {
  return working_directory.empty() ? std::string(path) : path_from(working_directory, path);
}

std::string discovered_config_file(const FileSystem& files, const std::string& working_directory) {
  for (std::string directory = working_directory;; directory = parent_path(directory)) {
    std::string path = joined_path(directory, "metaxy.toml");
    if (files.is_file(path)) {
      return path;
    }
    path = joined_path(directory, kPyproject);
    if (const std::optional<std::string> text = files.read(path)) {
      const TomlDocument document(*text, shown_path(working_directory, path));
      const TomlValue* section = section_of(document, path);
      if (section != nullptr && !section->entries.empty()) {
        return path;
      }
    }
    if (directory == "/" || directory.empty()) {
      return {};
    }
  }
}

ConfigFiles read_config_files(const FileSystem& files, const std::string& working_directory,
                              const std::string& file) {
  return file.empty() ? ConfigFiles{} : Chain(files, working_directory).read(file);
}

}  // namespace metaxy::migrate
