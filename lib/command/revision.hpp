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
  /// `merge`: a message is made from the parents when none was given.
  bool is_merge = false;
  bool is_autogenerate = false;
  Against against = Against::unset;
  bool allows_empty = false;
  std::vector<ModelName> drops;
  std::vector<RenameRequest> renames;
  std::vector<ModelName> no_renames;
  /// Features whose tables are taken over from another project that shares the database.
  std::vector<std::string> taken_features;
  /// Features or tables whose primary key is to go.
  std::vector<std::string> dropped_keys;
  /// The system tables' primary keys are to go, where the scripts made them.
  bool is_dropping_system_keys = false;
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
  /// Directory for the script, one of the environment's locations; empty: where its parent is.
  std::string version_path;
};

struct WrittenRevision {
  std::string environment;
  std::string dialect;
  std::string revision;
  std::string message;
  /// Empty when no script was written. Environments that share a directory share it.
  std::string file;
  std::vector<std::string> changes;
  std::vector<std::string> notes;
  /// Why nothing is to be done, where that is so; empty: a script to be filled in by hand.
  std::string reason = "the scripts already lead to what the model says";
};
struct RevisionResult {
  std::vector<WrittenRevision> written;
};

/// One script an environment under one revision id. Asks once for all. Throws Error; nothing is written
/// unless everything can be. Parents whose branches contradict each other are an Error(integrity) that says
/// where.
RevisionResult run_revision(const RevisionRequest& typed, Context& context);

}  // namespace metaxy::migrate
