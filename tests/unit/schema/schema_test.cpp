#include "schema/schema.hpp"

#include <gtest/gtest.h>

namespace metaxy::migrate {
namespace {

Table clip() {
  Table table;
  table.name = {"", "clip"};
  table.columns = {Column{.name = "id", .type = plain_type("BIGINT"), .is_nullable = false},
                   Column{.name = "path", .type = plain_type("VARCHAR")}};
  table.constraints = {PrimaryKey{"clip_pk", {"id"}}, Check{"", "id > 0"}};
  table.indexes = {Index{.name = "ix_path", .parts = {IndexPart{.column = "path"}}}};
  return table;
}

TEST(Schema, PutReplacesATableOfThatName) {
  Schema schema;
  put(schema, clip());
  Table other = clip();
  other.comment = "new";
  put(schema, other);
  EXPECT_EQ(schema.size(), 1U);
  EXPECT_EQ(find_table(schema, {"", "clip"})->comment, "new");
  EXPECT_EQ(find_table(schema, {"main", "clip"}), nullptr);
}

TEST(Equivalent, WhatIsNeverADifference) {
  Table other = clip();
  std::swap(other.columns[0], other.columns[1]);
  other.constraints = {PrimaryKey{"", {"id"}}, Check{"named", "id > 0"}, Check{"twice", "id > 0"}};
  other.triggers = {Trigger{"log", "text"}};
  EXPECT_TRUE(equivalent(clip(), other));
  EXPECT_TRUE(equivalent(other, clip()));
}

TEST(Equivalent, TheOrderOfStructMembersIsNoDifferenceAtAnyDepth) {
  EXPECT_TRUE(equivalent(parse_type("STRUCT(a X, b STRUCT(c Y, d Z)[])"),
                         parse_type("STRUCT(b STRUCT(d Z, c Y)[], a X)")));
  EXPECT_FALSE(equivalent(parse_type("STRUCT(a X, b Y)"), parse_type("STRUCT(a Y, b X)")));
  EXPECT_FALSE(equivalent(parse_type("STRUCT(a X)"), parse_type("STRUCT(a X, b X)")));
  EXPECT_FALSE(equivalent(parse_type("UNION(a X, b X)"), parse_type("UNION(b X, a X)")));
  EXPECT_FALSE(equivalent(parse_type("MAP(X, Y)"), parse_type("MAP(Y, X)")));
}

/// Changes one thing in `clip` and says whether it is a difference, in both directions.
template <class Change>
bool is_difference(Change change) {
  Table other = clip();
  change(other);
  const bool there = !equivalent(clip(), other);
  EXPECT_EQ(there, !equivalent(other, clip()));
  return there;
}

TEST(Equivalent, EverythingElseIsADifference) {
  EXPECT_TRUE(is_difference([](Table& t) { t.name.name = "other"; }));
  EXPECT_TRUE(is_difference([](Table& t) { t.comment = "other"; }));
  EXPECT_TRUE(is_difference([](Table& t) { t.options = {"STRICT"}; }));
  EXPECT_TRUE(is_difference([](Table& t) { t.columns.pop_back(); }));
  EXPECT_TRUE(is_difference([](Table& t) { t.columns[1].name = "other"; }));
  EXPECT_TRUE(is_difference([](Table& t) { t.columns[1].type = plain_type("BLOB"); }));
  EXPECT_TRUE(is_difference([](Table& t) { t.columns[1].is_nullable = false; }));
  EXPECT_TRUE(is_difference([](Table& t) { t.columns[1].default_sql = ""; }));
  EXPECT_TRUE(is_difference([](Table& t) { t.columns[1].generated = Generated{"id", false}; }));
  EXPECT_TRUE(is_difference([](Table& t) { t.columns[1].collation = "C"; }));
  EXPECT_TRUE(is_difference([](Table& t) { t.columns[1].comment = "x"; }));
  EXPECT_TRUE(is_difference([](Table& t) { t.constraints.pop_back(); }));
  EXPECT_TRUE(is_difference([](Table& t) { t.constraints[1] = Check{"", "id > 1"}; }));
  EXPECT_TRUE(is_difference([](Table& t) { t.constraints[0] = Unique{"clip_pk", {"id"}}; }));
  EXPECT_TRUE(is_difference([](Table& t) { t.indexes[0].name = "other"; }));
  EXPECT_TRUE(is_difference([](Table& t) { t.indexes[0].is_unique = true; }));
  EXPECT_TRUE(is_difference([](Table& t) { t.indexes[0].parts[0].is_descending = true; }));
}

TEST(Equivalent, ForeignKeysCompareAllButTheName) {
  const ForeignKey key{"fk", {"a"}, {"", "t"}, {"id"}, "CASCADE", "SET NULL", "DEFERRABLE"};
  ForeignKey other = key;
  other.name = "other";
  EXPECT_TRUE(equivalent(Constraint(key), Constraint(other)));
  other.referenced_table.name = "u";
  EXPECT_FALSE(equivalent(Constraint(key), Constraint(other)));
  other = key;
  other.on_delete = "";
  EXPECT_FALSE(equivalent(Constraint(key), Constraint(other)));
  other = key;
  other.on_update = "";
  EXPECT_FALSE(equivalent(Constraint(key), Constraint(other)));
  other = key;
  other.deferrable = "";
  EXPECT_FALSE(equivalent(Constraint(key), Constraint(other)));
  other = key;
  other.referenced_columns = {"x"};
  EXPECT_FALSE(equivalent(Constraint(key), Constraint(other)));
}

TEST(Equivalent, SchemasNeedTheSameTables) {
  Schema one;
  put(one, clip());
  EXPECT_FALSE(equivalent(one, Schema{}));
  EXPECT_FALSE(equivalent(Schema{}, one));
  EXPECT_TRUE(equivalent(one, one));
}

}  // namespace
}  // namespace metaxy::migrate
