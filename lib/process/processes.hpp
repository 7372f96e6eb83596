#pragma once
// One of the doors for I/O: other programs. Tests pass one that runs none.

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace metaxy::migrate {

struct ProcessRequest {
  /// A path, or a name that is looked for in PATH of `environment`.
  std::string program;
  /// Without the program's own name. The text `{fd}` alone stands for the number of the descriptor on which
  /// the program writes its result.
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  /// Longest time it may take; then it is killed with everything it started.
  std::chrono::milliseconds timeout{};
  /// Called about once a second while it runs.
  std::function<void(std::chrono::milliseconds elapsed)> waiting;
};

struct ProcessResult {
  /// Its exit code, or 128 + the number of the signal that ended it.
  int exit_code = 0;
  bool is_timed_out = false;
  /// What it wrote on its result descriptor.
  std::string result;
  /// The end of what it printed, on standard output and standard error together.
  std::string output;
};

class Processes {
 public:
  virtual ~Processes() = default;
  /// Runs it in the working directory, with nothing to read, to its end. Throws Error(failure) when it cannot
  /// be started, Error(interrupted|terminated) when SIGINT or SIGTERM came meanwhile; it is ended then.
  virtual ProcessResult run(const ProcessRequest& request) = 0;
  /// The path of a program in PATH of `environment`, or of one given as a path; empty when there is none that
  /// can be run.
  virtual std::string find(const std::string& program,
                           const std::map<std::string, std::string>& environment) const = 0;
};

/// The machine's processes.
class RealProcesses final : public Processes {
 public:
  ProcessResult run(const ProcessRequest& request) override;
  std::string find(const std::string& program,
                   const std::map<std::string, std::string>& environment) const override;
};

}  // namespace metaxy::migrate
