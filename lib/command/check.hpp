#pragma once
// `check`: everything that is wrong or undone, for pull requests (--offline) and deployments. Only ever
// reads.

#include <cstddef>
#include <string>
#include <vector>

#include "command/session.hpp"

namespace metaxy::migrate {

enum class FindingKind {
  integrity,      ///< 7: edited or unknown applied script, two heads, broken graph.
  drift,          ///< 4
  model_changed,  ///< 3
  failure,        ///< 1, 2 or 6: one of several environments could not be checked.
  pending,        ///< 9, counted only with --at-head.
  warning,        ///< Told, never counted.
};
/// "integrity", "drift", "model-changed", "failure", "pending", "warning": what JSON says.
std::string_view to_text(FindingKind kind);

struct Finding {
  FindingKind kind = FindingKind::warning;
  std::string environment;
  std::string message;
  /// Single facts, one line each.
  std::vector<std::string> details;
  std::string hint;
  /// Script or definition file it is about; empty when none.
  std::string file;
  /// From 1; 0: the whole file.
  std::size_t line = 0;
  /// Of a failure: what it would have ended with alone.
  int exit_code = 0;
};

struct CheckRequest {
  bool is_offline = false;
  bool is_at_head = false;
  /// The report is read by a program, which wants it also where nothing could be checked: what ends the check
  /// of the only environment is then a finding, as it is where there are several.
  bool has_document = false;
  DefinitionOptions definitions;
  std::vector<std::string> created_features;
};

struct CheckReport {
  std::vector<std::string> environments;
  std::vector<Finding> findings;
  /// What was told to the observer as a warning: of the configuration, the definitions, the database.
  std::vector<std::string> warnings;
  /// 0, or the first of 7, 4, 3, 5, 9 that applies (product reference 8); a failure comes before 9.
  int exit_code = 0;
};

CheckReport run_check(const CheckRequest& request, Context& context);

}  // namespace metaxy::migrate
