"""What real Metaxy does on a database that the tool made, with auto_create_tables = false (the acceptance table of the
Metaxy contract): one scenario for each operation."""

import json

import metaxy as mx
import narwhals as nw
import polars as pl
from lab import Lab, Project, feature, frame, rows, with_fallbacks
from metaxy.config import MetaxyConfig
from metaxy.metadata_store.system.storage import SystemTableStorage
from metaxy.models.feature import FeatureGraph
from metaxy.utils.lock_file import generate_lock_file, load_lock_file
from scenarios import scenario


class Clips:
    """The features that most scenarios use, in a version of their own."""

    def __init__(self, root_fields=("frames", "audio"), child_version="1", more=None):
        self.graph = FeatureGraph()
        self.root = feature(self.graph, "video/raw-clip", {"id": str, "path": str} | (more or {}), fields=root_fields)
        self.child = feature(
            self.graph, "video/crop", {"id": str, "width": int}, fields=[("default", child_version)], deps=[mx.FeatureDep(feature=self.root)]
        )


def clips(*ids: str, mark: str = "1", fields=("frames", "audio")) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": list(ids),
            "path": [f"/{id}.mp4" for id in ids],
            "metaxy_provenance_by_field": [{field: f"{id}-{field}-{mark}" for field in fields} for id in ids],
        }
    )


def migrated(lab: Lab, dialect: str, name: str, features: Clips, **options) -> Project:
    project = Project(lab, dialect, name, **options)
    changes = project.migrate(features.graph)
    assert len(changes) == 4, changes
    return project


def own_columns(increment: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Without what the parents' columns bring along: DuckDB's inserts fail on columns that the table has not."""
    return increment.select(*columns, *[name for name in increment.columns if name.startswith("metaxy_")])


def write_crops(store, features: Clips, width: int = 3) -> int:
    """Everything that `resolve_update` asks for; how many rows that was."""
    # Natively it cannot join what two DuckDB connections read, as with a fallback.
    engine = "polars" if len(store.fallback_stores) else "auto"
    increment = store.resolve_update(features.child, versioning_engine=engine).to_polars()
    frames = [own_columns(part, "id") for part in (increment.new, increment.stale) if len(part)]
    for part in frames:
        store.write(features.child, part.with_columns(width=pl.lit(width, dtype=pl.Int64)))
    return sum(len(part) for part in frames)


def push(project: Project, features: Clips) -> str:
    with project.metaxy(features.graph), project.store().open("w") as store:
        return SystemTableStorage(store).push_graph_snapshot(project=project.name, tags={}).project_version


@scenario
def push_again_after_a_change_and_back(lab: Lab, dialect: str):
    first, second = Clips(), Clips(child_version="2")
    project = migrated(lab, dialect, "push", first)
    versions = [push(project, features) for features in (first, second, first)]
    assert versions[0] == versions[2] != versions[1], versions
    table = "metaxy_system__feature_versions"
    # The unchanged feature is written again with each push: the key that Metaxy exports would refuse it.
    assert project.query(f"SELECT count(*) FROM {table} WHERE feature_key = 'video/raw-clip'")[0][0] >= 2
    spec, schema = project.query(f"SELECT feature_spec, feature_schema FROM {table} WHERE feature_key = 'video/crop' LIMIT 1")[0]
    assert json.loads(spec)["key"] == "video/crop" and "width" in json.loads(schema)["properties"]


@scenario
def write_twice_and_read_one_row_an_id(lab: Lab, dialect: str):
    features = Clips()
    project = migrated(lab, dialect, "write", features)
    with project.metaxy(features.graph), project.store().open("w") as store:
        store.write(features.root, clips("a", "b"))
        store.write(features.root, clips("a", "b", mark="2"))
        read = frame(store.read(features.root))
        assert sorted(read["id"]) == ["a", "b"], read
        assert {row["frames"] for row in read["metaxy_provenance_by_field"]} == {"a-frames-2", "b-frames-2"}, read
        assert len(frame(store.read(features.root, with_sample_history=True))) == 4
        assert read.columns.count("metaxy_deleted_at") == 1 and read["metaxy_deleted_at"].null_count() == 2
    assert project.query("SELECT count(*) FROM video__raw_clip WHERE metaxy_materialization_id IS NULL") == [(4,)]


@scenario
def resolve_update_marks_stale_after_a_new_code_version(lab: Lab, dialect: str):
    first, second = Clips(), Clips(child_version="2")
    project = migrated(lab, dialect, "resolve", first)
    with project.metaxy(first.graph), project.store().open("w") as store:
        store.write(first.root, clips("a", "b"))
        assert write_crops(store, first) == 2
        assert write_crops(store, first) == 0, "what was just written is not up to date"
        store.write(first.root, clips("b", mark="2"))
        increment = store.resolve_update(first.child).to_polars()
        assert list(increment.stale["id"]) == ["b"] and not len(increment.new), increment
    with project.metaxy(second.graph), project.store().open("w") as store:
        assert write_crops(store, second, width=4) == 2
        assert rows(store.read(second.child), "id", "width") == [("a", 4), ("b", 4)]


@scenario
def a_new_field_is_migrated_before_the_code_writes_it(lab: Lab, dialect: str):
    first, second = Clips(), Clips(root_fields=("frames", "audio", "subtitles/en"))
    project = migrated(lab, dialect, "member", first)
    with project.metaxy(first.graph), project.store().open("w") as store:
        store.write(first.root, clips("a"))
    # Members need DDL only where they are part of the type.
    expected = 2 if dialect == "duckdb" else 0
    assert len(project.migrate(second.graph)) == expected
    # The code that runs until the deployment goes on.
    with project.metaxy(first.graph), project.store().open("w") as store:
        store.write(first.root, clips("b"))
        assert sorted(frame(store.read(first.root))["id"]) == ["a", "b"]
    with project.metaxy(second.graph), project.store().open("w") as store:
        store.write(second.root, clips("c", fields=("frames", "audio", "subtitles_en")))
        read = frame(store.read(second.root))
        assert [row["subtitles_en"] for row in read["metaxy_provenance_by_field"]] == ["c-subtitles_en-1"], read
        assert write_crops(store, second) == 1


@scenario
def soft_and_hard_deletes(lab: Lab, dialect: str):
    features = Clips()
    project = migrated(lab, dialect, "delete", features)
    with project.metaxy(features.graph), project.store().open("w") as store:
        store.write(features.root, clips("a", "b", "c"))
        store.delete(features.root, nw.col("id") == "a")
        assert rows(store.read(features.root), "id") == [("b",), ("c",)]
        assert rows(store.read(features.root, include_soft_deleted=True), "id") == [("a",), ("b",), ("c",)]
        store.delete(features.root, nw.col("id") == "b", soft=False)
        assert rows(store.read(features.root), "id") == [("c",)]
    assert project.query("SELECT count(*) FROM video__raw_clip WHERE id = 'b'") == [(0,)]


@scenario(since="0.1.1")
def reads_of_columns_and_history_and_rebase(lab: Lab, dialect: str):
    first, second = Clips(), Clips(root_fields=("frames", "audio", "more"))
    project = migrated(lab, dialect, "history", first)
    push(project, first)
    with project.metaxy(first.graph), project.store().open("w") as store:
        store.write(first.root, clips("a"))
        write_crops(store, first)
    project.migrate(second.graph)
    push(project, second)
    with project.metaxy(second.graph), project.store().open("w") as store:
        assert not len(frame(store.read(second.child)))
        old = store.read(second.child, with_feature_history=True)
        assert rows(old, "id", "width") == [("a", 3)]
        store.write(second.root, clips("a", fields=("frames", "audio", "more")))
        rebased = store.rebase(second.child, old)
        store.write(second.child, rebased, preserve_feature_version=True)
        only = frame(store.read(second.child, columns=["id", "width"]))
        assert rows(only, "id", "width") == [("a", 3)], only


@scenario
def copies_to_a_second_migrated_store(lab: Lab, dialect: str):
    features = Clips()
    project = migrated(lab, dialect, "copy", features)
    project.add_store("backup", table_prefix="bak_")
    project.migrate(features.graph, store="backup")
    with project.metaxy(features.graph):
        with project.store().open("w") as store:
            store.write(features.root, clips("a", "b"))
        with project.store() as source, project.store("backup").open("w") as target:
            copied = target.copy_metadata(from_store=source, features=[features.root])
            assert copied["rows_copied"] == 2, copied
            assert rows(target.read(features.root), "id") == [("a",), ("b",)]
    assert "bak_video__raw_clip" in project.tables("backup")


@scenario
def fallback_stores_are_not_hidden_by_empty_tables(lab: Lab, dialect: str):
    features = Clips()
    project = migrated(lab, dialect, "fallback", features)
    project.add_store("branch", fallback_stores=["dev"])
    with project.metaxy(features.graph), project.store().open("w") as store:
        store.write(features.root, clips("a", "b"))
    project.migrate(features.graph, store="branch")
    assert not any(table.startswith("video__") for table in project.tables("branch")), project.tables("branch")
    with project.metaxy(features.graph), with_fallbacks(project.store("branch")) as store:
        assert rows(store.read(features.root), "id") == [("a",), ("b",)]
    # The table that is asked for is there and is read instead.
    project.migrate(features.graph, "--create", "video/crop", store="branch")
    assert "video__crop" in project.tables("branch")
    with project.metaxy(features.graph), with_fallbacks(project.store("branch")) as store:
        assert write_crops(store, features) == 2
        assert rows(store.read(features.child), "id") == [("a",), ("b",)]
    with project.metaxy(features.graph), project.store() as store:
        assert not len(frame(store.read(features.child))), "the fallback was written to"


@scenario
def lock_file_of_a_second_project(lab: Lab, dialect: str):
    features = Clips()
    project = migrated(lab, dialect, "lock", features)
    push(project, features)
    other = Project(lab, dialect, "lock_other", project="cutting")
    other.stores["dev"]["config"] = dict(project.stores["dev"]["config"])
    other.write_config()
    graph = FeatureGraph()
    cut = feature(graph, "cuts/cut", {"id": str, "seconds": float}, deps=[mx.FeatureDep(feature="video/raw-clip")], project="cutting")
    with other.metaxy(graph), other.store() as store:
        generate_lock_file(store, other.folder / "metaxy.lock", exclude_project="cutting")
    other.define(graph)
    metadata = other.facts("metadata", "--features")
    assert [table["feature"] for table in metadata["tables"]] == ["cuts/cut"], metadata
    # Two projects share the database: the second one asks for its table only, and says whose database it is.
    other.facts("revision", "--autogenerate", "-m", "cuts")
    other.tool("upgrade", "head", code=2)
    other.tool("upgrade", "head", "--rebind")
    with project.metaxy(features.graph), project.store().open("w") as store:
        store.write(features.root, clips("a"))
    with other.metaxy(graph), other.store().open("w") as store:
        load_lock_file(MetaxyConfig.get())
        increment = store.resolve_update(cut).to_polars()
        store.write(cut, own_columns(increment.new, "id").with_columns(seconds=pl.lit(1.5)))
        assert rows(store.read(cut), "id", "seconds") == [("a", 1.5)]
    project.settled()
    other.settled()
