#include "run/backup.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "support/fakes.hpp"
#include "support/memory_file_system.hpp"

namespace metaxy::migrate {
namespace {

using testing::ElementsAre;

constexpr const char* kDatabase = "/data/dev.db";

std::vector<std::string> names(const FileSystem& files) {
  std::vector<std::string> names;
  for (const Backup& backup : list_backups(files, kDatabase)) {
    names.push_back(file_name(backup.path));
  }
  return names;
}

/// Copies are empty files of a file system in memory.
class FakeFiles final : public FileDatabase {
 public:
  explicit FakeFiles(MemoryFileSystem& files) : files_(files) {}
  bool owns(const std::string&) const override { return true; }
  void back_up(Connection&, const std::string&, const std::string& to) const override {
    files_.create(to, "");
  }
  std::vector<std::string> side_files(const std::string& path) const override { return {path + "-wal"}; }
  std::string recover(const std::string&) const override { return {}; }

 private:
  MemoryFileSystem& files_;
};

class BackupTest : public testing::Test {
 protected:
  BackupTest() { files_.create(kDatabase, "rows"); }

  void put(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      files_.create("/data/" + name, "");
    }
  }
  std::string back_up_at(int second, const std::vector<std::string>& heads) {
    const std::string path = back_up(files_, FakeFiles(files_), connection_, kDatabase,
                                     Instant{} + std::chrono::seconds(second), heads);
    prune_backups(files_, FakeFiles(files_), kDatabase, path);
    return file_name(path);
  }

  MemoryFileSystem files_;
  FakeConnection connection_{nullptr};
};

TEST_F(BackupTest, NewestComesFirst) {
  put({"dev.db.backup-20260101T000000Z-base", "dev.db.backup-20260301T000000Z-aaaa",
       "dev.db.backup-20260201T000000Z-bbbb"});
  EXPECT_THAT(names(files_),
              ElementsAre("dev.db.backup-20260301T000000Z-aaaa", "dev.db.backup-20260201T000000Z-bbbb",
                          "dev.db.backup-20260101T000000Z-base"));
}

TEST_F(BackupTest, WhatACopyThatWasCutOffLeftIsNone) {
  put({"dev.db.backup-20260101T000000Z-aaaa.part", "dev.db.backup-20260101T000000Z-aaaa.partial"});
  EXPECT_THAT(names(files_), ElementsAre());
}

TEST_F(BackupTest, SideFilesOfABackupAreNone) {
  put({"dev.db.backup-20260101T000000Z-aaaa", "dev.db.backup-20260101T000000Z-aaaa-wal",
       "dev.db.backup-20260101T000000Z-aaaa-shm", "dev.db.backup-20260101T000000Z-aaaa-journal",
       "dev.db.backup-20260101T000000Z-aaaa.wal"});
  EXPECT_THAT(names(files_), ElementsAre("dev.db.backup-20260101T000000Z-aaaa"));
}

TEST_F(BackupTest, FilesThatPeopleNamedAreNone) {
  put({"dev.db.backup-mine-keep", "dev.db.backup-20260101", "dev.db.backup-2026-01-01", "dev.db.backup-",
       "dev.db.backup-20260101T000000Z", "dev.db.backup-20260101T000000Z-",
       "dev.db.backup-20260101t000000z-aaaa", "dev.db.backup-20260101T000000Z-before the holidays"});
  EXPECT_THAT(names(files_), ElementsAre());
}

TEST_F(BackupTest, PruningKeepsThreeAndLeavesOtherFilesAlone) {
  put({"dev.db.backup-mine-keep", "dev.db.backup-19690101T000000Z-x", "dev.db.backup-19690101T000000Z-x-wal",
       "dev.db.backup-19690102T000000Z-x", "dev.db.backup-19690103T000000Z-x"});
  back_up_at(0, {"aaaa"});
  EXPECT_THAT(names(files_),
              ElementsAre("dev.db.backup-19700101T000000Z-aaaa", "dev.db.backup-19690103T000000Z-x",
                          "dev.db.backup-19690102T000000Z-x"));
  EXPECT_THAT(files_.removed(), ElementsAre("/data/dev.db.backup-19690101T000000Z-x",
                                            "/data/dev.db.backup-19690101T000000Z-x-wal"));
}

TEST_F(BackupTest, PruningKeepsTheOneJustMadeWhateverTheClockSaid) {
  put({"dev.db.backup-20990101T000000Z-x", "dev.db.backup-20990102T000000Z-x",
       "dev.db.backup-20990103T000000Z-x"});
  back_up_at(0, {"aaaa"});
  EXPECT_THAT(names(files_),
              ElementsAre("dev.db.backup-20990103T000000Z-x", "dev.db.backup-20990102T000000Z-x",
                          "dev.db.backup-19700101T000000Z-aaaa"));
}

TEST_F(BackupTest, WhatWasCutOffIsClearedAwayByTheNext) {
  put({"dev.db.backup-19690101T000000Z-x.part", "dev.db.backup-mine.part"});
  back_up_at(0, {"aaaa"});
  EXPECT_THAT(files_.removed(), ElementsAre("/data/dev.db.backup-19690101T000000Z-x.part"));
}

TEST_F(BackupTest, BackupsOfOneSecondStayInTheirOrder) {
  std::vector<std::string> made;
  for (const char* head : {"zzzz", "base", "aaaa"}) {
    made.push_back(back_up_at(0, {head}));
  }
  EXPECT_THAT(made,
              ElementsAre("dev.db.backup-19700101T000000Z-zzzz", "dev.db.backup-19700101T000000Z-base.2",
                          "dev.db.backup-19700101T000000Z-aaaa.3"));
  std::reverse(made.begin(), made.end());
  EXPECT_EQ(names(files_), made);
  for (int i = 4; i < 12; ++i) {
    back_up_at(0, {"aaaa"});
  }
  EXPECT_THAT(names(files_),
              ElementsAre("dev.db.backup-19700101T000000Z-aaaa.11", "dev.db.backup-19700101T000000Z-aaaa.10",
                          "dev.db.backup-19700101T000000Z-aaaa.9"));
}

TEST_F(BackupTest, IdsOfOtherToolsMakeFileNamesToo) {
  back_up_at(0, {"../a b-c.part"});
  EXPECT_THAT(names(files_), ElementsAre("dev.db.backup-19700101T000000Z-___a_b_c_part"));
}

TEST_F(BackupTest, AnIdOfAnyLengthMakesAFileName) {
  const std::string name = back_up_at(0, {std::string(250, 'a')});
  EXPECT_EQ(name, "dev.db.backup-19700101T000000Z-" + std::string(40, 'a'));
  EXPECT_THAT(names(files_), ElementsAre(name));
}

TEST(BackupRoomTest, IsLookedForBeforeTheCopyIsBegun) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("room-{}", getpid());
  std::filesystem::create_directory(folder);
  const std::string file = folder / "dev.db";
  std::ofstream(file) << "rows";
  EXPECT_NO_THROW(require_room(file));
  // Sparse: longer than what is free, without using it.
  std::filesystem::resize_file(file, std::filesystem::space(folder).available + (1U << 30U));
  try {
    require_room(file);
    ADD_FAILURE() << "there is room";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                testing::MatchesRegex("the backup of '.*/dev.db' needs .* MiB, and its disk has .* left"));
    EXPECT_THAT(error.hint(), testing::HasSubstr("--backup never"));
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace metaxy::migrate
