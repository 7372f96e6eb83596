"""SQLModel features: a Python package that Metaxy imports here and the exporter in a process of its own."""

import sys
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal

import metaxy as mx
import narwhals as nw
import polars as pl
from lab import Lab, Project, frame, rows
from metaxy.models.feature import FeatureGraph
from parity import Scratch, compare, our_statements, statements_of
from scenarios import scenario

PACKAGE = '''
from datetime import date, datetime
from decimal import Decimal
from typing import Optional
from uuid import UUID

import metaxy as mx
from metaxy.ext.sqlmodel import BaseSQLModelFeature
from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

FIELDS = [mx.FieldSpec(key="picture", code_version="1"), mx.FieldSpec(key="sound/left", code_version="1")]


def spec(key, ids):
    return mx.FeatureSpec(key=key, id_columns=ids, fields=FIELDS)


class Plain(BaseSQLModelFeature, table=True, spec=spec("media/plain-clip", ["uid"])):
    uid: str = Field(primary_key=True)
    path: str
    frames: int
    seconds: Optional[float] = None
    is_public: bool = False
    taken: Optional[datetime] = None
    day: date
    price: Decimal = Field(max_digits=12, decimal_places=2)
    code: str = Field(max_length=16)


class Keyed(BaseSQLModelFeature, table=True, spec=spec("media/keyed", ["uid", "part"])):
    """With the key and the index that Metaxy injects."""

    feature_config = {"ext": {"sqlmodel": {"inject_primary_key": True, "inject_index": True}}}
    uid: str
    part: int


class Indexed(BaseSQLModelFeature, table=True, spec=spec("media/indexed", ["uid"])):
    __table_args__ = (UniqueConstraint("uid", "path"), CheckConstraint("size >= 0", name="size_is_positive"))
    uid: str = Field(primary_key=True)
    path: str = Field(index=True)
    size: int = Field(default=0, unique=True)
    token: UUID
'''


@contextmanager
def sqlmodel_project(lab: Lab, dialect: str, folder: str, **options):
    """A project whose package is imported by Metaxy here, and by the exporter in a process of its own."""
    name = f"app_{folder}_{dialect}"
    project = Project(lab, dialect, folder, project=name, entrypoints=[f"{name}.features"], ext={"migrate": {"python": sys.executable}}, **options)
    package = project.folder / name
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "features.py").write_text(PACKAGE)
    sys.path.insert(0, str(project.folder))
    graph = FeatureGraph()
    try:
        with project.metaxy(graph):
            __import__(f"{name}.features")
        yield project, graph
    finally:
        sys.path.remove(str(project.folder))
        from sqlmodel import SQLModel

        SQLModel.metadata.clear()
        SQLModel._sa_registry.dispose()


@scenario(since="0.1.6")
def sqlmodel_tables_are_those_of_metaxys_own_metadata(lab: Lab, dialect: str):
    from metaxy.ext.sqlmodel import filter_feature_sqlmodel_metadata
    from sqlmodel import SQLModel

    with sqlmodel_project(lab, dialect, "tables") as (project, graph):
        with project.metaxy(graph):
            url, metadata = filter_feature_sqlmodel_metadata(project.store(), SQLModel.metadata)
        assert len(metadata.tables) == 3, metadata.tables
        theirs, ours = Scratch(lab, dialect), Scratch(lab, dialect)
        for table in metadata.sorted_tables:  # one at a time: all injected keys and indexes have one name
            for index in table.indexes:
                index.name = f"{table.name}_{index.name}"
            if table.primary_key.name == "metaxy_pk":
                table.primary_key.name = f"{table.name}_metaxy_pk"
        theirs.run(statements_of(metadata, dialect))
        ours.run(our_statements(project, "--features"))
        # With a key on the ids alone a second version of a row is refused: on purpose not taken over (contract E1).
        found = compare(dialect, metadata.tables, theirs, ours, left_out={("PRIMARY KEY", ("uid",)), ("p", ("uid",))})
        assert not found, "\n".join(found)
        assert project.facts("metadata", "--features", "--show-password")["url"] == url


def media_rows(**columns) -> pl.DataFrame:
    count = len(next(iter(columns.values())))
    by_field = [{"picture": f"p{i}", "sound_left": f"s{i}"} for i in range(count)]
    return pl.DataFrame(columns | {"metaxy_provenance_by_field": by_field})


@scenario(since="0.1.6")
def sqlmodel_features_with_and_without_keys(lab: Lab, dialect: str):
    """Migrated from the Python project alone, then written, read and deleted."""
    with sqlmodel_project(lab, dialect, "features") as (project, graph):
        assert len(project.migrate(graph)) >= 5
        plain, keyed = (graph.feature_definitions_by_key[mx.FeatureKey(key)]._feature_class for key in ("media/plain-clip", "media/keyed"))
        with project.metaxy(graph), project.store().open("w") as store:
            store.write(keyed, media_rows(uid=["a", "a"], part=[1, 2]))
            store.write(keyed, media_rows(uid=["a"], part=[1]))
            assert rows(store.read(keyed), "uid", "part") == [("a", 1), ("a", 2)]
            store.delete(keyed, nw.col("part") == 1, soft=False)
            assert rows(store.read(keyed), "uid", "part") == [("a", 2)]
            store.write(
                plain,
                media_rows(
                    uid=["a"], path=["/a"], frames=[3], seconds=[1.5], is_public=[True], taken=[datetime(2026, 1, 1)], day=[date(2026, 1, 1)],
                    price=[Decimal("1.50")], code=["x"],
                ),
            )
            assert rows(store.read(plain), "uid", "frames", "is_public") == [("a", 3, True)]
            # The key on the id alone, which SQLModel makes people write, is left out: a row has several versions.
            store.write(plain, frame(store.read(plain)).select("uid", "path", "frames", "seconds", "is_public", "taken", "day", "price", "code", "metaxy_provenance_by_field"))
            assert len(frame(store.read(plain, with_sample_history=True))) == 2
            store.delete(plain, nw.col("uid") == "a")
            assert not len(frame(store.read(plain)))
        # The key that Metaxy injects on request refuses the second row that a soft delete writes: doctor knows.
        found = project.tool("doctor", code=4)
        assert "media__keyed" in found.out and "soft deletes fail" in found.out and "plain_clip" not in found.out, found
