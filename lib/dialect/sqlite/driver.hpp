#pragma once
// What the rest of the folder may ask of the driver, without the vendor's headers. Only connection.cpp and
// alter_settings.cpp know those.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "dialect/connection.hpp"
#include "dialect/dialect.hpp"

namespace metaxy::migrate::sqlite {

/// See Dialect::connect. A journal that a killed process left is rolled back, also for reading: SQLite does
/// so itself wherever it may write, and nothing else could be read correctly.
std::unique_ptr<Connection> open(const Target& target, const ConnectOptions& options);

enum class OpenMode { read_only, read_write, create };

/// A connection without a look at what the file is. Throws Error(failure) in SQLite's words.
std::unique_ptr<Connection> open_connection(const std::string& path, OpenMode mode,
                                            const ConnectOptions& options);

/// Copies the committed state of the database file `from` to the new file `to` with SQLite's backup API, over
/// a connection of its own: it may run while another connection of this process holds BEGIN IMMEDIATE. Does
/// not sync. Throws Error(failure).
void copy_database(const std::string& from, const std::string& to);

/// Overwrites the open database with the file `backup`, in one transaction. What it held is copied to the new
/// file `kept` before, and `when_kept` called; nobody writes in between. False, with nothing changed, when
/// SQLite cannot read the database. Throws Error(lock) when others read or write it, Error(failure).
bool replace_content(Connection& connection, const std::string& backup, const std::string& kept,
                     const std::function<void()>& when_kept);

/// First 16 bytes of every database file that is not empty
/// (https://www.sqlite.org/fileformat2.html#the_database_header).
inline constexpr std::string_view kMagic{"SQLite format 3\0", 16};

}  // namespace metaxy::migrate::sqlite
