#pragma once
// One SQL statement with what a script says about it.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace metaxy::migrate {

struct Statement {
  /// Exactly one statement, without the final `;` and without surrounding blanks. Never empty.
  std::string text;
  /// The `--` comment lines right above it, without the dashes: "add column t.c", "destructive: reason",
  /// "adopt: t".
  std::vector<std::string> comments;
  /// Where `text` begins in its file, counted from 1; 0 for a statement that was made, not read.
  std::size_t line = 0;
  std::size_t column = 0;

  bool operator==(const Statement&) const = default;
};

/// The reason behind `-- destructive: reason` above the statement; empty when there is none.
std::string destructive_reason(const Statement& statement);

/// The table or `table.column` named by `-- adopt: name` above the statement; empty when there is none.
std::string adopted_name(const Statement& statement);

}  // namespace metaxy::migrate
