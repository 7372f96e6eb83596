#include "run/journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"

namespace metaxy::migrate {

namespace {

/// Bytes of script texts that wait to be written.
constexpr std::size_t kMaxLater = std::size_t{1} << 20U;

}  // namespace

Journal::Journal(Connection& connection, const StateSql& sql, const Clock& clock, Actor actor,
                 std::int64_t next_sequence)
    : connection_(connection),
      sql_(sql),
      clock_(clock),
      actor_(std::move(actor)),
      next_sequence_(next_sequence) {}

void Journal::create_tables() {
  connection_.execute(sql_.create_version_table());
  connection_.execute(sql_.create_log_table());
}

void Journal::expect_one(std::int64_t changed, const std::string& what) const {
  if (changed != 1) {
    throw Error(
        ErrorKind::integrity,
        fmt::format("{} in '{}' changed {} rows instead of one: somebody else changed the version table "
                    "meanwhile",
                    what, sql_.version_table(), changed),
        {.where = {}, .hint = "nothing of this step is kept; run `current`, then try again", .notes = {}});
  }
}

void Journal::change_rows(std::span<const RowChange> changes) {
  for (const RowChange& change : changes) {
    switch (change.kind) {
      case RowChange::Kind::insert: {
        const std::vector<Cell> parameters{change.to};
        expect_one(connection_.execute(sql_.insert_version(), parameters),
                   fmt::format("adding '{}'", change.to));
        break;
      }
      case RowChange::Kind::remove: {
        const std::vector<Cell> parameters{change.from};
        expect_one(connection_.execute(sql_.delete_version(), parameters),
                   fmt::format("removing '{}'", change.from));
        break;
      }
      case RowChange::Kind::update: {
        const std::vector<Cell> parameters{change.to, change.from};
        expect_one(connection_.execute(sql_.update_version(), parameters),
                   fmt::format("changing '{}' to '{}'", change.from, change.to));
        break;
      }
    }
  }
}

std::vector<std::string> Journal::sorted_rows() {
  std::vector<std::string> rows;
  for (const Row& row : connection_.query(sql_.select_versions())) {
    rows.push_back(row.front().value_or(""));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

bool Journal::is_overtaken() {
  // Rows are only ever added, and to read all of them in each transaction would grow with their square.
  const std::vector<Row> newest = connection_.query(sql_.select_newest_sequence());
  if (!newest.empty() && newest.front().front() == std::to_string(next_sequence_ - 1)) {
    return false;
  }
  bool is_overtaken = false;
  for (const Row& cells : connection_.query(sql_.select_log_from(next_sequence_))) {
    const LogRow row = StateSql::log_row_from(cells);
    next_sequence_ = row.sequence + 1;
    is_overtaken = is_overtaken || (row.project == actor_.binding.project && row.part == actor_.binding.part);
  }
  return is_overtaken;
}

void Journal::write(LogRow row) {
  const std::int64_t before = next_sequence_;
  write_later(std::move(row));
  try {
    flush();
  } catch (const Error&) {
    rewind(before);
    throw;
  }
}

void Journal::write_later(LogRow row) {
  row.sequence = next_sequence_;
  row.at = iso_micros(clock_.now());
  row.project = actor_.binding.project;
  row.environment = actor_.binding.environment;
  row.part = actor_.binding.part;
  row.tool_version = actor_.tool_version;
  row.user = actor_.user;
  row.host = actor_.host;
  later_size_ += row.script ? row.script->size() : 0;
  later_.push_back(StateSql::log_parameters(row));
  ++next_sequence_;
  if (later_size_ > kMaxLater) {
    flush();
  }
}

void Journal::flush() {
  for (const std::vector<Cell>& cells : later_) {
    connection_.append(sql_.log_target(), cells);
  }
  later_.clear();
  later_size_ = 0;
}

void Journal::rewind(std::int64_t sequence) {
  later_.clear();
  later_size_ = 0;
  next_sequence_ = sequence;
}

void Journal::write_rebind() {
  LogRow row;
  row.action = "rebind";
  row.outcome = "done";
  write(std::move(row));
}

void Journal::delete_all_rows() { connection_.execute(sql_.delete_all_versions()); }

}  // namespace metaxy::migrate
