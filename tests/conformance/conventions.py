"""Conventions of Metaxy that span several tables, projects or stores."""

import metaxy as mx
import polars as pl
from lab import Lab, Project, feature, frame, rows
from metaxy.models.feature import FeatureGraph
from operations import Clips, clips, push, write_crops
from scenarios import scenario


@scenario(dialects=("duckdb",), since="0.1.7")
def the_flag_is_switched_after_migrating_struct_to_map(lab: Lab, dialect: str):
    features = Clips()
    project = Project(lab, dialect, "flag")
    project.migrate(features.graph)
    with project.metaxy(features.graph), project.store().open("w") as store:
        store.write(features.root, clips("a", "b"))
        assert write_crops(store, features) == 2
    project.option(enable_map_datatype=True)
    changes = project.migrate(features.graph)
    assert len(changes) == 4, changes
    kept = project.query("SELECT metaxy_provenance_by_field['frames'] FROM video__raw_clip ORDER BY id")
    assert kept == [("a-frames-1",), ("b-frames-1",)], kept
    with project.metaxy(features.graph), project.store().open("w") as store:
        assert rows(store.read(features.root), "id") == [("a",), ("b",)]
        store.write(features.root, clips("c"))
        assert write_crops(store, features) == 1, "rows of before the switch count as changed"
    # New fields need no change any more.
    third = Clips(root_fields=("frames", "audio", "depth"))
    project.define(third.graph)
    assert not project.facts("revision", "--autogenerate", "-m", "field")["written"][0]["changes"]


@scenario
def several_prefixes_share_a_database(lab: Lab, dialect: str):
    features = Clips()
    project = Project(lab, dialect, "prefixes")
    for name in ("blue", "green"):
        project.add_store(name, location=project.location(), table_prefix=f"{name}_")
        project.migrate(features.graph, store=name)
    with project.metaxy(features.graph):
        with project.store("blue").open("w") as store:
            store.write(features.root, clips("a"))
        with project.store("green").open("w") as store:
            store.write(features.root, clips("b"))
            assert rows(store.read(features.root), "id") == [("b",)]
    # One of them moves on; the other is not touched and shows no drift.
    second = Clips(more={"rating": int | None})
    project.migrate(second.graph, store="green")
    project.settled("blue")
    assert project.query("SELECT count(*) FROM blue_video__raw_clip") == [(1,)]


@scenario
def a_feature_moves_from_one_project_to_another(lab: Lab, dialect: str):
    graph = FeatureGraph()
    clip = feature(graph, "video/clip", {"id": str, "path": str}, project="media")
    kept = feature(graph, "video/kept", {"id": str}, project="media")
    media = Project(lab, dialect, "move_from", project="media")
    media.migrate(graph)
    with media.metaxy(graph), media.store().open("w") as store:
        store.write(clip, pl.DataFrame({"id": ["a"], "path": ["/a"], "metaxy_provenance_by_field": [{"default": "1"}]}))
    cutting = Project(lab, dialect, "move_to", project="cutting")
    cutting.stores["dev"]["config"] = dict(media.stores["dev"]["config"])
    cutting.write_config()
    moved, left = FeatureGraph(), FeatureGraph()
    clip_there = feature(moved, "video/clip", {"id": str, "path": str}, project="cutting")
    feature(left, "video/kept", {"id": str}, project="media")
    cutting.define(moved)
    refused = cutting.tool("revision", "--autogenerate", "-m", "clip", code=2)
    assert "--take video/clip" in refused.err and "'media'" in refused.err, refused
    cutting.tool("revision", "--autogenerate", "-m", "clip", "--take", "video/clip")
    cutting.tool("upgrade", "head", "--rebind")
    cutting.settled()
    # The old project knows that it is gone: no drift when the new one changes the table, and no drop of it.
    wider = FeatureGraph()
    clip_there = feature(wider, "video/clip", {"id": str, "path": str, "rating": int | None}, project="cutting")
    cutting.migrate(wider)
    media.define(left)
    media.settled()
    refused = media.tool("revision", "--autogenerate", "-m", "drop", "--drop", "video/clip", code=2)
    assert "'cutting'" in refused.err, refused
    with cutting.metaxy(wider), cutting.store().open("w") as store:
        assert len(frame(store.read(clip_there, with_feature_history=True))) == 1
        store.write(clip_there, pl.DataFrame({"id": ["b"], "path": ["/b"], "rating": [3], "metaxy_provenance_by_field": [{"default": "2"}]}))
        assert frame(store.read(clip_there)).sort("id").select("id", "rating").rows() == [("a", None), ("b", 3)]
