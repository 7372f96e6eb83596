#include "command/python_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "schema/json.hpp"

namespace metaxy::migrate {

namespace {

constexpr int kCacheFormat = 1;
/// Stands for the hash of a file that is not there.
constexpr std::string_view kAbsent = "absent";

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

std::string hash_of_file(const FileSystem& files, const std::string& path) {
  try {
    const std::optional<std::string> text = files.read(path);
    return text ? sha256(*text) : std::string(kAbsent);
  } catch (const Error&) {
    return "unreadable";
  }
}

/// Which names of a folder matter.
enum class Names {
  modules,    ///< What can be imported.
  packages,   ///< Of those, what is in a repository: Python files and folders with an __init__.py.
  installed,  ///< Installed distributions.
  all,
};

std::string_view name_of(Names names) {
  static constexpr std::array<std::string_view, 4> kWords = {"modules", "packages", "installed", "all"};
  return kWords.at(static_cast<std::size_t>(names));
}

bool is_file_that_matters(std::string_view name, Names names) {
  switch (names) {
    case Names::modules:
      return ends_with_any(name, {".py", ".so", ".pyd", ".pth", ".zip", ".egg"});
    case Names::packages:
      return name.ends_with(".py");
    case Names::installed:
      return ends_with_any(name, {".pth", ".egg-link", ".egg-info"});
    case Names::all:
      return !name.ends_with(".pyc");
  }
  return true;
}

bool is_folder_that_matters(const FileSystem& files, const std::string& path, const std::string& name,
                            Names names) {
  switch (names) {
    case Names::modules:
      return name != "__pycache__" && name.front() != '.';
    case Names::packages:
      return files.is_file(joined_path(joined_path(path, name), "__init__.py"));
    case Names::installed:
      return ends_with_any(name, {".dist-info", ".egg-info"});
    case Names::all:
      return name != "__pycache__";
  }
  return true;
}

std::string hash_of_folder(const FileSystem& files, const std::string& path, Names names) {
  std::string text;
  for (const std::string& name : files.list(path)) {
    if (is_file_that_matters(name, names)) {
      text += name + "\n";
    }
  }
  for (const std::string& name : files.list_directories(path)) {
    if (is_folder_that_matters(files, path, name, names)) {
      text += name + "/\n";
    }
  }
  return sha256(text);
}

/// From the configuration's directory; empty for what is nowhere near it.
std::string relative_path(const Config& config, const std::string& path) {
  const std::string relative = path_from(config.directory, path);
  return relative.empty() || relative.front() == '/' ? std::string() : relative;
}

bool is_hidden(const std::string& path) {
  const std::vector<std::string> parts = split(path, '/');
  return std::any_of(parts.begin(), parts.end(), [](const std::string& part) {
    return part.size() > 1 && part.front() == '.' && part != "..";
  });
}

/// The configuration is compared by itself; most of it changes nothing here.
bool is_configuration(const std::string& path, const Config& config, const Context& context) {
  const std::string name = file_name(path);
  return name == "metaxy.toml" || name == "pyproject.toml" ||
         std::any_of(config.files.begin(), config.files.end(), [&](const std::string& file) {
           return normal_path(joined_path(context.working_directory, file)) == path;
         });
}

/// What tools write about the packages that a project runs with.
std::vector<std::string> package_lists(const Config& config, const Context& context) {
  std::vector<std::string> found;
  for (const char* const name : {"poetry.lock", "pdm.lock", "pixi.lock", "Pipfile.lock"}) {
    const std::string path = joined_path(config.directory, name);
    if (context.files.is_file(path)) {
      found.push_back(path);
    }
  }
  for (const std::string& path : glob(context.files, config.directory, "requirements*.txt")) {
    found.push_back(path);
  }
  if (const std::string folder = folder_of_uv_lock(config, context); !folder.empty()) {
    found.push_back(joined_path(folder, "uv.lock"));
  }
  return found;
}

}  // namespace

ExportStamp stamp_of(const ExportedProject& project, const Config& config, const Context& context) {
  ExportStamp stamp;
  stamp.project = config.project.value.value_or("");
  stamp.entrypoints = config.entrypoints.value;
  if (!project.inputs.changed.empty()) {
    throw Error(ErrorKind::failure, "a file of the project changed while it was read",
                {.where = {}, .hint = "run the command again", .notes = project.inputs.changed});
  }
  const auto add = [&](const std::string& path) {
    const auto read = project.inputs.hashes.find(path);
    if (const std::string relative = relative_path(config, path); !relative.empty() && !is_hidden(relative)) {
      stamp.files[relative] =
          read == project.inputs.hashes.end() ? hash_of_file(context.files, path) : read->second;
    }
  };
  for (const std::string& path : project.inputs.modules) {
    add(path);
  }
  for (const std::string& path : project.inputs.data) {
    const bool is_below = relative_path(config, path).rfind("..", 0) != 0;
    if (is_below && context.files.is_file(path) && !is_configuration(path, config, context)) {
      add(path);
    }
  }
  for (const std::string& path : package_lists(config, context)) {
    add(path);
  }
  for (const ExportedListing& listing : project.inputs.listings) {
    const std::string relative = relative_path(config, listing.path);
    // A file beside a module that was imported by its name changes nothing.
    const bool is_searched = listing.by != "import";
    if (is_searched && !relative.empty() && !is_hidden(relative) && relative.rfind("..", 0) != 0) {
      stamp.folders[relative] = hash_of_folder(context.files, listing.path, Names::packages);
    }
  }
  return stamp;
}

std::vector<std::string> stale_parts(const ExportStamp& stamp, const Config& config, const Context& context) {
  std::vector<std::string> parts;
  if (stamp == ExportStamp{}) {
    return parts;  // in lock format alone, without a word of what it was made from
  }
  if (stamp.project != config.project.value.value_or("")) {
    parts.push_back(
        fmt::format("project was '{}' and is '{}'", stamp.project, config.project.value.value_or("")));
  }
  if (stamp.entrypoints != config.entrypoints.value) {
    parts.push_back(fmt::format("entrypoints were [{}] and are [{}]", join(stamp.entrypoints, ", "),
                                join(config.entrypoints.value, ", ")));
  }
  for (const auto& [path, hash] : stamp.files) {
    const std::string now = hash_of_file(context.files, joined_path(config.directory, path));
    if (now != hash) {
      parts.push_back(fmt::format("{} {}", path, now == kAbsent ? "is gone" : "changed"));
    }
  }
  for (const auto& [path, hash] : stamp.folders) {
    if (hash_of_folder(context.files, joined_path(config.directory, path), Names::packages) != hash) {
      parts.push_back(
          fmt::format("the modules in {} are others", path == "." ? "the project's folder" : path));
    }
  }
  for (const std::string& path : package_lists(config, context)) {
    const std::string relative = relative_path(config, path);
    if (!relative.empty() && stamp.files.count(relative) == 0) {
      parts.push_back(fmt::format("{} is new", relative));
    }
  }
  return parts;
}

namespace {

/// Variables of the terminal and the session, which change from one shell to the next.
bool is_of_session(std::string_view name) {
  static const std::set<std::string_view> names = {"_",
                                                   "COLORTERM",
                                                   "COLUMNS",
                                                   "DBUS_SESSION_BUS_ADDRESS",
                                                   "DISPLAY",
                                                   "EDITOR",
                                                   "GPG_TTY",
                                                   "HISTFILE",
                                                   "HISTSIZE",
                                                   "INVOCATION_ID",
                                                   "JOURNAL_STREAM",
                                                   "LESS",
                                                   "LINES",
                                                   "LS_COLORS",
                                                   "NO_COLOR",
                                                   "OLDPWD",
                                                   "PAGER",
                                                   "PS1",
                                                   "PWD",
                                                   "SHLVL",
                                                   "SSH_CLIENT",
                                                   "SSH_CONNECTION",
                                                   "SSH_AUTH_SOCK",
                                                   "SSH_TTY",
                                                   "STY",
                                                   "TERM",
                                                   "TMUX",
                                                   "TMUX_PANE",
                                                   "VISUAL",
                                                   "WINDOWID",
                                                   "CLICOLOR_FORCE"};
  return names.count(name) != 0 || name.starts_with("METAXY_MIGRATE_") || name.starts_with("XDG_SESSION") ||
         name.starts_with("TERM_PROGRAM");
}

/// A text goes in with its length, so that two of them never read as another two.
void hash_text(Sha256& hash, std::string_view text) {
  hash.update(fmt::format("{}:{}\n", text.size(), text));
}

/// All that the result depends on and that is known before the project runs.
std::string key_of(const Interpreter& interpreter, const Config& config, const Context& context) {
  Sha256 hash;
  hash_text(hash, tool_version());
  hash_text(hash, exporter_source());
  hash_text(hash, interpreter.program);
  hash_text(hash, join(interpreter.arguments, "\n"));
  hash_text(hash, config.directory);
  hash_text(hash, context.working_directory);
  for (const std::string& file : config.files) {
    hash_text(hash, file);
    hash_text(hash, hash_of_file(context.files, joined_path(context.working_directory, file)));
  }
  for (const std::string& file : package_lists(config, context)) {
    hash_text(hash, hash_of_file(context.files, file));
  }
  for (const auto& [name, value] : context.environment) {
    if (!is_of_session(name)) {
      hash_text(hash, name);
      hash_text(hash, value);
    }
  }
  return hash.digest();
}

/// One file a project, so that the cache does not grow; empty: there is no place for it.
std::string cache_file(const Config& config, const Context& context) {
  const auto variable = [&](const char* name) {
    const auto found = context.environment.find(name);
    return found == context.environment.end() ? std::string() : found->second;
  };
  std::string folder = variable("XDG_CACHE_HOME");
  if (folder.empty() || folder.front() != '/') {
    const std::string home = variable("HOME");
    if (home.empty() || home.front() != '/') {
      return {};
    }
    folder = joined_path(home, ".cache");
  }
  constexpr std::size_t kDigits = 24;
  const std::string name = sha256(config.directory + "\n" + context.working_directory).substr(0, kDigits);
  return joined_path(folder, fmt::format("metaxy-migrate/exports/{}.json", name));
}

struct Listed {
  std::string path;
  Names names = Names::all;
};

std::vector<Listed> folders_of(const ExportedInputs& inputs) {
  std::vector<Listed> folders;
  for (const ExportedListing& listing : inputs.listings) {
    folders.push_back({listing.path, listing.by == "project" ? Names::all : Names::modules});
  }
  for (const std::string& path : inputs.installed_folders) {
    folders.push_back({path, Names::installed});
  }
  return folders;
}

/// Whether the project's files are what was read: one that was saved meanwhile would make an old result pass
/// for a new one.
bool is_as_read(const ExportedInputs& inputs, const Context& context) {
  return inputs.changed.empty() &&
         std::all_of(inputs.hashes.begin(), inputs.hashes.end(), [&](const auto& read) {
           return hash_of_file(context.files, read.first) == read.second;
         });
}

/// The state of everything that the project read.
std::string fingerprint_of(const ExportedInputs& inputs, const Context& context) {
  Sha256 hash;
  for (const std::vector<std::string>* paths : {&inputs.modules, &inputs.data, &inputs.installed}) {
    for (const std::string& path : *paths) {
      hash_text(hash, path);
      hash_text(hash, hash_of_file(context.files, path));
    }
  }
  for (const Listed& folder : folders_of(inputs)) {
    hash_text(hash, folder.path);
    hash_text(hash, name_of(folder.names));
    hash_text(hash, hash_of_folder(context.files, folder.path, folder.names));
  }
  return hash.digest();
}

}  // namespace

std::optional<std::string> cached_export(const Interpreter& interpreter, const Config& config,
                                         const Context& context) {
  const std::string file = cache_file(config, context);
  if (file.empty()) {
    return std::nullopt;
  }
  try {
    const std::optional<std::string> text = context.files.read(file);
    if (!text) {
      return std::nullopt;
    }
    const ReadJson kept = ReadJson::parse(*text);
    if (kept.at("format") != kCacheFormat || kept.at("key") != key_of(interpreter, config, context)) {
      return std::nullopt;
    }
    std::string result = kept.at("result").get<std::string>();
    std::vector<std::string> notes;
    const ExportedProject project = exported_project(result, notes);
    if (project.failure || kept.at("fingerprint") != fingerprint_of(project.inputs, context)) {
      return std::nullopt;
    }
    return result;
  } catch (const std::exception&) {
    return std::nullopt;  // a damaged file is none
  }
}

void keep_export(const std::string& result, const ExportedProject& project, const Interpreter& interpreter,
                 const Config& config, const Context& context) {
  const std::string file = cache_file(config, context);
  if (file.empty()) {
    return;
  }
  if (!project.inputs.unseen.empty()) {
    context.observer.on(Detail{fmt::format("the result is not kept for later runs: the project used {}",
                                           join(project.inputs.unseen, ", "))});
    return;
  }
  if (!is_as_read(project.inputs, context)) {
    context.observer.on(Detail{"the result is not kept for later runs: a file changed while it was read"});
    return;
  }
  try {
    const Json kept = {{"format", kCacheFormat},
                       {"key", key_of(interpreter, config, context)},
                       {"fingerprint", fingerprint_of(project.inputs, context)},
                       {"result", result}};
    context.files.write(file, kept.dump());
  } catch (const std::exception& error) {
    context.observer.on(Detail{fmt::format("the result is not kept for later runs: {}", error.what())});
  }
}

}  // namespace metaxy::migrate
