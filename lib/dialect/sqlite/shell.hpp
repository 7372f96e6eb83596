#pragma once
// SQLite's side of `--sql`.

#include "dialect/shell.hpp"

namespace metaxy::migrate::sqlite {

const Shell& shell();

}  // namespace metaxy::migrate::sqlite
