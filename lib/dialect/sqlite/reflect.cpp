#include "dialect/sqlite/reflect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/snapshot.hpp"
#include "dialect/sqlite/canonical.hpp"
#include "dialect/sqlite/catalog_queries.hpp"
#include "dialect/sqlite/table_text.hpp"

namespace metaxy::migrate::sqlite {

namespace {

/// One row of sqlite_schema.
struct SchemaText {
  std::string type;
  std::string name;
  std::string table;
  std::string sql;
};

bool is_virtual(const SchemaText& text) {
  constexpr std::string_view kWords = "create virtual table";
  return text.type == "table" &&
         equal_ignoring_case(std::string_view(text.sql).substr(0, kWords.size()), kWords);
}

class Reader {
 public:
  explicit Reader(Connection& connection) : connection_(connection) {}

  Reflected read() {
    std::vector<SchemaText> texts;
    for (Row& row : connection_.query(kSchemaTexts)) {
      texts.push_back({row[0].value_or(""), row[1].value_or(""), row[2].value_or(""), row[3].value_or("")});
    }
    if (std::any_of(texts.begin(), texts.end(), is_virtual)) {
      for (const Row& row : connection_.query(kVirtualAndShadowTables)) {
        left_out_.insert(row[0].value_or(""));
      }
    }
    for (const SchemaText& text : texts) {
      if (text.type == "table" && left_out_.count(text.name) == 0) {
        attempt(text, [&] { add_table(text); });
      }
    }
    for (const SchemaText& text : texts) {
      if (text.type == "index") {
        attempt(text, [&] { add_index(text); });
      } else if (text.type == "trigger") {
        add_trigger(text);
      } else if (text.type == "view") {
        result_.views.push_back({.name = {"", text.name}, .sql = text.sql});
      }
    }
    result_.schema = canonical_schema(std::move(result_.schema));
    return std::move(result_);
  }

 private:
  template <class Act>
  void attempt(const SchemaText& text, Act act) {
    try {
      act();
    } catch (const Error& error) {
      result_.not_compared.push_back(fmt::format("{} {}: {}", text.type, text.name, error.what()));
    }
  }

  void add_table(const SchemaText& text) {
    Table table = read_table(text.sql);
    table.name = {"", text.name};
    tables_[lower(text.name)] = table.name;
    put(result_.schema, std::move(table));
  }

  /// nullptr where the table is left out or was not understood.
  Table* table_of(const SchemaText& text) {
    const auto found = tables_.find(lower(text.table));
    return found == tables_.end() ? nullptr : &result_.schema.at(found->second);
  }

  void add_index(const SchemaText& text) {
    // Those that SQLite makes for PRIMARY KEY and UNIQUE have no text.
    if (Table* table = table_of(text); table != nullptr && !text.sql.empty()) {
      Index index = read_index(text.sql);
      index.name = text.name;
      table->indexes.push_back(std::move(index));
    }
  }

  void add_trigger(const SchemaText& text) {
    if (Table* table = table_of(text)) {
      table->triggers.push_back({text.name, text.sql});
    }
  }

  Connection& connection_;
  Reflected result_;
  std::set<std::string> left_out_;
  std::map<std::string, TableName> tables_;
};

}  // namespace

Reflected reflect(Connection& connection) {
  const Snapshot snapshot(connection);
  return Reader(connection).read();
}

}  // namespace metaxy::migrate::sqlite
