#pragma once
// Replays cases that Alembic computed (graph, version rows, command -> steps, rows, lines or error) through
// the real graph code, and says what differs. Format of a case: cases/README.md.

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace metaxy::migrate::test {

struct Verdict {
  std::string id;
  std::string command;
  /// What differs from Alembic; empty when nothing does.
  std::string difference;
  /// Why it may; empty when it must not.
  std::string reason;
  /// Alembic's message, where ours lacks its key words.
  std::string unlike_message;
};

std::vector<nlohmann::json> read_cases(const std::filesystem::path& file);
Verdict replayed(const nlohmann::json& test_case);

}  // namespace metaxy::migrate::test
