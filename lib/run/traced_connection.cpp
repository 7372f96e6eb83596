#include "run/traced_connection.hpp"

#include <utility>

namespace metaxy::migrate {

namespace {

class TracedConnection final : public Connection {
 public:
  TracedConnection(std::unique_ptr<Connection> real, const Clock& clock, Observer& observer)
      : real_(std::move(real)), clock_(clock), observer_(observer) {}

  std::int64_t execute(std::string_view sql, std::span<const Cell> parameters) override {
    const Timer timer(*this, sql);
    return real_->execute(sql, parameters);
  }
  void append(const RowTarget& target, std::span<const Cell> cells) override {
    const Timer timer(*this, target.insert);
    real_->append(target, cells);
  }
  std::vector<Row> query(std::string_view sql, std::span<const Cell> parameters) override {
    const Timer timer(*this, sql);
    return real_->query(sql, parameters);
  }
  void begin(const TransactionHints& hints) override {
    const Timer timer(*this, "(begin)");
    real_->begin(hints);
  }
  void begin_read() override {
    const Timer timer(*this, "(begin to read)");
    real_->begin_read();
  }
  void commit() override {
    const Timer timer(*this, "(commit)");
    real_->commit();
  }
  void rollback() noexcept override { real_->rollback(); }
  bool is_in_transaction() const override { return real_->is_in_transaction(); }
  void come_home() override { real_->come_home(); }
  std::string visit_home() override { return real_->visit_home(); }
  void go_back(const std::string& place) override { real_->go_back(place); }
  bool may_retry() const override { return real_->may_retry(); }
  void finish_run() override {
    const Timer timer(*this, "(finish the run)");
    real_->finish_run();
  }
  void lock(std::string_view key, std::chrono::milliseconds wait,
            const std::function<void(const std::string&)>& waiting) override {
    real_->lock(key, wait, waiting);
  }
  std::string holder(std::string_view key) override { return real_->holder(key); }
  void interrupt() noexcept override { real_->interrupt(); }
  std::optional<double> progress() noexcept override { return real_->progress(); }
  std::vector<ServerFault> faults(const std::vector<TableName>& tables) override {
    return real_->faults(tables);
  }
  std::string server_version() override { return real_->server_version(); }

 private:
  /// Also what failed took its time, and is what one looks for.
  class Timer {
   public:
    Timer(TracedConnection& connection, std::string_view sql)
        : connection_(connection), sql_(sql), start_(connection.clock_.monotonic()) {}
    ~Timer() {
      connection_.observer_.on(
          StatementTraced{.sql = std::string(sql_), .elapsed = connection_.clock_.monotonic() - start_});
    }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

   private:
    TracedConnection& connection_;
    std::string_view sql_;
    std::chrono::microseconds start_;
  };

  std::unique_ptr<Connection> real_;
  const Clock& clock_;
  Observer& observer_;
};

}  // namespace

std::unique_ptr<Connection> traced(std::unique_ptr<Connection> connection, const Clock& clock,
                                   Observer& observer) {
  return std::make_unique<TracedConnection>(std::move(connection), clock, observer);
}

}  // namespace metaxy::migrate
