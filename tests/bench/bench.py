#!/usr/bin/env python3
"""Measures the program against the raw C library of the database: the same statements, the same transactions, in one run, in turn.

    bench.py --program P --raw R --duckdb LIBRARY [--only W2] [--runs 5] [--scale 1.0]

Prints medians of both and the median of the pairwise ratios: CPU (user + system of the whole process) where wall time is noise.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TYPES = {"duckdb": "metaxy.ext.duckdb.DuckDBMetadataStore", "sqlite": "metaxy.metadata_store.sqlite.SQLiteMetadataStore"}


def measure(command, cwd, environment):
    """Wall seconds, CPU seconds, peak MiB of one run."""
    start = time.monotonic()
    process = subprocess.Popen(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):
        sys.exit(f"{' '.join(map(str, command))}: exit {process.returncode}\n{errors.decode()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


class Bench:
    def __init__(self, options):
        self.options = options
        self.root = Path(tempfile.mkdtemp(prefix="bench-", dir=options.directory))
        self.environment = {**os.environ, "METAXY_MIGRATE_DUCKDB_LIBRARY": options.duckdb}
        self.lines = []

    def pair(self, name, must, ours, raw, prepare=lambda: None, by="cpu"):
        """`prepare` runs before each of the two, unmeasured."""
        index = {"wall": 0, "cpu": 1}[by]
        mine, theirs, ratios, memory = [], [], [], 0
        for _ in range(self.options.runs):
            prepare()
            a = measure(*ours, self.environment)
            prepare()
            b = measure(*raw, self.environment)
            mine.append(a[index])
            theirs.append(b[index])
            ratios.append(a[index] / b[index])
            memory = max(memory, a[2])
        ratio = statistics.median(ratios)
        self.lines.append((name, by, statistics.median(mine), statistics.median(theirs), ratio, must, memory))
        print(f"{name:44} {by:4} {statistics.median(mine) * 1000:9.1f} ms  raw {statistics.median(theirs) * 1000:9.1f} ms  "
              f"x{ratio:5.2f} (must {must})  {memory:6.1f} MiB {'' if ratio <= must else '  <-- above'}", flush=True)

    def project(self, dialect, name, project=None):
        root = self.root / f"{name}-{dialect}"
        (root / "migrations" / "dev").mkdir(parents=True)
        head = f'project = "{project}"\n' if project else ""
        (root / "metaxy.toml").write_text(
            f'{head}[stores.dev]\ntype = "{TYPES[dialect]}"\nconfig = {{ database = "data.db" }}\n'
            '[ext.migrate]\nbackup = "never"\nfeatures = ["features/*.toml"]\n')
        return root

    def program(self, root, *arguments):
        return ([self.options.program, "-q", *arguments], root)

    def raw(self, root, *arguments):
        return ([self.options.raw, *map(str, arguments)], root)

    def fresh(self, root, saved=None):
        def prepare():
            for path in root.glob("data.db*"):
                path.unlink()
            if saved:
                shutil.copy(saved, root / "data.db")
        return prepare


def header(revision, parent, dialect):
    return (f'-- revision {revision}\n--\n-- [migration]\n-- revision = "{revision}"\n-- down_revision = "{parent}"\n'
            f'-- created = 2026-01-01T00:00:00Z\n-- dialect = "{dialect}"\n\n')


def revision_id(number):
    return f"{number * 2654435761 % (1 << 48):012x}"


def statements_of(i):
    up = [f"CREATE TABLE t_{i:05d} (id INTEGER NOT NULL, name VARCHAR(50) NOT NULL, email VARCHAR(120), age INTEGER, "
          "score FLOAT, active BOOLEAN, created_at TIMESTAMP, notes VARCHAR, PRIMARY KEY (id))",
          f"CREATE INDEX ix_t_{i:05d}_name ON t_{i:05d} (name)"]
    down = [f"DROP INDEX ix_t_{i:05d}_name", f"DROP TABLE t_{i:05d}"]
    return up, down


def write_linear(root, count, dialect):
    """`count` revisions; returns the raw statements of upgrade and downgrade, one list a revision."""
    ups, downs, parent = [], [], ""
    for i in range(count):
        up, down = statements_of(i)
        current = revision_id(i + 1)
        (root / "migrations" / "dev" / f"{i:06d}_{current}.sql").write_text(
            header(current, parent, dialect) + "-- migrate: upgrade\n\n" + ";\n".join(up) + ";\n\n-- migrate: downgrade\n\n" +
            f"{down[0]};\n-- destructive: the rows\n{down[1]};\n")
        version = (f"UPDATE metaxy_migrate_version SET version_num = '{current}' WHERE version_num = '{parent}'" if parent
                   else f"INSERT INTO metaxy_migrate_version VALUES ('{current}')")
        back = (f"UPDATE metaxy_migrate_version SET version_num = '{parent}' WHERE version_num = '{current}'" if parent
                else f"DELETE FROM metaxy_migrate_version WHERE version_num = '{current}'")
        ups.append([*up, version])
        downs.append([*down, back])
        parent = current
    return ups, downs[::-1]


def raw_file(path, groups, one_transaction, create_version=True):
    lines = ["CREATE TABLE IF NOT EXISTS metaxy_migrate_version (version_num VARCHAR NOT NULL)"] if create_version else []
    if one_transaction:
        lines += ["BEGIN", *(line for group in groups for line in group), "COMMIT"]
    else:
        for group in groups:
            lines += ["BEGIN", *group, "COMMIT"]
    path.write_text("\n".join(lines) + "\n")
    return path


def w1(bench):
    wall = [measure([bench.options.program, "--version"], "/", bench.environment) for _ in range(20)]
    print(f"{'W1 --version':44} wall {statistics.median(w[0] for w in wall) * 1000:9.2f} ms (must 5)  "
          f"{max(w[2] for w in wall):6.1f} MiB (must 8)", flush=True)


def w2_w3_w6(bench):
    count = int(1000 * bench.options.scale)
    for dialect in ("sqlite", "duckdb"):
        root = bench.project(dialect, "linear")
        ups, downs = write_linear(root, count, dialect)
        each = raw_file(root / "up_each.sql", ups, False)
        bench.pair(f"W2 upgrade {count}, {dialect}, one each", 1.25, bench.program(root, "upgrade", "head", "--transaction", "per-revision"),
                   bench.raw(root, dialect, "run", "data.db", each), bench.fresh(root), "cpu" if dialect == "sqlite" else "wall")
        if dialect == "sqlite":
            one = raw_file(root / "up_one.sql", ups, True)
            bench.pair(f"W2 upgrade {count}, {dialect}, one for all", 1.4, bench.program(root, "upgrade", "head"),
                       bench.raw(root, dialect, "run", "data.db", one), bench.fresh(root))
        bench.fresh(root)()
        measure(*bench.program(root, "upgrade", "head"), bench.environment)
        saved = root / "saved.db"
        shutil.copy(root / "data.db", saved)
        if dialect == "sqlite":
            bench.pair(f"W3 nothing to do, {count}, {dialect}", 3, bench.program(root, "upgrade", "head"),
                       bench.raw(root, dialect, "noop", "data.db", root / "migrations" / "dev"))
        down = raw_file(root / "down_each.sql", downs, False)
        bench.pair(f"W6 downgrade {count}, {dialect}, one each", 1.25,
                   bench.program(root, "downgrade", "base", "--transaction", "per-revision"),
                   bench.raw(root, dialect, "run", "data.db", down), bench.fresh(root, saved), "cpu" if dialect == "sqlite" else "wall")


def w4(bench):
    count = int(10000 * bench.options.scale)
    root = bench.project("sqlite", "graph")
    parents = [""]
    for i in range(count):
        current = revision_id(i + 1)
        # Every tenth revision begins a side line, which the fifth one behind it merges.
        down = f'"{parents[-1]}"' if parents[-1] or i == 0 else '""'
        if i % 10 == 5 and i > 5:
            down = f'["{revision_id(i)}", "{revision_id(i - 4)}"]'
        elif i % 10 == 2 and i > 2:
            down = f'"{revision_id(i - 1)}"'
        elif i > 0:
            down = f'"{revision_id(i)}"'
        text = header(current, "", "sqlite").replace('down_revision = ""', f"down_revision = {down}")
        (root / "migrations" / "dev" / f"{i:06d}_{current}.sql").write_text(text + "-- migrate: upgrade\n\nSELECT 1;\n")
        parents.append(current)
    for command in ("heads", "history", "current"):
        bench.pair(f"W4 {command}, {count} with merges", 3, bench.program(root, command),
                   bench.raw(root, "files", root / "migrations" / "dev"))


def w5(bench):
    tables = int(1000 * bench.options.scale)
    kinds = ["str", "int", "float | None", "bool", "datetime | None"]
    for dialect, must in (("sqlite", 3), ("duckdb", 1.4)):
        root = bench.project(dialect, "wide", project="p")
        (root / "features").mkdir()
        text = []
        for t in range(tables):
            columns = "\n".join(f'c{c} = {{ type = "{kinds[c % 5]}", index = {"true" if c in (1, 3) else "false"} }}' for c in range(10))
            text.append(f'[features."m{t // 100}/f{t}"]\nid_columns = ["c0"]\n[features."m{t // 100}/f{t}".columns]\n{columns}\n')
        (root / "features" / "all.toml").write_text("\n".join(text))
        measure(*bench.program(root, "revision", "--autogenerate", "-m", "all"), bench.environment)
        measure(*bench.program(root, "upgrade", "head"), bench.environment)
        bench.pair(f"W5 check, {tables} tables x 20, {dialect}", must, bench.program(root, "check"),
                   bench.raw(root, dialect, "catalog", "data.db"))


def w8(bench):
    count = int(200000 * bench.options.scale)
    root = bench.project("sqlite", "data")
    inserts = [f"INSERT INTO big VALUES ({i}, '{'x' * 350}', {i}.5)" for i in range(count)]
    body = "CREATE TABLE big (a INTEGER, b VARCHAR, c DOUBLE);\n" + ";\n".join(inserts) + ";\n"
    (root / "migrations" / "dev" / "1.sql").write_text(
        header("aaaa", "", "sqlite") + "-- migrate: upgrade\n\n" + body + "\n-- migrate: downgrade\n\n-- destructive: rows\nDROP TABLE big;\n")
    lines = raw_file(root / "raw.sql", [["CREATE TABLE big (a INTEGER, b VARCHAR, c DOUBLE)", *inserts]], True)
    bench.pair(f"W8 one script of {count} INSERTs, sqlite", 1.4, bench.program(root, "upgrade", "head"),
               bench.raw(root, "sqlite", "run", "data.db", lines), bench.fresh(root))


def w9(bench):
    rows = int(1_000_000 * bench.options.scale)
    for dialect in ("sqlite", "duckdb"):
        root = bench.project(dialect, "rebuild", project="p")
        (root / "features").mkdir()
        feature = root / "features" / "f.toml"
        columns = {"id": "int", "a": "str", "b": "int", "c": "float", "d": "str", "e": "int"}

        def model(kinds):
            lines = "\n".join(f'{k} = {{ type = "{v}", index = {"true" if k in ("a", "b") else "false"} }}' for k, v in kinds.items())
            feature.write_text(f'[features."v/t"]\nid_columns = ["id"]\n[features."v/t".columns]\n{lines}\n')

        model(columns)
        measure(*bench.program(root, "revision", "--autogenerate", "-m", "a", "--rev-id", "aaaa"), bench.environment)
        measure(*bench.program(root, "upgrade", "head"), bench.environment)
        empty = "{'default': 'x'}" if dialect == "duckdb" else "'{}'"
        stamp = "TIMESTAMPTZ '2026-01-01 00:00:00+00'" if dialect == "duckdb" else "'2026'"
        source = f"range({rows}) r(i)" if dialect == "duckdb" else (
            f"(WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < {rows - 1}) SELECT i FROM s)")
        fill = root / "fill.sql"
        fill.write_text(f"INSERT INTO v__t SELECT {empty}, 'p', 'v', 'q', {empty}, 'd', {stamp}, NULL, {stamp}, NULL, "
                        f"i, 'name ' || i, i, i / 3.0, 'text', i FROM {source}\n" +
                        ("CHECKPOINT\n" if dialect == "duckdb" else ""))
        measure(*bench.raw(root, dialect, "run", "data.db", fill), bench.environment)
        saved = root / "saved.db"
        shutil.copy(root / "data.db", saved)
        model({**columns, "e": "float", "d": "str | None"})
        measure(*bench.program(root, "revision", "--autogenerate", "-m", "b", "--rev-id", "bbbb", "--against", "scripts"),
                bench.environment)
        dry = subprocess.run([bench.options.program, "-q", "upgrade", "head", "--dry-run", "--format", "json"], cwd=root,
                             env=bench.environment, capture_output=True, text=True, check=True)
        import json
        statements = [" ".join(s["sql"].split("\n")) for r in json.loads(dry.stdout)["revisions"] for s in r["statements"]]
        before = ["SET checkpoint_threshold = '0b'"] if dialect == "duckdb" else []
        lines = root / "raw.sql"
        lines.write_text("\n".join([*before, "BEGIN", *statements, "COMMIT"]) + "\n")
        bench.pair(f"W9 rebuild of {rows} rows, {dialect}", 1.1, bench.program(root, "upgrade", "head"),
                   bench.raw(root, dialect, "run", "data.db", lines), bench.fresh(root, saved),
                   "cpu" if dialect == "sqlite" else "wall")


WORKLOADS = {"W1": w1, "W2": w2_w3_w6, "W4": w4, "W5": w5, "W8": w8, "W9": w9}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--raw", required=True)
    parser.add_argument("--duckdb", required=True)
    parser.add_argument("--only", action="append", choices=WORKLOADS)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--directory", help="where databases are made; a real disk")
    options = parser.parse_args()
    for name, workload in WORKLOADS.items():
        if not options.only or name in options.only:
            bench = Bench(options)
            try:
                workload(bench)
            finally:
                shutil.rmtree(bench.root, ignore_errors=True)


if __name__ == "__main__":
    main()
