#pragma once
// alembic.ini as Python's configparser reads it: sections, [DEFAULT], continuation lines, `%(name)s`. Pure.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metaxy::migrate {

/// The paths of `version_locations`, as `path_separator` parts them ("os", ":", ";", "space", "newline");
/// without one by commas and blanks, as Alembic does for old files. nullopt for an unknown separator.
std::optional<std::vector<std::string>> alembic_paths(std::string_view text, std::string_view path_separator);

class AlembicIni {
 public:
  /// `file` is how the file is shown in messages. Throws Error(configuration) with the place of a line that
  /// is neither a section, an option nor a comment.
  AlembicIni(std::string_view text, std::string file);

  struct Option {
    std::string value;
    std::size_t line = 0;
  };
  /// An option's value with its references replaced; `here` is the absolute folder of the file. nullopt when
  /// the section or the option is missing. Throws Error(configuration) for a reference to nothing.
  std::optional<Option> option(const std::string& section, const std::string& name,
                               const std::string& here) const;

 private:
  using Section = std::map<std::string, Option>;

  const Option* find(const std::string& section, const std::string& name) const;
  /// Counts `references_left` down, over all levels.
  std::string interpolated(const Option& option, const std::string& section, const std::string& here,
                           int& references_left) const;

  std::string file_;
  std::map<std::string, Section> sections_;
};

}  // namespace metaxy::migrate
