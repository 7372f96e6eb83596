#pragma once
// Stand-ins for the doors of I/O that a run uses: a clock that ticks, an observer that records, and a
// connection that does real work until the statement at which it is told to fail.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "dialect/connection.hpp"
#include "run/events.hpp"

namespace metaxy::migrate {

/// Stands at 2026-11-22T13:05:00Z; each look at `monotonic` is a millisecond later.
class FakeClock final : public Clock {
 public:
  Instant now() const override { return Instant(std::chrono::seconds(1795352700)); }
  std::chrono::microseconds monotonic() const override { return std::chrono::milliseconds(++ticks_); }

 private:
  mutable long ticks_ = 0;
};

class RecordingObserver final : public Observer {
 public:
  void on(const Event& event) override { events.push_back(event); }
  std::vector<Event> events;
};

/// A real connection that counts what is asked of it and fails the call of a given number, once.
class FakeConnection final : public Connection {
 public:
  explicit FakeConnection(std::unique_ptr<Connection> real) : real_(std::move(real)) {}

  /// Calls of execute, begin, commit and go_back are counted from 1; 0: never fail.
  void fail_at(std::size_t call) {
    calls_ = 0;
    fail_at_ = call;
  }
  std::size_t calls() const { return calls_; }
  /// Every failure is one of the moment.
  bool says_retry = false;
  std::function<void(std::string_view sql)> before_query;
  bool has_failed() const { return fail_at_ != 0 && calls_ >= fail_at_; }

  std::int64_t execute(std::string_view sql, std::span<const Cell> parameters) override {
    count(sql);
    return real_->execute(sql, parameters);
  }
  void append(const RowTarget& target, std::span<const Cell> cells) override {
    count(target.insert);
    real_->append(target, cells);
  }
  std::vector<Row> query(std::string_view sql, std::span<const Cell> parameters) override {
    if (before_query) before_query(sql);
    return real_->query(sql, parameters);
  }
  void begin(const TransactionHints& hints) override {
    count("begin");
    real_->begin(hints);
  }
  void begin_read() override { real_->begin_read(); }
  void commit() override {
    count("commit");
    real_->commit();
  }
  void rollback() noexcept override { real_->rollback(); }
  bool is_in_transaction() const override { return real_->is_in_transaction(); }
  void come_home() override { real_->come_home(); }
  std::string visit_home() override { return real_->visit_home(); }
  void go_back(const std::string& place) override {
    count("go back");
    real_->go_back(place);
  }
  bool may_retry() const override { return says_retry || real_->may_retry(); }
  void finish_run() override { real_->finish_run(); }
  void lock(std::string_view key, std::chrono::milliseconds wait,
            const std::function<void(const std::string&)>& waiting) override {
    real_->lock(key, wait, waiting);
  }
  void interrupt() noexcept override { real_->interrupt(); }
  std::optional<double> progress() noexcept override { return real_->progress(); }
  std::string server_version() override { return real_->server_version(); }

 private:
  void count(std::string_view what) {
    if (++calls_ == fail_at_) {
      throw StatementFailed("injected failure", std::string(what));
    }
  }

  std::unique_ptr<Connection> real_;
  std::size_t calls_ = 0;
  std::size_t fail_at_ = 0;
};

}  // namespace metaxy::migrate
