// current, heads, history, show, status.

#include <memory>

#include "cli.hpp"
#include "print.hpp"

namespace metaxy::migrate {

namespace {

void print_list(const RevisionList& list, bool is_verbose, std::string (*lines)(const RevisionList&),
                Cli& cli) {
  cli.require_format({Format::text, Format::json});
  if (cli.format() == Format::json) {
    cli.print(json_of(list));
  } else {
    cli.print(is_verbose ? verbose_of(list) : lines(list));
  }
}

struct ListValues {
  bool is_verbose = false;
  bool is_flagged = false;
  std::string range;
  std::string revision;
};

OptionSpec verbose_option(ListValues& values) {
  return option("-v,--verbose", "all that is known of each revision", &values.is_verbose);
}

CommandSpec current_command(Cli& cli) {
  const auto values = std::make_shared<ListValues>();
  CommandSpec spec;
  spec.name = "current";
  spec.summary = "where the database is";
  spec.examples = {{"metaxy-migrate -n dev current", "the rows of the version table"},
                   {"metaxy-migrate -n prod current --check-heads", "exit 9 unless it is at all heads"}};
  spec.options = {
      verbose_option(*values),
      option("-c,--check-heads", "exit 9 unless the database is at all heads", &values->is_flagged)};
  spec.run = [values, &cli] {
    const Workspace workspace = open_only_workspace(cli.context(), Purpose::reading);
    print_list(run_current({.must_be_at_head = values->is_flagged}, workspace, cli.context()),
               values->is_verbose, lines_of_current, cli);
    return 0;
  };
  return spec;
}

CommandSpec heads_command(Cli& cli) {
  const auto values = std::make_shared<ListValues>();
  CommandSpec spec;
  spec.name = "heads";
  spec.summary = "the newest revisions of the scripts";
  spec.examples = {{"metaxy-migrate -n dev heads", "ids, with their labels"}};
  spec.options = {verbose_option(*values)};
  spec.run = [values, &cli] {
    print_list(run_heads(open_only_workspace(cli.context(), Purpose::reading)), values->is_verbose,
               lines_of_heads, cli);
    return 0;
  };
  return spec;
}

CommandSpec history_command(Cli& cli) {
  const auto values = std::make_shared<ListValues>();
  CommandSpec spec;
  spec.name = "history";
  spec.summary = "the revisions, newest first";
  spec.examples = {
      {"metaxy-migrate -n dev history", "all of them"},
      {"metaxy-migrate -n dev history -r 7f3a:head", "from 7f3a up"},
      {"metaxy-migrate -n dev history -r current: -i", "what is pending, with the current one marked"}};
  spec.options = {verbose_option(*values),
                  option("-r,--rev-range", "A:B; either side may be left out", &values->range, "RANGE"),
                  option("-i,--indicate-current", "mark where the database is", &values->is_flagged)};
  spec.run = [values, &cli] {
    const Workspace workspace = open_only_workspace(cli.context(), Purpose::reading);
    print_list(run_history({.range = values->range, .indicates_current = values->is_flagged}, workspace,
                           cli.context()),
               values->is_verbose, lines_of_history, cli);
    return 0;
  };
  return spec;
}

CommandSpec show_command(Cli& cli) {
  const auto values = std::make_shared<ListValues>();
  CommandSpec spec;
  spec.name = "show";
  spec.summary = "print a script";
  spec.description = "From its file, or from the database's log when the file is gone.";
  spec.examples = {{"metaxy-migrate -n dev show head", "the newest script"},
                   {"metaxy-migrate -n prod show current", "what was applied last"}};
  spec.options = {required(option("revision", "which one", &values->revision, "REVISION"))};
  spec.run = [values, &cli] {
    const Workspace workspace = open_only_workspace(cli.context(), Purpose::reading);
    const ShowResult result = run_show(values->revision, workspace, cli.context());
    cli.print(cli.format() == Format::json ? json_of(result) : text_of(result, Style{cli.is_colored()}));
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
  line.commands.push_back(history_command(cli));
  line.commands.push_back(show_command(cli));
}

}  // namespace metaxy::migrate
