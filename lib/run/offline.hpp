#pragma once
// `--sql`: a run as statements for the database's own shell (decision 24). The same statements, version rows
// and log rows as online, without a connection; each block begins with a guard that fails unless the version
// table holds what the block expects, so running it twice or on another state changes nothing.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/shell.hpp"
#include "run/executor.hpp"

namespace metaxy::migrate {

struct OfflineOptions {
  TransactionMode mode = TransactionMode::per_revision;
  /// The rows of the version table before the run, in any order.
  std::vector<std::string> rows;
  Actor actor;
  /// What online would connect to.
  Target target;
  /// First line: what this is.
  std::string title;
};

class OfflineWriter;

/// A run, made step by step: nothing is written before all steps are known. Of small scripts only the text is
/// held until then, others are read again.
class OfflineRun {
 public:
  /// All references must outlive the run.
  OfflineRun(const Dialect& dialect, const StateSql& sql, const FileSystem& files,
             const OfflineOptions& options);
  ~OfflineRun();
  OfflineRun(const OfflineRun&) = delete;
  OfflineRun& operator=(const OfflineRun&) = delete;

  /// Everything that can be known to fail was checked before.
  void add(RunStep step);
  /// Gives the text piece by piece. Throws Error when a script was changed since its facts were read.
  void finish(const std::function<void(std::string_view)>& write);

 private:
  std::unique_ptr<OfflineWriter> writer_;
  std::vector<std::string> held_;
  /// From the first script on that is read again.
  std::vector<RunStep> later_;
  std::function<void(std::string_view)> write_;
};

/// A stamp: row changes and log rows, which name what counts as applied from now on, in one transaction.
void write_offline_stamp(const std::vector<StampStep>& steps, const std::vector<LogRow>& log,
                         const Dialect& dialect, const StateSql& sql, const FileSystem& files,
                         const OfflineOptions& options, const std::function<void(std::string_view)>& write);

/// The state tables alone.
void write_offline_tables(const Dialect& dialect, const StateSql& sql, const FileSystem& files,
                          const OfflineOptions& options, const std::function<void(std::string_view)>& write);

}  // namespace metaxy::migrate
