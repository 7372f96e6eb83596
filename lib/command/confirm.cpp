#include "command/confirm.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace metaxy::migrate {

void confirm_protected_store(const Workspace& workspace, const std::string& what, Context& context) {
  const Environment& environment = workspace.environment;
  const std::string& store = environment.store.name;
  if (!environment.settings.is_protected.value || context.options.yes_store == store) {
    return;
  }
  if (!context.prompter.can_ask()) {
    throw Error(ErrorKind::usage, fmt::format("store '{}' is protected, and nobody can be asked", store),
                {.where = {}, .hint = fmt::format("add --yes={}", store), .notes = {}});
  }
  const std::string answer = context.prompter.ask(
      fmt::format("store '{}' ({}, {}) is protected. {}\ntype its name to go on: ", store,
                  workspace.dialect->name(), masked(environment.store.target.location.reveal()), what));
  if (answer != store) {
    throw Error(ErrorKind::usage, fmt::format("'{}' is not '{}': nothing was done", answer, store));
  }
}

void confirm_protected(const Workspace& workspace, const std::vector<RunStep>& steps, Context& context) {
  std::size_t statements = 0;
  for (const RunStep& step : steps) {
    statements += step.facts->facts_of(step.step.direction).statement_count;
  }
  confirm_protected_store(
      workspace,
      fmt::format("{} of {} will run.", counted(statements, "statement"), counted(steps.size(), "revision")),
      context);
}

bool confirmed(const std::string& question, const std::string& flag, Context& context) {
  if (context.options.is_yes) {
    return true;
  }
  if (!context.prompter.can_ask()) {
    throw Error(ErrorKind::usage, fmt::format("an answer is needed, and nobody can be asked: {}", question),
                {.where = {}, .hint = fmt::format("add {}", flag), .notes = {}});
  }
  const std::string answer = lower(context.prompter.ask(question + " [y/N] "));
  return answer == "y" || answer == "yes";
}

}  // namespace metaxy::migrate
