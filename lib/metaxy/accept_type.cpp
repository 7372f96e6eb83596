#include "metaxy/accept_type.hpp"

#include <algorithm>
#include <cstddef>

namespace metaxy::migrate {

namespace {

bool is_container(const Type& type) {
  return type.name == "LIST" || type.name == "ARRAY" || type.name == "MAP";
}

Type merged_structure(const Type& wanted, const Type& live, const Dialect& dialect) {
  Type result = live;
  for (const TypeMember& member : wanted.members) {
    const auto found = std::find_if(result.members.begin(), result.members.end(),
                                    [&](const TypeMember& other) { return other.name == member.name; });
    if (found == result.members.end()) {
      result.members.push_back(member);
    } else {
      found->type = accept_type(ColumnRole::ordinary, member.type, found->type, dialect).type;
    }
  }
  return result;
}

}  // namespace

AcceptedType accept_type(ColumnRole role, const Type& wanted, const Type& live, const Dialect& dialect) {
  const Acceptance acceptance = dialect.acceptance(role, wanted, live);
  switch (acceptance.verdict) {
    case Acceptance::Verdict::same:
    case Acceptance::Verdict::accepted:
    case Acceptance::Verdict::accepted_with_warning:
      return {live, acceptance};
    case Acceptance::Verdict::different:
      break;
  }
  if (wanted.name == "STRUCT" && live.name == "STRUCT") {
    return {merged_structure(wanted, live, dialect), acceptance};
  }
  if (is_same_enum(wanted, live)) {
    Type type = live;
    type.labels = merged_labels(live.labels, wanted.labels);
    return {type, acceptance};
  }
  const bool is_same_container = is_container(wanted) && wanted.name == live.name &&
                                 wanted.arguments == live.arguments &&
                                 wanted.members.size() == live.members.size();
  if (!is_same_container) {
    return {wanted, acceptance};
  }
  Type type = live;
  for (std::size_t i = 0; i < type.members.size(); ++i) {
    type.members[i].type =
        accept_type(ColumnRole::ordinary, wanted.members[i].type, live.members[i].type, dialect).type;
  }
  return {type, acceptance};
}

}  // namespace metaxy::migrate
