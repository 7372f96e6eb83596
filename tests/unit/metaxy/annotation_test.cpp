// Types as users of Pydantic write them (product reference, 3.1).

#include "metaxy/annotation.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "unit/metaxy/logical_text.hpp"

namespace metaxy::migrate {
namespace {

std::string annotated(std::string_view text) {
  const Annotation annotation = parse_annotation(text, {});
  return logical_text(annotation.type, annotation.is_nullable);
}

/// "column: message (hint)" with columns counted from 1.
std::string annotation_fault(std::string_view text) {
  try {
    parse_annotation(text, {"f.toml", 1, 1, ""});
  } catch (const Error& error) {
    return std::to_string(error.where().value_or(SourcePosition{}).column) + ": " + error.what() +
           (error.hint().empty() ? "" : " (" + error.hint() + ")");
  }
  return "none";
}

TEST(Annotation, HasATypeForEachSpelling) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"str", "text"},
      {"int", "integer"},
      {"float", "real"},
      {"bool", "boolean"},
      {"datetime", "timestamp"},
      {"NaiveDatetime", "timestamp"},
      {"AwareDatetime", "timestamptz"},
      {"date", "date"},
      {"time", "time"},
      {"timedelta", "interval"},
      {"UUID", "uuid"},
      {"UUID4", "uuid"},
      {"Decimal", "decimal"},
      {"Decimal(10, 2)", "decimal(10,2)"},
      {"Decimal[10, 2]", "decimal(10,2)"},
      {"Decimal(10)", "decimal(10,0)"},
      {"condecimal(max_digits=10, decimal_places=2)", "decimal(10,2)"},
      {"condecimal(decimal_places=3)", "decimal(-,3)"},
      {"condecimal(max_digits=8)", "decimal"},
      {"Annotated[Decimal, Field(max_digits=6, decimal_places=4)]", "decimal(6,4)"},
      {"constr(max_length=12)", "text(12)"},
      {"Annotated[str, Field(min_length=1, max_length=12)]", "text(12)"},
      {"Annotated[str, 5, Field(pattern='a]b', examples=[1, (2, 3)])]", "text"},
      {"bytes", "binary"},
      {"Path", "text"},
      {"HttpUrl", "text"},
      {"PositiveInt", "integer"},
      {"Any", "json?"},
      {"str | None", "text?"},
      {"None | str", "text?"},
      {"Optional[int]", "integer?"},
      {"Union[int, None]", "integer?"},
      {"Union[int, float]", "real"},
      {"int | float | None", "real?"},
      {"int | str", "json"},
      {"Union[Path, constr(max_length=4)]", "text"},
      {"(int | None)", "integer?"},
      {"list[str]", "list<text>"},
      {"List[Optional[int]]", "list<integer>"},
      {"list", "list<json>"},
      {"list[Any]", "list<json>"},
      {"conlist(int, min_length=1, max_length=3)", "list<integer>"},
      {"set[date]", "list<date>"},
      {"frozenset[int]", "list<integer>"},
      {"Sequence[float]", "list<real>"},
      {"tuple[int, ...]", "list<integer>"},
      {"tuple[int, str]", "json"},
      {"tuple[int]", "json"},
      {"dict[str, int]", "map<integer>"},
      {"dict[str, list[float]]", "map<list<real>>"},
      {"Mapping[str, Any]", "map<json>"},
      {"dict", "map<json>"},
      {"Literal[\"a\", 'b']", "text"},
      {"Literal[1, -2]", "integer"},
      {"Literal[True]", "boolean"},
      {"Literal[\"a\", None]", "text?"},
      {"Literal[1, \"a\"]", "text"},
      {"typing.Optional[datetime.datetime]", "timestamp?"},
      {"collections.abc.Sequence[uuid.UUID]", "list<uuid>"},
      {"  list [ str ]|None ", "list<text>?"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(annotated(text), expected) << text;
  }
}

TEST(Annotation, StructStandsForItsMembers) {
  LogicalType structure;
  structure.kind = LogicalKind::structure;
  structure.members.push_back({"x", {}});
  const auto read_with_members = [&](std::string_view text) {
    const Annotation annotation = parse_annotation(text, {}, structure);
    return logical_text(annotation.type, annotation.is_nullable);
  };
  EXPECT_EQ(read_with_members("struct"), "struct<x text>");
  EXPECT_EQ(read_with_members("struct | None"), "struct<x text>?");
  EXPECT_EQ(read_with_members("dict[str, list[struct]]"), "map<list<struct<x text>>>");
}

TEST(Annotation, SaysWhereAndWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"flot",
       "1: unknown type 'flot' in the type 'flot' (did you mean 'float'?; a type of the database itself "
       "goes into "
       "sql_type)"},
      {"list[sttr]",
       "6: unknown type 'sttr' in the type 'list[sttr]' (did you mean 'str'?; a type of the database itself "
       "goes "
       "into sql_type)"},
      {"VARCHAR",
       "1: unknown type 'VARCHAR' in the type 'VARCHAR' (write 'str'; a type of the database itself goes "
       "into "
       "sql_type)"},
      {"MyOwnThing",
       "1: unknown type 'MyOwnThing' in the type 'MyOwnThing' (types are written as Pydantic annotations, "
       "for example "
       "'float | None'; a type of the database itself goes into sql_type)"},
      {"typin.Any", "1: unknown module 'typin' in the type 'typin.Any' (did you mean 'typing'?)"},
      {"", "1: a type is missing at the end in the type ''"},
      {"str |", "6: a type is missing at the end in the type 'str |'"},
      {"list[str", "9: expected ']' at the end in the type 'list[str'"},
      {"list[str, int]", "9: expected ']', found ',' in the type 'list[str, int]'"},
      {"str]", "4: ']' may not follow a type in the type 'str]'"},
      {"str int", "5: 'int' may not follow a type in the type 'str int'"},
      {"None",
       "1: a column of type 'None' holds nothing in the type 'None' (leave the column out, or write 'X | "
       "None')"},
      {"Optional", "1: 'Optional' needs types in brackets in the type 'Optional'"},
      {"str[3]", "1: 'str' takes nothing in brackets in the type 'str[3]'"},
      {"Literal[a]",
       "9: expected a text in quotes, an integer, True, False or None, found 'a' in the type 'Literal[a]'"},
      {"Literal[\"a]", "9: a quote is never closed in the type 'Literal[\"a]'"},
      {"\"a\" | \"b\"",
       "1: the text 'a' is no type in the type '\"a\" | \"b\"' (for a fixed set of texts write "
       "Literal[\"a\"])"},
      {"3", "1: the number 3 is no type in the type '3'"},
      {"Decimal(2, 10)", "1: 2 digits with 10 decimal places are not possible in the type 'Decimal(2, 10)'"},
      {"constr(max_length=0)", "1: a greatest length of 0 holds nothing in the type 'constr(max_length=0)'"},
      {"constr(max_length=1", "20: expected ')' at the end in the type 'constr(max_length=1'"},
      {"struct",
       "1: 'struct' without members in the type 'struct' (write { type = \"struct\", members = { name = "
       "\"str\" } })"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(annotation_fault(text), expected) << text;
  }
}

TEST(Annotation, DeepNestingIsRefusedAndNotFollowed) {
  std::string text;
  for (int i = 0; i < 100000; ++i) {
    text += "list[";
  }
  EXPECT_EQ(annotation_fault(text).rfind("321: more than 64 levels in the type", 0), 0U)
      << annotation_fault(text).substr(0, 60);
}

}  // namespace
}  // namespace metaxy::migrate
