#include "files/file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "base/error.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::size_t kChunkBytes = std::size_t{64} * 1024;

/// A file that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  /// Some file systems report a full disk only now. 0, or an errno.
  int close() {
    const int result = ::close(number_);
    number_ = -1;
    return result == 0 ? 0 : errno;
  }

 private:
  int number_;
};

/// An Error with the system's own words for `number`, an errno.
Error failure(std::string_view act, const std::string& path, int number) {
  return Error(ErrorKind::failure,
               fmt::format("cannot {} '{}': {}", act, path, std::generic_category().message(number)));
}

bool means_absent(int number) { return number == ENOENT || number == ENOTDIR; }

/// 0 also where the file does not say, as those of /proc.
std::size_t size_of(const Descriptor& file) {
  struct stat status {};
  return ::fstat(file.number(), &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

/// One piece, shorter only at the end of the file; of a file of `known_size` the end is not asked for.
std::string read_piece(const Descriptor& file, const std::string& path, std::size_t limit,
                       std::size_t known_size = 0) {
  std::string piece(limit, '\0');
  std::size_t size = 0;
  while (size < limit && (known_size == 0 || size != known_size)) {
    const ssize_t count = ::read(file.number(), piece.data() + size, limit - size);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      throw failure("read", path, errno);
    }
    if (count == 0) {
      break;
    }
    size += static_cast<std::size_t>(count);
  }
  piece.resize(size);
  return piece;
}

int open_for_reading(const std::string& path) { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }

void write_all(const Descriptor& file, const std::string& path, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = ::write(file.number(), content.data(), content.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      throw failure("write", path, errno);
    }
    content.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Makes the names in a folder survive a power cut. File systems that cannot do it for folders say EINVAL.
void sync_directory(const std::string& directory) {
  const Descriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open() || (::fsync(folder.number()) != 0 && errno != EINVAL)) {
    throw failure("sync folder", directory, errno);
  }
}

std::string directory_of(const std::string& path) {
  std::string directory = parent_path(path);
  return directory.empty() ? "." : directory;
}

void create_directories(const std::string& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) == 0) {
    if (!S_ISDIR(status.st_mode)) {
      throw failure("create folder", directory, ENOTDIR);
    }
    return;
  }
  create_directories(directory_of(directory));
  if (::mkdir(directory.c_str(), 0777) != 0 && errno != EEXIST) {
    throw failure("create folder", directory, errno);
  }
  sync_directory(directory_of(directory));
}

/// The file that a link leads to: a rename onto the link would replace the link itself.
std::string resolved(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) {
    return path;
  }
  const std::unique_ptr<char, decltype(&std::free)> target(::realpath(path.c_str(), nullptr), &std::free);
  return target ? std::string(target.get()) : path;
}

/// A new file beside another; removed again unless it is renamed onto it.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& target) {
    for (int attempt = 0;; ++attempt) {
      path_ = joined_path(directory_of(target),
                          fmt::format(".{}.{}-{}.tmp", file_name(target), ::getpid(), attempt));
      number_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (number_ >= 0) {
        return;
      }
      // A process of our number that was killed may have left its file.
      if (errno != EEXIST || attempt == 100) {
        throw failure("write", target, errno);
      }
    }
  }
  ~TemporaryFile() {
    if (!is_renamed_) {
      ::unlink(path_.c_str());
    }
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  /// The caller closes it.
  int number() const { return number_; }
  void rename_to(const std::string& target) {
    if (::rename(path_.c_str(), target.c_str()) != 0) {
      throw failure("write", target, errno);
    }
    is_renamed_ = true;
  }

 private:
  std::string path_;
  int number_ = -1;
  bool is_renamed_ = false;
};

/// Most file systems tell the type along with the name, so that nothing need be asked file by file.
bool has_type(const dirent& entry, int folder, mode_t type, bool follows_links) {
  if (entry.d_type != DT_UNKNOWN && entry.d_type != DT_LNK) {
    return static_cast<mode_t>(DTTOIF(entry.d_type)) == type;
  }
  struct stat status {};
  if (::fstatat(folder, static_cast<const char*>(entry.d_name), &status,
                follows_links ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
    return follows_links && entry.d_type == DT_LNK;
  }
  return (status.st_mode & S_IFMT) == type;
}

/// Names in a folder whose type is `type` (S_IFREG, S_IFDIR). With `follows_links`, links count as what they
/// lead to, and count also when that is not there.
std::vector<std::string> names_in(const std::string& directory, mode_t type, bool follows_links) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(directory.c_str()), &::closedir);
  if (!folder) {
    if (means_absent(errno)) {
      return {};
    }
    throw failure("list folder", directory, errno);
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != ".." && has_type(*entry, ::dirfd(folder.get()), type, follows_links)) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::optional<std::string> RealFileSystem::read(const std::string& path) const {
  const Descriptor file(open_for_reading(path));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.number(), &status) != 0) {
    if (means_absent(errno)) {
      return std::nullopt;
    }
    throw failure("read", path, errno);
  }
  // One byte more than its size shows the end without another call; files of /proc say size 0.
  std::string content = read_piece(file, path, static_cast<std::size_t>(status.st_size) + 1);
  while (content.size() > static_cast<std::size_t>(status.st_size)) {
    const std::string piece = read_piece(file, path, kChunkBytes);
    content += piece;
    if (piece.size() < kChunkBytes) {
      break;
    }
  }
  return content;
}

std::optional<std::string> RealFileSystem::read_head(const std::string& path, std::size_t limit) const {
  const Descriptor file(open_for_reading(path));
  if (!file.is_open()) {
    if (means_absent(errno)) {
      return std::nullopt;
    }
    throw failure("read", path, errno);
  }
  // A buffer of the limit's size would be zeroed first, which takes longer than to read a small file.
  const std::size_t size = size_of(file);
  return read_piece(file, path, size == 0 ? limit : std::min(limit, size), size);
}

std::function<std::string()> RealFileSystem::open_chunks(const std::string& path) const {
  // Shared only because std::function must be copyable; there is one reader.
  const auto file = std::make_shared<Descriptor>(open_for_reading(path));
  if (!file->is_open()) {
    throw failure("read", path, errno);
  }
  // One byte more than the file's size shows the end without another call.
  const std::size_t whole = size_of(*file);
  const std::size_t wanted = whole == 0 ? kChunkBytes : std::min(kChunkBytes, whole + 1);
  return [file, path, size = wanted, is_done = false]() mutable {
    std::string piece = is_done ? std::string() : read_piece(*file, path, size);
    is_done = piece.size() < size;
    return piece;
  };
}

void RealFileSystem::write(const std::string& path, std::string_view content) {
  const std::string target = resolved(path);
  create_directories(directory_of(target));
  TemporaryFile temporary(target);
  Descriptor file(temporary.number());
  struct stat status {};
  if (::stat(target.c_str(), &status) == 0 && ::fchmod(file.number(), status.st_mode & 07777) != 0) {
    throw failure("write", path, errno);
  }
  write_all(file, path, content);
  if (::fsync(file.number()) != 0) {
    throw failure("write", path, errno);
  }
  if (const int number = file.close(); number != 0) {
    throw failure("write", path, number);
  }
  temporary.rename_to(target);
  sync_directory(directory_of(target));
}

bool RealFileSystem::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) {
    if (means_absent(errno)) {
      return false;
    }
    throw failure("remove", path, errno);
  }
  return true;
}

bool RealFileSystem::is_file(const std::string& path) const {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool RealFileSystem::is_directory(const std::string& path) const {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::vector<std::string> RealFileSystem::list(const std::string& directory) const {
  return names_in(directory, S_IFREG, /*follows_links=*/true);
}

std::vector<std::string> RealFileSystem::list_directories(const std::string& directory) const {
  return names_in(directory, S_IFDIR, /*follows_links=*/false);
}

std::string RealFileSystem::absolute(const std::string& path) const {
  if (!path.empty() && path.front() == '/') {
    return normal_path(path);
  }
  const std::unique_ptr<char, decltype(&std::free)> here(::getcwd(nullptr, 0), &std::free);
  if (!here) {
    throw failure("find the way to", path, errno);
  }
  return normal_path(joined_path(here.get(), path));
}

}  // namespace metaxy::migrate
