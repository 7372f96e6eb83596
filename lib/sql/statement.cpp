#include "sql/statement.hpp"

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

/// What follows `key` in the first comment that begins with it.
std::string noted(const Statement& statement, std::string_view key) {
  for (const std::string& comment : statement.comments) {
    const std::string_view text = trimmed(comment);
    if (text.substr(0, key.size()) == key) {
      return std::string(trimmed(text.substr(key.size())));
    }
  }
  return {};
}

}  // namespace

std::string destructive_reason(const Statement& statement) { return noted(statement, "destructive:"); }

std::string adopted_name(const Statement& statement) { return noted(statement, "adopt:"); }

}  // namespace metaxy::migrate
