#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sql/splitter.hpp"
#include "unit/sql/options.hpp"

namespace metaxy::migrate {
namespace {

using testing::ElementsAre;

/// Each token as its kind's letter (w, i, s, n, p) and its text.
std::vector<std::string> tokens(std::string_view sql, const SplitterOptions& options) {
  std::vector<std::string> result;
  for (const Token& token : tokens_of(sql, options)) {
    result.push_back(std::string(1, "wisnp"[static_cast<std::size_t>(token.kind)]) + " " + token.text);
  }
  return result;
}

TEST(Tokens, DropCommentsAndBlanks) {
  EXPECT_THAT(tokens("a /* b */ -- c\n d", sqlite_text()), ElementsAre("w a", "w d"));
}

TEST(Tokens, HoldNamesWithoutTheirQuotes) {
  EXPECT_THAT(tokens(R"("a""b" [c d] `e``f`)", sqlite_text()), ElementsAre(R"(i a"b)", "i c d", "i e`f"));
}

TEST(Tokens, KeepStringsAsWritten) {
  EXPECT_THAT(tokens(R"('it''s' x'0A' E'\'' $t$a$t$)", postgres_text()),
              ElementsAre("s 'it''s'", "s x'0A'", R"(s E'\'')", "s $t$a$t$"));
}

TEST(Tokens, KnowNumbers) {
  EXPECT_THAT(tokens("1 1.5 .5 1e-5 1E+5 0x1F 1_000 1-2 0xe-1 a1", sqlite_text()),
              ElementsAre("n 1", "n 1.5", "n .5", "n 1e-5", "n 1E+5", "n 0x1F", "n 1_000", "n 1", "p -",
                          "n 2", "n 0xe", "p -", "n 1", "w a1"));
}

TEST(Tokens, KeepOperatorsTogether) {
  EXPECT_THAT(tokens("a::b>=c->>'d'||e.f(*),$1 := -1", postgres_text()),
              ElementsAre("w a", "p ::", "w b", "p >=", "w c", "p ->>", "s 'd'", "p ||", "w e", "p .", "w f",
                          "p (", "p *", "p )", "p ,", "p $", "n 1", "p :=", "p -", "n 1"));
}

TEST(Tokens, SayWhereTheyBegin) {
  const std::vector<Token> found = tokens_of(" a \"b\"", sqlite_text());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], (Token{Token::Kind::word, "a", 1}));
  EXPECT_EQ(found[1], (Token{Token::Kind::quoted_identifier, "b", 3}));
}

TEST(Tokens, TakeTheRestForAnOpenQuote) {
  EXPECT_THAT(tokens("a 'b c", sqlite_text()), ElementsAre("w a", "s 'b c"));
  EXPECT_THAT(tokens("a /* b c", sqlite_text()), ElementsAre("w a"));
}

}  // namespace
}  // namespace metaxy::migrate
