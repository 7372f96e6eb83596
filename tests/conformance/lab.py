"""One project in a folder of its own: its configuration, the program, its database, and real Metaxy in this process.

Metaxy is imported once and everything runs in its process, because the import takes longer than all that a scenario does.
"""

import json
import os
import subprocess
import warnings
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

# Before anything of narwhals is used, which would otherwise go on without the types that it adds.
try:
    import narwhals_map  # noqa: F401
except ImportError:
    pass  # releases before 0.1.7 have no Map
try:
    import psycopg
except ImportError:
    psycopg = None  # releases before 0.1.6 have no store for PostgreSQL

import duckdb
import metaxy as mx
import polars as pl
import tomli_w
from metaxy.config import MetaxyConfig
from metaxy.models.feature import FeatureGraph

STORE_TYPES = {
    "duckdb": "metaxy.ext.metadata_stores.duckdb.DuckDBMetadataStore",
    "postgresql": "metaxy.ext.metadata_stores.postgresql.PostgreSQLMetadataStore",
}


@dataclass
class Lab:
    """What all scenarios share."""

    program: str
    folder: str
    postgres_url: str = ""
    databases: int = 0

    def new_database(self) -> str:
        """The URL of a new, empty database on the server."""
        self.databases += 1
        name = f"conformance_{os.getpid()}_{self.databases}"
        with psycopg.connect(self.postgres_url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return urlunsplit(urlsplit(self.postgres_url)._replace(path=f"/{name}"))


class Run:
    """What one call of the program said."""

    def __init__(self, words, process):
        self.words, self.code = words, process.returncode
        self.out, self.err = process.stdout, process.stderr

    def __str__(self) -> str:
        return f"$ metaxy-migrate {' '.join(self.words)}\n{self.out}{self.err}[exit {self.code}]"


class Project:
    """A folder with metaxy.toml, script directories and the databases of its stores."""

    def __init__(self, lab: Lab, dialect: str, name: str, project: str = "conformance", **options):
        self.lab, self.dialect, self.name = lab, dialect, project
        self.folder = Path(lab.folder, f"{name}_{dialect}")
        self.folder.mkdir(parents=True)
        self.options = options
        self.stores: dict[str, dict] = {}
        self.add_store("dev")

    # --- configuration

    def add_store(self, store: str, location: str = "", **config) -> None:
        """A further store; `location` shares the database of another one."""
        if self.dialect == "duckdb":
            place = {"database": location or str(self.folder / f"{store}.duckdb")}
        else:
            place = {"connection_string": location or self.lab.new_database()}
        self.stores[store] = {
            "type": STORE_TYPES[self.dialect],
            "config": place | {"hash_algorithm": "md5"} | config,
        }
        self.write_config()

    def configure(self, store: str = "dev", **config) -> None:
        self.stores[store]["config"].update(config)
        self.write_config()

    def option(self, **options) -> None:
        """Top-level keys of metaxy.toml."""
        self.options.update(options)
        self.write_config()

    def write_config(self) -> None:
        tree = {"project": self.name, "store": "dev"} | self.options | {"stores": self.stores}
        (self.folder / "metaxy.toml").write_text(tomli_w.dumps(tree))

    def location(self, store: str = "dev") -> str:
        config = self.stores[store]["config"]
        return config.get("database") or config["connection_string"]

    # --- the program

    def tool(self, *words: str, store: str = "dev", code: int | None = 0) -> Run:
        command = ["-q", "-n", store, *words]
        environment = {key: text for key, text in os.environ.items() if not key.upper().startswith("METAXY")}
        run = Run(command, subprocess.run([self.lab.program, *command], cwd=self.folder, env=environment, capture_output=True, text=True, check=False))
        assert code is None or run.code == code, f"expected exit {code}\n{run}"
        return run

    def facts(self, *words: str, store: str = "dev", code: int | None = 0) -> dict:
        return json.loads(self.tool(*words, "--format", "json", store=store, code=code).out)

    def define(self, graph: FeatureGraph, store: str = "dev") -> None:
        """What `metaxy lock` would write of the project's own features, for `source = export`."""
        features = {}
        for key, definition in graph.feature_definitions_by_key.items():
            if definition.project == self.name and not definition.is_external:
                data = definition.model_dump(mode="json", exclude_none=True)
                features[key.to_string()] = {"data": without_none(data)}
        scripts = self.folder / "migrations" / store
        scripts.mkdir(parents=True, exist_ok=True)
        (scripts / "definitions.toml").write_text(tomli_w.dumps({"features": features}))

    def migrate(self, graph: FeatureGraph, *flags: str, store: str = "dev") -> list[str]:
        """Definitions (unless the exporter brings them), a revision, upgrade; then the model, the scripts and the database must agree. The changes."""
        if "entrypoints" not in self.options:
            self.define(graph, store)
        written = self.facts("revision", "--autogenerate", "-m", "next", *flags, store=store)
        self.tool("upgrade", "head", store=store)
        self.settled(store)
        return written["written"][0]["changes"]

    def settled(self, store: str = "dev") -> None:
        again = self.facts("revision", "--autogenerate", "-m", "again", store=store)
        assert not again["written"][0]["changes"], f"a second revision is not empty: {again}"
        self.tool("check", "--at-head", store=store)

    # --- Metaxy

    @contextmanager
    def metaxy(self, graph: FeatureGraph):
        """Metaxy as it runs in this project: its configuration from the file, the features of `graph`."""
        before = os.getcwd()
        os.chdir(self.folder)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                MetaxyConfig.load(self.folder / "metaxy.toml")
                with graph.use():
                    yield
        finally:
            MetaxyConfig.reset()
            os.chdir(before)

    def store(self, name: str = "dev"):
        """Metaxy's store. DuckDB's would fetch the extension for its default hash from the network: md5 needs none."""
        store = MetaxyConfig.get().get_store(name)
        without_extensions(store)
        return store

    # --- the database as it is

    def query(self, sql: str, store: str = "dev") -> list[tuple]:
        if self.dialect == "duckdb":
            with duckdb.connect(self.location(store)) as connection:
                return connection.execute(sql).fetchall()
        with psycopg.connect(self.location(store), autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def tables(self, store: str = "dev") -> set[str]:
        schema = "main" if self.dialect == "duckdb" else "public"
        return {row[0] for row in self.query(f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}'", store)}


def without_extensions(store) -> None:
    if hasattr(store, "extensions"):
        store.extensions.clear()
    for fallback in store.fallback_stores:
        without_extensions(fallback)


@contextmanager
def with_fallbacks(store):
    """The store open for writing, its fallbacks for reading: what Metaxy reads from a fallback that it opened by itself is
    lazy, and the connection is closed before anything is collected."""
    with ExitStack() as stack:
        for fallback in store.fallback_stores:
            stack.enter_context(fallback)
        yield stack.enter_context(store.open("w"))


def without_none(value):
    if isinstance(value, dict):
        return {key: without_none(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [without_none(item) for item in value]
    return value


def frame(lazy) -> pl.DataFrame:
    """What a read gave, as polars."""
    collected = lazy.collect() if hasattr(lazy, "collect") else lazy
    native = collected.to_native() if hasattr(collected, "to_native") else collected
    return native if isinstance(native, pl.DataFrame) else pl.from_arrow(native)


def rows(lazy, *columns: str) -> list[tuple]:
    """The chosen columns of what a read gave, sorted."""
    return sorted(frame(lazy).select(*columns).rows())


def feature(graph: FeatureGraph, key: str, columns: dict, *, ids=("id",), fields=("default",), deps=(), base=None, project="conformance", **spec):
    """A feature class: `columns` are annotations, `fields` keys or (key, code version)."""
    specs = [mx.FieldSpec(key=field, code_version="1") if isinstance(field, str) else mx.FieldSpec(key=field[0], code_version=field[1]) for field in fields]
    if deps:
        spec["deps"] = list(deps)
    with graph.use():
        base = base or mx.BaseFeature
        name = "".join(part.title() for part in key.replace("-", "_").split("/"))
        made = type(base)(
            name,
            (base,),
            {"__module__": __name__, "__annotations__": dict(columns), "__metaxy_project__": project},
            spec=mx.FeatureSpec(key=key, id_columns=list(ids), fields=specs, **spec),
        )
    return made
