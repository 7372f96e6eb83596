#include "command/settle_renames.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

bool is_answered_yes(const RenameQuestion& question, Context& context) {
  const std::string answer = lower(context.prompter.ask(fmt::format(
      "was '{}' renamed to '{}' ({})? [y/n] ", to_text(question.from), question.to, question.evidence)));
  if (answer != "y" && answer != "yes" && answer != "n" && answer != "no") {
    throw Error(ErrorKind::usage, fmt::format("'{}' is neither y nor n; nothing was written", answer));
  }
  return answer == "y" || answer == "yes";
}

}  // namespace

void settle_renames(RevisionRequest& request, const std::vector<RenameQuestion>& questions,
                    std::string_view counterpart, Context& context) {
  std::vector<std::string> flags;
  for (const RenameQuestion& question : questions) {
    flags.push_back(fmt::format("'{}' may have become '{}' ({}): --rename {}={} or --no-rename {}",
                                to_text(question.from), question.to, question.evidence,
                                to_text(question.from), question.to, to_text(question.from)));
  }
  if (!context.prompter.can_ask()) {
    throw Error(
        ErrorKind::usage,
        fmt::format("something disappeared from the {} and something new could be it renamed", counterpart),
        {.where = {}, .hint = "say which it is; nothing is guessed, nothing was written", .notes = flags});
  }
  // What disappeared is one thing at most: all that it could be now is asked before it counts as gone.
  const ModelName from = questions.front().from;
  for (const RenameQuestion& question : questions) {
    if (question.from == from && is_answered_yes(question, context)) {
      request.renames.push_back({.from = from, .to = question.to});
      return;
    }
  }
  request.no_renames.push_back(from);
}

}  // namespace metaxy::migrate
