// Feeds any bytes to the splitter of any dialect, in pieces of any size. Whatever the text: no crash, the
// same outcome as in one piece, and every statement splits into itself. The first byte picks the dialect, the
// second the size of the pieces.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/dialects.hpp"
#include "fuzz/require.hpp"
#include "sql/splitter.hpp"

namespace {

using namespace metaxy::migrate;

struct Outcome {
  std::vector<Statement> statements;
  std::vector<std::string> texts;
  std::string failure;

  bool operator==(const Outcome&) const = default;
};

Outcome outcome_of(std::string_view text, std::size_t piece, const SplitterOptions& options) {
  Outcome outcome;
  Splitter splitter(options, "a.sql");
  const Splitter::Report report = [&](SplitterEvent event) {
    if (event.kind == SplitterEvent::Kind::statement) {
      outcome.statements.push_back(std::move(event.statement));
      return;
    }
    outcome.texts.push_back(event.text);
    if (event.text == "changes") {
      splitter.read_lines();
    }
  };
  try {
    for (std::size_t at = 0; at < text.size(); at += piece) {
      splitter.feed(text.substr(at, piece), report);
    }
    splitter.finish(report);
  } catch (const Error& error) {
    outcome.failure = error.what();
    fuzz::require(error.kind() == ErrorKind::script, "a failure is the script's");
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const SplitterOptions options = fuzz::dialect(data[0]);
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Outcome whole = outcome_of(text, text.size() + 1, options);
  fuzz::require(outcome_of(text, std::size_t{data[1]} + 1, options) == whole, "cuts do not matter");
  for (const Statement& statement : whole.statements) {
    fuzz::require(!statement.text.empty(), "no statement is empty");
    const std::vector<Statement> again = split_statements(statement.text + ";", options);
    fuzz::require(again.size() == 1 && again.front().text == statement.text,
                  "a statement splits into itself");
    kind_of(statement.text, options);
    is_destructive(statement.text, options);
    is_foreign_keys_pragma(statement.text, options);
    fuzz::require(!tokens_of(statement.text, options).empty(), "a statement has tokens");
  }
  tokens_of(text, options);
  return 0;
}
