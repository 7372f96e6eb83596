#pragma once
// The command line as data: every command with its options, texts and examples. Parsing, help and completions
// are all made from it, so they cannot drift apart.

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace metaxy::migrate {

/// Where a parsed value goes. Pointers are owned by whoever made the option and live as long as the command
/// line.
using OptionTarget = std::variant<bool*, std::string*, std::optional<std::string>*, std::vector<std::string>*,
                                  std::optional<std::size_t>*>;

struct OptionSpec {
  /// "-m,--message"; no dashes for a positional argument ("revision").
  std::string names;
  /// One line, lower-case start, no full stop.
  std::string help;
  OptionTarget target;
  /// What the value is called in the help ("TEXT", "FILE", "REV"); empty for a flag.
  std::string value_name;
  bool is_required = false;
  /// Allowed values; empty: any.
  std::vector<std::string> choices;
  /// `--yes[=STORE]`: the value may be left out, and must be written with `=`.
  bool has_optional_value = false;
  /// Accepted but not shown (Alembic's spellings that have no effect here).
  bool is_hidden = false;
};

/// Shorthands for the tables of options.
OptionSpec option(std::string names, std::string help, OptionTarget target, std::string value_name = {});
OptionSpec required(OptionSpec spec);
OptionSpec one_of(OptionSpec spec, std::vector<std::string> choices);
OptionSpec hidden(OptionSpec spec);

struct CommandSpec {
  std::string name;
  /// Other spellings that work too ("ensure_version").
  std::vector<std::string> aliases;
  std::string summary;
  /// A few lines behind the summary in `--help`.
  std::string description;
  /// Whole command lines, each with what it does.
  std::vector<std::pair<std::string, std::string>> examples;
  std::vector<OptionSpec> options;
  /// Values of --format that it has; any other ends the program before it runs.
  std::vector<std::string> formats = {"text", "json"};
  /// Runs the command after parsing and returns the exit code.
  std::function<int()> run;
};

struct CommandLine {
  std::string name;
  std::string version;
  std::string summary;
  std::vector<OptionSpec> options;
  std::vector<CommandSpec> commands;
};

/// What parsing came to.
struct Parsed {
  /// The chosen command; nullptr when `exit_code` is to be returned at once.
  const CommandSpec* command = nullptr;
  int exit_code = 0;
  /// Text for stdout (help, version).
  std::string output;
};

/// Fills the targets. Throws Error(usage) with a suggestion for a mistyped command, option or value.
Parsed parse(const CommandLine& line, const std::vector<std::string>& arguments);

}  // namespace metaxy::migrate
