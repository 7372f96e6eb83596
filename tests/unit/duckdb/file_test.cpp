#include "dialect/duckdb/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "dialect/duckdb/torn_block.hpp"
#include "unit/duckdb/support.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::AllOf;
using testing::Child;
using ::testing::ElementsAre;
using testing::failure_of;
using testing::Folder;
using ::testing::HasSubstr;
using testing::opened;
using testing::rows;
using testing::run_all;
using testing::run_child;
using testing::write_file;

TEST(DuckdbFile, IsKnownByItsMagicBytes) {
  const Folder folder;
  opened(folder.path("x.duckdb"))->execute("CREATE TABLE t(a INTEGER)");
  write_file(folder.path("junk"), std::string(100, 'D'));
  write_file(folder.path("empty"), "");
  EXPECT_TRUE(duckdb::files().owns(folder.path("x.duckdb")));
  EXPECT_FALSE(duckdb::files().owns(folder.path("junk")));
  EXPECT_FALSE(duckdb::files().owns(folder.path("empty")));
  EXPECT_FALSE(duckdb::files().owns(folder.path("none")));
}

TEST(DuckdbFile, BacksUpAnOpenDatabaseWithoutLosingItsLock) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  const std::string copy = folder.path("x.duckdb.backup-20260101T000000Z-7f3a");
  const auto connection = opened(file);
  run_all(*connection, {"CREATE TABLE t AS SELECT range AS a FROM range(1000)"});
  ASSERT_EQ(chmod(file.c_str(), 0640), 0);
  duckdb::files().back_up(*connection, file, copy);
  EXPECT_TRUE(duckdb::files().owns(file));
  connection->execute("INSERT INTO t VALUES (1)");
  EXPECT_THAT(run_child({"run", file}), HasSubstr("is held by pid"));
  EXPECT_THAT(run_child({"run", copy, "SELECT count(*) FROM t"}), "1000\n");
  EXPECT_EQ(std::filesystem::status(copy).permissions(), std::filesystem::perms(0640));
  EXPECT_FALSE(std::filesystem::exists(copy + ".part"));
}

TEST(DuckdbFile, SaysWhyABackupFailsAndLeavesNothingBehind) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  const auto connection = opened(file);
  connection->execute("CREATE TABLE t(a INTEGER)");
  EXPECT_THAT(failure_of([&] { duckdb::files().back_up(*connection, file, folder.path("none/copy")); }).text,
              AllOf(HasSubstr("cannot be copied"), HasSubstr("No such file or directory")));
  write_file(folder.path("copy"), "something else");
  EXPECT_THAT(failure_of([&] { duckdb::files().back_up(*connection, file, folder.path("copy")); }).text,
              HasSubstr("is there already"));
  EXPECT_THAT(failure_of([&] { duckdb::files().back_up(*connection, file, "/dev/full"); }).text,
              HasSubstr("is there already"));
  EXPECT_FALSE(std::filesystem::exists(folder.path("copy.part")));
}

TEST(DuckdbFile, SaysThatTheDiskIsFull) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  const auto connection = opened(file);
  connection->execute("CREATE TABLE t(a INTEGER)");
  std::filesystem::create_symlink("/dev/full", folder.path("copy.part"));
  EXPECT_THAT(failure_of([&] { duckdb::files().back_up(*connection, file, folder.path("copy")); }).text,
              HasSubstr("No space left on device"));
  EXPECT_FALSE(std::filesystem::exists(folder.path("copy")));
}

TEST(DuckdbFile, NamesWhatBelongsToIt) {
  EXPECT_THAT(duckdb::files().side_files("x.duckdb"),
              ElementsAre("x.duckdb.wal", "x.duckdb.wal.checkpoint", "x.duckdb.wal.recovery"));
}

const std::string kTwoColumns = "CREATE TABLE t(a INTEGER, b VARCHAR DEFAULT upper('q'))";
/// A crash in this leaves a log that DuckDB does not replay; an ALTER by itself is guarded by our connection.
const std::string kUnguardedAlter = "CREATE TABLE z(a INTEGER); ALTER TABLE t ADD COLUMN d INTEGER DEFAULT 7";

TEST(DuckdbFile, RecoversADatabaseWhoseLogCannotBeReplayed) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  run_child({"crash", file, kTwoColumns, "INSERT INTO t(a) SELECT range FROM range(1000)", "CHECKPOINT",
             kUnguardedAlter, "INSERT INTO t(a) VALUES (1000)"});
  ASSERT_THAT(failure_of([&] { opened(file); }).text, HasSubstr("metaxy-migrate recover"));
  EXPECT_EQ(duckdb::files().recover(file),
            "replayed the write-ahead log into '" + file + "': 2 tables are there with all their rows");
  EXPECT_FALSE(std::filesystem::exists(file + ".wal"));
  EXPECT_THAT(rows(*opened(file), "SELECT count(*), sum(a), min(b), sum(d) FROM t"),
              ElementsAre("1001|500500|Q|7007"));
}

// A kill in the middle of a commit leaves a log that ends anywhere.
TEST(DuckdbFile, RecoversFromALogThatIsCutOffAnywhere) {
  const Folder folder;
  const std::string saved = folder.path("saved.duckdb");
  run_child({"crash", saved, kTwoColumns, "INSERT INTO t(a) SELECT range FROM range(1000)", "CHECKPOINT",
             "SET threads = 1; BEGIN; ALTER TABLE t ADD COLUMN d INTEGER DEFAULT 7; INSERT INTO t(a) VALUES "
             "(1000); COMMIT"});
  const auto size = std::filesystem::file_size(saved + ".wal");
  std::map<std::pair<std::string, std::string>, int> ends;
  for (std::uintmax_t length = size; length > 0; length -= std::min(length, size / 12)) {
    const std::string file = folder.path("x.duckdb");
    std::filesystem::copy_file(saved, file, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(saved + ".wal", file + ".wal",
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(file + ".wal", length);
    std::string how = "opened";
    try {
      opened(file);
    } catch (const Error& error) {
      EXPECT_THAT(error.hint(), HasSubstr("metaxy-migrate recover"));
      duckdb::files().recover(file);
      how = "recovered";
    }
    const auto connection = opened(file);
    const std::string columns =
        rows(*connection, "SELECT count(*) FROM duckdb_columns() WHERE table_name = 't'").at(0);
    EXPECT_THAT(rows(*connection, "SELECT count(*), sum(a), min(b) FROM t"),
                ElementsAre(columns == "2" ? "1000|499500|Q" : "1001|500500|Q"))
        << length;
    ++ends[{how, columns}];
  }
  EXPECT_GT((ends[{"recovered", "3"}]), 0);
  EXPECT_GT((ends[{"recovered", "2"}]), 0);
}

/// A database with free parts in its only metadata block; where the block's parts begin, and the first free.
struct Blocks {
  std::streamoff begin = 0;
  std::streamoff free_part = 0;
};
Blocks made_with_blocks(const std::string& file) {
  run_child({"run", file, kTwoColumns, "INSERT INTO t(a) SELECT range FROM range(1000)",
             "CREATE TABLE u(a INTEGER)", "CHECKPOINT"});
  const auto connection = opened(file);
  const std::string row = rows(*connection,
                               "SELECT CAST(block_id AS VARCHAR), CAST(free_list[1] AS VARCHAR) "
                               "FROM pragma_metadata_info()")
                              .at(0);
  const std::size_t bar = row.find('|');
  const std::streamoff begin = 12288 + std::stol(row.substr(0, bar)) * 262144 + 8;
  return {.begin = begin, .free_part = begin + std::stol(row.substr(bar + 1)) * 4088};
}

void overwrite(const std::string& file, std::streamoff at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(at);
  stream << std::string(2000, '\x5A');
}

std::string content_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// What a kill leaves while DuckDB writes a metadata block where it stands: parts that are not in use yet are
// half written, and the checksum is that of the old block, or of the new one.
TEST(DuckdbFile, MendsAMetadataBlockThatIsHalfWritten) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  const Blocks blocks = made_with_blocks(file);
  run_child({"crash", file, "SET threads = 1; BEGIN; ALTER TABLE t ADD COLUMN d INTEGER DEFAULT 7; COMMIT"});
  overwrite(file, blocks.free_part + 100);
  const std::string damaged = content_of(file);
  EXPECT_THROW(opened(file), NeedsRecovery);
  // An earlier mending was killed: its copy of a log is there, and the second name of the file.
  write_file(file + ".part.wal", "not a log");
  std::filesystem::create_hard_link(file, file + ".damaged");
  EXPECT_THAT(duckdb::files().recover(file), AllOf(HasSubstr("mended"), HasSubstr(file + ".damaged"),
                                                   HasSubstr("replayed the write-ahead log")));
  EXPECT_THAT(rows(*opened(file), "SELECT count(*), sum(a), min(b), sum(d) FROM t"),
              ElementsAre("1000|499500|Q|7000"));
  EXPECT_EQ(content_of(file + ".damaged"), damaged);
  EXPECT_FALSE(std::filesystem::exists(file + ".part"));
  EXPECT_FALSE(std::filesystem::exists(file + ".part.wal"));

  // The kept file is not written over.
  overwrite(file, made_with_blocks(folder.path("y.duckdb")).begin);
  EXPECT_THAT(failure_of([&] { duckdb::files().recover(file); }).text, HasSubstr("is there already"));
}

TEST(DuckdbFile, MendsNothingElse) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  const Blocks blocks = made_with_blocks(file);
  overwrite(file, blocks.begin);
  const std::string damaged = content_of(file);
  EXPECT_THAT(failure_of([&] { duckdb::files().recover(file); }).text, HasSubstr("cannot be mended"));
  EXPECT_EQ(content_of(file), damaged);
  const std::filesystem::directory_iterator left(folder.path(""));
  EXPECT_EQ(std::distance(begin(left), end(left)), 1);
}

TEST(DuckdbTornBlock, IsReadFromDuckdbsMessage) {
  const std::string message =
      "IO Error: Corrupt database file: computed checksum 7952842251587142948 does not match stored checksum "
      "12772943142901302129 in block at location 12288";
  EXPECT_EQ(duckdb::torn_block(message),
            (duckdb::TornBlock{
                .computed = 7952842251587142948U, .stored = 12772943142901302129U, .location = 12288}));
  EXPECT_EQ(duckdb::torn_block(message.substr(0, 90)), std::nullopt);
  EXPECT_EQ(duckdb::torn_block("computed checksum x does not match stored checksum 1 in block at location 2"),
            std::nullopt);
}

TEST(DuckdbFile, RecoversNothingThatOpens) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  EXPECT_THAT(failure_of([&] { duckdb::files().recover(file); }).text, HasSubstr("does not exist"));
  run_child({"crash", file, kTwoColumns});
  EXPECT_THAT(failure_of([&] { duckdb::files().recover(file); }).text,
              HasSubstr("there is nothing to recover"));
  const auto connection = opened(file);
  EXPECT_THAT(failure_of([&] { duckdb::files().recover(file); }).text, HasSubstr("is open in this process"));
}

TEST(DuckdbFile, RecoversNothingThatAnotherProcessHolds) {
  const Folder folder;
  Child holder({"hold", folder.path("x.duckdb"), kTwoColumns});
  ASSERT_EQ(holder.line(), "ready");
  EXPECT_THAT(failure_of([&] { duckdb::files().recover(folder.path("x.duckdb")); }).text,
              HasSubstr("is held by pid"));
}

TEST(DuckdbFile, ChangesNothingWhenItCannotRecover) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  run_child({"crash", file, kTwoColumns, "CHECKPOINT", kUnguardedAlter});
  const auto size = std::filesystem::file_size(file);
  // A log that begins like one and goes on as noise.
  std::filesystem::resize_file(file + ".wal", 30);
  write_file(file + ".wal", std::string(200, '\x01'));
  EXPECT_THAT(failure_of([&] { duckdb::files().recover(file); }).text, HasSubstr(file));
  EXPECT_EQ(std::filesystem::file_size(file), size);
  EXPECT_EQ(std::filesystem::file_size(file + ".wal"), 200U);
}

TEST(DuckdbFile, StaysReadableForTheOldestDuckdbThatMetaxyAllows) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  {
    const auto connection = opened(file);
    run_all(*connection,
            {"CREATE TABLE p(k VARCHAR PRIMARY KEY, g BIGINT GENERATED ALWAYS AS (length(k)))",
             "CREATE TABLE t(a BIGINT, b VARCHAR DEFAULT upper('q') REFERENCES p(k), s STRUCT(x VARCHAR, y "
             "VARCHAR), "
             "m MAP(VARCHAR, VARCHAR), l BIGINT[], d DECIMAL(18,3), e ENUM('a', 'b'), u UUID, i INTERVAL, j "
             "JSON, "
             "z TIMESTAMPTZ, CHECK (a > 0))",
             "CREATE INDEX ix ON t(a)", "COMMENT ON COLUMN t.a IS 'comment'", "INSERT INTO p VALUES ('k')",
             "INSERT INTO t VALUES (1, 'k', {'x': 'v', 'y': NULL}, MAP {'q': 'w'}, [1, 2], 1.5, 'a', "
             "'00000000-0000-0000-0000-000000000001', INTERVAL '1 day', '{}', '2020-01-01 00:00:00+00')"});
    connection->begin({});
    run_all(*connection, {"ALTER TABLE t ADD COLUMN n BIGINT DEFAULT 5"});
    connection->commit();
    connection->execute("CREATE TABLE only_in_the_log(a INTEGER)");
  }
  run_child({"crash", file, "CREATE TABLE in_the_log AS SELECT 42 AS a"});
  EXPECT_EQ(run_child({"run", file, "SELECT version()", "SELECT a, b, s, m, l, d, e, u, i, j, n FROM t",
                       "SELECT a FROM in_the_log",
                       "SELECT comment FROM duckdb_columns() WHERE column_name = 'a' AND table_name = 't'"},
                      {{"METAXY_MIGRATE_DUCKDB_LIBRARY", MM_DUCKDB_OLDEST_LIBRARY}}),
            "v1.4.1\n"
            "1|k|{'x': v, 'y': NULL}|{q=w}|[1, 2]|1.500|a|00000000-0000-0000-0000-000000000001|1 day|{}|5\n"
            "42\n"
            "comment\n");
}

TEST(DuckdbLibrary, IsTakenFromThePlaceThatTheEnvironmentNames) {
  EXPECT_THAT(run_child({"run", ":memory:", "SELECT version()"},
                        {{"METAXY_MIGRATE_DUCKDB_LIBRARY", "/nowhere/libduckdb.so"}}),
              HasSubstr("error: libduckdb.so cannot be loaded"));
}

}  // namespace
}  // namespace metaxy::migrate
