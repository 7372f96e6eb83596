#include "run/left_out.hpp"

#include <fmt/format.h>

#include "dialect/table_parts.hpp"
#include "run/kept_part.hpp"

namespace metaxy::migrate {

void LeftOuts::was_settled(const RunStep& step, const Statement& statement) {
  const std::string name = adopted_name(statement);
  if (!name.empty()) is_there_.emplace(name, step.adopted_so_far.count(name) != 0);
}

std::optional<LeftOut> LeftOuts::of(const RunStep& step, const Statement& statement, bool is_skipped) {
  if (const std::string name = adopted_name(statement); !name.empty()) {
    auto known = is_there_.find(name);
    if (known == is_there_.end()) {
      known = is_there_.emplace(name, has_part(connection_, dialect_, name)).first;
    }
    // Noted, so that the downgrade leaves it: it is not this tool's to drop.
    if (known->second) {
      return LeftOut{.outcome = "adopted", .reason = name, .why = fmt::format("'{}' is adopted", name)};
    }
  }
  const std::string dropped = part_kept_from(statement, step, dialect_.splitter_options());
  if (!dropped.empty()) {
    const std::string why = fmt::format("'{}' was there before the upgrade, and stays", dropped);
    return LeftOut{.outcome = "skipped", .reason = why, .why = why};
  }
  if (!is_skipped) return std::nullopt;
  return LeftOut{.outcome = "skipped", .reason = step.skip_reason, .why = step.skip_reason};
}

}  // namespace metaxy::migrate
