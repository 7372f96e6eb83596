// What holds for every script and every header, on random ones.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "revision/header.hpp"
#include "unit/revision/script_support.hpp"

namespace metaxy::migrate {
namespace {

using Strings = std::vector<std::string>;

std::string joined(const Strings& parts) { return join(parts, ""); }

/// A few: small scripts are as awkward as large ones, and more of them fit into a second.
template <class T>
rc::Gen<std::vector<T>> few(rc::Gen<T> item) {
  return rc::gen::resize(6, rc::gen::container<std::vector<T>>(std::move(item)));
}

rc::Gen<std::string> text_of(Strings pieces) {
  return rc::gen::map(few(rc::gen::elementOf(std::move(pieces))), joined);
}

const Strings kNasty = {"a",
                        "SELECT",
                        " ",
                        ";",
                        "'",
                        "''",
                        "\"",
                        "--",
                        "-- migrate: upgrade",
                        "migrate:",
                        "{",
                        "}",
                        "$$",
                        "$t$",
                        "/*",
                        "*/",
                        "[",
                        "]",
                        "`",
                        "(",
                        ")",
                        "\\",
                        "#",
                        "=",
                        "\t",
                        "é",
                        "日本",
                        "E'",
                        "BEGIN",
                        "END",
                        "CASE",
                        "CREATE TRIGGER x",
                        "x"};

/// A line that a comment or message may hold.
rc::Gen<std::string> line() {
  return rc::gen::map(text_of(kNasty), [](const std::string& text) {
    std::string result(text);
    while (!result.empty() && (result.back() == ' ' || result.back() == '\t')) {
      result.pop_back();
    }
    return looks_like_marker(result) ? "x" + result : result;
  });
}

rc::Gen<std::string> id() {
  return rc::gen::elementOf(Strings{"a1", "7f3a51c09be2", "B_2", "x.y", "99", "z"});
}

Strings unique(Strings items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
}

rc::Gen<Strings> ids() { return rc::gen::map(few(id()), unique); }

/// Statements that begin and end with a token, with all that is awkward between.
rc::Gen<Statement> statement(bool is_postgres) {
  Strings inner = {"'a;b''c'",
                   "\";\"",
                   " ",
                   "\n",
                   "x",
                   "1.5",
                   "/* ; */",
                   "-- c;\n",
                   "(a; b)",
                   ",",
                   "'\n-- migrate: upgrade\n'",
                   "é",
                   "::",
                   "\n  ",
                   "CASE WHEN a THEN b END"};
  const Strings other =
      is_postgres ? Strings{" $$;\n-- migrate: x\n$$", " E'\\\\;\\''", "/* /* ; */ ; */", " $t$;$$'$t$"}
                  : Strings{"[a;'b]", "`;`", "'\\'", "$1"};
  inner.insert(inner.end(), other.begin(), other.end());
  return rc::gen::apply(
      [](const std::string& text, const Strings& comments) {
        return Statement{"SELECT " + text + " x", comments};
      },
      text_of(inner), few(line()));
}

rc::Gen<Section> section(bool is_postgres) {
  return rc::gen::apply(
      [](bool is_up, bool is_transactional, bool has_keys, const std::vector<Statement>& statements,
         const Strings& comments) {
        return Section{is_up ? Direction::upgrade : Direction::downgrade, is_transactional, has_keys,
                       statements, comments};
      },
      rc::gen::arbitrary<bool>(), rc::gen::arbitrary<bool>(), rc::gen::arbitrary<bool>(),
      few(statement(is_postgres)), few(line()));
}

Script random_script(bool is_postgres) {
  Script script;
  script.revision.id = *id();
  script.revision.message = std::string(trimmed(*line()));
  script.revision.down_revisions = *ids();
  script.revision.branch_labels = *ids();
  script.revision.depends_on = *ids();
  script.revision.replaces = *ids();
  script.revision.table_prefix = *text_of(kNasty);
  script.revision.dialect = *text_of(kNasty);
  script.revision.created = *rc::gen::elementOf(Strings{"", "2024-02-29T23:59:59Z", "2026-11-22T13:05:00Z"});
  script.sections = *few(section(is_postgres));
  script.comments = *few(line());
  while (!script.comments.empty() && script.comments.back().empty()) {
    script.comments.pop_back();
  }
  if (!script.comments.empty() && script.comments.front().empty()) {
    script.comments.front() = "x";
  }
  script.has_changes = *rc::gen::arbitrary<bool>();
  if (script.has_changes) {
    script.changes = {RenameTable{{"", *line() + "x"}, {"", "b\n"}},
                      RenameColumn{{"s", "t"}, *line() + "x", "c"}};
  }
  return script;
}

void forget_positions(Script& script) {
  for (Section& part : script.sections) {
    for (Statement& statement : part.statements) {
      statement.line = 0;
      statement.column = 0;
    }
  }
}

TEST(ScriptLaw, ReadsBackWhatItWrites) {
  EXPECT_TRUE(rc::check([] {
    const bool is_postgres = *rc::gen::arbitrary<bool>();
    const SplitterOptions options = is_postgres ? postgres_text() : sqlite_text();
    const Script script = random_script(is_postgres);
    const std::string text = format_script(script, options);
    Script again = parse_script(text, "", options);
    forget_positions(again);
    RC_ASSERT(again == script);
    RC_ASSERT(format_script(again, options) == text);
  }));
}

TEST(ScriptLaw, SurveysWhatItParsesHoweverItIsCut) {
  const Strings pieces = {"\n-- migrate: upgrade\n",
                          "\n-- migrate: downgrade\r\n",
                          "\n-- migrate: changes\n",
                          "SELECT 1;",
                          "'a;\r\nb'",
                          "\n",
                          "  ",
                          "-- c\n",
                          "--\n",
                          "COMMIT",
                          "\r\n",
                          "é",
                          "x"};
  const rc::Gen<std::string> bodies =
      rc::gen::map(rc::gen::container<Strings>(rc::gen::elementOf(pieces)), joined);
  EXPECT_TRUE(rc::check([&] {
    const std::string text = kHeader + *bodies;
    std::size_t at = 0;
    const auto chunk = *rc::gen::inRange<std::size_t>(1, 50);
    std::vector<std::vector<Statement>> statements;
    std::string failure;
    ScriptSurvey survey;
    try {
      survey = survey_script(
          [&] {
            std::string piece = text.substr(std::min(at, text.size()), chunk);
            at += chunk;
            return piece;
          },
          "a.sql", sqlite_text(),
          [&](std::size_t index, const Statement& statement) {
            statements.resize(std::max(statements.size(), index + 1));
            statements[index].push_back(statement);
          });
    } catch (const Error& error) {
      failure = describe(error);
    }
    RC_CLASSIFY(failure.empty());
    try {
      const Script script = parse_script(text, "a.sql", sqlite_text());
      RC_ASSERT(failure.empty());
      RC_ASSERT(script.sections.size() == survey.sections.size());
      statements.resize(script.sections.size());
      for (std::size_t i = 0; i < statements.size(); ++i) {
        RC_ASSERT(script.sections[i].statements == statements[i]);
        RC_ASSERT(survey.sections[i].statement_count == statements[i].size());
      }
      RC_ASSERT(survey_script(chunks_of(text), "a.sql", sqlite_text()).checksums == survey.checksums);
    } catch (const Error& error) {
      RC_ASSERT(describe(error) == failure);
    }
  }));
}

TEST(ScriptLaw, ReadsPlainHeadersAsTomlDoes) {
  const Strings pieces = {"revision",
                          "down_revision",
                          "created",
                          "x-1",
                          "=",
                          " = ",
                          "\"a\"",
                          "\"\"",
                          "\"a b#\"",
                          "[",
                          "]",
                          ", ",
                          ",",
                          " ",
                          "\t",
                          "# c",
                          "2026-11-22T13:05:00Z",
                          "2024-02-29T00:00:00Z",
                          "2023-02-29T00:00:00Z",
                          "1",
                          "\"",
                          "\\",
                          "'b'",
                          "é",
                          "\x01",
                          "[migration]"};
  const Strings whole = {"revision = \"a\"",
                         "down_revision = [\"a\", \"b\"]",
                         "created=2026-11-22T13:05:00Z # x",
                         "depends_on = [ \"a\" ,]",
                         "x = []",
                         "# c",
                         "",
                         "dialect = \"\\u0041\"",
                         "n = 1"};
  const rc::Gen<std::string> any =
      rc::gen::weightedOneOf<std::string>({{1, text_of(pieces)}, {4, rc::gen::elementOf(whole)}});
  EXPECT_TRUE(rc::check([&] {
    const Strings texts = *few(any);
    std::vector<HeaderLine> lines;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      lines.push_back({texts[i], i + 3, 4, texts[i]});
    }
    const std::optional<std::vector<HeaderValue>> plain = read_plain_values(lines);
    RC_PRE(plain.has_value());
    RC_CLASSIFY(plain->size() > 1);
    std::vector<HeaderValue> expected;
    try {
      expected = read_toml_values(lines, "a.sql");
    } catch (const Error& error) {
      // The one thing that the plain reader leaves to the caller.
      Strings keys;
      for (const HeaderValue& value : *plain) {
        keys.push_back(value.key);
      }
      RC_ASSERT(unique(keys).size() < keys.size());
      return;
    }
    RC_ASSERT(*plain == expected);
  }));
}

}  // namespace
}  // namespace metaxy::migrate
