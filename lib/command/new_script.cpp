#include "command/new_script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <random>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/templates.hpp"
#include "command/twin.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::size_t kMaxSlug = 40;

/// Alembic's placeholders, so that a file_template that moved over goes on working.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kAlembicPlaceholders = {{
    {"%(rev)s", "{revision}"},
    {"%(slug)s", "{slug}"},
    {"%(epoch)s", "{epoch}"},
    {"%(year)d", "{year}"},
    {"%(month).2d", "{month}"},
    {"%(day).2d", "{day}"},
    {"%(hour).2d", "{hour}"},
    {"%(minute).2d", "{minute}"},
    {"%(second).2d", "{second}"},
}};

std::string placeholder(std::string_view name, const Revision& revision, Instant created) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kFormats = {{
      {"date", "%Y%m%d"},
      {"time", "%H%M"},
      {"year", "%Y"},
      {"month", "%m"},
      {"day", "%d"},
      {"hour", "%H"},
      {"minute", "%M"},
      {"second", "%S"},
      {"epoch", "%s"},
  }};
  if (name == "revision") {
    return revision.id;
  }
  if (name == "slug") {
    return revision.message == kNoMessage ? std::string() : slug_of(revision.message);
  }
  for (const auto& [known, format] : kFormats) {
    if (known == name) {
      return formatted(created, format);
    }
  }
  throw Error(
      ErrorKind::configuration, fmt::format("file_template has the unknown placeholder '{{{}}}'", name),
      {.where = {},
       .hint = "known are {date} {time} {revision} {slug} {year} {month} {day} {hour} {minute} {second} "
               "{epoch}",
       .notes = {}});
}

}  // namespace

std::string new_revision_id() {
  std::random_device device;
  std::string id;
  while (id.size() < 12) {
    id += fmt::format("{:08x}", device());
  }
  return id.substr(0, 12);
}

std::string slug_of(std::string_view message) {
  std::string slug;
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 && byte < 128) {
      slug += static_cast<char>(std::tolower(byte));
    } else if (!slug.empty() && slug.back() != '_') {
      slug += '_';
    }
  }
  if (slug.size() > kMaxSlug) {
    const std::size_t cut = slug.rfind('_', kMaxSlug);
    slug.resize(cut == std::string::npos ? kMaxSlug : cut);
  }
  while (!slug.empty() && slug.back() == '_') {
    slug.pop_back();
  }
  return slug;
}

void describe(Revision& revision, const Workspace& workspace, const Context& context) {
  revision.created = iso_seconds(context.clock.now());
  revision.dialect = std::string(workspace.dialect->name());
  revision.table_prefix = workspace.environment.store.table_prefix;
}

std::map<TableName, std::string> kept_system_tables(const Schema& schema, const Workspace& workspace) {
  std::map<TableName, std::string> kept;
  for (const auto& [name, table] : schema) {
    if (is_system_table(name, workspace.environment.store.table_prefix)) {
      kept.emplace(name, "Metaxy's system tables belong to no project, and are only ever widened");
    }
  }
  return kept;
}

RenderOptions render_options(const Workspace& workspace) {
  const MigrateSettings& settings = workspace.environment.settings;
  return {.is_online = settings.online.value, .grants = settings.grants.value};
}

std::vector<std::string> fill(Script& script, const PlanInput& input, const Workspace& workspace) {
  Plan made = plan(*workspace.dialect, input);
  script.sections = std::move(made.sections);
  script.changes = std::move(made.changes);
  script.has_changes = true;
  return std::move(made.summary);
}

std::string script_file_name(std::string_view file_template, const Revision& revision, Instant created) {
  std::string text(file_template.empty() ? kDefaultFileTemplate : file_template);
  for (const auto& [theirs, ours] : kAlembicPlaceholders) {
    text = replace_all(std::move(text), theirs, ours);
  }
  std::string name;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = text[i] == '{' ? text.find('}', i) : std::string::npos;
    if (end == std::string::npos) {
      name += text[i++];
      continue;
    }
    name += placeholder(std::string_view(text).substr(i + 1, end - i - 1), revision, created);
    i = end + 1;
  }
  while (!name.empty() && name.back() == '_') {
    name.pop_back();
  }
  return name + ".sql";
}

std::string location_of(const Revision& revision, const std::string& typed, const Workspace& workspace,
                        const Context& context) {
  const std::vector<std::string>& locations = workspace.scripts.locations;
  if (!typed.empty()) {
    const auto found = std::find_if(locations.begin(), locations.end(), [&](const std::string& location) {
      return context.files.absolute(location) == context.files.absolute(typed);
    });
    if (found == locations.end()) {
      throw Error(ErrorKind::usage,
                  fmt::format("path '{}' is not represented in current version locations", typed),
                  {.where = {},
                   .hint = fmt::format("they are {}; version_locations under "
                                       "[ext.migrate.environments.{}] names them",
                                       join(locations, ", "), workspace.environment.name),
                   .notes = {}});
    }
    return *found;
  }
  for (const std::string& parent : revision.down_revisions) {
    std::string folder = parent_path(workspace.graph.find(parent)->file);
    if (std::find(locations.begin(), locations.end(), folder) != locations.end()) {
      return folder;
    }
  }
  if (locations.size() > 1) {
    throw Error(ErrorKind::usage, "multiple version locations present, please specify --version-path",
                {.where = {}, .hint = fmt::format("they are {}", join(locations, ", ")), .notes = {}});
  }
  return locations.front();
}

namespace {

/// A script under a name that is not read again would be lost.
void require_readable_name(const std::string& name, const Setting<std::string>& file_template) {
  if (is_script_name(name) && name.find('/') == std::string::npos) {
    return;
  }
  throw Error(ErrorKind::configuration,
              fmt::format("file_template ({}) makes '{}', which would not be read as a script",
                          file_template.origin, name),
              {.where = {},
               .hint = "a name has no '/' and does not begin with '.' or '#'; put {revision} into it, since "
                       "{slug} is empty for a message without plain letters",
               .notes = {}});
}

}  // namespace

std::string write_script(const Script& script, const std::string& location, const Workspace& workspace,
                         Context& context) {
  const Setting<std::string>& file_template = workspace.environment.settings.file_template;
  const std::string name = script_file_name(file_template.value, script.revision, context.clock.now());
  require_readable_name(name, file_template);
  std::string path = joined_path(location, name);
  if (context.files.is_file(path)) {
    throw Error(ErrorKind::failure, fmt::format("'{}' exists already", path),
                {.where = {}, .hint = "put {revision} into file_template", .notes = {}});
  }
  context.files.write(path, script_text(script, workspace, context));
  Revision revision = script.revision;
  revision.file = path;
  write_twin(revision, workspace, context);
  return path;
}

}  // namespace metaxy::migrate
