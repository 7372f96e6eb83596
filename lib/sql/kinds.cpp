#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "base/text.hpp"
#include "sql/first_word.hpp"
#include "sql/freed_locks.hpp"
#include "sql/inner_change.hpp"
#include "sql/lexer.hpp"
#include "sql/splitter.hpp"

namespace metaxy::migrate {

namespace {

using Words = std::span<const std::string_view>;

/// The lexemes of a statement without its comments, one at a time: most statements are known by their first
/// word.
class Reader {
 public:
  Reader(std::string_view text, const SplitterOptions& options) : text_(text), lexer_(options) { advance(); }

  bool is_done() const { return !lexeme_; }
  bool is_word() const { return lexeme_ && lexeme_->kind == Lexeme::Kind::word; }
  bool is_word(std::string_view word) const { return is_word() && equal_ignoring_case(text(), word); }
  bool is_word(Words words) const { return is_word() && is_one_of_ignoring_case(text(), words); }
  bool is_punctuation(char c) const {
    return lexeme_ && lexeme_->kind == Lexeme::Kind::punctuation && text() == std::string_view(&c, 1);
  }
  /// As written. Precondition: not done.
  std::string_view text() const { return lexeme_->in(text_); }
  /// Parentheses open around the lexeme; both of a pair count as outside of it.
  std::size_t depth() const { return depth_; }

  void advance() {
    depth_ += is_punctuation('(') ? 1 : 0;
    do {
      lexeme_ = lexer_.next(text_, true);
    } while (lexeme_ && is_comment());
    depth_ -= is_punctuation(')') && depth_ > 0 ? 1 : 0;
  }
  /// Goes on to the next lexeme if this one is `word`.
  bool skip_word(std::string_view word) {
    const bool is_there = is_word(word);
    if (is_there) {
      advance();
    }
    return is_there;
  }

 private:
  bool is_comment() const {
    return lexeme_->kind == Lexeme::Kind::line_comment || lexeme_->kind == Lexeme::Kind::block_comment;
  }

  std::string_view text_;
  Lexer lexer_;
  std::optional<Lexeme> lexeme_;
  std::size_t depth_ = 0;
};

struct Verb {
  std::string_view word;
  StatementKind kind;
};

constexpr std::array<Verb, 22> kVerbs = {{
    {"BEGIN", StatementKind::begin},       {"COMMIT", StatementKind::commit},
    {"END", StatementKind::commit},        {"ROLLBACK", StatementKind::rollback},
    {"ABORT", StatementKind::rollback},    {"SAVEPOINT", StatementKind::savepoint},
    {"RELEASE", StatementKind::savepoint}, {"PRAGMA", StatementKind::pragma},
    {"CREATE", StatementKind::create},     {"ALTER", StatementKind::alter},
    {"DROP", StatementKind::drop},         {"TRUNCATE", StatementKind::truncate},
    {"INSERT", StatementKind::insert},     {"REPLACE", StatementKind::insert},
    {"UPDATE", StatementKind::update_all}, {"DELETE", StatementKind::delete_all},
    {"COMMENT", StatementKind::comment},   {"SELECT", StatementKind::select},
    {"VALUES", StatementKind::select},     {"TABLE", StatementKind::select},
    {"FROM", StatementKind::select},       {"MERGE", StatementKind::other},
}};

const Verb* verb_of(std::string_view word) {
  const auto found = std::find_if(kVerbs.begin(), kVerbs.end(),
                                  [&](const Verb& verb) { return equal_ignoring_case(word, verb.word); });
  return found == kVerbs.end() ? nullptr : &*found;
}

/// Whether WHERE follows before the parentheses around the reader are closed.
bool has_where(Reader& reader) {
  for (const std::size_t depth = reader.depth(); !reader.is_done() && reader.depth() >= depth;
       reader.advance()) {
    if (reader.depth() == depth && reader.is_word("WHERE")) {
      return true;
    }
  }
  return false;
}

/// From WITH to the verb that its common table expressions serve. What follows WITH, RECURSIVE or a comma is
/// the name of one, even if it is spelled like a verb.
void skip_common_tables(Reader& reader) {
  const std::size_t depth = reader.depth();
  reader.advance();
  reader.skip_word("RECURSIVE");
  bool is_name = true;
  while (!reader.is_done()) {
    if (reader.depth() == depth && !is_name && reader.is_word() && verb_of(reader.text()) != nullptr) {
      return;
    }
    is_name = reader.depth() == depth && reader.is_punctuation(',');
    reader.advance();
  }
}

StatementKind kind_at(Reader& reader) {
  if (reader.is_word("START") || reader.is_word("PREPARE")) {
    const StatementKind kind = reader.is_word("START") ? StatementKind::begin : StatementKind::commit;
    reader.advance();
    return reader.is_word("TRANSACTION") ? kind : StatementKind::other;
  }
  const Verb* const verb = reader.is_word() ? verb_of(reader.text()) : nullptr;
  if (verb == nullptr) {
    return StatementKind::other;
  }
  if (verb->kind == StatementKind::update_all && has_where(reader)) {
    return StatementKind::update_some;
  }
  if (verb->kind == StatementKind::delete_all && has_where(reader)) {
    return StatementKind::delete_some;
  }
  return verb->kind;
}

bool has_cascade(Reader& reader) {
  while (!reader.is_done()) {
    if (reader.is_word("CASCADE")) {
      return true;
    }
    reader.advance();
  }
  return false;
}

/// What is derived from data or guards it: lost, it can be made again from a script.
constexpr std::array<std::string_view, 7> kDerived = {"INDEX", "VIEW",   "MATERIALIZED", "TRIGGER",
                                                      "RULE",  "POLICY", "STATISTICS"};
constexpr std::array<std::string_view, 8> kCode = {"FUNCTION",  "MACRO",    "PROCEDURE", "ROUTINE",
                                                   "AGGREGATE", "OPERATOR", "CAST",      "COLLATION"};

bool drop_is_destructive(Reader& reader) {
  reader.advance();
  while (reader.is_word("TEMP") || reader.is_word("TEMPORARY") || reader.is_word("PERSISTENT")) {
    reader.advance();
  }
  if (reader.is_word(kDerived)) {
    return false;
  }
  return !reader.is_word(kCode) || has_cascade(reader);
}

bool create_is_destructive(Reader& reader) {
  reader.advance();
  if (!reader.skip_word("OR") || !reader.skip_word("REPLACE")) {
    return false;
  }
  return !reader.is_word("TEMP") && !reader.is_word("TEMPORARY") && !reader.is_word("TYPE") &&
         !reader.is_word("SECRET") && !reader.is_word("PERSISTENT") && !reader.is_word(kDerived) &&
         !reader.is_word(kCode);
}

/// An action that drops a column, attribute or member. IDENTITY and EXPRESSION are ordinary names where a
/// column may stand, so they count as properties only behind ALTER COLUMN.
bool alter_is_destructive(Reader& reader) {
  constexpr std::array<std::string_view, 3> kGuards = {"CONSTRAINT", "DEFAULT", "NOT"};
  constexpr std::array<std::string_view, 2> kProperties = {"IDENTITY", "EXPRESSION"};
  bool alters_column = false;
  reader.advance();
  while (!reader.is_done()) {
    if (reader.depth() > 0) {
      reader.advance();
    } else if (reader.is_punctuation(',')) {
      alters_column = false;
      reader.advance();
    } else if (reader.skip_word("ALTER")) {
      alters_column = true;
    } else if (reader.skip_word("DROP")) {
      if (!reader.is_word(kGuards) && !(alters_column && reader.is_word(kProperties))) {
        return true;
      }
    } else {
      reader.advance();
    }
  }
  return false;
}

/// A copy of the reader: what follows may be looked at again.
bool merge_deletes(Reader reader) {
  bool follows_then = false;
  for (; !reader.is_done(); reader.advance()) {
    if (follows_then && reader.is_word("DELETE")) {
      return true;
    }
    follows_then = reader.is_word("THEN");
  }
  return false;
}

/// Whether one of the verbs that change rows stands in the text, were it in a name: to look for words costs
/// more.
bool mentions_change(std::string_view text) {
  constexpr std::array<std::string_view, 4> kChanging = {"delete", "update", "insert", "merge"};
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const char first = static_cast<char>(text[i] | 0x20);
    const char second = static_cast<char>(text[i + 1] | 0x20);
    const bool begins_verb = second == 'e'
                                 ? first == 'd' || first == 'm'
                                 : (first == 'u' && second == 'p') || (first == 'i' && second == 'n');
    if (!begins_verb) continue;
    for (const std::string_view verb : kChanging) {
      if (equal_ignoring_case(text.substr(i, verb.size()), verb)) return true;
    }
  }
  return false;
}

/// What DELETE, UPDATE, INSERT or MERGE does to rows, where the reader is at one.
InnerChange change_at(Reader& reader) {
  if (reader.is_word("DELETE") || reader.is_word("UPDATE")) {
    return has_where(reader) ? InnerChange::changes : InnerChange::destroys;
  }
  if (reader.is_word("MERGE")) {
    return merge_deletes(reader) ? InnerChange::destroys : InnerChange::changes;
  }
  return reader.is_word("INSERT") ? InnerChange::adds : InnerChange::none;
}

/// The worst of those that stand behind `AS (`, `MATERIALIZED (` or `COPY (`.
InnerChange change_in_groups(Reader reader) {
  InnerChange worst = InnerChange::none;
  bool may_hold_statement = false;
  bool begins_group = false;
  while (!reader.is_done()) {
    if (begins_group) {
      worst = std::max(worst, change_at(reader));
    }
    begins_group = may_hold_statement && reader.is_punctuation('(');
    may_hold_statement = reader.is_word("AS") || reader.is_word("MATERIALIZED") || reader.is_word("COPY");
    reader.advance();
  }
  return worst;
}

/// CREATE TABLE t AS WITH ... runs them; what a view, rule or function holds does not run yet.
bool creates_table(Reader reader) {
  constexpr std::array<std::string_view, 8> kBefore = {"CREATE", "OR",   "REPLACE",   "GLOBAL",
                                                       "LOCAL",  "TEMP", "TEMPORARY", "UNLOGGED"};
  while (reader.is_word(kBefore)) {
    reader.advance();
  }
  return reader.is_word("TABLE");
}

bool may_have_groups(Reader reader) {
  while (reader.is_punctuation('(')) {
    reader.advance();
  }
  return reader.is_word("WITH") || reader.is_word("COPY") || creates_table(reader);
}

/// To what PREPARE name (types) AS prepares; otherwise stays.
Reader prepared_by(const Reader& reader) {
  Reader body = reader;
  if (!body.skip_word("PREPARE") || body.is_word("TRANSACTION")) {
    return reader;
  }
  while (!body.is_done() && !(body.depth() == 0 && body.is_word("AS"))) {
    body.advance();
  }
  body.skip_word("AS");
  return body;
}

}  // namespace

namespace {

/// ANALYZE, VERBOSE or a list in parentheses.
bool is_explain_option(const Reader& reader) {
  return reader.depth() > 0 || reader.is_punctuation('(') || reader.is_punctuation(')') ||
         reader.is_word("ANALYZE") || reader.is_word("ANALYSE") || reader.is_word("VERBOSE");
}

/// EXPLAIN ANALYZE runs what follows. To it where it does; an EXPLAIN that runs nothing stays.
Reader reader_of(std::string_view statement, const SplitterOptions& options) {
  Reader reader(statement, options);
  if (!reader.is_word("EXPLAIN")) {
    return reader;
  }
  Reader explained = reader;
  explained.advance();
  bool runs = false;
  while (is_explain_option(explained)) {
    runs = runs || explained.is_word("ANALYZE") || explained.is_word("ANALYSE");
    explained.advance();
  }
  return runs ? explained : reader;
}

}  // namespace

namespace {

Reader main_verb(Reader reader) {
  while (reader.is_punctuation('(')) {
    reader.advance();
  }
  if (reader.is_word("WITH")) {
    skip_common_tables(reader);
  }
  return reader;
}

}  // namespace

StatementKind kind_of(std::string_view statement, const SplitterOptions& options) {
  Reader verb = main_verb(reader_of(statement, options));
  return kind_at(verb);
}

InnerChange inner_change(std::string_view statement, const SplitterOptions& options) {
  if (!mentions_change(statement)) {
    return InnerChange::none;
  }
  const Reader reader = reader_of(statement, options);
  const Reader prepared = prepared_by(reader);
  const InnerChange in_groups = may_have_groups(prepared) ? change_in_groups(prepared) : InnerChange::none;
  if (!reader.is_word("PREPARE")) {
    return in_groups;
  }
  Reader verb = main_verb(prepared);
  return std::max(in_groups, change_at(verb));
}

bool is_destructive(std::string_view statement, const SplitterOptions& options) {
  Reader reader = prepared_by(reader_of(statement, options));
  const Reader verb = main_verb(reader);
  const bool destroys_inside = mentions_change(statement) && may_have_groups(reader) &&
                               change_in_groups(reader) == InnerChange::destroys;
  Reader kind = verb;
  switch (kind_at(kind)) {
    case StatementKind::truncate:
    case StatementKind::update_all:
    case StatementKind::delete_all:
      return true;
    case StatementKind::drop:
      return drop_is_destructive(reader);
    case StatementKind::create:
      return destroys_inside || create_is_destructive(reader);
    case StatementKind::alter:
      return alter_is_destructive(reader);
    case StatementKind::begin:
    case StatementKind::commit:
    case StatementKind::rollback:
    case StatementKind::savepoint:
    case StatementKind::pragma:
    case StatementKind::comment:
      return false;
    case StatementKind::insert:
    case StatementKind::update_some:
    case StatementKind::delete_some:
    case StatementKind::select:
    case StatementKind::other:
      break;
  }
  return destroys_inside || (verb.is_word("MERGE") && merge_deletes(verb));
}

std::string_view first_word(std::string_view statement, const SplitterOptions& options) {
  const Reader reader(statement, options);
  return reader.is_word() ? reader.text() : std::string_view();
}

std::string_view lock_freed_by(std::string_view statement, const SplitterOptions& options) {
  constexpr std::string_view kDiscard = "DISCARD ALL";
  constexpr std::string_view kUnlock = "pg_advisory_unlock_all";
  Reader reader(statement, options);
  if (reader.skip_word("DISCARD") && reader.is_word("ALL")) {
    return kDiscard;
  }
  if (lower(statement).find(kUnlock) == std::string::npos) {
    return {};
  }
  // The body of a DO is a string; a function that is only made frees nothing yet.
  const bool runs_string = Reader(statement, options).is_word("DO");
  for (const Token& token : tokens_of(statement, options)) {
    const bool is_text = token.kind == Token::Kind::string && runs_string;
    if (is_text ? lower(token.text).find(kUnlock) != std::string::npos
                : token.kind != Token::Kind::string && equal_ignoring_case(token.text, kUnlock)) {
      return kUnlock;
    }
  }
  return {};
}

bool is_foreign_keys_pragma(std::string_view statement, const SplitterOptions& options) {
  if (kind_of(statement, options) != StatementKind::pragma) {
    return false;
  }
  const std::vector<Token> tokens = tokens_of(statement, options);
  const std::size_t at = tokens.size() > 3 && tokens[2].text == "." ? 3 : 1;
  if (at >= tokens.size()) {
    return false;
  }
  const bool is_string = tokens[at].kind == Token::Kind::string;
  return equal_ignoring_case(tokens[at].text, is_string ? "'foreign_keys'" : "foreign_keys");
}

}  // namespace metaxy::migrate
