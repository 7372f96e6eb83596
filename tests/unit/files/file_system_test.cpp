// The real file system, and that the one in memory behaves the same.
#include "files/file_system.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/error.hpp"
#include "support/memory_file_system.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A folder that goes away with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = ::testing::TempDir() + "mm_files_XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// All text of the pieces, and how many there were.
std::pair<std::string, int> read_in_pieces(const FileSystem& files, const std::string& path) {
  const std::function<std::string()> next = files.open_chunks(path);
  std::pair<std::string, int> result;
  for (std::string piece = next(); !piece.empty(); piece = next()) {
    result.first += piece;
    ++result.second;
  }
  return result;
}

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::failure);
    return error.what();
  }
  return {};
}

/// The same claims for both.
void expect_behaviour_of_files(FileSystem& files, const std::string& root) {
  const std::string file = root + "/new/folder/a.sql";
  const std::string text = std::string("one\0two\n", 8) + std::string(200000, 'x');
  EXPECT_EQ(files.read(file), std::nullopt);
  EXPECT_EQ(files.read_head(file, 10), std::nullopt);
  EXPECT_FALSE(files.is_file(file));
  EXPECT_THAT(files.list(root + "/new"), IsEmpty());

  files.write(file, text);
  EXPECT_EQ(files.read(file), text);
  EXPECT_EQ(files.read_head(file, 3), "one");
  EXPECT_EQ(files.read_head(file, 1000000), text);
  const auto [whole, pieces] = read_in_pieces(files, file);
  EXPECT_EQ(whole, text);
  EXPECT_GT(pieces, 1);
  EXPECT_TRUE(files.is_file(file));
  EXPECT_FALSE(files.is_directory(file));
  EXPECT_TRUE(files.is_directory(root + "/new"));
  EXPECT_FALSE(files.is_file(root + "/new"));

  files.write(file, "short");
  EXPECT_EQ(files.read(file), "short");
  files.write(root + "/new/folder/B.sql", "");
  EXPECT_EQ(files.read(root + "/new/folder/B.sql"), "");
  EXPECT_THAT(files.list(root + "/new/folder"), ElementsAre("B.sql", "a.sql"));
  EXPECT_THAT(files.list(root + "/new"), IsEmpty());
  EXPECT_THAT(files.list_directories(root + "/new"), ElementsAre("folder"));

  EXPECT_TRUE(files.remove(file));
  EXPECT_FALSE(files.remove(file));
  EXPECT_EQ(files.read(file), std::nullopt);
  EXPECT_EQ(files.absolute(root + "/a/./b/../c"), root + "/a/c");
}

TEST(RealFileSystem, ReadsWritesListsAndRemoves) {
  const Folder folder;
  RealFileSystem files;
  expect_behaviour_of_files(files, folder / "x");
}

TEST(MemoryFileSystem, BehavesLikeTheRealOne) {
  MemoryFileSystem files;
  expect_behaviour_of_files(files, "/x");
}

TEST(RealFileSystem, WriteLeavesNoTemporaryFile) {
  const Folder folder;
  RealFileSystem files;
  files.write(folder / "a", "1");
  files.write(folder / "a", "2");
  EXPECT_THAT(files.list(folder / ""), ElementsAre("a"));
}

TEST(RealFileSystem, FailedWriteKeepsTheOldContentAndLeavesNoTemporaryFile) {
  const Folder folder;
  RealFileSystem files;
  std::filesystem::create_directory(folder / "taken");
  files.write(folder / "taken/inside", "kept");
  EXPECT_THAT(error_of([&] { files.write(folder / "taken", "x"); }), HasSubstr("cannot write"));
  EXPECT_EQ(files.read(folder / "taken/inside"), "kept");
  EXPECT_THAT(files.list(folder / ""), IsEmpty());
}

TEST(RealFileSystem, WriteKeepsTheModeOfTheFile) {
  const Folder folder;
  RealFileSystem files;
  files.write(folder / "a", "1");
  ASSERT_EQ(::chmod((folder / "a").c_str(), 0640), 0);
  files.write(folder / "a", "2");
  EXPECT_EQ(std::filesystem::status(folder / "a").permissions(), static_cast<std::filesystem::perms>(0640));
}

TEST(RealFileSystem, WriteThroughALinkKeepsTheLink) {
  const Folder folder;
  RealFileSystem files;
  files.write(folder / "target", "1");
  std::filesystem::create_symlink("target", folder / "link");
  files.write(folder / "link", "2");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(files.read(folder / "target"), "2");
}

TEST(RealFileSystem, WriteOverALeftOverTemporaryFileOfItsOwnNumberSucceeds) {
  const Folder folder;
  RealFileSystem files;
  files.write(folder / (".a." + std::to_string(::getpid()) + "-0.tmp"), "left over");
  files.write(folder / "a", "1");
  EXPECT_EQ(files.read(folder / "a"), "1");
}

TEST(RealFileSystem, FolderThatCannotBeMadeIsNamed) {
  RealFileSystem files;
  EXPECT_THAT(error_of([&] { files.write("/proc/self/nope/x", "x"); }),
              HasSubstr("cannot create folder '/proc/self/nope'"));
}

TEST(RealFileSystem, AFolderCannotBeReadAsAFile) {
  const Folder folder;
  RealFileSystem files;
  EXPECT_THAT(error_of([&] { files.read(folder / ""); }), HasSubstr("Is a directory"));
  EXPECT_THAT(error_of([&] { files.open_chunks(folder / "gone"); }), HasSubstr("No such file or directory"));
}

TEST(RealFileSystem, FilesWithoutASizeAreReadWhole) {
  RealFileSystem files;
  EXPECT_THAT(files.read("/proc/self/status").value_or(""), HasSubstr("Name:"));
}

TEST(RealFileSystem, ListFollowsLinksAndNamesDeadOnesAndListDirectoriesFollowsNone) {
  const Folder folder;
  RealFileSystem files;
  files.write(folder / "d/a", "1");
  std::filesystem::create_symlink("d/a", folder / "file_link");
  std::filesystem::create_symlink("d", folder / "folder_link");
  std::filesystem::create_symlink("gone", folder / "dead_link");
  EXPECT_THAT(files.list(folder / ""), ElementsAre("dead_link", "file_link"));
  EXPECT_THAT(files.list_directories(folder / ""), ElementsAre("d"));
  EXPECT_TRUE(files.is_directory(folder / "folder_link"));
}

TEST(RealFileSystem, GlobEndsInALoopOfLinks) {
  const Folder folder;
  RealFileSystem files;
  files.write(folder / "d/a.toml", "");
  std::filesystem::create_directory_symlink("..", folder / "d/up");
  EXPECT_THAT(glob(files, folder / "", "**/*.toml"), ElementsAre(folder / "d/a.toml"));
}

TEST(RealFileSystem, AbsoluteStartsAtTheWorkingDirectory) {
  RealFileSystem files;
  EXPECT_EQ(files.absolute("x/../y"), (std::filesystem::current_path() / "y").string());
}

TEST(MemoryFileSystem, RecordsWhatWasWrittenAndRemoved) {
  MemoryFileSystem files;
  files.create("given", "");
  files.write("made", "");
  files.remove("given");
  files.remove("nope");
  EXPECT_THAT(files.written(), ElementsAre("made"));
  EXPECT_THAT(files.removed(), ElementsAre("given"));
}

TEST(MemoryFileSystem, FailsWhereItIsTold) {
  MemoryFileSystem files;
  files.create("a", "old");
  files.make_unwritable("a");
  EXPECT_EQ(error_of([&] { files.write("a", "new"); }), "cannot write 'a': No space left on device");
  EXPECT_EQ(files.read("a"), "old");
  files.make_unreadable("a");
  EXPECT_EQ(error_of([&] { files.read("a"); }), "cannot read 'a': Permission denied");
}

}  // namespace
}  // namespace metaxy::migrate
