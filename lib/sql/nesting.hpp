#pragma once
// Follows the lexemes of one statement to tell which `;` ends it: not one in parentheses, in a trigger's body
// (SQLite) or in a BEGIN ATOMIC body (PostgreSQL).

#include <cstddef>
#include <optional>
#include <string_view>

#include "sql/lexer.hpp"

namespace metaxy::migrate {

class Nesting {
 public:
  explicit Nesting(const SplitterOptions& options) : options_(options) {}

  /// Takes the next lexeme, no comment, that begins at `offset`; true when it is the `;` that ends the
  /// statement.
  bool ends_at(Lexeme::Kind kind, std::string_view text, std::size_t offset);

  /// What ends_at() must be given next.
  Lexer::Detail needed_detail() const {
    return phase_ == Phase::plain ? Lexer::Detail::structure : Lexer::Detail::everything;
  }
  /// Inside a trigger or an atomic body, where a comment is a comment whatever it says.
  bool is_in_body() const;
  /// Where the outermost open parenthesis is; nullopt when none is open.
  std::optional<std::size_t> open_parenthesis() const;
  /// The caller removed so many bytes from the front of the text.
  void drop(std::size_t bytes) { open_at_ -= depth_ > 0 ? bytes : 0; }

 private:
  enum class Phase {
    start,
    create,
    plain,
    trigger,
    trigger_semicolon,
    trigger_end,
    routine,
    routine_begin,
    atomic,
  };

  void take_word(std::string_view word);
  bool take_semicolon();
  Phase after_create(std::string_view word) const;
  void take_atomic(std::string_view word);

  SplitterOptions options_;
  Phase phase_ = Phase::start;
  std::size_t depth_ = 0;
  std::size_t open_at_ = 0;
  /// BEGIN ATOMIC and the CASEs inside it that have no END yet.
  std::size_t open_ends_ = 0;
  /// A keyword behind `.` or AS is a name.
  bool is_name_next_ = false;
};

}  // namespace metaxy::migrate
