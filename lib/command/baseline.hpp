#pragma once
// The script that stands for all revisions of Alembic on empty databases: written from a database that
// Alembic brought to its heads.

#include <string>
#include <vector>

#include "command/take_over.hpp"

namespace metaxy::migrate {

struct WrittenBaseline {
  std::string revision;
  std::string file;
  std::vector<std::string> notes;
};

/// Throws Error(usage) when there is one already, or scripts on top that the database has; Error(usage)
/// naming Alembic's command when the database is not at Alembic's heads.
WrittenBaseline write_baseline(const TakeOverRequest& request, const AlembicFiles& found,
                               const Workspace& workspace, Context& context);

}  // namespace metaxy::migrate
