#pragma once
// Texts inside GitHub's workflow commands and inside Markdown, where some characters mean something.

#include <string>

namespace metaxy::migrate {

/// The message of a workflow command, which ends at a line break.
std::string github_escaped(const std::string& text);
/// The value of one of its properties (`file=...`), which ends at a comma as well.
std::string github_property(const std::string& text);

/// In a heading, a list or a cell of a table. `code` stays code.
std::string markdown_escaped(const std::string& text);
/// A block of code that nothing in `text` ends, which itself ends with a line break.
std::string markdown_fenced(const std::string& language, const std::string& text);

}  // namespace metaxy::migrate
