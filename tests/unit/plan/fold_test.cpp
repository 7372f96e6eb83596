#include "plan/fold.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "support/tables.hpp"
#include "unit/plan/script_changes.hpp"

namespace metaxy::migrate {
namespace {

using test::column;
using test::schema;
using test::table;

ScriptChanges opaque_script(const std::string& id, std::string name) {
  return {.revision = id,
          .file = id + ".sql",
          .changes = {},
          .has_changes = false,
          .ddl_tables = {{.schema = "", .name = std::move(name)}},
          .ddl_indexes = {},
          .rebuilt_tables = {},
          .rebuilt_by_downgrade = {}};
}

TEST(FoldTest, FollowsTheChanges) {
  const Table clip = table("clip", {column("id", "VARCHAR")});
  const ScriptedSchema scripted = fold(std::vector<ScriptChanges>{
      script("a", {CreateTable{clip}}), script("b", {AddColumn{clip.name, column("n", "BIGINT")}})});
  EXPECT_EQ(scripted.schema, schema({table("clip", {column("id", "VARCHAR"), column("n", "BIGINT")})}));
}

TEST(FoldTest, NamesTheScriptWhoseChangesDoNotFit) {
  try {
    fold(std::vector<ScriptChanges>{script("a", {AddColumn{{"", "clip"}, column("n", "BIGINT")}})});
    FAIL() << "a column of no table";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::integrity);
    EXPECT_NE(std::string(error.what()).find("revision 'a'"), std::string::npos);
  }
}

/// The same with `-- adopt:` above what it makes.
ScriptChanges adopting(ScriptChanges script, std::set<std::string> names) {
  script.adopted = std::move(names);
  return script;
}

TEST(FoldTest, WhatIsAdoptedInTheSameShapeIsNoChange) {
  Table clip = table("clip", {column("id", "VARCHAR")});
  Index index;
  index.name = "i";
  index.parts.push_back({.column = "id"});
  const std::vector<Operation> made = {CreateTable{clip}, CreateIndex{clip.name, index}};
  const AddColumn added{clip.name, column("n", "BIGINT")};
  const std::vector<ScriptChanges> scripts = {
      script("a", made), script("b", {added}), adopting(script("c", made), {"clip"}),
      adopting(script("d", {added}), {"clip.n"}), adopting(script("e", {added}), {"clip"})};
  clip.columns.push_back(added.column);
  clip.indexes.push_back(index);
  EXPECT_EQ(fold(scripts).schema, schema({clip}));
}

TEST(FoldTest, WhatIsAdoptedInAnotherShapeDoesNotFit) {
  const Table clip = table("clip", {column("id", "VARCHAR"), column("n", "BIGINT")});
  const Table other = table("clip", {column("id", "VARCHAR"), column("n", "VARCHAR")});
  const AddColumn added{clip.name, column("n", "VARCHAR")};
  for (const ScriptChanges& second :
       {adopting(script("b", {CreateTable{other}}), {"clip"}), adopting(script("b", {added}), {"clip.n"}),
        adopting(script("b", {CreateTable{clip}}), {"clip.n"}), script("b", {CreateTable{clip}})}) {
    EXPECT_THROW(fold(std::vector<ScriptChanges>{script("a", {CreateTable{clip}}), second}), Error);
  }
}

TEST(FoldTest, DoesNotCompareWhatAScriptWithoutChangesMade) {
  const Table clip = table("clip", {column("id", "VARCHAR")});
  const ScriptedSchema scripted = fold(std::vector<ScriptChanges>{
      script("a", {CreateTable{clip}}), opaque_script("b", "clip"),
      script("c", {AddColumn{clip.name, column("n", "BIGINT")}, RenameTable{clip.name, {"", "segment"}}})});
  EXPECT_TRUE(scripted.schema.empty());
  EXPECT_EQ(scripted.opaque, (std::set<TableName>{{"", "segment"}}));
}

TEST(FoldTest, KnowsATableAgainThatIsMadeAnew) {
  const Table clip = table("clip", {column("id", "VARCHAR")});
  const ScriptedSchema dropped = fold(std::vector<ScriptChanges>{
      script("a", {CreateTable{clip}}), opaque_script("b", "clip"), script("c", {DropTable{clip}})});
  EXPECT_TRUE(dropped.schema.empty());
  EXPECT_TRUE(dropped.opaque.empty());
  const ScriptedSchema made = fold(std::vector<ScriptChanges>{
      script("a", {CreateTable{clip}}), opaque_script("b", "clip"), script("c", {CreateTable{clip}})});
  EXPECT_EQ(made.schema, schema({clip}));
  EXPECT_TRUE(made.opaque.empty());
}

TEST(FoldTest, DoesNotCompareTheTableOfAnIndexThatSqlDropped) {
  const Table clip = table("clip", {column("id", "VARCHAR")}, {}, {test::index_on("ix_clip", {"id"})});
  const Table cut = table("cut", {column("id", "VARCHAR")}, {}, {test::index_on("ix_cut", {"id"})});
  ScriptChanges by_hand = script("b", {});
  by_hand.ddl_indexes = {"IX_clip"};
  const ScriptedSchema scripted =
      fold(std::vector<ScriptChanges>{script("a", {CreateTable{clip}, CreateTable{cut}}), by_hand});
  EXPECT_EQ(scripted.schema, schema({cut}));
  EXPECT_EQ(scripted.opaque, (std::set<TableName>{clip.name}));
}

TEST(FoldTest, KnowsATableThatSqlWritesInAnotherWay) {
  const Table clip = table("clip", {column("id", "VARCHAR")});
  ScriptChanges by_hand = opaque_script("b", "CLIP");
  by_hand.ddl_tables = {{.schema = "main", .name = "CLIP"}};
  const ScriptedSchema scripted = fold(std::vector<ScriptChanges>{script("a", {CreateTable{clip}}), by_hand});
  EXPECT_TRUE(scripted.schema.empty());
  EXPECT_EQ(scripted.opaque, (std::set<TableName>{clip.name}));
}

}  // namespace
}  // namespace metaxy::migrate
