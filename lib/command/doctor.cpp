#include "command/doctor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/doctor_tables.hpp"
#include "metaxy/sources.hpp"
#include "metaxy/table_names.hpp"
#include "run/backup.hpp"
#include "run/state.hpp"

namespace metaxy::migrate {

std::string_view to_text(Diagnosis::Area area) {
  switch (area) {
    case Diagnosis::Area::configuration:
      return "configuration";
    case Diagnosis::Area::model:
      return "model";
    case Diagnosis::Area::database:
      return "database";
    case Diagnosis::Area::connection:
      return "connection";
  }
  return "";
}

std::string_view to_text(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::info:
      return "info";
  }
  return "";
}

namespace {

using Area = Diagnosis::Area;

/// Fields of a store that decide where tables are and what they are called.
bool moves_tables(std::string_view key) {
  static const std::set<std::string_view> keys = {"database",     "connection_string", "connection_params",
                                                  "table_prefix", "backend",           "config"};
  return keys.count(key) != 0;
}

/// One environment, one kind of fault after the other.
class Doctor {
 public:
  Doctor(const DoctorRequest& request, const Workspace& workspace, Context& context, DoctorReport& report)
      : request_(request), workspace_(workspace), context_(context), report_(report) {}

  void examine() {
    examine_configuration();
    const ScriptedSchema scripted = scripted_at_head(workspace_, context_);
    const DesiredSchema desired = examine_model(scripted);
    const std::unique_ptr<Connection> connection = connected();
    if (!connection) {
      return;
    }
    const Reflected live = workspace_.dialect->reflect(*connection, {});
    const auto command = fmt::format("metaxy-migrate -n {}", workspace_.environment.name);
    const Standing standing = standing_of(*connection);
    for (Diagnosis& found : examine_tables({.desired = desired,
                            .scripted = scripted,
                            .live = live.schema,
                            .dialect = *workspace_.dialect,
                            .table_prefix = store().table_prefix,
                            .is_at_head = standing.is_at_head,
                            .is_in_parts = standing.is_in_parts,
                            .command = command})) {
      add(std::move(found));
    }
    examine_server(*connection, desired, live.schema);
    examine_metaxy(*connection, live.schema);
  }

 private:
  const Store& store() const { return workspace_.environment.store; }

  void add(Diagnosis diagnosis) {
    diagnosis.environment = workspace_.environment.name;
    report_.diagnoses.push_back(std::move(diagnosis));
  }
  void add(Severity severity, Area area, std::string message, std::string fix,
           std::vector<std::string> details = {}) {
    add(Diagnosis{.severity = severity,
                  .area = area,
                  .environment = {},
                  .message = std::move(message),
                  .details = std::move(details),
                  .fix = std::move(fix)});
  }

  void examine_configuration() {
    const Config& config = workspace_.config;
    for (const LeakingVariable& leak : config.leaking_variables) {
      if (std::find(leak.stores.begin(), leak.stores.end(), store().name) == leak.stores.end()) {
        continue;
      }
      add(moves_tables(leak.key) ? Severity::error : Severity::warning, Area::configuration,
          fmt::format("environment variable '{}' is set: Metaxy takes it as '{}' of this store, "
                      "metaxy-migrate does not",
                      leak.variable, leak.key),
          fmt::format("unset it, or write '{}' into [stores.{}.config]", leak.key, store().name));
    }
    if (store().auto_create_tables) {
      add(Severity::warning, Area::configuration,
          "auto_create_tables is on: Metaxy creates missing tables by itself, with inferred types",
          "set auto_create_tables = false where this tool migrates the store");
    }
    if (!config.project.value) {
      add(Severity::warning, Area::configuration,
          "no project is set: `metaxy push` and `metaxy lock` refuse to run",
          "set project = \"...\" in metaxy.toml");
    }
    if (config.enable_map_datatype.value && !workspace_.dialect->capabilities().has_structs) {
      add(Severity::warning, Area::configuration,
          fmt::format("enable_map_datatype is on, which Metaxy does not support on {}",
                      workspace_.dialect->name()),
          "turn it off for projects whose stores are there");
    }
    examine_fallbacks();
  }

  void examine_fallbacks() {
    const std::map<std::string, Store>& stores = workspace_.config.stores;
    for (const std::string& name : store().fallback_stores) {
      const auto found = stores.find(name);
      if (found == stores.end()) {
        add(Severity::error, Area::configuration,
            fmt::format("fallback store '{}' is not configured: reads that fall back to it fail", name),
            fmt::format("add [stores.{}], or take it out of fallback_stores", name));
        continue;
      }
      const std::string theirs = hash_algorithm_of(name);
      if (theirs != store().hash_algorithm) {
        const auto shown = [](const std::string& name_of_it) {
          return name_of_it.empty() ? std::string("its default") : in_quotes(name_of_it);
        };
        add(Severity::warning, Area::configuration,
            fmt::format("fallback store '{}' hashes with {}, this store with {}: Metaxy refuses the chain "
                        "where they differ",
                        name, shown(theirs), shown(store().hash_algorithm)),
            "give both the same hash_algorithm");
      }
    }
  }

  /// Of a store that may be wrong in other ways, which is not this environment's business.
  std::string hash_algorithm_of(const std::string& name) const {
    try {
      return workspace_.config.environment(name).store.hash_algorithm;
    } catch (const Error&) {
      return store().hash_algorithm;
    }
  }

  /// What the model asks for; of a model that is wrong, the system tables only.
  DesiredSchema examine_model(const ScriptedSchema& scripted) {
    try {
      const LoadedDefinitions definitions = load_definitions(workspace_, context_, request_.definitions);
      DesiredSchema desired = desired_schema(workspace_, definitions, request_.created_features, scripted);
      for (const std::string& note : desired.notes) {
        add(Severity::info, Area::model, note, "");
      }
      return desired;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::configuration) {
        throw;
      }
      add(Severity::error, Area::model, error.what(),
          error.hint().empty() ? "change the definitions" : error.hint(), error.notes());
    }
    return desired_schema(workspace_, {}, request_.created_features, scripted);
  }

  std::unique_ptr<Connection> connected() {
    const std::optional<std::string> file = database_file(workspace_);
    if (file && !context_.files.is_file(*file) && !context_.files.is_directory(*file)) {
      add(Severity::error, Area::database, fmt::format("database file '{}' does not exist", *file),
          fmt::format("metaxy-migrate -n {} {}", workspace_.environment.name,
                      workspace_.graph.empty() ? "revision --autogenerate -m \"...\", then upgrade head"
                                               : "upgrade head"));
      return nullptr;
    }
    const MigrateSettings& settings = workspace_.environment.settings;
    try {
      std::unique_ptr<Connection> connection = workspace_.dialect->connect(
          target_to_connect(store()),
          {.access = Access::read_only,
           .may_create = false,
           .lock_wait = settings.lock_wait.value,
           .connect_wait = settings.connect_wait.value,
           .waiting = [this](const std::string& holder) { context_.observer.on(LockWaiting{holder}); }});
      if (file) {
        examine_file(*file);
      }
      return connection;
    } catch (const Error& error) {
      const bool is_configuration = error.kind() == ErrorKind::configuration;
      const bool is_locked = error.kind() == ErrorKind::lock;
      add(Severity::error, is_configuration ? Area::configuration : Area::connection, error.what(),
          error.hint().empty() ? "check where the store is, and who may reach it" : error.hint(),
          error.notes());
      if (!is_configuration) {
        report_.exit_code = exit_code(is_locked ? ErrorKind::lock : ErrorKind::failure);
      }
    }
    return nullptr;
  }

  struct Standing {
    /// Whether all scripts are applied.
    bool is_at_head = false;
    /// Whether a part of the project was migrated here, and the whole is examined.
    bool is_in_parts = false;
  };

  /// A version table that cannot be understood is `check`'s business.
  Standing standing_of(Connection& connection) const {
    const Environment& environment = workspace_.environment;
    const StateSql sql(*workspace_.dialect, environment.version_table.value, environment.log_table);
    try {
      const DatabaseState state = read_state(connection, sql, {});
      std::vector<std::string> rows = state.rows;
      std::vector<std::string> heads = workspace_.graph.effective_heads();
      std::sort(rows.begin(), rows.end());
      std::sort(heads.begin(), heads.end());
      const std::string project = workspace_.config.project.value.value_or("");
      const bool has_parts = std::any_of(state.others.begin(), state.others.end(), [&](const auto& other) {
        return other.first == project && other.second != "all" && !other.second.empty();
      });
      return {.is_at_head = rows == heads, .is_in_parts = environment.part == Part::all && has_parts};
    } catch (const Error&) {
      return {};
    }
  }

  void examine_file(const std::string& file) {
    std::error_code error;
    const std::filesystem::space_info space = std::filesystem::space(parent_or_here(file), error);
    const std::uint64_t size = file_size(file);
    if (!error && space.available < size) {
      add(Severity::warning, Area::database,
          fmt::format("the disk of '{}' has {} MiB left, less than the file's {} MiB: no backup before a "
                      "risky run",
                      file, space.available >> 20U, size >> 20U),
          "make room");
    }
    const auto permissions = std::filesystem::status(file, error).permissions();
    constexpr auto kWrite = std::filesystem::perms::owner_write | std::filesystem::perms::group_write |
                            std::filesystem::perms::others_write;
    if (!error && (permissions & kWrite) == std::filesystem::perms::none) {
      add(Severity::error, Area::database,
          fmt::format("nobody may write to '{}': Metaxy's writes fail", file),
          fmt::format("chmod u+w {}", file));
    }
  }

  static std::string parent_or_here(const std::string& file) {
    const std::string directory = parent_path(file);
    return directory.empty() ? "." : directory;
  }

  void examine_server(Connection& connection, const DesiredSchema& desired, const Schema& live) {
    std::vector<TableName> tables;
    for (const auto& [name, table] : desired.tables) {
      if (live.count(name) != 0) {
        tables.push_back(name);
      }
    }
    for (const ServerFault& fault : connection.faults(tables)) {
      add(fault.stops_metaxy ? Severity::error : Severity::warning, Area::database, fault.message, fault.fix);
    }
  }

  /// Which Metaxy pushed last: the tables of today are those of 0.1.0 and newer (contract D4).
  void examine_metaxy(Connection& connection, const Schema& live) {
    const std::string& prefix = store().table_prefix;
    const Table* table =
        find_table(live, {.schema = "", .name = system_table_name("feature_versions", prefix)});
    if (table == nullptr || find_column(*table, "tags") == nullptr || !workspace_.config.project.value) {
      return;
    }
    const std::string version =
        pushing_version(connection, *workspace_.dialect, prefix, *workspace_.config.project.value);
    if (version.rfind("0.0.", 0) == 0) {
      add(Severity::error, Area::database,
          fmt::format("the last push was by Metaxy {}: it does not write all columns that today's needs",
                      version),
          "upgrade Metaxy to 0.1.0 or newer in the project, then push again");
    }
  }

  const DoctorRequest& request_;
  const Workspace& workspace_;
  Context& context_;
  DoctorReport& report_;
};

int doctor_exit_code(const DoctorReport& report) {
  const auto has = [&](auto... areas) {
    return std::any_of(report.diagnoses.begin(), report.diagnoses.end(), [&](const Diagnosis& diagnosis) {
      return diagnosis.severity == Severity::error && ((diagnosis.area == areas) || ...);
    });
  };
  if (report.exit_code != 0) {
    return report.exit_code;
  }
  if (has(Area::database)) {
    return exit_code(ErrorKind::drift);
  }
  return has(Area::configuration, Area::model) ? exit_code(ErrorKind::configuration) : 0;
}

/// The gravest first; otherwise in the order of the examination.
void sort_by_severity(DoctorReport& report) {
  std::stable_sort(report.diagnoses.begin(), report.diagnoses.end(),
                   [](const Diagnosis& a, const Diagnosis& b) { return a.severity < b.severity; });
}

}  // namespace

DoctorReport run_doctor(const DoctorRequest& request, Context& context) {
  DoctorReport report;
  const Config config = open_config(context);
  for (const std::string& name : selected_names(config, context, Purpose::reading)) {
    report.environments.push_back(name);
    const Workspace workspace = open_workspace(config, name, context);
    Doctor(request, workspace, context, report).examine();
  }
  sort_by_severity(report);
  report.exit_code = doctor_exit_code(report);
  return report;
}

}  // namespace metaxy::migrate
