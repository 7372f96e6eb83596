#pragma once
// What every command is given: the doors, the process's surroundings and the options that all commands
// share.

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "files/file_system.hpp"
#include "metaxy/config.hpp"
#include "process/processes.hpp"
#include "run/events.hpp"

namespace metaxy::migrate {

/// Asks a person. Each question names the flag that answers it, for the runs where nobody is there.
class Prompter {
 public:
  virtual ~Prompter() = default;
  /// Whether somebody can be asked: a terminal, and no --no-input.
  virtual bool can_ask() const = 0;
  /// One line, trimmed. Precondition: can_ask().
  virtual std::string ask(const std::string& question) = 0;
};

/// What `-d` asks for; it is told to the observer.
struct DebugOptions {
  bool has_explain = false;
  bool has_sql = false;
  bool has_stats = false;
};

struct GlobalOptions {
  /// `-n`, in order; empty: the configuration's default, where that is safe.
  std::vector<std::string> names;
  ConfigFlags config;
  /// `--yes` answers every confirmation; `--yes=STORE` that of a protected store.
  bool is_yes = false;
  std::string yes_store;
  DebugOptions debug{};
};

struct Context {
  FileSystem& files;
  Processes& processes;
  const Clock& clock;
  Observer& observer;
  Prompter& prompter;
  ProcessEnvironment environment;
  std::string working_directory;
  GlobalOptions options;
  std::string user;
  std::string host;
  /// What the exporter told of the Python project: one run of it serves all environments of a command.
  mutable std::string exported{};
};

/// The version of this program, "0.1.0".
std::string_view tool_version();

}  // namespace metaxy::migrate
