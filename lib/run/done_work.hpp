#pragma once
// What the done statements of a partly applied script did, as far as their text tells: only that is taken
// back, for what else is there was made by others.

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "diff/operation.hpp"
#include "sql/splitter.hpp"
#include "sql/statement.hpp"

namespace metaxy::migrate {

class DoneWork {
 public:
  /// `changes` are those of the whole script; both must outlive the work.
  DoneWork(const std::vector<Operation>& changes, const SplitterOptions& options);

  /// A statement that is done, of a section counted from 0.
  void add(std::size_t section, const Statement& statement);

  /// Whether a statement may have made the change. A table or column counts only where a statement makes it
  /// for certain: IF NOT EXISTS does not.
  bool may_include(const Operation& change) const;

  /// A statement whose effect on rows is still there when the schema is as before.
  struct LastingRows {
    std::size_t section = 0;
    std::string first_line;
  };
  /// The first one. What fills tables and columns that go with the undoing leaves nothing.
  std::optional<LastingRows> lasting_rows() const;

 private:
  struct Ddl {
    std::vector<Token> tokens;
    /// "t" of `-- rebuild t: ...`; empty for others.
    std::string rebuilt;
  };
  struct RowStatement {
    std::size_t section = 0;
    std::string first_line;
    /// nullopt: what is changed is not known.
    std::optional<TableName> table;
    /// Of an UPDATE, what it sets; nullopt: whole rows, or what is not known.
    std::optional<std::set<std::string>> columns;
  };

  bool is_same_table(const TableName& a, const TableName& b) const;
  bool makes(const Ddl& ddl, const TableName& table) const;
  bool made(const TableName& table) const;
  bool made(const TableName& table, const std::string& column) const;
  bool names(const TableName& table, const std::string& column) const;
  bool goes_with_undoing(const RowStatement& rows) const;

  const std::vector<Operation>& changes_;
  const SplitterOptions& options_;
  /// Pairs of names that a table has before and after a rename.
  std::vector<std::pair<TableName, TableName>> renames_;
  std::vector<Ddl> ddl_;
  std::vector<RowStatement> rows_;
};

/// The table that an INSERT, UPDATE, DELETE or DDL statement is about; nullopt where that is not plain.
std::optional<TableName> table_of(const Statement& statement, const SplitterOptions& options);

}  // namespace metaxy::migrate
