#pragma once
// DROP TABLE deletes the rows of the table first, where foreign keys are enforced, and with them those of
// other tables that refer to them (https://www.sqlite.org/foreignkeys.html#fk_schemacommands).

#include <string>
#include <string_view>
#include <vector>

#include "dialect/connection.hpp"

namespace metaxy::migrate::sqlite {

/// The other tables that have rows which such a DROP TABLE would delete or change.
std::vector<std::string> changed_by_drop(Connection& connection, const std::string& table);

/// Throws StatementFailed where there are such tables. For DROP TABLE while foreign keys are enforced.
void require_no_cascade(Connection& connection, const std::string& table, std::string_view sql);

}  // namespace metaxy::migrate::sqlite
