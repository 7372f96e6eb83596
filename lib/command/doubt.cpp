#include "command/doubt.hpp"

#include "run/done_part.hpp"

namespace metaxy::migrate {

namespace {

/// The statement in doubt, and what the log's checksum says of those before it and of it too.
struct Doubtful {
  std::optional<Statement> statement;
  std::string checksum_before;
  std::string checksum_after;
};

Doubtful find_doubtful(const PartialRevision& partial, const ScriptFacts& facts, const Workspace& workspace,
                       const Context& context) {
  Doubtful found;
  DonePart done;
  StatementPlaces place(facts, partial.direction);
  survey_script(
      open_text(context.files, facts.text), facts.text.shown_as, workspace.dialect->splitter_options(),
      [&](std::size_t section, const Statement& statement) {
        if (!place.next(section) || found.statement) {
          return;
        }
        if (place.section() == partial.sections_done && place.statement() == partial.statements_done) {
          found.statement = statement;
          found.checksum_before = done.checksum();
        }
        done.add(statement);
      });
  found.checksum_after = done.checksum();
  return found;
}

}  // namespace

void settle_doubt(Session& session, const Workspace& workspace, const Context& context) {
  if (!session.state.partial || !session.state.partial->is_in_doubt) {
    return;
  }
  PartialRevision& partial = *session.state.partial;
  const SharedFacts facts = facts_of(session, workspace, context, {partial.revision}).front();
  const Doubtful doubtful = find_doubtful(partial, *facts, workspace, context);
  // A script that was edited meanwhile no longer says which statement it was.
  if (!doubtful.statement || doubtful.checksum_before != partial.checksum) {
    return;
  }
  const std::optional<bool> effect =
      workspace.dialect->has_taken_effect(*session.connection, doubtful.statement->text);
  if (!effect) {
    return;
  }
  partial.is_in_doubt = false;
  if (*effect) {
    ++partial.statements_done;
    partial.checksum = doubtful.checksum_after;
  }
}

}  // namespace metaxy::migrate
