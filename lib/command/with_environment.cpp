#include "command/with_environment.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/text.hpp"

namespace metaxy::migrate {

std::string with_environment(std::string advice, const std::string& environment) {
  for (const char* const command : {"show", "recover", "restore"}) {
    advice = replace_all(std::move(advice), fmt::format("metaxy-migrate {}", command),
                         fmt::format("metaxy-migrate -n {} {}", environment, command));
  }
  return advice;
}

Problem with_environment(Problem problem, const std::string& environment) {
  problem.message = with_environment(std::move(problem.message), environment);
  problem.hint = with_environment(std::move(problem.hint), environment);
  return problem;
}

Error with_environment(const Error& error, const std::string& environment) {
  std::vector<std::string> notes;
  for (const std::string& note : error.notes()) {
    notes.push_back(with_environment(note, environment));
  }
  return Error(error.kind(), with_environment(error.what(), environment),
               {.where = error.where(),
                .hint = with_environment(error.hint(), environment),
                .notes = std::move(notes)});
}

}  // namespace metaxy::migrate
