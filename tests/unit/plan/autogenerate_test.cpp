#include "plan/autogenerate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "dialect/registry.hpp"
#include "plan/merge.hpp"
#include "support/tables.hpp"

namespace metaxy::migrate {
namespace {

using test::column;
using test::schema;
using test::table;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Column required(Column one) {
  one.is_nullable = false;
  return one;
}

DesiredSchema desired(std::vector<Table> tables) {
  DesiredSchema result;
  for (Table& one : tables) {
    DesiredTable entry;
    entry.feature = one.name.name;
    entry.table = one;
    result.tables.emplace(one.name, std::move(entry));
  }
  return result;
}

std::vector<std::string> summaries(const Proposal& proposal) {
  std::vector<std::string> lines;
  for (const Operation& operation : proposal.operations) {
    lines.push_back(summary(operation));
  }
  return lines;
}

Proposal proposed(const Schema& scripted, const DesiredSchema& wanted,
                  const AutogenerateOptions& options = {}) {
  return propose({.schema = scripted, .opaque = {}}, wanted, nullptr, *find_dialect("duckdb"), options);
}

TEST(ProposeTest, FindsNothingWhereScriptsSatisfyTheModel) {
  const Table clip = table("clip", {required(column("id", "VARCHAR")), column("path", "VARCHAR")});
  EXPECT_THAT(proposed(schema({clip}), desired({clip})).operations, IsEmpty());
}

Table keyed_table() {
  Table one = table("clip", {required(column("id", "VARCHAR"))});
  one.constraints.emplace_back(PrimaryKey{.name = "", .columns = {"id"}});
  return one;
}

TEST(ProposeTest, KeepsAKeyThatTheModelDoesNotAskFor) {
  const Table plain = table("clip", {required(column("id", "VARCHAR"))});
  EXPECT_THAT(proposed(schema({keyed_table()}), desired({plain})).operations, IsEmpty());
}

TEST(ProposeTest, DropsAKeyOnRequest) {
  const Table plain = table("clip", {required(column("id", "VARCHAR"))});
  AutogenerateOptions options;
  options.dropped_keys = {"clip"};
  EXPECT_THAT(summaries(proposed(schema({keyed_table()}), desired({plain}), options)),
              ElementsAre("drop primary key (id) of clip"));
}

TEST(ProposeTest, RelaxesAColumnThatLeftTheModelWithItsKey) {
  Table keyed = table("clip", {required(column("codec", "VARCHAR")), required(column("id", "VARCHAR"))});
  keyed.constraints.emplace_back(PrimaryKey{.name = "", .columns = {"id", "codec"}});
  AutogenerateOptions options;
  options.dropped_keys = {"clip"};
  EXPECT_THAT(summaries(proposed(schema({keyed}),
                                 desired({table("clip", {required(column("id", "VARCHAR"))})}), options)),
              ElementsAre("drop primary key (id, codec) of clip", "make clip.codec nullable"));
}

TEST(ProposeTest, RefusesToDropAKeyThatTheModelAsksFor) {
  AutogenerateOptions options;
  options.dropped_keys = {"clip"};
  try {
    proposed(schema({keyed_table()}), desired({keyed_table()}), options);
    FAIL() << "nothing was refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("--drop-key 'clip' names no table"));
  }
}

// DuckDB finds the old member under the new name: it would add none, and the downgrade would drop the old
// one.
TEST(ProposeTest, RefusesAMemberThatDiffersInCaseOnly) {
  for (const auto& [old, wanted] : {std::pair("STRUCT(x BIGINT, y VARCHAR)", "STRUCT(X BIGINT, y VARCHAR)"),
                                    std::pair("STRUCT(x BIGINT)[]", "STRUCT(X BIGINT)[]")}) {
    try {
      proposed(schema({table("clip", {column("st", old)})}),
               desired({table("clip", {column("st", wanted)})}));
      FAIL() << "nothing was refused";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("members 'x' and 'X' of column 'st' in table 'clip' differ only in "
                                          "case"));
    }
  }
}

TEST(ProposeTest, SaysWhoseATableIsThatLeftTheModel) {
  AutogenerateOptions options;
  options.foreign_tables[{.schema = "", .name = "clip"}] = "cutting";
  const Proposal proposal =
      proposed(schema({table("clip", {column("id", "VARCHAR")})}), desired({}), options);
  EXPECT_THAT(proposal.operations, IsEmpty());
  EXPECT_THAT(proposal.notes,
              ElementsAre("table 'clip' left the model: it belongs to project 'cutting' now"));
}

TEST(ProposeTest, KeepsATableThatLeftTheModel) {
  const Proposal proposal = proposed(schema({table("clip", {column("id", "VARCHAR")})}), desired({}));
  EXPECT_THAT(proposal.operations, IsEmpty());
  EXPECT_THAT(proposal.notes, ElementsAre(HasSubstr("it is kept; drop it with --drop clip")));
}

TEST(ProposeTest, RelaxesAColumnThatLeftTheModelSoThatInsertsGoOn) {
  const Proposal proposal =
      proposed(schema({table("clip", {column("id", "VARCHAR"), required(column("path", "BLOB"))})}),
               desired({table("clip", {column("id", "VARCHAR")})}));
  EXPECT_THAT(summaries(proposal), ElementsAre("make clip.path nullable"));
}

TEST(ProposeTest, DropsOnlyWhatWasNamed) {
  const Proposal proposal =
      proposed(schema({table("clip", {column("id", "VARCHAR"), column("a", "BLOB"), column("b", "BLOB")})}),
               desired({table("clip", {column("id", "VARCHAR")})}), {.drops = {model_name_from("clip.a")}});
  EXPECT_THAT(summaries(proposal), ElementsAre("drop column clip.a"));
}

TEST(ProposeTest, RefusesToDropWhatTheModelHas) {
  EXPECT_THROW(
      proposed(schema({table("clip", {column("id", "VARCHAR")})}),
               desired({table("clip", {column("id", "VARCHAR")})}), {.drops = {model_name_from("clip.id")}}),
      Error);
}

TEST(ProposeTest, RefusesToDropWhatAKeptColumnIsComputedFrom) {
  Column kb = column("kb", "BIGINT");
  kb.generated = Generated{.expression = "size / 1024", .is_stored = false};
  const Schema before = schema({table("clip", {column("id", "VARCHAR"), column("size", "BIGINT"), kb})});
  const DesiredSchema wanted = desired({table("clip", {column("id", "VARCHAR")})});
  const ModelName size = model_name_from("clip.size");
  EXPECT_THAT(summaries(proposed(before, wanted, {.drops = {size, model_name_from("clip.kb")}})),
              ElementsAre("drop column clip.kb", "drop column clip.size"));
  try {
    proposed(before, wanted, {.drops = {size}});
    FAIL() << "nothing was refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("'clip.kb' is computed from it (size / 1024), and stays"));
  }
}

TEST(ProposeTest, RefusesToDropAnotherProjectsTable) {
  AutogenerateOptions options{.drops = {model_name_from("clip")}};
  options.foreign_tables[{.schema = "", .name = "clip"}] = "other";
  EXPECT_THROW(proposed(schema({table("clip", {column("id", "VARCHAR")})}), desired({}), options), Error);
}

TEST(ProposeTest, AsksWhetherAColumnWasRenamed) {
  const Schema before = schema({table("clip", {column("id", "VARCHAR"), column("path", "BLOB")})});
  const DesiredSchema wanted = desired({table("clip", {column("id", "VARCHAR"), column("uri", "BLOB")})});
  const Proposal open = proposed(before, wanted);
  ASSERT_EQ(open.questions.size(), 1U);
  EXPECT_EQ(to_text(open.questions[0].from), "clip.path");
  EXPECT_EQ(open.questions[0].to, "uri");

  const Proposal yes = proposed(before, wanted, {.renames = {rename_request_from("clip.path=uri")}});
  EXPECT_THAT(yes.questions, IsEmpty());
  EXPECT_THAT(summaries(yes), ElementsAre("rename column clip.path to uri"));

  const Proposal no = proposed(before, wanted, {.no_renames = {model_name_from("clip.path")}});
  EXPECT_THAT(no.questions, IsEmpty());
  EXPECT_THAT(summaries(no), ElementsAre("add column clip.uri"));
}

/// `b` was `a`, and `c` was `b`: by type none of them could be told from another.
struct Chain {
  Schema before = schema({table("clip", {column("a", "BLOB"), column("b", "BLOB")})});
  DesiredSchema wanted = desired({table("clip", {column("b", "BLOB"), column("c", "BLOB")})});
};

TEST(ProposeTest, RenamesIntoANameThatAnotherRenameLeaves) {
  Chain given;
  const auto renames = ElementsAre("rename column clip.b to c", "rename column clip.a to b");
  EXPECT_THAT(
      summaries(proposed(given.before, given.wanted,
                         {.renames = {rename_request_from("clip.a=b"), rename_request_from("clip.b=c")}})),
      renames);
  given.wanted.tables.begin()->second.column_renames = {{"b", "a"}, {"c", "b"}};
  const Proposal proposal = proposed(given.before, given.wanted);
  EXPECT_THAT(summaries(proposal), renames);
  EXPECT_THAT(proposal.questions, IsEmpty());
  // Applied, the words stay in the model.
  EXPECT_THAT(summaries(proposed(proposal.after, given.wanted)), IsEmpty());
}

TEST(ProposeTest, DoesNotRenameIntoANameThatStays) {
  Chain given;
  try {
    proposed(given.before, given.wanted, {.renames = {rename_request_from("clip.a=b")}});
    FAIL() << "nothing was refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the scripts have a column 'b' already"));
  }
}

TEST(ProposeTest, RefusesColumnsThatTradePlaces) {
  Chain given;
  given.wanted = desired({table("clip", {column("a", "BLOB"), column("b", "BLOB")})});
  given.wanted.tables.begin()->second.column_renames = {{"a", "b"}, {"b", "a"}};
  try {
    proposed(given.before, given.wanted);
    FAIL() << "nothing was refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), HasSubstr("names trade places"));
  }
  EXPECT_THAT(summaries(proposed(given.before, given.wanted, {.no_renames = {model_name_from("clip.a")}})),
              IsEmpty());
}

TEST(ProposeTest, SaysThatANewColumnIsNoRenameOfOneThatStays) {
  Chain given;
  given.wanted = desired({table("clip", {column("a", "BLOB"), column("b", "BLOB"), column("c", "BLOB")})});
  given.wanted.tables.begin()->second.column_renames = {{"c", "b"}};
  const Proposal proposal = proposed(given.before, given.wanted);
  EXPECT_THAT(summaries(proposal), ElementsAre("add column clip.c"));
  EXPECT_THAT(proposal.notes, Contains(HasSubstr("'clip.c' is new: it is no rename of 'clip.b'")));
}

TEST(ProposeTest, RenamesTablesInAChainAndRefusesACircleOfThem) {
  const Schema before = schema({table("x", {column("id", "BLOB")}), table("y", {column("n", "BLOB")})});
  DesiredSchema wanted = desired({table("y", {column("id", "BLOB")}), table("z", {column("n", "BLOB")})});
  wanted.tables.at({"", "y"}).renamed_from = "x";
  wanted.tables.at({"", "z"}).renamed_from = "y";
  EXPECT_THAT(summaries(proposed(before, wanted)), ElementsAre("rename table y to z", "rename table x to y"));
  DesiredSchema swapped = desired({table("x", {column("n", "BLOB")}), table("y", {column("id", "BLOB")})});
  swapped.tables.at({"", "x"}).renamed_from = "y";
  swapped.tables.at({"", "y"}).renamed_from = "x";
  EXPECT_THROW(proposed(before, swapped), Error);
}

/// `clip` became `part`, and belongs to another project.
struct OfAnother {
  Schema before = schema({table("clip", {column("id", "VARCHAR"), column("path", "BLOB")})});
  DesiredSchema wanted = desired({table("part", {column("id", "VARCHAR"), column("path", "BLOB")})});
  AutogenerateOptions options{.foreign_tables = {{{.schema = "", .name = "clip"}, "cutting"}}};
};

TEST(ProposeTest, NeverRenamesATableOfAnotherProject) {
  const OfAnother given;
  const Proposal proposal = proposed(given.before, given.wanted, given.options);
  EXPECT_THAT(proposal.questions, IsEmpty());
  EXPECT_THAT(summaries(proposal), ElementsAre("create table part"));
}

TEST(ProposeTest, DoesNotLetTheModelRenameATableOfAnotherProject) {
  OfAnother given;
  given.wanted.tables.begin()->second.renamed_from = "clip";
  EXPECT_THAT(summaries(proposed(given.before, given.wanted, given.options)),
              ElementsAre("create table part"));
}

TEST(ProposeTest, RefusesAFlagThatRenamesATableOfAnotherProject) {
  OfAnother given;
  given.options.renames = {rename_request_from("clip=part")};
  try {
    proposed(given.before, given.wanted, given.options);
    FAIL() << "nothing was refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("table 'clip' belongs to project 'cutting'"));
  }
}

TEST(ProposeTest, KnowsTheNamesThatMetaxyChanged) {
  const Proposal proposal = proposed(schema({table("clip", {column("metaxy_snapshot_version", "VARCHAR")})}),
                                     desired({table("clip", {column("metaxy_project_version", "VARCHAR")})}));
  EXPECT_THAT(summaries(proposal),
              ElementsAre("rename column clip.metaxy_snapshot_version to metaxy_project_version"));
}

TEST(ProposeTest, AddsColumnsAsNullable) {
  const Proposal proposal =
      proposed(schema({table("clip", {column("id", "VARCHAR")})}),
               desired({table("clip", {column("id", "VARCHAR"), required(column("n", "BIGINT"))})}));
  ASSERT_EQ(proposal.operations.size(), 1U);
  EXPECT_TRUE(std::get<AddColumn>(proposal.operations[0]).column.is_nullable);
}

TEST(ProposeTest, OnlyWidensStructs) {
  const Proposal proposal = proposed(
      schema(
          {table("clip", {column("metaxy_provenance_by_field", "STRUCT(\"a\" VARCHAR, \"old\" VARCHAR)")})}),
      desired(
          {table("clip", {column("metaxy_provenance_by_field", "STRUCT(\"new\" VARCHAR, \"a\" VARCHAR)")})}));
  EXPECT_THAT(summaries(proposal), ElementsAre("add member new to clip.metaxy_provenance_by_field"));
}

TEST(ProposeTest, LeavesOpaqueTablesAlone) {
  const Proposal proposal =
      propose({.schema = {}, .opaque = {{.schema = "", .name = "clip"}}},
              desired({table("clip", {column("id", "VARCHAR")})}), nullptr, *find_dialect("duckdb"), {});
  EXPECT_THAT(proposal.operations, IsEmpty());
  EXPECT_THAT(proposal.notes, ElementsAre(HasSubstr("`replay` writes that section")));
}

TEST(ProposeTest, MarksWhatIsLiveAsAdopted) {
  const Schema live = schema({table("clip", {column("id", "VARCHAR")})});
  const Proposal proposal =
      propose({}, desired({table("clip", {column("id", "VARCHAR")})}), &live, *find_dialect("duckdb"), {});
  EXPECT_THAT(summaries(proposal), ElementsAre("create table clip"));
  EXPECT_EQ(proposal.adopted.size(), 1U);
}

TEST(WidenedTest, GrowsInsideListsAndKeepsOldMembers) {
  EXPECT_EQ(to_text(widened(parse_type("STRUCT(\"a\" VARCHAR)[]"), parse_type("STRUCT(\"b\" BIGINT)[]"))),
            "STRUCT(\"a\" VARCHAR, \"b\" BIGINT)[]");
}

TEST(ModelNameTest, ReadsFeatureAndColumn) {
  EXPECT_EQ(to_text(model_name_from("video/clip.path")), "video/clip.path");
  EXPECT_EQ(model_name_from("video/clip").column, "");
  EXPECT_THROW(model_name_from("video/clip."), Error);
  EXPECT_THROW(rename_request_from("video/clip"), Error);
}

}  // namespace
}  // namespace metaxy::migrate
