#include "command/twin.hpp"

#include "files/script_directory.hpp"
#include "metaxy/toml_tree.hpp"
#include "revision/alembic_revision.hpp"
#include "revision/baseline.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::size_t kEnding = 4;

std::string twin_path(const Revision& revision) {
  return revision.file.substr(0, revision.file.size() - kEnding) + ".py";
}

std::string twin_text(const Revision& revision, const Workspace& workspace) {
  return alembic_twin(revision, workspace.environment.name);
}

/// As in the graph of the files: a parent that is a baseline is what it stands for.
bool may_have_twin(const Revision& revision) {
  return !revision.is_alembic && !is_baseline(revision) && revision.file.ends_with(".sql");
}

bool says_the_same(const Revision& revision, const Workspace& workspace, const Context& context) {
  const std::optional<std::string> text = context.files.read(twin_path(revision));
  if (!text) {
    return false;
  }
  const Revision twin = read_alembic_revision(*text, twin_path(revision)).revision;
  const Revision wanted = read_alembic_revision(twin_text(revision, workspace), twin_path(revision)).revision;
  return twin == wanted;
}

}  // namespace

bool has_twins(const Workspace& workspace, const Context& context) {
  const std::string path = joined_path(workspace.scripts.path, kTakenOverFile);
  const std::optional<std::string> text = context.files.read(path);
  if (!text) {
    return false;
  }
  const TomlDocument document(*text, path);
  const TomlValue* twins = document.root().find("twins");
  return twins == nullptr || twins->kind != TomlValue::Kind::boolean || twins->boolean;
}

std::string write_twin(const Revision& revision, const Workspace& workspace, Context& context) {
  if (!may_have_twin(revision) || !has_twins(workspace, context) ||
      says_the_same(revision, workspace, context)) {
    return {};
  }
  context.files.write(twin_path(revision), twin_text(revision, workspace));
  return twin_path(revision);
}

std::vector<std::string> scripts_without_twin(const Workspace& workspace, const Context& context) {
  std::vector<std::string> scripts;
  if (!has_twins(workspace, context)) {
    return scripts;
  }
  for (const Revision& revision : workspace.graph.revisions()) {
    if (may_have_twin(revision) && !says_the_same(revision, workspace, context)) {
      scripts.push_back(revision.file);
    }
  }
  return scripts;
}

}  // namespace metaxy::migrate
