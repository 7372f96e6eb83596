#include "command/view_conflicts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

/// What tables and columns are called in the database while renames of a run go by.
class LiveNames {
 public:
  void rename(const Operation& operation) {
    if (const auto* table = std::get_if<RenameTable>(&operation)) {
      names_[to_text(table->to)] = of(to_text(table->from));
    } else if (const auto* column = std::get_if<RenameColumn>(&operation)) {
      const std::string prefix = to_text(column->table) + ".";
      names_[prefix + column->to] = of(prefix + column->from);
    }
  }

  /// Of "t" or "t.c".
  std::string of(const std::string& name) const {
    const auto found = names_.find(name);
    if (found != names_.end()) return found->second;
    const std::size_t dot = name.rfind('.');
    const auto table = dot == std::string::npos ? names_.end() : names_.find(name.substr(0, dot));
    return table == names_.end() ? name : table->second + name.substr(dot);
  }

 private:
  std::map<std::string, std::string> names_;
};

void collect(const std::vector<Operation>& operations, const std::vector<View>& views, const Dialect& dialect,
             LiveNames& names, std::vector<ViewConflict>& conflicts) {
  for (const Operation& operation : operations) {
    const std::string taken = dialect.taken_from_views(operation);
    for (const View& view : views) {
      if (!taken.empty() && view.uses.count(names.of(taken)) != 0) {
        conflicts.push_back({.view = view.name, .view_sql = view.sql, .change = summary(operation)});
      }
    }
    names.rename(operation);
  }
}

/// `DROP VIEW v` and the like, or whatever drops more than it names.
bool drops_view(const Statement& statement, const TableName& view, const SplitterOptions& options) {
  const std::vector<Token> tokens = tokens_of(statement.text, options);
  const auto has_word = [&tokens](std::string_view word) {
    return std::any_of(tokens.begin(), tokens.end(), [word](const Token& token) {
      return token.kind == Token::Kind::word && equal_ignoring_case(token.text, word);
    });
  };
  if (tokens.empty() || !has_word("drop")) return false;
  const bool names_it = std::any_of(tokens.begin(), tokens.end(), [&view](const Token& token) {
    return token.text == view.name || (token.kind == Token::Kind::word && lower(token.text) == view.name);
  });
  return has_word("cascade") || (has_word("view") && names_it);
}

bool drops_view(const RunStep& step, const TableName& view, const SplitterOptions& options) {
  return std::any_of(
      step.facts->sections.begin(), step.facts->sections.end(), [&](const SectionFacts& section) {
        return section.direction == step.step.direction &&
               std::any_of(section.ddl.begin(), section.ddl.end(),
                           [&](const Statement& statement) { return drops_view(statement, view, options); });
      });
}

}  // namespace

std::vector<ViewConflict> view_conflicts(const std::vector<Operation>& operations,
                                         const std::vector<View>& views, const Dialect& dialect) {
  std::vector<ViewConflict> conflicts;
  LiveNames names;
  collect(operations, views, dialect, names, conflicts);
  return conflicts;
}

std::string to_text(const ViewConflict& conflict) {
  return fmt::format("view '{}' uses what '{}' changes", to_text(conflict.view), conflict.change);
}

void require_no_view_conflict(const std::vector<RunStep>& steps, const std::vector<View>& views,
                              const Dialect& dialect) {
  LiveNames names;
  std::vector<Problem> problems;
  for (const RunStep& step : steps) {
    const std::vector<Operation>& changes = step.facts->changes.changes;
    std::vector<ViewConflict> conflicts;
    collect(step.step.direction == Direction::upgrade ? changes : reversed(changes), views, dialect, names,
            conflicts);
    // What is done already found nothing in its way.
    if (step.sections_done > 0 || step.is_undo) continue;
    for (const ViewConflict& conflict : conflicts) {
      if (drops_view(step, conflict.view, dialect.splitter_options())) continue;
      problems.push_back(
          {.message = fmt::format("revision '{}': {}", step.step.revision, to_text(conflict)),
           .where =
               SourcePosition{.file = step.facts->text.shown_as, .line = 0, .column = 0, .line_text = {}},
           .hint = fmt::format(
               "drop the view at the beginning of the section and create it again at its end, with "
               "its rights and comments; it is: {}",
               trimmed(conflict.view_sql))});
    }
  }
  if (!problems.empty()) {
    throw error_from(ErrorKind::script, "views are in the way of this run; nothing was run", problems);
  }
}

}  // namespace metaxy::migrate
