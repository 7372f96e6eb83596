#include "metaxy/json_members.hpp"

#include <nlohmann/json.hpp>

namespace metaxy::migrate {

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> texts_of(const Json& array) {
  std::vector<std::string> texts;
  for (const Json& text : array) {
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

}  // namespace metaxy::migrate
