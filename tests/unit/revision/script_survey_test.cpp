#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/hash.hpp"
#include "unit/revision/script_support.hpp"

namespace metaxy::migrate {
namespace {

using testing::ElementsAre;

const std::string kUpgrade = "-- migrate: upgrade\n\n-- make it\nCREATE TABLE t (a);\nSELECT 1;";
const std::string kMore = "-- migrate: upgrade transaction=off\nSELECT 2;";
const std::string kDowngrade = "-- migrate: downgrade\nDROP TABLE t;";
const std::string kBody = kUpgrade + "\n\n" + kDowngrade + "\n  \n" + kMore + "\n\n-- migrate: changes\n--\n";

ScriptSurvey surveyed(const std::string& text, std::size_t chunk = 1000000) {
  std::size_t at = 0;
  const ChunkSource source = [&] {
    std::string piece = at < text.size() ? text.substr(at, chunk) : std::string();
    at += piece.size();
    return piece;
  };
  return survey_script(source, "a.sql", sqlite_text());
}

TEST(ScriptSurvey, HashesTheSectionsOfADirection) {
  const Checksums checksums = surveyed(kHeader + kBody).checksums;
  EXPECT_EQ(checksums.upgrade, sha256(kUpgrade + "\n" + kMore + "\n"));
  EXPECT_EQ(checksums.downgrade, sha256(kDowngrade + "\n"));
  EXPECT_EQ(surveyed(kHeader).checksums, (Checksums{sha256(""), sha256("")}));
}

TEST(ScriptSurvey, HashesTheSameHoweverTheFileArrives) {
  const Checksums expected = surveyed(kHeader + kBody).checksums;
  std::string windows = "\xEF\xBB\xBF";
  for (const char c : kHeader + kBody) {
    windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  }
  for (std::size_t chunk = 1; chunk < 100; ++chunk) {
    EXPECT_EQ(surveyed(kHeader + kBody, chunk).checksums, expected) << chunk;
    EXPECT_EQ(surveyed(windows, chunk).checksums, expected) << chunk;
  }
}

TEST(ScriptSurvey, HashesNeitherHeaderNorChangesNorBlanksAtTheEnd) {
  const Checksums expected = surveyed(kHeader + kBody).checksums;
  std::string header = kHeader;
  header.replace(header.find("a message"), 9, "another message");
  EXPECT_EQ(surveyed(header + kUpgrade + "\n" + kDowngrade + "\n\n\n" + kMore).checksums, expected);
  EXPECT_NE(surveyed(kHeader + " \n" + kBody + kUpgrade).checksums, expected);
  EXPECT_NE(surveyed(kHeader + kUpgrade + "\n-- c\n" + kDowngrade + "\n" + kMore).checksums, expected);
}

TEST(ScriptSurvey, SaysWhatAScriptHolds) {
  const ScriptSurvey survey = surveyed(kHeader + kBody);
  ASSERT_EQ(survey.sections.size(), 3U);
  EXPECT_EQ(survey.sections[0].statement_count, 2U);
  EXPECT_EQ(survey.sections[0].line, 7U);
  EXPECT_EQ(survey.sections[1].direction, Direction::downgrade);
  EXPECT_FALSE(survey.sections[2].is_transactional);
  EXPECT_TRUE(survey.has_changes);
  EXPECT_EQ(survey.revision.id, "a1");
}

TEST(ScriptSurvey, VisitsStatementsWithTheirSections) {
  std::vector<std::string> visited;
  const std::string text = kHeader + kBody;
  survey_script(chunks_of(text), "a.sql", sqlite_text(),
                [&](std::size_t section, const Statement& statement) {
                  visited.push_back(std::to_string(section) + ":" + std::to_string(statement.line) + " " +
                                    statement.text);
                });
  EXPECT_THAT(visited,
              ElementsAre("0:10 CREATE TABLE t (a)", "0:11 SELECT 1", "1:14 DROP TABLE t", "2:17 SELECT 2"));
}

}  // namespace
}  // namespace metaxy::migrate
