#include "metaxy/accept.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "metaxy/accept_type.hpp"
#include "metaxy/tables.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kFeatureVersions = "metaxy_system__feature_versions";
constexpr std::string_view kEvents = "metaxy_system__events";

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool has_equivalent(const std::vector<Constraint>& constraints, const Constraint& wanted) {
  return std::any_of(constraints.begin(), constraints.end(),
                     [&](const Constraint& other) { return equivalent(other, wanted); });
}

bool is_same_but_names(Index a, const Index& b) {
  a.name = b.name;
  a.comment = b.comment;
  return a == b;
}

std::string in_words(const Constraint& constraint) {
  std::string name = std::visit([](const auto& value) { return value.name; }, constraint);
  if (!name.empty()) {
    return name;
  }
  if (const auto* check = std::get_if<Check>(&constraint)) {
    return fmt::format("check ({})", check->expression);
  }
  const std::string_view kind = std::holds_alternative<PrimaryKey>(constraint) ? "primary key"
                                : std::holds_alternative<Unique>(constraint)   ? "unique"
                                                                               : "foreign key";
  return fmt::format("{} ({})", kind, join(columns_of(constraint), ", "));
}

/// The columns that an index names; those inside of expressions are not known here.
std::vector<std::string> indexed_columns(const Index& index) {
  std::vector<std::string> columns = index.included_columns;
  for (const IndexPart& part : index.parts) {
    if (!part.column.empty()) {
      columns.push_back(part.column);
    }
  }
  return columns;
}

/// Whether the database gives it a value where an INSERT does not: `IDENTITY ("c") ALWAYS`, `SERIAL ("c")`.
bool has_own_value(const Table& table, const std::string& column) {
  const std::string of_column = fmt::format("(\"{}\")", replace_all(column, "\"", "\"\""));
  return std::any_of(table.options.begin(), table.options.end(), [&of_column](const std::string& option) {
    const std::string_view kind = std::string_view(option).substr(0, option.find(' '));
    return (kind == "IDENTITY" || kind == "SERIAL") && option.find(of_column) == kind.size() + 1;
  });
}

/// One table that is both wanted and there.
class TableAcceptor {
 public:
  TableAcceptor(Table& wanted, const Table& live, const Dialect& dialect, const AcceptOptions& options,
                Accepted& result)
      : wanted_(wanted),
        live_(live),
        dialect_(dialect),
        is_model_(options.wanted == AcceptOptions::Wanted::model),
        result_(result) {
    managed_ = options.managed == nullptr ? nullptr : find_table(*options.managed, live.name);
    is_system_ = ends_with(live.name.name, kFeatureVersions) || ends_with(live.name.name, kEvents);
  }

  void run() {
    match_constraints();
    for (Column& column : wanted_.columns) {
      accept_column(column);
    }
    take_over_columns();
    take_over_constraints();
    accept_indexes();
    take_over_indexes();
    accept_comment(wanted_.comment, live_.comment);
    accept_options();
    wanted_.triggers = live_.triggers;
    warn_of_keys();
    normalise(wanted_);
  }

 private:
  void note(Severity severity, std::string column, std::string text) {
    result_.notes.push_back({severity, live_.name, std::move(column), std::move(text)});
  }
  void set_aside(Unmanaged::Kind kind, std::string name) {
    leaves_parts_alone_ = leaves_parts_alone_ || kind != Unmanaged::Kind::index;
    result_.unmanaged.push_back({kind, live_.name, std::move(name)});
  }

  /// Comments are never drift; but a model that says one for the first time asks for it.
  void accept_comment(std::string& wanted, const std::string& live) const {
    if (wanted.empty() || (live.empty() && !is_model_)) {
      wanted = live;
    }
  }

  /// Some belong to a key or column that is left alone (AUTOINCREMENT), and must not be asked for or away.
  void accept_options() {
    const bool has_all =
        std::all_of(wanted_.options.begin(), wanted_.options.end(),
                    [this](const std::string& option) { return contains(live_.options, option); });
    if (is_model_ ? wanted_.options.empty() : has_all && leaves_parts_alone_) {
      wanted_.options = live_.options;
    }
  }

  void match_constraints();
  void accept_column(Column& column);
  void accept_column_type(Column& column, const Column& there);
  void accept_nullability(Column& column, const Column& there);
  const Column* live_column(Column& column);
  void take_over_columns();
  void take_over_constraints();
  void accept_indexes();
  void take_over_indexes();
  void warn_of_keys();
  void warn_of_key(const std::vector<std::string>& columns);

  Table& wanted_;
  const Table& live_;
  const Table* managed_ = nullptr;
  const Dialect& dialect_;
  bool is_model_ = false;
  bool is_system_ = false;
  bool leaves_parts_alone_ = false;
  Accepted& result_;
  std::set<std::string> matched_indexes_;
};

void TableAcceptor::match_constraints() {
  for (Constraint& constraint : wanted_.constraints) {
    const auto there = std::find_if(live_.constraints.begin(), live_.constraints.end(),
                                    [&](const Constraint& other) { return equivalent(constraint, other); });
    if (there != live_.constraints.end()) {
      constraint = *there;  // Under the name that it has (contract E4).
    }
  }
  if (is_system_) {
    // Metaxy creates these tables without a key and works best so (contract D2).
    std::erase_if(wanted_.constraints, [&](const Constraint& constraint) {
      return std::holds_alternative<PrimaryKey>(constraint) && !has_equivalent(live_.constraints, constraint);
    });
  }
}

const Column* TableAcceptor::live_column(Column& column) {
  if (const Column* there = find_column(live_, column.name)) {
    return there;
  }
  if (dialect_.capabilities().has_case_sensitive_names) {
    return nullptr;
  }
  const auto there = std::find_if(live_.columns.begin(), live_.columns.end(), [&](const Column& other) {
    return equal_ignoring_case(other.name, column.name);
  });
  if (there == live_.columns.end()) {
    return nullptr;
  }
  note(
      Severity::error, there->name,
      fmt::format("it is wanted as '{}': Metaxy does not find a column whose name differs in case; rename it",
                  column.name));
  column.name = there->name;
  return &*there;
}

void TableAcceptor::accept_column(Column& column) {
  const Column* there = live_column(column);
  if (there == nullptr) {
    return;
  }
  accept_column_type(column, *there);
  accept_nullability(column, *there);
  accept_comment(column.comment, there->comment);
  if (is_model_) {
    // Metaxy's defaults are its own and never the database's (contract F2).
    if (!column.default_sql) {
      column.default_sql = there->default_sql;
    }
    if (column.collation.empty()) {
      column.collation = there->collation;
    }
  }
}

void TableAcceptor::accept_column_type(Column& column, const Column& there) {
  const ColumnRole role = is_system_ ? ColumnRole::ordinary : column_role(column.name);
  AcceptedType accepted = accept_type(role, column.type, there.type, dialect_);
  const std::string& reason = accepted.acceptance.note;
  switch (accepted.acceptance.verdict) {
    case Acceptance::Verdict::same:
    case Acceptance::Verdict::accepted:
      break;
    case Acceptance::Verdict::accepted_with_warning:
      note(Severity::warning, column.name,
           fmt::format("it is {}, wanted is {}{}{}", to_text(there.type), to_text(column.type),
                       reason.empty() ? "" : ": ", reason));
      break;
    case Acceptance::Verdict::different:
      if (!reason.empty() && !equivalent(accepted.type, there.type)) {
        note(Severity::error, column.name, reason);
      }
      break;
  }
  column.type = std::move(accepted.type);
}

void TableAcceptor::accept_nullability(Column& column, const Column& there) {
  const PrimaryKey* wanted_key = primary_key(wanted_);
  if (!column.is_nullable && there.is_nullable) {
    // A key that is still to be added needs its columns filled.
    column.is_nullable = wanted_key == nullptr || !contains(wanted_key->columns, column.name) ||
                         has_equivalent(live_.constraints, *wanted_key);
    return;
  }
  if (!column.is_nullable || there.is_nullable) {
    return;
  }
  const PrimaryKey* live_key = primary_key(live_);
  const bool is_kept_key =
      wanted_key == nullptr && live_key != nullptr && contains(live_key->columns, column.name);
  note(Severity::error, column.name,
       is_kept_key ? "it is part of a primary key, but may be NULL: writes that leave it empty fail"
                   : "it is NOT NULL, but may be NULL: writes that leave it empty fail");
  column.is_nullable = !is_kept_key;
}

void TableAcceptor::take_over_columns() {
  std::vector<Column> columns;
  columns.reserve(live_.columns.size() + wanted_.columns.size());
  for (const Column& there : live_.columns) {
    if (Column* column = find_column(wanted_, there.name)) {
      columns.push_back(std::move(*column));
      column->name = there.name;  // so that it is known below
      continue;
    }
    if (managed_ != nullptr && find_column(*managed_, there.name) != nullptr) {
      continue;
    }
    set_aside(Unmanaged::Kind::column, there.name);
    // Beside a model alone the scripts were not asked.
    const std::string_view who =
        is_model_ ? "the model does not know it" : "neither model nor scripts know it";
    if (!there.is_nullable && !there.default_sql && !there.generated && !has_own_value(live_, there.name)) {
      note(Severity::warning, there.name,
           fmt::format("{}, and it is NOT NULL without a default: inserts without it fail", who));
    } else {
      note(Severity::info, there.name, fmt::format("{}: it is left alone", who));
    }
    columns.push_back(there);
  }
  for (const Column& column : wanted_.columns) {
    if (find_column(live_, column.name) == nullptr) {
      columns.push_back(column);
    }
  }
  wanted_.columns = std::move(columns);
}

void TableAcceptor::take_over_constraints() {
  const bool has_key = primary_key(wanted_) != nullptr;
  for (const Constraint& constraint : live_.constraints) {
    const bool is_managed = managed_ != nullptr && has_equivalent(managed_->constraints, constraint);
    const bool is_replaced = has_key && std::holds_alternative<PrimaryKey>(constraint);
    const std::vector<std::string> columns = columns_of(constraint);
    const bool is_possible = std::all_of(columns.begin(), columns.end(), [&](const std::string& column) {
      return find_column(wanted_, column) != nullptr;
    });
    if (has_equivalent(wanted_.constraints, constraint) || is_managed || is_replaced || !is_possible) {
      continue;
    }
    set_aside(Unmanaged::Kind::constraint, in_words(constraint));
    wanted_.constraints.push_back(constraint);
  }
}

void TableAcceptor::accept_indexes() {
  for (Index& index : wanted_.indexes) {
    const Index* there = find_index(live_, index.name);
    if (there == nullptr) {
      const auto same = std::find_if(live_.indexes.begin(), live_.indexes.end(), [&](const Index& other) {
        return find_index(wanted_, other.name) == nullptr && is_same_but_names(other, index);
      });
      if (same == live_.indexes.end()) {
        continue;
      }
      index.name = same->name;
      there = &*same;
    }
    matched_indexes_.insert(there->name);
    accept_comment(index.comment, there->comment);
  }
}

void TableAcceptor::take_over_indexes() {
  for (const Index& index : live_.indexes) {
    const std::vector<std::string> columns = indexed_columns(index);
    const bool is_possible = std::all_of(columns.begin(), columns.end(), [&](const std::string& column) {
      return find_column(wanted_, column) != nullptr;
    });
    const bool is_managed = managed_ != nullptr && find_index(*managed_, index.name) != nullptr;
    if (matched_indexes_.count(index.name) != 0 || is_managed || !is_possible) {
      continue;
    }
    set_aside(Unmanaged::Kind::index, index.name);
    wanted_.indexes.push_back(index);
  }
}

/// Keys make a table refuse what Metaxy writes (contract D2, E1).
void TableAcceptor::warn_of_keys() {
  for (const Constraint& constraint : live_.constraints) {
    const bool is_key =
        std::holds_alternative<PrimaryKey>(constraint) || std::holds_alternative<Unique>(constraint);
    if (is_key) {
      warn_of_key(columns_of(constraint));
    }
  }
  for (const Index& index : live_.indexes) {
    if (index.is_unique && index.where.empty() && find_index(wanted_, index.name) != nullptr) {
      warn_of_key(key_of(index));
    }
  }
}

void TableAcceptor::warn_of_key(const std::vector<std::string>& columns) {
  const std::string words = join(columns, ", ");
  if (ends_with(live_.name.name, kFeatureVersions)) {
    const bool is_repeated = std::all_of(columns.begin(), columns.end(), [](const std::string& column) {
      return column == "project" || column == "feature_key" || column == "metaxy_definition_version" ||
             column == "metaxy_feature_version";
    });
    if (is_repeated) {
      note(Severity::error, {},
           fmt::format("its key ({}) makes `metaxy push` fail as soon as one feature changes: drop the key",
                       words));
    }
    return;
  }
  const bool is_feature = find_column(wanted_, "metaxy_provenance_by_field") != nullptr;
  if (is_feature && !contains(columns, "metaxy_deleted_at")) {
    note(Severity::error, {},
         contains(columns, "metaxy_updated_at")
             ? fmt::format("its key ({}) makes Metaxy's soft deletes fail, which repeat these values", words)
             : fmt::format(
                   "its key ({}) makes Metaxy's writes fail: it appends a new row for each new version",
                   words));
  }
}

}  // namespace

std::string to_text(const AcceptNote& note) {
  const std::string table = to_text(note.table);
  return note.column.empty() ? fmt::format("'{}': {}", table, note.text)
                             : fmt::format("'{}.{}': {}", table, note.column, note.text);
}

Accepted accept_alternatives(Schema wanted, Schema live, const Dialect& dialect,
                             const AcceptOptions& options) {
  Accepted result;
  result.wanted = std::move(wanted);
  std::erase_if(live, [&](const auto& entry) {
    const TableName& name = entry.first;
    const bool is_known =
        result.wanted.count(name) != 0 || (options.managed != nullptr && options.managed->count(name) != 0);
    if (!is_known) {
      result.unmanaged.push_back({Unmanaged::Kind::table, name, {}});
    }
    return !is_known;
  });
  result.live = std::move(live);
  for (const auto& [name, table] : result.live) {
    const auto found = result.wanted.find(name);
    if (found != result.wanted.end()) {
      TableAcceptor(found->second, table, dialect, options, result).run();
    }
  }
  return result;
}

}  // namespace metaxy::migrate
