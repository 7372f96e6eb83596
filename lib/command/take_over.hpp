#pragma once
// `init --from-alembic`: what Alembic did becomes history in the graph of an environment, and the database's
// version table is carried on in place. No Python is run; metaxy.toml is never written.

#include <string>
#include <vector>

#include "command/session.hpp"

namespace metaxy::migrate {

struct TakeOverRequest {
  /// `--alembic-config`; empty: ALEMBIC_CONFIG, else alembic.ini or pyproject.toml beside metaxy.toml or
  /// here.
  std::string alembic_config;
  /// Write a script that stands for all of Alembic's revisions, for empty databases.
  bool has_baseline = false;
  /// Of the baseline; empty: a new one.
  std::string revision_id;
  DefinitionOptions definitions;
};

struct TakeOverResult {
  std::string environment;
  /// The configuration of Alembic that was read, with its section: "alembic.ini [dev]".
  std::string from;
  std::string directory;
  std::size_t revisions = 0;
  std::vector<std::string> heads;
  /// Written; what was there already is left as it is and not listed.
  std::vector<std::string> files;
  /// The id of the baseline that was written; empty when none was.
  std::string baseline;
  std::vector<std::string> notes;
  /// Lines that metaxy.toml lacks.
  std::vector<std::string> lines;
  /// What to run next.
  std::vector<std::string> next;
};

/// Throws Error(script) that lists all that cannot be read without running Python, Error(integrity) for a
/// graph that is broken, Error(configuration) when Alembic's set-up is not found.
TakeOverResult run_take_over(const TakeOverRequest& request, const Config& config, const std::string& name,
                             Context& context);

}  // namespace metaxy::migrate
