#include "diff/expression.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

/// Words that mean something in an expression, so that a plain one is never a column. A column of such a name
/// is always written in quotes. Sorted.
constexpr std::array<std::string_view, 46> kWords = {
    "all",     "and",    "any",     "array",   "as",        "asc",   "between",  "by",
    "case",    "cast",   "collate", "current", "default",   "desc",  "distinct", "else",
    "end",     "escape", "except",  "exists",  "false",     "for",   "from",     "glob",
    "group",   "having", "ilike",   "in",      "intersect", "is",    "isnull",   "like",
    "match",   "not",    "notnull", "null",    "or",        "order", "regexp",   "select",
    "similar", "then",   "true",    "union",   "when",      "where"};

bool is_reserved(std::string_view word) {
  return std::binary_search(kWords.begin(), kWords.end(), lower(word));
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_word_character(char c) { return is_letter(c) || is_digit(c) || c == '$'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

/// Whether a database prints the name in quotes.
bool needs_quotes(std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_'; };
  return name.empty() || is_digit(name.front()) || !std::all_of(name.begin(), name.end(), is_plain) ||
         is_reserved(name);
}

std::string in_double_quotes(std::string_view name) {
  return '"' + replace_all(std::string(name), "\"", "\"\"") + '"';
}

struct Piece {
  enum class Kind { word, quoted_name, other };
  Kind kind = Kind::other;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The end of the comment at `at`; the end of the text when it is never closed.
std::size_t end_of_comment(std::string_view text, std::size_t at, std::string_view close) {
  const std::size_t found = text.find(close, at + 2);
  return found == std::string_view::npos ? text.size() : found + close.size();
}

/// The end of what is quoted at `at`; a doubled quote is part of it.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (text[at] != quote) {
      continue;
    }
    if (at + 1 == text.size() || text[at + 1] != quote) {
      return at + 1;
    }
    ++at;
  }
  return text.size();
}

std::size_t end_of_word(std::string_view text, std::size_t at) {
  while (at < text.size() && is_word_character(text[at])) {
    ++at;
  }
  return at;
}

/// Blanks and comments are no pieces.
std::vector<Piece> pieces_of(std::string_view text) {
  std::vector<Piece> pieces;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    Piece piece{Piece::Kind::other, at, at + 1};
    bool is_comment = false;
    if (c == '\'' || c == '"' || c == '`') {
      piece.kind = c == '\'' ? Piece::Kind::other : Piece::Kind::quoted_name;
      piece.end = end_of_quoted(text, at);
    } else if (text.substr(at, 2) == "--") {
      piece.end = end_of_comment(text, at, "\n");
      is_comment = true;
    } else if (text.substr(at, 2) == "/*") {
      piece.end = end_of_comment(text, at, "*/");
      is_comment = true;
    } else if (is_digit(c)) {
      piece.end = end_of_word(text, at);
    } else if (is_letter(c)) {
      piece.kind = Piece::Kind::word;
      piece.end = end_of_word(text, at);
    }
    if (!is_comment && !is_blank(c)) {
      pieces.push_back(piece);
    }
    at = piece.end;
  }
  return pieces;
}

/// One expression while a column in it is renamed.
class Renaming {
 public:
  Renaming(std::string_view text, const Table& table, std::string_view from, std::string_view to)
      : text_(text), table_(table), from_(from), to_(to), pieces_(pieces_of(text)) {}

  std::string result() const {
    std::string out;
    std::size_t copied = 0;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      if (!is_name(i, from_) || !is_column(i)) {
        continue;
      }
      // A database that prints quotes only where they are needed goes on to do so; where all names have
      // quotes, they stay.
      const bool has_needless_quotes = pieces_[i].kind == Piece::Kind::quoted_name && !needs_quotes(from_);
      out += text_.substr(copied, pieces_[i].begin - copied);
      out += has_needless_quotes || needs_quotes(to_) ? in_double_quotes(to_) : std::string(to_);
      copied = pieces_[i].end;
    }
    out += text_.substr(copied);
    return out;
  }

 private:
  std::string_view text_of(std::size_t i) const {
    return i < pieces_.size() ? text_.substr(pieces_[i].begin, pieces_[i].end - pieces_[i].begin)
                              : std::string_view();
  }

  /// Whether piece `i` spells the name, quoted or plain.
  bool is_name(std::size_t i, std::string_view name) const {
    const std::string_view text = text_of(i);
    if (i < pieces_.size() && pieces_[i].kind == Piece::Kind::quoted_name && text.size() >= 2) {
      const std::string quote(1, text.front());
      return replace_all(std::string(text.substr(1, text.size() - 2)), quote + quote, quote) == name;
    }
    return i < pieces_.size() && pieces_[i].kind == Piece::Kind::word && equal_ignoring_case(text, name) &&
           !is_reserved(text);
  }

  bool is_column(std::size_t i) const {
    const std::string_view text = text_of(i);
    const bool is_other_column = text != from_ && find_column(table_, text) != nullptr;
    if (is_other_column || is_something_else(i)) {
      return false;
    }
    if (i == 0) {
      return true;
    }
    const std::string_view previous = text_of(i - 1);
    if (previous == ".") {
      return i >= 2 && is_name(i - 2, table_.name.name);
    }
    const bool is_type =
        equal_ignoring_case(previous, "as") || (previous == ":" && i >= 2 && text_of(i - 2) == ":");
    return !is_type && !is_extracted_part(i);
  }

  /// Whether what follows makes it a function, the type of a literal (`date '2026-01-01'`), the name of an
  /// argument
  /// (`struct_pack(a := 1)`) or the table.
  bool is_something_else(std::size_t i) const {
    const std::string_view next = text_of(i + 1);
    return next == "(" || next.substr(0, 1) == "'" || (next == ":" && text_of(i + 2) == "=") ||
           (next == "." && is_name(i, table_.name.name));
  }

  /// `year` in `extract(year from taken_at)`.
  bool is_extracted_part(std::size_t i) const {
    return i >= 2 && equal_ignoring_case(text_of(i - 2), "extract") && text_of(i - 1) == "(" &&
           equal_ignoring_case(text_of(i + 1), "from");
  }

  std::string_view text_;
  const Table& table_;
  std::string_view from_;
  std::string_view to_;
  std::vector<Piece> pieces_;
};

}  // namespace

std::string with_column_renamed(std::string_view expression, const Table& table, std::string_view from,
                                std::string_view to) {
  return Renaming(expression, table, from, to).result();
}

}  // namespace metaxy::migrate
