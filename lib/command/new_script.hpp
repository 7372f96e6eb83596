#pragma once
// What every new script needs: an id, a place in the graph, a name, and being written.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "command/workspace.hpp"
#include "plan/planner.hpp"
#include "revision/script.hpp"

namespace metaxy::migrate {

/// 12 random lower-case hexadecimal digits.
std::string new_revision_id();

/// When the script was written and which databases it is for.
void describe(Revision& revision, const Workspace& workspace, const Context& context);

/// What the downgrade of a new script leaves alone: Metaxy's system tables among `schema` (product reference
/// 5).
std::map<TableName, std::string> kept_system_tables(const Schema& schema, const Workspace& workspace);

/// Why the downgrade leaves a table alone that had rows before the script.
inline constexpr std::string_view kWasThere = "it was there before, with its rows";

/// How the environment wants statements to be written.
RenderOptions render_options(const Workspace& workspace);

/// Sections and changes of both directions; a summary of the changes, one line each.
std::vector<std::string> fill(Script& script, const PlanInput& input, const Workspace& workspace);

/// `file_template` filled in: `{date}` (20261122), `{time}` (1305), `{revision}`, `{slug}`; Alembic's
/// %(rev)s, %(slug)s, %(year)d ... are understood too. Throws Error(configuration) for an unknown
/// placeholder.
std::string script_file_name(std::string_view file_template, const Revision& revision, Instant created);

/// What a revision without a message says, as in Alembic; its file's name has no slug.
inline constexpr std::string_view kNoMessage = "empty message";

/// Lower-case words of the message joined by `_`, at most 40 characters, cut at a word.
std::string slug_of(std::string_view message);

/// The location that a new script belongs into: the one that was typed, else that of its first parent, else
/// the only one. Throws Error(usage) when `typed` is none of them, or when nothing decides between several.
std::string location_of(const Revision& revision, const std::string& typed, const Workspace& workspace,
                        const Context& context);

/// Formats the script (through the environment's template) and writes it into `location`; refuses to
/// overwrite. Returns the path.
std::string write_script(const Script& script, const std::string& location, const Workspace& workspace,
                         Context& context);

}  // namespace metaxy::migrate
