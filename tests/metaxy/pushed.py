#!/usr/bin/env python3
"""The pipeline of docs/python.md: Metaxy's system tables, `metaxy push`, then feature tables from what was pushed; from and
to every kind of store.

    pushed.py PROGRAM ENVIRONMENT        MM_POSTGRES_FILE: the file that tells of a running PostgreSQL server
"""
import json
import os
import sqlite3
import subprocess
import sys
import unittest
from pathlib import Path

from projects import FEATURES, Project

PROGRAM, ENVIRONMENT = None, None

CONFIG = """project = "media"
entrypoints = ["media.features"]
auto_create_tables = false

[stores.staging]
type = "metaxy.ext.postgresql.PostgreSQLMetadataStore"
config = { connection_string = "${STAGING_URL}" }
[stores.prod]
type = "metaxy.ext.postgresql.PostgreSQLMetadataStore"
config = { connection_string = "${PROD_URL}", table_prefix = "p_" }
[stores.duck]
type = "metaxy.ext.duckdb.DuckDBMetadataStore"
config = { database = "duck.duckdb" }
[stores.lite]
type = "metaxy.metadata_store.SQLiteMetadataStore"
config = { database = "lite.sqlite", table_prefix = "l_" }
"""
# Metaxy itself knows no SQLite store any more; only the tool sees that one.
METAXY_CONFIG = CONFIG[: CONFIG.index("[stores.lite]")]

# The extension that xxHash needs comes over the network; md5 needs none.
PUSH_TO_DUCKDB = """
import metaxy as mx
from metaxy.ext.duckdb import DuckDBMetadataStore
from metaxy.metadata_store.system.storage import SystemTableStorage
mx.init()
store = DuckDBMetadataStore("duck.duckdb", hash_algorithm=mx.HashAlgorithm.MD5)
store.extensions.clear()
with store.open("w"):
    print(SystemTableStorage(store).push_graph_snapshot())
"""

COLUMNS = ("project, feature_key, metaxy_definition_version, metaxy_feature_version, metaxy_project_version, recorded_at, "
           "feature_spec, feature_schema, feature_class_path, tags, deleted_at")


class Servers:
    """Two databases of this test alone."""

    def __init__(self):
        self.server = Path(os.environ["MM_POSTGRES_FILE"]).read_text().split()[0]
        self.names = [f"pushed_{name}_{os.getpid()}" for name in ("staging", "prod")]

    def url(self, name):
        return self.server.rsplit("/", 1)[0] + "/" + name

    def sql(self, url, text):
        return subprocess.run(["psql", "-X", "-q", "-At", "-F", "\t", "-v", "ON_ERROR_STOP=1", url, "-c", text], check=True,
                              capture_output=True, text=True).stdout

    def __enter__(self):
        for name in self.names:
            self.sql(self.server, f"CREATE DATABASE {name}")
        self.variables = {"STAGING_URL": self.url(self.names[0]), "PROD_URL": self.url(self.names[1])}
        return self

    def __exit__(self, *_):
        for name in self.names:
            self.sql(self.server, f"DROP DATABASE {name} WITH (FORCE)")


class Pushed(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.servers = self.enterContext(Servers())
        self.tested = self.enterContext(Project(PROGRAM, ENVIRONMENT, config=CONFIG))
        self.tested.write("metaxy-only.toml", METAXY_CONFIG)

    def tool(self, *arguments, code=0):
        # Nothing here needs the project's Python.
        result = self.tested.run(*arguments, VIRTUAL_ENV=None, PATH="/nowhere", **self.servers.variables)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result

    def migrate(self, environment, message):
        more = [] if environment.endswith("system") else ["--source", self.source]
        self.tool("-n", environment, "revision", "--autogenerate", "-m", message, *more)
        self.tool("-n", environment, "upgrade", "head")

    def push(self, store):
        result = subprocess.run([self.tested.python_environment / "bin/metaxy", "push", "--store", store], cwd=self.tested.root,
                                env=self.tested.variables(PYTHONPATH=str(self.tested.root), METAXY_CONFIG="metaxy-only.toml",
                                                          **self.servers.variables),
                                capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def columns(self, url, table):
        text = self.servers.sql(url, f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'")
        return {name for name in text.split() if not name.startswith("metaxy_")}

    def tables(self, name):
        result = self.tool("-n", name, "metadata", "--format", "json", "--source", self.source)
        return {each["table"]["name"]: each["table"] for each in json.loads(result.stdout)["tables"]}

    def test_production_follows_what_staging_was_given(self):
        self.source = "store:staging"
        staging, prod = self.servers.variables["STAGING_URL"], self.servers.variables["PROD_URL"]
        self.migrate("staging:metaxy_system", "system tables")
        self.push("staging")
        self.migrate("staging:metaxy_features", "from push")
        self.migrate("prod:metaxy_system", "system tables")
        self.migrate("prod:metaxy_features", "as staging")
        self.assertEqual(self.columns(prod, "p_video__clip"), {"clip_id", "path", "duration"})
        self.push("prod")

        self.tested.edit("media/features.py", "path: str", "path: str\n    size: int | None = None")
        self.push("staging")
        self.push("prod")
        self.migrate("staging:metaxy_features", "size")
        self.migrate("prod:metaxy_features", "size")
        self.assertEqual(self.columns(staging, "video__clip"), {"clip_id", "path", "duration", "size"})
        self.assertEqual(self.columns(prod, "p_video__clip"), {"clip_id", "path", "duration", "size"})
        self.tool("-n", "prod:metaxy_features", "check", "--at-head", "--source", "store:prod")

    def test_every_kind_of_store_can_be_read(self):
        for name in ("staging", "duck", "lite"):
            self.migrate(f"{name}:metaxy_system", "system tables")
        self.push("staging")
        output = self.tested.python(PUSH_TO_DUCKDB, METAXY_CONFIG="metaxy-only.toml", **self.servers.variables)
        self.assertIn("PushResult", output)
        rows = self.servers.sql(self.servers.variables["STAGING_URL"],
                                f"SELECT {COLUMNS} FROM metaxy_system__feature_versions")
        with sqlite3.connect(self.tested.path("lite.sqlite")) as lite:
            for row in rows.splitlines():
                cells = [cell or None for cell in row.split("\t")]
                lite.execute(f"INSERT INTO l_metaxy_system__feature_versions ({COLUMNS}) VALUES ({', '.join('?' * 11)})", cells)
        found = []
        for name in ("staging", "duck", "lite"):
            self.source = f"store:{name}"
            found.append(self.tables("prod")["p_video__clip"])
        self.assertEqual(found[0], found[1])
        self.assertEqual(found[0], found[2])
        self.assertIn("duration", json.dumps(found[0]))

    def test_a_store_that_nobody_pushed_to_says_what_to_do(self):
        result = self.tool("-n", "prod", "metadata", "--source", "store:staging", code=2)
        self.assertIn("migrate Metaxy's system tables of this store, then run `metaxy push`", result.stderr)
        self.source = "store:staging"
        self.migrate("staging:metaxy_system", "system tables")
        result = self.tool("-n", "prod:metaxy_features", "revision", "--autogenerate", "-m", "x", "--source", "store:staging", code=2)
        self.assertIn("nothing was pushed to store 'staging' for project 'media'", result.stderr)
        self.assertIn("metaxy push --store staging", result.stderr)


if __name__ == "__main__":
    PROGRAM, ENVIRONMENT = sys.argv[1:3]
    del sys.argv[1:3]
    unittest.main(verbosity=1)
