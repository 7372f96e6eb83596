#pragma once
// `diff`: the difference between any two of model (desired), scripts (scripted) and database (live). Only
// reads.

#include <string>
#include <vector>

#include "command/session.hpp"

namespace metaxy::migrate {

enum class Side { desired, scripted, live };
Side side_from(const std::string& text);
std::string_view to_text(Side side);

struct DiffRequest {
  Side wanted = Side::desired;
  Side found = Side::live;
  /// Statements that would bring `found` to `wanted`.
  bool has_sql = false;
  DefinitionOptions definitions;
};

struct DiffResult {
  std::string environment;
  Side wanted = Side::desired;
  Side found = Side::live;
  std::vector<Operation> operations;
  std::vector<Statement> statements;
  std::vector<std::string> notes;
};

/// What `found` lacks to be `wanted`.
DiffResult run_diff(const DiffRequest& request, const Workspace& workspace, Context& context);

}  // namespace metaxy::migrate
