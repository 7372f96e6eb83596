#pragma once
// One of the four doors for I/O: files. Tests pass one that lives in memory. Paths are UTF-8 texts.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metaxy::migrate {

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// Whole content; nullopt when there is no such file. Throws Error(failure) when it is there and cannot be
  /// read.
  virtual std::optional<std::string> read(const std::string& path) const = 0;
  /// The content from the start, at most `limit` bytes.
  virtual std::optional<std::string> read_head(const std::string& path, std::size_t limit) const = 0;
  /// Pieces of the content; an empty piece is the end. Throws Error(failure) when it cannot be opened.
  virtual std::function<std::string()> open_chunks(const std::string& path) const = 0;
  /// Writes whole to a temporary name beside it, syncs, then renames. Creates missing folders.
  virtual void write(const std::string& path, std::string_view content) = 0;
  /// False when there was none.
  virtual bool remove(const std::string& path) = 0;
  virtual bool is_file(const std::string& path) const = 0;
  virtual bool is_directory(const std::string& path) const = 0;
  /// Names (not paths) of the regular files in a folder, sorted bytewise; empty when there is no such folder.
  /// With links that lead nowhere: whoever needs such a file is to hear that it is gone.
  virtual std::vector<std::string> list(const std::string& directory) const = 0;
  /// Names of the folders in a folder, sorted bytewise; without links, so that a walk always ends.
  virtual std::vector<std::string> list_directories(const std::string& directory) const = 0;
  /// Absolute and without `.` or `..`; does not need to exist.
  virtual std::string absolute(const std::string& path) const = 0;
};

/// The machine's files.
class RealFileSystem final : public FileSystem {
 public:
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
};

/// Path arithmetic on texts. `name` alone when it is absolute or there is no directory.
std::string joined_path(std::string_view directory, std::string_view name);
/// "/" for "/a", "a" for "a/b"; empty for a name without a folder.
std::string parent_path(std::string_view path);
std::string file_name(std::string_view path);
/// Without `.`, `..`, doubled and trailing slashes, by the text alone; "." for nothing.
std::string normal_path(std::string_view path);
/// How `path` is written from `directory` ("migrations", "../metaxy.toml"), both absolute; `path` itself
/// where they share nothing but the root.
std::string path_from(std::string_view directory, std::string_view path);

/// Files that match a pattern with `*`, `?` and `**` (any folders, also none), sorted, each once. A relative
/// pattern is looked for below `root`, and its results begin with `root`. Wildcards find no hidden names,
/// `**` follows no links.
std::vector<std::string> glob(const FileSystem& files, const std::string& root, const std::string& pattern);

}  // namespace metaxy::migrate
