#pragma once
// Views that keep a change from being made, where the database refuses to change what a view uses: found
// before anything runs, since by then earlier revisions of the run would be kept.

#include <string>
#include <vector>

#include "run/executor.hpp"

namespace metaxy::migrate {

struct ViewConflict {
  TableName view;
  std::string view_sql;
  /// The operation in words.
  std::string change;
};

/// The views that use what the operations take. Names of the operations are those before them.
std::vector<ViewConflict> view_conflicts(const std::vector<Operation>& operations,
                                         const std::vector<View>& views, const Dialect& dialect);

/// `view 'v' uses what "alter type t.c" changes`
std::string to_text(const ViewConflict& conflict);

/// Throws Error(script) when a step changes what a view uses and its script does not drop the view.
void require_no_view_conflict(const std::vector<RunStep>& steps, const std::vector<View>& views,
                              const Dialect& dialect);

}  // namespace metaxy::migrate
