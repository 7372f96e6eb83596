#pragma once
// The one door by which names and values reach SQL text.

#include <string>
#include <string_view>

namespace metaxy::migrate::sqlite {

/// `"name"`, with quotes inside doubled. (Not `quoted`: std::quoted would be found first for a std::string.)
std::string quoted_name(std::string_view identifier);

/// `'text'`, with quotes inside doubled. Text that holds a NUL byte, which no SQLite literal can, is written
/// as `CAST(x'...' AS TEXT)`.
std::string literal(std::string_view text);

}  // namespace metaxy::migrate::sqlite
