#include "cli.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <exception>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "print.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::array<std::pair<std::string_view, Format>, 9> kFormats = {{{"text", Format::text},
                                                                          {"json", Format::json},
                                                                          {"github", Format::github},
                                                                          {"markdown", Format::markdown},
                                                                          {"sql", Format::sql},
                                                                          {"alembic", Format::alembic},
                                                                          {"dot", Format::dot},
                                                                          {"mermaid", Format::mermaid},
                                                                          {"svg", Format::svg}}};

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const auto& [name, format] : kFormats) {
    names.emplace_back(name);
  }
  return names;
}

}  // namespace

Format Cli::format() const {
  for (const auto& [name, format] : kFormats) {
    if (name == values.format) {
      return format;
    }
  }
  return Format::text;
}

void Cli::settle_format(const CommandSpec& command) {
  if (values.format.empty()) {
    values.format = command.formats.front();
  }
  if (std::find(command.formats.begin(), command.formats.end(), values.format) == command.formats.end()) {
    throw Error(ErrorKind::usage, fmt::format("'{}' has no --format {}", command.name, values.format),
                {.where = {}, .hint = fmt::format("it has {}", join(command.formats, ", ")), .notes = {}});
  }
}

bool Cli::is_colored() const {
  const ColorMode mode = values.color == "always"  ? ColorMode::always
                         : values.color == "never" ? ColorMode::never
                                                   : ColorMode::automatic;
  return uses_color(mode, STDOUT_FILENO, environment_);
}

bool Cli::is_on_terminal() const { return is_terminal(STDOUT_FILENO); }

bool Cli::shows_unicode() const { return migrate::shows_unicode(STDOUT_FILENO, environment_); }

void Cli::print(const std::string& text) { write_output(text); }

void Cli::prepare() {
  environment_ = process_environment();
  if (!values.directory.empty()) {
    std::error_code error;
    std::filesystem::current_path(values.directory, error);
    if (error) {
      throw Error(ErrorKind::usage,
                  fmt::format("cannot change to '{}': {}", values.directory, error.message()));
    }
  }
  const ColorMode mode = values.color == "always"  ? ColorMode::always
                         : values.color == "never" ? ColorMode::never
                                                   : ColorMode::automatic;
  const Verbosity verbosity = values.is_quiet     ? Verbosity::quiet
                              : values.is_verbose ? Verbosity::verbose
                                                  : Verbosity::normal;
  const auto debugs = [this](const char* what) {
    return std::find(values.debug.begin(), values.debug.end(), what) != values.debug.end();
  };
  progress_ = std::make_unique<ProgressPrinter>(verbosity, uses_color(mode, STDERR_FILENO, environment_));
  if (debugs("sql")) {
    progress_->show_statements();
  }
  prompter_ = std::make_unique<TerminalPrompter>(!values.is_no_input);
  GlobalOptions options;
  options.names = values.names;
  options.config.config_file = values.config_file;
  const auto put = [&](const char* key, const std::optional<std::string>& value) {
    if (value) {
      options.config.values[key] = *value;
    }
  };
  put("lock_wait", values.lock_wait);
  put("connect_wait", values.connect_wait);
  put("script_location", values.script_location);
  put("version_table", values.version_table);
  put("store_kind", values.store_kind);
  options.is_yes = values.yes.has_value();
  options.yes_store = values.yes.value_or("");
  options.debug = {.has_explain = debugs("explain"), .has_sql = debugs("sql"), .has_stats = debugs("stats")};
  context_ = std::make_unique<Context>(Context{.files = files_,
                                               .processes = processes_,
                                               .clock = clock_,
                                               .observer = *progress_,
                                               .prompter = *prompter_,
                                               .environment = environment_,
                                               .working_directory = std::filesystem::current_path().string(),
                                               .options = std::move(options),
                                               .user = user_name(environment_),
                                               .host = host_name()});
}

namespace {

std::vector<OptionSpec> global_options(GlobalValues& values) {
  std::vector<OptionSpec> options = {
      option("-n,--name", "environment: a store, or a part of it (dev:metaxy_features); repeatable",
             &values.names, "NAME"),
      option("-c,--config", "configuration file (default: metaxy.toml or pyproject.toml here or above)",
             &values.config_file, "FILE"),
      option("-C,--directory", "work in this directory", &values.directory, "DIR"),
      one_of(option("--format", "form of the output", &values.format, "FORMAT"), format_names()),
      one_of(option("--color", "colours", &values.color, "WHEN"), {"auto", "always", "never"}),
      option("-q,--quiet", "no progress and no notes; results, warnings and errors stay", &values.is_quiet),
      option("-v,--verbose", "say what is done, statement by statement", &values.is_verbose),
      one_of(
          option("-d,--debug", "tell more on stderr: why differences are ones, statements with times, phases",
                 &values.debug, "WHAT"),
          {"explain", "sql", "stats"}),
      option("--no-input", "never ask; a question that needs an answer is an error", &values.is_no_input),
      option("--yes", "answer confirmations; --yes=STORE for a protected store", &values.yes, "STORE"),
      option("--lock-wait", "longest wait for another run, such as 30s", &values.lock_wait, "TIME"),
      option("--wait", "longest wait for a server that is not there yet, such as 30s", &values.connect_wait,
             "TIME"),
      option("--script-location", "directory of the scripts", &values.script_location, "DIR"),
      option("--version-table", "name of the version table", &values.version_table, "NAME"),
      option("--store-kind", "treat a store of unknown type as this one", &values.store_kind, "TYPE"),
      hidden(option("-x", "no effect", &values.ignored, "ARG")),
      hidden(option("--tag", "no effect", &values.ignored, "TAG")),
      hidden(option("--raiseerr", "no effect", &values.has_no_effect)),
  };
  const auto yes = std::find_if(options.begin(), options.end(),
                                [](const OptionSpec& spec) { return spec.names == "--yes"; });
  yes->has_optional_value = true;
  return options;
}

/// `-d stats` also tells about a command that failed.
class StatsAtExit {
 public:
  explicit StatsAtExit(Cli& cli) : cli_(cli), start_(cli.context().clock.monotonic()) {}
  ~StatsAtExit() {
    if (cli_.context().options.debug.has_stats) {
      cli_.progress().print_stats(cli_.context().clock.monotonic() - start_);
    }
  }
  StatsAtExit(const StatsAtExit&) = delete;
  StatsAtExit& operator=(const StatsAtExit&) = delete;

 private:
  Cli& cli_;
  std::chrono::microseconds start_;
};

int end_with(const Error& error) {
  write_message(describe(error) + "\n");
  return exit_code(error.kind());
}

int report(const Error& error, const Cli& cli) {
  if (cli.format() == Format::github) {
    try {
      write_output(github_of(error));
    } catch (const Error&) {
      // Perhaps that is what it is about.
      return end_with(error);
    }
  }
  return end_with(error);
}

}  // namespace

int run_command_line(const std::vector<std::string>& arguments) {
  // A reader that closes the pipe early (`head`) has seen enough.
  std::signal(SIGPIPE, SIG_DFL);
  Cli cli;
  CommandLine line{.name = "metaxy-migrate",
                   .version = fmt::format("metaxy-migrate {}", tool_version()),
                   .summary = "Schema migrations for Metaxy metadata stores.",
                   .options = global_options(cli.values),
                   .commands = {}};
  add_script_commands(line, cli);
  add_run_commands(line, cli);
  add_inspect_commands(line, cli);
  add_graph_commands(line, cli);
  add_store_commands(line, cli);
  add_doctor_command(line, cli);
  add_completion_command(line, cli);
  try {
    const Parsed parsed = parse(line, arguments);
    if (parsed.command == nullptr) {
      if (parsed.exit_code == 0) {
        write_output(parsed.output);
      } else {
        write_message(parsed.output);
      }
      return parsed.exit_code;
    }
    cli.prepare();
    cli.settle_format(*parsed.command);
    if (cli.values.has_no_effect || !cli.values.ignored.empty()) {
      cli.context().observer.on(Notice{"-x, --tag and --raiseerr have no effect here: there is no env.py"});
    }
    const StatsAtExit stats(cli);
    return parsed.command->run();
  } catch (const Error& error) {
    return report(error, cli);
  } catch (const std::exception& error) {
    return report(Error(ErrorKind::failure, fmt::format("internal error: {}", error.what())), cli);
  } catch (...) {
    return report(Error(ErrorKind::failure, "internal error of an unknown kind"), cli);
  }
}

}  // namespace metaxy::migrate
