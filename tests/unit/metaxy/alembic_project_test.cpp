// Where Alembic keeps its revisions, as alembic.ini, pyproject.toml and env.py say.

#include "metaxy/alembic_project.hpp"

#include "config_setup.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Surroundings {
  std::map<std::string, std::string> files;
  std::string file = {};
  std::vector<std::string> directories = {"/project"};

  AlembicProject project() const {
    MemoryFileSystem memory;
    for (const auto& [path, text] : files) {
      memory.create(path, text);
    }
    return find_alembic_project(memory, {.file = file,
                                         .working_directory = "/project",
                                         .directories = directories,
                                         .sections = {"dev:metaxy_system", "dev", "alembic"}});
  }
  std::string error() const {
    return ConfigSetup::error_of([&] { project(); });
  }
};

constexpr const char* kEnv = "context.configure(connection=c)\n";

TEST(AlembicProject, IsTheSectionOfTheEnvironmentElseAlembicsOwn) {
  const std::map<std::string, std::string> env = {{"m/env.py", kEnv}};
  Surroundings setup{env};
  setup.files["alembic.ini"] = "[alembic]\nscript_location = other\n[dev]\nscript_location = %(here)s/m\n";
  const AlembicProject dev = setup.project();
  EXPECT_EQ(dev.section, "dev");
  EXPECT_EQ(dev.directory, "m");
  EXPECT_THAT(dev.locations, ElementsAre("m/versions"));
  EXPECT_FALSE(dev.has_own_locations);
  EXPECT_EQ(dev.version_table, "alembic_version");
  EXPECT_THAT(dev.notes, IsEmpty());
  EXPECT_EQ(dev.command(), "alembic -n dev");

  setup.files["alembic.ini"] = "[alembic]\nscript_location = m\n";
  EXPECT_EQ(setup.project().section, "alembic");
  EXPECT_EQ(setup.project().command(), "alembic");
}

TEST(AlembicProject, MayBeInPyproject) {
  const Surroundings setup{{{"pyproject.toml",
                             "[tool.alembic]\nscript_location = \"%(here)s/m\"\n"
                             "version_locations = [\"%(here)s/m/versions\", \"more\"]\n"},
                            {"m/env.py", kEnv}}};
  const AlembicProject project = setup.project();
  EXPECT_EQ(project.file, "pyproject.toml");
  EXPECT_EQ(project.section, "");
  EXPECT_THAT(project.locations, ElementsAre("m/versions", "more"));
  EXPECT_TRUE(project.has_own_locations);
  EXPECT_EQ(project.command(), "alembic");
}

TEST(AlembicProject, MayBeNamed) {
  Surroundings setup{{{"db/my.ini", "[dev]\nscript_location = m\n"}, {"db/m/env.py", kEnv}}};
  setup.file = "db/my.ini";
  const AlembicProject project = setup.project();
  EXPECT_EQ(project.directory, "db/m");
  EXPECT_EQ(project.command(), "alembic -c db/my.ini -n dev");
}

TEST(AlembicProject, NamesEveryFolderThatARecursiveOneWalks) {
  const Surroundings setup{
      {{"alembic.ini", "[dev]\nscript_location = m\nrecursive_version_locations = true\n"},
       {"m/env.py", kEnv},
       {"m/versions/a.py", ""},
       {"m/versions/2024/b.py", ""},
       {"m/versions/__pycache__/b.pyc", ""}}};
  EXPECT_THAT(setup.project().locations, ElementsAre("m/versions", "m/versions/2024"));
  EXPECT_TRUE(setup.project().has_own_locations);
}

TEST(AlembicProject, HasTheVersionTableThatEnvPyWritesOut) {
  Surroundings setup{{{"alembic.ini", "[dev]\nscript_location = m\n"},
                      {"m/env.py", "context.configure(\n  connection=c,\n  version_table='mine',\n)\n"}}};
  EXPECT_EQ(setup.project().version_table, "mine");
  setup.files["m/env.py"] = "context.configure(version_table=NAME, version_table_schema='s')\n";
  EXPECT_EQ(setup.project().version_table, "alembic_version");
  EXPECT_EQ(setup.project().version_table_schema, "s");
  EXPECT_THAT(setup.project().notes,
              ElementsAre(HasSubstr("m/env.py:1 sets version_table in a way that only Python can follow"),
                          HasSubstr("sets version_table_schema")));
  setup.files.erase("m/env.py");
  EXPECT_THAT(setup.project().notes, ElementsAre(HasSubstr("there is no 'm/env.py'")));
}

TEST(AlembicProject, SaysWhatIsMissing) {
  EXPECT_THAT(Surroundings{{}}.error(), HasSubstr("no configuration of Alembic was found"));
  EXPECT_THAT(
      (Surroundings{{{"alembic.ini", "[prod]\nscript_location = m\n"}}}.error()),
      HasSubstr("none of alembic.ini sets script_location in [dev:metaxy_system], [dev], [alembic] or "
                "[tool.alembic]"));
  EXPECT_THAT((Surroundings{{{"alembic.ini", "[dev]\nscript_location = pkg:m\n"}}}.error()),
              HasSubstr("'pkg:m' names a Python package, expected a folder\n  --> alembic.ini:2"));
}

}  // namespace
}  // namespace metaxy::migrate
