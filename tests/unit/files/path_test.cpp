#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/memory_file_system.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Path, JoinsWithOneSlash) {
  EXPECT_EQ(joined_path("a", "b"), "a/b");
  EXPECT_EQ(joined_path("a/", "b"), "a/b");
  EXPECT_EQ(joined_path("/", "b"), "/b");
  EXPECT_EQ(joined_path("", "b"), "b");
  EXPECT_EQ(joined_path("a", ""), "a");
  EXPECT_EQ(joined_path("a", "/b"), "/b");
}

TEST(Path, ParentIsWhatStandsBeforeTheName) {
  EXPECT_EQ(parent_path("/a/b"), "/a");
  EXPECT_EQ(parent_path("/a"), "/");
  EXPECT_EQ(parent_path("/"), "/");
  EXPECT_EQ(parent_path("a/b/"), "a");
  EXPECT_EQ(parent_path("a//b"), "a");
  EXPECT_EQ(parent_path("a"), "");
  EXPECT_EQ(parent_path(""), "");
}

TEST(Path, NameIsTheLastPart) {
  EXPECT_EQ(file_name("/a/b.sql"), "b.sql");
  EXPECT_EQ(file_name("b.sql"), "b.sql");
}

TEST(Path, NormalHasNoDotsAndNoDoubledSlashes) {
  EXPECT_EQ(normal_path("/a/./b/../c//d/"), "/a/c/d");
  EXPECT_EQ(normal_path("/../a"), "/a");
  EXPECT_EQ(normal_path("../a/../../b"), "../../b");
  EXPECT_EQ(normal_path("a/.."), ".");
  EXPECT_EQ(normal_path(""), ".");
  EXPECT_EQ(normal_path("/"), "/");
}

TEST(Path, IsWrittenFromADirectory) {
  EXPECT_EQ(path_from("/p", "/p/a/b"), "a/b");
  EXPECT_EQ(path_from("/p/x/y", "/p/a"), "../../a");
  EXPECT_EQ(path_from("/p", "/p"), ".");
  EXPECT_EQ(path_from("/p/x", "/p"), "..");
  EXPECT_EQ(path_from("/p", "/other/a"), "/other/a");
  EXPECT_EQ(path_from("/", "/a/b"), "a/b");
  EXPECT_EQ(path_from("/", "/"), ".");
}

std::vector<std::string> found(const std::string& pattern) {
  MemoryFileSystem files;
  for (const char* path : {"a.toml", "b.toml", "b.txt", ".hidden.toml", "sub/c.toml", "sub/deep/d.toml",
                           "sub/.x/e.toml", "other/c.toml"}) {
    files.create(path, "");
  }
  return glob(files, "/project", pattern);
}

TEST(Glob, StarAndQuestionMarkStayInOneFolder) {
  EXPECT_THAT(found("*.toml"), ElementsAre("/project/a.toml", "/project/b.toml"));
  EXPECT_THAT(found("?.t*"), ElementsAre("/project/a.toml", "/project/b.toml", "/project/b.txt"));
  EXPECT_THAT(found("*/c.toml"), ElementsAre("/project/other/c.toml", "/project/sub/c.toml"));
  EXPECT_THAT(found("a.toml"), ElementsAre("/project/a.toml"));
  EXPECT_THAT(found("./sub//c.toml"), ElementsAre("/project/sub/c.toml"));
}

TEST(Glob, DoubleStarIsAnyFoldersAndNone) {
  EXPECT_THAT(found("**/*.toml"), ElementsAre("/project/a.toml", "/project/b.toml", "/project/other/c.toml",
                                              "/project/sub/c.toml", "/project/sub/deep/d.toml"));
  EXPECT_THAT(found("sub/**/d.toml"), ElementsAre("/project/sub/deep/d.toml"));
  EXPECT_THAT(found("sub/**"), ElementsAre("/project/sub/c.toml", "/project/sub/deep/d.toml"));
  EXPECT_THAT(found("**/**/c.toml"), ElementsAre("/project/other/c.toml", "/project/sub/c.toml"));
}

TEST(Glob, HiddenNamesMustBeNamed) {
  EXPECT_THAT(found(".*.toml"), ElementsAre("/project/.hidden.toml"));
  EXPECT_THAT(found("sub/.x/*.toml"), ElementsAre("/project/sub/.x/e.toml"));
}

TEST(Glob, AbsolutePatternsStandAlone) {
  EXPECT_THAT(found("/project/sub/*.toml"), ElementsAre("/project/sub/c.toml"));
}

TEST(Glob, NothingIsNotAnError) {
  EXPECT_THAT(found("nope/*.toml"), IsEmpty());
  EXPECT_THAT(found(""), IsEmpty());
  EXPECT_THAT(found("sub"), IsEmpty());
}

}  // namespace
}  // namespace metaxy::migrate
