#include "dialect/duckdb/torn_block.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "dialect/duckdb/connection.hpp"
#include "dialect/duckdb/database.hpp"
#include "dialect/duckdb/file_tools.hpp"
#include "dialect/duckdb/quoting.hpp"
#include "dialect/links.hpp"

namespace metaxy::migrate::duckdb {
namespace {

constexpr const char* kMended = "mended";
/// Three headers stand before the first block.
constexpr std::uint64_t kFirstBlock = std::uint64_t{3} * 4096;
constexpr std::size_t kMostBlocks = 64;

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw Error(ErrorKind::failure, fmt::format("database '{}' is damaged, and cannot be mended", path),
              {.where = {}, .hint = "'metaxy-migrate restore' puts a backup back", .notes = {why}});
}

std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view words) {
  const std::size_t at = text.find(words);
  if (at == std::string_view::npos) return std::nullopt;
  const char* begin = text.data() + at + words.size();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), number);
  if (error != std::errc() || end == begin) return std::nullopt;
  return number;
}

/// DuckDB writes numbers as the machine does, and runs on little-endian ones.
void write_checksum(const std::string& file, const TornBlock& block) {
  const Descriptor open_file(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  std::uint64_t stored = 0;
  const auto at = static_cast<off_t>(block.location);
  if (open_file.number() < 0 || pread(open_file.number(), &stored, sizeof stored, at) != sizeof stored ||
      stored != block.stored) {
    throw Error(ErrorKind::failure, fmt::format("'{}' does not hold what DuckDB says it does", file));
  }
  if (pwrite(open_file.number(), &block.computed, sizeof block.computed, at) != sizeof block.computed) {
    throw Error(ErrorKind::failure, fmt::format("'{}' cannot be written: {}", file, std::strerror(errno)));
  }
}

/// Reads all that is in the file; what is wrong with a block is found when it is read.
void read_all(Connection& connection) {
  for (const Row& table : connection.query(fmt::format(
           "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = '{}' AND NOT internal",
           kMended))) {
    connection.query(fmt::format("SELECT CAST(bit_xor(hash(r)) AS VARCHAR) FROM {}.{}.{} AS r", kMended,
                                 quoted_name(*table[0]), quoted_name(*table[1])));
  }
}

/// Where the blocks are that hold no rows.
std::set<std::uint64_t> metadata_locations(Connection& connection) {
  const std::vector<Row> size = connection.query(fmt::format(
      "SELECT CAST(block_size AS BIGINT) FROM pragma_database_size() WHERE database_name = '{}'", kMended));
  const std::uint64_t block_size = std::stoull(size.at(0).at(0).value_or("0"));
  std::set<std::uint64_t> locations;
  for (const Row& row : connection.query(
           fmt::format("SELECT CAST(block_id AS BIGINT) FROM pragma_metadata_info('{}')", kMended))) {
    locations.insert(kFirstBlock + std::stoull(row.at(0).value_or("0")) * block_size);
  }
  return locations;
}

std::set<std::uint64_t> metadata_of_sound(const std::string& file) {
  Target memory;
  memory.location = Secret(":memory:");
  const std::unique_ptr<Connection> connection = connect(memory, {});
  connection->execute(fmt::format("ATTACH {} AS {} (READ_ONLY)", literal(file), kMended));
  read_all(*connection);
  return metadata_locations(*connection);
}

/// Mends the copy until all of it can be read.
void mend_copy(const std::string& copy, const std::string& path) {
  std::set<std::uint64_t> mended;
  while (mended.size() < kMostBlocks) {
    try {
      const std::set<std::uint64_t> metadata = metadata_of_sound(copy);
      for (const std::uint64_t location : mended) {
        if (metadata.count(location) == 0)
          refuse(path, fmt::format("the block at {} holds no metadata", location));
      }
      return;
    } catch (const StatementFailed& failure) {
      const std::optional<TornBlock> torn = torn_block(failure.what());
      if (!torn || !mended.insert(torn->location).second) refuse(path, failure.what());
      write_checksum(copy, *torn);
    }
  }
  refuse(path, "too many of its blocks do not fit their checksums");
}

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat of_a {};
  struct stat of_b {};
  return stat(a.c_str(), &of_a) == 0 && stat(b.c_str(), &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
         of_a.st_ino == of_b.st_ino;
}

/// Is not there before and after; what a killed process left would be replayed.
class ScratchFile {
 public:
  explicit ScratchFile(std::string path) : path_(std::move(path)) { unlink(path_.c_str()); }
  ~ScratchFile() { unlink(path_.c_str()); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

std::optional<TornBlock> torn_block(std::string_view message) {
  const std::optional<std::uint64_t> computed = number_behind(message, "computed checksum ");
  const std::optional<std::uint64_t> stored = number_behind(message, "does not match stored checksum ");
  const std::optional<std::uint64_t> location = number_behind(message, "in block at location ");
  if (!computed || !stored || !location) return std::nullopt;
  return TornBlock{.computed = *computed, .stored = *stored, .location = *location};
}

std::string mend_torn_blocks(const std::string& path) {
  // What is renamed onto a link would take the link's place.
  const std::string file = behind_links(path);
  const std::string kept = file + ".damaged";
  // A mending that was cut off just before its end left the file's second name.
  const bool is_kept = is_same_file(path, kept);
  if (!is_kept && access(kept.c_str(), F_OK) == 0) {
    throw Error(ErrorKind::failure, fmt::format("'{}' is there already", kept),
                {.where = {},
                 .hint = "the damaged file is kept under that name; move the other one away",
                 .notes = {}});
  }
  PartialFile copy(file);
  const ScratchFile log(copy.path() + ".wal");
  copy_in_child(path, copy.path());
  if (wal_size(path) > 0) copy_in_child(path + ".wal", log.path());
  mend_copy(copy.path(), path);
  copy_mode(path, copy.path());
  sync(copy.path(), O_RDONLY);
  if (!is_kept && link(file.c_str(), kept.c_str()) != 0) {
    throw Error(ErrorKind::failure,
                fmt::format("'{}' cannot be kept as '{}': {}", path, kept, std::strerror(errno)));
  }
  copy.keep();
  sync(folder_of(file), O_RDONLY | O_DIRECTORY);
  return fmt::format(
      "mended '{}', of which a process was killed while it wrote a block of metadata: all rows can be read; "
      "the file as it was is kept as '{}'",
      path, kept);
}

}  // namespace metaxy::migrate::duckdb
