// Round trips of types and tables on random values. rapidcheck chooses the seeds and prints the one that
// fails.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "schema/json.hpp"
#include "support/random_schema.hpp"

namespace metaxy::migrate {
namespace {

std::size_t below(test::Random& random, std::size_t limit) {
  return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

/// Text of letters that mean something in type texts and in JSON; sometimes empty.
std::string awkward_text(test::Random& random) {
  static const std::vector<std::string> pieces = {"a", "B",  " ",    "\"", "'",       "(",  ")",
                                                  "[", "]",  ",",    "\n", ".",       "\t", "\\",
                                                  "`", "日", "\x01", "--", "STRUCT(", "3"};
  std::string text;
  for (std::size_t i = below(random, 6); i > 0; --i) {
    text += pieces[below(random, pieces.size())];
  }
  return text;
}

Type random_type(test::Random& random, std::size_t depth);

std::vector<TypeMember> random_members(test::Random& random, std::size_t depth) {
  std::vector<TypeMember> members;
  for (std::size_t i = 1 + below(random, 3); i > 0; --i) {
    members.push_back({awkward_text(random), random_type(random, depth + 1)});
  }
  return members;
}

Type random_plain_type(test::Random& random) {
  static const std::vector<std::string> texts = {
      "BIGINT",        "double precision",    "timestamp(6) with time zone",
      "DECIMAL(18,3)", "\"a (b\".\"c\"\"d\"", "X(Y(1, 'z)'), 2)"};
  return parse_type(texts[below(random, texts.size())]);
}

Type random_type(test::Random& random, std::size_t depth) {
  Type type;
  switch (depth > 5 ? 0 : below(random, 7)) {
    case 1:
      return list_of(random_type(random, depth + 1));
    case 2:
      type = list_of(random_type(random, depth + 1));
      type.name = "ARRAY";
      type.arguments = {std::to_string(below(random, 100))};
      return type;
    case 3:
      return map_of(random_type(random, depth + 1), random_type(random, depth + 1));
    case 4:
      return struct_of(random_members(random, depth));
    case 5:
      type = struct_of(random_members(random, depth));
      type.name = "UNION";
      return type;
    case 6:
      type.name = "ENUM";
      for (std::size_t i = 1 + below(random, 3); i > 0; --i) {
        type.labels.push_back(awkward_text(random));
      }
      return type;
    default:
      return random_plain_type(random);
  }
}

RC_GTEST_PROP(TypeLaws, EveryTypeReadsBackFromItsText, (std::uint64_t seed)) {
  test::Random random(seed);
  const Type type = random_type(random, 0);
  RC_LOG() << to_text(type);
  RC_ASSERT(parse_type(to_text(type)) == type);
}

RC_GTEST_PROP(TypeLaws, AnyTextIsReadOrRefused, (std::uint64_t seed)) {
  test::Random random(seed);
  std::string text = to_text(random_type(random, 0)) + awkward_text(random);
  text.insert(below(random, text.size() + 1), awkward_text(random));
  RC_LOG() << text;
  try {
    const Type type = parse_type(text);
    RC_ASSERT(parse_type(to_text(type)) == type);
  } catch (const Error& error) {
    RC_ASSERT(error.kind() == ErrorKind::script);
  }
}

RC_GTEST_PROP(JsonLaws, EveryTableReadsBackFromItsLine, (std::uint64_t seed)) {
  test::Random random(seed);
  for (auto& [name, table] : test::random_schema(random, test::rich_alphabet())) {
    Table written = table;
    written.name.schema = awkward_text(random);
    written.comment = awkward_text(random);
    written.columns.front().comment = awkward_text(random);
    written.triggers = {Trigger{awkward_text(random), awkward_text(random)}};
    const std::string line = one_line(to_json(written));
    RC_LOG() << line;
    RC_ASSERT(line.find('\n') == std::string::npos);
    RC_ASSERT(table_from(Json::parse(line)) == written);
  }
}

}  // namespace
}  // namespace metaxy::migrate
