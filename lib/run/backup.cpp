#include "run/backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/links.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kBackupMark = ".backup-";
constexpr std::string_view kTimeFormat = "%Y%m%dT%H%M%SZ";
/// A time in that format; 0 stands for any digit.
constexpr std::string_view kTimeShape = "00000000T000000Z";
/// Of an id in a file name: with a database's own name and more before it that must stay below 256 bytes.
constexpr std::size_t kLongestId = 40;
/// What a copy is called until it is whole, by the one or the other database.
constexpr std::array<std::string_view, 2> kUnfinished = {".part", ".partial"};
/// DuckDB's log of a backup that somebody opened; SQLite's side files have a hyphen, and no revision has.
constexpr std::string_view kLog = ".wal";

bool fits_name(char c) { return c == '_' || is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_time(std::string_view text) {
  return std::equal(text.begin(), text.end(), kTimeShape.begin(), kTimeShape.end(),
                    [](char c, char shape) { return shape == '0' ? is_digit(c) : c == shape; });
}

/// A name with its parts: `<database>.backup-<time>-<revision>` and, for a further one of the same second,
/// `.2` and so on.
struct BackupName {
  std::string name;
  std::string at;
  std::string revision;
  unsigned number = 1;
  bool is_finished = true;
};

/// nullopt for files that others named: they are neither put back nor removed.
std::optional<BackupName> parsed(const std::string& name, const std::string& database) {
  const std::string start = file_name(database) + std::string(kBackupMark);
  if (!name.starts_with(start)) {
    return std::nullopt;
  }
  std::string_view rest = std::string_view(name).substr(start.size());
  BackupName parts{.name = name, .at = std::string(rest.substr(0, kTimeShape.size())), .revision = {}};
  rest.remove_prefix(parts.at.size());
  if (!is_time(parts.at) || !rest.starts_with('-')) {
    return std::nullopt;
  }
  rest.remove_prefix(1);
  for (const std::string_view ending : kUnfinished) {
    if (rest.ends_with(ending)) {
      rest.remove_suffix(ending.size());
      parts.is_finished = false;
    }
  }
  const bool is_name =
      !rest.empty() && std::all_of(rest.begin(), rest.end(), [](char c) { return c == '.' || fits_name(c); });
  if (!is_name || rest.ends_with(kLog)) {
    return std::nullopt;
  }
  const std::size_t dot = rest.rfind('.');
  const std::string_view digits = dot == std::string_view::npos ? "" : rest.substr(dot + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parts.number);
  if (!digits.empty() && error == std::errc() && end == digits.data() + digits.size()) {
    rest.remove_suffix(digits.size() + 1);
  }
  parts.revision = std::string(rest);
  return parts;
}

std::string directory_of(const std::string& path) {
  const std::string directory = parent_path(path);
  return directory.empty() ? "." : directory;
}

/// Also of copies that were cut off; newest first.
std::vector<BackupName> names_beside(const FileSystem& files, const std::string& database) {
  std::vector<BackupName> names;
  for (const std::string& name : files.list(directory_of(database))) {
    if (std::optional<BackupName> parts = parsed(name, database)) {
      names.push_back(std::move(*parts));
    }
  }
  std::sort(names.begin(), names.end(), [](const BackupName& a, const BackupName& b) {
    return std::tie(a.at, a.number, a.name) > std::tie(b.at, b.number, b.name);
  });
  return names;
}

void remove_with_sides(FileSystem& files, const FileDatabase& database_files, const std::string& path) {
  files.remove(path);
  for (const std::string& side : database_files.side_files(path)) {
    files.remove(side);
  }
}

std::error_code synced(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool is_synced = file >= 0 && fsync(file) == 0;
  const std::error_code error =
      is_synced ? std::error_code() : std::error_code(errno, std::generic_category());
  if (file >= 0) {
    close(file);
  }
  return error;
}

void rename_or_throw(const std::string& from, const std::string& to) {
  std::error_code error;
  std::filesystem::rename(from, to, error);
  if (error) {
    throw Error(ErrorKind::failure, fmt::format("cannot rename '{}' to '{}': {}", from, to, error.message()));
  }
}

}  // namespace

std::string name_in_backup(const std::string& revision) {
  std::string name = revision.substr(0, kLongestId);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !fits_name(c); }, '_');
  return name;
}

std::uint64_t file_size(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

std::vector<Backup> list_backups(const FileSystem& files, const std::string& database) {
  std::vector<Backup> backups;
  for (BackupName& parts : names_beside(files, database)) {
    if (parts.is_finished) {
      backups.push_back({.path = joined_path(parent_path(database), parts.name),
                         .at = std::move(parts.at),
                         .revision = std::move(parts.revision)});
    }
  }
  return backups;
}

std::string size_text(std::uint64_t bytes) {
  constexpr double kKibi = 1024;
  const auto size = static_cast<double>(bytes);
  return size < kKibi * kKibi ? fmt::format("{:.1f} KiB", size / kKibi)
                              : fmt::format("{:.1f} MiB", size / kKibi / kKibi);
}

void require_room(const std::string& database) {
  const std::string directory = directory_of(database);
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(directory, error);
  const std::uint64_t needed = file_size(database);
  if (!error && space.available < needed) {
    throw Error(ErrorKind::failure,
                fmt::format("the backup of '{}' needs {}, and its disk has {} left", database,
                            size_text(needed), size_text(space.available)),
                {.where = {},
                 .hint = "make room, or run with --backup never if you have a backup of your own",
                 .notes = {}});
  }
}

std::string back_up(FileSystem& files, const FileDatabase& database_files, Connection& connection,
                    const std::string& database, Instant at, const std::vector<std::string>& heads) {
  require_room(database);
  const std::string time = formatted(at, kTimeFormat);
  std::string path = fmt::format("{}{}{}-{}", database, kBackupMark, time,
                                 heads.empty() ? "base" : name_in_backup(heads.front()));
  const std::vector<BackupName> before = names_beside(files, database);
  const auto same =
      std::find_if(before.begin(), before.end(), [&](const BackupName& parts) { return parts.at == time; });
  if (same != before.end()) {
    path += fmt::format(".{}", same->number + 1);
  }
  database_files.back_up(connection, database, path);
  // Whoever was copying when we looked has come to the end before our copy had the lock, or was killed.
  for (const BackupName& parts : before) {
    if (!parts.is_finished) {
      remove_with_sides(files, database_files, joined_path(parent_path(database), parts.name));
    }
  }
  return path;
}

void prune_backups(FileSystem& files, const FileDatabase& database_files, const std::string& database,
                   const std::string& newest) {
  std::size_t kept = 1;
  for (const Backup& backup : list_backups(files, database)) {
    if (backup.path != newest && ++kept > kKeptBackups) {
      remove_with_sides(files, database_files, backup.path);
    }
  }
}

void discard_backup(FileSystem& files, const FileDatabase& database_files, const std::string& path) {
  remove_with_sides(files, database_files, path);
}

namespace {

std::string free_name(const std::string& wanted) {
  std::string name = wanted;
  for (int again = 2; std::filesystem::exists(name); ++again) {
    name = fmt::format("{}.{}", wanted, again);
  }
  return name;
}

/// Of two restores within one second each keeps what it replaces.
std::string name_aside(const std::string& database, Instant at) {
  return free_name(fmt::format("{}.before-restore-{}", database, formatted(at, kTimeFormat)));
}

/// A copy that lasts, made under another name so that `to` is whole whenever it is there.
void copy_and_sync(const std::string& from, const std::string& to) {
  const std::string part = to + std::string(kUnfinished.front());
  std::error_code error;
  std::filesystem::copy_file(from, part, std::filesystem::copy_options::overwrite_existing, error);
  if (!error) {
    error = synced(part, O_RDONLY);
  }
  if (error) {
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    throw Error(ErrorKind::failure, fmt::format("cannot copy '{}' to '{}': {}", from, part, error.message()),
                {.where = {}, .hint = "the database is as it was", .notes = {}});
  }
  rename_or_throw(part, to);
}

/// The name of the file always leads to one. Side files belong to the present one: they go aside
/// before it is replaced, so that no log of one file is ever read with another.
void swap_files(const FileDatabase& database_files, const std::string& database, const std::string& file,
                const std::string& incoming, const std::string& aside) {
  if (std::filesystem::exists(file) && link(file.c_str(), aside.c_str()) != 0) {
    rename_or_throw(file, aside);  // a file system without links
  }
  // SQLite has them beside the file that a link leads to, DuckDB beside the link.
  for (const std::string& name : std::set<std::string>{file, database}) {
    for (const std::string& side : database_files.side_files(name)) {
      if (std::filesystem::exists(side)) {
        rename_or_throw(side, free_name(aside + side.substr(name.size())));
      }
    }
  }
  rename_or_throw(incoming, file);
  synced(directory_of(file), O_RDONLY | O_DIRECTORY);
}

}  // namespace

std::string unfinished_restore(const std::string& database) { return behind_links(database) + ".restoring"; }

std::string restore(const FileDatabase& database_files, const std::string& database,
                    const std::string& backup, Instant at,
                    const std::function<std::unique_ptr<Connection>()>& hold) {
  // What is renamed onto a link would take the link's place, and leave the database as it was.
  const std::string file = behind_links(database);
  std::string aside = name_aside(file, at);
  const std::string incoming = unfinished_restore(database);
  const bool had_file = std::filesystem::exists(database);
  const std::unique_ptr<Connection> held = had_file ? hold() : nullptr;
  if (held && database_files.put_back(*held, backup, aside)) {
    std::error_code ignored;
    std::filesystem::remove(incoming, ignored);
    return aside;
  }
  copy_and_sync(backup, incoming);
  swap_files(database_files, database, file, incoming, aside);
  if (!had_file) {
    return {};
  }
  return aside;
}

}  // namespace metaxy::migrate
