#pragma once
// Statements that stop a script when something is not as it must be. SQLite's RAISE works in triggers only;
// what fails anywhere with a text of our own is json_extract with a path that is none, and SQLite repeats the
// path in its message.

#include <string>
#include <string_view>
#include <vector>

namespace metaxy::migrate::sqlite {

/// The table into which a rebuild copies: `__mx_` and the name.
std::string shadow_name(std::string_view table);

/// Whether it is the statement that gives a rebuild's shadow table its final name, as `render` writes it. The
/// driver switches legacy_alter_table on for it alone; a script says nothing of it.
bool is_rename_of_shadow_table(std::string_view sql);

/// Whether it is the statement that makes a rebuild's shadow table, as `render` writes it.
bool is_creation_of_shadow_table(std::string_view sql);

/// Whether it is an ALTER TABLE that looks through all views and triggers: RENAME or DROP.
bool is_alter_that_reads_views(std::string_view sql);

/// Fails with the text that stands for `$`; see guard_message.
inline constexpr std::string_view kFailingCall = "json_extract('{}', 'metaxy-migrate: ' || $)";

/// A SELECT that fails for each row of `from_where` (` FROM ... WHERE ...`), and returns no row otherwise.
/// What it says is `message` followed by the text expression `more` (`|| name || ...`, never
/// NULL).
std::string guard_sql(std::string_view message, std::string_view more, std::string_view from_where);

/// The words of a guard that failed, out of SQLite's message about the path; any other message as it is.
std::string guard_message(std::string_view words);

/// What to say besides SQLite's own words about a column that is not there.
std::vector<std::string> notes_on_missing_column(std::string_view words, std::string_view sql);

}  // namespace metaxy::migrate::sqlite
