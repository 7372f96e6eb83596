#pragma once
// Copies of a file database made before a risky run, and putting one back (product reference 6, decision 12).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "dialect/dialect.hpp"
#include "files/file_system.hpp"
#include "metaxy/config.hpp"

namespace metaxy::migrate {

/// How many copies of one database are kept.
inline constexpr std::size_t kKeptBackups = 3;

struct Backup {
  std::string path;
  /// `20261122T130500Z`, from the name.
  std::string at;
  /// The heads at that time, from the name; "base" for none.
  std::string revision;
};

/// Whole copies beside the database, `<file>.backup-<UTC>-<revision>`, newest first. Files that others named
/// or that belong to a copy are none.
std::vector<Backup> list_backups(const FileSystem& files, const std::string& database);

/// Throws Error(failure) when the disk lacks room for a copy of the database.
void require_room(const std::string& database);

/// Bytes of a file; 0 when there is none.
std::uint64_t file_size(const std::string& path);

/// Makes the copy, then removes the oldest beyond kKeptBackups, and what copies left that were cut off.
/// Returns its path.
std::string back_up(FileSystem& files, const FileDatabase& database_files, Connection& connection,
                    const std::string& database, Instant at, const std::vector<std::string>& heads);

/// Puts a copy in the database's place: the present file is kept as `<file>.before-restore-<UTC>`, side files
/// are moved along with it. Nobody may have the database open. Returns the path of the kept file, empty when
/// there was none.
std::string restore(const FileDatabase& database_files, const std::string& database,
                    const std::string& backup, Instant at);

}  // namespace metaxy::migrate
