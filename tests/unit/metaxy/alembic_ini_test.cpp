// alembic.ini as Python's configparser reads it.
#include "metaxy/alembic_ini.hpp"

#include "config_setup.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::HasSubstr;

std::string value_of(const std::string& text, const std::string& section = "dev",
                     const std::string& name = "script_location") {
  const std::optional<AlembicIni::Option> option =
      AlembicIni(text, "alembic.ini").option(section, name, "/here");
  return option ? option->value : "absent";
}

std::string ini_error(const std::string& text) {
  return ConfigSetup::error_of([&] { value_of(text); });
}

TEST(AlembicIni, ReadsOptionsOfASection) {
  EXPECT_EQ(value_of("[a]\nscript_location = x\n[dev]\nscript_location = y\n"), "y");
  EXPECT_EQ(value_of("[dev]\nscript_location: y"), "y");
  EXPECT_EQ(value_of("[dev]\nScript_Location=y=z"), "y=z");
  EXPECT_EQ(value_of("[dev]\r\n  script_location = y  \r\n"), "y");
  EXPECT_EQ(value_of("[dev]\nscript_location ="), "");
}

TEST(AlembicIni, AbsentOptionsAndSectionsAreAbsent) {
  EXPECT_EQ(value_of(""), "absent");
  EXPECT_EQ(value_of("[other]\nscript_location = x"), "absent");
  EXPECT_EQ(value_of("[dev]\nother = x"), "absent");
}

TEST(AlembicIni, CommentsAreWholeLines) {
  EXPECT_EQ(value_of("; c\n[dev]\n# script_location = a\n  # c\nscript_location = y ; kept\n"), "y ; kept");
}

TEST(AlembicIni, DefaultsFillSectionsThatExist) {
  EXPECT_EQ(value_of("[DEFAULT]\nscript_location = d\n[dev]\n"), "d");
  EXPECT_EQ(value_of("[DEFAULT]\nscript_location = d\n"), "absent");
}

TEST(AlembicIni, IndentedLinesContinue) { EXPECT_EQ(value_of("[dev]\nscript_location = a\n   b\n"), "a\nb"); }

TEST(AlembicIni, ReferencesAreReplaced) {
  EXPECT_EQ(value_of("[dev]\nscript_location = %(here)s/x/100%%"), "/here/x/100%");
  EXPECT_EQ(value_of("[DEFAULT]\nroot = %(here)s/r\n[dev]\nscript_location = %(ROOT)s/x"), "/here/r/x");
  EXPECT_EQ(value_of("[dev]\nhere = own\nscript_location = %(here)s"), "own");
}

TEST(AlembicIni, BadReferencesAreErrors) {
  EXPECT_EQ(ini_error("[dev]\nscript_location = %(nope)s"),
            "error: '%(nope)s' names an option that does not exist\n  --> alembic.ini:2:1\n   |\n 2 | "
            "%(nope)s\n   | ^");
  EXPECT_THAT(ini_error("[dev]\nscript_location = 5%"), HasSubstr("'%' must be followed by"));
  EXPECT_THAT(ini_error("[dev]\nscript_location = %(a)s\na = %(script_location)s"),
              HasSubstr("'%' must be followed by"));
}

using Paths = std::vector<std::string>;

TEST(AlembicPaths, ArePartedAsTheSeparatorSays) {
  EXPECT_EQ(alembic_paths("a b:c d", "os"), (Paths{"a b", "c d"}));
  EXPECT_EQ(alembic_paths("a ; b", ";"), (Paths{"a", "b"}));
  EXPECT_EQ(alembic_paths("a  b", "space"), (Paths{"a", "b"}));
  EXPECT_EQ(alembic_paths("a b\n  c\n", "newline"), (Paths{"a b", "c"}));
}

TEST(AlembicPaths, OfOldFilesArePartedByCommasAndBlanks) {
  EXPECT_EQ(alembic_paths("a, b c", ""), (Paths{"a", "b", "c"}));
}

TEST(AlembicPaths, NeedAKnownSeparator) { EXPECT_EQ(alembic_paths("a", "|"), std::nullopt); }

TEST(AlembicIni, LinesThatAreNothingAreErrorsWithTheirPlace) {
  EXPECT_EQ(ini_error("x = 1\n"),
            "error: expected a section such as [dev]\n  --> alembic.ini:1:1\n   |\n 1 | x = 1\n   | ^");
  EXPECT_THAT(ini_error("[dev]\njust words\n"),
              HasSubstr("expected an option such as name = value\n  --> alembic.ini:2:1"));
  EXPECT_THAT(ini_error("[dev]\n= x\n"), HasSubstr("expected an option such as name = value"));
}

}  // namespace
}  // namespace metaxy::migrate
