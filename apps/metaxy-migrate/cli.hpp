#pragma once
// From words to a request, from a report to streams and an exit code. Nothing here decides anything about
// databases.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command/context.hpp"
#include "command_line.hpp"
#include "progress.hpp"
#include "terminal.hpp"

namespace metaxy::migrate {

enum class Format { text, json, github, markdown, sql, alembic, dot, mermaid, svg };

/// What all commands share, as typed.
struct GlobalValues {
  std::vector<std::string> names;
  std::optional<std::string> config_file;
  std::string directory;
  /// Empty: the first one that the command has.
  std::string format;
  std::string color = "auto";
  bool is_quiet = false;
  bool is_verbose = false;
  bool is_no_input = false;
  std::optional<std::string> yes;
  std::vector<std::string> debug;
  std::optional<std::string> lock_wait;
  std::optional<std::string> connect_wait;
  std::optional<std::string> script_location;
  std::optional<std::string> version_table;
  std::optional<std::string> store_kind;
  /// What Alembic takes for env.py, which is not there: -x and --tag, --raiseerr.
  std::vector<std::string> ignored;
  bool has_no_effect = false;
};

/// Gives the commands their surroundings once the line is parsed, and takes what they print.
class Cli {
 public:
  GlobalValues values;

  Context& context() { return *context_; }
  ProgressPrinter& progress() { return *progress_; }
  Format format() const;
  /// Throws Error(usage) when the command has no such format; settles on its first one when none was chosen.
  void settle_format(const CommandSpec& command);
  /// Colour on stdout.
  bool is_colored() const;
  bool is_on_terminal() const;
  /// Whether lines and dots outside ASCII may be drawn on stdout.
  bool shows_unicode() const;
  /// Text for stdout.
  void print(const std::string& text);

  void prepare();

 private:
  RealFileSystem files_;
  RealProcesses processes_;
  SystemClock clock_;
  ProcessEnvironment environment_;
  std::unique_ptr<ProgressPrinter> progress_;
  std::unique_ptr<TerminalPrompter> prompter_;
  std::unique_ptr<Context> context_;
};

/// Parses, runs, prints; returns the process's exit code (product reference 8). Never throws.
int run_command_line(const std::vector<std::string>& arguments);

/// The commands by file.
void add_run_commands(CommandLine& line, Cli& cli);
void add_script_commands(CommandLine& line, Cli& cli);
void add_graph_commands(CommandLine& line, Cli& cli);
void add_inspect_commands(CommandLine& line, Cli& cli);
void add_store_commands(CommandLine& line, Cli& cli);
void add_doctor_command(CommandLine& line, Cli& cli);
void add_completion_command(CommandLine& line, Cli& cli);

}  // namespace metaxy::migrate
