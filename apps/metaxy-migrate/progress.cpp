#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "diff/operation.hpp"
#include "terminal.hpp"

namespace metaxy::migrate {

namespace {

std::string shown(std::chrono::microseconds elapsed) {
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
  return millis < 10'000 ? fmt::format("{} ms", millis)
                         : fmt::format("{:.1f} s", static_cast<double>(millis) / 1000);
}

std::string precise(std::chrono::microseconds elapsed) {
  return fmt::format("{:.2f} ms", static_cast<double>(elapsed.count()) / 1000);
}

std::string on_one_line(std::string sql) {
  std::replace(sql.begin(), sql.end(), '\n', ' ');
  return sql;
}

std::string first_line(const std::string& sql) {
  const std::string line = sql.substr(0, sql.find('\n'));
  return line.size() == sql.size() ? line : line + " ...";
}

}  // namespace

std::string ProgressPrinter::styled(const std::string& text, const char* code) const {
  return is_colored_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

void ProgressPrinter::line(const std::string& text) {
  const std::lock_guard<std::mutex> lock(mutex_);
  write_message(text + "\n");
}

void ProgressPrinter::measure(const std::string& what, std::chrono::microseconds elapsed) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Measured& measured = measured_[what];
  ++measured.count;
  measured.elapsed += elapsed;
}

void ProgressPrinter::print_stats(std::chrono::microseconds total) {
  std::vector<std::pair<std::string, Measured>> rows(measured_.begin(), measured_.end());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.second.elapsed > b.second.elapsed; });
  rows.emplace_back("in all", Measured{.count = 1, .elapsed = total});
  for (const auto& [what, measured] : rows) {
    line(fmt::format("stats: {:<26} {:>6} x {:>10}", what, measured.count, precise(measured.elapsed)));
  }
}

void ProgressPrinter::on(const Event& event) {
  const bool is_loud = verbosity_ == Verbosity::verbose;
  // What -d asked for is told whatever the verbosity.
  if (const auto* traced = std::get_if<StatementTraced>(&event)) {
    measure("statements", traced->elapsed);
    if (shows_statements_) {
      line(fmt::format("sql: {:>10}  {}", precise(traced->elapsed), on_one_line(traced->sql)));
    }
    return;
  }
  if (const auto* phase = std::get_if<PhaseFinished>(&event)) {
    measure(phase->phase, phase->elapsed);
    return;
  }
  if (const auto* explained = std::get_if<Explained>(&event)) {
    line(fmt::format("explain: {}", explained->text));
    return;
  }
  if (verbosity_ == Verbosity::quiet && !std::holds_alternative<Warning>(event)) {
    return;
  }
  std::visit(
      Overloaded{
          [&](const LockWaiting& e) { line(fmt::format("waiting for the lock, held by {}", e.holder)); },
          [&](const BackupMade& e) { line(fmt::format("backup: {}", e.path)); },
          [&](const RunStarted&) {},
          [&](const RevisionStarted& e) {
            line(fmt::format("{} {} {} [{}/{}]",
                             styled(e.direction == Direction::upgrade ? "applying" : "undoing ", "36"),
                             e.revision, e.message, e.number, e.of));
          },
          [&](const StatementStarted& e) {
            if (is_loud) {
              line(fmt::format("  {}", e.summary.empty() ? first_line(e.sql) : e.summary));
            }
          },
          [&](const StatementFinished& e) {
            if (is_loud) {
              line(fmt::format("    {}", shown(e.elapsed)));
            }
          },
          [&](const StatementSkipped& e) {
            line(fmt::format("  skipped: {} ({})", first_line(e.sql), e.reason));
          },
          [&](const RevisionFinished& e) {
            line(fmt::format("{} {} in {}",
                             styled(e.direction == Direction::upgrade ? "applied " : "undone  ", "32"),
                             e.revision, shown(e.elapsed)));
          },
          [&](const Heartbeat& e) {
            line(fmt::format("still working after {} s{}: {}", e.elapsed.count(),
                             e.percent ? fmt::format(", {:.0f} %", *e.percent) : "", e.what));
          },
          [](const StatementTraced&) {},
          [](const PhaseFinished&) {},
          [](const Explained&) {},
          [&](const Notice& e) { line(fmt::format("note: {}", e.text)); },
          [&](const Warning& e) { line(fmt::format("{} {}", styled("warning:", "33"), e.text)); },
          [&](const Detail& e) {
            if (is_loud) {
              line(e.text);
            }
          },
      },
      event);
}

}  // namespace metaxy::migrate
