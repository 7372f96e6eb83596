#include "dialect/postgresql/failure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace metaxy::migrate::postgresql {

namespace {

/// `DETAIL:  text` -> true and the text.
bool take_label(std::string_view line, std::string_view label, std::string& rest) {
  if (line.substr(0, label.size()) != label) return false;
  rest = trimmed(line.substr(label.size()));
  return true;
}

/// The message behind `ERROR:  `; the word before is in the server's language.
std::string without_severity(std::string_view line) {
  const std::size_t colon = line.find(":  ");
  const bool has_severity =
      colon != std::string_view::npos && line.substr(0, colon).find(' ') == std::string_view::npos;
  return std::string(trimmed(has_severity ? line.substr(colon + 3) : line));
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

ServerWords server_words(std::string_view report) {
  ServerWords words;
  bool is_skipping = false;
  for (const std::string& line : split(report, '\n')) {
    std::string rest;
    if (trimmed(line).empty()) continue;
    if (words.message.empty()) {
      words.message = without_severity(line);
    } else if (take_label(line, "DETAIL:", rest)) {
      words.notes.push_back(rest);
      is_skipping = false;
    } else if (take_label(line, "HINT:", rest)) {
      words.hint = rest;
      is_skipping = false;
    } else if (take_label(line, "CONTEXT:", rest)) {
      words.notes.push_back(rest);
      is_skipping = false;
    } else if (take_label(line, "LINE ", rest) || take_label(line, "QUERY:", rest)) {
      is_skipping = true;
    } else if (!is_skipping) {
      words.notes.emplace_back(trimmed(line));
    }
  }
  return words;
}

StatementFailed failed_statement(const DriverFailure& failure, std::string_view sql,
                                 const std::vector<Secret>& secrets) {
  ServerWords words = server_words(redacted(failure.what(), secrets));
  if (failure.sqlstate == "42501" && contains(words.message, "row-level security")) {
    words.hint =
        "this role sees only some of the rows: migrate as the owner of the table (without FORCE ROW LEVEL "
        "SECURITY) or as a role with BYPASSRLS: `url` and `role` of the environment";
  } else if (failure.sqlstate == "42501" && words.hint.empty()) {
    words.hint =
        "what the transaction did is rolled back; `url` and `role` of the environment say who migrates: it "
        "must own "
        "the tables and may CREATE in their schema";
  }
  return StatementFailed(
      words.message, std::string(sql), failure.sqlstate,
      {.where = std::nullopt, .hint = std::move(words.hint), .notes = std::move(words.notes)});
}

Error failed_connection(const DriverFailure& failure, const std::string& where,
                        const std::vector<Secret>& secrets) {
  const std::string text = redacted(failure.what(), secrets);
  ErrorDetail detail;
  for (const std::string& line : split(text, '\n')) {
    if (!trimmed(line).empty()) detail.notes.emplace_back(trimmed(line));
  }
  if (contains(text, "password authentication failed") || contains(text, "no password supplied")) {
    detail.hint = "check user and password; they may also come from PGPASSFILE, PGSERVICE or `password_file`";
  } else if (contains(text, "does not exist")) {
    detail.hint = "check the name of the database and of the user";
  } else if (may_connect_later(text)) {
    detail.hint = "check host and port; `--wait 30s` waits for a server that is starting";
  }
  return Error(ErrorKind::failure, fmt::format("cannot connect to '{}'", where), std::move(detail));
}

bool may_connect_later(std::string_view words) {
  static constexpr std::array<std::string_view, 9> kPassing = {
      "Connection refused",
      "No such file or directory",
      "the database system is starting up",
      "the database system is shutting down",
      "the database system is not yet accepting connections",
      "too many clients",
      "remaining connection slots",
      "timeout expired",
      "server closed the connection unexpectedly"};
  return std::any_of(kPassing.begin(), kPassing.end(),
                     [&](std::string_view part) { return contains(words, part); });
}

}  // namespace metaxy::migrate::postgresql
