#include "diff/expression.hpp"

#include <gtest/gtest.h>

#include "support/tables.hpp"

namespace metaxy::migrate {
namespace {

Table clip_columns() {
  return test::table("clip_columns",
                     {test::column("path", "X"), test::column("fps", "X"), test::column("Path2", "X")});
}

struct Rewriting {
  const char* before;
  const char* after;
};

TEST(Expression, RenamesTheColumnAndNothingElse) {
  const Rewriting cases[] = {
      {"", ""},
      {"path", "uri"},
      {"path IS NOT NULL AND length(path) > 0", "uri IS NOT NULL AND length(uri) > 0"},
      {"PATH <> Path", "uri <> uri"},
      {"\"path\" <> ''", "\"uri\" <> ''"},
      {"`path` <> ''", "\"uri\" <> ''"},
      {"paths + my_path + path2", "paths + my_path + path2"},
      {"path$ + path_1", "path$ + path_1"},
      {"'path' || \"Path\" || 'it''s path'", "'path' || \"Path\" || 'it''s path'"},
      {"path(fps)", "path(fps)"},
      {"path (fps)", "path (fps)"},
      {"fps::path + fps :: path", "fps::path + fps :: path"},
      {"CAST(path AS path)", "CAST(uri AS path)"},
      {"path::text", "uri::text"},
      {"path '2026-01-01'", "path '2026-01-01'"},
      {"struct_pack(path := path)", "struct_pack(path := uri)"},
      {"path.member", "uri.member"},
      {"fps.path", "fps.path"},
      {"clip_columns.path + \"clip_columns\".path", "clip_columns.uri + \"clip_columns\".uri"},
      {"extract(path FROM fps)", "extract(path FROM fps)"},
      {"substring(path FROM 2)", "substring(uri FROM 2)"},
      {"path[1] + fps[path]", "uri[1] + fps[uri]"},
      {"path -- path\n + path /* path */ + path", "uri -- path\n + uri /* path */ + uri"},
      {"path||path", "uri||uri"},
      {"'open path", "'open path"},
      {"\"open path", "\"open path"},
      {"1path + path", "1path + uri"},
  };
  for (const Rewriting& one : cases) {
    EXPECT_EQ(with_column_renamed(one.before, clip_columns(), "path", "uri"), one.after) << one.before;
  }
}

TEST(Expression, ANewNameIsQuotedWhereItMust) {
  EXPECT_EQ(with_column_renamed("path > 0", clip_columns(), "path", "the \"path\""),
            "\"the \"\"path\"\"\" > 0");
  EXPECT_EQ(with_column_renamed("path > 0", clip_columns(), "path", "Uri"), "\"Uri\" > 0");
  EXPECT_EQ(with_column_renamed("path > 0", clip_columns(), "path", "order"), "\"order\" > 0");
  EXPECT_EQ(with_column_renamed("path > 0", clip_columns(), "path", "1st"), "\"1st\" > 0");
}

TEST(Expression, QuotesThatOnlyTheOldNameNeededGo) {
  EXPECT_EQ(with_column_renamed("\"the path\" > 0", clip_columns(), "the path", "path"), "path > 0");
  EXPECT_EQ(with_column_renamed("\"a\"\"b\" > 0", clip_columns(), "a\"b", "c\"d"), "\"c\"\"d\" > 0");
}

TEST(Expression, AReservedWordIsNoColumn) {
  EXPECT_EQ(with_column_renamed("fps IN (1) AND \"in\" > 0", clip_columns(), "in", "inside"),
            "fps IN (1) AND inside > 0");
  EXPECT_EQ(with_column_renamed("\"order\" > 0", clip_columns(), "order", "position"), "position > 0");
}

TEST(Expression, AWordOfAnotherColumnsExactNameIsThatColumn) {
  EXPECT_EQ(with_column_renamed("path2 > 0 AND Path2 > 0", clip_columns(), "path2", "uri"),
            "uri > 0 AND Path2 > 0");
}

TEST(Expression, TheTablesOwnNameInFrontIsNoColumn) {
  const Table table = test::table("path", {test::column("path", "X")});
  EXPECT_EQ(with_column_renamed("path.path > path", table, "path", "uri"), "path.uri > uri");
}

}  // namespace
}  // namespace metaxy::migrate
