#pragma once
// PostgreSQL's side of `--sql`.

#include "dialect/shell.hpp"

namespace metaxy::migrate::postgresql {

const Shell& shell();

}  // namespace metaxy::migrate::postgresql
