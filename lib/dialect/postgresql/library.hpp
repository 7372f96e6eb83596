#pragma once
// Finds and loads the module with the driver (driver.hpp), once; it is never unloaded.

#include <memory>
#include <string>

#include "dialect/postgresql/driver.hpp"

namespace metaxy::migrate::postgresql {

/// A connection through the module. The module is looked for in the file that
/// METAXY_MIGRATE_POSTGRESQL_LIBRARY names, else in `../lib/metaxy-migrate` beside the program. Throws
/// Error(failure) where there is none, naming what was tried, and DriverFailure where there is no connection.
std::unique_ptr<Driver> open_driver(const std::string& connection);

}  // namespace metaxy::migrate::postgresql
