#include "schema/type.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"

namespace metaxy::migrate {
namespace {

using testing::ElementsAre;

struct Spelling {
  const char* written;
  const char* canonical;
};

// What DuckDB 1.5, PostgreSQL 15 and SQLite 3.40 print, and how people write it.
const Spelling kSpellings[] = {
    {"", ""},
    {"  ", ""},
    {"BIGINT", "BIGINT"},
    {"bigint", "bigint"},
    {"double precision", "double precision"},
    {"  double \t\n precision ", "double precision"},
    {"DECIMAL(18,3)", "DECIMAL(18,3)"},
    {"NUMERIC(10, 2)", "NUMERIC(10,2)"},
    {"VARCHAR ( 10 )", "VARCHAR(10)"},
    {"NUMERIC(-3)", "NUMERIC(-3)"},
    {"character varying(10)[]", "character varying(10)[]"},
    {"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"},
    {"timestamp(6) without time zone", "timestamp(6) without time zone"},
    {"timestamp(6) with time zone[]", "timestamp(6) with time zone[]"},
    {"TIME(3) WITH TIME ZONE", "TIME(3) WITH TIME ZONE"},
    {"interval day to second(3)", "interval day to second(3)"},
    {"bit varying(5)", "bit varying(5)"},
    {"geometry(Point,4326)", "geometry(Point,4326)"},
    {"GEOMETRY('OGC:CRS84')", "GEOMETRY('OGC:CRS84')"},
    {"public.mood", "public.mood"},
    {"public.\"My  (odd) \"\"Type\"", "public.\"My  (odd) \"\"Type\""},
    {"\"char\"", "\"char\""},
    {"[my type]", "[my type]"},
    {"`my type`(3)", "`my type`(3)"},
    {"'text in quotes'", "'text in quotes'"},
    {"Nullable(DateTime64(6, 'UTC'))", "Nullable(DateTime64(6, 'UTC'))"},
    {"INTEGER[3]", "INTEGER[3]"},
    {"INTEGER [ 3 ] [ ]", "INTEGER[3][]"},
    {"INTEGER[][3]", "INTEGER[][3]"},
    {"STRUCT(a VARCHAR, \"b-c\" VARCHAR[], d STRUCT(e INTEGER))[]",
     "STRUCT(\"a\" VARCHAR, \"b-c\" VARCHAR[], \"d\" STRUCT(\"e\" INTEGER))[]"},
    {"struct ( a   double  precision )", "STRUCT(\"a\" double precision)"},
    {"STRUCT(\"say \"\"hi\"\"\" VARCHAR)", "STRUCT(\"say \"\"hi\"\"\" VARCHAR)"},
    {"MAP(VARCHAR, STRUCT(a INTEGER))", "MAP(VARCHAR, STRUCT(\"a\" INTEGER))"},
    {"map(varchar,varchar)[]", "MAP(varchar, varchar)[]"},
    {"ENUM('a', 'it''s')", "ENUM('a', 'it''s')"},
    {"enum('', ')', ', ')", "ENUM('', ')', ', ')"},
    {"mood enum ( 'a' , 'b' )[]", "mood ENUM('a', 'b')[]"},
    {"\"My Mood\" ENUM('a')", "\"My Mood\" ENUM('a')"},
    {"UNION(num INTEGER, str VARCHAR)", "UNION(\"num\" INTEGER, \"str\" VARCHAR)"},
    {"DECIMAL(18,3)[]", "DECIMAL(18,3)[]"},
    // SQLite takes any name for a type.
    {"MAP", "MAP"},
    {"list", "list"},
    {"STRUCT(10)", "STRUCT(10)"},
    {"LIST(10)", "LIST(10)"},
    {"ENUM(-1, +2)", "ENUM(-1,+2)"},
    {"日本語(3)", "日本語(3)"},
};

TEST(TypeText, ReadsWhatDatabasesPrint) {
  for (const Spelling& one : kSpellings) {
    EXPECT_EQ(to_text(parse_type(one.written)), one.canonical) << one.written;
  }
}

TEST(TypeText, TheCanonicalTextReadsBackTheSame) {
  for (const Spelling& one : kSpellings) {
    EXPECT_EQ(parse_type(one.canonical), parse_type(one.written)) << one.written;
  }
}

TEST(ParseType, ArgumentsAreNoPartOfTheName) {
  const Type type = parse_type("timestamp(6) with time zone");
  EXPECT_EQ(type.name, "timestamp with time zone");
  EXPECT_THAT(type.arguments, ElementsAre("6"));
  EXPECT_THAT(parse_type("DECIMAL( 18 , 3 )").arguments, ElementsAre("18", "3"));
}

TEST(ParseType, NestedKindsAreTrees) {
  Type array = list_of(plain_type("INTEGER"));
  array.name = "ARRAY";
  array.arguments = {"3"};
  EXPECT_EQ(parse_type("INTEGER[3]"), array);
  EXPECT_EQ(parse_type("VARCHAR[]"), list_of(plain_type("VARCHAR")));
  EXPECT_EQ(parse_type("map(VARCHAR, BIGINT)"), map_of(plain_type("VARCHAR"), plain_type("BIGINT")));
  EXPECT_EQ(parse_type("struct(a VARCHAR, \"b c\" BIGINT[])"),
            struct_of({{"a", plain_type("VARCHAR")}, {"b c", list_of(plain_type("BIGINT"))}}));
  EXPECT_THAT(parse_type("enum('a', 'it''s')").labels, ElementsAre("a", "it's"));
}

TEST(Type, OrderLabelsAndArgumentsMakeADifference) {
  EXPECT_NE(parse_type("STRUCT(a X, b X)"), parse_type("STRUCT(b X, a X)"));
  EXPECT_NE(parse_type("ENUM('a', 'b')"), parse_type("ENUM('b', 'a')"));
  EXPECT_NE(parse_type("DECIMAL(18,3)"), parse_type("DECIMAL(18,2)"));
  EXPECT_NE(parse_type("X[]"), parse_type("X[3]"));
}

TEST(FindMember, IsExact) {
  const Type type = parse_type("STRUCT(a VARCHAR, A BIGINT)");
  ASSERT_NE(find_member(type, "A"), nullptr);
  EXPECT_EQ(find_member(type, "A")->type, plain_type("BIGINT"));
  EXPECT_EQ(find_member(type, "b"), nullptr);
}

std::string message_for(std::string_view text) {
  try {
    parse_type(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::script);
    return error.what();
  }
  return "no error";
}

TEST(ParseType, SaysWhatIsWrongAndWhere) {
  const Spelling cases[] = {
      {"STRUCT(a", "type 'STRUCT(a' is not understood at character 9: a type was expected before the end"},
      {"STRUCT(a INT",
       "type 'STRUCT(a INT' is not understood at character 13: ')' was expected before the end"},
      {"STRUCT()", "type 'STRUCT()' is not understood at character 8: the name of a member was expected"},
      {"STRUCT(a INT,)",
       "type 'STRUCT(a INT,)' is not understood at character 14: the name of a member was expected"},
      {"STRUCT(a INT b)(",
       "type 'STRUCT(a INT b)(' is not understood at character 16: nothing may follow the type, but found "
       "'('"},
      {"MAP(VARCHAR)", "type 'MAP(VARCHAR)' is not understood at character 12: a MAP has a key and a value"},
      {"MAP(A, B, C)",
       "type 'MAP(A, B, C)' is not understood at character 11: a MAP has a key and a value only"},
      {"ENUM(a)", "type 'ENUM(a)' is not understood at character 6: a label in single quotes was expected"},
      {"ENUM('a)", "type 'ENUM('a)' is not understood at character 6: the quote ' is never closed"},
      {"DECIMAL(18,)",
       "type 'DECIMAL(18,)' is not understood at character 13: an argument between the parentheses was "
       "expected"},
      {"DECIMAL(18", "type 'DECIMAL(18' is not understood at character 11: ')' was expected before the end"},
      {"[]", "type '[]' is not understood at character 1: a type was expected, but found '['"},
      {"INT[3", "type 'INT[3' is not understood at character 6: ']' was expected before the end"},
      {"INT]", "type 'INT]' is not understood at character 4: nothing may follow the type, but found ']'"},
      {"INT, 日",
       "type 'INT, 日' is not understood at character 4: nothing may follow the type, but found ','"},
      {")日", "type ')日' is not understood at character 1: a type was expected, but found ')'"},
  };
  for (const Spelling& one : cases) {
    EXPECT_EQ(message_for(one.written), one.canonical);
  }
}

TEST(MergedLabels, KeepWhatIsThereAndTakeInWhatIsNew) {
  using Labels = std::vector<std::string>;
  EXPECT_EQ(merged_labels({"a", "b", "c"}, {"a", "x", "c", "y"}), (Labels{"a", "x", "b", "c", "y"}));
  EXPECT_EQ(merged_labels({"b"}, {"a", "b"}), (Labels{"a", "b"}));
  EXPECT_EQ(merged_labels({}, {"a"}), (Labels{"a"}));
  // Two orders that exclude each other: what is wanted, for whoever must refuse it.
  EXPECT_EQ(merged_labels({"a", "b"}, {"b", "a", "c"}), (Labels{"b", "a", "c"}));
  EXPECT_TRUE(are_in_order({"a", "c"}, {"a", "b", "c"}));
  EXPECT_FALSE(are_in_order({"c", "a"}, {"a", "b", "c"}));
}

TEST(ParseType, ALongTextIsCutInTheMessageAtACharacter) {
  std::string text = "X(";
  for (int i = 0; i < 1000; ++i) {
    text += "日";
  }
  const std::string message = message_for(text);
  EXPECT_THAT(message, testing::StartsWith("type 'X(日日"));
  EXPECT_THAT(message, testing::HasSubstr("日...' is not understood at character 3003"));
  EXPECT_LT(message.size(), 300U);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

TEST(ParseType, HundredLevelsAreTheLimit) {
  EXPECT_EQ(to_text(parse_type("X" + repeated("[]", 99))), "X" + repeated("[]", 99));
  EXPECT_THAT(message_for("X" + repeated("[]", 100)),
              testing::HasSubstr("it is nested more than 100 levels deep"));
  EXPECT_NO_THROW(parse_type(repeated("MAP(X, ", 99) + "X" + repeated(")", 99)));
  EXPECT_THAT(message_for(repeated("MAP(X, ", 100) + "X" + repeated(")", 100)),
              testing::HasSubstr("it is nested more than 100 levels deep"));
  EXPECT_THAT(message_for("STRUCT(a X" + repeated("[]", 50) + ")" + repeated("[]", 50)),
              testing::HasSubstr("it is nested more than 100 levels deep"));
}

TEST(ParseType, HostileDepthDoesNotOverflowTheStack) {
  for (const char* opening : {"STRUCT(a ", "MAP(", "UNION(\"a\" ", "X(", "X["}) {
    EXPECT_NE(message_for(repeated(opening, 200000)), "no error") << opening;
  }
  EXPECT_NE(message_for("X" + repeated("[]", 200000)), "no error");
}

}  // namespace
}  // namespace metaxy::migrate
