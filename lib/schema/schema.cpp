#include "schema/schema.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace metaxy::migrate {

namespace {

/// Whether both hold the same names with equivalent values. Names are unique in each.
template <class Named, class Equivalent>
bool match_by_name(const std::vector<Named>& a, const std::vector<Named>& b, Equivalent is_equivalent) {
  if (a.size() != b.size()) {
    return false;
  }
  std::map<std::string_view, const Named*> others;
  for (std::size_t i = 0; i < a.size(); ++i) {
    // Mostly the order is the same; the map is for when it is not.
    const Named* other = &b[i];
    if (a[i].name != other->name) {
      if (others.empty()) {
        for (const Named& value : b) {
          others.emplace(value.name, &value);
        }
      }
      const auto found = others.find(a[i].name);
      other = found == others.end() ? nullptr : found->second;
    }
    if (other == nullptr || !is_equivalent(a[i], *other)) {
      return false;
    }
  }
  return true;
}

bool holds_all(const std::vector<Constraint>& container, const std::vector<Constraint>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&container](const Constraint& constraint) {
    return std::any_of(container.begin(), container.end(),
                       [&constraint](const Constraint& other) { return equivalent(constraint, other); });
  });
}

struct SameContent {
  const Constraint& other;

  bool operator()(const PrimaryKey& key) const { return key.columns == std::get<PrimaryKey>(other).columns; }
  bool operator()(const Unique& unique) const { return unique.columns == std::get<Unique>(other).columns; }
  bool operator()(const Check& check) const { return check.expression == std::get<Check>(other).expression; }
  bool operator()(const ForeignKey& key) const {
    const auto content = [](const ForeignKey& value) {
      return std::tie(value.columns, value.referenced_table, value.referenced_columns, value.on_update,
                      value.on_delete, value.deferrable);
    };
    return content(key) == content(std::get<ForeignKey>(other));
  }
};

}  // namespace

void put(Schema& schema, Table table) {
  TableName name = table.name;
  schema.insert_or_assign(std::move(name), std::move(table));
}

const Table* find_table(const Schema& schema, const TableName& name) {
  const auto found = schema.find(name);
  return found == schema.end() ? nullptr : &found->second;
}

bool equivalent(const Type& a, const Type& b) {
  const auto members = [](const TypeMember& x, const TypeMember& y) { return equivalent(x.type, y.type); };
  if (a.name != b.name || a.arguments != b.arguments || a.labels != b.labels) {
    return false;
  }
  if (a.name == "STRUCT") {
    return match_by_name(a.members, b.members, members);
  }
  return std::equal(a.members.begin(), a.members.end(), b.members.begin(), b.members.end(),
                    [](const TypeMember& x, const TypeMember& y) {
                      return x.name == y.name && equivalent(x.type, y.type);
                    });
}

bool equivalent(const Column& a, const Column& b) {
  return a.name == b.name && a.is_nullable == b.is_nullable && a.default_sql == b.default_sql &&
         a.generated == b.generated && a.collation == b.collation && a.comment == b.comment &&
         equivalent(a.type, b.type);
}

bool equivalent(const Constraint& a, const Constraint& b) {
  return a.index() == b.index() && std::visit(SameContent{b}, a);
}

bool equivalent(const Table& a, const Table& b) {
  return a.name == b.name && a.comment == b.comment && a.options == b.options &&
         match_by_name(a.columns, b.columns,
                       [](const Column& x, const Column& y) { return equivalent(x, y); }) &&
         match_by_name(a.indexes, b.indexes, [](const Index& x, const Index& y) { return x == y; }) &&
         holds_all(a.constraints, b.constraints) && holds_all(b.constraints, a.constraints);
}

bool equivalent(const Schema& a, const Schema& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && equivalent(x.second, y.second);
  });
}

}  // namespace metaxy::migrate
