#include "dialect/sqlite/lock_holder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "base/text.hpp"
#include "dialect/links.hpp"

namespace metaxy::migrate::sqlite {

namespace {

/// Where writers of a database in WAL mode lock its -shm file (https://www.sqlite.org/walformat.html#locks).
constexpr unsigned long kWalWriteLock = 120;

struct FileLock {
  int pid = 0;
  bool is_write = false;
  unsigned long inode = 0;
  unsigned long first_byte = 0;
};

/// `1: POSIX  ADVISORY  WRITE 4517 08:01:12345 1073741825 1073741825`; a waiter has `->` behind the number.
bool parse(const std::string& line, FileLock& lock) {
  std::istringstream words(line);
  std::string number;
  std::string kind;
  std::string mode;
  std::string access;
  std::string file;
  if (!(words >> number >> kind >> mode >> access >> lock.pid >> file >> lock.first_byte) ||
      kind != "POSIX") {
    return false;
  }
  const std::vector<std::string> parts = split(file, ':');
  if (parts.size() != 3 || parts[2].empty() ||
      parts[2].find_first_not_of("0123456789") != std::string::npos) {
    return false;
  }
  lock.inode = std::stoul(parts[2]);
  lock.is_write = access == "WRITE";
  return true;
}

constexpr int kWriterRank = 3;

/// How likely a lock is what others wait for; 0: it belongs to another file.
int rank(const FileLock& lock, unsigned long main_inode, unsigned long shared_inode) {
  if (lock.inode == main_inode) {
    return lock.is_write ? kWriterRank + 1 : 1;
  }
  if (shared_inode != 0 && lock.inode == shared_inode && lock.is_write) {
    return lock.first_byte <= kWalWriteLock ? kWriterRank : 2;
  }
  return 0;
}

unsigned long inode_of(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? static_cast<unsigned long>(info.st_ino) : 0;
}

}  // namespace

int lock_holder_pid(const std::string& proc_locks, unsigned long main_inode, unsigned long shared_inode,
                    int own_pid, Holders holders) {
  int best_rank = holders == Holders::writers ? kWriterRank - 1 : 0;
  int best_pid = 0;
  std::istringstream lines(proc_locks);
  for (std::string line; std::getline(lines, line);) {
    FileLock lock;
    if (!parse(line, lock) || lock.pid <= 0 || lock.pid == own_pid) {
      continue;
    }
    const int found = rank(lock, main_inode, shared_inode);
    if (found > best_rank) {
      best_rank = found;
      best_pid = lock.pid;
    }
  }
  return best_pid;
}

namespace {

/// "pid 4517 (python3.11)"; empty: nobody is found.
std::string found_holder(const std::string& path, Holders holders) {
  std::ifstream file("/proc/locks");
  const std::string locks{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const int pid = lock_holder_pid(locks, inode_of(path), inode_of(behind_links(path) + "-shm"),
                                  static_cast<int>(getpid()), holders);
  if (pid == 0) {
    return {};
  }
  std::ifstream comm(fmt::format("/proc/{}/comm", pid));
  std::string name;
  std::getline(comm, name);
  return name.empty() ? fmt::format("pid {}", pid) : fmt::format("pid {} ({})", pid, name);
}

}  // namespace

std::string lock_holder(const std::string& path) {
  std::string found = found_holder(path, Holders::all);
  return found.empty() ? "another connection" : found;
}

std::string writer_of(const std::string& path) { return found_holder(path, Holders::writers); }

}  // namespace metaxy::migrate::sqlite
