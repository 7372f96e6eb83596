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

/// A type without what the guards for members look at; of a DECIMAL all, for it would be rounded.
std::string kind_of(const Type& type) {
  const std::string text = replace_all(to_text(type), ", ", ",");
  return text.starts_with("DECIMAL") ? text : text.substr(0, text.find('('));
}

/// What the script knows of the table, in the words of `kParts`, as SQL.
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

/// What the table has, but for its checks: DuckDB writes their expressions in a form of its own.
constexpr std::string_view kParts =
    "  SELECT 'column ' || lower(column_name) || ' as ' ||\n"
    "      if(data_type LIKE 'DECIMAL%', data_type, split_part(data_type, '(', 1)) AS part\n"
    "    FROM duckdb_columns() SEMI JOIN here USING {0}\n"
    "  UNION ALL SELECT 'index ' || lower(index_name) FROM duckdb_indexes() SEMI JOIN here USING {0}\n"
    "  UNION ALL SELECT lower(constraint_type || ' (' || array_to_string(list_sort(constraint_column_names), "
    "', "
    "') || ')')\n"
    "    FROM duckdb_constraints() SEMI JOIN here USING {0} WHERE constraint_type IN ('PRIMARY KEY', "
    "'UNIQUE', "
    "'FOREIGN KEY')\n"
    "  UNION ALL SELECT 'comment ''' || comment || ''' of the table' FROM here WHERE comment <> ''\n"
    "  UNION ALL SELECT 'comment ''' || comment || ''' of column ' || lower(column_name)\n"
    "    FROM duckdb_columns() SEMI JOIN here USING {0} WHERE comment <> ''\n"
    "  UNION ALL SELECT 'comment ''' || comment || ''' of index ' || lower(index_name)\n"
    "    FROM duckdb_indexes() SEMI JOIN here USING {0} WHERE comment <> ''\n"
    "  EXCEPT VALUES {1}\n";

/// Where there are more checks than the script knows, all are named.
constexpr std::string_view kChecks =
    "  UNION ALL SELECT 'a check among ' || string_agg(DISTINCT constraint_text, ', ' ORDER BY "
    "constraint_text)\n"
    "    FROM duckdb_constraints() SEMI JOIN here USING {0} WHERE constraint_type = 'CHECK'\n"
    "    HAVING count(DISTINCT constraint_text) > {1}\n";

constexpr std::string_view kSameTable = "(database_name, table_oid)";

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
      for (const TypeMember& member : type->members) known.insert(lowered(member.name));
    }
    selects_.push_back(
        fmt::format("SELECT {} || column_name AS part FROM (DESCRIBE SELECT unnest({}) FROM {})\n"
                    "    WHERE lower(column_name) NOT IN ({})",
                    literal("member " + path + "."), value, quoted_name(table_),
                    join(std::vector<std::string>(known.begin(), known.end()), ", ")));
  }

  const TableName& table_;
  std::vector<std::string> selects_;
};

/// How DuckDB's text for such a type looks.
std::string pattern_of(const Type& type) {
  return type.name == "LIST" || type.name == "ARRAY" ? "%]" : type.name + "(%";
}

}  // namespace

std::string parts_guard(const Table& table) {
  std::vector<std::string> known;
  for (const std::string& part : known_parts(table)) known.push_back(fmt::format("({})", part));
  const auto checks =
      std::count_if(table.constraints.begin(), table.constraints.end(),
                    [](const Constraint& constraint) { return std::holds_alternative<Check>(constraint); });
  return unknown_part_guard(table.name, table_here(table.name) +
                                            fmt::format(kParts, kSameTable, join(known, ", ")) +
                                            fmt::format(kChecks, kSameTable, checks));
}

std::vector<std::string> member_guards(const TableName& table, const std::vector<Conversion>& conversions) {
  Members members(table);
  std::vector<std::string> unlike;
  for (const Conversion& one : conversions) {
    const std::size_t count = members.selects().size();
    members.collect(quoted_name(one.column), one.column, one.from, one.to);
    if (members.selects().size() == count) continue;
    unlike.push_back(fmt::format("lower(column_name) = {} AND data_type NOT LIKE {}", lowered(one.column),
                                 literal(pattern_of(one.from))));
  }
  if (unlike.empty()) return {};
  // A type of another kind would end the second query in an error that says nothing about the column.
  return {unknown_part_guard(
              table, table_here(table) +
                         fmt::format("  SELECT 'column ' || column_name || ' as ' || data_type AS part\n"
                                     "  FROM duckdb_columns() SEMI JOIN here USING {}\n  WHERE {}\n",
                                     kSameTable, join(unlike, "\n    OR "))),
          unknown_part_guard(table, fmt::format("  {}\n", join(members.selects(), "\n  UNION ALL ")))};
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
