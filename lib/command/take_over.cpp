#include "command/take_over.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/alembic.hpp"
#include "command/baseline.hpp"
#include "command/file_commands.hpp"
#include "command/twin.hpp"
#include "metaxy/alembic_project.hpp"
#include "revision/baseline.hpp"

namespace metaxy::migrate {

namespace {

/// A flag, which the next command will not have.
bool is_typed(const Setting<std::string>& setting) { return setting.origin.starts_with("--"); }

AlembicProject project_for(const TakeOverRequest& request, const Config& config,
                           const Environment& environment, const Context& context) {
  const auto variable = context.environment.find("ALEMBIC_CONFIG");
  const std::string by_variable = variable == context.environment.end() ? "" : variable->second;
  AlembicProject project = find_alembic_project(
      context.files, {.file = request.alembic_config.empty() ? by_variable : request.alembic_config,
                      .working_directory = context.files.absolute(context.working_directory),
                      .directories = {context.files.absolute(config.directory),
                                      context.files.absolute(context.working_directory)},
                      .sections = {environment.name, environment.store.name, "alembic"}});
  if (is_typed(environment.version_table)) {
    project.version_table = environment.version_table.value;
  }
  return project;
}

/// The environment as metaxy.toml will say once the lines are added.
Environment environment_with(const AlembicProject& project, Environment environment) {
  environment.script_directory = {project.directory, project.file};
  environment.version_locations = {project.has_own_locations ? project.locations : std::vector<std::string>{},
                                   project.file};
  environment.version_table = {project.version_table, project.file};
  return environment;
}

void require_readable(const AlembicFiles& found, const AlembicProject& project) {
  if (!found.problems.empty()) {
    throw error_from(
        ErrorKind::script,
        fmt::format("revisions of Alembic in '{}' cannot be read without running Python", project.directory),
        found.problems);
  }
  if (found.revisions.empty()) {
    throw Error(
        ErrorKind::usage, fmt::format("there is no revision of Alembic in {}", join(project.locations, ", ")),
        {.where = SourcePosition{project.file, 0, 0, {}},
         .hint = "`revision --autogenerate` begins without one; `adopt` takes over a database as it is",
         .notes = {}});
  }
  if (const std::vector<Problem> problems = RevisionGraph::problems_of(found.revisions); !problems.empty()) {
    throw error_from(ErrorKind::integrity, "the graph of Alembic's revisions is broken", problems);
  }
}

std::string taken_over_text(const AlembicProject& project, const Context& context) {
  return fmt::format(
      "# The Python revisions here are history: Alembic ran them, metaxy-migrate knows them and never runs "
      "them.\n"
      "# New revisions are SQL scripts on top. Keep this file with the revisions, under version control.\n"
      "# Each script gets a twin, a Python file by which Alembic knows its place; `twins = false` ends "
      "that.\n"
      "taken_over = {}\n"
      "alembic = \"{}\"\n",
      iso_seconds(context.clock.now()), project.command());
}

std::string toml_paths(const Config& config, const std::vector<std::string>& paths, const Context& context) {
  std::vector<std::string> quoted;
  for (const std::string& path : paths) {
    quoted.push_back(fmt::format(
        "\"{}\"", path_from(context.files.absolute(config.directory), context.files.absolute(path))));
  }
  return quoted.size() == 1 ? quoted.front() : fmt::format("[{}]", join(quoted, ", "));
}

/// What metaxy.toml must say so that every other command finds what was taken over.
std::vector<std::string> missing_lines(const AlembicProject& project, const Config& config,
                                       const Environment& environment, const Context& context) {
  std::vector<std::string> lines;
  const auto differs = [&](const std::string& a, const std::string& b) {
    return context.files.absolute(a) != context.files.absolute(b);
  };
  if (differs(environment.script_directory.value, project.directory)) {
    lines.push_back("script_location = " + toml_paths(config, {project.directory}, context));
  }
  const std::vector<std::string>& locations = environment.version_locations.value;
  const bool has_locations =
      std::equal(locations.begin(), locations.end(), project.locations.begin(), project.locations.end(),
                 [&](const auto& a, const auto& b) { return !differs(a, b); });
  if (project.has_own_locations && !has_locations) {
    const std::string paths = toml_paths(config, project.locations, context);
    lines.push_back(
        fmt::format("version_locations = {}", project.locations.size() == 1 ? "[" + paths + "]" : paths));
  } else if (!project.has_own_locations && !locations.empty()) {
    lines.emplace_back("version_locations = []");
  }
  if (environment.version_table.value != project.version_table || is_typed(environment.version_table)) {
    lines.push_back(fmt::format("version_table = \"{}\"", project.version_table));
  }
  if (!lines.empty()) {
    lines.insert(lines.begin(), environment_table(environment.name));
  }
  return lines;
}

std::vector<std::string> next_steps(const TakeOverResult& result, const Workspace& workspace) {
  const auto command = [&](std::string_view rest) {
    return fmt::format("metaxy-migrate -n {} {}", workspace.environment.name, rest);
  };
  const bool is_told = std::any_of(workspace.scripts.revisions.begin(), workspace.scripts.revisions.end(),
                                   [](const Revision& revision) { return !revision.is_alembic; }) ||
                       !result.baseline.empty();
  std::vector<std::string> next = {command("status")};
  if (!is_told) {
    next.push_back(command("adopt"));
  }
  next.push_back(command("check"));
  return next;
}

}  // namespace

namespace {

/// Writes what belongs to a takeover, and adds it to `result` as it is written.
void write_files(const TakeOverRequest& request, const AlembicFiles& found, const AlembicProject& project,
                 const Config& config, const Environment& environment, TakeOverResult& result,
                 Context& context) {
  const std::string marker = joined_path(project.directory, kTakenOverFile);
  if (!context.files.is_file(marker)) {
    context.files.write(marker, taken_over_text(project, context));
    result.files.push_back(marker);
  }
  Workspace workspace = workspace_of(config, environment, context);
  for (std::string& file : run_init(workspace, context).files) {
    result.files.push_back(std::move(file));
  }
  result.heads = workspace.graph.effective_heads();
  for (const Revision& revision : workspace.graph.revisions()) {
    if (std::string twin = write_twin(revision, workspace, context); !twin.empty()) {
      result.files.push_back(std::move(twin));
    }
  }
  if (request.has_baseline) {
    WrittenBaseline written = write_baseline(request, found, workspace, context);
    result.baseline = written.revision;
    result.files.push_back(std::move(written.file));
    std::move(written.notes.begin(), written.notes.end(), std::back_inserter(result.notes));
  }
  result.next = next_steps(result, workspace);
}

}  // namespace

TakeOverResult run_take_over(const TakeOverRequest& request, const Config& config, const std::string& name,
                             Context& context) {
  const Environment configured = config.environment(name);
  const AlembicProject project = project_for(request, config, configured, context);
  const AlembicFiles found = read_alembic_files(context.files, project.locations);
  require_readable(found, project);
  TakeOverResult result{.environment = name,
                        .from = project.section.empty()
                                    ? fmt::format("{} [tool.alembic]", project.file)
                                    : fmt::format("{} [{}]", project.file, project.section),
                        .directory = project.directory,
                        .revisions = found.revisions.size(),
                        .heads = {},
                        .files = {},
                        .baseline = {},
                        .notes = project.notes,
                        .lines = missing_lines(project, config, configured, context),
                        .next = {}};
  try {
    write_files(request, found, project, config, environment_with(project, configured), result, context);
  } catch (const Error&) {
    // Refused, it leaves nothing: the directory must not count as taken over.
    for (const std::string& file : result.files) {
      context.files.remove(file);
    }
    throw;
  }
  return result;
}

}  // namespace metaxy::migrate
