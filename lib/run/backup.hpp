#pragma once
// Copies of a file database made before a risky run, and putting one back (product reference 6, decision 12).

#include <cstdint>
#include <functional>
#include <memory>
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
  /// The first of the heads at that time, as the name has it (`name_in_backup`); "base" for none.
  std::string revision;
};

/// A revision as names of backups have it: cut where it is long, with '_' for what no file name can hold.
std::string name_in_backup(const std::string& revision);

/// Whole copies beside the database, `<file>.backup-<UTC>-<revision>`, newest first. Files that others named
/// or that belong to a copy are none.
std::vector<Backup> list_backups(const FileSystem& files, const std::string& database);

/// Throws Error(failure) when the disk lacks room for a copy of the database.
void require_room(const std::string& database);

/// Bytes of a file; 0 when there is none.
std::uint64_t file_size(const std::string& path);

/// "12.0 KiB", "5.1 MiB".
std::string size_text(std::uint64_t bytes);

/// Makes the copy and removes what copies left that were cut off. Returns its path. What the run then does
/// says whether the copy is of use: to be followed by prune_backups or discard_backup.
std::string back_up(FileSystem& files, const FileDatabase& database_files, Connection& connection,
                    const std::string& database, Instant at, const std::vector<std::string>& heads);

/// Removes the oldest beyond kKeptBackups, never `newest`: by the times in their names older ones may be
/// newer, where the clock was wrong.
void prune_backups(FileSystem& files, const FileDatabase& database_files, const std::string& database,
                   const std::string& newest);

/// Removes the copy of a run that changed nothing, which is what the database still is: runs that fail again
/// and again would leave no copy of what was before them.
void discard_backup(FileSystem& files, const FileDatabase& database_files, const std::string& path);

/// Is there while a restore puts the copy of that name in the database's place, and after one that was cut
/// off there: what the database's own name then leads to is not to be relied on.
std::string unfinished_restore(const std::string& database);

/// Puts a copy in the database's place: what it held is kept as `<file>.before-restore-<UTC>`, side files are
/// moved along with it. `hold` opens the present database for writing, to keep everybody else out; nullptr
/// for one that does not open. Returns the path of the kept file, empty when there was none.
std::string restore(const FileDatabase& database_files, const std::string& database,
                    const std::string& backup, Instant at,
                    const std::function<std::unique_ptr<Connection>()>& hold);

}  // namespace metaxy::migrate
