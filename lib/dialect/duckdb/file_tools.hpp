#pragma once
// Copying, renaming and syncing of database files, which this process must not open and close itself while
// the library has them open.

#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace metaxy::migrate::duckdb {

Error failed(const std::string& message, std::vector<std::string> notes = {}, std::string hint = {});

/// An open file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  void reset();

 private:
  int number_;
};

/// Copies in a child process: opening and closing the database file in this one would drop DuckDB's lock on
/// it (decision 12). Throws Error(failure).
void copy_in_child(const std::string& from, const std::string& to);

/// Throws Error(failure), as do the next ones.
void sync(const std::string& path, int flags);
void copy_mode(const std::string& from, const std::string& to);

/// A finished file takes its name; until then it has another one, and is removed when something fails.
class PartialFile {
 public:
  explicit PartialFile(std::string final_path);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const std::string& path() const { return path_; }
  void keep();

 private:
  std::string final_;
  std::string path_;
  bool is_kept_ = false;
};

std::string folder_of(const std::string& path);

}  // namespace metaxy::migrate::duckdb
