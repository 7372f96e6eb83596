// graph, merge, rebase, edit: commands about the graph of scripts.

#include <memory>

#include "base/error.hpp"
#include "cli.hpp"
#include "command/edit.hpp"
#include "command/rebase.hpp"
#include "print.hpp"
#include "print_more.hpp"

namespace metaxy::migrate {

namespace {

struct GraphValues {
  std::vector<std::string> revisions;
  std::string revision;
  std::string onto;
  std::string message;
  std::string revision_id;
  std::vector<std::string> branch_labels;
  bool is_splice = false;
  bool is_offline = false;
  std::string range;
  bool is_marked = false;
};

CommandSpec merge_command(Cli& cli) {
  const auto values = std::make_shared<GraphValues>();
  CommandSpec spec;
  spec.name = "merge";
  spec.summary = "write a script that joins branches";
  spec.description =
      "Refused when the branches' changes contradict each other: the same column added twice, a table that "
      "one branch changes and the other one rebuilds or drops.";
  spec.examples = {{"metaxy-migrate -n dev merge heads", "join all heads"},
                   {"metaxy-migrate -n dev merge ae10 left@head -m \"join left\"", "join these two"}};
  spec.options = {required(option("revisions", "what to join: two or more revisions, or `heads`",
                                  &values->revisions, "REVISION")),
                  option("-m,--message", "what it is; becomes the first line and the file's name",
                         &values->message, "TEXT"),
                  option("--branch-label", "label of the branch that begins here; repeatable",
                         &values->branch_labels, "LABEL"),
                  option("--rev-id", "use this id", &values->revision_id, "ID"),
                  option("--splice", "allow parents that are no heads", &values->is_splice)};
  spec.run = [values, &cli] {
    RevisionRequest request;
    request.is_merge = true;
    request.allows_empty = true;
    request.heads = values->revisions;
    request.message = values->message;
    request.revision_id = values->revision_id;
    request.branch_labels = values->branch_labels;
    request.is_splice = values->is_splice;
    const RevisionResult result = run_revision(request, cli.context());
    cli.print(cli.format() == Format::json ? json_of(result) : text_of(result, Style{cli.is_colored()}));
    return 0;
  };
  return spec;
}

CommandSpec rebase_command(Cli& cli) {
  const auto values = std::make_shared<GraphValues>();
  CommandSpec spec;
  spec.name = "rebase";
  spec.summary = "move a script that is not applied onto another revision";
  spec.description =
      "When two people wrote a script on top of the same one: the one whose script no database has yet moves "
      "it, and all that stands on it, behind the other's. Only `down_revision` changes. Refused when the "
      "database of the environment has the script, and when the scripts contradict each other, as where it "
      "rebuilds a table that the other one changes.";
  spec.examples = {{"metaxy-migrate -n dev rebase 7f3a", "onto the one other head"},
                   {"metaxy-migrate -n dev rebase 7f3a --onto 51c0", "onto 51c0"}};
  spec.options = {required(option("revision", "the script to move", &values->revision, "REVISION")),
                  option("--onto", "its new parent; the one other head when left out", &values->onto, "REV"),
                  option("--offline", "do not look whether the database has it", &values->is_offline)};
  spec.run = [values, &cli] {
    const Workspace workspace = open_only_workspace(cli.context(), Purpose::writing);
    const RebaseResult result =
        run_rebase({.revision = values->revision, .onto = values->onto, .is_offline = values->is_offline},
                   workspace, cli.context());
    cli.print(cli.format() == Format::json ? json_of(result) : text_of(result, Style{cli.is_colored()}));
    return 0;
  };
  return spec;
}

CommandSpec edit_command(Cli& cli) {
  const auto values = std::make_shared<GraphValues>();
  CommandSpec spec;
  spec.name = "edit";
  spec.formats = {"text"};
  spec.summary = "open a script in your editor";
  spec.description =
      "The editor is $EDITOR, else $VISUAL, else the system's. Afterwards the script is read, and what is "
      "wrong with it is said.";
  spec.examples = {{"metaxy-migrate -n dev edit head", "the newest script"},
                   {"metaxy-migrate -n dev edit 7f3a", "this one"}};
  spec.options = {required(option("revision", "which one", &values->revision, "REVISION"))};
  spec.run = [values, &cli] {
    const Workspace workspace = open_only_workspace(cli.context(), Purpose::reading);
    const std::vector<std::string> files = files_to_edit(values->revision, workspace, cli.context());
    open_in_editor(files, cli.context().environment);
    check_edited(files, workspace, cli.context());
    return 0;
  };
  return spec;
}

/// Every form that a document can have.
void print_graph(const RevisionList& list, Cli& cli) {
  if (cli.format() == Format::svg) {
    write_svg(dot_of(list));
  } else if (cli.format() == Format::json) {
    cli.print(graph_json_of(list));
  } else {
    cli.print(cli.format() == Format::mermaid ? mermaid_of(list) : dot_of(list));
  }
}

CommandSpec graph_command(Cli& cli) {
  const auto values = std::make_shared<GraphValues>();
  CommandSpec spec;
  spec.name = "graph";
  spec.formats = {"dot", "mermaid", "svg", "json"};
  spec.summary = "print the graph of revisions for documents";
  spec.description =
      "As dot (Graphviz) unless --format says otherwise. svg needs Graphviz installed; GitHub and GitLab "
      "draw "
      "mermaid in their pages. In a terminal `history` draws it.";
  spec.examples = {
      {"metaxy-migrate -n dev graph --format svg > graph.svg", "a picture"},
      {"metaxy-migrate -n dev graph --format mermaid", "for a Markdown page"},
      {"metaxy-migrate -n prod graph -i -r current:heads", "what stands on what a database is at"}};
  spec.options = {
      option("-r,--rev-range", "A:B, as in history; either side may be left out", &values->range, "RANGE"),
      option("-i,--indicate-current", "read the database and mark what is applied", &values->is_marked)};
  spec.run = [values, &cli] {
    const Workspace workspace = open_only_workspace(cli.context(), Purpose::reading);
    print_graph(run_history({.range = values->range,
                             .marking = values->is_marked ? Marking::required : Marking::none,
                             .listing = Listing::views,
                             .style = DrawingStyle::ascii},
                            workspace, cli.context()),
                cli);
    return 0;
  };
  return spec;
}

}  // namespace

void add_graph_commands(CommandLine& line, Cli& cli) {
  line.commands.push_back(graph_command(cli));
  line.commands.push_back(merge_command(cli));
  line.commands.push_back(rebase_command(cli));
  line.commands.push_back(edit_command(cli));
}

}  // namespace metaxy::migrate
