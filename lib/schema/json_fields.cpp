#include "schema/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.hpp"
#include "base/suggest.hpp"

namespace metaxy::migrate {

namespace {

/// Most objects are asked for fewer.
constexpr std::size_t kManyFields = 8;

}  // namespace

JsonFields::JsonFields(const nlohmann::json& json, const char* what) : JsonFields(json, what, {}) {}

JsonFields::JsonFields(const nlohmann::json& json, const char* what, std::string_view name)
    : json_(json), what_(what), name_(name) {
  if (!json.is_object()) {
    fail(fmt::format("must be an object, but is {}", json.type_name()));
  }
  known_.reserve(kManyFields);
}

const nlohmann::json* JsonFields::find(std::string_view name) {
  known_.push_back(name);
  const nlohmann::json::object_t& object = json_.get_ref<const nlohmann::json::object_t&>();
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &found->second;
}

const nlohmann::json& JsonFields::required(std::string_view name) {
  const nlohmann::json* found = find(name);
  if (found == nullptr) {
    fail(fmt::format("field '{}' is missing", name));
  }
  return *found;
}

std::string JsonFields::text(std::string_view name) {
  const nlohmann::json& json = required(name);
  if (!json.is_string()) {
    fail_type(name, "text", json);
  }
  return json.get<std::string>();
}

std::optional<std::string> JsonFields::optional_text(std::string_view name) {
  const nlohmann::json* json = find(name);
  if (json == nullptr) {
    return std::nullopt;
  }
  if (!json->is_string()) {
    fail_type(name, "text", *json);
  }
  return json->get<std::string>();
}

std::string JsonFields::text_or_empty(std::string_view name) {
  return optional_text(name).value_or(std::string());
}

bool JsonFields::flag_or(std::string_view name, bool otherwise) {
  const nlohmann::json* json = find(name);
  if (json == nullptr) {
    return otherwise;
  }
  if (!json->is_boolean()) {
    fail_type(name, "true or false", *json);
  }
  return json->get<bool>();
}

std::vector<std::string> JsonFields::texts(std::string_view name) { return texts_of(name, required(name)); }

std::vector<std::string> JsonFields::texts_or_none(std::string_view name) {
  const nlohmann::json* json = find(name);
  return json == nullptr ? std::vector<std::string>() : texts_of(name, *json);
}

std::vector<const nlohmann::json*> JsonFields::elements_or_none(std::string_view name) {
  std::vector<const nlohmann::json*> elements;
  const nlohmann::json* json = find(name);
  if (json == nullptr) {
    return elements;
  }
  if (!json->is_array()) {
    fail_type(name, "an array", *json);
  }
  elements.reserve(json->size());
  for (const nlohmann::json& element : *json) {
    elements.push_back(&element);
  }
  return elements;
}

void JsonFields::finish() const {
  for (const auto& [key, value] : json_.get_ref<const nlohmann::json::object_t&>()) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
      fail(fmt::format("field '{}' is unknown", key),
           did_you_mean(key, std::vector<std::string>(known_.begin(), known_.end())));
    }
  }
}

std::string JsonFields::in_words() const {
  std::string_view name = name_;
  const auto own = json_.is_object() ? json_.find("name") : json_.end();
  if (name.empty() && own != json_.end() && own->is_string()) {
    name = own->get_ref<const std::string&>();
  }
  return name.empty() ? std::string(what_) : fmt::format("{} '{}'", what_, name);
}

void JsonFields::fail(const std::string& reason, const std::string& hint) const {
  throw Error(ErrorKind::script, fmt::format("{}: {}", in_words(), reason),
              {.where = {}, .hint = hint, .notes = {}});
}

std::vector<std::string> JsonFields::texts_of(std::string_view name, const nlohmann::json& json) const {
  if (!json.is_array()) {
    fail_type(name, "an array of texts", json);
  }
  std::vector<std::string> texts;
  for (const nlohmann::json& element : json) {
    if (!element.is_string()) {
      fail_type(name, "an array of texts", element);
    }
    texts.push_back(element.get<std::string>());
  }
  return texts;
}

void JsonFields::fail_type(std::string_view name, std::string_view wanted,
                           const nlohmann::json& found) const {
  fail(fmt::format("field '{}' must be {}, but holds {}", name, wanted, found.type_name()));
}

}  // namespace metaxy::migrate
