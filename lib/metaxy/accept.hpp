#pragma once
// Before live is compared with what is wanted: takes each alternative that Metaxy accepts over from live
// (contract E4, F; decision 2) and sets aside what is not managed. Afterwards `diff(live, wanted)` is the
// real difference. Pure; decides nothing about what may be dropped.

#include <string>
#include <vector>

#include "dialect/dialect.hpp"
#include "schema/schema.hpp"

namespace metaxy::migrate {

enum class Severity {
  error,    ///< Metaxy's writes or reads go wrong.
  warning,  ///< Something will not work in some cases.
  info,
};

/// What a person should know of a live table besides its difference.
struct AcceptNote {
  Severity severity = Severity::info;
  TableName table;
  /// Empty: the table as a whole.
  std::string column;
  std::string text;

  bool operator==(const AcceptNote&) const = default;
};

/// `'video__clip.path': text`.
std::string to_text(const AcceptNote& note);

/// A part of the live schema that nobody asked for: reported, never altered, never dropped.
struct Unmanaged {
  enum class Kind { table, column, index, constraint };
  Kind kind = Kind::table;
  TableName table;
  /// Empty for a table; a constraint without a name by its words, "primary key (id)".
  std::string name;

  bool operator==(const Unmanaged&) const = default;
};

struct Accepted {
  /// What is wanted, in the shape that live may keep. Columns stand in live's order, new ones last.
  Schema wanted;
  /// The managed tables of live. Their unmanaged columns, indexes, constraints and triggers are here and in
  /// `wanted` alike, so that they make no difference and a rebuild keeps them.
  Schema live;
  /// In order of tables and columns.
  std::vector<AcceptNote> notes;
  /// Sorted by table, then kind, then as live has them.
  std::vector<Unmanaged> unmanaged;
};

struct AcceptOptions {
  /// What `wanted` was made from. A model never speaks of defaults, collations or table options, so live
  /// keeps its own; and a comment that the model has and live has not is a difference, where for scripts it
  /// is none.
  enum class Wanted { model, scripts };
  Wanted wanted = Wanted::scripts;
  /// What is managed besides the wanted itself: desired and scripted schema together. May be null. Live parts
  /// that are only here stay in `live` and so are differences.
  const Schema* managed = nullptr;
};

/// Both schemas canonical for the dialect.
Accepted accept_alternatives(Schema wanted, Schema live, const Dialect& dialect,
                             const AcceptOptions& options = {});

}  // namespace metaxy::migrate
