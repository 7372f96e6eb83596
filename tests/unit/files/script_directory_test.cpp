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

std::string directory_failure(const MemoryFileSystem& files, const std::vector<std::string>& locations = {}) {
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
  EXPECT_THAT(directory_failure(files), HasSubstr("beside it the script 'b.sql'"));
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
  EXPECT_THAT(directory_failure(files, {"a", "./a"}), HasSubstr("version_locations names './a' twice"));
}

TEST(ScriptDirectory, TellsOfAllScriptsThatCannotBeRead) {
  MemoryFileSystem files;
  files.create("scripts/a.sql", "SELECT 1;");
  files.create("scripts/b.sql", "SELECT 2;");
  EXPECT_THAT(directory_failure(files), HasSubstr("2 scripts of 'scripts' cannot be read"));
}

void put_python(MemoryFileSystem& files, const std::string& path, const std::string& id) {
  files.create(path, "'''m'''\nrevision = '" + id + "'\ndown_revision = None\n");
}

TEST(ScriptDirectory, RefusesRevisionsOfAlembicThatWereNotTakenOver) {
  MemoryFileSystem files;
  put_python(files, "scripts/versions/a.py", "one");
  EXPECT_THAT(directory_failure(files), HasSubstr("'scripts/versions' holds 'a.py', a revision of Alembic"));
  EXPECT_THAT(directory_failure(files), HasSubstr("`init --from-alembic`"));
}

TEST(ScriptDirectory, ReadsScriptsAndAlembicsFilesTogetherOnceTakenOver) {
  MemoryFileSystem files;
  files.create("scripts/taken_over.toml", "");
  put_python(files, "scripts/versions/b.py", "second");
  put_python(files, "scripts/versions/__init__.py", "none");
  put_script(files, "scripts/versions/a.sql", "first");
  put_script(files, "scripts/versions/c.sql", "third");
  const ScriptDirectory directory = read_script_directory(files, "scripts");
  EXPECT_THAT(ids_of(directory), ElementsAre("first", "second", "third"));
  EXPECT_FALSE(directory.revisions[0].is_alembic);
  EXPECT_TRUE(directory.revisions[1].is_alembic);
}

TEST(ScriptDirectory, DoesNotTakeTheTwinOfAScriptForARevision) {
  MemoryFileSystem files;
  files.create("scripts/taken_over.toml", "");
  put_script(files, "scripts/versions/a.sql", "one");
  put_python(files, "scripts/versions/a.py", "one");
  EXPECT_THAT(ids_of(read_script_directory(files, "scripts")), ElementsAre("one"));
  EXPECT_TRUE(read_alembic_files(files, {"scripts/versions"}).revisions.empty());
}

TEST(ScriptDirectory, LeavesAlembicsEnvPyBesideTheRevisionsAlone) {
  MemoryFileSystem files;
  files.create("scripts/env.py", "import alembic\n");
  put_script(files, "scripts/a.sql", "one");
  EXPECT_THAT(ids_of(read_script_directory(files, "scripts")), ElementsAre("one"));
}

TEST(ScriptDirectory, TellsWhichFileOfAlembicNeedsPythonToBeRead) {
  MemoryFileSystem files;
  files.create("scripts/taken_over.toml", "");
  files.create("scripts/versions/a.py", "revision = 'x'\ndown_revision = parent()\n");
  EXPECT_THAT(directory_failure(files), HasSubstr("cannot be read without running Python"));
  EXPECT_THAT(directory_failure(files), HasSubstr("scripts/versions/a.py:2"));
}

}  // namespace
}  // namespace metaxy::migrate
