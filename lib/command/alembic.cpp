#include "command/alembic.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/twin.hpp"
#include "metaxy/toml_tree.hpp"
#include "revision/closure.hpp"

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

bool is_alembic(const RevisionGraph& graph, const std::string& id) {
  const Revision* revision = graph.find(id);
  return revision != nullptr && revision->is_alembic;
}

std::string rows_text(const std::vector<std::string>& rows) {
  return rows.empty() ? "base" : join(rows, ", ");
}

[[noreturn]] void refuse_upgrade(const std::vector<std::string>& ids, const RevisionGraph& graph,
                                 const std::vector<std::string>& rows, const Workspace& workspace,
                                 const Context& context) {
  const std::vector<std::string> commands = alembic_upgrades(graph, ids, workspace, context);
  ErrorDetail detail;
  detail.notes.push_back(fmt::format("not applied: {}", join(ids, ", ")));
  const auto ours =
      std::find_if(rows.begin(), rows.end(), [&](const std::string& row) { return !is_alembic(graph, row); });
  if (ours != rows.end() && !has_twins(workspace, context)) {
    detail.notes.push_back(
        fmt::format("Alembic cannot read the version table while it holds '{}', a script's", *ours));
    detail.hint = "undo the scripts with `downgrade`, let Alembic finish, then upgrade again";
  } else {
    detail.hint =
        "then run this again; for empty databases `init --from-alembic --baseline` writes a script "
        "that stands for them";
  }
  throw Error(ErrorKind::usage, fmt::format("finish with Alembic first: {}", join(commands, "; ")),
              std::move(detail));
}

[[noreturn]] void refuse_downgrade(const std::vector<Step>& steps, const std::vector<std::string>& ids,
                                   const RevisionGraph& graph, const Workspace& workspace,
                                   const Context& context) {
  ErrorDetail detail;
  detail.notes.push_back(fmt::format("Alembic applied: {}", join(ids, ", ")));
  const auto first = std::find_if(steps.begin(), steps.end(),
                                  [&](const Step& step) { return is_alembic(graph, step.revision); });
  if (first != steps.begin()) {
    const std::vector<std::string>& rows = std::prev(first)->heads_after;
    detail.hint =
        fmt::format("`metaxy-migrate -n {} downgrade {}` undoes the scripts; then Alembic can go on",
                    workspace.environment.name, rows.empty() ? "base" : rows.front());
  }
  const std::vector<std::string>& last = steps.back().heads_after;
  throw Error(ErrorKind::usage,
              fmt::format("this goes below what Alembic did, which only Alembic can undo: {} downgrade {}",
                          alembic_command(workspace, context), last.empty() ? "base" : last.front()),
              std::move(detail));
}

}  // namespace

std::string alembic_command(const Workspace& workspace, const Context& context) {
  const std::string path = joined_path(workspace.scripts.path, kTakenOverFile);
  if (const std::optional<std::string> text = context.files.read(path)) {
    const TomlDocument document(*text, path);
    const TomlValue* command = document.root().find("alembic");
    if (command != nullptr && command->kind == TomlValue::Kind::string && !command->text.empty()) {
      return command->text;
    }
  }
  return fmt::format("alembic -n {}", workspace.environment.store.name);
}

std::vector<std::string> alembic_upgrades(const RevisionGraph& graph, const std::vector<std::string>& ids,
                                          const Workspace& workspace, const Context& context) {
  NodeSet wanted(graph.size());
  for (const std::string& id : ids) {
    wanted.insert(*graph.node_of_id(id));
  }
  const std::string command = alembic_command(workspace, context);
  std::vector<std::string> commands;
  for (const std::string& id : ids) {
    const std::span<const Node> users = graph.needed_by(*graph.node_of_id(id));
    if (std::none_of(users.begin(), users.end(), [&](Node user) { return wanted.contains(user); })) {
      commands.push_back(fmt::format("{} upgrade {}", command, id));
    }
  }
  return commands;
}

void require_no_alembic(const std::vector<Step>& steps, const RevisionGraph& graph,
                        const std::vector<std::string>& rows, const Workspace& workspace,
                        const Context& context) {
  std::vector<std::string> ids;
  for (const Step& step : steps) {
    if (is_alembic(graph, step.revision)) {
      ids.push_back(step.revision);
    }
  }
  if (ids.empty()) {
    return;
  }
  if (steps.front().direction == Direction::upgrade) {
    refuse_upgrade(ids, graph, rows, workspace, context);
  }
  refuse_downgrade(steps, ids, graph, workspace, context);
}

std::optional<Problem> alembic_rows_elsewhere(const Session& session, const Workspace& workspace) {
  if (!session.connection || !session.state.rows.empty() || workspace.scripts.revisions.empty()) {
    return std::nullopt;
  }
  for (const Row& named : session.connection->query(session.sql->select_alembic_tables())) {
    const std::string table = named.front().value_or("");
    if (equal_ignoring_case(table, session.sql->version_table())) {
      continue;
    }
    const StateSql sql(*workspace.dialect, table, session.sql->log_table());
    for (const Row& row : session.connection->query(sql.select_versions())) {
      const std::string id = row.front().value_or("");
      const bool is_known =
          std::any_of(workspace.scripts.revisions.begin(), workspace.scripts.revisions.end(),
                      [&](const Revision& revision) { return revision.id == id; });
      if (is_known) {
        return Problem{
            .message =
                fmt::format("table '{}' holds revision '{}' of '{}', and version table '{}' holds nothing",
                            table, id, workspace.scripts.path, session.sql->version_table()),
            .where = std::nullopt,
            .hint = fmt::format(
                "to carry on where Alembic was, add `version_table = \"{}\"` under {} to metaxy.toml", table,
                environment_table(workspace.environment.name))};
      }
    }
  }
  return std::nullopt;
}

std::string environment_table(const std::string& name) {
  const bool is_bare =
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
      std::string::npos;
  const std::string_view quote = is_bare ? "" : "\"";
  return fmt::format("[ext.migrate.environments.{0}{1}{0}]", quote, name);
}

void require_fitting_ids(const std::vector<std::string>& ids, const Session& session) {
  // What Alembic makes takes 32; nobody makes it shorter, and ours are 12.
  constexpr std::size_t kAlways = 32;
  const auto longest = std::max_element(
      ids.begin(), ids.end(), [](const std::string& a, const std::string& b) { return a.size() < b.size(); });
  const std::string query = session.sql->select_version_limit();
  if (longest == ids.end() || longest->size() <= kAlways || query.empty() || !session.connection ||
      !session.state.has_version_table) {
    return;
  }
  const std::vector<Row> rows = session.connection->query(query);
  const std::string limit = rows.empty() || rows.front().empty() ? "" : rows.front().front().value_or("");
  if (limit.empty() || longest->size() <= std::stoul(limit)) {
    return;
  }
  throw Error(ErrorKind::usage,
              fmt::format("revision '{}' has {} characters, and version table '{}' takes {}; nothing was run",
                          *longest, longest->size(), session.sql->version_table(), limit),
              {.where = {},
               .hint = fmt::format("widen it, which changes no row: {};", session.sql->widen_version()),
               .notes = {fmt::format("the database is at {}", rows_text(session.state.rows))}});
}

std::vector<ForkOfTools> forks_of_tools(const RevisionGraph& graph) {
  std::vector<ForkOfTools> forks;
  for (Node node = 0; node < graph.size(); ++node) {
    const std::span<const Node> children = graph.children(node);
    if (children.size() < 2) {
      continue;
    }
    for (const Node theirs : children) {
      if (!graph.revision(theirs).is_alembic) {
        continue;
      }
      const NodeSet above = closure(graph, std::vector{theirs}, Along::children);
      for (const Node ours : children) {
        const std::vector<Node> all = closure(graph, std::vector{ours}, Along::children).nodes();
        const bool is_joined =
            std::any_of(all.begin(), all.end(), [&](Node one) { return above.contains(one); });
        if (!graph.revision(ours).is_alembic && !is_joined) {
          forks.push_back({graph.id(node), graph.id(theirs), graph.id(ours)});
        }
      }
    }
  }
  return forks;
}

}  // namespace metaxy::migrate
