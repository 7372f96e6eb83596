#include "metaxy/config_expand.hpp"

#include <optional>

namespace metaxy::migrate {

namespace {

/// `${name}` or `${name:-fallback}` at the start of a text.
struct Reference {
  std::string_view name;
  std::optional<std::string_view> fallback;
  std::size_t length = 0;
};

std::optional<Reference> reference_at_start(std::string_view text) {
  if (text.substr(0, 2) != "${") {
    return std::nullopt;
  }
  const std::size_t name_end = text.find_first_of("}:", 2);
  if (name_end == std::string_view::npos || name_end == 2) {
    return std::nullopt;
  }
  Reference reference{text.substr(2, name_end - 2), std::nullopt, name_end + 1};
  if (text[name_end] == '}') {
    return reference;
  }
  const std::size_t end = text.find('}', name_end);
  if (text.substr(name_end, 2) != ":-" || end == std::string_view::npos) {
    return std::nullopt;
  }
  reference.fallback = text.substr(name_end + 2, end - name_end - 2);
  reference.length = end + 1;
  return reference;
}

}  // namespace

Expansion expanded(std::string_view text, const std::map<std::string, std::string>& variables) {
  Expansion result;
  for (;;) {
    const std::size_t dollar = text.find("${");
    // Without a brace to close it nothing is a reference any more; looking on would be quadratic.
    if (dollar == std::string_view::npos || text.find('}', dollar) == std::string_view::npos) {
      result.text += text;
      return result;
    }
    result.text += text.substr(0, dollar);
    text.remove_prefix(dollar);
    const std::optional<Reference> reference = reference_at_start(text);
    if (!reference) {
      result.text += text.front();
      text.remove_prefix(1);
      continue;
    }
    const auto variable = variables.find(std::string(reference->name));
    if (variable != variables.end()) {
      result.text += variable->second;
    } else if (reference->fallback) {
      result.text += *reference->fallback;
    } else {
      result.unset.emplace_back(reference->name);
    }
    text.remove_prefix(reference->length);
  }
}

void expand_texts(ConfigValue& value, const std::map<std::string, std::string>& variables) {
  if (value.kind == ConfigValue::Kind::text) {
    Expansion expansion = expanded(value.text, variables);
    value.text = std::move(expansion.text);
    value.unset_variables = std::move(expansion.unset);
  }
  for (ConfigValue& item : value.items) {
    expand_texts(item, variables);
  }
  for (auto& [key, member] : value.members) {
    expand_texts(member, variables);
  }
}

}  // namespace metaxy::migrate
