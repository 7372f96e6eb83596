#include "diff/operation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "support/tables.hpp"

namespace metaxy::migrate {
namespace {

using test::column;
using test::foreign_key;
using test::index_on;
using test::table;
using testing::ElementsAre;

const TableName kVideoClip{"", "video__clip"};

struct Example {
  Operation operation;
  const char* summary;
  const char* data_loss;
  const char* json;
};

/// One of each kind, in the order of the variant.
std::vector<Example> examples() {
  Column by_default = column("n", "BIGINT");
  by_default.default_sql = "0";
  return {
      {CreateTable{table("t", {column("a", "X")})}, "create table t", "",
       R"({"create_table": {"name": "t", "columns": [{"name": "a", "type": "X"}]}})"},
      {DropTable{table("t", {column("a", "X")})}, "drop table t", "all rows of t are lost",
       R"({"drop_table": {"name": "t", "columns": [{"name": "a", "type": "X"}]}})"},
      {RenameTable{{"", "t"}, {"s", "u"}}, "rename table t to s.u", "",
       R"({"rename_table": {"from": "t", "to": {"schema": "s", "name": "u"}}})"},
      {AddColumn{kVideoClip, column("duration", "DOUBLE")}, "add column video__clip.duration", "",
       R"({"add_column": {"table": "video__clip", "column": {"name": "duration", "type": "DOUBLE"}}})"},
      {DropColumn{kVideoClip, by_default}, "drop column video__clip.n", "the values of n are lost",
       R"({"drop_column": {"table": "video__clip", "column": {"name": "n", "type": "BIGINT", "default": "0"}}})"},
      {RenameColumn{kVideoClip, "path", "uri"}, "rename column video__clip.path to uri", "",
       R"({"rename_column": {"table": "video__clip", "from": "path", "to": "uri"}})"},
      {AlterType{kVideoClip, "n", parse_type("INTEGER"), parse_type("BIGINT")},
       "change type of video__clip.n from INTEGER to BIGINT", "",
       R"({"alter_type": {"table": "video__clip", "column": "n", "from": "INTEGER", "to": "BIGINT"}})"},
      {AlterNullable{kVideoClip, "n", false}, "make video__clip.n not nullable", "",
       R"({"alter_nullable": {"table": "video__clip", "column": "n", "nullable": false}})"},
      {AlterDefault{kVideoClip, "n", "0", std::nullopt}, "drop default of video__clip.n", "",
       R"({"alter_default": {"table": "video__clip", "column": "n", "from": "0"}})"},
      {AlterGenerated{kVideoClip, "n", std::nullopt, Generated{"a + 1", true}},
       "set generation of video__clip.n to a + 1 stored", "the values of n are lost",
       R"({"alter_generated": {"table": "video__clip", "column": "n", "to": {"expression": "a + 1", "stored": true}}})"},
      {AlterCollation{kVideoClip, "n", "C", "de"}, "change collation of video__clip.n from C to de", "",
       R"({"alter_collation": {"table": "video__clip", "column": "n", "from": "C", "to": "de"}})"},
      {AlterColumnComment{kVideoClip, "n", "", "UTC"}, "set comment of video__clip.n", "",
       R"({"alter_column_comment": {"table": "video__clip", "column": "n", "to": "UTC"}})"},
      {AlterTableComment{kVideoClip, "old", ""}, "drop comment of video__clip", "",
       R"({"alter_table_comment": {"table": "video__clip", "from": "old"}})"},
      {AlterTableOptions{kVideoClip, {}, {"STRICT"}}, "set options of video__clip to STRICT", "",
       R"({"alter_table_options": {"table": "video__clip", "from": [], "to": ["STRICT"]}})"},
      {AddMember{kVideoClip, "tags", {"element", "x"}, parse_type("VARCHAR")},
       "add member element.x to video__clip.tags", "",
       R"({"add_member": {"table": "video__clip", "column": "tags", "path": ["element", "x"], "type": "VARCHAR"}})"},
      {DropMember{kVideoClip, "tags", {"x"}, parse_type("VARCHAR")}, "drop member x of video__clip.tags",
       "the values of tags.x are lost",
       R"({"drop_member": {"table": "video__clip", "column": "tags", "path": ["x"], "type": "VARCHAR"}})"},
      {CreateIndex{kVideoClip, index_on("ix", {"n"})}, "create index ix on video__clip", "",
       R"({"create_index": {"table": "video__clip", "index": {"name": "ix", "parts": ["n"]}}})"},
      {DropIndex{kVideoClip, index_on("ix", {"n"})}, "drop index ix of video__clip", "",
       R"({"drop_index": {"table": "video__clip", "index": {"name": "ix", "parts": ["n"]}}})"},
      {AddConstraint{kVideoClip, foreign_key("video", "video", "id")},
       "add foreign key (video) to video to video__clip", "",
       R"({"add_constraint": {"table": "video__clip", "constraint": {"foreign_key": ["video"], "references": "video", "referenced_columns": ["id"]}}})"},
      {DropConstraint{kVideoClip, Check{"positive", "n > 0"}}, "drop check positive (n > 0) of video__clip",
       "",
       R"({"drop_constraint": {"table": "video__clip", "constraint": {"check": "n > 0", "name": "positive"}}})"},
  };
}

TEST(Operation, TheExamplesAreOneOfEachKind) {
  const std::vector<Example> all = examples();
  ASSERT_EQ(all.size(), std::variant_size_v<Operation>);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].operation.index(), i);
  }
}

TEST(Operation, HasASummaryForPeople) {
  for (const Example& one : examples()) {
    EXPECT_EQ(summary(one.operation), one.summary);
  }
}

TEST(Operation, SaysWhatIsLost) {
  for (const Example& one : examples()) {
    EXPECT_EQ(data_loss(one.operation), one.data_loss) << one.summary;
  }
}

TEST(Operation, IsOneLineOfJson) {
  for (const Example& one : examples()) {
    EXPECT_EQ(to_json_line(one.operation), one.json);
    EXPECT_EQ(operation_from_json_line(one.json), one.operation) << one.json;
  }
}

TEST(Operation, TurnedRoundTwiceIsTheSame) {
  for (const Example& one : examples()) {
    EXPECT_NE(reversed(one.operation), one.operation) << one.summary;
    EXPECT_EQ(reversed(reversed(one.operation)), one.operation) << one.summary;
  }
}

TEST(Operation, AListIsTurnedRoundFromItsEnd) {
  const std::vector<Operation> operations = {RenameColumn{kVideoClip, "a", "b"},
                                             AlterNullable{kVideoClip, "b", true}};
  EXPECT_THAT(reversed(operations), ElementsAre(Operation(AlterNullable{kVideoClip, "b", false}),
                                                Operation(RenameColumn{kVideoClip, "b", "a"})));
}

TEST(Operation, KnowsItsTable) {
  for (const Example& one : examples()) {
    const bool is_about_t = one.operation.index() <= Operation(RenameTable{}).index();
    EXPECT_EQ(table_of(one.operation), (is_about_t ? TableName{"", "t"} : kVideoClip)) << one.summary;
  }
}

TEST(Summary, ALineBreakInANameCannotEndAComment) {
  EXPECT_EQ(summary(AddColumn{kVideoClip, column("a\nDROP TABLE t; --\x01", "X")}),
            "add column video__clip.a\\nDROP TABLE t; --\\x01");
  EXPECT_EQ(data_loss(DropColumn{kVideoClip, column("a\nb", "X")}), "the values of a\\nb are lost");
}

TEST(Summary, NamesConstraintsByKindNameAndColumns) {
  EXPECT_EQ(summary(AddConstraint{kVideoClip, PrimaryKey{"pk", {"a", "b"}}}),
            "add primary key pk (a, b) to video__clip");
  EXPECT_EQ(summary(AddConstraint{kVideoClip, Unique{"", {"a"}}}), "add unique (a) to video__clip");
}

TEST(DataLoss, ATypeThatLosesMembersLosesTheirValues) {
  EXPECT_EQ(data_loss(AlterType{kVideoClip, "s", parse_type("STRUCT(a X, b STRUCT(c X, d X), e X)"),
                                parse_type("STRUCT(b STRUCT(c Y), e X)")}),
            "the values of s.a, s.b.d are lost");
}

struct Fault {
  const char* line;
  const char* message;
  const char* hint;
};

TEST(OperationJson, SaysWhatIsWrong) {
  const Fault faults[] = {
      {R"({"add_column": )", "the change is not valid JSON at character 16",
       R"(write one operation a line, such as {"add_column": {...}})"},
      {"", "the change is not valid JSON at character 1",
       R"(write one operation a line, such as {"add_column": {...}})"},
      {R"({"add_column": 1e400})", "the change holds a number that is too large", ""},
      {R"([])", "a change is an object with one key, the name of the operation", ""},
      {R"({"a": 1, "b": 2})", "a change is an object with one key, the name of the operation", ""},
      {R"({"add_colum": {}})", "operation 'add_colum' is unknown", "did you mean 'add_column'?"},
      {R"({"add_column": 1})", "operation 'add_column': must be an object, but is number", ""},
      {R"({"add_column": {"column": {"name": "a", "type": "X"}}})",
       "operation 'add_column': field 'table' is missing", ""},
      {R"({"rename_column": {"table": "t", "from": "a", "to": "b", "tables": 1}})",
       "operation 'rename_column': field 'tables' is unknown", "did you mean 'table'?"},
      {R"({"alter_nullable": {"table": "t", "column": "a"}})",
       "operation 'alter_nullable': field 'nullable' is missing", ""},
      {R"({"add_member": {"table": "t", "column": "a", "path": [], "type": "X"}})",
       "operation 'add_member': field 'path' must hold at least the member's name", ""},
      {R"({"create_table": {"name": "t"}})", "table 't': field 'columns' is missing", ""},
  };
  for (const Fault& fault : faults) {
    try {
      operation_from_json_line(fault.line);
      ADD_FAILURE() << fault.line;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::script);
      EXPECT_STREQ(error.what(), fault.message);
      EXPECT_EQ(error.hint(), fault.hint);
    }
  }
}

TEST(OperationJson, ASyntaxErrorKnowsItsColumn) {
  try {
    operation_from_json_line(R"({"add_column" 1})");
    FAIL();
  } catch (const Error& error) {
    ASSERT_TRUE(error.where().has_value());
    EXPECT_EQ(error.where()->column, 15U);
    EXPECT_EQ(error.where()->line_text, R"({"add_column" 1})");
  }
}

TEST(OperationJson, BlanksAndTheOrderOfKeysDoNotMatter) {
  EXPECT_EQ(operation_from_json_line(R"( {"rename_column":{"to":"b","table":"t","from":"a"}} )"),
            Operation(RenameColumn{{"", "t"}, "a", "b"}));
}

}  // namespace
}  // namespace metaxy::migrate
