#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/preflight.hpp"
#include "run/kept_part.hpp"

namespace metaxy::migrate {

namespace {

/// Of a downgrade, against what must stay of it: a table, or a column of one.
class LossOfAdopted {
 public:
  LossOfAdopted(const RunStep& step, const SplitterOptions& options) : options_(options) {
    for (const SectionFacts& section : step.facts->sections) {
      if (section.direction == step.step.direction) {
        for (const Statement& statement : section.ddl) {
          if (part_kept_from(statement, step, options).empty()) statements_.push_back(&statement);
        }
      }
    }
  }

  /// The statement that drops it and does more than that; nullptr: there is none.
  const Statement* find(const std::string& name) const {
    const std::size_t dot = name.rfind('.');
    const std::string table = name.substr(0, dot);
    const std::string last = dot == std::string::npos ? name : name.substr(dot + 1);
    for (const Statement* statement : statements_) {
      const std::string dropped = dropped_part(*statement, options_);
      const bool drops_more =
          dropped.empty() && is_destructive(statement->text, options_) && mentions(*statement, last);
      const bool is_rebuild_without =
          dot != std::string::npos && !dropped_part(*statement, {table}, options_).empty() && !is_made(last);
      if (drops_more || is_rebuild_without) return statement;
    }
    return nullptr;
  }

 private:
  bool mentions(const Statement& statement, const std::string& name) const {
    const std::vector<Token> tokens = tokens_of(statement.text, options_);
    return std::any_of(tokens.begin(), tokens.end(),
                       [&](const Token& token) { return equal_ignoring_case(token.text, name); });
  }

  bool is_made(const std::string& column) const {
    return std::any_of(statements_.begin(), statements_.end(), [&](const Statement* statement) {
      return kind_of(statement->text, options_) == StatementKind::create && mentions(*statement, column);
    });
  }

  const SplitterOptions& options_;
  std::vector<const Statement*> statements_;
};

}  // namespace

void require_adopted_can_stay(const std::vector<RunStep>& steps, const Workspace& workspace) {
  for (const RunStep& step : steps) {
    const LossOfAdopted loss(step, workspace.dialect->splitter_options());
    for (const std::string& name : step.adopted) {
      if (const Statement* statement = loss.find(name)) {
        throw Error(
            ErrorKind::script,
            fmt::format("the downgrade of revision '{}' would drop '{}', which was there before its "
                        "upgrade; nothing was run",
                        step.step.revision, name),
            {.where = SourcePosition{.file = step.facts->text.shown_as,
                                     .line = statement->line,
                                     .column = statement->column,
                                     .line_text = {}},
             .hint = fmt::format(
                 "write the downgrade so that it stays, and take that over: `metaxy-migrate -n {} stamp "
                 "--accept-edit {}`",
                 workspace.environment.name, step.step.revision),
             .notes = {}});
      }
    }
  }
}

}  // namespace metaxy::migrate
