#pragma once
// The statements of an open transaction that were handed over to the connection and not answered yet. The
// transaction takes a statement back if it fails, so nobody need wait for each answer.

#include <deque>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "dialect/connection.hpp"

namespace metaxy::migrate {

class Answers {
 public:
  /// Both must outlive it. `failing` becomes the statement of which the database said that it failed.
  Answers(Connection& connection, std::optional<Statement>& failing)
      : connection_(connection), failing_(failing) {}

  void hand_over(const Statement& statement) {
    const std::size_t number = handed_over_++;
    await([&] { connection_.execute_soon(statement.text, number); }, &statement);
    if (connection_.unsettled()) unsettled_.emplace_back(number, statement);
  }

  void settle() {
    if (!unsettled_.empty()) await([this] { connection_.settle(); }, nullptr);
  }

  /// After a rollback.
  void forget() { unsettled_.clear(); }

 private:
  /// `newest` is handed over by the act.
  template <class Act>
  void await(Act act, const Statement* newest) {
    try {
      act();
    } catch (const Error&) {
      forget_answered();
      failing_ = unsettled_.empty() ? *newest : unsettled_.front().second;
      unsettled_.clear();
      throw;
    }
    forget_answered();
  }

  void forget_answered() {
    const std::optional<std::size_t> oldest = connection_.unsettled();
    while (!unsettled_.empty() && (!oldest || unsettled_.front().first < *oldest)) unsettled_.pop_front();
  }

  Connection& connection_;
  std::optional<Statement>& failing_;
  /// Oldest first, with their numbers.
  std::deque<std::pair<std::size_t, Statement>> unsettled_;
  std::size_t handed_over_ = 0;
};

}  // namespace metaxy::migrate
