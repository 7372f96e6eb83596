#include "dialect/sqlite/rebuild.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/text.hpp"
#include "dialect/sqlite/ddl.hpp"
#include "dialect/sqlite/expression.hpp"
#include "dialect/sqlite/guard.hpp"
#include "dialect/sqlite/quoting.hpp"
#include "dialect/sqlite/types.hpp"

namespace metaxy::migrate::sqlite {

namespace {

/// A name of the rowid that no column of the table takes away; empty where columns have all three, or there
/// is no rowid.
std::string rowid_name(const Table& table) {
  constexpr std::array<std::string_view, 3> kNames = {"rowid", "_rowid_", "oid"};
  if (has_option(table, "WITHOUT ROWID")) {
    return "";
  }
  for (const std::string_view name : kNames) {
    if (std::none_of(table.columns.begin(), table.columns.end(),
                     [name](const Column& column) { return equal_ignoring_case(column.name, name); })) {
      return std::string(name);
    }
  }
  return "";
}

/// What rows get that are there already, in a NOT NULL column without a default.
std::string_view zero_of(const Column& column) {
  switch (affinity_of(column.type.name)) {
    case Affinity::text:
      return "''";
    case Affinity::blob:
      return "x''";
    case Affinity::integer:
    case Affinity::numeric:
    case Affinity::real:
      return "0";
  }
  return "''";
}

/// Texts for `column IN (...)`, lower case.
template <class Named>
void add_names(std::vector<std::string>& list, const std::vector<Named>& values) {
  for (const Named& value : values) {
    list.push_back(literal(lower(value.name)));
  }
}

/// The columns' names in lower case, sorted.
std::string columns_text(std::vector<std::string> columns) {
  std::transform(columns.begin(), columns.end(), columns.begin(),
                 [](const std::string& column) { return lower(column); });
  std::sort(columns.begin(), columns.end());
  return join(columns, ", ");
}

/// How often the text of the table says CHECK, as the guard counts it.
std::size_t count_of_checks(const Table& table) {
  std::string text;
  for (const char c : lower(create_table_sql(table, table.name.name))) {
    if (std::string_view(" \t\n\r").find(c) == std::string_view::npos) {
      text += c;
    }
  }
  std::size_t count = 0;
  constexpr std::string_view kWord = "check(";
  for (std::size_t at = text.find(kWord); at != std::string::npos; at = text.find(kWord, at + kWord.size())) {
    ++count;
  }
  return count;
}

/// What the guard of a rebuild lets pass: texts for `IN (...)`.
struct KnownConstraints {
  explicit KnownConstraints(const Table& table) : checks(count_of_checks(table)) {
    for (const Constraint& constraint : table.constraints) {
      if (const auto* key = std::get_if<PrimaryKey>(&constraint)) {
        primary_keys.push_back(literal(columns_text(key->columns)));
      } else if (const auto* unique = std::get_if<Unique>(&constraint)) {
        uniques.push_back(literal(columns_text(unique->columns)));
      } else if (const auto* foreign = std::get_if<ForeignKey>(&constraint)) {
        foreign_keys.push_back(literal(
            fmt::format("{} to {}", columns_text(foreign->columns), lower(foreign->referenced_table.name))));
      }
    }
  }

  std::vector<std::string> primary_keys;
  std::vector<std::string> uniques;
  std::vector<std::string> foreign_keys;
  std::size_t checks;
};

/// What the declared `type` of a column, in capitals, makes of values: its affinity. INTEGER and NUMERIC
/// store all values alike (https://www.sqlite.org/datatype3.html, 3), and so do the names that
/// `declares_text` knows; these are told apart, for they may stand where a text is wanted.
constexpr std::string_view kKind =
    "CASE WHEN substr(type, 1, instr(replace(type, '(', ' ') || ' ', ' ') - 1) IN"
    " ('JSON', 'DATETIME', 'TIMESTAMP', 'DATE', 'TIME', 'UUID') THEN 'DECLARED'"
    " WHEN type LIKE '%INT%' THEN 'NUMERIC'"
    " WHEN type LIKE '%CHAR%' OR type LIKE '%CLOB%' OR type LIKE '%TEXT%' THEN 'TEXT'"
    " WHEN type = '' OR type LIKE '%BLOB%' THEN 'BLOB'"
    " WHEN type LIKE '%REAL%' OR type LIKE '%FLOA%' OR type LIKE '%DOUB%' THEN 'REAL' ELSE 'NUMERIC' END";

/// The kinds of live columns that may stand for one of the type: what they hold is copied as it is, but for
/// numbers in a declared text that becomes a TEXT, which a guard of its own looks for.
std::vector<std::string_view> kinds_for(const Type& type) {
  const Affinity affinity = affinity_of(type.name);
  if (affinity == Affinity::text) return {"TEXT", "DECLARED"};
  if (declares_text(type)) return {"DECLARED", "NUMERIC"};
  return {to_text(affinity == Affinity::integer ? Affinity::numeric : affinity)};
}

class Writer {
 public:
  explicit Writer(const Rebuild& rebuild)
      : rebuild_(rebuild),
        name_(rebuild.after.name.name),
        old_(quoted_name(name_)),
        new_(quoted_name(shadow_name(name_))) {}

  std::vector<Statement> statements() {
    const std::string what = join(rebuild_.summaries, "; ");
    add(guard_against_losses(), fmt::format("check that the rebuild loses nothing: {}", what));
    add(create_table_sql(rebuild_.after, shadow_name(name_)), "the new table");
    carry_sequence();
    copy_rows();
    guard_values();
    guard_row_count();
    guard_texts();
    add(fmt::format("DROP TABLE {}", old_), "the old table goes, its rows are in the new one");
    for (const std::string& loss : rebuild_.losses) {
      statements_.back().comments.push_back("destructive: " + loss);
    }
    add(fmt::format("ALTER TABLE {} RENAME TO {}", new_, old_), "the new table takes its name");
    for (const Index& index : rebuild_.after.indexes) {
      add(create_index_sql(name_, index), fmt::format("index {}", index.name));
    }
    for (const Trigger& trigger : rebuild_.before.triggers) {
      add(trigger.sql, fmt::format("trigger {}", trigger.name));
    }
    return std::move(statements_);
  }

 private:
  void add(std::string sql, const std::string& comment) {
    Statement statement;
    statement.text = std::move(sql);
    statement.comments.push_back(fmt::format("rebuild {}: {}", name_, comment));
    statements_.push_back(std::move(statement));
  }

  /// A script may be older than a part that somebody made by hand: DROP TABLE would take it along.
  std::string guard_against_losses() const {
    const Table& before = rebuild_.before;
    std::vector<std::string> columns;
    for (const Column& column : before.columns) {
      for (const std::string_view kind : kinds_for(column.type)) {
        columns.push_back(literal(fmt::format("{} {}", lower(column.name), kind)));
      }
    }
    std::vector<std::string> objects;
    add_names(objects, before.indexes);
    add_names(objects, before.triggers);
    return guard_sql(
        fmt::format("table {} has ", in_quotes(name_)),
        "|| what || ', which this script does not know and would lose'",
        fmt::format(
            " FROM (SELECT rtrim('column ' || name || ' ' || type) AS what FROM"
            " (SELECT name, upper(type) AS type FROM pragma_table_xinfo({0}, 'main'))"
            " WHERE lower(name) || ' ' || {5} NOT IN ({1})"
            " UNION ALL SELECT type || ' ' || name FROM main.sqlite_schema WHERE type IN ('index', 'trigger')"
            " AND sql IS NOT NULL AND lower(tbl_name) = {2} AND lower(name) NOT IN ({3}){4})",
            literal(name_), join(columns, ", "), literal(lower(name_)), join(objects, ", "),
            unknown_constraints(KnownConstraints(before)), kKind));
  }

  /// Keys are told by their columns in the order of their names. Of checks SQLite tells nothing, so the words
  /// in the text of the table are counted.
  std::string unknown_constraints(const KnownConstraints& known) const {
    return fmt::format(
        " UNION ALL SELECT 'PRIMARY KEY (' || c || ')' FROM (SELECT group_concat(name, ', ') AS c FROM"
        " (SELECT name FROM pragma_table_xinfo({0}, 'main') WHERE pk > 0 ORDER BY lower(name)))"
        " WHERE c IS NOT NULL AND lower(c) NOT IN ({1})"
        " UNION ALL SELECT 'UNIQUE (' || c || ')' FROM (SELECT (SELECT group_concat(name, ', ') FROM"
        " (SELECT name FROM pragma_index_info(l.name, 'main') ORDER BY lower(name))) AS c"
        " FROM pragma_index_list({0}, 'main') AS l WHERE l.origin = 'u') WHERE lower(c) NOT IN ({2})"
        " UNION ALL SELECT 'FOREIGN KEY (' || c || ') to ' || parent FROM (SELECT DISTINCT k.\"table\" AS "
        "parent,"
        " (SELECT group_concat(name, ', ') FROM (SELECT o.\"from\" AS name FROM"
        " pragma_foreign_key_list({0}, 'main') AS o WHERE o.id = k.id ORDER BY lower(o.\"from\"))) AS c"
        " FROM pragma_foreign_key_list({0}, 'main') AS k) WHERE lower(c || ' to ' || parent) NOT IN ({3})"
        " UNION ALL SELECT 'CHECK ' || amount || ' times in its text, where {4} are known' FROM (SELECT"
        " (length(t) - length(replace(t, 'CHECK(', ''))) / 6 AS amount FROM (SELECT replace(replace(replace("
        "replace(upper(sql), ' ', ''), char(9), ''), char(10), ''), char(13), '') AS t FROM "
        "main.sqlite_schema"
        " WHERE type = 'table' AND lower(name) = {5})) WHERE amount > {4}",
        literal(name_), join(known.primary_keys, ", "), join(known.uniques, ", "),
        join(known.foreign_keys, ", "), known.checks, literal(lower(name_)));
  }

  /// The greatest number that AUTOINCREMENT ever gave; before the rows, and by INSERT, so that it holds for
  /// an empty table.
  void carry_sequence() {
    if (has_option(rebuild_.before, "AUTOINCREMENT") && has_option(rebuild_.after, "AUTOINCREMENT")) {
      add(fmt::format(
              "INSERT INTO sqlite_sequence (name, seq) SELECT {}, seq FROM sqlite_sequence WHERE name = {}",
              literal(shadow_name(name_)), literal(name_)),
          "numbers go on where they are");
    }
  }

  /// A column of the old table. Without the alias SQLite would take a name in double quotes that is no column
  /// for a text, and write it into every row.
  static std::string of_old(const std::string& column) { return column.empty() ? "" : "o." + column; }

  /// The old table's expression for a column of the new one; empty when its default says it.
  std::string source_of(const Column& column) const {
    const Column* old_column = find_column(rebuild_.before, column.name);
    if (old_column != nullptr && rebuild_.new_columns.count(column.name) == 0) {
      return of_old(quoted_name(column.name));
    }
    if (rowid_alias(rebuild_.after) == &column) {
      return of_old(rowid_name(rebuild_.before));
    }
    return column.is_nullable || column.default_sql ? "" : std::string(zero_of(column));
  }

  void copy_rows() {
    std::vector<std::string> targets;
    std::vector<std::string> sources;
    const std::string old_rowid = rowid_name(rebuild_.before);
    const std::string new_rowid = rowid_name(rebuild_.after);
    if (rowid_alias(rebuild_.after) == nullptr && !old_rowid.empty() && !new_rowid.empty()) {
      targets.push_back(new_rowid);
      sources.push_back(of_old(old_rowid));
    }
    std::string filled;
    for (const Column& column : rebuild_.after.columns) {
      const std::string source = column.generated ? "" : source_of(column);
      if (!source.empty()) {
        targets.push_back(quoted_name(column.name));
        sources.push_back(source);
        filled += source == zero_of(column)
                      ? fmt::format("; {} has no default and becomes {}", column.name, source)
                      : "";
      }
    }
    const std::string order = old_rowid.empty() ? "" : " ORDER BY " + of_old(old_rowid);
    // With nothing in common but defaults, the number of rows still is.
    const std::string insert = targets.empty()
                                   ? fmt::format("INSERT INTO {} DEFAULT VALUES", new_)
                                   : fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} AS o{}", new_,
                                                 join(targets, ", "), join(sources, ", "), old_, order);
    add(insert, "copy the rows" + filled);
  }

  /// The columns by which a row of the copy is found where rowids do not tell.
  std::vector<std::string> common_key() const {
    std::vector<std::string> columns;
    const Column* alias = rowid_alias(rebuild_.after);
    const bool has_rowids = !rowid_name(rebuild_.before).empty() && !rowid_name(rebuild_.after).empty();
    const PrimaryKey* key = primary_key(rebuild_.after);
    if ((alias != nullptr && !source_of(*alias).empty()) || has_rowids || key == nullptr) {
      return columns;
    }
    std::copy_if(
        key->columns.begin(), key->columns.end(), std::back_inserter(columns),
        [this](const std::string& column) { return find_column(rebuild_.before, column) != nullptr; });
    return columns;
  }

  /// How a row of the copy is found by one of the table.
  std::string join_condition() const {
    const Column* alias = rowid_alias(rebuild_.after);
    const std::string old_rowid = rowid_name(rebuild_.before);
    if (alias != nullptr && !source_of(*alias).empty()) {
      return fmt::format("n.{} = {}", quoted_name(alias->name), source_of(*alias));
    }
    const std::string new_rowid = rowid_name(rebuild_.after);
    if (!old_rowid.empty() && !new_rowid.empty()) {
      return fmt::format("n.{} = o.{}", new_rowid, old_rowid);
    }
    std::vector<std::string> conditions;
    for (const std::string& column : common_key()) {
      conditions.push_back(fmt::format("n.{0} = o.{0}", quoted_name(column)));
    }
    return conditions.empty() ? "1" : join(conditions, " AND ");
  }

  /// SQLite turns values into the new column's kind while it copies, and says nothing: '007' becomes 7
  /// (dialects/rebuild.md 1.2). What cannot be turned back stops the script.
  void guard_values() {
    // A key that became another value finds no row.
    const std::vector<std::string> key = common_key();
    const std::string lost = key.empty() ? "" : fmt::format("n.{} IS NULL OR ", quoted_name(key.front()));
    for (const Column& column : rebuild_.after.columns) {
      const Column* old_column = find_column(rebuild_.before, column.name);
      if (old_column == nullptr || column.generated || rebuild_.new_columns.count(column.name) != 0 ||
          affinity_of(old_column->type.name) == affinity_of(column.type.name)) {
        continue;
      }
      const std::string c = quoted_name(column.name);
      const std::string changed = fmt::format(
          "CASE WHEN typeof(o.{0}) = typeof(n.{0}) THEN 0"
          " WHEN typeof(o.{0}) = 'text' THEN CAST(n.{0} AS TEXT) <> o.{0} AND CAST(n.{0} AS TEXT) <> o.{0} "
          "|| '.0'"
          " WHEN typeof(o.{0}) = 'real' THEN CAST(n.{0} AS REAL) <> o.{0}"
          // Compared as they are: CAST makes the greatest INTEGER of everything above it.
          " WHEN typeof(n.{0}) = 'real' THEN n.{0} <> o.{0}"
          " ELSE CAST(n.{0} AS INTEGER) <> o.{0} END",
          c);
      add(guard_sql(fmt::format("values of {}.{} would change by the new type: ", name_, column.name),
                    "|| amount || ', for example ' || example",
                    fmt::format(" FROM (SELECT count(*) AS amount, min(quote(o.{0})) AS "
                                "example FROM {1} AS o {5}JOIN {2} AS n ON {3}"
                                " WHERE {6}{4}) WHERE amount > 0",
                                c, old_, new_, join_condition(), changed, key.empty() ? "" : "LEFT ", lost)),
          fmt::format("check that no value of {} changes", column.name));
    }
  }

  /// Numbers in columns that the database declares as JSON, DATETIME or the like become texts where the
  /// script says TEXT. Looks at rows only where there are such columns.
  void guard_texts() {
    std::vector<std::string> names;
    std::vector<std::string> changed;
    for (const Column& column : rebuild_.after.columns) {
      const Column* old_column = find_column(rebuild_.before, column.name);
      if (old_column == nullptr || column.generated || rebuild_.new_columns.count(column.name) != 0 ||
          affinity_of(old_column->type.name) != Affinity::text ||
          affinity_of(column.type.name) != Affinity::text) {
        continue;
      }
      names.push_back(literal(lower(column.name)));
      changed.push_back(fmt::format("typeof(o.{0}) <> typeof(n.{0})", quoted_name(column.name)));
    }
    if (names.empty() || join_condition() == "1") return;
    add(guard_sql(
            fmt::format("numbers of {} would become texts: the table has ", name_), "|| columns",
            fmt::format(
                " FROM (SELECT declared.columns FROM (SELECT group_concat(name || ' ' || type, ', ') AS "
                "columns"
                " FROM (SELECT name, upper(type) AS type FROM pragma_table_xinfo({}, 'main'))"
                " WHERE lower(name) IN ({}) AND {} = 'DECLARED') AS declared"
                " CROSS JOIN {} AS o CROSS JOIN {} AS n ON {} WHERE declared.columns IS NOT NULL AND ({})"
                " LIMIT 1)",
                literal(name_), join(names, ", "), kKind, old_, new_, join_condition(),
                join(changed, " OR "))),
        "check that no number becomes a text");
  }

  void guard_row_count() {
    add(guard_sql(
            fmt::format("table {} has ", in_quotes(name_)), "|| old_rows || ' rows, its copy ' || new_rows",
            fmt::format(" FROM (SELECT (SELECT count(*) FROM {}) AS old_rows, (SELECT count(*) FROM {}) AS"
                        " new_rows) WHERE old_rows <> new_rows",
                        old_, new_)),
        "check that all rows are there");
  }

  const Rebuild& rebuild_;
  std::string name_;
  std::string old_;
  std::string new_;
  std::vector<Statement> statements_;
};

}  // namespace

std::vector<Statement> rebuild_statements(const Rebuild& rebuild) { return Writer(rebuild).statements(); }

}  // namespace metaxy::migrate::sqlite
