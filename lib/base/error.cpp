#include "base/error.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/text.hpp"

namespace metaxy::migrate {

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::failure:
      return 1;
    case ErrorKind::usage:
    case ErrorKind::configuration:
    case ErrorKind::script:
      return 2;
    case ErrorKind::model_changed:
      return 3;
    case ErrorKind::drift:
      return 4;
    case ErrorKind::lock:
      return 6;
    case ErrorKind::integrity:
      return 7;
    case ErrorKind::partially_applied:
      return 8;
    case ErrorKind::pending:
      return 9;
    case ErrorKind::interrupted:
      return 130;
    case ErrorKind::terminated:
      return 143;
  }
  return 1;
}

// what() is a C string, which a NUL would end.
Error::Error(ErrorKind kind, const std::string& message, ErrorDetail detail)
    : std::runtime_error(replace_all(message, std::string_view("\0", 1), "\\x00")),
      kind_(kind),
      detail_(std::move(detail)) {}

StatementFailed::StatementFailed(const std::string& message, std::string sql, std::string sqlstate,
                                 ErrorDetail detail)
    : Error(ErrorKind::failure, message, std::move(detail)),
      sql_(std::move(sql)),
      sqlstate_(std::move(sqlstate)) {}

namespace {

std::string position_text(const SourcePosition& where) {
  std::string text = where.file;
  if (where.line > 0) {
    text += fmt::format(":{}", where.line);
    if (where.column > 0) {
      text += fmt::format(":{}", where.column);
    }
  }
  return text;
}

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// What is shown of a line, and where the column (in bytes, from 1) is in it.
struct ShownLine {
  std::string text;
  std::size_t column = 0;
};

/// Generated statements may be lines of thousands of bytes: the message would be out of sight.
ShownLine shown_part(const std::string& line, std::size_t column) {
  constexpr std::size_t kLongest = 160;
  constexpr std::string_view kCut = "…";
  if (line.size() <= kLongest) {
    return {line, column};
  }
  std::size_t begin = column > kLongest / 2 ? std::min(column, line.size()) - kLongest / 2 : 0;
  std::size_t end = std::min(begin + kLongest, line.size());
  while (begin < line.size() && continues_character(line[begin])) ++begin;
  while (end < line.size() && continues_character(line[end])) ++end;
  ShownLine shown{line.substr(begin, end - begin), column};
  if (begin > 0) {
    shown.text.insert(0, kCut);
    shown.column = column - begin + kCut.size();
  }
  if (end < line.size()) {
    shown.text += kCut;
  }
  return shown;
}

std::string caret_lines(const SourcePosition& where) {
  const std::string number = fmt::format("{}", where.line);
  const std::string margin(number.size(), ' ');
  const ShownLine line = shown_part(where.line_text, where.column);
  std::string caret_margin;
  // Tabs are kept so that the caret stands below its character at any tab width.
  for (std::size_t i = 0; i + 1 < line.column && i < line.text.size(); ++i) {
    if (!continues_character(line.text[i])) {
      caret_margin += line.text[i] == '\t' ? '\t' : ' ';
    }
  }
  std::string text = fmt::format("\n {} |\n {} | {}", margin, number, line.text);
  if (where.column > 0) {
    text += fmt::format("\n {} | {}^", margin, caret_margin);
  }
  return text;
}

}  // namespace

Error error_from(ErrorKind kind, const std::string& headline, const std::vector<Problem>& problems) {
  if (problems.size() == 1) {
    const Problem& only = problems.front();
    return Error(kind, only.message, {.where = only.where, .hint = only.hint, .notes = {}});
  }
  ErrorDetail detail;
  for (const Problem& problem : problems) {
    std::string note = problem.message;
    if (problem.where) {
      note = fmt::format("{}: {}", position_text(*problem.where), note);
    }
    if (!problem.hint.empty()) {
      note += fmt::format(" ({})", problem.hint);
    }
    detail.notes.push_back(std::move(note));
  }
  return Error(kind, headline, std::move(detail));
}

std::string describe(const Error& error) {
  std::string text = fmt::format("error: {}", error.what());
  if (error.where() && !error.where()->file.empty()) {
    text += fmt::format("\n  --> {}", position_text(*error.where()));
    if (!error.where()->line_text.empty()) {
      text += caret_lines(*error.where());
    }
  }
  for (const std::string& note : error.notes()) {
    text += fmt::format("\n  - {}", replace_all(note, "\n", "\n    "));
  }
  if (!error.hint().empty()) {
    text += fmt::format("\n  = help: {}", replace_all(error.hint(), "\n", "\n    "));
  }
  return text;
}

}  // namespace metaxy::migrate
