#pragma once
// What the server and libpq say, in our words.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "dialect/postgresql/driver.hpp"

namespace metaxy::migrate::postgresql {

/// The parts of an error report of the server: `ERROR:  ...`, `DETAIL:  ...`, `HINT:  ...`. Where the
/// statement was is left out: whoever ran it knows better.
struct ServerWords {
  std::string message;
  std::vector<std::string> notes;
  std::string hint;
};
ServerWords server_words(std::string_view report);

/// The failure of a statement, secrets masked.
StatementFailed failed_statement(const DriverFailure& failure, std::string_view sql,
                                 const std::vector<Secret>& secrets);

/// Why there is no connection, secrets masked; `where` is the masked URL.
Error failed_connection(const DriverFailure& failure, const std::string& where,
                        const std::vector<Secret>& secrets);

/// Whether it may go better in a moment: the server is starting or not there yet, or has no free slot.
bool may_connect_later(std::string_view words);

}  // namespace metaxy::migrate::postgresql
