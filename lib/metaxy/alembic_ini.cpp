#include "metaxy/alembic_ini.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

/// More references than any path has: values that double each other would never end.
constexpr int kMaxReferences = 100;
constexpr const char* kDefaults = "DEFAULT";

[[noreturn]] void refuse(const std::string& file, std::size_t line, std::string_view line_text,
                         const std::string& message) {
  throw Error(ErrorKind::configuration, message,
              {.where = SourcePosition{file, line, 1, std::string(line_text)}, .hint = {}, .notes = {}});
}

}  // namespace

std::optional<std::vector<std::string>> alembic_paths(std::string_view text,
                                                      std::string_view path_separator) {
  static const std::map<std::string_view, std::string_view> known = {
      {"", ", \n"}, {"os", ":"}, {":", ":"}, {";", ";"}, {"space", " \n\t"}, {"newline", "\n"}};
  const auto separators = known.find(path_separator);
  if (separators == known.end()) {
    return std::nullopt;
  }
  std::vector<std::string> paths;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(separators->second);
    const std::string_view path = trimmed(text.substr(0, end));
    if (!path.empty()) {
      paths.emplace_back(path);
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return paths;
}

AlembicIni::AlembicIni(std::string_view text, std::string file) : file_(std::move(file)) {
  Section* section = nullptr;
  Option* last = nullptr;
  std::size_t option_indentation = 0;
  const std::vector<std::string> lines = split(with_unix_line_ends(text), '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view content = trimmed(lines[i]);
    if (content.empty() || content.front() == '#' || content.front() == ';') {
      continue;
    }
    const std::size_t indentation = lines[i].find_first_not_of(" \t\r\f\v");
    if (last != nullptr && indentation > option_indentation) {
      last->value.append("\n").append(content);
      continue;
    }
    option_indentation = indentation;
    const std::size_t bracket = content.rfind(']');
    if (content.front() == '[' && bracket != std::string_view::npos && bracket > 1) {
      section = &sections_[std::string(content.substr(1, bracket - 1))];
      last = nullptr;
      continue;
    }
    const std::size_t delimiter = content.find_first_of("=:");
    if (section == nullptr || delimiter == std::string_view::npos || delimiter == 0) {
      refuse(file_, i + 1, lines[i],
             section == nullptr ? "expected a section such as [dev]"
                                : "expected an option such as name = value");
    }
    last = &(*section)[lower(trimmed(content.substr(0, delimiter)))];
    *last = {std::string(trimmed(content.substr(delimiter + 1))), i + 1};
  }
}

const AlembicIni::Option* AlembicIni::find(const std::string& section, const std::string& name) const {
  for (const std::string& place : {section, std::string(kDefaults)}) {
    const auto options = sections_.find(place);
    if (options != sections_.end()) {
      const auto option = options->second.find(lower(name));
      if (option != options->second.end()) {
        return &option->second;
      }
    }
  }
  return nullptr;
}

std::optional<AlembicIni::Option> AlembicIni::option(const std::string& section, const std::string& name,
                                                     const std::string& here) const {
  const Option* found = sections_.count(section) == 0 ? nullptr : find(section, name);
  if (found == nullptr) {
    return std::nullopt;
  }
  int references_left = kMaxReferences;
  return Option{interpolated(*found, section, here, references_left), found->line};
}

std::string AlembicIni::interpolated(const Option& option, const std::string& section,
                                     const std::string& here, int& references_left) const {
  std::string result;
  std::string_view rest = option.value;
  for (;;) {
    const std::size_t percent = rest.find('%');
    result += rest.substr(0, percent);
    if (percent == std::string_view::npos) {
      return result;
    }
    rest.remove_prefix(percent);
    const std::size_t end = rest.find(")s");
    if (rest.substr(0, 2) == "%%") {
      result += '%';
      rest.remove_prefix(2);
      continue;
    }
    if (rest.substr(0, 2) != "%(" || end == std::string_view::npos || --references_left < 0) {
      refuse(file_, option.line, option.value,
             "'%' must be followed by '%' or by '(name)s' that leads to a value");
    }
    const std::string name(rest.substr(2, end - 2));
    const Option* referenced = find(section, name);
    if (referenced == nullptr && lower(name) != "here") {
      refuse(file_, option.line, option.value,
             fmt::format("'%({})s' names an option that does not exist", name));
    }
    result += referenced == nullptr ? here : interpolated(*referenced, section, here, references_left);
    rest.remove_prefix(end + 2);
  }
}

}  // namespace metaxy::migrate
