#pragma once
// Whether what is done of a partly applied upgrade can be taken back, and what is advised about a partly done
// revision: every message takes it from here, so that none names a way that is refused.

#include <string>

#include "command/session.hpp"
#include "run/done_work.hpp"

namespace metaxy::migrate {

struct UndoPlan {
  enum class Way {
    by_changes,       ///< The typed changes that are done, turned round.
    by_own_sections,  ///< The last of the script's downgrade sections for the first of its upgrade.
  };
  Way way = Way::by_changes;
  /// What the done statements did; it refers to the facts.
  DoneWork work;
  /// Why it cannot be undone, as far as script and log tell; empty: it can.
  std::string obstacle;
  /// The done statements are not those that ran.
  bool is_edited = false;
};

/// Of an upgrade that is partly applied. The facts, of its script, must outlive the plan.
UndoPlan undo_plan(const PartialRevision& partial, const ScriptFacts& facts, const Workspace& workspace,
                   const Context& context);

struct PartialAdvice {
  /// "`resume` carries it on, `downgrade -1` undoes it".
  std::string next;
  /// Why `downgrade -1` does not undo it; empty: it does, or it is no upgrade.
  std::string obstacle;
};

/// Of the session's partly done revision, which it must have.
PartialAdvice partial_advice(const Session& session, const Workspace& workspace, const Context& context);

/// ", or put the backup from before it back: `restore FILE`"; empty where there is none from just before it.
std::string restore_advice(const Session& session, const Workspace& workspace, const Context& context);

}  // namespace metaxy::migrate
