#pragma once
// `revision`: writes a script, by hand or from the difference between model and scripts. Reads the database
// at most.

#include <optional>
#include <string>
#include <vector>

#include "command/session.hpp"
#include "plan/autogenerate.hpp"

namespace metaxy::migrate {

enum class Against { unset, live, scripts };

struct RevisionRequest {
  std::string message;
  bool is_autogenerate = false;
  Against against = Against::unset;
  bool allows_empty = false;
  std::vector<ModelName> drops;
  std::vector<RenameRequest> renames;
  std::vector<ModelName> no_renames;
  /// Features to make tables for although the store has fallbacks.
  std::vector<std::string> created_features;
  /// Write a script that takes the live database's drift over, marked applied here.
  bool is_adopting_drift = false;
  DefinitionOptions definitions;
  std::string revision_id;
  /// Parents as typed (`--head`); empty: the one head.
  std::vector<std::string> heads;
  bool is_splice = false;
  std::vector<std::string> branch_labels;
  std::vector<std::string> depends_on;
};

struct WrittenRevision {
  std::string environment;
  std::string dialect;
  std::string revision;
  std::string message;
  /// Empty when nothing was to be done.
  std::string file;
  std::vector<std::string> changes;
  std::vector<std::string> notes;
};
struct RevisionResult {
  std::vector<WrittenRevision> written;
};

/// One script an environment under one revision id. Asks once for all. Throws Error; nothing is written
/// unless everything can be.
RevisionResult run_revision(const RevisionRequest& request, Context& context);

}  // namespace metaxy::migrate
