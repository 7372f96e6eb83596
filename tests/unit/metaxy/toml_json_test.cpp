// JSON written as TOML and read again.

#include "metaxy/toml_json.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

namespace metaxy::migrate {

namespace {

Json read_again(const Json& json) { return json_of(TomlDocument(toml_text(json), "x.toml").root()); }

TEST(TomlText, HasATableForEachObjectAndALineForEachItem) {
  const Json json = Json::parse(
      R"({"a": 1, "b": {"c d": {"e": ["x", "y"], "f": [{"g": true}, {"g": false}]}}, "n": null})");
  EXPECT_EQ(toml_text(json), R"(a = 1

[b."c d"]
e = ["x", "y"]
f = [
  { g = true },
  { g = false },
]
)");
}

TEST(TomlText, KeepsJsonReadable) {
  EXPECT_EQ(toml_text(Json{{"schema", R"({"type":"object"})"}}), "schema = '{\"type\":\"object\"}'\n");
  EXPECT_EQ(toml_text(Json{{"schema", R"({"it's":1})"}}), "schema = \"{\\\"it's\\\":1}\"\n");
}

TEST(TomlText, KeepsEmptyTablesAndArrays) {
  const Json json = Json::parse(R"({"a": {}, "b": {"c": {}}, "d": [], "e": [[], {}]})");
  EXPECT_EQ(read_again(json), Json::parse(R"({"d": [], "e": [[], {}], "a": {}, "b": {"c": {}}})"));
}

/// Printable and not: quotes, line breaks, control characters, letters of two bytes.
std::string any_text() {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "a", "'", "\"", "\\", "\n", "\r", "\t", "\x01", "\x7f", "ä", " ", "#", "=", "[", "]", "."));
  std::string text;
  for (const std::string& piece : pieces) {
    text += piece;
  }
  return text;
}

RC_GTEST_PROP(TomlText, IsReadAsWhatWasWritten, ()) {
  Json json = Json::object();
  json[any_text()] = any_text();
  json[any_text()] = Json{{any_text(), {any_text(), any_text()}}, {"n", 5}};
  json["list"] = Json::array({Json{{any_text(), any_text()}}});
  const Json again = read_again(json);
  RC_ASSERT(nlohmann::json::parse(again.dump()) == nlohmann::json::parse(json.dump()));
}

}  // namespace

}  // namespace metaxy::migrate
