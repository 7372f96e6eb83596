#pragma once
// Random schemas and realistic changes of them, for laws that must hold for every schema. The alphabet says
// what one dialect knows, in its canonical form, so that what comes out can be created there and reads back
// the same. Everything follows from the generator's state: print the seed with a failure and it comes again.

#include <cstddef>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "diff/diff.hpp"
#include "schema/schema.hpp"

namespace metaxy::migrate::test {

using Random = std::mt19937_64;

/// What random schemas are made of. What is empty or false does not occur.
struct SchemaAlphabet {
  /// Types of columns, canonical. Columns of a STRUCT type, also inside LIST and MAP, gain and lose members.
  std::vector<Type> types;
  /// Those of them that may stand in keys, foreign keys and indexes.
  std::vector<Type> key_types;
  /// Types of members that are added to a STRUCT.
  std::vector<Type> member_types;
  /// Names to choose from; no two may be the same to the dialect. More than are needed are made from them
  /// with numbers.
  std::vector<std::string> table_names;
  std::vector<std::string> column_names;
  /// Comments and labels of columns and tables.
  std::vector<std::string> comments;
  /// Canonical defaults of a type.
  std::function<std::vector<std::string>(const Type&)> defaults_for;
  /// Canonical checks on one column of a table.
  std::function<std::vector<std::string>(const Column&)> checks_for;
  /// Canonical predicates of partial indexes.
  std::function<std::vector<std::string>(const Column&)> predicates_for;
  /// Canonical expressions that an index may have as a part.
  std::function<std::vector<std::string>(const Column&)> index_expressions_for;
  /// A generated column (its name does not matter) that is computed from the given one.
  std::function<std::optional<Column>(const Column&)> generated_from;
  /// Canonical collations of a type, beside its own.
  std::function<std::vector<std::string>(const Type&)> collations_for;
  /// Table options that may stand alone.
  std::vector<std::string> options;
  bool has_primary_keys = false;
  bool has_unique_constraints = false;
  bool has_constraint_names = false;
  bool has_indexes = false;
  bool has_unique_indexes = false;
  bool has_descending_indexes = false;
  bool has_foreign_keys = false;
  /// Foreign keys of a table to itself, and of tables to each other in a circle.
  bool has_foreign_key_circles = false;
  /// What may stand in ForeignKey::on_update and on_delete beside nothing.
  std::vector<std::string> foreign_key_actions;
  std::size_t max_tables = 4;
  std::size_t max_columns = 6;
};

/// Every feature, in no dialect: for the laws of values. Names and texts are as awkward as a database allows.
SchemaAlphabet rich_alphabet();

/// A consistent schema: keys have NOT NULL columns, foreign keys have referenced keys of the same types.
Schema random_schema(Random& random, const SchemaAlphabet& alphabet);

/// A schema that a team could arrive at, and what was renamed on the way.
struct Mutation {
  Schema schema;
  Renames renames;
};

/// Up to two renames, then some edits: columns, types, defaults, nullability, members, keys, indexes,
/// comments, tables.
Mutation mutated(Random& random, const Schema& schema, const SchemaAlphabet& alphabet);

/// The same without renames.
Schema edited(Random& random, Schema schema, const SchemaAlphabet& alphabet);

/// For a table: 10 to 1,000, mostly few, so that a hundred schemas are still quick.
std::uint64_t row_count(Random& random);

}  // namespace metaxy::migrate::test
