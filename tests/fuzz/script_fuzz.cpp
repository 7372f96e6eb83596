// Parses any bytes as a script. Whatever they are: an error of kind script or a script; the survey of the
// same bytes in pieces agrees; and what can be written reads back the same. The first byte picks the dialect,
// the second the pieces.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/dialects.hpp"
#include "fuzz/require.hpp"
#include "revision/script.hpp"
#include "revision/script_text.hpp"

namespace {

using namespace metaxy::migrate;

template <class Act>
auto result_of(std::string& failure, Act act) -> std::optional<decltype(act())> {
  try {
    return act();
  } catch (const Error& error) {
    fuzz::require(error.kind() == ErrorKind::script, "a failure is the script's");
    failure = error.what();
    return std::nullopt;
  }
}

bool is_text(std::string_view text) {
  try {
    ScriptText uniform("a.sql");
    uniform.take(text);
    uniform.finish();
  } catch (const Error&) {
    return false;
  }
  return true;
}

void check_format(const Script& script, const SplitterOptions& options) {
  std::string text;
  try {
    text = format_script(script, options);
  } catch (const Error& error) {
    // Refused for what a file may hold and we do not write: it says so itself.
    fuzz::require(error.kind() == ErrorKind::usage, "a refusal is the caller's");
    return;
  }
  const Script again = parse_script(text, script.revision.file, options);
  fuzz::require(again.revision == script.revision && again.changes == script.changes,
                "what is written reads back");
  fuzz::require(format_script(again, options) == text, "written twice it is the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const SplitterOptions options = fuzz::dialect(data[0]);
  const std::size_t piece = std::size_t{data[1]} + 1;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::string header_failure;
  std::string parse_failure;
  std::string survey_failure;
  result_of(header_failure, [&] { return parse_header(text, "a.sql"); });
  const std::optional<Script> script =
      result_of(parse_failure, [&] { return parse_script(text, "a.sql", options); });
  std::size_t at = 0;
  const ChunkSource source = [&] {
    std::string chunk(text.substr(std::min(at, text.size()), piece));
    at += chunk.size();
    return chunk;
  };
  const std::optional<ScriptSurvey> survey =
      result_of(survey_failure, [&] { return survey_script(source, "a.sql", options); });
  fuzz::require(script.has_value() == survey.has_value(), "parse and survey agree");
  // A piece is checked for its encoding before anything in it is read, so of two faults either may come
  // first.
  fuzz::require(!is_text(text) || parse_failure == survey_failure, "they fail for the same reason");
  if (script && survey) {
    fuzz::require(header_failure.empty(), "a script has a header");
    fuzz::require(script->sections.size() == survey->sections.size(), "sections agree");
    fuzz::require(script->changes == survey->changes, "changes agree");
    check_format(*script, options);
  }
  return 0;
}
