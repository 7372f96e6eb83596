#!/usr/bin/env python3
"""The tool in Metaxy projects written in Python, with real Metaxy.

    python_project.py PROGRAM ENVIRONMENT [unittest's own arguments]      ENVIRONMENT: as scripts/metaxy_environment prints it
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
from pathlib import Path

from projects import CONFIG, FEATURES, Project

PROGRAM, ENVIRONMENT = None, None

SQLMODEL = '''
import enum

import metaxy as mx
from metaxy.ext.sqlmodel import BaseSQLModelFeature
from sqlalchemy import CheckConstraint, Column, Enum, Index, Numeric, String
from sqlmodel import Field


class Color(enum.Enum):
    red = "r"
    green = "g"


class Shot(
    BaseSQLModelFeature,
    table=True,
    spec=mx.FeatureSpec(key="video/shot", id_columns=["shot_id"], fields=["pixels"]),
):
    __table_args__ = (
        CheckConstraint("score >= 0", name="score_is_positive"),
        Index("shots_by_score", "score", postgresql_where="score > 1", sqlite_where="score > 1"),
    )
    shot_id: int = Field(primary_key=True)
    clip_id: str = Field(index=True)
    score: float | None = None
    price: float = Field(sa_column=Column("price", Numeric(10, 2), nullable=False, server_default="1.50"))
    code: str = Field(max_length=12, unique=True)
    color: Color = Color.red
'''

THREE_STORES = CONFIG + '''
[stores.lite]
type = "metaxy.metadata_store.SQLiteMetadataStore"
config = { database = "lite.sqlite", table_prefix = "v_" }
[stores.pg]
type = "metaxy.ext.postgresql.PostgreSQLMetadataStore"
config = { connection_string = "postgresql://nobody@127.0.0.1:1/none" }
'''


def project(**files_and_config):
    return Project(PROGRAM, ENVIRONMENT, **files_and_config)


class Case(unittest.TestCase):
    maxDiff = None

    def run_ok(self, tested, *arguments, **more):
        result = tested.run(*arguments, **more)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result

    def run_failing(self, tested, code, *arguments, **more):
        result = tested.run(*arguments, **more)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result

    def metadata(self, tested, *arguments, **more):
        result = self.run_ok(tested, *arguments, "metadata", "--format", "json", **more)
        return {each["table"]["name"]: each["table"] for each in json.loads(result.stdout)["tables"]}


class FirstTables(Case):
    def test_a_project_gets_its_tables_and_a_second_revision_has_nothing_to_do(self):
        with project() as tested:
            first = self.run_ok(tested, "-n", "dev", "revision", "--autogenerate", "-m", "first", "--rev-id", "aa11aa11aa11")
            self.assertIn("+ create table video__clip", first.stdout)
            self.assertIn("note: Python: ", first.stderr)
            self.assertIn("($VIRTUAL_ENV)", first.stderr)
            self.assertIn("1 definition from the Python project, Metaxy ", first.stderr)
            self.assertIn('"duration" DOUBLE', tested.script())
            self.run_ok(tested, "-n", "dev", "upgrade", "head")
            again = self.run_ok(tested, "-n", "dev", "revision", "--autogenerate", "-m", "again")
            self.assertIn("nothing to do", again.stdout + again.stderr)
            self.run_ok(tested, "-n", "dev", "check", "--at-head")

    def test_nothing_that_the_project_prints_spoils_the_output(self):
        noise = textwrap.dedent('''
            import atexit, os, subprocess, sys, threading, time
            print("noise of print")
            os.write(1, b"noise of descriptor 1\\n")
            sys.__stdout__.write("noise of stdout\\n")
            subprocess.run(["/bin/echo", "noise of a child"])
            atexit.register(lambda: os.write(1, b"noise at exit\\n"))
            def chatter():
                while True:
                    os.write(1, b"noise of a thread\\n")
                    time.sleep(0.001)
            threading.Thread(target=chatter).start()
        ''')
        with project(files={"media/__init__.py": "", "media/features.py": noise + FEATURES}) as tested:
            result = self.run_ok(tested, "-n", "dev", "metadata", "--format", "json")
            self.assertNotIn("noise", result.stdout)
            self.assertNotIn("noise", result.stderr)
            json.loads(result.stdout)
            loud = self.run_ok(tested, "-v", "-n", "dev", "metadata", "--format", "json")
            json.loads(loud.stdout)
            self.assertIn("python: noise of print", loud.stderr)

    def test_toml_features_are_added_and_a_key_in_both_is_an_error(self):
        config = CONFIG + '[ext.migrate]\nfeatures = ["more.toml"]\n'
        more = '[features."audio/track"]\nid_columns = ["id"]\n[features."audio/track".columns]\nid = "str"\n'
        with project(config=config) as tested:
            tested.write("more.toml", more)
            self.assertEqual(set(self.metadata(tested, "-n", "dev")) & {"audio__track", "video__clip"},
                             {"audio__track", "video__clip"})
            tested.write("more.toml", more.replace("audio/track", "video/clip"))
            result = self.run_failing(tested, 2, "-n", "dev", "metadata")
            self.assertIn("feature 'video/clip' is defined twice", result.stderr)

    def test_one_import_serves_several_environments(self):
        with project(config=THREE_STORES) as tested:
            result = self.run_ok(tested, "-n", "dev", "-n", "lite", "revision", "--autogenerate", "-m", "first")
            self.assertEqual(result.stderr.count("note: Python: "), 1, result.stderr)
            self.assertIn("v_video__clip", result.stdout)

    def test_the_project_is_not_imported_for_metaxy_s_own_tables_when_it_cannot_be(self):
        with project(files={"media/__init__.py": "", "media/features.py": "import no_such_module\n"}) as tested:
            result = self.run_ok(tested, "-n", "dev:metaxy_system", "revision", "--autogenerate", "-m", "first")
            self.assertIn("+ create table metaxy_system__feature_versions", result.stdout)
            self.assertIn("warning: which Metaxy the system tables are for is not known", result.stderr)


class Interpreters(Case):
    """Which Python is taken, in their order."""

    def link(self, tested, name):
        tested.path(name).parent.mkdir(parents=True, exist_ok=True)
        tested.path(name).symlink_to(ENVIRONMENT)
        return name

    def taken(self, tested, **variables):
        result = self.run_ok(tested, "-n", "dev", "metadata", **variables)
        return next(line for line in result.stderr.splitlines() if line.startswith("note: Python: "))

    def test_the_configured_one_wins(self):
        with project(config=CONFIG + '[ext.migrate]\npython = "envs/mine"\n') as tested:
            self.link(tested, "envs/mine")
            self.assertIn("envs/mine/bin/python (metaxy.toml:", self.taken(tested, VIRTUAL_ENV="/nowhere"))

    def test_a_configured_one_that_is_not_there_is_an_error(self):
        with project(config=CONFIG + '[ext.migrate]\npython = "envs/mine"\n') as tested:
            result = self.run_failing(tested, 2, "-n", "dev", "metadata")
            self.assertIn('python = "envs/mine" names no program', result.stderr)

    def test_the_environment_beside_the_configuration(self):
        with project() as tested:
            self.link(tested, ".venv")
            self.assertIn(".venv/bin/python (.venv beside the configuration)", self.taken(tested, VIRTUAL_ENV=None))
            stale = self.run_ok(tested, "-n", "dev", "metadata", VIRTUAL_ENV="/nowhere")
            self.assertIn("warning: VIRTUAL_ENV is '/nowhere', where there is no bin/python", stale.stderr)

    def test_uv_where_there_is_a_lock_file(self):
        with project() as tested:
            tested.write("uv.lock", "version = 1\n")
            uv = tested.write("bin/uv", f'#!/bin/sh\necho "$@" | head -c 60 >{tested.path("asked")}\nshift 5\nshift\n'
                                        f'exec {ENVIRONMENT}/bin/python "$@"\n')
            uv.chmod(0o755)
            taken = self.taken(tested, VIRTUAL_ENV=None, PATH=f"{tested.path('bin')}:/usr/bin:/bin")
            self.assertIn("uv run python (uv.lock in ", taken)
            self.assertTrue(tested.read("asked").startswith(f"run --quiet --frozen --project {tested.root}"[:60]),
                            tested.read("asked"))

    def test_the_one_in_path_without_metaxy_says_what_to_do(self):
        with project() as tested:
            result = self.run_failing(tested, 2, "-n", "dev", "metadata", VIRTUAL_ENV=None)
            self.assertIn("Metaxy is not installed in /usr/bin/python3 (in PATH)", result.stderr)
            self.assertIn("python = \"...\" under [ext.migrate]", result.stderr)

    def test_without_any_python(self):
        with project() as tested:
            result = self.run_failing(tested, 2, "-n", "dev", "metadata", VIRTUAL_ENV=None, PATH="/nowhere")
            self.assertIn("there is no Python to import the entry points with", result.stderr)


class Faults(Case):
    def with_features(self, text, config=CONFIG):
        return project(files={"media/__init__.py": "", "media/features.py": text}, config=config)

    def test_a_module_that_is_missing(self):
        with self.with_features("import json\n\nimport no_such_module\n" + FEATURES) as tested:
            result = self.run_failing(tested, 2, "-n", "dev", "revision", "--autogenerate", "-m", "x")
            self.assertIn("the entry points cannot be imported", result.stderr)
            self.assertIn("ModuleNotFoundError: No module named 'no_such_module'", result.stderr)
            self.assertIn("--> media/features.py:3", result.stderr)
            self.assertIn("is 'no_such_module' installed in ", result.stderr)
            self.assertNotIn("Traceback", result.stderr)
            self.assertFalse(tested.path("migrations").exists())
            loud = self.run_failing(tested, 2, "-v", "-n", "dev", "revision", "--autogenerate", "-m", "x")
            self.assertIn("Traceback (most recent call last):", loud.stderr)

    def test_an_error_in_the_project_s_code(self):
        with self.with_features("def broken():\n    return 1 / 0\n\nbroken()\n") as tested:
            result = self.run_failing(tested, 2, "-n", "dev", "check", "--offline")
            self.assertIn("ZeroDivisionError: division by zero", result.stderr)
            self.assertIn("--> media/features.py:2", result.stderr)
            self.assertIn("return 1 / 0", result.stderr)

    def test_a_syntax_error(self):
        with self.with_features("x = (\n") as tested:
            result = self.run_failing(tested, 2, "-n", "dev", "metadata")
            self.assertIn("SyntaxError", result.stderr)
            self.assertIn("--> media/features.py:1", result.stderr)

    def test_a_project_that_ends_the_interpreter(self):
        said = {"import sys; sys.exit(3)": "SystemExit: 3",
                "import os; os._exit(3)": "ended the interpreter before its definitions were read (exit code 3)",
                "import os; os.abort()": "ended the interpreter before its definitions were read (exit code 134)"}
        for ending, message in said.items():
            with self.subTest(ending), self.with_features(ending) as tested:
                result = self.run_failing(tested, 2, "-n", "dev", "metadata")
                self.assertIn(message, result.stderr)

    def test_a_project_name_that_differs_by_a_hyphen(self):
        with self.with_features(FEATURES, CONFIG.replace('"media"', '"me-dia"')) as tested:
            tested.path("media").rename(tested.path("me_dia"))
            tested.edit("metaxy.toml", "media.features", "me_dia.features")
            result = self.run_failing(tested, 2, "-n", "dev", "metadata")
            self.assertIn("no definition belongs to project 'me-dia'; they belong to me_dia", result.stderr)
            self.assertIn('set project = "me_dia"', result.stderr)

    def test_a_project_without_features(self):
        with self.with_features("import metaxy\n") as tested:
            result = self.run_failing(tested, 2, "-n", "dev", "metadata")
            self.assertIn("the Python project defines no features", result.stderr)
            # Whoever names what to drop may have dropped the last one.
            result = self.run_failing(tested, 2, "-n", "dev", "revision", "--autogenerate", "-m", "x",
                                      "--drop", "video/clip")
            self.assertIn("--drop 'video/clip' names nothing that has left the model", result.stderr)

    def test_a_configuration_that_metaxy_refuses(self):
        with self.with_features(FEATURES, "extra_features = [{ nonsense = 1 }]\n" + CONFIG) as tested:
            result = self.run_failing(tested, 2, "-n", "dev", "metadata")
            self.assertIn("Metaxy does not accept the configuration", result.stderr)
            self.assertIn("extra_features.0.nonsense", result.stderr)

    def test_a_project_that_takes_too_long_is_ended_with_what_it_started(self):
        with tempfile.TemporaryDirectory() as folder:
            pid_file = Path(folder, "pid")
            text = f"""
                import subprocess, time
                open({str(pid_file)!r}, "w").write(str(subprocess.Popen(["sleep", "300"]).pid))
                time.sleep(300)
            """
            config = CONFIG + '[ext.migrate]\npython_timeout = "4s"\n'
            with self.with_features(textwrap.dedent(text), config) as tested:
                began = time.monotonic()
                result = self.run_failing(tested, 2, "-n", "dev", "metadata")
                self.assertLess(time.monotonic() - began, 60)
                self.assertIn("importing the Python project took longer than 4s", result.stderr)
            self.assertFalse(is_running(int(pid_file.read_text())))

    def test_ctrl_c_ends_it(self):
        text = 'import pathlib, time\npathlib.Path("started").touch()\ntime.sleep(300)\n'
        with self.with_features(text) as tested:
            process = subprocess.Popen([tested.program, "-n", "dev", "metadata"], cwd=tested.root, env=tested.variables(),
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            while not tested.path("started").exists():
                self.assertIsNone(process.poll())
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
            self.assertEqual(process.returncode, 130)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


class SqlModel(Case):
    def table(self, tested, name, table):
        return self.metadata(tested, "-n", name)[table]

    def test_columns_and_indexes_are_exact_in_each_database(self):
        with project(files={"media/__init__.py": "", "media/features.py": SQLMODEL}, config=THREE_STORES) as tested:
            types = {name: {column["name"]: column["type"] for column in self.table(tested, name, table)["columns"]
                            if not column["name"].startswith("metaxy_")}
                     for name, table in (("dev", "video__shot"), ("lite", "v_video__shot"), ("pg", "video__shot"))}
            self.assertEqual(types["dev"], {"shot_id": "INTEGER", "clip_id": "VARCHAR", "score": "FLOAT",
                                            "price": "DECIMAL(10,2)", "code": "VARCHAR", "color": "VARCHAR"})
            self.assertEqual(types["pg"], {"shot_id": "integer", "clip_id": "character varying", "score": "double precision",
                                           "price": "numeric(10,2)", "code": "character varying(12)", "color": "text"})
            self.assertEqual(set(types["lite"]), set(types["dev"]))
            lite = self.table(tested, "lite", "v_video__shot")
            self.assertEqual(sorted(index["name"] for index in lite["indexes"]), ["ix_v_video__shot_clip_id", "shots_by_score"])
            postgres = self.table(tested, "pg", "video__shot")
            constraints = json.dumps(postgres["constraints"])
            self.assertIn("score_is_positive", constraints)
            self.assertIn("unique", constraints)
            self.assertNotIn("primary_key", constraints)
            price = next(column for column in postgres["columns"] if column["name"] == "price")
            self.assertIn("1.50", price["default"])

    def test_a_computed_column_is_stored_where_the_class_or_the_database_says_so(self):
        columns = """    price: float = Field(sa_column=Column("price", Numeric(10, 2), Computed("score * 2")))
    kept: float = Field(sa_column=Column("kept", Numeric(10, 2), Computed("score * 3", persisted=True)))
"""
        source = re.sub("    price: .*\n", columns, SQLMODEL).replace("import CheckConstraint", "import CheckConstraint, Computed")
        with project(files={"media/__init__.py": "", "media/features.py": source}, config=THREE_STORES) as tested:
            stored = {name: {column["name"]: column["generated"].get("stored", False) for column in self.table(tested, name, table)["columns"]
                             if "generated" in column}
                      for name, table in (("lite", "v_video__shot"), ("pg", "video__shot"))}
            self.assertEqual(stored, {"lite": {"price": False, "kept": True}, "pg": {"price": True, "kept": True}})

    def test_a_key_of_ids_alone_is_left_out_and_said(self):
        with project(files={"media/__init__.py": "", "media/features.py": SQLMODEL}) as tested:
            result = self.run_ok(tested, "-n", "dev", "revision", "--autogenerate", "-m", "first")
            self.assertIn("the primary key (shot_id) is left out", result.stdout + result.stderr)
            self.assertNotIn("PRIMARY KEY", tested.script())

    def test_an_injected_key_and_index_have_names_of_their_table(self):
        injected = SQLMODEL.replace(
            "    shot_id: int", '    feature_config = {"ext": {"sqlmodel": {"inject_primary_key": True, "inject_index": True}}}\n    shot_id: int')
        with project(files={"media/__init__.py": "", "media/features.py": injected.replace("Field(primary_key=True)", "0")},
                     config=THREE_STORES) as tested:
            text = self.run_ok(tested, "-n", "pg", "metadata", "--format", "sql").stdout
            self.assertIn('"video__shot_metaxy_pk" PRIMARY KEY ("metaxy_feature_version", "shot_id", "metaxy_updated_at")', text)
            self.assertIn('INDEX "video__shot_metaxy_idx"', text)

    def test_tables_settle_in_the_database(self):
        with project(files={"media/__init__.py": "", "media/features.py": SQLMODEL}, config=THREE_STORES) as tested:
            for name in ("dev", "lite"):
                self.run_ok(tested, "-n", name, "revision", "--autogenerate", "-m", "first")
                self.run_ok(tested, "-n", name, "upgrade", "head")
                again = self.run_ok(tested, "-n", name, "revision", "--autogenerate", "-m", "again")
                self.assertIn("nothing to do", again.stdout + again.stderr)


class Export(Case):
    def test_the_same_project_gives_the_same_bytes_elsewhere(self):
        texts = []
        for _ in range(2):
            with project(files={"media/__init__.py": "", "media/features.py": SQLMODEL}) as tested:
                result = self.run_ok(tested, "export")
                self.assertIn("wrote migrations/definitions.toml: 1 feature, Metaxy ", result.stdout)
                again = self.run_ok(tested, "export")
                self.assertIn("unchanged: migrations/definitions.toml", again.stdout)
                texts.append(tested.read("migrations/definitions.toml"))
                self.assertNotIn(str(tested.root), texts[-1])
        self.assertEqual(texts[0], texts[1])
        self.assertIn('"media/features.py" = ', texts[0])

    def test_ci_needs_no_python(self):
        nothing = {"VIRTUAL_ENV": None, "PATH": "/nowhere"}
        with project(files={"media/__init__.py": "", "media/features.py": SQLMODEL}, config=THREE_STORES) as tested:
            self.run_ok(tested, "export")
            with_python = {name: self.metadata(tested, "-n", name) for name in ("dev", "lite", "pg")}
            for name, tables in with_python.items():
                self.assertEqual(self.metadata(tested, "-n", name, **nothing), tables)
            self.run_ok(tested, "-n", "dev", "revision", "--autogenerate", "-m", "first")
            result = self.run_ok(tested, "-n", "dev", "check", "--offline", **nothing)
            self.assertNotIn("Python", result.stderr)

    def test_a_stale_file_is_found_without_python(self):
        nothing = {"VIRTUAL_ENV": None, "PATH": "/nowhere"}
        discovery = "import importlib, pkgutil\nfor each in pkgutil.iter_modules(__path__):\n    importlib.import_module(f'{__name__}.{each.name}')\n"
        data = 'import pathlib\nNAMES = pathlib.Path(__file__).with_name("names.txt").read_text()\n'
        changes = {
            "media/features/clip.py changed": lambda tested: tested.edit("media/features/clip.py", "path: str", "uri: str"),
            "media/features/extra.py is gone": lambda tested: tested.path("media/features/extra.py").unlink(),
            "media/names.txt changed": lambda tested: tested.write("media/names.txt", "b\n"),
            "uv.lock changed": lambda tested: tested.write("uv.lock", "version = 2\n"),
            "requirements.txt is new": lambda tested: tested.write("requirements.txt", "x\n"),
            "the modules in media/features are others": lambda tested: tested.write("media/features/new.py", FEATURES),
            "entrypoints were [media.features] and are [media]":
                lambda tested: tested.edit("metaxy.toml", '["media.features"]', '["media"]'),
        }
        files = {"media/__init__.py": data, "media/names.txt": "a\n", "uv.lock": "version = 1\n",
                 "media/features/__init__.py": discovery, "media/features/clip.py": FEATURES, "media/features/extra.py": ""}
        with project(files=files) as tested:
            self.run_ok(tested, "export")
            self.run_ok(tested, "-n", "dev", "revision", "--autogenerate", "-m", "first")
            before = {path: path.read_text() for path in tested.root.rglob("*") if path.is_file() and path.suffix != ".pyc"}
            for expected, change in changes.items():
                with self.subTest(expected):
                    self.run_ok(tested, "-n", "dev", "check", "--offline", **nothing)
                    change(tested)
                    result = self.run_failing(tested, 3, "-n", "dev", "check", "--offline", **nothing)
                    self.assertIn("'migrations/definitions.toml' is older than the project's sources", result.stdout)
                    self.assertIn(expected, result.stdout)
                    self.assertIn("metaxy-migrate export", result.stdout)
                    for path in set(tested.root.rglob("*.*")) - set(before):
                        path.is_file() and path.suffix != ".pyc" and path.unlink()
                    for path, text in before.items():
                        path.write_text(text)

    def test_a_fresh_file_makes_up_for_a_project_that_cannot_be_imported(self):
        with project() as tested:
            self.run_ok(tested, "export")
            elsewhere = self.run_ok(tested, "-n", "dev", "metadata", VIRTUAL_ENV=None)
            self.assertIn("the Python project cannot be used (Metaxy is not installed", elsewhere.stderr)
            self.assertIn("which is as new as its sources", elsewhere.stderr)
            tested.edit("media/features.py", "path: str", "uri: str")
            result = self.run_failing(tested, 2, "-n", "dev", "metadata", VIRTUAL_ENV=None)
            self.assertIn("does not make up for it, being older than the sources: media/features.py changed", result.stderr)

    def test_an_export_that_is_asked_for_and_stale_warns(self):
        with project() as tested:
            self.run_ok(tested, "export")
            tested.edit("media/features.py", "path: str", "uri: str")
            result = self.run_ok(tested, "-n", "dev", "metadata", "--source", "export")
            self.assertIn("warning: 'migrations/definitions.toml' is older than the project's sources", result.stderr)

    def test_a_file_of_a_later_format_is_refused(self):
        with project() as tested:
            self.run_ok(tested, "export")
            tested.edit("migrations/definitions.toml", "format = 1", "format = 99")
            result = self.run_failing(tested, 2, "-n", "dev", "metadata", "--source", "export")
            self.assertIn("has format 99; this program reads 1", result.stderr)


class Cache(Case):
    """The exporter is left out only when nothing that it reads can have changed."""

    FILES = {"media/__init__.py": "", "media/features.py": FEATURES + "\nimport os, pathlib\n"
             'EXTRA = pathlib.Path("settings.txt").read_text()\nWISH = os.path.exists("x") or open("settings.txt").read()\n',
             "settings.txt": "a\n"}

    def used_cache(self, tested, **variables):
        result = self.run_ok(tested, "-n", "dev", "metadata", **variables)
        return "nothing changed since its last run" in result.stderr

    def test_a_second_run_needs_no_python_and_says_so(self):
        with project(files=self.FILES) as tested:
            self.assertFalse(self.used_cache(tested))
            before = sorted(tested.root.rglob("*"))
            self.assertTrue(self.used_cache(tested))
            self.assertEqual(sorted(tested.root.rglob("*")), before)
            self.assertTrue(any(tested.home.rglob("exports/*.json")))

    def test_whatever_changes_is_seen(self):
        packages = tempfile.mkdtemp()
        record = Path(packages, "thing-1.0.dist-info", "RECORD")
        record.parent.mkdir()
        record.write_text("thing.py,sha256=1,2\n")
        Path(record.parent, "METADATA").write_text("Name: thing\nVersion: 1.0\n")
        variables = {"PYTHONPATH": packages}
        changes = {
            "a source": lambda tested: tested.edit("media/features.py", "path: str", "uri: str"),
            "a data file": lambda tested: tested.write("settings.txt", "b\n"),
            "a module that could be imported instead": lambda tested: tested.write("media/os.py", ""),
            "the configuration": lambda tested: tested.write("metaxy.toml", CONFIG + "\n"),
            "an installed package": lambda _: record.write_text("thing.py,sha256=2,2\n"),
            "a new package": lambda _: Path(packages, "other-1.0.dist-info").mkdir(),
            "a variable": lambda _: variables.update(SOMETHING="1"),
        }
        with project(files=self.FILES) as tested:
            self.assertFalse(self.used_cache(tested, **variables))
            for what, change in changes.items():
                with self.subTest(what):
                    self.assertTrue(self.used_cache(tested, **variables))
                    change(tested)
                    self.assertFalse(self.used_cache(tested, **variables))

    def test_a_file_that_was_just_saved_is_not_trusted(self):
        with project(files=self.FILES) as tested:
            future = time.time() + 60
            os.utime(tested.path("media/features.py"), (future, future))
            self.assertFalse(self.used_cache(tested))
            self.assertFalse(self.used_cache(tested))

    def test_a_project_that_asks_other_programs_is_not_kept(self):
        text = FEATURES + '\nimport subprocess\nsubprocess.run(["true"])\n'
        with project(files={"media/__init__.py": "", "media/features.py": text}) as tested:
            self.assertFalse(self.used_cache(tested))
            self.assertFalse(self.used_cache(tested))

    def test_it_can_be_turned_off(self):
        with project(files=self.FILES) as tested:
            off = {"METAXY_MIGRATE_PYTHON_CACHE": "false"}
            self.assertFalse(self.used_cache(tested, **off))
            self.assertFalse(self.used_cache(tested, **off))
            self.assertEqual(list(tested.home.rglob("*.json")), [])

    def test_a_project_in_the_environment_s_own_folder_is_not_taken_for_installed(self):
        with project(files=self.FILES) as tested:
            subprocess.run([f"{ENVIRONMENT}/bin/python", "-m", "venv", "--without-pip", tested.root], check=True)
            packages = next(Path(ENVIRONMENT, "lib").glob("python*/site-packages"))
            own = next(tested.path("lib").glob("python*/site-packages"))
            own.joinpath("others.pth").write_text(f"{packages}\n")
            tested.python_environment = tested.root
            self.assertFalse(self.used_cache(tested))
            self.assertTrue(self.used_cache(tested))
            tested.edit("media/features.py", "path: str", "uri: str")
            self.assertFalse(self.used_cache(tested))
            self.run_ok(tested, "export")
            self.assertIn('"media/features.py"', tested.read("migrations/definitions.toml"))
            self.assertNotIn("site-packages", tested.read("migrations/definitions.toml").split("[features")[0])

    def test_a_damaged_file_is_none(self):
        with project(files=self.FILES) as tested:
            self.used_cache(tested)
            next(tested.home.rglob("exports/*.json")).write_text("{")
            self.assertFalse(self.used_cache(tested))
            self.assertTrue(self.used_cache(tested))


if __name__ == "__main__":
    PROGRAM, ENVIRONMENT = sys.argv[1:3]
    del sys.argv[1:3]
    unittest.main(verbosity=1)
