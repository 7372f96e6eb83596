#pragma once
// Reads a column's type as users of Pydantic write it. It is no Python: only names that Pydantic gives a JSON
// schema to, and the ways to combine them, are known; nothing is evaluated.
//
//   str  int  float  bool  bytes  datetime  AwareDatetime  date  time  timedelta  UUID  Decimal  Path HttpUrl
//   Any  ... X | None   Optional[X]   Union[X, Y]   Annotated[X, Field(max_length=12)]   Literal["a", "b"]
//   list[X]   set[X]   frozenset[X]   Sequence[X]   tuple[X, ...]   tuple[X, Y]   dict[str, X]   Mapping[str,
//   X] Decimal(10, 2)   Decimal[10, 2]   condecimal(max_digits=10, decimal_places=2)   constr(max_length=12)
//   struct: stands for the members that are written beside the type; list[struct] and struct | None are
//   possible
//
// A module in front (`typing.Optional`, `datetime.datetime`) is accepted. Any is nullable, as in JSON schemas
// (contract F2).

#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "schema/logical_type.hpp"

namespace metaxy::migrate {

struct Annotation {
  LogicalType type;
  bool is_nullable = false;

  bool operator==(const Annotation&) const = default;
};

/// `where` is the place of the text's first character. `structure` is what `struct` stands for. Throws
/// Error(configuration) with the place inside the text, and a suggestion where a name is unknown.
Annotation parse_annotation(std::string_view text, const SourcePosition& where,
                            const std::optional<LogicalType>& structure = std::nullopt);

}  // namespace metaxy::migrate
