#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "unit/revision/replay.hpp"

namespace metaxy::migrate::test {
namespace {

using Path = std::filesystem::path;

std::vector<Path> case_files(const Path& folder) {
  std::vector<Path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".jsonl") {
      files.push_back(entry.path());
    }
  }
  return files;
}

/// The committed sample, and the folder that METAXY_MIGRATE_CASES names.
std::vector<Path> all_case_files() {
  std::vector<Path> files = case_files(MM_CASES_DIR);
  if (const char* folder = std::getenv("METAXY_MIGRATE_CASES")) {
    for (const Path& file : case_files(folder)) {
      files.push_back(file);
    }
  }
  return files;
}

TEST(AlembicCases, AreReplayedWithTheSameResults) {
  int replays = 0;
  for (const Path& file : all_case_files()) {
    for (const nlohmann::json& test_case : read_cases(file)) {
      const Verdict verdict = replayed(test_case);
      ++replays;
      EXPECT_TRUE(verdict.difference.empty() || !verdict.reason.empty())
          << verdict.id << ": " << verdict.difference << "\n"
          << test_case.dump();
      EXPECT_EQ(verdict.unlike_message, "") << verdict.id;
    }
  }
  EXPECT_GE(replays, 1518);
}

TEST(AlembicCases, DifferOnPurposeInNoMoreThanTheseOfTheSample) {
  std::set<std::string> differing;
  for (const Path& file : case_files(MM_CASES_DIR)) {
    for (const nlohmann::json& test_case : read_cases(file)) {
      const Verdict verdict = replayed(test_case);
      if (!verdict.reason.empty()) {
        differing.insert(verdict.id);
      }
    }
  }
  const std::set<std::string> known = {"ex-revision-revpath-107", "ex-revision-revpath-110",
                                       "hp-dup_revision-004",     "hp-multi_heads_fixture-010",
                                       "hp-rev_named_base-004",   "hp-revpath-044",
                                       "hp-revpath-113",          "rnd-00186-1"};
  EXPECT_EQ(differing, known);
}

}  // namespace
}  // namespace metaxy::migrate::test
