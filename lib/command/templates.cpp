#include "command/templates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "command/embedded_templates.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kScriptFile = "script.sql.tmpl";

using Values = std::map<std::string, std::string>;

/// `{{name}}` by its value. A value is never looked into for further placeholders.
std::string replaced(std::string_view text, const Values& values, const std::string& file) {
  std::string result;
  for (;;) {
    const std::size_t begin = text.find("{{");
    if (begin == std::string_view::npos) {
      return result + std::string(text);
    }
    const std::size_t end = text.find("}}", begin);
    if (end == std::string_view::npos) {
      throw Error(ErrorKind::configuration,
                  fmt::format("template '{}' has a placeholder without an end: '{}'", file,
                              text.substr(begin, text.find('\n', begin) - begin)),
                  {.where = {}, .hint = "write it as {{name}}", .notes = {}});
    }
    const std::string name(trimmed(text.substr(begin + 2, end - begin - 2)));
    const auto value = values.find(name);
    if (value == values.end()) {
      std::vector<std::string> known;
      for (const auto& [key, unused] : values) {
        known.push_back(key);
      }
      throw Error(ErrorKind::configuration,
                  fmt::format("template '{}' has the unknown placeholder '{}'", file, name),
                  {.where = {}, .hint = fmt::format("known are {}", join(known, ", ")), .notes = {}});
    }
    result += text.substr(0, begin);
    result += value->second;
    text.remove_prefix(end + 2);
  }
}

std::string without_outer_blank_lines(const std::string& text) {
  const std::size_t first = text.find_first_not_of('\n');
  if (first == std::string::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of('\n') - first + 1);
}

/// The parts of a formatted script: what each kind of section adds behind what stands before it.
Values script_parts(const Script& script, const SplitterOptions& options) {
  Script growing = script;
  growing.sections.clear();
  growing.changes.clear();
  growing.has_changes = false;
  std::string so_far = format_script(growing, options);
  Values parts = {{"header", without_outer_blank_lines(so_far)}};
  const auto add = [&](const std::string& name) {
    const std::string longer = format_script(growing, options);
    parts[name] = without_outer_blank_lines(longer.substr(so_far.size()));
    so_far = longer;
  };
  for (const Direction direction : {Direction::upgrade, Direction::downgrade}) {
    for (const Section& section : script.sections) {
      if (section.direction == direction) {
        growing.sections.push_back(section);
      }
    }
    add(std::string(to_text(direction)));
  }
  growing.changes = script.changes;
  growing.has_changes = script.has_changes;
  add("changes");
  return parts;
}

}  // namespace

const std::vector<Template>& templates() {
  static const std::vector<Template> list = {
      {.name = "script", .summary = "form of new scripts", .file = kScriptFile, .text = kScriptTemplate},
      {.name = "readme",
       .summary = "what lies in the directory, for people",
       .file = "README.md",
       .text = kReadmeTemplate},
  };
  return list;
}

std::string filled(const Template& entry, const Workspace& workspace) {
  if (entry.file == kScriptFile) {
    return std::string(entry.text);
  }
  return replaced(entry.text,
                  {{"environment", workspace.environment.name},
                   {"store", workspace.environment.store.name},
                   {"dialect", std::string(workspace.dialect->name())}},
                  std::string(entry.file));
}

namespace {

constexpr std::string_view kWholeForm =
    "it must hold {{header}}, {{upgrade}}, {{downgrade}} and {{changes}} once each";

void require_each_once(std::string_view form, const Values& parts, const std::string& file) {
  for (const auto& [name, unused] : parts) {
    std::size_t count = 0;
    for (std::size_t at = form.find("{{"); at != std::string_view::npos; at = form.find("{{", at + 2)) {
      const std::size_t end = std::min(form.find("}}", at), form.size());
      count += trimmed(form.substr(at + 2, end - at - 2)) == name ? 1 : 0;
    }
    if (count != 1) {
      throw Error(ErrorKind::configuration,
                  fmt::format("template '{}' {} {{{{{}}}}}{}", file, count == 0 ? "leaves out" : "repeats",
                              name, count > 2 ? fmt::format(" {} times", count) : ""),
                  {.where = {}, .hint = std::string(kWholeForm), .notes = {}});
    }
  }
}

/// A template may add comments, and statements to a section.
bool says_what_was_meant(const Script& read, const Script& script) {
  const auto same_section = [](const Section& one, const Section& other) {
    return one.direction == other.direction && one.statements.size() >= other.statements.size();
  };
  return read.revision.id == script.revision.id && read.revision.message == script.revision.message &&
         read.changes == script.changes &&
         std::equal(read.sections.begin(), read.sections.end(), script.sections.begin(),
                    script.sections.end(), same_section);
}

bool reads_back(const std::string& text, const Script& script, const std::string& file,
                const SplitterOptions& options) {
  try {
    return says_what_was_meant(parse_script(text, file, options), script);
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::string script_text(const Script& script, const Workspace& workspace, const Context& context) {
  const SplitterOptions& options = workspace.dialect->splitter_options();
  const std::string own = joined_path(workspace.environment.script_directory.value, kScriptFile);
  const std::optional<std::string> override_text = context.files.read(own);
  const Values parts = script_parts(script, options);
  const std::string file = override_text ? own : std::string(kScriptFile);
  const std::string form = with_unix_line_ends(override_text ? *override_text : std::string(kScriptTemplate));
  std::string text = without_outer_blank_lines(replaced(form, parts, file)) + "\n";
  require_each_once(form, parts, file);
  if (!reads_back(text, script, file, options)) {
    throw Error(
        ErrorKind::configuration,
        fmt::format("template '{}' makes a script that says something else than what was asked for", file),
        {.where = {},
         .hint = "begin it with {{header}}: the first comment of a script is its message",
         .notes = {}});
  }
  return text;
}

}  // namespace metaxy::migrate
