#pragma once
// "Did you mean": the nearest known name by edit distance.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace metaxy::migrate {

/// The candidate nearest to `typed`, if it is near enough to be a slip of the finger (at most a third of
/// the longer word's letters differ, and at most 3). Ties go to the first candidate.
std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> candidates);

/// `did you mean 'x'?`, or an empty text when nothing is near.
std::string did_you_mean(std::string_view typed, std::span<const std::string> candidates);

}  // namespace metaxy::migrate
