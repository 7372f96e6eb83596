#pragma once
// Cuts SQL text into words, quoted things, comments and punctuation, also when the text arrives in pieces. It
// knows what is inside a quote or a comment, and nothing about statements: those are the splitter's.

#include <cstddef>
#include <optional>
#include <string_view>

#include "sql/splitter.hpp"

namespace metaxy::migrate {

/// One lexical element, as offsets into the text that was given to the lexer.
struct Lexeme {
  enum class Kind { word, quoted_identifier, string, number, punctuation, line_comment, block_comment };
  Kind kind = Kind::word;
  std::size_t begin = 0;
  /// For a line comment: where its line break is.
  std::size_t end = 0;

  std::string_view in(std::string_view text) const { return text.substr(begin, end - begin); }
};

class Lexer {
 public:
  /// How much the caller wants to see.
  enum class Detail {
    everything,
    /// Only what can end a statement or open a group, `;` `(` `)`, and line comments; the rest is passed over
    /// quickly.
    structure,
  };

  explicit Lexer(const SplitterOptions& options) : options_(options) {}

  /// The next lexeme from position() on; nullopt when the text ends before one is complete. `text` is what
  /// earlier calls were given, with more at its end or the same; `is_final` says that no more will come.
  /// Linear over all calls.
  std::optional<Lexeme> next(std::string_view text, bool is_final, Detail detail = Detail::everything);

  /// Where the next lexeme is looked for: behind the last one, or where an incomplete one begins.
  std::size_t position() const { return begin_; }
  /// End of the last thing that is neither blank nor comment, whether it was reported or passed over; 0 if
  /// none.
  std::size_t end_of_last_token() const { return last_end_; }
  /// The same for the token before that one: where a statement's text ends when the last token is its `;`.
  std::size_t end_of_token_before() const { return previous_end_; }
  /// What is begun and not ended, after next() gave nothing for a final text; nullopt when nothing is.
  std::optional<Lexeme::Kind> open() const;

  /// Goes to an offset outside of any lexeme.
  void seek(std::size_t offset);
  /// The caller removed so many bytes from the front of the text; they must lie before position().
  void drop(std::size_t bytes);

 private:
  enum class Mode {
    between,
    word,
    number,
    single_quote,
    escape_quote,
    double_quote,
    backtick,
    bracket,
    dollar_tag,
    dollar_quote,
    line_comment,
    block_comment,
  };
  enum class Found { complete, need_more };

  void skip_to_structure(std::string_view text);
  void skip_dull(std::string_view text);
  bool skip_blanks(std::string_view text, bool is_final);
  Found begin_lexeme(std::string_view text, bool is_final);
  Found begin_symbol(std::string_view text, bool is_final);
  Found go_on(std::string_view text, bool is_final);
  Found end_word(std::string_view text, bool is_final);
  Found end_number(std::string_view text, bool is_final);
  Found end_quote(std::string_view text, bool is_final, char quote);
  Found end_escape_quote(std::string_view text, bool is_final);
  Found end_bracket(std::string_view text);
  Found end_dollar_tag(std::string_view text, bool is_final);
  Found end_dollar_quote(std::string_view text);
  Found end_line_comment(std::string_view text, bool is_final);
  Found end_block_comment(std::string_view text);
  Found begin_mode(Mode mode, Lexeme::Kind kind, std::size_t prefix, std::string_view text, bool is_final);
  Found punctuation(std::size_t size);
  std::size_t unicode_blank(std::string_view text, std::size_t at) const;
  void note_for_continuation(Mode ended);

  SplitterOptions options_;
  Mode mode_ = Mode::between;
  Lexeme::Kind kind_ = Lexeme::Kind::word;
  /// Where the lexeme begins (mode other than between), else where the next one is looked for.
  std::size_t begin_ = 0;
  /// How far the open lexeme is scanned, so that no byte is looked at again when more text comes.
  std::size_t scan_ = 0;
  std::size_t last_end_ = 0;
  std::size_t previous_end_ = 0;
  std::size_t comment_depth_ = 0;
  std::size_t tag_size_ = 0;
  /// After `E'...'`: PostgreSQL continues such a string when only blanks with a line break, and line
  /// comments, stand between it and the next quote, whose backslashes then count too (its lexer's rule
  /// `quotecontinue`; DuckDB alike).
  bool may_continue_escape_ = false;
  bool saw_line_break_ = false;
};

}  // namespace metaxy::migrate
