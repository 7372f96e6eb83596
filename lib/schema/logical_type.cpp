#include "schema/logical_type.hpp"

namespace metaxy::migrate {

bool operator==(const LogicalType& a, const LogicalType& b) {
  return a.kind == b.kind && a.length == b.length && a.precision == b.precision && a.scale == b.scale &&
         a.members == b.members;
}

bool operator==(const LogicalMember& a, const LogicalMember& b) {
  return a.name == b.name && a.type == b.type;
}

}  // namespace metaxy::migrate
