// doctor.

#include <memory>

#include "cli.hpp"
#include "command/doctor.hpp"
#include "print_more.hpp"

namespace metaxy::migrate {

namespace {

struct DoctorValues {
  std::string source;
  bool has_all_projects = false;
};

CommandSpec doctor_command(Cli& cli) {
  const auto values = std::make_shared<DoctorValues>();
  CommandSpec spec;
  spec.name = "doctor";
  spec.formats = {"text", "json", "github", "markdown"};
  spec.summary = "find what would make Metaxy fail on this database; only reads";
  spec.description =
      "Compares what Metaxy reads and writes with the tables that are there: missing tables and columns, "
      "types, keys, "
      "by-field columns, names, rights; and looks at the configuration that Metaxy would see. Each finding "
      "has its fix. "
      "Exit codes, by the errors: 1 or 6 the database cannot be looked at, 4 it is wrong, 2 configuration or "
      "definitions are; warnings alone are 0.";
  spec.examples = {{"metaxy-migrate -n prod doctor", "before a deployment of the application"},
                   {"metaxy-migrate -n prod doctor --format json", "for a program"}};
  spec.options = {option("--source", "where definitions come from: auto, python, export, toml, store:NAME",
                         &values->source, "SOURCE"),
                  option("--all-projects", "features of other projects too", &values->has_all_projects)};
  spec.run = [values, &cli] {
    const DoctorReport report =
        run_doctor({.definitions = {.source = values->source, .has_all_projects = values->has_all_projects},
                    .created_features = {}},
                   cli.context());
    cli.print(formatted(report, cli));
    return report.exit_code;
  };
  return spec;
}

}  // namespace

void add_doctor_command(CommandLine& line, Cli& cli) { line.commands.push_back(doctor_command(cli)); }

}  // namespace metaxy::migrate
