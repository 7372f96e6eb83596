#include "dialect/postgresql/rewrites.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"
#include "dialect/postgresql/quoting.hpp"

namespace metaxy::migrate::postgresql {

namespace {

using Statements = std::vector<WrittenStatement>;

/// Behind the neighbours that alter columns of the same table.
Statements::iterator end_of_run(Statements::iterator first, Statements::iterator end) {
  if (!first->action) return first + 1;
  return std::find_if(first + 1, end, [&first](const WrittenStatement& one) {
    return !one.action || one.action->table != first->action->table;
  });
}

Statement joined(Statements::iterator first, Statements::iterator end) {
  std::vector<std::string> actions;
  std::vector<std::string> comments;
  for (auto one = first; one != end; ++one) {
    actions.push_back(one->action->text);
    for (const std::string& comment : one->statement.comments) {
      // "All rows are written anew" is true once, and said last.
      const auto known = std::find(comments.begin(), comments.end(), comment);
      if (known != comments.end()) comments.erase(known);
      comments.push_back(comment);
    }
  }
  Statement statement;
  statement.text =
      fmt::format("ALTER TABLE {}\n  {}", quoted_name(first->action->table), join(actions, ",\n  "));
  statement.comments = std::move(comments);
  return statement;
}

}  // namespace

std::vector<Statement> with_joined_rewrites(std::vector<WrittenStatement> statements) {
  std::vector<Statement> result;
  for (auto first = statements.begin(); first != statements.end();) {
    const auto end = end_of_run(first, statements.end());
    const auto rewrites = std::count_if(
        first, end, [](const WrittenStatement& one) { return one.action && one.action->has_rewrite; });
    if (rewrites > 1) {
      result.push_back(joined(first, end));
    } else {
      std::transform(first, end, std::back_inserter(result),
                     [](WrittenStatement& one) { return std::move(one.statement); });
    }
    first = end;
  }
  return result;
}

}  // namespace metaxy::migrate::postgresql
