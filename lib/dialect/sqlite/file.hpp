#pragma once
// What SQLite can do with a database that is one file.

#include <string>

#include "dialect/dialect.hpp"

namespace metaxy::migrate::sqlite {

inline std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

class SqliteFiles final : public FileDatabase {
 public:
  /// Reads the first bytes. Not while a connection of this process has the file open: closing it drops that
  /// one's locks.
  bool owns(const std::string& path) const override;
  /// Takes BEGIN IMMEDIATE for the time of the copy unless the connection has a transaction open. The copy
  /// has what was committed, and the mode of the original.
  void back_up(Connection& connection, const std::string& from, const std::string& to) const override;
  bool put_back(Connection& connection, const std::string& backup, const std::string& kept) const override;
  std::vector<std::string> side_files(const std::string& path) const override;
  /// Opening for writing already rolls back the journal that a killed process left; this does it without a
  /// run, takes a WAL over into the file, and looks for damage.
  std::string recover(const std::string& path) const override;
};

}  // namespace metaxy::migrate::sqlite
