#include "dialect/duckdb/guards.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "base/text.hpp"
#include "dialect/duckdb/ddl.hpp"
#include "dialect/duckdb/quoting.hpp"
#include "diff/operation.hpp"

namespace metaxy::migrate::duckdb {
namespace {

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// The text in lower case and `rest` as SQL, by DuckDB's rules where they are not ours: its lower() knows all
/// of Unicode.
std::string lowered(const std::string& text, const std::string& rest = "") {
  if (is_ascii(text)) return literal(lower(text) + rest);
  return fmt::format("lower({}){}", literal(text), rest.empty() ? rest : " || " + literal(rest));
}

std::string schema_of(const TableName& table) {
  return table.schema.empty() ? "current_schema()" : literal(table.schema);
}

/// As `here`: the table, for what the other catalog functions say of it.
std::string table_here(const TableName& table) {
  return fmt::format(
      "  WITH here AS (FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = {} AND"
      " lower(table_name) = {})\n",
      schema_of(table), lowered(table.name));
}

/// Fails with all that `parts` (SQL with a text column `part`) finds in the table.
std::string unknown_part_guard(const TableName& table, std::string_view parts) {
  const std::string message = fmt::format("{} || string_agg(part, ', ' ORDER BY part) || {}",
                                          literal(fmt::format("table '{}' has ", to_text(table))),
                                          literal(", which this script does not know and would lose"));
  return guard_sql(message, fmt::format("\nFROM (\n{}) HAVING count(*) > 0", parts));
}

/// `kind (columns)`, with the columns in the order of their names.
std::string key_in_words(std::string_view kind, std::vector<std::string> columns) {
  std::sort(columns.begin(), columns.end());
  return lowered(fmt::format("{} ({})", kind, join(columns, ", ")));
}

std::string comment_in_words(const std::string& what, std::string_view comment) {
  return fmt::format("{} || {}", literal(fmt::format("comment '{}' of ", comment)), lowered(what));
}

/// The text of a type up to the members that another guard looks at, those of a STRUCT; of those of a UNION,
/// whose names DuckDB does not quote, none looks.
std::string kind_of(const Type& type) {
  const std::string text = replace_all(to_text(type), ", ", ",");
  const std::size_t members = std::min(text.find("STRUCT("), text.find("UNION("));
  return text.substr(0, members == std::string::npos ? members : text.find('(', members) + 1);
}

/// The same, as SQL, of a column with DuckDB's text for a type.
std::string kind_sql(std::string_view type) {
  return fmt::format("regexp_extract(replace({}, ', ', ','), '(?s)^.*?(?:STRUCT|UNION)\\(|^.*$')", type);
}

/// What the script knows of the table, in the words of `unknown_parts`, as SQL.
std::vector<std::string> known_parts(const Table& table) {
  std::vector<std::string> known;
  const auto add_comment = [&known](const std::string& what, const std::string& comment) {
    if (!comment.empty()) known.push_back(comment_in_words(what, comment));
  };
  add_comment("the table", table.comment);
  for (const Column& column : table.columns) {
    known.push_back(lowered("column " + column.name, " as " + kind_of(column.type)));
    add_comment("column " + column.name, column.comment);
  }
  for (const Index& index : table.indexes) {
    known.push_back(lowered("index " + index.name));
    add_comment("index " + index.name, index.comment);
  }
  for (const Constraint& constraint : table.constraints) {
    const std::string_view kind = std::holds_alternative<PrimaryKey>(constraint) ? "primary key"
                                  : std::holds_alternative<Unique>(constraint)   ? "unique"
                                                                                 : "foreign key";
    if (!std::holds_alternative<Check>(constraint))
      known.push_back(key_in_words(kind, columns_of(constraint)));
  }
  return known;
}

constexpr std::string_view kSameTable = "(database_name, table_oid)";

/// What the table has and `known` does not, but for its checks: DuckDB writes their expressions in a form of
/// its own. A column is shown with the whole of its type.
std::string unknown_parts(const std::vector<std::string>& known) {
  return fmt::format(
      "  SELECT DISTINCT coalesce(shown, what) AS part FROM (\n"
      "  SELECT 'column ' || lower(column_name) || ' as ' || {2} AS what,\n"
      "      'column ' || lower(column_name) || ' as ' || data_type AS shown\n"
      "    FROM duckdb_columns() SEMI JOIN here USING {0}\n"
      "  UNION ALL SELECT 'index ' || lower(index_name), NULL FROM duckdb_indexes() SEMI JOIN here USING "
      "{0}\n"
      "  UNION ALL SELECT lower(constraint_type || ' (' || "
      "array_to_string(list_sort(constraint_column_names), "
      "', ') || ')'), NULL\n"
      "    FROM duckdb_constraints() SEMI JOIN here USING {0} WHERE constraint_type IN ('PRIMARY KEY', "
      "'UNIQUE', 'FOREIGN KEY')\n"
      "  UNION ALL SELECT 'comment ''' || comment || ''' of the table', NULL FROM here WHERE comment <> ''\n"
      "  UNION ALL SELECT 'comment ''' || comment || ''' of column ' || lower(column_name), NULL\n"
      "    FROM duckdb_columns() SEMI JOIN here USING {0} WHERE comment <> ''\n"
      "  UNION ALL SELECT 'comment ''' || comment || ''' of index ' || lower(index_name), NULL\n"
      "    FROM duckdb_indexes() SEMI JOIN here USING {0} WHERE comment <> ''\n"
      "  ) WHERE what NOT IN ({1})\n",
      kSameTable, join(known, ", "), kind_sql("data_type"));
}

/// Where there are more checks than the script knows, all are named.
constexpr std::string_view kChecks =
    "  UNION ALL SELECT 'a check among ' || string_agg(DISTINCT constraint_text, ', ' ORDER BY "
    "constraint_text)\n"
    "    FROM duckdb_constraints() SEMI JOIN here USING {0} WHERE constraint_type = 'CHECK'\n"
    "    HAVING count(DISTINCT constraint_text) > {1}\n";

/// The STRUCTs inside of one column.
class Members {
 public:
  explicit Members(const TableName& table) : table_(table) {}

  /// `value` is SQL for one value of the type, `path` its name for people.
  void collect(const std::string& value, const std::string& path, const Type& from, const Type& to) {
    if (from.name == "STRUCT" && to.name == "STRUCT") {
      add(value, path, from, to);
      for (const TypeMember& member : from.members) {
        const TypeMember* kept = find_member(to, member.name);
        if (kept == nullptr) continue;
        collect(fmt::format("{}[{}]", value, literal(member.name)), path + "." + member.name, member.type,
                kept->type);
      }
    } else if (is_sequence(from) && is_sequence(to)) {
      collect(value + "[1]", path, from.members[0].type, to.members[0].type);
    } else if (from.name == "MAP" && to.name == "MAP") {
      collect(fmt::format("map_keys({})[1]", value), path, from.members[0].type, to.members[0].type);
      collect(fmt::format("map_values({})[1]", value), path, from.members[1].type, to.members[1].type);
    } else if (from.name == "UNION" && to.name == "UNION") {
      for (const TypeMember& member : from.members) {
        const TypeMember* kept = find_member(to, member.name);
        if (kept == nullptr) continue;
        collect(fmt::format("union_extract({}, {})", value, literal(member.name)), path + "." + member.name,
                member.type, kept->type);
      }
    }
  }

  const std::vector<std::string>& selects() const { return selects_; }

 private:
  static bool is_sequence(const Type& type) { return type.name == "LIST" || type.name == "ARRAY"; }

  /// After a downgrade that kept them, members that the script is about to add may be there already.
  void add(const std::string& value, const std::string& path, const Type& from, const Type& to) {
    std::set<std::string> known;
    for (const Type* type : {&from, &to}) {
      for (const TypeMember& member : type->members) {
        known.insert(lowered(member.name, " as " + kind_of(member.type)));
      }
    }
    selects_.push_back(
        fmt::format("SELECT {} || column_name || ' as ' || column_type AS part\n"
                    "    FROM (DESCRIBE SELECT unnest({}) FROM {})\n"
                    "    WHERE lower(column_name) || ' as ' || {} NOT IN ({})",
                    literal("member " + path + "."), value, quoted_name(table_), kind_sql("column_type"),
                    join(std::vector<std::string>(known.begin(), known.end()), ", ")));
  }

  const TableName& table_;
  std::vector<std::string> selects_;
};

}  // namespace

std::string parts_guard(const Table& table) {
  const auto checks =
      std::count_if(table.constraints.begin(), table.constraints.end(),
                    [](const Constraint& constraint) { return std::holds_alternative<Check>(constraint); });
  return unknown_part_guard(table.name, table_here(table.name) + unknown_parts(known_parts(table)) +
                                            fmt::format(kChecks, kSameTable, checks));
}

std::string type_guard(const TableName& table, const Conversion& conversion) {
  return unknown_part_guard(
      table,
      table_here(table) + fmt::format("  SELECT 'column ' || column_name || ' as ' || data_type AS part\n"
                                      "  FROM duckdb_columns() SEMI JOIN here USING {}\n"
                                      "  WHERE lower(column_name) = {} AND {} <> {}\n",
                                      kSameTable, lowered(conversion.column), kind_sql("data_type"),
                                      literal(kind_of(conversion.from))));
}

std::optional<std::string> members_guard(const TableName& table, const std::vector<Conversion>& conversions) {
  Members members(table);
  for (const Conversion& one : conversions) {
    members.collect(quoted_name(one.column), one.column, one.from, one.to);
  }
  if (members.selects().empty()) return std::nullopt;
  return unknown_part_guard(table, fmt::format("  {}\n", join(members.selects(), "\n  UNION ALL ")));
}

std::string values_guard(const TableName& table, const Conversion& conversion) {
  const auto& [name, from, to] = conversion;
  const std::string column = quoted_name(name);
  const std::string type = to_text(to);
  const std::string message =
      literal(fmt::format("column {} of {} has a value that is no {}: ", name, to_text(table), type));
  // TRY_CAST makes NULLs of the parts of a LIST, STRUCT or MAP that do not fit.
  const bool is_nested = !from.members.empty() || !to.members.empty();
  return guard_sql(fmt::format("{} || CAST({} AS VARCHAR)", message, column),
                   fmt::format(" FROM {} WHERE {} IS NOT NULL AND {} IS NULL", quoted_name(table), column,
                               is_nested ? fmt::format("TRY(CAST({} AS {}))", column, type)
                                         : fmt::format("TRY_CAST({} AS {})", column, type)));
}

}  // namespace metaxy::migrate::duckdb
