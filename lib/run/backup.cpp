#include "run/backup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/error.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kBackupMark = ".backup-";
constexpr std::string_view kTimeFormat = "%Y%m%dT%H%M%SZ";

std::string directory_of(const std::string& path) {
  const std::string directory = parent_path(path);
  return directory.empty() ? "." : directory;
}

void rename_or_throw(const std::string& from, const std::string& to) {
  std::error_code error;
  std::filesystem::rename(from, to, error);
  if (error) {
    throw Error(ErrorKind::failure, fmt::format("cannot rename '{}' to '{}': {}", from, to, error.message()));
  }
}

}  // namespace

std::uint64_t file_size(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

std::string backup_path(const std::string& database, Instant at, const std::vector<std::string>& heads) {
  const std::string revision = heads.empty() ? "base" : heads.front();
  return fmt::format("{}{}{}-{}", database, kBackupMark, formatted(at, kTimeFormat), revision);
}

std::vector<Backup> list_backups(const FileSystem& files, const std::string& database) {
  const std::string start = file_name(database) + std::string(kBackupMark);
  std::vector<Backup> backups;
  for (const std::string& name : files.list(directory_of(database))) {
    if (name.rfind(start, 0) != 0) {
      continue;
    }
    const std::string rest = name.substr(start.size());
    const std::size_t dash = rest.find('-');
    if (dash == std::string::npos) {
      continue;
    }
    backups.push_back({.path = joined_path(parent_path(database), name),
                       .at = rest.substr(0, dash),
                       .revision = rest.substr(dash + 1)});
  }
  std::sort(backups.begin(), backups.end(), [](const Backup& a, const Backup& b) { return a.path > b.path; });
  return backups;
}

void require_room(const std::string& database) {
  const std::string directory = directory_of(database);
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(directory, error);
  const std::uint64_t needed = file_size(database);
  if (!error && space.available < needed) {
    throw Error(ErrorKind::failure,
                fmt::format("the backup of '{}' needs {} MiB, and its disk has {} MiB left", database,
                            needed >> 20U, space.available >> 20U),
                {.where = {},
                 .hint = "make room, or run with --backup never if you have a backup of your own",
                 .notes = {}});
  }
}

std::string back_up(FileSystem& files, const FileDatabase& database_files, Connection& connection,
                    const std::string& database, Instant at, const std::vector<std::string>& heads) {
  require_room(database);
  // Two runs within one second get a name each.
  std::string path = backup_path(database, at, heads);
  for (int again = 2; files.is_file(path); ++again) {
    path = fmt::format("{}.{}", backup_path(database, at, heads), again);
  }
  database_files.back_up(connection, database, path);
  const std::vector<Backup> backups = list_backups(files, database);
  for (std::size_t i = kKeptBackups; i < backups.size(); ++i) {
    files.remove(backups[i].path);
  }
  return path;
}

std::string restore(const FileDatabase& database_files, const std::string& database,
                    const std::string& backup, Instant at) {
  const std::string aside = fmt::format("{}.before-restore-{}", database, formatted(at, kTimeFormat));
  const std::string incoming = fmt::format("{}.restoring", database);
  std::error_code error;
  std::filesystem::copy_file(backup, incoming, std::filesystem::copy_options::overwrite_existing, error);
  if (error) {
    throw Error(ErrorKind::failure, fmt::format("cannot copy '{}': {}", backup, error.message()),
                {.where = {}, .hint = "the database is as it was", .notes = {}});
  }
  // Side files belong to the present file: they go aside before it, so that no log of one file is ever read
  // with another.
  const bool had_file = std::filesystem::exists(database);
  for (const std::string& side : database_files.side_files(database)) {
    if (std::filesystem::exists(side)) {
      rename_or_throw(side, aside + side.substr(database.size()));
    }
  }
  if (had_file) {
    rename_or_throw(database, aside);
  }
  rename_or_throw(incoming, database);
  return had_file ? aside : std::string();
}

}  // namespace metaxy::migrate
