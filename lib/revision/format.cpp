#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "revision/header.hpp"
#include "revision/script.hpp"

namespace metaxy::migrate {

namespace {

[[noreturn]] void refuse_to_write(const std::string& what, const std::string& hint = {}) {
  throw Error(ErrorKind::usage, what, {.where = {}, .hint = hint, .notes = {}});
}

/// A comment line; blanks at its end would be lost when it is read.
std::string comment_line(std::string_view text, std::string_view what) {
  if (text.find_first_of("\n\r") != std::string_view::npos) {
    refuse_to_write(fmt::format("{} of several lines cannot be written: {}", what,
                                in_quotes(replace_all(std::string(text), "\n", " "))),
                    "shorten it to one line");
  }
  if (looks_like_marker(text)) {
    refuse_to_write(fmt::format("{} must not look like the marker of a section: {}", what, in_quotes(text)),
                    "begin it with another word than 'migrate'");
  }
  return text.empty() ? "--\n" : fmt::format("-- {}\n", text);
}

/// A TOML basic string.
std::string toml_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      result += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string toml_list(const std::vector<std::string>& items) {
  std::vector<std::string> texts;
  for (const std::string& item : items) {
    texts.push_back(toml_text(item));
  }
  return fmt::format("[{}]", join(texts, ", "));
}

std::string header_text(const Script& script) {
  const Revision& revision = script.revision;
  std::string text = comment_line(revision.message, "a message");
  if (revision.message.empty() && script.comments.empty()) {
    text.clear();
  }
  text += text.empty() ? "" : "--\n";
  for (const std::string& comment : script.comments) {
    text += comment_line(comment, "a comment");
  }
  text += script.comments.empty() ? "" : "--\n";
  text += "-- [migration]\n";
  text += fmt::format("-- revision = {}\n", toml_text(revision.id));
  if (revision.down_revisions.size() > 1) {
    text += fmt::format("-- down_revision = {}\n", toml_list(revision.down_revisions));
  } else {
    const std::string parent =
        revision.down_revisions.empty() ? std::string() : revision.down_revisions.front();
    text +=
        fmt::format("-- down_revision = {}       # \"\" = base; [\"a\", \"b\"] = merge\n", toml_text(parent));
  }
  text += revision.created.empty() ? "" : fmt::format("-- created = {}\n", revision.created);
  text += fmt::format("-- dialect = {}\n", toml_text(revision.dialect));
  text += revision.branch_labels.empty()
              ? ""
              : fmt::format("-- branch_labels = {}\n", toml_list(revision.branch_labels));
  text +=
      revision.depends_on.empty() ? "" : fmt::format("-- depends_on = {}\n", toml_list(revision.depends_on));
  text += revision.table_prefix.empty()
              ? ""
              : fmt::format("-- table_prefix = {}\n", toml_text(revision.table_prefix));
  text += revision.replaces.empty() ? "" : fmt::format("-- replaces = {}\n", toml_list(revision.replaces));
  return text;
}

std::string section_text(const Section& section) {
  std::string text = fmt::format("\n-- migrate: {}{}{}\n", to_text(section.direction),
                                 section.is_transactional ? "" : " transaction=off",
                                 section.has_foreign_keys_on ? " foreign_keys=on" : "");
  for (const Statement& statement : section.statements) {
    text += '\n';
    for (const std::string& comment : statement.comments) {
      text += comment_line(comment, "a comment");
    }
    text += statement.text;
    text += ";\n";
  }
  text += section.comments.empty() ? "" : "\n";
  for (const std::string& comment : section.comments) {
    text += comment_line(comment, "a comment");
  }
  return text;
}

/// Equal but for what a file does not hold: where the statements stand.
bool is_same(Script a, Script b) {
  for (Script* const script : {&a, &b}) {
    script->revision.file.clear();
    for (Section& section : script->sections) {
      for (Statement& statement : section.statements) {
        statement.line = 0;
        statement.column = 0;
      }
    }
  }
  return a == b;
}

/// The first statement that is not one statement by itself; nullptr when all are.
const Statement* broken_statement(const Script& script, const SplitterOptions& options) {
  const auto is_whole = [&](const Statement& statement) {
    try {
      const std::vector<Statement> parts = split_statements(statement.text + ";", options);
      return parts.size() == 1 && parts.front().text == statement.text;
    } catch (const Error&) {
      return false;
    }
  };
  for (const Section& section : script.sections) {
    const auto found = std::find_if_not(section.statements.begin(), section.statements.end(), is_whole);
    if (found != section.statements.end()) {
      return &*found;
    }
  }
  return nullptr;
}

}  // namespace

std::string format_script(const Script& script, const SplitterOptions& options) {
  std::string text = header_text(script);
  for (const Section& section : script.sections) {
    text += section_text(section);
  }
  if (script.has_changes) {
    text += "\n-- migrate: changes\n";
    for (const Operation& change : script.changes) {
      text += fmt::format("-- {}\n", to_json_line(change));
    }
  }
  if (const Statement* const broken = broken_statement(script, options)) {
    refuse_to_write(fmt::format("this is not exactly one statement: {}", in_quotes(broken->text)));
  }
  Script again;
  try {
    again = parse_script(text, script.revision.file, options);
  } catch (const Error& error) {
    refuse_to_write(fmt::format("revision {} cannot be written as a script: {}",
                                in_quotes(script.revision.id), error.what()),
                    error.hint());
  }
  if (!is_same(script, std::move(again))) {
    refuse_to_write(fmt::format("revision {} cannot be written as a script: it would not read back the same",
                                in_quotes(script.revision.id)),
                    "messages and comments have no blanks at their ends");
  }
  return text;
}

}  // namespace metaxy::migrate
