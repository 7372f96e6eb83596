#include "command/edit.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "revision/resolve.hpp"

namespace metaxy::migrate {

std::vector<std::string> files_to_edit(const std::string& typed, const Workspace& workspace,
                                       Context& context) {
  std::vector<std::string> ids;
  if (typed == "current") {
    const Session session = open_session(workspace, context, {});
    ids = session.state.rows;
    if (ids.empty()) {
      throw Error(ErrorKind::usage, "no current revisions: nothing is applied here");
    }
  } else {
    ids = resolve_all(workspace.graph, typed);
  }
  std::vector<std::string> found;
  for (const std::string& id : ids) {
    const Revision* revision = workspace.graph.find(id);
    if (revision != nullptr && !revision->file.empty()) {
      found.push_back(revision->file);
    }
  }
  if (found.empty()) {
    throw Error(ErrorKind::usage, fmt::format("no revision files indicated by symbol '{}'", typed));
  }
  return found;
}

void check_edited(const std::vector<std::string>& edited, const Workspace& workspace,
                  const Context& context) {
  const RevisionGraph graph = graph_of(read_scripts(workspace.environment, context));
  for (const std::string& file : edited) {
    // A file of Alembic's was read with the others.
    if (context.files.is_file(file) && !file.ends_with(".py")) {
      script_facts(context.files, {.file = file, .text = {}, .shown_as = file}, *workspace.dialect);
    }
  }
}

}  // namespace metaxy::migrate
