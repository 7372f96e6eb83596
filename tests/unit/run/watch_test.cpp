#include "run/watch.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "support/fakes.hpp"

namespace metaxy::migrate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// Counts how often it was told to stop.
class Interruptible final : public Connection {
 public:
  std::int64_t execute(std::string_view, std::span<const Cell>) override { return 0; }
  std::vector<Row> query(std::string_view, std::span<const Cell>) override { return {}; }
  void begin(const TransactionHints&) override {}
  void begin_read() override {}
  void commit() override {}
  void rollback() noexcept override {}
  bool is_in_transaction() const override { return false; }
  void finish_run() override {}
  void lock(std::string_view, milliseconds, const std::function<void(const std::string&)>&) override {}
  void interrupt() noexcept override { ++interrupts; }
  std::optional<double> progress() noexcept override { return 40; }
  std::string server_version() override { return {}; }

  std::atomic<int> interrupts{0};
};

/// Waits for what another thread does; false when it does not come.
template <class Condition>
bool comes(Condition condition) {
  const auto end = steady_clock::now() + seconds(10);
  while (!condition()) {
    if (steady_clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

class AtomicObserver final : public Observer {
 public:
  void on(const Event& event) override {
    if (const auto* beat = std::get_if<Heartbeat>(&event)) {
      last = *beat;
      ++beats;
    }
  }
  Heartbeat last;
  std::atomic<int> beats{0};
};

TEST(WatchTest, TellsWhatTakesLongAndHowFarItIs) {
  Interruptible connection;
  AtomicObserver observer;
  {
    Watch watch(connection, observer, seconds(1));
    watch.set_task("copy the rows");
    ASSERT_TRUE(comes([&] { return observer.beats > 0; }));
    watch.set_task("");
  }
  EXPECT_EQ(observer.last.what, "copy the rows");
  EXPECT_GE(observer.last.elapsed, seconds(1));
  EXPECT_EQ(observer.last.percent, 40);
  EXPECT_EQ(connection.interrupts, 0);
}

TEST(WatchTest, ASignalStopsTheStatementAndIsSaidAgainUntilTheRunHasEnded) {
  for (const auto& [number, kind] :
       {std::pair(SIGINT, ErrorKind::interrupted), std::pair(SIGTERM, ErrorKind::terminated)}) {
    Interruptible connection;
    AtomicObserver observer;
    const Watch watch(connection, observer, seconds(0));
    EXPECT_NO_THROW(watch.throw_if_stopped());
    kill(getpid(), number);
    ASSERT_TRUE(comes([&] { return connection.interrupts > 1; }));
    EXPECT_EQ(watch.signal(), number);
    try {
      watch.throw_if_stopped();
      ADD_FAILURE() << "it goes on";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind);
    }
  }
}

TEST(WatchTest, NothingIsInterruptedOnceTheRunIsToFinish) {
  Interruptible connection;
  AtomicObserver observer;
  Watch watch(connection, observer, seconds(0));
  watch.let_finish();
  kill(getpid(), SIGTERM);
  ASSERT_TRUE(comes([&] { return watch.signal() == SIGTERM; }));
  std::this_thread::sleep_for(milliseconds(600));  // longer than it takes to say it again
  EXPECT_EQ(connection.interrupts, 0);
}

TEST(WatchDeathTest, TheSecondSignalEndsTheProcessAtOnce) {
  const auto stopped_twice = [](int number) {
    Interruptible connection;
    AtomicObserver observer;
    const Watch watch(connection, observer, seconds(0));
    kill(getpid(), number);
    comes([&] { return watch.signal() != 0; });
    kill(getpid(), number);
    comes([] { return false; });
  };
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(stopped_twice(SIGINT), testing::ExitedWithCode(130), "");
  EXPECT_EXIT(stopped_twice(SIGTERM), testing::ExitedWithCode(143), "");
}

}  // namespace
}  // namespace metaxy::migrate
