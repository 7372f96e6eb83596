#pragma once
// The part of `doctor` that compares what Metaxy needs with the tables that are there. Pure.

#include <vector>

#include "command/doctor.hpp"
#include "dialect/dialect.hpp"
#include "plan/fold.hpp"

namespace metaxy::migrate {

struct TableExamination {
  const DesiredSchema& desired;
  /// At the head of the scripts.
  const ScriptedSchema& scripted;
  const Schema& live;
  const Dialect& dialect;
  std::string table_prefix;
  /// Whether all scripts are applied.
  bool is_at_head = false;
  /// Whether the database is migrated in parts although the whole is examined.
  bool is_in_parts = false;
  /// How commands of this environment begin: "metaxy-migrate -n dev".
  std::string command;
};

/// Without environments, in order of tables.
std::vector<Diagnosis> examine_tables(const TableExamination& examination);

}  // namespace metaxy::migrate
