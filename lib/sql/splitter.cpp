#include "sql/splitter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "sql/lexer.hpp"
#include "sql/nesting.hpp"

namespace metaxy::migrate {

namespace {

/// Long enough for any line a person wrote; a longer one is not shown in messages.
constexpr std::size_t kLongestShownLine = 4096;
/// Text is taken in slices of this size, so that memory does not depend on the size of the pieces.
constexpr std::size_t kSlice = std::size_t{64} * 1024;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

std::string_view without_leading_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  return text;
}

/// What a comment says behind `migrate:`. Also for attempts: another case, blanks before the colon, or no
/// colon at all but nothing else than the name of a section.
std::optional<std::string_view> marker_text(std::string_view comment) {
  constexpr std::string_view kWord = "migrate";
  constexpr std::array<std::string_view, 3> kSections = {"upgrade", "downgrade", "changes"};
  const std::string_view text = without_leading_blanks(comment);
  if (!equal_ignoring_case(text.substr(0, kWord.size()), kWord)) {
    return std::nullopt;
  }
  const std::string_view rest = trimmed(text.substr(kWord.size()));
  if (!rest.empty() && rest.front() == ':') {
    return trimmed(rest.substr(1));
  }
  const bool names_section = std::any_of(kSections.begin(), kSections.end(), [&](std::string_view section) {
    return equal_ignoring_case(rest, section);
  });
  return names_section && text.size() > kWord.size() && is_blank(text[kWord.size()]) ? std::optional(rest)
                                                                                     : std::nullopt;
}

/// A comment without its dashes, and without the blank that usually follows them.
std::string comment_text(std::string_view comment) {
  comment.remove_prefix(2);
  if (!comment.empty() && comment.front() == ' ') {
    comment.remove_prefix(1);
  }
  while (!comment.empty() && is_blank(comment.back())) {
    comment.remove_suffix(1);
  }
  return std::string(comment);
}

std::string_view name_of(Lexeme::Kind kind) {
  switch (kind) {
    case Lexeme::Kind::quoted_identifier:
      return "quoted name";
    case Lexeme::Kind::string:
      return "string";
    case Lexeme::Kind::line_comment:
    case Lexeme::Kind::block_comment:
      return "comment";
    case Lexeme::Kind::word:
    case Lexeme::Kind::number:
    case Lexeme::Kind::punctuation:
      return "token";
  }
  return "token";
}

}  // namespace

bool looks_like_marker(std::string_view comment) { return marker_text(comment).has_value(); }

struct Splitter::State {
  State(const SplitterOptions& options_given, std::string file_given, std::size_t first_line)
      : options(options_given),
        file(std::move(file_given)),
        lexer(options_given),
        nesting(options_given),
        line(first_line) {}

  void run(bool is_final, const Report& report);
  bool take_line(bool is_final, const Report& report);
  void take(const Lexeme& lexeme, const Report& report);
  void take_line_comment(const Lexeme& lexeme, const Report& report);
  void take_marker(const Lexeme& lexeme, std::string_view text, const Report& report);
  void start_statement(const Lexeme& lexeme);
  void end_statement(std::size_t end, const Report& report);
  void report_text(SplitterEvent::Kind kind, std::size_t offset, std::string_view text, const Report& report);
  void refuse_open_ends() const;
  void refuse_open_parenthesis() const;

  bool is_at_line_start(std::size_t offset) const;
  void settle_gap(std::size_t offset);
  void settle(std::size_t offset);
  SourcePosition where(std::size_t offset) const;
  void compact();

  SplitterOptions options;
  std::string file;
  Lexer lexer;
  Nesting nesting;

  std::string buffer;
  /// Bytes of text before the buffer.
  std::size_t dropped = 0;
  /// Line of buffer[base], and where it begins, counted from the beginning of all text.
  std::size_t base = 0;
  std::size_t line;
  std::size_t line_start = 0;

  bool is_in_statement = false;
  std::size_t begin = 0;
  /// Comment lines since the last statement or marker; from `attached` on they stand right above what comes
  /// next.
  std::vector<std::string> comments;
  std::size_t attached = 0;
  /// Between statements: from the end of the last comment or semicolon on, and the line breaks seen since
  /// then.
  std::size_t gap_begin = 0;
  std::size_t gap_breaks = 1;
  bool is_reading_lines = false;
  /// Buffer offset of what is being reported.
  std::size_t reported = 0;
};

void Splitter::State::run(bool is_final, const Report& report) {
  for (;;) {
    if (is_reading_lines) {
      if (!take_line(is_final, report)) {
        return;
      }
      continue;
    }
    const Lexer::Detail detail = is_in_statement ? nesting.needed_detail() : Lexer::Detail::everything;
    const std::optional<Lexeme> lexeme = lexer.next(buffer, is_final, detail);
    if (!lexeme) {
      return;
    }
    take(*lexeme, report);
  }
}

void Splitter::State::take(const Lexeme& lexeme, const Report& report) {
  if (lexeme.kind == Lexeme::Kind::line_comment) {
    take_line_comment(lexeme, report);
    return;
  }
  if (!is_in_statement) {
    settle_gap(lexeme.begin);
    const bool is_semicolon = lexeme.in(buffer) == ";";
    if (is_semicolon) {
      attached = comments.size();
    }
    if (is_semicolon || lexeme.kind == Lexeme::Kind::block_comment) {
      gap_begin = lexeme.end;
      gap_breaks = 0;
      return;
    }
    start_statement(lexeme);
  }
  if (lexeme.kind != Lexeme::Kind::block_comment &&
      nesting.ends_at(lexeme.kind, lexeme.in(buffer), lexeme.begin)) {
    end_statement(lexer.end_of_token_before(), report);
    gap_begin = lexeme.end;
    gap_breaks = 0;
  }
}

void Splitter::State::take_line_comment(const Lexeme& lexeme, const Report& report) {
  if (!is_in_statement) {
    settle_gap(lexeme.begin);
  }
  const bool begins_line = is_in_statement ? is_at_line_start(lexeme.begin) : gap_breaks > 0;
  const std::string_view comment = lexeme.in(buffer);
  const std::optional<std::string_view> marker =
      begins_line && !nesting.is_in_body() ? marker_text(comment.substr(2)) : std::nullopt;
  if (marker) {
    take_marker(lexeme, *marker, report);
  } else if (!is_in_statement && begins_line) {
    comments.push_back(comment_text(comment));
  }
  if (!is_in_statement) {
    gap_begin = lexeme.end;
    gap_breaks = 0;
  }
}

void Splitter::State::take_marker(const Lexeme& lexeme, std::string_view text, const Report& report) {
  constexpr std::string_view kMarker = "-- migrate:";
  const SourcePosition here = where(lexeme.begin);
  if (here.column != 1 || lexeme.in(buffer).substr(0, kMarker.size()) != kMarker) {
    throw Error(ErrorKind::script,
                fmt::format("a marker is not written like {}", in_quotes(trimmed(lexeme.in(buffer)))),
                {.where = here,
                 .hint = fmt::format(
                     "write '{} {}' at the beginning of the line; a comment must not begin with 'migrate'",
                     kMarker, lower(text)),
                 .notes = {}});
  }
  refuse_open_parenthesis();
  if (is_in_statement) {
    end_statement(lexer.end_of_last_token(), report);
  }
  report_text(SplitterEvent::Kind::marker, lexeme.begin, text, report);
  comments.clear();
  attached = 0;
}

void Splitter::State::report_text(SplitterEvent::Kind kind, std::size_t offset, std::string_view text,
                                  const Report& report) {
  settle(offset);
  reported = offset;
  SplitterEvent event;
  event.kind = kind;
  event.text = text;
  event.line = line;
  event.offset = dropped + offset;
  report(std::move(event));
}

/// False when there is no whole line.
bool Splitter::State::take_line(bool is_final, const Report& report) {
  const std::size_t from = lexer.position();
  const std::size_t end = std::min(buffer.find('\n', from), buffer.size());
  if (from == buffer.size() || (end == buffer.size() && !is_final)) {
    return false;
  }
  const std::string_view text = std::string_view(buffer).substr(from, end - from);
  const std::string_view comment = without_leading_blanks(text);
  lexer.seek(std::min(end + 1, buffer.size()));
  const bool is_comment = comment.substr(0, 2) == "--";
  if (const std::optional<std::string_view> marker =
          is_comment ? marker_text(comment.substr(2)) : std::nullopt) {
    is_reading_lines = false;
    gap_begin = lexer.position();
    gap_breaks = 1;
    take_marker({Lexeme::Kind::line_comment, end - comment.size(), end}, *marker, report);
  } else if (!trimmed(text).empty()) {
    report_text(SplitterEvent::Kind::line, from, text, report);
  }
  return true;
}

void Splitter::State::start_statement(const Lexeme& lexeme) {
  settle(lexeme.begin);
  const std::string_view first = lexeme.in(buffer);
  if (first == "\\" || first == ".") {
    throw Error(ErrorKind::script,
                fmt::format("{} begins a command of a database shell, not SQL", in_quotes(first)),
                {.where = where(lexeme.begin), .hint = "a script holds SQL statements only", .notes = {}});
  }
  comments.erase(comments.begin(), comments.begin() + static_cast<std::ptrdiff_t>(attached));
  attached = 0;
  is_in_statement = true;
  begin = lexeme.begin;
  nesting = Nesting(options);
}

void Splitter::State::end_statement(std::size_t end, const Report& report) {
  SplitterEvent event;
  event.statement.text.assign(buffer, begin, end - begin);
  event.statement.comments = std::move(comments);
  comments.clear();
  event.statement.line = line;
  event.statement.column = dropped + begin - line_start + 1;
  event.line = line;
  event.offset = dropped + begin;
  is_in_statement = false;
  reported = begin;
  report(std::move(event));
}

void Splitter::State::refuse_open_parenthesis() const {
  const std::optional<std::size_t> open = is_in_statement ? nesting.open_parenthesis() : std::nullopt;
  if (open) {
    throw Error(ErrorKind::script, "the parenthesis that opens here is never closed",
                {.where = where(*open),
                 .hint = "a semicolon inside parentheses does not end a statement",
                 .notes = {}});
  }
}

void Splitter::State::refuse_open_ends() const {
  if (const std::optional<Lexeme::Kind> kind = lexer.open()) {
    throw Error(ErrorKind::script, fmt::format("the {} that opens here is never closed", name_of(*kind)),
                {.where = where(lexer.position()), .hint = {}, .notes = {}});
  }
  refuse_open_parenthesis();
  if (is_in_statement && nesting.is_in_body()) {
    throw Error(ErrorKind::script, "the statement that begins here has a body that never ends",
                {.where = where(begin),
                 .hint = "a body ends with 'END;', each of its statements with ';'",
                 .notes = {}});
  }
}

bool Splitter::State::is_at_line_start(std::size_t offset) const {
  while (offset > begin && (buffer[offset - 1] == ' ' || buffer[offset - 1] == '\t')) {
    --offset;
  }
  return offset > begin && buffer[offset - 1] == '\n';
}

/// Counts the line breaks up to `offset`, and forgets comments that a blank line separates from what follows.
void Splitter::State::settle_gap(std::size_t offset) {
  gap_breaks +=
      static_cast<std::size_t>(std::count(buffer.begin() + static_cast<std::ptrdiff_t>(gap_begin),
                                          buffer.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
  gap_begin = offset;
  if (gap_breaks > 1) {
    attached = comments.size();
  }
}

void Splitter::State::settle(std::size_t offset) {
  while (base < offset) {
    const void* const found = std::memchr(buffer.data() + base, '\n', offset - base);
    if (found == nullptr) {
      base = offset;
      return;
    }
    base = static_cast<std::size_t>(static_cast<const char*>(found) - buffer.data()) + 1;
    line_start = dropped + base;
    ++line;
  }
}

SourcePosition Splitter::State::where(std::size_t offset) const {
  SourcePosition position{file, line, 0, {}};
  std::size_t start = line_start;
  for (std::size_t i = base; i < offset; ++i) {
    if (buffer[i] == '\n') {
      start = dropped + i + 1;
      ++position.line;
    }
  }
  position.column = dropped + offset - start + 1;
  if (start >= dropped) {
    const std::size_t end = std::min(buffer.find('\n', offset), buffer.size());
    if (end - (start - dropped) <= kLongestShownLine) {
      position.line_text = buffer.substr(start - dropped, end - (start - dropped));
    }
  }
  return position;
}

/// Forgets what is behind us, but for the beginning of the line that we are in.
void Splitter::State::compact() {
  std::size_t keep = is_in_statement ? begin : lexer.position();
  if (!is_in_statement) {
    settle_gap(keep);
  }
  settle(keep);
  if (line_start >= dropped && dropped + keep - line_start <= kLongestShownLine) {
    keep = line_start - dropped;
  }
  if (keep < kSlice / 2) {
    return;
  }
  buffer.erase(0, keep);
  dropped += keep;
  lexer.drop(keep);
  nesting.drop(keep);
  base -= keep;
  begin -= std::min(begin, keep);
  gap_begin -= std::min(gap_begin, keep);
}

Splitter::Splitter(const SplitterOptions& options, std::string file, std::size_t first_line)
    : state_(std::make_unique<State>(options, std::move(file), first_line)) {}

Splitter::~Splitter() = default;

void Splitter::feed(std::string_view piece, const Report& report) {
  while (!piece.empty()) {
    const std::string_view slice = piece.substr(0, kSlice);
    piece.remove_prefix(slice.size());
    state_->buffer += slice;
    state_->run(false, report);
    state_->compact();
  }
}

void Splitter::finish(const Report& report) {
  State& state = *state_;
  state.run(true, report);
  state.refuse_open_ends();
  if (state.is_in_statement) {
    state.end_statement(state.lexer.end_of_last_token(), report);
  }
}

const std::vector<std::string>& Splitter::comments() const { return state_->comments; }

void Splitter::read_lines() { state_->is_reading_lines = true; }

SourcePosition Splitter::position() const { return state_->where(state_->reported); }

std::vector<Statement> split_statements(std::string_view text, const SplitterOptions& options,
                                        const std::string& file) {
  std::vector<Statement> statements;
  Splitter splitter(options, file);
  const Splitter::Report report = [&](SplitterEvent event) {
    if (event.kind != SplitterEvent::Kind::statement) {
      throw Error(ErrorKind::script, "a marker has no meaning here",
                  {.where = splitter.position(), .hint = {}, .notes = {}});
    }
    statements.push_back(std::move(event.statement));
  };
  splitter.feed(text, report);
  splitter.finish(report);
  return statements;
}

}  // namespace metaxy::migrate
