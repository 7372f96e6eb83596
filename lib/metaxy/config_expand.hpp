#pragma once
// `${VAR}` and `${VAR:-default}` in the texts of the configuration files (contract A1). Pure.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "metaxy/config_value.hpp"

namespace metaxy::migrate {

struct Expansion {
  std::string text;
  /// Variables without a default that are not set, in order of appearance; each stands for an empty text.
  std::vector<std::string> unset;
};

/// Metaxy's rule, whose pattern is `\$\{([^}:]+)(?::-([^}]*))?\}`: a variable that is set to nothing counts
/// as set (unlike the shell's `:-`); `$VAR`, `${}` and `${VAR:x}` stay as they are.
Expansion expanded(std::string_view text, const std::map<std::string, std::string>& variables);

/// The same for every string in the tree; keys stay as they are.
void expand_texts(ConfigValue& value, const std::map<std::string, std::string>& variables);

}  // namespace metaxy::migrate
