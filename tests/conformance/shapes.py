"""Projects of the shapes that Metaxy's own examples have: each is migrated, written, read, resolved and deleted from."""

from datetime import date, datetime

import metaxy as mx
import narwhals as nw
import polars as pl
from lab import Lab, Project, feature, frame, rows
from metaxy.models.feature import FeatureGraph
from metaxy.models.lineage import LineageRelationship
from scenarios import scenario


def provenance(values: list[str], fields=("default",)) -> list[dict]:
    return [{field: f"{value}-{field}" for field in fields} for value in values]


@scenario
def quickstart_one_feature(lab: Lab, dialect: str):
    """One root feature with the field `default`, in a project of the defaults."""
    graph = FeatureGraph()
    article = feature(graph, "blog/article", {"slug": str, "title": str, "words": int | None}, ids=["slug"])
    project = Project(lab, dialect, "quickstart")
    project.migrate(graph)
    with project.metaxy(graph), project.store().open("w") as store:
        store.write(article, pl.DataFrame({"slug": ["a", "b"], "title": ["A", "B"], "words": [10, None], "metaxy_provenance_by_field": provenance(["1", "2"])}))
        assert rows(store.read(article), "slug", "title", "words") == [("a", "A", 10), ("b", "B", None)]
        store.delete(article, nw.col("slug") == "a")
        assert rows(store.read(article), "slug") == [("b",)]


@scenario
def overview_chain_with_fields_and_a_rename(lab: Lab, dialect: str):
    """A chain of three: fields that depend on fields, two parents, renamed and selected columns, many types."""
    graph = FeatureGraph()
    types = {
        "id": str, "path": str, "frames": int, "seconds": float, "is_public": bool, "day": date, "taken": datetime | None, "tags": list[str],
    }
    video = feature(graph, "media/video", types, fields=["picture", "sound/left", "sound/right"])
    person = feature(graph, "media/person", {"id": str, "name": str})
    face = feature(
        graph,
        "media/face-crop",
        {"id": str, "who": str, "box": list[int]},
        deps=[mx.FeatureDep(feature=video), mx.FeatureDep(feature=person, rename={"name": "who"}, select=["who"])],
    )
    project = Project(lab, dialect, "overview")
    project.migrate(graph)
    with project.metaxy(graph), project.store().open("w") as store:
        store.write(
            video,
            pl.DataFrame(
                {
                    "id": ["a", "b"], "path": ["/a", "/b"], "frames": [1, 2], "seconds": [0.5, 1.5], "is_public": [True, False],
                    "day": [date(2026, 1, 1)] * 2, "taken": [datetime(2026, 1, 1, 12, 30), None], "tags": [["x"], ["y", "z"]],
                    "metaxy_provenance_by_field": provenance(["1", "2"], ("picture", "sound_left", "sound_right")),
                }
            ),
        )
        store.write(person, pl.DataFrame({"id": ["a", "b"], "name": ["Ann", "Bo"], "metaxy_provenance_by_field": provenance(["1", "2"])}))
        increment = store.resolve_update(face).to_polars()
        assert len(increment.new) == 2 and "who" in increment.new.columns, increment
        known = increment.new.select("id", "who", *[name for name in increment.new.columns if name.startswith("metaxy_")])
        store.write(face, known.with_columns(box=pl.lit([1, 2, 3, 4])))
        assert rows(store.read(face), "id", "who") == [("a", "Ann"), ("b", "Bo")]
        assert not len(store.resolve_update(face).to_polars().new)
        read = frame(store.read(video)).sort("id")
        assert [value and value.replace(tzinfo=None) for value in read["taken"]] == [datetime(2026, 1, 1, 12, 30), None], read
        assert list(read["is_public"]) == [True, False] and list(read["day"]) == [date(2026, 1, 1)] * 2, read
        store.delete(face, nw.col("who") == "Ann")
        assert rows(store.read(face), "id") == [("b",)]


@scenario
def aggregation_of_many_rows_into_one(lab: Lab, dialect: str):
    graph = FeatureGraph()
    reading = feature(graph, "plant/reading", {"sensor": str, "minute": int, "celsius": float}, ids=["sensor", "minute"])
    mean = feature(
        graph, "plant/mean", {"sensor": str, "celsius": float}, ids=["sensor"],
        deps=[mx.FeatureDep(feature=reading, lineage=LineageRelationship.aggregation(on=["sensor"]))],
    )
    project = Project(lab, dialect, "aggregation")
    project.migrate(graph)
    frame_of = lambda sensors, minutes, mark: pl.DataFrame(
        {"sensor": sensors, "minute": minutes, "celsius": [20.0] * len(sensors), "metaxy_provenance_by_field": provenance([f"{mark}{m}" for m in minutes])}
    )
    with project.metaxy(graph), project.store().open("w") as store:
        store.write(reading, frame_of(["s", "s", "t"], [1, 2, 1], "x"))
        increment = store.resolve_update(mean).to_polars()
        assert set(increment.new["sensor"]) == {"s", "t"}, increment
        keep = ["sensor", *[name for name in increment.new.columns if name.startswith("metaxy_")]]
        store.write(mean, increment.new.select(keep).unique("sensor").with_columns(celsius=pl.lit(20.5)))
        assert rows(store.read(mean), "sensor", "celsius") == [("s", 20.5), ("t", 20.5)]
        store.write(reading, frame_of(["t"], [2], "y"))
        assert set(store.resolve_update(mean).to_polars().stale["sensor"]) == {"t"}


@scenario
def expansion_of_one_row_into_many(lab: Lab, dialect: str):
    graph = FeatureGraph()
    document = feature(graph, "text/document", {"doc": str, "body": str}, ids=["doc"])
    chunk = feature(
        graph, "text/chunk", {"doc": str, "number": int, "part": str}, ids=["doc", "number"],
        deps=[mx.FeatureDep(feature=document, lineage=LineageRelationship.expansion(on=["doc"]))],
    )
    project = Project(lab, dialect, "expansion")
    project.migrate(graph)
    with project.metaxy(graph), project.store().open("w") as store:
        store.write(document, pl.DataFrame({"doc": ["a", "b"], "body": ["one two", "three"], "metaxy_provenance_by_field": provenance(["1", "2"])}))
        increment = store.resolve_update(chunk).to_polars()
        assert set(increment.new["doc"]) == {"a", "b"}, increment
        keep = ["doc", *[name for name in increment.new.columns if name.startswith("metaxy_")]]
        parts = increment.new.select(keep).with_columns(number=pl.lit([0, 1])).explode("number").with_columns(part=pl.lit("text"))
        store.write(chunk, parts)
        assert rows(store.read(chunk), "doc", "number") == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
        store.write(document, pl.DataFrame({"doc": ["b"], "body": ["four"], "metaxy_provenance_by_field": provenance(["3"])}))
        assert set(store.resolve_update(chunk).to_polars().stale["doc"]) == {"b"}
