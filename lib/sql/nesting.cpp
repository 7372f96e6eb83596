#include "sql/nesting.hpp"

#include <array>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::array<std::string_view, 3> kBeforeCreate = {"EXPLAIN", "QUERY", "PLAN"};
constexpr std::array<std::string_view, 4> kAfterCreate = {"OR", "REPLACE", "TEMP", "TEMPORARY"};
constexpr std::array<std::string_view, 2> kRoutines = {"FUNCTION", "PROCEDURE"};

}  // namespace

bool Nesting::is_in_body() const {
  return phase_ == Phase::trigger || phase_ == Phase::trigger_semicolon || phase_ == Phase::atomic;
}

std::optional<std::size_t> Nesting::open_parenthesis() const {
  return depth_ > 0 ? std::optional(open_at_) : std::nullopt;
}

bool Nesting::ends_at(Lexeme::Kind kind, std::string_view text, std::size_t offset) {
  if (kind == Lexeme::Kind::word) {
    take_word(text);
    return false;
  }
  const char c = kind == Lexeme::Kind::punctuation ? text.front() : '\0';
  is_name_next_ = c == '.';
  if (c == ';') {
    return depth_ == 0 && take_semicolon();
  }
  if (c == '(' && depth_++ == 0) {
    open_at_ = offset;
  } else if (c == ')' && depth_ > 0) {
    --depth_;
  }
  if (phase_ == Phase::start || phase_ == Phase::create) {
    phase_ = Phase::plain;
  } else if (phase_ == Phase::trigger_semicolon || phase_ == Phase::trigger_end) {
    phase_ = Phase::trigger;
  } else if (phase_ == Phase::routine_begin) {
    phase_ = Phase::routine;
  }
  return false;
}

void Nesting::take_word(std::string_view word) {
  const bool is_name = is_name_next_;
  is_name_next_ = equal_ignoring_case(word, "AS");
  switch (phase_) {
    case Phase::start:
      if (!is_one_of_ignoring_case(word, kBeforeCreate)) {
        phase_ = equal_ignoring_case(word, "CREATE") ? Phase::create : Phase::plain;
      }
      return;
    case Phase::create:
      phase_ = after_create(word);
      return;
    case Phase::plain:
    case Phase::trigger:
      return;
    case Phase::trigger_semicolon:
      phase_ = equal_ignoring_case(word, "END") ? Phase::trigger_end : Phase::trigger;
      return;
    case Phase::trigger_end:
      phase_ = Phase::trigger;
      return;
    case Phase::routine:
      phase_ = !is_name && equal_ignoring_case(word, "BEGIN") ? Phase::routine_begin : Phase::routine;
      return;
    case Phase::routine_begin:
      phase_ = equal_ignoring_case(word, "ATOMIC") ? Phase::atomic : Phase::routine;
      open_ends_ = 1;
      return;
    case Phase::atomic:
      if (!is_name) {
        take_atomic(word);
      }
      return;
  }
}

Nesting::Phase Nesting::after_create(std::string_view word) const {
  if (is_one_of_ignoring_case(word, kAfterCreate)) {
    return Phase::create;
  }
  if (options_.has_trigger_bodies && equal_ignoring_case(word, "TRIGGER")) {
    return Phase::trigger;
  }
  return options_.has_atomic_bodies && is_one_of_ignoring_case(word, kRoutines) ? Phase::routine
                                                                                : Phase::plain;
}

void Nesting::take_atomic(std::string_view word) {
  if (equal_ignoring_case(word, "CASE")) {
    ++open_ends_;
  } else if (equal_ignoring_case(word, "END") && --open_ends_ == 0) {
    phase_ = Phase::plain;
  }
}

/// A trigger ends with `;` END `;`: each statement of its body has a semicolon, and none begins with END, so
/// the END of a CASE is never taken for it (as in SQLite's sqlite3_complete).
bool Nesting::take_semicolon() {
  if (phase_ == Phase::trigger || phase_ == Phase::trigger_semicolon) {
    phase_ = Phase::trigger_semicolon;
    return false;
  }
  return phase_ != Phase::atomic;
}

}  // namespace metaxy::migrate
