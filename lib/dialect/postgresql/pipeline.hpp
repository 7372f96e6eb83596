#pragma once
// Statements on their way to the server, of which nobody waits for each: a script of thousands of INSERTs
// would else spend more time on the way than in the server. At most two batches are on their way, so that
// neither memory nor what is yet to be taken back depends on the size of the script.

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "dialect/postgresql/driver.hpp"

namespace metaxy::migrate::postgresql {

class Pipeline {
 public:
  /// The driver must outlive it.
  explicit Pipeline(Driver& driver) : driver_(driver) {}

  struct Sent {
    std::size_t number = 0;
    std::string sql;
  };

  /// Throws DriverFailure of this statement or of one that was sent before; then no answer is awaited any
  /// more, and `oldest` is the one that failed.
  void add(std::string_view sql, std::size_t number);
  /// Waits for all answers. Throws as `add` does.
  void settle();
  /// Waits for all answers, whatever they are, and forgets all.
  void abandon() noexcept;

  /// The oldest statement without an answer; nullptr: none.
  const Sent* oldest() const { return unanswered_.empty() ? nullptr : &unanswered_.front(); }
  /// Whether the driver has answers that were not received.
  bool is_awaiting() const { return marks_ > 0 || batch_statements_ > 0; }

 private:
  void end_batch();
  void receive_batch();
  void drain() noexcept;

  Driver& driver_;
  std::deque<Sent> unanswered_;
  std::size_t marks_ = 0;
  std::size_t batch_statements_ = 0;
  std::size_t batch_bytes_ = 0;
};

}  // namespace metaxy::migrate::postgresql
