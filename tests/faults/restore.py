#!/usr/bin/env python3
"""`restore` while others have the database open, on a full disk, in a folder without permission, and killed.

    restore.py DIALECT --program P --dbsql D [--rounds N] [--seed S]

Afterwards the database holds what it held or what the backup holds, and the next `restore` works.
"""
import argparse
import fcntl
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

from faults import STORE_TYPES, Failed, Place, require

HEADER = '-- {id}\n--\n-- [migration]\n-- revision = "{id}"\n-- down_revision = "{down}"\n-- dialect = "{dialect}"\n\n-- migrate: upgrade\n\n'


def prepared(options, rows=20000):
    """At `bbbb`, which emptied the table, with a backup from before."""
    place = Place(options)
    numbers = (f"SELECT range AS a, repeat('x', 100) AS b FROM range({rows})" if options.dialect == "duckdb" else
               f"WITH RECURSIVE n(a) AS (SELECT 0 UNION ALL SELECT a + 1 FROM n WHERE a < {rows - 1}) SELECT a, hex(zeroblob(50)) AS b FROM n")
    place.script("a.sql", HEADER.format(id="aaaa", down="", dialect=options.dialect) + f"CREATE TABLE t AS {numbers};\n")
    place.script("b.sql", HEADER.format(id="bbbb", down="aaaa", dialect=options.dialect) +
                 "-- destructive: all of it\nDELETE FROM t;\nINSERT INTO t VALUES (7, 'new');\n")
    place.run("upgrade", "aaaa")
    place.run("upgrade", "head", "--backup", "always")
    place.old, place.new = ["aaaa", str(rows)], ["bbbb", "1"]
    require(content(place) == place.new, f"{content(place)}")
    return place


def content(place):
    return place.heads() + place.sql("SELECT count(*) FROM t").split()


def leftovers(place):
    return sorted(path.name for path in place.root.glob("data.db.*") if ".backup-" not in path.name)


def restore(place, *arguments, expect=0, **kwargs):
    return place.run("restore", "--yes", "--lock-wait", "200ms", *arguments, expect=expect, **kwargs)


def others(place):
    """Who has the database open is waited for, and then sees the backup."""
    if place.options.dialect == "duckdb":
        with open(place.database, "r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX)
            result = restore(place, expect=6)
        require("is held by" in result.stderr, result.stderr)
        require(leftovers(place) == [], f"left: {leftovers(place)}")
        return
    for mode in ("delete", "wal"):
        other = sqlite3.connect(place.database, isolation_level=None, timeout=0)
        other.execute(f"PRAGMA journal_mode = {mode}")
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO t VALUES (8, 'not lost')")
        result = restore(place, expect=6)
        require("is locked by" in result.stderr, result.stderr)
        require(not any(".before-restore" in name for name in leftovers(place)), f"left: {leftovers(place)}")
        other.execute("COMMIT")
        require(other.execute("SELECT count(*) FROM t").fetchall() == [(2,)], "what the other wrote is lost")
        if mode == "wal":
            # A connection holds a share of the log as long as it is open.
            restore(place, expect=6)
            other.close()
        restore(place)
        if mode == "delete":
            require(other.execute("SELECT count(*) FROM t").fetchall() == [(int(place.old[1]),)],
                    "an open connection does not see the backup")
            other.close()
        require(content(place) == place.old, f"{mode}: {content(place)}")
        kept = next(place.root.glob("data.db.before-restore-*"))
        require(sqlite3.connect(kept).execute("SELECT b FROM t").fetchall() == [("new",), ("not lost",)],
                f"{mode}: what was replaced is not kept whole")
        kept.unlink()
        place.run("upgrade", "head", "--backup", "always")


def full_disk(place):
    size = place.database.stat().st_size
    for limit in (0, 4096, size // 2):
        def limited(limit=limit):
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        result = restore(place, expect=1, preexec_fn=limited)
        require("error: " in result.stderr and "the database is as it was" in result.stderr, f"limit {limit}:\n{result.stderr}")
        require(leftovers(place) == [], f"limit {limit}: left {leftovers(place)}")
        require(content(place) == place.new, f"limit {limit}: changed to {content(place)}")


def no_permission(place):
    # Root without its privilege over files: it owns them, so that their modes count.
    bound = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    os.chmod(place.root, 0o555)
    result = subprocess.run([*bound, *place.command("restore", "--yes")], cwd=place.root, capture_output=True, text=True,
                            timeout=60, stdin=subprocess.DEVNULL)
    os.chmod(place.root, 0o755)
    require(result.returncode == 1, f"exit {result.returncode}\n{result.stderr}")
    require("error: " in result.stderr and "the database is as it was" in result.stderr, result.stderr)
    require(leftovers(place) == [], f"left: {leftovers(place)}")
    require(content(place) == place.new, f"changed to {content(place)}")


def killed(place):
    generator = random.Random(place.options.seed)
    saved = place.root / "saved"
    shutil.copy(place.database, saved)
    start = time.monotonic()
    restore(place)
    longest = time.monotonic() - start
    seen = {"old": 0, "new": 0, "unfinished": 0}
    for number in range(place.options.rounds):
        for path in [place.root / name for name in leftovers(place)] + list(place.root.glob("data.db-*")):
            path.unlink()
        shutil.copy(saved, place.database)
        process = subprocess.Popen(place.command("restore", "--yes"), cwd=place.root, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        time.sleep(generator.uniform(0, longest))
        process.send_signal(signal.SIGKILL)
        process.wait()
        status = place.run("status", expect=(0, 1))
        if status.returncode == 1:
            require("`restore` again" in status.stderr, status.stderr)
            seen["unfinished"] += 1
        else:
            found = content(place)
            require(found in (place.old, place.new), f"round {number}: {found}")
            seen["old" if found == place.new else "new"] += 1
        restore(place)
        require(content(place) == place.old, f"round {number}: the next restore did not work: {content(place)}")
    print(f"{place.options.rounds} kills: {seen}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dialect", choices=STORE_TYPES)
    parser.add_argument("--program", required=True)
    parser.add_argument("--dbsql", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"{options.dialect} --seed {options.seed}", flush=True)
    try:
        for scenario in (others, full_disk, no_permission, killed):
            place = prepared(options)
            try:
                scenario(place)
            finally:
                place.close()
    except Failed as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
