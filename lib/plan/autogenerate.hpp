#pragma once
// What autogenerate proposes: from the scripted schema to one that satisfies the model, by the rules of
// product reference 7. Nothing is dropped because it left the model; a rename is never guessed. Pure.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "diff/diff.hpp"
#include "metaxy/tables.hpp"
#include "plan/fold.hpp"

namespace metaxy::migrate {

/// `video/clip` or, with a column, `video/clip.path`. Features are named by key; tables that no feature has
/// any more are named by their key too, or by table name.
struct ModelName {
  std::string feature;
  /// Empty: the feature as a whole.
  std::string column;

  auto operator<=>(const ModelName&) const = default;
};
/// Throws Error(usage) when it is neither form.
ModelName model_name_from(std::string_view text);
std::string to_text(const ModelName& name);

/// `--rename video/clip.path=uri`, `--rename video/clip=video/segment`.
struct RenameRequest {
  ModelName from;
  std::string to;

  auto operator<=>(const RenameRequest&) const = default;
};
RenameRequest rename_request_from(std::string_view text);

struct AutogenerateOptions {
  std::string table_prefix{};
  std::vector<ModelName> drops{};
  std::vector<RenameRequest> renames{};
  std::vector<ModelName> no_renames{};
  /// Features or tables whose primary key is to go: one that the scripts made and the model does not ask for.
  std::vector<std::string> dropped_keys{};
  /// Tables that belong to other projects, with the project: never dropped.
  std::map<TableName, std::string> foreign_tables{};
  /// Parts of the scripted schema that this environment manages; others are left alone (`-n
  /// dev:metaxy_system`).
  Part part = Part::all;
  /// What the scripts are compared with, for messages: the model, or the database for what was done by hand.
  std::string counterpart = "model";
};

/// Something disappeared and something new could be it under another name.
struct RenameQuestion {
  /// For a column: feature and column; for a feature: its key or table name.
  ModelName from;
  /// The new column name or feature key.
  std::string to;
  /// "VARCHAR" or "3 of 4 columns are the same".
  std::string evidence;
};

struct Proposal {
  /// The scripted schema at head.
  Schema before;
  Schema after;
  std::vector<Operation> operations;
  /// Desired tables that the live database already has though no script made them (Metaxy did), and all
  /// system tables that are created here: their statements carry `-- adopt:`.
  std::set<TableName> adopted;
  /// The same for columns of scripted tables that are live already, by table.
  std::map<TableName, std::set<std::string>> adopted_columns;
  /// To be answered before anything may be written.
  std::vector<RenameQuestion> questions;
  /// Kept, relaxed, accepted, warned about: one sentence each.
  std::vector<std::string> notes;
};

/// `live` may be null (`--against scripts`). Throws Error(usage) for flags that name what is not there or is
/// not allowed, naming the nearest name.
Proposal propose(ScriptedSchema scripted, const DesiredSchema& desired, const Schema* live,
                 const Dialect& dialect, const AutogenerateOptions& options);

/// Whether the table is one of Metaxy's system tables under this prefix.
bool is_system_table(const TableName& table, std::string_view table_prefix);

}  // namespace metaxy::migrate
