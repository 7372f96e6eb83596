#pragma once
// Enums: types of their own, with labels that are only ever added. Pure.

#include <map>
#include <string>
#include <vector>

#include "diff/operation.hpp"

namespace metaxy::migrate::postgresql {

/// Labels by the name that statements use.
using Enums = std::map<std::string, std::vector<std::string>>;

/// The enums of the tables' columns; where columns know different labels of one, all that any knows.
Enums enums_of(const Schema& schema);
/// The enums of columns that the operation makes, or gives a type.
Enums enums_made_by(const Operation& operation);
/// Whether the operation does nothing but add labels to the enum that the column has.
bool is_labels_only(const AlterType& operation);

/// As no CREATE TYPE has IF NOT EXISTS and other stores' tables may use the type, neither statement fails for
/// that reason. What the labels are is compared after the run.
std::string create_enum_sql(const std::string& name, const std::vector<std::string>& labels);
std::string drop_enum_sql(const std::string& name);

struct AddLabel {
  std::string label;
  std::string sql;
};
/// One statement a label. Throws Error(script) where labels would have to go, or to change their order.
std::vector<AddLabel> add_labels(const std::string& name, const std::vector<std::string>& from,
                                 const std::vector<std::string>& to);

/// Throws as `add_labels` does, for the labels of one column.
void require_labels_stay(const AlterType& operation);

/// Why the operation, which undoes another, is left out of a downgrade; empty: it is not.
std::string reason_to_keep_labels(const Operation& undo);

}  // namespace metaxy::migrate::postgresql
