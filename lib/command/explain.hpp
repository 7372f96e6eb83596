#pragma once
// `-d explain`: tells the observer why each difference is one.

#include <string_view>
#include <vector>

#include "command/context.hpp"
#include "diff/explain.hpp"

namespace metaxy::migrate {

/// The operations lead from `before` to `after`; the names say what these are ("live", "scripted",
/// "desired").
inline void explain(const std::vector<Operation>& operations, const Schema& before,
                    std::string_view before_name, const Schema& after, std::string_view after_name,
                    const Context& context) {
  if (!context.options.debug.has_explain) {
    return;
  }
  for (const Operation& operation : operations) {
    const Explanation why = explained(operation, before, after);
    std::string text = why.what;
    text.append("; ").append(before_name).append(": ").append(why.before);
    text.append("; ").append(after_name).append(": ").append(why.after);
    context.observer.on(Explained{std::move(text)});
  }
}

}  // namespace metaxy::migrate
