#include "unit/metaxy/fake_dialect.hpp"

#include <stdexcept>

#include "base/error.hpp"
#include "base/text.hpp"
#include "unit/metaxy/logical_text.hpp"

namespace metaxy::migrate {

namespace {

[[noreturn]] void no_database() { throw std::logic_error("the fake dialect has no database"); }

}  // namespace

std::string FakeDialect::quoted(std::string_view identifier) const {
  return "<" + std::string(identifier) + ">";
}

std::string FakeDialect::literal(std::string_view text) const { return "'" + std::string(text) + "'"; }

Type FakeDialect::column_type(const LogicalType& type) const {
  switch (type.kind) {
    case LogicalKind::list:
      return list_of(column_type(type.members.at(0).type));
    case LogicalKind::map:
      return map_of(plain_type("TEXT"), column_type(type.members.at(0).type));
    case LogicalKind::structure: {
      std::vector<TypeMember> members;
      for (const LogicalMember& member : type.members) {
        members.push_back({member.name, column_type(member.type)});
      }
      return struct_of(std::move(members));
    }
    default:
      return parse_type(upper(logical_text(type)));
  }
}

Type FakeDialect::by_field_type(const std::vector<std::string>& members, bool is_map) const {
  if (is_map) {
    return map_of(plain_type("TEXT"), plain_type("TEXT"));
  }
  std::vector<TypeMember> fields;
  fields.reserve(members.size());
  for (const std::string& member : members) {
    fields.push_back({member, plain_type("TEXT")});
  }
  return struct_of(std::move(fields));
}

Type FakeDialect::canonical_type(const Type& type) const {
  Type result = type;
  result.name = upper(type.name);
  if (result.name == "NONSENSE") {
    throw Error(ErrorKind::configuration, "unknown type 'nonsense'");
  }
  return result;
}

Schema FakeDialect::canonical(const Schema& schema) const {
  Schema result = schema;
  for (auto& [name, table] : result) {
    table.comment.clear();
  }
  return result;
}

Acceptance FakeDialect::acceptance(ColumnRole, const Type& wanted, const Type& live) const {
  if (wanted == live) {
    return {Acceptance::Verdict::same, {}};
  }
  const auto found = acceptances.find({to_text(wanted), to_text(live)});
  return found == acceptances.end() ? Acceptance{} : found->second;
}

std::vector<std::vector<Statement>> FakeDialect::render(const Schema&, const Schema&,
                                                        std::span<const Operation>,
                                                        const RenderOptions&) const {
  no_database();
}

std::vector<TableName> FakeDialect::rebuilt_tables(const Schema&, const Schema&,
                                                   std::span<const Operation>) const {
  no_database();
}

std::unique_ptr<Connection> FakeDialect::connect(const Target&, const ConnectOptions&) const {
  no_database();
}

Reflected FakeDialect::reflect(Connection&, const ReflectScope&) const { no_database(); }

}  // namespace metaxy::migrate
