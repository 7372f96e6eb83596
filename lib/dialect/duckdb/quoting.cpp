#include "dialect/duckdb/quoting.hpp"

#include "base/text.hpp"

namespace metaxy::migrate::duckdb {
namespace {

std::string between(char quote, std::string_view text) {
  const std::string one(1, quote);
  return one + replace_all(std::string(text), one, one + one) + one;
}

}  // namespace

const SplitterOptions& splitter_options() {
  static const SplitterOptions options = [] {
    SplitterOptions duckdb;
    duckdb.has_dollar_quotes = true;
    duckdb.has_nested_comments = true;
    duckdb.has_backslash_strings = true;
    return duckdb;
  }();
  return options;
}

std::string quoted_name(std::string_view identifier) { return between('"', identifier); }

std::string quoted_name(const TableName& name) {
  return name.schema.empty() ? quoted_name(name.name)
                             : quoted_name(name.schema) + "." + quoted_name(name.name);
}

std::string literal(std::string_view text) { return between('\'', text); }

}  // namespace metaxy::migrate::duckdb
