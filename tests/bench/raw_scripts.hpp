#pragma once
// The scripts of a directory as the limit reads them: one open and one read a file, no lexer, no checks. It
// knows only what tests/bench/bench.py writes: a header of one key a line, statements that end with ";\n".

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace metaxy::migrate::bench {

/// Prints and ends the process: the limit has nothing to clean up.
[[noreturn]] void fail(const std::string& what);

std::string read_file(const std::string& path);

struct RawScript {
  std::string name;
  /// The whole file; everything below points into it, or says where in it.
  std::string text;
  std::string_view revision;
  std::vector<std::string_view> down_revisions;
  std::size_t upgrade_begin = 0;
  std::size_t downgrade_begin = 0;
  std::size_t child_count = 0;

  std::string_view upgrade() const;
  std::string_view downgrade() const;
};

struct RawGraph {
  std::vector<RawScript> scripts;
  /// Positions in `scripts`, parents before children.
  std::vector<std::size_t> order;
};

/// Reads all scripts and sorts them topologically.
RawGraph load_graph(const char* directory);

/// The statements of a section, without their semicolons.
std::vector<std::string> statements_of(std::string_view section);

}  // namespace metaxy::migrate::bench
