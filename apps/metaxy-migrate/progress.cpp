#include "progress.hpp"

#include <fmt/format.h>

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

void ProgressPrinter::on(const Event& event) {
  const bool is_loud = verbosity_ == Verbosity::verbose;
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
          [&](const Notice& e) { line(fmt::format("note: {}", e.text)); },
          [&](const Warning& e) { line(fmt::format("{} {}", styled("warning:", "33"), e.text)); },
      },
      event);
}

}  // namespace metaxy::migrate
