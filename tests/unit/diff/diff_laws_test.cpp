// Laws of diff and apply on random schemas. rapidcheck chooses the seeds and prints the one that fails.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "diff/apply.hpp"
#include "diff/diff.hpp"
#include "support/random_schema.hpp"

namespace metaxy::migrate {
namespace {

using test::Mutation;
using test::Random;

/// A schema, and what became of it.
struct Case {
  explicit Case(std::uint64_t seed) : random(seed) {
    const test::SchemaAlphabet alphabet = test::rich_alphabet();
    before = test::random_schema(random, alphabet);
    mutation = test::mutated(random, before, alphabet);
    unrelated = test::random_schema(random, alphabet);
  }

  Random random;
  Schema before;
  Mutation mutation;
  Schema unrelated;
};

/// The operations, one a line, for what rapidcheck prints with a failure.
std::string listed(const std::vector<Operation>& operations) {
  std::string text;
  for (const Operation& operation : operations) {
    text += to_json_line(operation) + "\n";
  }
  return text;
}

/// Whether `operations` lead from `before` to `after` and back.
void check_both_ways(const Schema& before, const Schema& after, const std::vector<Operation>& operations) {
  RC_LOG() << listed(operations);
  RC_ASSERT(equivalent(applied(before, operations), after));
  RC_ASSERT(equivalent(applied(applied(before, operations), reversed(operations)), before));
  RC_ASSERT(equivalent(applied(after, reversed(operations)), before));
}

RC_GTEST_PROP(DiffLaws, NothingDiffersFromItself, (std::uint64_t seed)) {
  const Case c(seed);
  RC_ASSERT(diff(c.before, c.before).empty());
}

RC_GTEST_PROP(DiffLaws, ADifferenceLeadsThereAndBack, (std::uint64_t seed)) {
  const Case c(seed);
  check_both_ways(c.before, c.unrelated, diff(c.before, c.unrelated));
}

RC_GTEST_PROP(DiffLaws, AMutationLeadsThereAndBackWithItsRenames, (std::uint64_t seed)) {
  const Case c(seed);
  check_both_ways(c.before, c.mutation.schema, diff(c.before, c.mutation.schema, c.mutation.renames));
}

RC_GTEST_PROP(DiffLaws, AMutationLeadsThereAndBackWithoutItsRenames, (std::uint64_t seed)) {
  const Case c(seed);
  check_both_ways(c.before, c.mutation.schema, diff(c.before, c.mutation.schema));
}

RC_GTEST_PROP(DiffLaws, ItIsEmptyExactlyWhenSchemasAreEquivalent, (std::uint64_t seed)) {
  const Case c(seed);
  RC_ASSERT(diff(c.before, c.mutation.schema).empty() == equivalent(c.before, c.mutation.schema));
}

RC_GTEST_PROP(DiffLaws, TheOrderOfColumnsAndConstraintNamesAreNoDifference, (std::uint64_t seed)) {
  Case c(seed);
  Schema other = c.before;
  for (auto& [name, table] : other) {
    std::shuffle(table.columns.begin(), table.columns.end(), c.random);
    for (Constraint& constraint : table.constraints) {
      std::visit([](auto& named) { named.name += "_other"; }, constraint);
    }
    table.triggers.push_back({"log", "whatever"});
    normalise(table);
  }
  RC_ASSERT(diff(c.before, other).empty());
  RC_ASSERT(diff(other, c.before).empty());
}

RC_GTEST_PROP(DiffLaws, TurningRoundTwiceChangesNothing, (std::uint64_t seed)) {
  const Case c(seed);
  const std::vector<Operation> operations = diff(c.before, c.mutation.schema, c.mutation.renames);
  RC_ASSERT(reversed(reversed(operations)) == operations);
}

RC_GTEST_PROP(DiffLaws, OperationsSurviveJson, (std::uint64_t seed)) {
  const Case c(seed);
  std::vector<Operation> operations = diff(c.before, c.mutation.schema, c.mutation.renames);
  const std::vector<Operation> more = diff(c.before, c.unrelated);
  operations.insert(operations.end(), more.begin(), more.end());
  for (const Operation& operation : operations) {
    const std::string line = to_json_line(operation);
    RC_ASSERT(line.find('\n') == std::string::npos);
    RC_ASSERT(operation_from_json_line(line) == operation);
  }
}

RC_GTEST_PROP(DiffLaws, TheSameSeedGivesTheSameSchema, (std::uint64_t seed)) {
  const Case one(seed);
  const Case other(seed);
  RC_ASSERT(one.mutation.schema == other.mutation.schema);
}

// The laws would hold for a generator that changes nothing.
TEST(RandomSchemas, MutationsMakeEveryKindOfOperation) {
  std::set<std::size_t> kinds;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const Case c(seed);
    for (const Operation& operation : diff(c.before, c.mutation.schema, c.mutation.renames)) {
      kinds.insert(operation.index());
    }
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<Operation>);
}

}  // namespace
}  // namespace metaxy::migrate
