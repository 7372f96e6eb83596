#pragma once
// Files that live in memory, for tests of everything that reads or writes through FileSystem.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "files/file_system.hpp"

namespace metaxy::migrate {

/// Files by absolute path. Folders exist where there is a file below them, or after create_directory.
class MemoryFileSystem final : public FileSystem {
 public:
  /// Relative paths are looked up in `working_directory`.
  explicit MemoryFileSystem(std::string working_directory = "/project");

  /// Puts a file there without recording it as written.
  void create(const std::string& path, std::string_view content);
  void create_directory(const std::string& path);
  /// From now on reading this file, which exists, fails like a file without permission.
  void make_unreadable(const std::string& path);
  /// From now on writing this file fails like a full disk; its old content stays.
  void make_unwritable(const std::string& path);
  /// Paths given to `write`, in order.
  const std::vector<std::string>& written() const { return written_; }
  /// Paths given to `remove` that were there, in order.
  const std::vector<std::string>& removed() const { return removed_; }

  std::optional<std::string> read(const std::string& path) const override;
  std::optional<std::string> read_head(const std::string& path, std::size_t limit) const override;
  std::function<std::string()> open_chunks(const std::string& path) const override;
  void write(const std::string& path, std::string_view content) override;
  bool remove(const std::string& path) override;
  bool is_file(const std::string& path) const override;
  bool is_directory(const std::string& path) const override;
  std::vector<std::string> list(const std::string& directory) const override;
  std::vector<std::string> list_directories(const std::string& directory) const override;
  std::string absolute(const std::string& path) const override;

 private:
  std::string working_directory_;
  std::map<std::string, std::string> files_;
  std::set<std::string> directories_;
  std::set<std::string> unreadable_;
  std::set<std::string> unwritable_;
  std::vector<std::string> written_;
  std::vector<std::string> removed_;
};

}  // namespace metaxy::migrate
