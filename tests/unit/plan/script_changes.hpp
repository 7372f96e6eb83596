#pragma once
// A script as the fold sees it, in one line: `script("a", {DropTable{...}})`.

#include <string>
#include <utility>
#include <vector>

#include "plan/fold.hpp"

namespace metaxy::migrate {

inline ScriptChanges script(const std::string& id, std::vector<Operation> changes) {
  return {.revision = id,
          .file = id + ".sql",
          .changes = std::move(changes),
          .has_changes = true,
          .ddl_tables = {},
          .ddl_indexes = {},
          .rebuilt_tables = {},
          .rebuilt_by_downgrade = {}};
}

}  // namespace metaxy::migrate
