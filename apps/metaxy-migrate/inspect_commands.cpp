// current, heads, branches, history, show, status.

#include <memory>

#include "cli.hpp"
#include "print.hpp"

namespace metaxy::migrate {

namespace {

struct ListValues {
  bool is_verbose = false;
  bool is_flagged = false;
  bool is_applied = false;
  std::string range;
  std::string revision;
};

/// `drawing` is what text is when nothing else was asked for.
Listing listing_of(const ListValues& values, const Cli& cli, Listing otherwise) {
  if (cli.format() == Format::alembic) {
    return values.is_verbose ? Listing::alembic_verbose : Listing::alembic;
  }
  return values.is_verbose || cli.format() == Format::json ? Listing::views : otherwise;
}

int print_list(const RevisionList& list, const ListValues& values, Cli& cli) {
  if (cli.format() == Format::json) {
    cli.print(json_of(list));
  } else if (values.is_verbose && cli.format() == Format::text) {
    cli.print(verbose_of(list));
  } else {
    cli.print(text_of(list, Style{cli.is_colored(), cli.shows_unicode()}));
  }
  return 0;
}

OptionSpec verbose_option(ListValues& values) {
  return option("-v,--verbose", "all that is known of each revision", &values.is_verbose);
}

CommandSpec current_command(Cli& cli) {
  const auto values = std::make_shared<ListValues>();
  CommandSpec spec;
  spec.name = "current";
  spec.formats = {"text", "json", "alembic"};
  spec.summary = "where the database is";
  spec.description =
      "The rows of the version table, and heads that they imply because another revision depends on them.";
  spec.examples = {{"metaxy-migrate -n dev current", "ids, `(head)` where they are heads"},
                   {"metaxy-migrate -n prod current --check-heads", "exit 9 unless it is at all heads"}};
  spec.options = {
      verbose_option(*values),
      option("-c,--check-heads", "exit 9 unless the rows are exactly the heads", &values->is_flagged)};
  spec.run = [values, &cli] {
    const Workspace workspace = open_only_workspace(cli.context(), Purpose::reading);
    return print_list(run_current({.must_be_at_head = values->is_flagged,
                                   .listing = listing_of(*values, cli, Listing::alembic)},
                                  workspace, cli.context()),
                      *values, cli);
  };
  return spec;
}

CommandSpec heads_command(Cli& cli) {
  const auto values = std::make_shared<ListValues>();
  CommandSpec spec;
  spec.name = "heads";
  spec.formats = {"text", "json", "alembic"};
  spec.summary = "the newest revisions of the scripts";
  spec.examples = {{"metaxy-migrate -n dev heads", "ids, with their labels"},
                   {"metaxy-migrate -n dev heads --resolve-dependencies",
                    "without heads that another revision depends on"}};
  spec.options = {verbose_option(*values),
                  option("--resolve-dependencies", "the heads as the version table would hold them",
                         &values->is_flagged)};
  spec.run = [values, &cli] {
    const Workspace workspace = open_only_workspace(cli.context(), Purpose::reading);
    return print_list(run_heads({.resolves_dependencies = values->is_flagged,
                                 .listing = listing_of(*values, cli, Listing::alembic)},
                                workspace),
                      *values, cli);
  };
  return spec;
}

CommandSpec branches_command(Cli& cli) {
  const auto values = std::make_shared<ListValues>();
  CommandSpec spec;
  spec.name = "branches";
  spec.formats = {"text", "json", "alembic"};
  spec.summary = "where branches part";
  spec.examples = {{"metaxy-migrate -n dev branches", "each branch point with its children"}};
  spec.options = {verbose_option(*values)};
  spec.run = [values, &cli] {
    const Workspace workspace = open_only_workspace(cli.context(), Purpose::reading);
    return print_list(run_branches(listing_of(*values, cli, Listing::alembic), workspace), *values, cli);
  };
  return spec;
}

/// A person at a terminal sees what is applied without asking for it.
Marking marking_of(const ListValues& values, const Cli& cli) {
  if (values.is_flagged) {
    return Marking::required;
  }
  return cli.format() == Format::text && cli.is_on_terminal() ? Marking::if_at_hand : Marking::none;
}

CommandSpec history_command(Cli& cli) {
  const auto values = std::make_shared<ListValues>();
  CommandSpec spec;
  spec.name = "history";
  spec.formats = {"text", "json", "alembic"};
  spec.summary = "the revisions, newest first, as a graph";
  spec.description =
      "`*` is applied, `o` is pending. On a terminal the database is read to tell, elsewhere with -i only. "
      "RANGE is `A:B`, `A:`, `:B`, with ids, `current`, `-3` (three below) or `+2`; --format alembic prints "
      "the lines that scripts for Alembic expect.";
  spec.examples = {{"metaxy-migrate -n dev history", "all of them"},
                   {"metaxy-migrate -n dev history -r 7f3a:head", "from 7f3a up"},
                   {"metaxy-migrate -n dev history -r current: -i",
                    "what stands on the current one; `status` has all that is pending"},
                   {"metaxy-migrate -n dev history --format alembic", "`parent -> id (head), message`"}};
  spec.options = {
      verbose_option(*values),
      option("-r,--rev-range", "A:B; either side may be left out", &values->range, "RANGE"),
      option("-i,--indicate-current", "mark what is applied and where the database is", &values->is_flagged)};
  spec.run = [values, &cli] {
    const Workspace workspace = open_only_workspace(cli.context(), Purpose::reading);
    return print_list(
        run_history({.range = values->range,
                     .marking = marking_of(*values, cli),
                     .listing = listing_of(*values, cli, Listing::drawing),
                     .style = cli.shows_unicode() ? DrawingStyle::unicode : DrawingStyle::ascii},
                    workspace, cli.context()),
        *values, cli);
  };
  return spec;
}

CommandSpec show_command(Cli& cli) {
  const auto values = std::make_shared<ListValues>();
  CommandSpec spec;
  spec.name = "show";
  spec.formats = {"text", "json", "alembic"};
  spec.summary = "print a script";
  spec.description =
      "From its file, or from the database's log when the file is gone or the scripts make no graph without "
      "it. "
      "--applied prints what was applied, also where the file was edited since. --format alembic prints id, "
      "parents, "
      "path and message, as Alembic's show.";
  spec.examples = {{"metaxy-migrate -n dev show head", "the newest script"},
                   {"metaxy-migrate -n prod show current", "what was applied last"},
                   {"metaxy-migrate -n prod show --applied 7f3a", "before somebody edited it"}};
  spec.options = {
      required(option("revision", "which one", &values->revision, "REVISION")),
      option("--applied", "the text that was applied, from the database's log", &values->is_applied)};
  spec.run = [values, &cli] {
    const ShowResult result = run_show(values->revision, values->is_applied, cli.context());
    if (cli.format() == Format::json) {
      cli.print(json_of(result));
    } else {
      cli.print(cli.format() == Format::alembic ? alembic_of(result)
                                                : text_of(result, Style{cli.is_colored()}));
    }
    return 0;
  };
  return spec;
}

CommandSpec status_command(Cli& cli) {
  CommandSpec spec;
  spec.name = "status";
  spec.summary = "where am I, and what is pending";
  spec.examples = {{"metaxy-migrate -n dev status", "a table of all revisions"},
                   {"metaxy-migrate -n prod status --format json", "for scripts"}};
  spec.run = [&cli] {
    const Config config = open_config(cli.context());
    for (const std::string& name : selected_names(config, cli.context(), Purpose::reading)) {
      const Workspace workspace = open_workspace(config, name, cli.context());
      const StatusReport report = run_status(workspace, cli.context());
      cli.print(cli.format() == Format::json ? json_of(report) : text_of(report, Style{cli.is_colored()}));
    }
    return 0;
  };
  return spec;
}

}  // namespace

void add_inspect_commands(CommandLine& line, Cli& cli) {
  line.commands.push_back(status_command(cli));
  line.commands.push_back(current_command(cli));
  line.commands.push_back(heads_command(cli));
  line.commands.push_back(branches_command(cli));
  line.commands.push_back(history_command(cli));
  line.commands.push_back(show_command(cli));
}

}  // namespace metaxy::migrate
