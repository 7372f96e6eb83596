"""Databases that Metaxy filled by itself (auto_create_tables = true), or that were made after its SQLAlchemy export: they
are taken in as they are, and later changes touch no row."""

import metaxy as mx
import polars as pl
from lab import Lab, Project, feature, frame, rows
from metaxy.models.feature import FeatureGraph
from operations import Clips, clips, push, write_crops
from scenarios import scenario


def all_rows(project: Project, table: str) -> list[tuple]:
    """As texts: DuckDB's module wants a further package for times with a zone."""
    everything = "CAST(COLUMNS(*) AS VARCHAR)" if project.dialect == "duckdb" else "*"
    return project.query(f"SELECT {everything} FROM {table} ORDER BY id, metaxy_created_at")


def filled_by_metaxy(lab: Lab, dialect: str, name: str, features: Clips, **options) -> Project:
    project = Project(lab, dialect, name, auto_create_tables=True, **options)
    push(project, features)
    with project.metaxy(features.graph), project.store().open("w") as store:
        store.write(features.root, clips("a", "b"))
        assert write_crops(store, features) == 2
    project.option(auto_create_tables=False)
    return project


@scenario
def a_store_that_metaxy_made_is_adopted_without_a_difference(lab: Lab, dialect: str):
    features = Clips()
    project = filled_by_metaxy(lab, dialect, "adopt", features)
    before = all_rows(project, "video__raw_clip")
    project.define(features.graph)
    adopted = project.facts("adopt")
    assert sorted(adopted["adopted"]) == ["metaxy_system__feature_versions", "video__crop", "video__raw_clip"], adopted
    assert not adopted["differences"], adopted
    # What the model asks for beyond it is the events table, which Metaxy makes when it writes its first event.
    written = project.facts("revision", "--autogenerate", "-m", "rest")
    assert written["written"][0]["changes"] == ["create table metaxy_system__events"], written
    project.tool("upgrade", "head")
    project.settled()
    assert all_rows(project, "video__raw_clip") == before
    # A later change of the model.
    second = Clips(root_fields=("frames", "audio", "subtitles"), more={"rating": int | None})
    project.migrate(second.graph)
    after = project.query("SELECT id, path, metaxy_provenance FROM video__raw_clip ORDER BY id")
    assert [row[:2] for row in after] == [("a", "/a.mp4"), ("b", "/b.mp4")], after
    with project.metaxy(second.graph), project.store().open("w") as store:
        assert len(frame(store.read(second.root, with_feature_history=True))) == 2
        new = clips("c", fields=("frames", "audio", "subtitles")).with_columns(rating=pl.lit(5))
        store.write(second.root, new)
        assert rows(store.read(second.root), "id", "rating") == [("c", 5)]


@scenario
def tables_that_metaxy_made_in_the_dev_loop_are_adopted_by_scripts(lab: Lab, dialect: str):
    """auto_create_tables stays on: what Metaxy creates between two revisions is written with `-- adopt:`."""
    features = Clips()
    project = Project(lab, dialect, "loop", auto_create_tables=True)
    project.migrate(features.graph)
    graph = FeatureGraph()
    later = feature(graph, "video/later", {"id": str, "score": float})
    with project.metaxy(graph), project.store().open("w") as store:
        values = pl.DataFrame({"id": ["a"], "score": [0.5], "metaxy_provenance_by_field": [{"default": "1"}]})
        store.write(later, values)
    both = FeatureGraph()
    for definition in [*features.graph.feature_definitions_by_key.values(), *graph.feature_definitions_by_key.values()]:
        both.add_feature_definition(definition)
    changes = project.migrate(both)
    assert changes == ["create table video__later"], changes
    text = project.tool("show", "head").out
    assert "-- adopt: video__later" in text, text
    assert project.query("SELECT id, score FROM video__later") == [("a", 0.5)]
    # The same scripts make the table where Metaxy did not.
    project.add_store("fresh")
    fresh = project.folder / "migrations" / "fresh"
    (project.folder / "migrations" / "dev").rename(fresh)
    project.tool("upgrade", "head", store="fresh")
    assert "video__later" in project.tables("fresh")


HARMFUL = """CREATE TABLE metaxy_system__feature_versions (project VARCHAR NOT NULL, feature_key VARCHAR NOT NULL,
  metaxy_definition_version VARCHAR NOT NULL, metaxy_feature_version VARCHAR, metaxy_project_version VARCHAR, recorded_at TIMESTAMP,
  feature_spec VARCHAR, feature_schema VARCHAR, feature_class_path VARCHAR, tags VARCHAR, deleted_at TIMESTAMP,
  PRIMARY KEY (project, feature_key, metaxy_definition_version))"""


@scenario
def the_key_that_breaks_push_is_found_and_removed(lab: Lab, dialect: str):
    first, second = Clips(), Clips(child_version="2")
    project = Project(lab, dialect, "harmful")
    project.query(HARMFUL)
    push(project, first)
    try:
        push(project, second)
        raise AssertionError("the key does no harm: then why look for it?")
    except Exception as error:
        assert "constraint" in str(error).lower() or "duplicate" in str(error).lower(), error
    project.define(first.graph)
    project.facts("adopt")
    project.tool("revision", "--autogenerate", "-m", "rest")
    project.tool("upgrade", "head")
    found = project.tool("doctor", code=4)
    assert "metaxy push" in found.out and "--system-pk=none" in found.out, found
    written = project.facts("revision", "--autogenerate", "--system-pk=none", "-m", "no key")
    assert len(written["written"][0]["changes"]) == 1, written
    project.tool("upgrade", "head")
    project.settled()
    push(project, second)
    push(project, first)


OLD = """CREATE TABLE metaxy_system__feature_versions (project VARCHAR NOT NULL, feature_key VARCHAR NOT NULL,
  metaxy_full_definition_version VARCHAR NOT NULL, metaxy_feature_version VARCHAR, metaxy_snapshot_version VARCHAR,
  recorded_at TIMESTAMP, feature_spec VARCHAR, feature_schema VARCHAR, feature_class_path VARCHAR, tags VARCHAR)"""


@scenario
def old_system_tables_are_upgraded_with_renames(lab: Lab, dialect: str):
    features = Clips()
    project = Project(lab, dialect, "old")
    project.query(OLD)
    project.query("INSERT INTO metaxy_system__feature_versions VALUES ('elsewhere', 'a/b', 'd1', 'f1', 's1', TIMESTAMP '2025-12-03 10:00:00', '{}', '{}', 'x.Y', '{}')")
    project.define(features.graph)
    project.facts("adopt")
    changes = project.migrate(features.graph)
    renames = [change for change in changes if "rename" in change]
    assert len(renames) == 2 and any("metaxy_snapshot_version" in change for change in renames), changes
    push(project, features)
    kept = "SELECT metaxy_definition_version, metaxy_project_version, deleted_at FROM metaxy_system__feature_versions WHERE project = 'elsewhere'"
    assert project.query(kept) == [("d1", "s1", None)]
