#pragma once
// Which names are old names of others: by flag, by the model's word, by what Metaxy itself renamed. What
// could be a rename but nobody said so becomes a question; nothing is guessed. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "diff/diff.hpp"
#include "metaxy/tables.hpp"
#include "plan/autogenerate.hpp"

namespace metaxy::migrate {

struct RenameDecision {
  Renames renames;
  std::vector<RenameQuestion> questions;
  std::vector<std::string> notes;
};

RenameDecision decide_renames(const Schema& scripted, const DesiredSchema& desired, const Dialect& dialect,
                              const AutogenerateOptions& options);

/// The renames as operations, tables first.
std::vector<Operation> rename_operations(const Renames& renames);

/// Whether what a person typed (key or table name) means this table.
bool names_table(std::string_view typed, const TableName& table, std::string_view table_prefix);
/// The same, where a table that is renamed may be named as it was or as it will be.
bool names_table(std::string_view typed, const TableName& table, const Renames& renames,
                 std::string_view table_prefix);

}  // namespace metaxy::migrate
