#pragma once
// Reading the fields of one JSON object strictly: a field that is missing, of a wrong type or unknown is an
// error that names it. Used by the readers of tables and of operations; it knows neither.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metaxy::migrate {

/// Fields are asked for one by one; `finish` then refuses those that nobody asked for. Refers to the JSON
/// value, which must outlive it. Everything throws Error(script).
class JsonFields {
 public:
  /// `what` names the object in messages ("column"), with its field `name` where it has one, so that a
  /// message says which of many is wrong. Must be a literal: tables have thousands of columns.
  JsonFields(const nlohmann::json& json, const char* what);
  /// `operation 'name'`.
  JsonFields(const nlohmann::json& json, const char* what, std::string_view name);

  /// nullptr when the field is not there.
  const nlohmann::json* find(std::string_view name);
  const nlohmann::json& required(std::string_view name);

  std::string text(std::string_view name);
  std::optional<std::string> optional_text(std::string_view name);
  std::string text_or_empty(std::string_view name);
  bool flag_or(std::string_view name, bool otherwise);
  std::vector<std::string> texts(std::string_view name);
  std::vector<std::string> texts_or_none(std::string_view name);
  /// The elements of an array field; none when the field is not there.
  std::vector<const nlohmann::json*> elements_or_none(std::string_view name);

  /// Throws when there is a field that was not asked for; suggests the nearest that was.
  void finish() const;

  [[noreturn]] void fail(const std::string& reason, const std::string& hint = {}) const;

 private:
  std::vector<std::string> texts_of(std::string_view name, const nlohmann::json& json) const;
  [[noreturn]] void fail_type(std::string_view name, std::string_view wanted,
                              const nlohmann::json& found) const;

  std::string in_words() const;

  const nlohmann::json& json_;
  std::string_view what_;
  std::string_view name_;
  /// Names of fields, which are literals too.
  std::vector<std::string_view> known_;
};

}  // namespace metaxy::migrate
