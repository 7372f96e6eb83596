#include "metaxy/logical_types.hpp"

#include <algorithm>
#include <utility>

namespace metaxy::migrate {

LogicalType logical(LogicalKind kind) {
  LogicalType type;
  type.kind = kind;
  return type;
}

LogicalType logical_list(LogicalType element) {
  LogicalType type = logical(LogicalKind::list);
  type.members.push_back({"element", std::move(element)});
  return type;
}

LogicalType logical_map(LogicalType value) {
  LogicalType type = logical(LogicalKind::map);
  type.members.push_back({"value", std::move(value)});
  return type;
}

std::optional<LogicalType> logical_union(std::span<const LogicalType> branches) {
  const auto all = [&](auto&& claim) { return std::all_of(branches.begin(), branches.end(), claim); };
  if (all([&](const LogicalType& branch) { return branch == branches.front(); })) {
    return branches.front();
  }
  if (all([](const LogicalType& branch) {
        return branch.kind == LogicalKind::integer || branch.kind == LogicalKind::real;
      })) {
    return logical(LogicalKind::real);
  }
  if (all([](const LogicalType& branch) { return branch.kind == LogicalKind::text; })) {
    return logical(LogicalKind::text);
  }
  return std::nullopt;
}

}  // namespace metaxy::migrate
