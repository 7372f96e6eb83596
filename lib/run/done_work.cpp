#include "run/done_work.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "run/script_facts.hpp"
#include "run/statement_names.hpp"
#include "sql/inner_change.hpp"

namespace metaxy::migrate {

namespace {

using Tokens = std::vector<Token>;

bool at_name(const Tokens& tokens, std::size_t at) {
  return at < tokens.size() &&
         (tokens[at].kind == Token::Kind::word || tokens[at].kind == Token::Kind::quoted_identifier);
}

bool at_name(const Tokens& tokens, std::size_t at, std::string_view name) {
  return at_name(tokens, at) && equal_ignoring_case(tokens[at].text, name);
}

bool has_name(const Tokens& tokens, std::string_view name) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (at_name(tokens, i, name)) return true;
  }
  return false;
}

std::optional<TableName> table_at(const Tokens& tokens, std::size_t at) {
  return name_at(tokens, after_if_exists(tokens, at));
}

/// Of `word name`: the first one.
std::optional<TableName> name_behind(const Tokens& tokens, std::string_view word) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (has_word_at(tokens, i, word)) return table_at(tokens, i + 1);
  }
  return std::nullopt;
}

bool is_if_not_exists(const Tokens& tokens, std::size_t at) {
  return has_word_at(tokens, at, "if") && has_word_at(tokens, at + 1, "not") &&
         has_word_at(tokens, at + 2, "exists");
}

/// CREATE ... TABLE name; nullopt for others, and where the table may have been there.
std::optional<TableName> created_table(const Tokens& tokens) {
  for (std::size_t i = 1; has_word_at(tokens, 0, "create") && i < tokens.size() && i < 6; ++i) {
    if (has_word_at(tokens, i, "table")) {
      return is_if_not_exists(tokens, i + 1) ? std::nullopt : table_at(tokens, i + 1);
    }
  }
  return std::nullopt;
}

/// ... RENAME TO name
std::optional<TableName> new_name(const Tokens& tokens) {
  for (std::size_t i = 1; has_word_at(tokens, 0, "alter") && i < tokens.size(); ++i) {
    if (has_word_at(tokens, i, "rename") && has_word_at(tokens, i + 1, "to")) return table_at(tokens, i + 2);
  }
  return std::nullopt;
}

/// ... ADD [COLUMN] column
bool adds(const Tokens& tokens, const std::string& column) {
  for (std::size_t i = 1; has_word_at(tokens, 0, "alter") && i < tokens.size(); ++i) {
    if (has_word_at(tokens, i, "add") &&
        (at_name(tokens, i + 1, column) ||
         (has_word_at(tokens, i + 1, "column") && at_name(tokens, i + 2, column)))) {
      return true;
    }
  }
  return false;
}

std::string rebuild_mark(const Statement& statement) {
  constexpr std::string_view kMark = "rebuild ";
  for (const std::string& comment : statement.comments) {
    const std::size_t end = comment.find(": ");
    if (comment.rfind(kMark, 0) == 0 && end != std::string::npos) {
      return comment.substr(kMark.size(), end - kMark.size());
    }
  }
  return {};
}

/// What UPDATE ... SET sets; nullopt where a part is more than `name = ...`.
std::optional<std::set<std::string>> set_columns(const Tokens& tokens) {
  constexpr std::array<std::string_view, 3> kEnds = {"where", "from", "returning"};
  std::set<std::string> columns;
  std::size_t depth = 0;
  bool is_set = false;
  bool begins = false;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (begins) {
      if (!at_name(tokens, i) || i + 1 >= tokens.size() || tokens[i + 1].text != "=") return std::nullopt;
      columns.insert(lower(tokens[i].text));
      begins = false;
    } else if (tokens[i].kind == Token::Kind::punctuation) {
      depth += tokens[i].text == "(" ? 1 : 0;
      depth -= tokens[i].text == ")" && depth > 0 ? 1 : 0;
      begins = is_set && depth == 0 && tokens[i].text == ",";
    } else if (depth == 0 && !is_set && has_word_at(tokens, i, "set")) {
      is_set = begins = true;
    } else if (depth == 0 && is_set && tokens[i].kind == Token::Kind::word &&
               is_one_of_ignoring_case(tokens[i].text, kEnds)) {
      break;
    }
  }
  return columns.empty() ? std::nullopt : std::optional(std::move(columns));
}

/// Statements of no other kind that change rows, or may: what they call is not known.
bool may_change_rows(const Tokens& tokens) {
  if (has_word_at(tokens, 0, "copy")) {
    return !std::any_of(tokens.begin(), tokens.end(), [](const Token& token) {
      return token.kind == Token::Kind::word && equal_ignoring_case(token.text, "to");
    });
  }
  constexpr std::array<std::string_view, 4> kRunners = {"merge", "call", "do", "execute"};
  return std::any_of(kRunners.begin(), kRunners.end(),
                     [&](std::string_view word) { return has_word_at(tokens, 0, word); });
}

enum class Effect { none, schema, rows, unknown_rows };

Effect effect_of(const Statement& statement, const SplitterOptions& options) {
  if (inner_change(statement.text, options) != InnerChange::none) {
    return Effect::unknown_rows;
  }
  switch (kind_of(statement.text, options)) {
    case StatementKind::insert:
    case StatementKind::update_all:
    case StatementKind::update_some:
    case StatementKind::delete_all:
    case StatementKind::delete_some:
    case StatementKind::truncate:
      return Effect::rows;
    case StatementKind::select:
      return Effect::none;
    case StatementKind::other:
      return may_change_rows(tokens_of(statement.text, options)) ? Effect::unknown_rows : Effect::none;
    case StatementKind::create:
    case StatementKind::alter:
    case StatementKind::drop:
    case StatementKind::comment:
      return Effect::schema;
    case StatementKind::begin:
    case StatementKind::commit:
    case StatementKind::rollback:
    case StatementKind::savepoint:
    case StatementKind::pragma:
      break;
  }
  return Effect::none;
}

/// A rebuild's own copying: the rows are the same before and after.
bool is_copy_of_rebuild(const Statement& statement, const std::optional<TableName>& target) {
  const std::string rebuilt = rebuild_mark(statement);
  return !rebuilt.empty() && target &&
         (to_text(*target) == rebuilt || target->name.rfind("__mx_", 0) == 0 ||
          target->name == "sqlite_sequence");
}

}  // namespace

std::optional<TableName> table_of(const Statement& statement, const SplitterOptions& options) {
  if (kind_of(statement.text, options) == StatementKind::insert) {
    constexpr std::size_t kLongestBeginning = 200;
    return name_behind(tokens_of(statement.text, options, kLongestBeginning), "into");
  }
  if (std::optional<TableName> table = changed_table(statement, options)) {
    return table;
  }
  return ddl_table(statement, options);
}

DoneWork::DoneWork(const std::vector<Operation>& changes, const SplitterOptions& options)
    : changes_(changes), options_(options) {
  for (const Operation& change : changes) {
    if (const auto* rename = std::get_if<RenameTable>(&change)) {
      renames_.emplace_back(rename->from, rename->to);
    }
  }
}

void DoneWork::add(std::size_t section, const Statement& statement) {
  const Effect effect = effect_of(statement, options_);
  if (effect == Effect::schema) {
    ddl_.push_back({.tokens = tokens_of(statement.text, options_), .rebuilt = rebuild_mark(statement)});
  }
  if (effect != Effect::rows && effect != Effect::unknown_rows) {
    return;
  }
  RowStatement rows{.section = section,
                    .first_line = statement.text.substr(0, statement.text.find('\n')),
                    .table = std::nullopt,
                    .columns = std::nullopt};
  const StatementKind kind = kind_of(statement.text, options_);
  if (effect == Effect::rows) {
    rows.table = table_of(statement, options_);
    if (is_copy_of_rebuild(statement, rows.table)) return;
    if (kind == StatementKind::update_all || kind == StatementKind::update_some) {
      rows.columns = set_columns(tokens_of(statement.text, options_));
    }
  }
  // A script may have a million of them.
  const bool is_known = std::any_of(rows_.begin(), rows_.end(), [&](const RowStatement& known) {
    return known.table == rows.table && known.columns == rows.columns;
  });
  if (!is_known) rows_.push_back(std::move(rows));
}

bool DoneWork::is_same_table(const TableName& a, const TableName& b) const {
  const auto is_same = [](const TableName& x, const TableName& y) {
    return equal_ignoring_case(x.name, y.name) &&
           (x.schema.empty() || y.schema.empty() || equal_ignoring_case(x.schema, y.schema));
  };
  if (is_same(a, b)) return true;
  return std::any_of(renames_.begin(), renames_.end(), [&](const auto& names) {
    return (is_same(a, names.first) && is_same(b, names.second)) ||
           (is_same(b, names.first) && is_same(a, names.second));
  });
}

bool DoneWork::makes(const Ddl& ddl, const TableName& table) const {
  const std::optional<TableName> created = created_table(ddl.tokens);
  if (created) return is_same_table(*created, table);
  // The end of a rebuild; a rename that is a change itself makes nothing.
  const std::optional<TableName> renamed = new_name(ddl.tokens);
  const std::optional<TableName> altered = name_behind(ddl.tokens, "table");
  return renamed && altered && !is_same_table(*renamed, *altered) && is_same_table(*renamed, table);
}

bool DoneWork::made(const TableName& table) const {
  return std::any_of(ddl_.begin(), ddl_.end(), [&](const Ddl& ddl) { return makes(ddl, table); });
}

bool DoneWork::made(const TableName& table, const std::string& column) const {
  const bool is_table_new = made(table);
  return std::any_of(ddl_.begin(), ddl_.end(), [&](const Ddl& ddl) {
    if (is_table_new && created_table(ddl.tokens) && has_name(ddl.tokens, column)) return true;
    const std::optional<TableName> altered = name_behind(ddl.tokens, "table");
    return altered && is_same_table(*altered, table) && adds(ddl.tokens, column);
  });
}

/// Whether a statement is about the table and, where one is given, has the column's name.
bool DoneWork::names(const TableName& table, const std::string& column) const {
  const bool is_table_new = made(table);
  return std::any_of(ddl_.begin(), ddl_.end(), [&](const Ddl& ddl) {
    const bool is_table =
        has_name(ddl.tokens, table.name) || ddl.rebuilt == to_text(table) || makes(ddl, table) ||
        std::any_of(renames_.begin(), renames_.end(), [&](const auto& names) {
          return is_same_table(names.first, table) &&
                 (has_name(ddl.tokens, names.first.name) || has_name(ddl.tokens, names.second.name));
        });
    return is_table && (column.empty() || is_table_new || has_name(ddl.tokens, column));
  });
}

bool DoneWork::may_include(const Operation& change) const {
  const auto has_index = [this](const std::string& name) {
    return std::any_of(ddl_.begin(), ddl_.end(), [&](const Ddl& ddl) { return has_name(ddl.tokens, name); });
  };
  return std::visit(
      Overloaded{[&](const CreateTable& o) { return made(o.table.name); },
                 [&](const AddColumn& o) { return made(o.table, o.column.name); },
                 [&](const CreateIndex& o) { return has_index(o.index.name); },
                 [&](const DropIndex& o) { return has_index(o.index.name) || made(o.table); },
                 [&](const RenameColumn& o) { return names(o.table, o.from) && names(o.table, o.to); },
                 [&](const auto&) { return names(migrate::table_of(change), column_of(change)); }},
      change);
}

bool DoneWork::goes_with_undoing(const RowStatement& rows) const {
  if (!rows.table) return false;
  std::set<std::string> left = rows.columns.value_or(std::set<std::string>{});
  for (const Operation& change : changes_) {
    if (!is_same_table(migrate::table_of(change), *rows.table) || !may_include(change)) continue;
    if (std::holds_alternative<CreateTable>(change)) return true;
    if (const auto* add = std::get_if<AddColumn>(&change)) left.erase(lower(add->column.name));
  }
  return rows.columns && left.empty();
}

std::optional<DoneWork::LastingRows> DoneWork::lasting_rows() const {
  const auto found = std::find_if(rows_.begin(), rows_.end(),
                                  [&](const RowStatement& rows) { return !goes_with_undoing(rows); });
  if (found == rows_.end()) return std::nullopt;
  return LastingRows{.section = found->section, .first_line = found->first_line};
}

}  // namespace metaxy::migrate
