#pragma once
// Renaming a column inside the text of an expression (check, index, generated column), token by token. It
// does not understand the expression: where a word could be something else than the column, it is left alone.

#include <string>
#include <string_view>

#include "schema/table.hpp"

namespace metaxy::migrate {

/// `expression` of `table` with the column `from` called `to`. Quoted names must match exactly, plain words
/// but for case (databases fold them). Left alone are strings, comments, function names, types after `::` and
/// AS, and names behind a dot, unless what is before the dot is the table.
std::string with_column_renamed(std::string_view expression, const Table& table, std::string_view from,
                                std::string_view to);

}  // namespace metaxy::migrate
