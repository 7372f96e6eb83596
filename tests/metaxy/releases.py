#!/usr/bin/env python3
"""What the installed release of Metaxy wants of a database is what the tool makes, for the oldest release to the newest.

    releases.py PROGRAM ENVIRONMENT
"""
import json
import sys
import unittest

from projects import CONFIG, FEATURES, Project

PROGRAM, ENVIRONMENT = None, None

# Asked of the release itself, in its own environment.
WANTED = """
import json, metaxy
from metaxy.metadata_store.system import models
from metaxy.models import constants
print(json.dumps({
    "version": metaxy.__version__,
    "feature": sorted(constants.ALL_SYSTEM_COLUMNS),
    "feature_versions": sorted(models.FEATURE_VERSIONS_SCHEMA),
    "events": sorted(models.EVENTS_SCHEMA),
}))
"""

SPELLINGS = {"0.0.1.dev1": "metaxy.metadata_store.duckdb.DuckDBMetadataStore",
             "0.1.0": "metaxy.ext.metadata_stores.duckdb.DuckDBMetadataStore"}


class Release(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.version = next((ENVIRONMENT_PATH / "lib").glob("python*/site-packages/metaxy-*.dist-info")).name[7:-10]
        cls.config = CONFIG.replace("metaxy.ext.duckdb.DuckDBMetadataStore",
                                    SPELLINGS.get(cls.version, "metaxy.ext.duckdb.DuckDBMetadataStore"))

    def project(self):
        return Project(PROGRAM, ENVIRONMENT, config=self.config)

    def run_ok(self, tested, *arguments, **more):
        result = tested.run(*arguments, **more)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result

    def tables(self, tested):
        result = self.run_ok(tested, "-n", "dev", "metadata", "--format", "json")
        return {each["table"]["name"]: {column["name"]: column for column in each["table"]["columns"]}
                for each in json.loads(result.stdout)["tables"]}

    def test_its_columns_and_system_tables_are_the_target(self):
        with self.project() as tested:
            wanted = json.loads(tested.python(WANTED))
            tables = self.tables(tested)
            self.assertEqual(sorted(name for name in tables["video__clip"] if name.startswith("metaxy_")), wanted["feature"])
            self.assertEqual(sorted(tables["metaxy_system__feature_versions"]), wanted["feature_versions"])
            self.assertEqual(sorted(tables["metaxy_system__events"]), wanted["events"])
            clip = tables["video__clip"]
            self.assertEqual({name: column["type"] for name, column in clip.items() if not name.startswith("metaxy_")},
                             {"clip_id": "VARCHAR", "path": "VARCHAR", "duration": "DOUBLE"})
            self.assertEqual(clip["metaxy_provenance_by_field"]["type"], 'STRUCT("frames" VARCHAR, "audio" VARCHAR)')
            self.assertEqual(clip["metaxy_created_at"]["type"], "TIMESTAMP WITH TIME ZONE")

    def test_its_version_is_named(self):
        with self.project() as tested:
            result = self.run_ok(tested, "-n", "dev", "revision", "--autogenerate", "-m", "first")
            self.assertIn(f"from the Python project, Metaxy {self.version}", result.stderr)
            exported = self.run_ok(tested, "export")
            self.assertIn(f"Metaxy {self.version}", exported.stdout)
            result = self.run_ok(tested, "-n", "dev", "check", "--offline")
            self.assertIn("nothing found", result.stdout)

    def test_tables_of_another_release_are_brought_to_it_with_renames_and_kept_columns(self):
        with self.project() as tested:
            other = OLD_TABLES if "metaxy_project_version" in self.tables(tested)["video__clip"] else None
            if other is None:
                # The oldest release is where others come from.
                self.assertIn("metaxy_snapshot_version", self.tables(tested)["video__clip"])
                return
            tested.write("migrations/definitions.toml", other)
            self.run_ok(tested, "-n", "dev", "revision", "--autogenerate", "-m", "old", "--source", "export")
            self.run_ok(tested, "-n", "dev", "upgrade", "head")
            result = self.run_ok(tested, "-n", "dev", "revision", "--autogenerate", "-m", "new", "--source", "python")
            self.assertIn("rename column video__clip.metaxy_snapshot_version to metaxy_project_version", result.stdout)
            script = tested.script()
            self.assertIn(f"-- brings Metaxy's own tables and columns to those of Metaxy {self.version}", script)
            self.run_ok(tested, "-n", "dev", "upgrade", "head")
            again = self.run_ok(tested, "-n", "dev", "revision", "--autogenerate", "-m", "again", "--source", "python")
            self.assertIn("nothing to do", again.stdout + again.stderr)


# What `export` writes with 0.0.1.dev1, but for hashes.
OLD_TABLES = """[export]
format = 1
metaxy = "0.0.1.dev1"

[export.target]
feature_columns = [
  { name = "metaxy_provenance_by_field", nullable = false },
  { name = "metaxy_provenance", nullable = false },
  { name = "metaxy_feature_version", nullable = false },
  { name = "metaxy_snapshot_version", nullable = false },
  { name = "metaxy_data_version_by_field", nullable = false },
  { name = "metaxy_data_version", nullable = false },
  { name = "metaxy_created_at", nullable = false },
  { name = "metaxy_materialization_id", nullable = true },
]
system_tables = [
  { name = "feature_versions", columns = [{ name = "project", type = "text", nullable = false }, { name = "feature_key", type = "text", nullable = false }, { name = "metaxy_feature_version", type = "text", nullable = true }, { name = "metaxy_feature_spec_version", type = "text", nullable = false }, { name = "metaxy_full_definition_version", type = "text", nullable = true }, { name = "recorded_at", type = "timestamp", nullable = true }, { name = "feature_spec", type = "text", nullable = true }, { name = "feature_schema", type = "text", nullable = true }, { name = "feature_class_path", type = "text", nullable = true }, { name = "metaxy_snapshot_version", type = "text", nullable = true }, { name = "tags", type = "text", nullable = true }] },
]

[features."video/clip".data]
project = "media"
feature_schema = '{"type":"object","properties":{"clip_id":{"type":"string"},"path":{"type":"string"},"duration":{"anyOf":[{"type":"number"},{"type":"null"}]}}}'

[features."video/clip".data.spec]
key = "video/clip"
id_columns = ["clip_id"]
fields = [
  { key = "frames" },
  { key = "audio" },
]
"""

if __name__ == "__main__":
    from pathlib import Path

    PROGRAM, ENVIRONMENT = sys.argv[1:3]
    ENVIRONMENT_PATH = Path(ENVIRONMENT)
    del sys.argv[1:3]
    unittest.main(verbosity=1)
