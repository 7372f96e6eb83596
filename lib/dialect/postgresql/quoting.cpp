#include "dialect/postgresql/quoting.hpp"

#include <algorithm>
#include <array>

#include "base/hash.hpp"
#include "base/text.hpp"

namespace metaxy::migrate::postgresql {

namespace {

/// Words that PostgreSQL 15 takes for a column's name in quotes only: reserved, or functions and types of its
/// grammar (https://www.postgresql.org/docs/15/sql-keywords-appendix.html). Sorted.
constexpr std::array<std::string_view, 151> kQuotedWords = {
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
};

std::string between(char quote, std::string_view text) {
  const std::string one(1, quote);
  return one + replace_all(std::string(text), one, one + one) + one;
}

bool is_plain_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const auto is_fitting = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), is_fitting);
}

/// The first `size` bytes, or less where a character would be cut.
std::string_view head_of(std::string_view text, std::size_t size) {
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
    --size;
  }
  return text.substr(0, size);
}

}  // namespace

const SplitterOptions& splitter_options() {
  static const SplitterOptions options = [] {
    SplitterOptions result;
    result.has_dollar_quotes = true;
    result.has_nested_comments = true;
    result.has_backslash_strings = true;
    result.has_atomic_bodies = true;
    return result;
  }();
  return options;
}

std::string quoted_name(std::string_view identifier) { return between('"', identifier); }

std::string quoted_name(const TableName& name) {
  return name.schema.empty() ? quoted_name(name.name)
                             : quoted_name(name.schema) + "." + quoted_name(name.name);
}

std::string quoted_list(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  quoted.reserve(names.size());
  for (const std::string& name : names) {
    quoted.push_back(quoted_name(name));
  }
  return join(quoted, ", ");
}

std::string literal(std::string_view text) { return between('\'', text); }

std::string printed_name(std::string_view name) {
  const bool is_word = std::binary_search(kQuotedWords.begin(), kQuotedWords.end(), name);
  return is_plain_name(name) && !is_word ? std::string(name) : quoted_name(name);
}

std::string made_name(const std::vector<std::string>& parts) {
  constexpr std::size_t kHashDigits = 8;
  std::string whole = join(parts, "_");
  if (whole.size() <= kMaxNameBytes) {
    return whole;
  }
  const std::string hash = sha256(whole).substr(0, kHashDigits);
  return std::string(head_of(whole, kMaxNameBytes - kHashDigits - 1)) + "_" + hash;
}

}  // namespace metaxy::migrate::postgresql
