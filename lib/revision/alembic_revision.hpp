#pragma once
// The facts of a revision file that Alembic wrote, read without running it. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "revision/revision.hpp"

namespace metaxy::migrate {

struct AlembicRevision {
  Revision revision;
  /// Tables that the file names in `op.create_table("...")`.
  std::vector<std::string> created_tables;
  /// What cannot be read without running Python, with file and line; the revision is worth nothing then.
  std::vector<Problem> problems;
};

/// Reads `revision`, `down_revision`, `branch_labels` and `depends_on` as they are assigned at module level:
/// None, strings in every spelling, tuples, lists and sets of them, with or without a type annotation. The
/// last assignment counts, as in Python. Without `revision` the file's name must be hexadecimal, as for
/// files of Alembic 0.1. The message is the first paragraph of the docstring.
AlembicRevision read_alembic_revision(std::string_view text, const std::string& file);

/// The Python file that tells Alembic the place of a script and refuses to be run, naming the command that
/// runs the script.
std::string alembic_twin(const Revision& revision, std::string_view environment);

/// Whether Alembic takes a file of this name for a revision.
bool is_alembic_file_name(std::string_view name);

}  // namespace metaxy::migrate
