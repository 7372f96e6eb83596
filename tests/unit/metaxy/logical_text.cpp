#include "unit/metaxy/logical_text.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

std::string limits(const LogicalType& type) {
  if (type.length) {
    return fmt::format("({})", *type.length);
  }
  if (type.precision || type.scale) {
    return fmt::format("({},{})", type.precision ? std::to_string(*type.precision) : "-",
                       type.scale ? std::to_string(*type.scale) : "-");
  }
  return {};
}

}  // namespace

std::string logical_text(const LogicalType& type) {
  switch (type.kind) {
    case LogicalKind::text:
      return "text" + limits(type);
    case LogicalKind::integer:
      return "integer";
    case LogicalKind::real:
      return "real";
    case LogicalKind::boolean:
      return "boolean";
    case LogicalKind::timestamp:
      return "timestamp";
    case LogicalKind::timestamp_with_zone:
      return "timestamptz";
    case LogicalKind::date:
      return "date";
    case LogicalKind::time:
      return "time";
    case LogicalKind::interval:
      return "interval";
    case LogicalKind::uuid:
      return "uuid";
    case LogicalKind::decimal:
      return "decimal" + limits(type);
    case LogicalKind::binary:
      return "binary";
    case LogicalKind::list:
      return fmt::format("list<{}>", logical_text(type.members.at(0).type));
    case LogicalKind::map:
      return fmt::format("map<{}>", logical_text(type.members.at(0).type));
    case LogicalKind::structure: {
      std::vector<std::string> members;
      for (const LogicalMember& member : type.members) {
        members.push_back(member.name + " " + logical_text(member.type));
      }
      return fmt::format("struct<{}>", join(members, ", "));
    }
    case LogicalKind::json:
      return "json";
  }
  return "?";
}

std::string logical_text(const LogicalType& type, bool is_nullable) {
  return logical_text(type) + (is_nullable ? "?" : "");
}

}  // namespace metaxy::migrate
