"""The workloads of bench.py: what the program and the limit are given to do.

Every function gets a Bench and a scale, makes its files and calls `bench.pair` (or `bench.alone`) for each row of the table.
"""
import json
import shutil
import subprocess

TYPES = {"duckdb": "metaxy.ext.duckdb.DuckDBMetadataStore", "sqlite": "metaxy.metadata_store.sqlite.SQLiteMetadataStore",
         "postgresql": "metaxy.ext.postgresql.PostgreSQLMetadataStore"}
EACH = ("--transaction", "per-revision")


def project(bench, dialect, name, is_named=False):
    """A folder with a configuration, and its folder of scripts."""
    root = bench.root / f"{name}-{dialect}"
    scripts = root / "migrations" / "dev"
    scripts.mkdir(parents=True)
    head = 'project = "p"\n' if is_named else ""
    place = f'connection_string = "{bench.server.url_of(name)}"' if dialect == "postgresql" else 'database = "data.db"'
    (root / "metaxy.toml").write_text(
        f'{head}[stores.dev]\ntype = "{TYPES[dialect]}"\nconfig = {{ {place} }}\n'
        '[ext.migrate]\nbackup = "never"\nfeatures = ["features/*.toml"]\n')
    return root, scripts


def header(revision, parents, dialect):
    down = ", ".join(f'"{parent}"' for parent in parents)
    down = down or '""' if len(parents) < 2 else f"[{down}]"
    return (f'-- revision {revision}\n--\n-- [migration]\n-- revision = "{revision}"\n-- down_revision = {down}\n'
            f'-- created = 2026-01-01T00:00:00Z\n-- dialect = "{dialect}"\n\n')


def revision_id(number):
    return f"{number * 2654435761 % (1 << 48):012x}"


def write_script(scripts, number, parents, dialect, up, down):
    current = revision_id(number)
    text = header(current, parents, dialect) + "-- migrate: upgrade\n\n" + "".join(f"{line};\n" for line in up)
    text += "\n-- migrate: downgrade\n\n" + "".join(f"{line};\n" for line in down)
    (scripts / f"{number:06d}_{current}.sql").write_text(text)
    return current


def write_linear(scripts, count, dialect):
    """`count` revisions, each of which makes a table with an index."""
    parents = []
    for i in range(1, count + 1):
        table = f"t_{i:05d}"
        up = [f"CREATE TABLE {table} (id INTEGER NOT NULL, name VARCHAR(50) NOT NULL, email VARCHAR(120), age INTEGER, "
              "score FLOAT, active BOOLEAN, created_at TIMESTAMP, notes VARCHAR, PRIMARY KEY (id))",
              f"CREATE INDEX ix_{table}_name ON {table} (name)"]
        down = [f"DROP INDEX ix_{table}_name", f"-- destructive: the rows\nDROP TABLE {table}"]
        parents = [write_script(scripts, i, parents, dialect, up, down)]


def linear(bench, scale, names):
    """W2, W3 and W6: many small revisions."""
    count = int(1000 * scale)
    for dialect in ("sqlite", "duckdb"):
        root, scripts = project(bench, dialect, "linear")
        write_linear(scripts, count, dialect)

        def transactions(name, command, saved):
            direction, target = command
            each, one = f"{name} {direction} {count}, {dialect}, one each", f"{name} {direction} {count}, {dialect}, one for all"
            bench.pair(each, 1.25, bench.program(root, direction, target, *EACH),
                       bench.raw(root, dialect, direction, "data.db", scripts, "each"), bench.fresh(root, saved))
            if dialect == "sqlite":
                bench.pair(one, 1.4, bench.program(root, direction, target),
                           bench.raw(root, dialect, direction, "data.db", scripts, "one"), bench.fresh(root, saved))

        if "W2" in names:
            transactions("W2", ("upgrade", "head"), None)
        bench.fresh(root)()
        bench.run(bench.program(root, "upgrade", "head"))
        if "W3" in names and dialect == "sqlite":
            bench.pair(f"W3 nothing to do, {count}, {dialect}", 3, bench.program(root, "upgrade", "head"),
                       bench.raw(root, dialect, "nothing", "data.db", scripts))
        if "W6" in names:
            saved = root / "saved.db"
            shutil.copy(root / "data.db", saved)
            transactions("W6", ("downgrade", "base"), saved)


def linear_on_server(bench, scale, names):
    """W2 on PostgreSQL, where most of it is the server's."""
    count = int(1000 * scale)
    root, scripts = project(bench, "postgresql", "linear")
    write_linear(scripts, count, "postgresql")
    bench.pair(f"W2 upgrade {count}, postgresql", 1.15, bench.program(root, "upgrade", "head"),
               bench.raw(root, "postgresql", "upgrade", bench.server.url_of("linear"), scripts, "each"),
               bench.fresh_on_server("linear"), time="all_cpu")


def graph(bench, scale, names):
    """W4: many revisions of which every tenth begins a side line that ends five revisions later."""
    count = int(10000 * scale)
    root, scripts = project(bench, "sqlite", "graph")
    for i in range(1, count + 1):
        parents = [revision_id(i - 1)] if i > 1 else []
        if i % 10 == 3 and i > 3:
            parents = [revision_id(i - 2)]
        elif i % 10 == 6 and i > 6:
            parents = [revision_id(i - 1), revision_id(i - 4)]
        write_script(scripts, i, parents, "sqlite", ["SELECT 1"], ["SELECT 1"])
    bench.run(bench.program(root, "ensure-version"))
    bench.run(bench.program(root, "stamp", "head"))
    for command in ("heads", "history"):
        bench.pair(f"W4 {command}, {count} with merges", 3, bench.program(root, command), bench.raw(root, command, scripts))
    bench.pair(f"W4 current, {count} with merges", 3, bench.program(root, "current"),
               bench.raw(root, "sqlite", "nothing", "data.db", scripts))


def offline(bench, scale, names):
    """W7: many revisions printed as SQL."""
    count = int(5000 * scale)
    root, scripts = project(bench, "sqlite", "offline")
    write_linear(scripts, count, "sqlite")
    bench.pair(f"W7 upgrade --sql, {count}, sqlite", 3, bench.program(root, "upgrade", "head", "--sql"),
               bench.raw(root, "offline", scripts))


def check(bench, scale, names):
    """W5: a wide model, the scripts that make it and a database that has it."""
    tables = int(1000 * scale)
    kinds = ["str", "int", "float | None", "bool", "datetime | None"]
    for dialect, must in (("sqlite", 3), ("duckdb", 1.4), ("postgresql", 2)):
        root, _ = project(bench, dialect, "wide", is_named=True)
        database = "data.db"
        if dialect == "postgresql":
            database = bench.server.url_of("wide")
            bench.server.make("wide")
        (root / "features").mkdir()
        text = []
        for t in range(tables):
            columns = "\n".join(f'c{c} = {{ type = "{kinds[c % 5]}", index = {"true" if c in (1, 3) else "false"} }}'
                                for c in range(10))
            text.append(f'[features."m{t // 100}/f{t}"]\nid_columns = ["c0"]\n[features."m{t // 100}/f{t}".columns]\n{columns}\n')
        (root / "features" / "all.toml").write_text("\n".join(text))
        bench.run(bench.program(root, "revision", "--autogenerate", "-m", "all"))
        bench.run(bench.program(root, "upgrade", "head"))
        if dialect == "postgresql":
            bench.server.sql("VACUUM ANALYZE", "wide")
        raw = bench.raw(root, dialect, "check", database, root / "snapshot")
        bench.run(raw)
        bench.pair(f"W5 check, {tables} tables x 20, {dialect}", must, bench.program(root, "check"), raw, time="all_cpu")


def inserts(bench, scale, names):
    """W8: one script of 80 MB."""
    count = int(200000 * scale)
    for dialect in ("sqlite", "postgresql"):
        root, scripts = project(bench, dialect, "data")
        create = "CREATE TABLE big (a INTEGER, b VARCHAR, c DOUBLE PRECISION)"
        lines = [create, *(f"INSERT INTO big VALUES ({i}, '{'x' * 350}', {i}.5)" for i in range(count))]
        write_script(scripts, 1, [], dialect, lines, ["-- destructive: rows\nDROP TABLE big"])
        statements = root / "statements.sql"
        statements.write_text("".join(f"{line}\n" for line in lines))
        name, ours = f"W8 one script of {count} INSERTs, {dialect}", bench.program(root, "upgrade", "head")
        if dialect == "sqlite":
            bench.pair(name, 1.4, ours, bench.raw(root, dialect, "statements", "data.db", statements), bench.fresh(root))
        else:
            raw = bench.raw(root, dialect, "statements", bench.server.url_of("data"), statements)
            bench.pair(f"{name}, wall", 1.4, ours, raw, bench.fresh_on_server("data"), time="wall")


def rebuild(bench, scale, names):
    """W9: a table of a million rows changes types, so that it is copied."""
    rows = int(1_000_000 * scale)
    for dialect in ("sqlite", "duckdb"):
        root, _ = project(bench, dialect, "rebuild", is_named=True)
        (root / "features").mkdir()
        columns = {"id": "int", "a": "str", "b": "int", "c": "float", "d": "str", "e": "int"}

        def model(kinds):
            lines = "\n".join(f'{k} = {{ type = "{v}", index = {"true" if k in ("a", "b") else "false"} }}'
                              for k, v in kinds.items())
            (root / "features" / "f.toml").write_text(f'[features."v/t"]\nid_columns = ["id"]\n[features."v/t".columns]\n{lines}\n')

        model(columns)
        bench.run(bench.program(root, "revision", "--autogenerate", "-m", "a", "--rev-id", "aaaa"))
        bench.run(bench.program(root, "upgrade", "head"))
        bench.run(bench.raw(root, dialect, "fill", "data.db", fill_file(root, dialect, rows)))
        saved = root / "saved.db"
        shutil.copy(root / "data.db", saved)
        model({**columns, "e": "float", "d": "str | None"})
        bench.run(bench.program(root, "revision", "--autogenerate", "-m", "b", "--rev-id", "bbbb", "--against", "scripts"))
        bench.pair(f"W9 rebuild of {rows} rows, {dialect}", 1.1, bench.program(root, "upgrade", "head"),
                   bench.raw(root, dialect, "statements", "data.db", recipe_file(bench, root)), bench.fresh(root, saved))


def fill_file(root, dialect, rows):
    """Fills the one table with rows made by the database itself."""
    empty, stamp, source = "'{}'", "'2026'", (
        f"(WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < {rows - 1}) SELECT i FROM s)")
    if dialect == "duckdb":
        empty, stamp, source = "{'default': 'x'}", "TIMESTAMPTZ '2026-01-01 00:00:00+00'", f"range({rows}) r(i)"
    insert = (f"INSERT INTO v__t SELECT {empty}, 'p', 'v', 'q', {empty}, 'd', {stamp}, NULL, {stamp}, NULL, "
              f"i, 'name ' || i, i, i / 3.0, 'text', i FROM {source}\n")
    path = root / "fill.sql"
    path.write_text(insert + ("CHECKPOINT\n" if dialect == "duckdb" else ""))
    return path


def recipe_file(bench, root):
    """The statements of the pending script, as its author could have typed them."""
    command, directory = bench.program(root, "upgrade", "head", "--dry-run", "--format", "json")
    planned = subprocess.run(command, cwd=directory, env=bench.environment, capture_output=True, text=True, check=True)
    statements = [s["sql"] for r in json.loads(planned.stdout)["revisions"] for s in r["statements"]]
    path = root / "recipe.sql"
    path.write_text("".join(" ".join(sql.split("\n")) + "\n" for sql in statements))
    return path


def start(bench, scale, names):
    """W1: absolute figures; a library more at the start shows here."""
    for option in ("--version", "--help"):
        bench.alone(f"W1 {option}", bench.program(bench.root, option), must_ms=5, must_mib=8)


WORKLOADS = [({"W1"}, start), ({"W2", "W3", "W6"}, linear), ({"W2"}, linear_on_server), ({"W4"}, graph), ({"W5"}, check),
             ({"W7"}, offline), ({"W8"}, inserts), ({"W9"}, rebuild)]
