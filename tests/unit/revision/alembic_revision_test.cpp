// Revision files of Alembic, in every spelling that Python allows for what they say.

#include "revision/alembic_revision.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Texts = std::vector<std::string>;

Revision read(std::string_view text) {
  const AlembicRevision read = read_alembic_revision(text, "versions/x_y.py");
  for (const Problem& problem : read.problems) {
    ADD_FAILURE() << problem.message << " in " << text;
  }
  return read.revision;
}

/// "line: message" of each problem.
Texts problems(std::string_view text, const std::string& file = "versions/x_y.py") {
  Texts told;
  for (const Problem& problem : read_alembic_revision(text, file).problems) {
    told.push_back(std::to_string(problem.where->line) + ": " + problem.message);
  }
  return told;
}

TEST(AlembicRevision, IsReadAsTheTemplateOfTodayWritesIt) {
  const Revision revision = read(R"py("""add clips

Revision ID: 3f1
Revises: 1ab, 2cd
Create Date: 2026-01-02

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '3f1'
down_revision: Union[str, Sequence[str], None] = ('1ab', '2cd')
branch_labels: Union[str, Sequence[str], None] = ["media", 'clips']
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    revision = "not this one"
    op.create_table("clip", sa.Column("id", sa.Integer))


def downgrade() -> None:
    pass
)py");
  EXPECT_EQ(revision.id, "3f1");
  EXPECT_THAT(revision.down_revisions, ElementsAre("1ab", "2cd"));
  EXPECT_THAT(revision.branch_labels, ElementsAre("media", "clips"));
  EXPECT_THAT(revision.depends_on, IsEmpty());
  EXPECT_EQ(revision.message, "add clips");
  EXPECT_EQ(revision.docstring, "add clips\n\nRevision ID: 3f1\nRevises: 1ab, 2cd\nCreate Date: 2026-01-02");
  EXPECT_TRUE(revision.is_alembic);
  EXPECT_EQ(revision.file, "versions/x_y.py");
}

TEST(AlembicRevision, IsReadInEverySpellingOfAString) {
  const std::vector<std::string> spellings = {
      R"("abc")",     R"('abc')",           R"("""abc""")",
      R"('''abc''')", R"("ab" 'c')",        "(\"a\"\n  # note\n  'bc')",
      R"(("abc"))",   R"(u"abc")",          R"(r'abc')",
      R"(f"abc")",    R"("\x61b\143")",     R"("\u0061bc")",
      "\"a\\\nbc\"",  "\"a\" \\\n  \"bc\"", R"("abc"  # note)",
  };
  for (const std::string& spelling : spellings) {
    const Revision revision = read(fmt::format("revision = {0}\ndown_revision = {0}\n", spelling));
    EXPECT_EQ(revision.id, "abc") << spelling;
    EXPECT_THAT(revision.down_revisions, ElementsAre("abc")) << spelling;
  }
}

TEST(AlembicRevision, IsReadInEverySpellingOfAList) {
  const std::vector<std::pair<std::string, Texts>> spellings = {
      {"None", {}},
      {"(None)", {}},
      {"()", {}},
      {"[]", {}},
      {"'a'", {"a"}},
      {"('a')", {"a"}},
      {"('a',)", {"a"}},
      {"'a',", {"a"}},
      {"'a', 'b'", {"a", "b"}},
      {"('a', 'b',)", {"a", "b"}},
      {"['a',\n # one\n 'b']", {"a", "b"}},
      {"{'a'}", {"a"}},
      {"('a' 'b', 'c')", {"ab", "c"}},
      {"('a', 'a')", {"a"}},
  };
  for (const auto& [spelling, texts] : spellings) {
    const Revision revision = read("revision = 'x'\ndown_revision = None\ndepends_on = " + spelling + "\n");
    EXPECT_EQ(revision.depends_on, texts) << spelling;
  }
}

TEST(AlembicRevision, MayAssignOneValueToSeveralNamesAndSeveralInALine) {
  const Revision revision = read("revision = 'x'; down_revision = 'w'\nbranch_labels = depends_on = None\n");
  EXPECT_EQ(revision.id, "x");
  EXPECT_THAT(revision.down_revisions, ElementsAre("w"));
}

TEST(AlembicRevision, CountsTheLastAssignmentAsPythonDoes) {
  EXPECT_EQ(read("revision = 'x'\nrevision = 'y'\ndown_revision = None\n").id, "y");
}

TEST(AlembicRevision, LooksAtNoFunctionNorClassNorKeywordArgumentNorAttribute) {
  const Revision revision = read(
      "revision = 'x'\ndown_revision = None\n"
      "class Keep:\n    revision = 'y'\n"
      "@decorated(revision='q')\nasync def other(revision='z'):\n    revision = 'w'\n"
      "call(revision='v')\nthing.revision = 'u'\nif revision == 'x': pass\nmap[revision] = 1\n");
  EXPECT_EQ(revision.id, "x");
}

TEST(AlembicRevision, MayHaveWindowsLineEndsAndAByteOrderMark) {
  const Revision revision = read("\xEF\xBB\xBF'''m'''\r\nrevision = 'x'\r\ndown_revision = None\r\n");
  EXPECT_EQ(revision.id, "x");
  EXPECT_EQ(revision.message, "m");
}

TEST(AlembicRevision, HasTheFirstParagraphOfItsDocstringInOneLineAsMessage) {
  const Revision revision =
      read("\"\"\"\n  one\n  two\n\nthree\n\"\"\"\nrevision = 'x'\ndown_revision = None\n");
  EXPECT_EQ(revision.message, "one two");
  EXPECT_EQ(revision.docstring, "one\n  two\n\nthree");
}

TEST(AlembicRevision, MayTakeItsIdFromAHexadecimalFileNameAsAlembicDoes) {
  const AlembicRevision old = read_alembic_revision("down_revision = None\n", "versions/12ab.py");
  EXPECT_THAT(old.problems, IsEmpty());
  EXPECT_EQ(old.revision.id, "12ab");
  EXPECT_THAT(problems("down_revision = None\n"),
              ElementsAre("0: the file assigns no 'revision', and its name is no revision id"));
}

TEST(AlembicRevision, SaysWhatOnlyPythonCouldRead) {
  const std::vector<std::string> values = {
      "BASE",        "f'{x}'",       "b'x'",        "'x' + 'y'",        "os.getenv()",       "('a', B)",
      "('a', None)", "[('a', 'b')]", "'x'.strip()", "'\\N{DIGIT ONE}'", "'a' if 1 else 'b'", "1.0"};
  for (const std::string& value : values) {
    EXPECT_THAT(problems("revision = 'x'\ndown_revision = " + value + "\n"),
                ElementsAre("2: the value of 'down_revision' cannot be read without running Python"))
        << value;
  }
}

TEST(AlembicRevision, SaysWhatIsAssignedWhereItCannotFollow) {
  const std::vector<std::string> lines = {
      "if True:\n  depends_on = 'a'",
      "try:\n  depends_on = 'a'\nexcept E:\n  pass",
      "if True: depends_on = 'a'",
      "depends_on += ('a',)",
      "branch_labels, depends_on = None, None",
      "(branch_labels, x) = None, None",
      "from base import depends_on",
      "import base as depends_on",
  };
  for (const std::string& line : lines) {
    EXPECT_THAT(problems("revision = 'x'\ndown_revision = None\n" + line + "\n"),
                ElementsAre(HasSubstr("gets its value in a way that only Python can follow")))
        << line;
  }
}

TEST(AlembicRevision, SaysWhereAFileThatIsNoPythonBreaksOff) {
  EXPECT_THAT(problems("revision = 'x\ndown_revision = None\n"),
              ::testing::Contains("1: a string is never closed"));
  EXPECT_THAT(problems("revision = 'x'\ndown_revision = ('a'\n"),
              ::testing::Contains("2: a bracket is never closed"));
}

TEST(AlembicRevision, RefusesAnIdThatIsNone) {
  EXPECT_THAT(problems("revision = 'a-b'\ndown_revision = None\n"),
              ElementsAre("1: character(s) '-' not allowed in revision identifier 'a-b'"));
  EXPECT_THAT(problems("revision = ('a', 'b')\ndown_revision = None\n"),
              ElementsAre("1: 'revision' is not one string"));
  EXPECT_THAT(problems("revision = 'x'\n"), ElementsAre("0: the file assigns no 'down_revision'"));
}

TEST(AlembicRevision, NamesTheTablesThatItCreates) {
  const AlembicRevision read = read_alembic_revision(
      "revision = 'x'\ndown_revision = None\n"
      "def upgrade():\n    op.create_table('b',\n      x)\n    op.create_table(\n 'a')\n    "
      "op.create_table(NAME)\n",
      "f.py");
  EXPECT_THAT(read.created_tables, ElementsAre("a", "b"));
}

TEST(AlembicRevision, NeverRunsBeyondAnyText) {
  const std::string text =
      "'''m'''\nrevision: Union[str, None] = ('a' \"\\x62\")\ndown_revision = (r'c', [f'{d}'])\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    read_alembic_revision(text.substr(0, size), "f.py");
    read_alembic_revision(text.substr(size), "f.py");
  }
}

TEST(AlembicTwin, SaysWhatTheScriptSays) {
  Revision script;
  script.id = "3f1";
  script.down_revisions = {"1ab", "2cd"};
  script.branch_labels = {"media"};
  script.message = "a \"quoted\" \\ message";
  const Revision twin = read(alembic_twin(script, "dev"));
  EXPECT_EQ(twin.id, script.id);
  EXPECT_EQ(twin.down_revisions, script.down_revisions);
  EXPECT_EQ(twin.branch_labels, script.branch_labels);
  EXPECT_EQ(twin.depends_on, script.depends_on);
  EXPECT_EQ(twin.message, script.message);
}

TEST(AlembicFileName, IsTakenAsAlembicTakesIt) {
  EXPECT_TRUE(is_alembic_file_name("1_a.py"));
  EXPECT_TRUE(is_alembic_file_name(".hidden.py"));
  EXPECT_FALSE(is_alembic_file_name(".#1_a.py"));
  EXPECT_FALSE(is_alembic_file_name("__init__.py"));
  EXPECT_FALSE(is_alembic_file_name("1_a.pyc"));
  EXPECT_FALSE(is_alembic_file_name("py"));
}

}  // namespace
}  // namespace metaxy::migrate
