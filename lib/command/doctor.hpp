#pragma once
// `doctor`: everything that would make Metaxy fail or misbehave on one environment's database, each with its
// fix. Only ever reads. What is undone or inconsistent among the scripts themselves is `check`'s business.

#include <string>
#include <vector>

#include "command/session.hpp"
#include "metaxy/accept.hpp"

namespace metaxy::migrate {

struct Diagnosis {
  /// Where the fix is made.
  enum class Area { configuration, model, database, connection };
  /// error: Metaxy fails or does something wrong; warning: it may; info: good to know.
  Severity severity = Severity::error;
  Area area = Area::database;
  std::string environment;
  std::string message;
  /// Single facts, one line each.
  std::vector<std::string> details;
  /// The next step; never empty for an error.
  std::string fix;
};
std::string_view to_text(Diagnosis::Area area);
std::string_view to_text(Severity severity);

struct DoctorRequest {
  DefinitionOptions definitions;
  std::vector<std::string> created_features;
};

struct DoctorReport {
  std::vector<std::string> environments;
  std::vector<Diagnosis> diagnoses;
  /// By the errors: 1 (or 6 for a lock) where the database could not be looked at, else 4 where it is wrong,
  /// else 2 where only configuration or model are; 0 without an error.
  int exit_code = 0;
};

DoctorReport run_doctor(const DoctorRequest& request, Context& context);

}  // namespace metaxy::migrate
