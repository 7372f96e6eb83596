#pragma once
// The type a live column may keep. Used by accept.cpp.

#include "dialect/dialect.hpp"
#include "schema/type.hpp"

namespace metaxy::migrate {

struct AcceptedType {
  /// `live` as a whole where it may stand; else what it has to become. STRUCTs keep the members that only
  /// live has (metaxy contract, H3: members are history) and its order.
  Type type;
  Acceptance acceptance;
};

AcceptedType accept_type(ColumnRole role, const Type& wanted, const Type& live, const Dialect& dialect);

}  // namespace metaxy::migrate
