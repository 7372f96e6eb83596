#include "dialect/state_sql.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kVersionColumn = "version_num";

enum class LogColumnKind { text, integer, timestamp };

struct LogColumn {
  std::string_view name;
  LogColumnKind kind = LogColumnKind::text;
};

/// In the order of log_parameters and log_row_from. The script is last, so that what is before it is read
/// without it.
constexpr std::array<LogColumn, 24> kLogColumns = {{
    {"sequence", LogColumnKind::integer},
    {"format", LogColumnKind::integer},
    {"project", LogColumnKind::text},
    {"environment", LogColumnKind::text},
    {"part", LogColumnKind::text},
    {"at", LogColumnKind::timestamp},
    {"action", LogColumnKind::text},
    {"outcome", LogColumnKind::text},
    {"revision", LogColumnKind::text},
    {"down_revision", LogColumnKind::text},
    {"message", LogColumnKind::text},
    {"upgrade_checksum", LogColumnKind::text},
    {"downgrade_checksum", LogColumnKind::text},
    {"section", LogColumnKind::integer},
    {"statement", LogColumnKind::integer},
    {"statements", LogColumnKind::integer},
    {"duration_ms", LogColumnKind::integer},
    {"failed_sql", LogColumnKind::text},
    {"error", LogColumnKind::text},
    {"tool_version", LogColumnKind::text},
    {"user_name", LogColumnKind::text},
    {"host", LogColumnKind::text},
    {"mode", LogColumnKind::text},
    {"script", LogColumnKind::text},
}};

Cell text_cell(const std::string& text) { return text.empty() ? Cell() : Cell(text); }
Cell number_cell(std::int64_t number) { return Cell(std::to_string(number)); }
/// -1 means nothing.
Cell index_cell(std::int64_t index) { return index < 0 ? Cell() : number_cell(index); }

std::int64_t number_in(const Cell& cell, std::int64_t otherwise) {
  std::int64_t number = otherwise;
  if (cell) {
    std::from_chars(cell->data(), cell->data() + cell->size(), number);
  }
  return number;
}

LogicalKind logical_kind(LogColumnKind kind) {
  switch (kind) {
    case LogColumnKind::text:
      return LogicalKind::text;
    case LogColumnKind::integer:
      return LogicalKind::integer;
    case LogColumnKind::timestamp:
      return LogicalKind::timestamp;
  }
  return LogicalKind::text;
}

std::string type_text(const Dialect& dialect, LogicalKind kind) {
  LogicalType type;
  type.kind = kind;
  return to_text(dialect.column_type(type));
}

/// `"sequence", "format", ...`, all columns or all but the script.
std::string log_column_list(const Dialect& dialect, bool has_script) {
  std::vector<std::string> names;
  for (const LogColumn& column : kLogColumns) {
    if (has_script || column.name != "script") {
      names.push_back(dialect.quoted(column.name));
    }
  }
  return join(names, ", ");
}

RowTarget target_of_log(const Dialect& dialect, const std::string& log_table) {
  RowTarget target{.table = log_table, .columns = {}, .insert = {}};
  std::string marks;
  for (const LogColumn& column : kLogColumns) {
    target.columns.emplace_back(column.name);
    marks += marks.empty() ? "?" : ", ?";
  }
  target.insert = fmt::format("INSERT INTO {} ({}) VALUES ({})", dialect.quoted(log_table),
                              log_column_list(dialect, true), marks);
  return target;
}

}  // namespace

StateSql::StateSql(const Dialect& dialect, std::string version_table, std::string log_table)
    : dialect_(dialect),
      version_table_(std::move(version_table)),
      log_table_(std::move(log_table)),
      log_target_(target_of_log(dialect, log_table_)),
      insert_log_start_(fmt::format("INSERT INTO {} ({}) VALUES (", dialect.quoted(log_table_),
                                    log_column_list(dialect, true))),
      next_sequence_(fmt::format("(SELECT coalesce(max({0}), 0) + 1 FROM {1})", dialect.quoted("sequence"),
                                 dialect.quoted(log_table_))) {}

/// Without a primary key: DuckDB checks one too eagerly, and the rows are counted on every change anyway.
std::string StateSql::create_version_table() const {
  return fmt::format("CREATE TABLE IF NOT EXISTS {} ({} {} NOT NULL)", dialect_.quoted(version_table_),
                     dialect_.quoted(kVersionColumn), type_text(dialect_, LogicalKind::text));
}

std::string StateSql::create_log_table() const {
  std::vector<std::string> columns;
  for (const LogColumn& column : kLogColumns) {
    const bool is_required = column.name == "sequence" || column.name == "format";
    columns.push_back(fmt::format("{} {}{}", dialect_.quoted(column.name),
                                  type_text(dialect_, logical_kind(column.kind)),
                                  is_required ? " NOT NULL" : ""));
  }
  return fmt::format("CREATE TABLE IF NOT EXISTS {} (\n  {}\n)", dialect_.quoted(log_table_),
                     join(columns, ",\n  "));
}

std::string StateSql::select_versions() const {
  const std::string_view order = dialect_.capabilities().state.row_order;
  return fmt::format("SELECT {0} FROM {1} ORDER BY {2}", dialect_.quoted(kVersionColumn),
                     dialect_.quoted(version_table_),
                     order.empty() ? dialect_.quoted(kVersionColumn) : order);
}

std::string StateSql::insert_version() const {
  return fmt::format("INSERT INTO {} ({}) VALUES (?)", dialect_.quoted(version_table_),
                     dialect_.quoted(kVersionColumn));
}

std::string StateSql::delete_version() const {
  return fmt::format("DELETE FROM {} WHERE {} = ?", dialect_.quoted(version_table_),
                     dialect_.quoted(kVersionColumn));
}

std::string StateSql::update_version() const {
  return fmt::format("UPDATE {0} SET {1} = ? WHERE {1} = ?", dialect_.quoted(version_table_),
                     dialect_.quoted(kVersionColumn));
}

std::string StateSql::insert_version(std::string_view id) const {
  return fmt::format("INSERT INTO {} ({}) VALUES ({})", dialect_.quoted(version_table_),
                     dialect_.quoted(kVersionColumn), dialect_.literal(id));
}

std::string StateSql::delete_version(std::string_view id) const {
  return fmt::format("DELETE FROM {} WHERE {} = {}", dialect_.quoted(version_table_),
                     dialect_.quoted(kVersionColumn), dialect_.literal(id));
}

std::string StateSql::update_version(std::string_view from, std::string_view to) const {
  return fmt::format("UPDATE {0} SET {1} = {2} WHERE {1} = {3}", dialect_.quoted(version_table_),
                     dialect_.quoted(kVersionColumn), dialect_.literal(to), dialect_.literal(from));
}

std::string StateSql::delete_all_versions() const {
  return fmt::format("DELETE FROM {}", dialect_.quoted(version_table_));
}

std::vector<Cell> StateSql::log_parameters(const LogRow& row) {
  return {number_cell(row.sequence),
          number_cell(row.format),
          text_cell(row.project),
          text_cell(row.environment),
          text_cell(row.part),
          text_cell(row.at),
          text_cell(row.action),
          text_cell(row.outcome),
          text_cell(row.revision),
          text_cell(row.down_revision),
          text_cell(row.message),
          text_cell(row.upgrade_checksum),
          text_cell(row.downgrade_checksum),
          index_cell(row.section),
          index_cell(row.statement),
          number_cell(row.statements),
          number_cell(row.duration_ms),
          text_cell(row.failed_sql),
          text_cell(row.error),
          text_cell(row.tool_version),
          text_cell(row.user),
          text_cell(row.host),
          text_cell(row.mode),
          row.script};
}

std::string StateSql::insert_log_offline(const LogRow& row) const {
  const StateWords& words = dialect_.capabilities().state;
  const std::vector<Cell> cells = log_parameters(row);
  constexpr std::size_t kUsual = 1024;
  std::string text;
  text.reserve(insert_log_start_.size() + kUsual + (row.script ? row.script->size() : 0));
  text += insert_log_start_;
  for (std::size_t i = 0; i < kLogColumns.size(); ++i) {
    const std::string_view name = kLogColumns[i].name;
    text += i == 0 ? "" : ", ";
    if (name == "sequence") {
      text += next_sequence_;
    } else if (name == "at") {
      text += words.utc_now;
    } else if (name == "user_name") {
      text += words.current_user;
    } else if (name == "mode") {
      text += dialect_.literal("offline");
    } else if (!cells[i]) {
      text += "NULL";
    } else {
      text += kLogColumns[i].kind == LogColumnKind::integer ? *cells[i] : dialect_.literal(*cells[i]);
    }
  }
  return text + ")";
}

std::string StateSql::select_log() const {
  return fmt::format("SELECT {} FROM {} ORDER BY {}", log_column_list(dialect_, false),
                     dialect_.quoted(log_table_), dialect_.quoted("sequence"));
}

std::string StateSql::select_log_from(std::int64_t sequence) const {
  return fmt::format("SELECT {0} FROM {1} WHERE {2} >= {3} ORDER BY {2}", log_column_list(dialect_, false),
                     dialect_.quoted(log_table_), dialect_.quoted("sequence"), sequence);
}

std::string StateSql::select_newest_sequence() const {
  const std::string_view order = dialect_.capabilities().state.row_order;
  const std::string sequence = dialect_.quoted("sequence");
  return fmt::format("SELECT {} FROM {} ORDER BY {} DESC LIMIT 1", sequence, dialect_.quoted(log_table_),
                     order.empty() ? sequence : order);
}

LogRow StateSql::log_row_from(const Row& row) {
  const auto text = [&row](std::size_t column) { return row.at(column).value_or(""); };
  LogRow result;
  result.sequence = number_in(row.at(0), 0);
  result.format = static_cast<int>(number_in(row.at(1), 0));
  result.project = text(2);
  result.environment = text(3);
  result.part = text(4);
  result.at = text(5);
  result.action = text(6);
  result.outcome = text(7);
  result.revision = text(8);
  result.down_revision = text(9);
  result.message = text(10);
  result.upgrade_checksum = text(11);
  result.downgrade_checksum = text(12);
  result.section = number_in(row.at(13), -1);
  result.statement = number_in(row.at(14), -1);
  result.statements = number_in(row.at(15), 0);
  result.duration_ms = number_in(row.at(16), 0);
  result.failed_sql = text(17);
  result.error = text(18);
  result.tool_version = text(19);
  result.user = text(20);
  result.host = text(21);
  result.mode = text(22);
  return result;
}

std::string StateSql::select_log_script() const {
  return fmt::format("SELECT {} FROM {} WHERE {} = ?", dialect_.quoted("script"), dialect_.quoted(log_table_),
                     dialect_.quoted("sequence"));
}

std::string StateSql::select_dependent_scripts() const {
  return fmt::format("SELECT {0}, {1} FROM {2} WHERE {3} = ? AND {4} = ? AND {1} LIKE '%depends_on%'",
                     dialect_.quoted("sequence"), dialect_.quoted("script"), dialect_.quoted(log_table_),
                     dialect_.quoted("project"), dialect_.quoted("part"));
}

std::string StateSql::select_scripts_of_others() const {
  return fmt::format(
      "SELECT {0}, {1}, {2}, {3} FROM {4} WHERE {1} <> ? AND {5} = 'done' AND {3} IS NOT NULL ORDER BY {0}",
      dialect_.quoted("sequence"), dialect_.quoted("project"), dialect_.quoted("action"),
      dialect_.quoted("script"), dialect_.quoted(log_table_), dialect_.quoted("outcome"));
}

std::string StateSql::select_state_tables() const {
  // Names are as the database spells them; where case makes none, nobody has two that differ in it only.
  const auto& capabilities = dialect_.capabilities();
  const bool is_exact = capabilities.has_case_sensitive_names;
  const auto spelled = [&](const std::string& name) {
    return dialect_.literal(is_exact ? name : lower(name));
  };
  return fmt::format("SELECT lower(name) FROM ({}) AS tables WHERE {} IN ({}, {})",
                     capabilities.state.table_names, is_exact ? "name" : "lower(name)",
                     spelled(version_table_), spelled(log_table_));
}

std::string StateSql::select_logs_elsewhere() const {
  if (!dialect_.capabilities().has_schemas) return {};
  return fmt::format(
      "SELECT table_schema, current_schema() FROM information_schema.tables WHERE table_name = {} AND "
      "table_schema <> current_schema() AND table_schema = ANY(current_schemas(false)) ORDER BY table_schema",
      dialect_.literal(log_table_));
}

std::string StateSql::select_environments(const std::string& schema) const {
  return fmt::format("SELECT DISTINCT {} FROM {}.{} WHERE {} = ? AND {} = ?", dialect_.quoted("environment"),
                     dialect_.quoted(schema), dialect_.quoted(log_table_), dialect_.quoted("project"),
                     dialect_.quoted("part"));
}

std::string StateSql::select_alembic_tables() const {
  return fmt::format("SELECT name FROM ({}) AS tables WHERE name LIKE 'alembic%version%' ORDER BY name",
                     dialect_.capabilities().state.table_names);
}

std::string StateSql::select_version_limit() const {
  const std::string query(dialect_.capabilities().state.column_limit);
  return replace_all(replace_all(query, "$1", dialect_.literal(dialect_.quoted(version_table_))), "$2",
                     dialect_.literal(kVersionColumn));
}

std::string StateSql::widen_version() const {
  return fmt::format("ALTER TABLE {} ALTER COLUMN {} TYPE TEXT", dialect_.quoted(version_table_),
                     dialect_.quoted(kVersionColumn));
}

std::vector<std::string> StateSql::guard(std::span<const std::string> rows) const {
  const std::string table = dialect_.quoted(version_table_);
  std::string condition = fmt::format("(SELECT count(*) FROM {}) <> {}", table, rows.size());
  std::string wanted = "nothing";
  if (!rows.empty()) {
    const std::vector<std::string> ids(rows.begin(), rows.end());
    wanted = join(ids, ", ");
    std::vector<std::string> literals;
    for (const std::string& id : ids) {
      literals.push_back(dialect_.literal(id));
    }
    condition += fmt::format(" OR (SELECT count(*) FROM {} WHERE {} IN ({})) <> {}", table,
                             dialect_.quoted(kVersionColumn), join(literals, ", "), rows.size());
  }
  return {failing_if(
      condition, fmt::format("the version table '{}' must hold {}; these statements are for another state",
                             version_table_, wanted))};
}

std::string StateSql::progress_guard(const LogRow& row, std::size_t steps) const {
  const std::string log = dialect_.quoted(log_table_);
  const std::string ours =
      fmt::format("{} = {} AND {} = {}", dialect_.quoted("project"), dialect_.literal(row.project),
                  dialect_.quoted("part"), dialect_.literal(row.part));
  const std::string sequence = dialect_.quoted("sequence");
  const std::string of_revision =
      fmt::format("{} = {}", dialect_.quoted("revision"), dialect_.literal(row.revision));
  const std::string outcome = dialect_.quoted("outcome");
  return failing_if(
      fmt::format(
          "(SELECT count(*) FROM {0} WHERE {1} AND {2} AND {3} IN ('started', 'statement', 'section', "
          "'skipped', 'adopted') AND {4} > (SELECT coalesce(max({4}), 0) FROM {0} WHERE {1} AND {3} = 'done' "
          "AND "
          "({2} OR {5} = 'stamp'))) <> {6}",
          log, ours, of_revision, outcome, sequence, dialect_.quoted("action"), steps),
      fmt::format("revision '{}' is partly done otherwise than here: see `metaxy-migrate status`",
                  row.revision));
}

std::string StateSql::adopted_guard(const LogRow& row, const std::set<std::string>& parts) const {
  const auto is = [this](std::string_view column, const std::string& value) {
    return fmt::format("{} = {}", dialect_.quoted(column), dialect_.literal(value));
  };
  const std::string log = dialect_.quoted(log_table_);
  const std::string ours = fmt::format("{} AND {} AND {}", is("project", row.project), is("part", row.part),
                                       is("revision", row.revision));
  std::vector<std::string> names;
  for (const std::string& part : parts) {
    names.push_back(dialect_.literal(part));
  }
  return failing_if(
      fmt::format("EXISTS (SELECT 1 FROM {0} WHERE {1} AND {2} AND lower({3}) IN ({4}) AND {5} > (SELECT "
                  "coalesce(max({5}), 0) FROM {0} WHERE {1} AND {6} AND {7} IN ('downgrade', 'undo')))",
                  log, ours, is("outcome", "adopted"), dialect_.quoted("error"), join(names, ", "),
                  dialect_.quoted("sequence"), is("outcome", "done"), dialect_.quoted("action")),
      fmt::format(
          "what revision '{}' would drop was there before it and was adopted: run its downgrade connected "
          "to the database, which keeps it",
          row.revision));
}

std::string StateSql::failing_if(const std::string& condition, const std::string& message) const {
  return fmt::format(
      "SELECT {} WHERE {}",
      replace_all(std::string(dialect_.capabilities().state.failure), "$", dialect_.literal(message)),
      condition);
}

}  // namespace metaxy::migrate
