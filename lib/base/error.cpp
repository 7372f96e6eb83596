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

std::string caret_lines(const SourcePosition& where) {
  const std::string number = fmt::format("{}", where.line);
  const std::string margin(number.size(), ' ');
  std::string caret_margin;
  // Tabs are kept so that the caret stands below its character at any tab width.
  for (std::size_t i = 0; i + 1 < where.column && i < where.line_text.size(); ++i) {
    const bool continues_character = (static_cast<unsigned char>(where.line_text[i]) & 0xC0U) == 0x80U;
    if (!continues_character) {
      caret_margin += where.line_text[i] == '\t' ? '\t' : ' ';
    }
  }
  std::string text = fmt::format("\n {} |\n {} | {}", margin, number, where.line_text);
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
