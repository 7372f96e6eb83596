#include "dialect/duckdb/small_statements.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hpp"
#include "dialect/duckdb/quoting.hpp"

namespace metaxy::migrate::duckdb {
namespace {

/// The words of one statement, read from left to right.
class Words {
 public:
  explicit Words(std::string_view sql) : tokens_(tokens_of(sql, splitter_options())) {}

  bool skip(std::string_view word) {
    if (!is_at(word)) return false;
    ++at_;
    return true;
  }
  bool is_at(std::string_view word) const {
    return at_ < tokens_.size() && tokens_[at_].kind != Token::Kind::quoted_identifier &&
           equal_ignoring_case(tokens_[at_].text, word);
  }
  /// Goes to the next such word; false when there is none.
  bool find(std::string_view word) {
    while (at_ < tokens_.size() && !is_at(word)) ++at_;
    return at_ < tokens_.size();
  }
  bool has_any_of(const std::vector<std::string_view>& words) const {
    return std::any_of(tokens_.begin(), tokens_.end(), [&](const Token& token) {
      return token.kind == Token::Kind::word &&
             std::any_of(words.begin(), words.end(),
                         [&](std::string_view word) { return equal_ignoring_case(token.text, word); });
    });
  }
  /// `name`, `schema.name` or `database.schema.name`, as a key: DuckDB does not tell names by their case.
  std::string skip_name() {
    std::string name;
    while (at_ < tokens_.size()) {
      name += lower(tokens_[at_++].text) + '\0';
      if (!skip(".")) break;
    }
    return name;
  }

 private:
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

/// One that adds no key, and converts and checks no values: DuckDB changes the catalog only, or writes a new
/// column without threads.
bool is_small_alter(const Words& words) {
  return !words.has_any_of({"key", "unique", "type", "using", "set"});
}

}  // namespace

bool SmallStatements::take(std::string_view sql) {
  Words words(sql);
  if (words.is_at("drop") || words.is_at("comment")) return true;
  if (words.is_at("alter") && is_small_alter(words)) {
    // It may have been a renaming.
    empty_tables_.clear();
    return true;
  }
  if (words.skip("create")) {
    words.skip("unique");
    if (words.skip("index") && words.find("on") && words.skip("on")) {
      return empty_tables_.count(words.skip_name()) != 0;
    }
    if (words.skip("table") && !words.has_any_of({"as", "select", "from"})) {
      // Of a table that may be there already nothing is known.
      if (!words.is_at("if")) empty_tables_.insert(words.skip_name());
      return true;
    }
  }
  empty_tables_.clear();
  return false;
}

}  // namespace metaxy::migrate::duckdb
