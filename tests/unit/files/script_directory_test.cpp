#include "files/script_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "support/memory_file_system.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

void put_script(MemoryFileSystem& files, const std::string& path, const std::string& id) {
  files.create(path, "-- m\n-- [migration]\n-- revision = \"" + id +
                         "\"\n-- down_revision = \"\"\n-- dialect = \"sqlite\"\n");
}

std::vector<std::string> ids_of(const ScriptDirectory& directory) {
  std::vector<std::string> ids;
  for (const Revision& revision : directory.revisions) {
    ids.push_back(revision.id);
  }
  return ids;
}

std::string error_of(const MemoryFileSystem& files, const std::vector<std::string>& locations = {}) {
  try {
    read_script_directory(files, "scripts", locations);
  } catch (const Error& error) {
    return describe(error);
  }
  return "no error";
}

TEST(ScriptDirectory, IsReadInTheOrderOfFileNames) {
  MemoryFileSystem files;
  put_script(files, "scripts/b.sql", "one");
  put_script(files, "scripts/a.sql", "two");
  files.create("scripts/README.md", "no script");
  files.create("scripts/.a.sql", "of an editor");
  const ScriptDirectory directory = read_script_directory(files, "scripts");
  EXPECT_THAT(ids_of(directory), ElementsAre("two", "one"));
  EXPECT_THAT(directory.locations, ElementsAre("scripts"));
}

TEST(ScriptDirectory, HasItsScriptsInVersionsWhereThatIs) {
  MemoryFileSystem files;
  put_script(files, "scripts/versions/a.sql", "one");
  const ScriptDirectory directory = read_script_directory(files, "scripts");
  EXPECT_THAT(ids_of(directory), ElementsAre("one"));
  EXPECT_THAT(directory.locations, ElementsAre("scripts/versions"));
}

TEST(ScriptDirectory, RefusesScriptsBesideVersions) {
  MemoryFileSystem files;
  put_script(files, "scripts/versions/a.sql", "one");
  put_script(files, "scripts/b.sql", "two");
  EXPECT_THAT(error_of(files), HasSubstr("beside it the script 'b.sql'"));
}

TEST(ScriptDirectory, ReadsLocationsOneAfterTheOther) {
  MemoryFileSystem files;
  put_script(files, "z/1.sql", "first");
  put_script(files, "a/0.sql", "second");
  put_script(files, "scripts/2.sql", "not a location");
  const ScriptDirectory directory = read_script_directory(files, "scripts", {"z", "a"});
  EXPECT_THAT(ids_of(directory), ElementsAre("first", "second"));
  EXPECT_THAT(directory.locations, ElementsAre("z", "a"));
}

TEST(ScriptDirectory, RefusesALocationGivenTwice) {
  const MemoryFileSystem files;
  EXPECT_THAT(error_of(files, {"a", "./a"}), HasSubstr("version_locations names './a' twice"));
}

TEST(ScriptDirectory, TellsOfAllScriptsThatCannotBeRead) {
  MemoryFileSystem files;
  files.create("scripts/a.sql", "SELECT 1;");
  files.create("scripts/b.sql", "SELECT 2;");
  EXPECT_THAT(error_of(files), HasSubstr("2 scripts of 'scripts' cannot be read"));
}

}  // namespace
}  // namespace metaxy::migrate
