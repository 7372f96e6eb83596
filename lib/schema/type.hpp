#pragma once
// A column type as a small tree, so that nested types can be compared member by member. The names inside are
// the canonical spellings of one dialect; this file knows the shape of type texts, not any dialect's types.

#include <string>
#include <string_view>
#include <vector>

namespace metaxy::migrate {

struct TypeMember;

/// `VARCHAR`, `DECIMAL(18,3)`, `timestamp(6) with time zone`, `STRUCT("a" VARCHAR)`, `MAP(VARCHAR, BIGINT)`,
/// `VARCHAR[]`, `INTEGER[3]`, `ENUM('a', 'b')`, `mood ENUM('a', 'b')`. An empty name is SQLite's column
/// without a type.
struct Type {
  /// Canonical spelling without arguments. STRUCT, UNION, MAP, LIST, ARRAY and ENUM are the nested kinds;
  /// `X[]` is LIST of X and `X[3]` is ARRAY of X with the argument 3.
  std::string name;
  /// Texts between the parentheses of a plain type; the size of an ARRAY.
  std::vector<std::string> arguments;
  /// STRUCT and UNION: the named members in order. MAP: "key" and "value". LIST and ARRAY: one, "element".
  std::vector<TypeMember> members;
  /// The labels of an ENUM, in order; where enums have names (PostgreSQL), `name` is the type's own.
  std::vector<std::string> labels;

  friend bool operator==(const Type& a, const Type& b);
};

struct TypeMember {
  std::string name;
  Type type;

  friend bool operator==(const TypeMember& a, const TypeMember& b);
};

/// A type without arguments or members.
Type plain_type(std::string_view name);
Type list_of(Type element);
Type map_of(Type key, Type value);
Type struct_of(std::vector<TypeMember> members);

/// Reads the text form; spaces and the case of the nested kinds do not matter, other names are kept as
/// written with inner spaces collapsed. Throws Error(script) naming the text and the place.
Type parse_type(std::string_view text);

/// The text form; `parse_type(to_text(t)) == t`. Member names are always in double quotes.
std::string to_text(const Type& type);

/// Whether both are one enum with a name of its own, whatever its labels.
bool is_same_enum(const Type& a, const Type& b);
/// `existing` with those of `wanted` that it lacks, each behind the one that it follows there. The labels of
/// `wanted` alone where the two disagree about an order, which nothing can be added to.
std::vector<std::string> merged_labels(const std::vector<std::string>& existing,
                                       const std::vector<std::string>& wanted);
/// Whether `some` are among `labels`, in the same order.
bool are_in_order(const std::vector<std::string>& some, const std::vector<std::string>& labels);

/// The member of that name (exact), or nullptr.
const TypeMember* find_member(const Type& type, std::string_view name);

}  // namespace metaxy::migrate
