// What holds for every text, on random ones that are made of the pieces that lexers stumble over.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sqlite3.h>

#include <string>
#include <vector>

#include "sql/splitter.hpp"
#include "unit/sql/options.hpp"

namespace metaxy::migrate {
namespace {

using Events = std::vector<std::string>;

/// All that a splitter says about a text that is fed in pieces of these sizes (over and over): events, or the
/// error.
Events outcome(std::string_view text, const SplitterOptions& options, const std::vector<std::size_t>& sizes) {
  Events events;
  Splitter splitter(options, "a.sql");
  const Splitter::Report report = [&](const SplitterEvent& event) {
    std::string line = std::to_string(static_cast<int>(event.kind)) + "@" + std::to_string(event.line) + "/" +
                       std::to_string(event.offset) + ":" + std::to_string(event.statement.column) + " " +
                       event.statement.text + event.text;
    for (const std::string& comment : event.statement.comments) {
      line += "--" + comment;
    }
    events.push_back(std::move(line));
    if (event.text == "changes") {
      splitter.read_lines();
    }
  };
  try {
    for (std::size_t i = 0; !text.empty(); ++i) {
      const std::string_view piece = text.substr(0, sizes[i % sizes.size()]);
      splitter.feed(piece, report);
      text.remove_prefix(piece.size());
    }
    splitter.finish(report);
  } catch (const Error& error) {
    events.push_back(std::string("error ") + error.what() + "@" + std::to_string(error.where()->line) + ":" +
                     std::to_string(error.where()->column));
  }
  return events;
}

rc::Gen<std::string> text_of(std::vector<std::string> pieces) {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::move(pieces))),
                      [](const std::vector<std::string>& chosen) {
                        std::string text;
                        for (const std::string& piece : chosen) {
                          text += piece;
                        }
                        return text;
                      });
}

const std::vector<std::string> kPieces = {
    "SELECT",
    "CREATE",
    "TRIGGER",
    "FUNCTION",
    "BEGIN",
    "ATOMIC",
    "CASE",
    "END",
    "E",
    "x",
    "a1",
    "1",
    ".5",
    "1e-",
    " ",
    "\n",
    "\n\n",
    "\t",
    ";",
    ";\n",
    "'",
    "''",
    "\"",
    "`",
    "[",
    "]",
    "$",
    "$$",
    "$t$",
    "\\",
    "\\'",
    "-",
    "--",
    "-- c\n",
    "/",
    "*",
    "/*",
    "*/",
    "(",
    ")",
    ".",
    ",",
    ":",
    "1.b$$",
    "x1.5$$",
    "1e+5.b$t$",
    "\u00a0",
    "\u3000",
    "\u00e9",
    "\n-- migrate: upgrade\n",
    "\n-- migrate: changes\n",
    "\n--migrate: x\n",
    "\r\n",
};

TEST(SplitterLaw, CutsOfTheTextDoNotMatter) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = *text_of(kPieces);
    const std::vector<std::size_t> sizes =
        *rc::gen::nonEmpty(rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 8)));
    for (const SplitterOptions& options : {sqlite_text(), postgres_text(), duckdb_text()}) {
      RC_ASSERT(outcome(text, options, sizes) == outcome(text, options, {1000000}));
    }
  }));
}

TEST(SplitterLaw, ANumberBeforeADollarQuoteEndsWhereItsLettersEnd) {
  for (const std::string text : {"SELECT 1.b$$;$$;", "SELECT x.b$$;$$;", "SELECT x1.5$$;$$;"}) {
    EXPECT_EQ(outcome(text, duckdb_text(), {1}), outcome(text, duckdb_text(), {1000})) << text;
  }
}

TEST(SplitterLaw, AStatementSplitsIntoItself) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = *text_of(kPieces);
    for (const SplitterOptions& options : {sqlite_text(), postgres_text(), duckdb_text()}) {
      std::vector<Statement> statements;
      try {
        statements = split_statements(text, options);
      } catch (const Error&) {
        continue;
      }
      for (const Statement& statement : statements) {
        const std::vector<Statement> again = split_statements(statement.text + ";", options);
        RC_ASSERT(again.size() == 1U);
        RC_ASSERT(again[0].text == statement.text);
      }
    }
  }));
}

bool is_complete(const std::string& text) { return sqlite3_complete(text.c_str()) == 1; }

/// The texts between the semicolons that end statements, as SQLite's own lexer sees it: the text is complete
/// with the semicolon, and a word in its place would have begun or continued a statement.
std::vector<std::string> pieces_by_sqlite(const std::string& text) {
  std::vector<std::string> pieces;
  std::size_t from = 0;
  for (std::size_t at = text.find(';'); at != std::string::npos; at = text.find(';', at + 1)) {
    const std::string before = text.substr(0, at);
    if (is_complete(before + ";") && !is_complete(before + " x")) {
      pieces.push_back(text.substr(from, at - from));
      from = at + 1;
    }
  }
  pieces.push_back(text.substr(from));
  return pieces;
}

TEST(SplitterLaw, EndsStatementsWhereSqliteDoes) {
  // Without parentheses and markers, which sqlite3_complete does not look at.
  const std::vector<std::string> words = {
      "SELECT ", "CREATE ", "TEMP ", "TRIGGER ", "EXPLAIN ", " END", "x", "1",      " ",     "\n", ";",
      "; END;",  "'",       "''",    "\"",       "`",        "[",    "]", "$",      "\\",    "-",  "--",
      "-- c\n",  "/",       "*",     "/*",       "*/",       ".",    ",", "begin ", "case ",
  };
  EXPECT_TRUE(rc::check([&] {
    const std::string text = "SELECT 0;" + *text_of(words);
    std::vector<Statement> statements;
    try {
      statements = split_statements(text, sqlite_text());
    } catch (const Error&) {
      RC_DISCARD("not text that SQLite could run");
    }
    std::vector<std::string> found;
    for (const Statement& statement : statements) {
      found.push_back(statement.text);
    }
    std::vector<std::string> expected;
    for (const std::string& piece : pieces_by_sqlite(text)) {
      const std::vector<Statement> inside =
          split_statements(piece + (is_complete(piece) ? "" : "\n;"), sqlite_text());
      RC_ASSERT(inside.size() <= 1U);
      for (const Statement& statement : inside) {
        expected.push_back(statement.text);
      }
    }
    RC_ASSERT(found == expected);
  }));
}

}  // namespace
}  // namespace metaxy::migrate
