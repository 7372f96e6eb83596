#include "command/python_project.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/python_inputs.hpp"
#include "metaxy/config_files.hpp"
#include "metaxy/migrate_settings.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kPythonSetting = "python = \"...\" under [ext.migrate]";

std::string variable(const Context& context, const std::string& name) {
  const auto found = context.environment.find(name);
  return found == context.environment.end() ? std::string() : found->second;
}

/// The Python of an environment's folder; empty: it has none.
std::string python_in(const std::string& folder, const Context& context) {
  return context.processes.find(joined_path(folder, "bin/python"), context.environment);
}

Interpreter configured_interpreter(const Setting<std::optional<std::string>>& python, const Config& config,
                                   const Context& context) {
  const std::string& value = *python.value;
  std::string program = value;
  if (value.find('/') != std::string::npos) {
    program = joined_path(config.directory, value);
    if (context.files.is_directory(program)) {
      program = joined_path(program, "bin/python");
    }
  }
  const std::string found = context.processes.find(program, context.environment);
  if (found.empty()) {
    throw Error(ErrorKind::configuration, fmt::format("python = \"{}\" names no program", value),
                {.where = {},
                 .hint = "give the path of an interpreter or of a virtual environment, relative to the "
                         "configuration file, or a "
                         "name in PATH",
                 .notes = {fmt::format("from: {}", python.origin)}});
  }
  return {.program = found,
          .arguments = {},
          .shown = fmt::format("{} ({})", found, python.origin),
          .is_of_project = true};
}

std::optional<Interpreter> interpreter_of_uv(const Config& config, const Context& context) {
  const std::string folder = folder_of_uv_lock(config, context);
  if (folder.empty()) {
    return std::nullopt;
  }
  const std::string uv = context.processes.find("uv", context.environment);
  if (uv.empty()) {
    context.observer.on(Warning{fmt::format("there is a uv.lock in '{}', but no uv in PATH", folder)});
    return std::nullopt;
  }
  // The lock file is never rewritten by a look at the definitions.
  return Interpreter{
      .program = uv,
      .arguments = {"run", "--quiet", "--frozen", "--project", config.directory, "python"},
      .shown = fmt::format("uv run python (uv.lock in {})", shown_path(context.working_directory, folder)),
      .is_of_project = true};
}

}  // namespace

std::string folder_of_uv_lock(const Config& config, const Context& context) {
  for (std::string folder = config.directory;;) {
    if (context.files.is_file(joined_path(folder, "uv.lock"))) {
      return folder;
    }
    std::string above = parent_path(folder);
    if (above.empty() || above == folder) {
      return {};
    }
    folder = std::move(above);
  }
}

Interpreter find_interpreter(const Config& config, const MigrateSettings& settings, const Context& context) {
  if (settings.python.value) {
    return configured_interpreter(settings.python, config, context);
  }
  if (const std::string active = variable(context, "VIRTUAL_ENV"); !active.empty()) {
    if (std::string python = python_in(active, context); !python.empty()) {
      return {.program = python, .arguments = {}, .shown = python + " ($VIRTUAL_ENV)", .is_of_project = true};
    }
    context.observer.on(Warning{fmt::format("VIRTUAL_ENV is '{}', where there is no bin/python", active)});
  }
  if (std::string python = python_in(joined_path(config.directory, ".venv"), context); !python.empty()) {
    return {.program = python,
            .arguments = {},
            .shown = python + " (.venv beside the configuration)",
            .is_of_project = true};
  }
  if (std::optional<Interpreter> uv = interpreter_of_uv(config, context)) {
    return std::move(*uv);
  }
  for (const char* const name : {"python3", "python"}) {
    if (std::string python = context.processes.find(name, context.environment); !python.empty()) {
      return {.program = python, .arguments = {}, .shown = python + " (in PATH)", .is_of_project = false};
    }
  }
  throw Error(
      ErrorKind::configuration, "there is no Python to import the entry points with",
      {.where = {},
       .hint = fmt::format("activate the project's environment, or set {}; `export` where Python is writes a "
                           "definitions.toml that needs none",
                           kPythonSetting),
       .notes = {"looked for: $VIRTUAL_ENV, .venv beside the configuration, uv.lock, python3 in PATH"}});
}

namespace {

/// The end of what the project printed, one note a line.
std::vector<std::string> last_lines(const std::string& output, std::size_t count) {
  std::vector<std::string> lines = split(std::string(trimmed(output)), '\n');
  if (lines.size() > count) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
  }
  if (lines.size() == 1 && lines.front().empty()) {
    lines.clear();
  }
  return lines;
}

void show_output(const std::string& output, const Context& context) {
  for (const std::string& line : last_lines(output, output.size())) {
    context.observer.on(Detail{fmt::format("python: {}", line)});
  }
}

ProcessRequest request_for(const Interpreter& interpreter, const Config& config,
                           const MigrateSettings& settings, const Context& context) {
  ProcessRequest request;
  request.program = interpreter.program;
  request.arguments = interpreter.arguments;
  const std::string file =
      config.file.empty() ? std::string() : joined_path(context.working_directory, config.file);
  const std::vector<std::string> own = {
      "-c", std::string(exporter_source()), "{fd}", file, config.directory, context.working_directory};
  request.arguments.insert(request.arguments.end(), own.begin(), own.end());
  request.environment = context.environment;
  request.timeout = settings.python_timeout.value;
  auto beats = std::make_shared<long>(0);
  request.waiting = [&context, beats](std::chrono::milliseconds elapsed) {
    constexpr long kEvery = 10;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(elapsed);
    if (seconds.count() / kEvery > *beats) {
      *beats = seconds.count() / kEvery;
      context.observer.on(
          Heartbeat{.what = "importing the Python project", .elapsed = seconds, .percent = {}});
    }
  };
  return request;
}

std::string run_exporter(const Interpreter& interpreter, const Config& config,
                         const MigrateSettings& settings, const Context& context) {
  ProcessResult result = context.processes.run(request_for(interpreter, config, settings, context));
  show_output(result.output, context);
  constexpr std::size_t kLines = 12;
  if (result.is_timed_out) {
    throw Error(
        ErrorKind::configuration,
        fmt::format("importing the Python project took longer than {}",
                    duration_text(settings.python_timeout.value)),
        {.where = {},
         .hint =
             "python_timeout under [ext.migrate] allows more; importing entry points should start no work",
         .notes = last_lines(result.output, kLines)});
  }
  if (result.result.empty() || result.result.back() != '\n') {
    throw Error(
        ErrorKind::configuration,
        fmt::format(
            "the Python project ended the interpreter before its definitions were read (exit code {})",
            result.exit_code),
        {.where = {},
         .hint = fmt::format("the interpreter is {}; it must be Python 3.10 or newer", interpreter.shown),
         .notes = last_lines(result.output, kLines)});
  }
  return std::move(result.result);
}

std::string hint_for(const ExportFailure& failure, const Interpreter& interpreter) {
  if (failure.kind == "no_metaxy") {
    return fmt::format(
        "install it there, or name the project's interpreter: {}; `export` where Metaxy is writes a "
        "definitions.toml that needs no Python",
        kPythonSetting);
  }
  if (!failure.module.empty()) {
    return fmt::format("is '{}' installed in {}? `-v` shows the traceback", failure.module,
                       interpreter.shown);
  }
  return "`-v` shows the traceback";
}

std::optional<SourcePosition> position_of(const ExportFailure& failure, const Context& context) {
  if (failure.file.empty()) {
    return std::nullopt;
  }
  SourcePosition position;
  position.file = shown_path(context.working_directory, failure.file);
  position.line = failure.line;
  const std::vector<std::string> lines = split(context.files.read(failure.file).value_or(""), '\n');
  if (failure.line > 0 && failure.line <= lines.size()) {
    position.line_text = lines[failure.line - 1];
  }
  return position;
}

std::string headline_of(const ExportFailure& failure, const Interpreter& interpreter) {
  if (failure.kind == "no_metaxy") {
    return fmt::format("Metaxy is not installed in {}", interpreter.shown);
  }
  if (failure.kind == "import") {
    return "the entry points cannot be imported";
  }
  if (failure.kind == "configuration") {
    return "Metaxy does not accept the configuration";
  }
  return failure.kind == "internal" ? "the Python project cannot be read" : failure.message;
}

[[noreturn]] void fail(const ExportFailure& failure, const Interpreter& interpreter, const Context& context) {
  for (const std::string& line : last_lines(failure.traceback, failure.traceback.size())) {
    context.observer.on(Detail{line});
  }
  ErrorDetail detail{
      .where = position_of(failure, context), .hint = hint_for(failure, interpreter), .notes = {}};
  if (!failure.exception.empty()) {
    detail.notes =
        last_lines(fmt::format("{}: {}", failure.exception, failure.cause), failure.cause.size() + 1);
  }
  if (failure.kind == "import" && failure.message.find(failure.cause) == std::string::npos) {
    detail.notes.push_back(failure.message);
  }
  if (failure.kind == "no_metaxy") {
    throw NoMetaxy(ErrorKind::configuration, headline_of(failure, interpreter), std::move(detail));
  }
  throw Error(ErrorKind::configuration, headline_of(failure, interpreter), std::move(detail));
}

}  // namespace

ExportedProject load_python_project(const Config& config, const MigrateSettings& settings,
                                    const Context& context, std::vector<std::string>& notes, CacheUse use) {
  if (!context.exported.empty()) {
    return exported_project(context.exported, notes);
  }
  const Interpreter interpreter = find_interpreter(config, settings, context);
  const bool has_cache = settings.has_python_cache.value;
  std::optional<std::string> kept;
  if (has_cache && use == CacheUse::allowed) {
    kept = cached_export(interpreter, config, context);
  }
  context.observer.on(Notice{
      fmt::format("Python: {}{}", interpreter.shown, kept ? ", nothing changed since its last run" : "")});
  std::string result = kept ? std::move(*kept) : run_exporter(interpreter, config, settings, context);
  ExportedProject project = exported_project(result, notes);
  if (project.failure) {
    fail(*project.failure, interpreter, context);
  }
  if (has_cache && !kept) {
    keep_export(result, project, interpreter, config, context);
  }
  context.exported = std::move(result);
  return project;
}

}  // namespace metaxy::migrate
