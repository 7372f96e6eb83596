#include "command/cascades.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/cascades.hpp"

namespace metaxy::migrate {

namespace {

/// Goes through the statements of a run in order.
class CascadeCheck {
 public:
  CascadeCheck(Session& session, const CascadingDrops& drops, const SplitterOptions& options)
      : session_(session), drops_(drops), options_(options) {}

  void add(const RunStep& step) {
    std::size_t ordinal = 0;
    for (const SectionFacts& section : step.facts->sections) {
      if (section.direction == step.step.direction && ordinal++ >= step.sections_done) {
        add(step, section);
      }
    }
  }

  std::vector<Problem> problems() && { return std::move(problems_); }

 private:
  void add(const RunStep& step, const SectionFacts& section) {
    for (const Statement& statement : section.ddl) {
      const std::optional<TableName> table = kind_of(statement.text, options_) == StatementKind::drop
                                                 ? ddl_table(statement, options_)
                                                 : std::nullopt;
      if (!table) {
        continue;
      }
      // Outside a transaction nothing would notice rows that refer to nothing: foreign keys are on there too.
      if (section.has_foreign_keys_on || !section.is_transactional) {
        add(step, statement, *table);
      }
      dropped_.insert(lower(table->name));
    }
  }

  void add(const RunStep& step, const Statement& statement, const TableName& table) {
    std::vector<std::string> changed = drops_.changed_by_drop(*session_.connection, table);
    std::erase_if(changed, [this](const std::string& name) { return dropped_.count(lower(name)) != 0; });
    if (!changed.empty()) {
      problems_.push_back(
          {.message = fmt::format("the {} of revision '{}' drops or rebuilds '{}' with foreign keys on: "
                                  "that would delete or change the rows of '{}' that refer to it",
                                  to_text(step.step.direction), step.step.revision, to_text(table),
                                  join(changed, "', '")),
           .where = SourcePosition{step.facts->text.shown_as, statement.line, 0, {}},
           .hint =
               "put what drops it, with the whole rebuild that it may belong to, into a section of its own, "
               "without foreign_keys=on and transaction=off"});
    }
  }

  Session& session_;
  const CascadingDrops& drops_;
  const SplitterOptions& options_;
  /// By earlier statements of the run, lower case.
  std::set<std::string> dropped_;
  std::vector<Problem> problems_;
};

}  // namespace

void require_no_cascade(const std::vector<RunStep>& steps, Session& session, const Dialect& dialect) {
  const auto* drops = dynamic_cast<const CascadingDrops*>(&dialect);
  if (!session.connection || drops == nullptr) {
    return;
  }
  CascadeCheck check(session, *drops, dialect.splitter_options());
  for (const RunStep& step : steps) {
    if (!step.is_undo) {
      check.add(step);
    }
  }
  const std::vector<Problem> problems = std::move(check).problems();
  if (!problems.empty()) {
    throw error_from(ErrorKind::script, "rows of other tables would be lost; nothing was run", problems);
  }
}

}  // namespace metaxy::migrate
