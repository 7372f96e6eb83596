#include "diff/apply.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "support/tables.hpp"

namespace metaxy::migrate {
namespace {

using test::column;
using test::foreign_key;
using test::index_on;
using test::schema;
using test::table;

const TableName kClip{"", "clip"};

/// Clips of videos: a key, a check, indexes, a generated column, a foreign key.
Schema clips() {
  Column length = column("length", "BIGINT");
  length.generated = Generated{"last - first", false};
  Index partial = index_on("ix_partial", {"first"});
  partial.where = "first > 0";
  partial.parts.push_back(IndexPart{.expression = "abs(first)"});
  return schema(
      {table("video", {column("id", "BIGINT"), column("path", "VARCHAR")}, {PrimaryKey{"", {"id"}}}),
       table("clip",
             {column("video", "BIGINT"), column("first", "BIGINT"), column("last", "BIGINT"), length,
              column("tags", "STRUCT(a VARCHAR, b STRUCT(c VARCHAR)[])")},
             {foreign_key("video", "video", "id"), Unique{"", {"video", "first"}}, Check{"", "first < last"}},
             {partial})});
}

std::string message_for(const Operation& operation) {
  Schema before = clips();
  try {
    migrate::apply(before, operation);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::script);
    EXPECT_EQ(before, clips()) << "changed in spite of the error";
    return error.hint().empty() ? error.what() : fmt::format("{} ({})", error.what(), error.hint());
  }
  return "no error";
}

TEST(Apply, ARenamedColumnFollowsEverywhereInItsTable) {
  Schema after = clips();
  migrate::apply(after, RenameColumn{kClip, "first", "begin"});
  const Table& clip = after.at(kClip);
  EXPECT_EQ(clip.columns[1].name, "begin");
  EXPECT_EQ(clip.columns[3].generated->expression, "last - begin");
  EXPECT_EQ(columns_of(clip.constraints[0]), (std::vector<std::string>{"video", "begin"}));
  EXPECT_EQ(std::get<Check>(clip.constraints[1]).expression, "begin < last");
  EXPECT_EQ(clip.indexes[0].parts[0].column, "begin");
  EXPECT_EQ(clip.indexes[0].parts[1].expression, "abs(begin)");
  EXPECT_EQ(clip.indexes[0].where, "begin > 0");
}

TEST(Apply, ARenamedColumnFollowsInForeignKeysOfOtherTables) {
  Schema after = clips();
  migrate::apply(after, RenameColumn{{"", "video"}, "id", "video_id"});
  EXPECT_EQ(std::get<ForeignKey>(after.at(kClip).constraints[2]).referenced_columns[0], "video_id");
}

TEST(Apply, ARenamedTableFollowsInForeignKeys) {
  Schema after = clips();
  migrate::apply(after, RenameTable{{"", "video"}, {"", "movie"}});
  EXPECT_EQ(find_table(after, {"", "video"}), nullptr);
  EXPECT_EQ(find_table(after, {"", "movie"})->name, (TableName{"", "movie"}));
  EXPECT_EQ(std::get<ForeignKey>(after.at(kClip).constraints[2]).referenced_table, (TableName{"", "movie"}));
}

TEST(Apply, ADefaultIsNoExpressionOfColumns) {
  Schema after = clips();
  find_column(after.at(kClip), "last")->default_sql = "first";
  migrate::apply(after, RenameColumn{kClip, "first", "begin"});
  EXPECT_EQ(find_column(after.at(kClip), "last")->default_sql, "first");
}

TEST(Apply, MembersAreFoundByPath) {
  Schema after = clips();
  migrate::apply(after, AddMember{kClip, "tags", {"b", "element", "d"}, parse_type("BIGINT")});
  migrate::apply(after, DropMember{kClip, "tags", {"a"}, parse_type("VARCHAR")});
  EXPECT_EQ(after.at(kClip).columns[4].type, parse_type("STRUCT(b STRUCT(c VARCHAR, d BIGINT)[])"));
}

TEST(Apply, AConstraintIsFoundByContentWhereItsNameIsAnother) {
  Schema after = clips();
  migrate::apply(after, DropConstraint{kClip, Check{"made_up", "first < last"}});
  EXPECT_EQ(after.at(kClip).constraints.size(), 2U);
}

TEST(Apply, RefusesWhatDoesNotFit) {
  const auto expect = [](const Operation& operation, const char* message) {
    EXPECT_EQ(message_for(operation), message);
  };
  const Table video = clips().at({"", "video"});
  expect(CreateTable{video}, "cannot create table video: there is a table 'video' already");
  expect(DropTable{table("video", {})}, "cannot drop table video: the table is not what it says");
  expect(DropTable{table("vidio", {})},
         "cannot drop table vidio: there is no table 'vidio' (did you mean 'video'?)");
  expect(RenameTable{kClip, video.name},
         "cannot rename table clip to video: there is a table 'video' already");
  expect(AddColumn{kClip, column("last", "X")},
         "cannot add column clip.last: the table has such a column already");
  expect(DropColumn{kClip, column("last", "VARCHAR")},
         "cannot drop column clip.last: the column is not what it says");
  expect(DropColumn{kClip, column("lust", "X")},
         "cannot drop column clip.lust: there is no column 'lust' (did you mean 'last'?)");
  expect(RenameColumn{kClip, "first", "last"},
         "cannot rename column clip.first to last: the table has a column 'last' already");
  expect(AlterType{kClip, "last", parse_type("X"), parse_type("Y")},
         "cannot change type of clip.last from X to Y: the type is BIGINT");
  expect(AlterNullable{kClip, "last", true}, "cannot make clip.last nullable: it is so already");
  expect(AlterDefault{kClip, "last", "0", "1"},
         "cannot change default of clip.last from 0 to 1: found another default");
  expect(AlterGenerated{kClip, "length", std::nullopt, std::nullopt},
         "cannot drop generation of clip.length: found another generation");
  expect(AlterCollation{kClip, "last", "C", ""},
         "cannot drop collation of clip.last: found another collation");
  expect(AlterColumnComment{kClip, "last", "x", ""},
         "cannot drop comment of clip.last: found another comment");
  expect(AlterTableComment{kClip, "x", ""}, "cannot drop comment of clip: found another comment");
  expect(AlterTableOptions{kClip, {"X"}, {}}, "cannot drop options of clip: found other options");
  expect(CreateIndex{kClip, index_on("ix_partial", {"last"})},
         "cannot create index ix_partial on clip: the table has such an index already");
  expect(CreateIndex{kClip, index_on("ix", {"nope"})},
         "cannot create index ix on clip: there is no column 'nope'");
  expect(DropIndex{kClip, index_on("ix", {"last"})},
         "cannot drop index ix of clip: the table has no such index");
  expect(DropIndex{kClip, index_on("ix_partial", {"last"})},
         "cannot drop index ix_partial of clip: the index is not what it says");
  expect(AddConstraint{kClip, Check{"", "first < last"}},
         "cannot add check (first < last) to clip: the table has it already");
  expect(AddConstraint{video.name, PrimaryKey{"", {"path"}}},
         "cannot add primary key (path) to video: the table has a primary key already");
  expect(AddConstraint{kClip, Unique{"", {"nope"}}},
         "cannot add unique (nope) to clip: there is no column 'nope'");
  expect(DropConstraint{kClip, Unique{"", {"last"}}},
         "cannot drop unique (last) of clip: the table has no such constraint");
}

TEST(Apply, RefusesMembersThatDoNotFit) {
  const auto expect = [](const Operation& operation, const char* message) {
    EXPECT_EQ(message_for(operation), message);
  };
  const Type text = parse_type("VARCHAR");
  expect(AddMember{kClip, "tags", {"a"}, text},
         "cannot add member a to clip.tags: the member is there already");
  expect(AddMember{kClip, "last", {"a"}, text},
         "cannot add member a to clip.last: BIGINT has no named members");
  expect(AddMember{kClip, "tags", {"b", "c", "x"}, text},
         "cannot add member b.c.x to clip.tags: there is no member 'c' in STRUCT(\"c\" VARCHAR)[]");
  expect(AddMember{kClip, "tags", {"b", "x"}, text},
         "cannot add member b.x to clip.tags: STRUCT(\"c\" VARCHAR)[] has no named members");
  expect(DropMember{kClip, "tags", {"x"}, text},
         "cannot drop member x of clip.tags: there is no such member");
  expect(DropMember{kClip, "tags", {"a"}, parse_type("X")},
         "cannot drop member a of clip.tags: its type is VARCHAR");
  expect(DropMember{kClip, "tags", {"b", "element", "c"}, text},
         "cannot drop member b.element.c of clip.tags: it is the last member");
}

TEST(Apply, AColumnThatIsStillNamedCannotGo) {
  const Table clip = clips().at(kClip);
  EXPECT_EQ(message_for(DropColumn{kClip, *find_column(clip, "first")}),
            "cannot drop column clip.first: a constraint of the table names it (drop unique (video, first) "
            "of clip first)");
  Schema without = clips();
  migrate::apply(without, DropConstraint{kClip, Unique{"", {"video", "first"}}});
  EXPECT_THROW(migrate::apply(without, DropColumn{kClip, *find_column(clip, "first")}), Error);
  migrate::apply(without, DropIndex{kClip, clip.indexes[0]});
  EXPECT_NO_THROW(migrate::apply(without, DropColumn{kClip, *find_column(clip, "first")}));
}

TEST(Apply, AColumnThatATablesOwnForeignKeyRefersToCannotGo) {
  Schema tree = schema(
      {table("node", {column("id", "X"), column("parent", "X")}, {foreign_key("parent", "node", "id")})});
  EXPECT_THROW(migrate::apply(tree, DropColumn{{"", "node"}, column("id", "X")}), Error);
}

TEST(Apply, ARenameBringsConstraintsIntoTheirNewOrder) {
  Schema after =
      schema({table("t", {column("a", "X"), column("b", "X")}, {Unique{"", {"a"}}, Unique{"", {"b"}}}),
              table("u", {column("x", "X")}, {foreign_key("x", "t", "a"), foreign_key("x", "t", "b")})});
  migrate::apply(after, RenameColumn{{"", "t"}, "a", "c"});
  EXPECT_EQ(
      after,
      schema({table("t", {column("c", "X"), column("b", "X")}, {Unique{"", {"b"}}, Unique{"", {"c"}}}),
              table("u", {column("x", "X")}, {foreign_key("x", "t", "b"), foreign_key("x", "t", "c")})}));
}

TEST(Apply, PartsStayInTheirOrder) {
  Schema after = clips();
  migrate::apply(after, CreateIndex{kClip, index_on("a_first", {"last"})});
  migrate::apply(after, AddConstraint{kClip, Unique{"", {"first"}}});
  Table sorted = after.at(kClip);
  normalise(sorted);
  EXPECT_EQ(after.at(kClip), sorted);
  EXPECT_EQ(sorted.indexes.front().name, "a_first");
}

}  // namespace
}  // namespace metaxy::migrate
