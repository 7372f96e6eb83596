#!/usr/bin/env python3
"""Ctrl-C and SIGTERM while a statement runs that takes long, once and twice: the exit code, the words, nothing lost, and the
next run works.

    interrupt.py DIALECT --program P --dbsql D
"""
import argparse
import signal
import subprocess
import sys
import time

from faults import STORE_TYPES, Failed, Place, require

HEADER = '-- {id}\n--\n-- [migration]\n-- revision = "{id}"\n-- down_revision = "{down}"\n-- dialect = "{dialect}"\n\n'
LONG = {"sqlite": "CREATE TABLE two AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n;",
        "duckdb": "CREATE TABLE two AS SELECT count(*) AS c FROM range(100000000) a, range(100000000) b WHERE a.range + b.range > 5;"}
FIRST = """-- migrate: upgrade
CREATE TABLE one (a INTEGER);
INSERT INTO one VALUES (1);

-- migrate: downgrade
-- destructive: rows of one
DROP TABLE one;
"""
DOWN = """
-- migrate: downgrade
-- destructive: rows of two
DROP TABLE two;
-- destructive: the new rows of one
DELETE FROM one WHERE a > 1;
"""


def second(before):
    """`before` runs first; then a statement that never ends."""
    return f"-- migrate: upgrade{before}@\n{DOWN}"


def interrupted(place, *signals, options=()):
    """The exit code, as a shell says it, and the words of an upgrade that gets these signals during the long statement."""
    process = subprocess.Popen(place.command("-v", "upgrade", "head", *options), cwd=place.root, text=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    words = ""
    for line in process.stderr:
        words += line
        if "TABLE two" in line or "the long one" in line:
            break
    time.sleep(0.2)
    for number in signals:
        process.send_signal(number)
        time.sleep(0.02)  # two of the same kind are one while the first is not taken
    out, rest = process.communicate(timeout=30)
    words += rest
    require(out == "", f"stdout: {out}")
    # A second signal that comes when the run has just ended kills as in any program.
    return process.returncode if process.returncode >= 0 else 128 - process.returncode, words


def expect(place, what, found, code, *parts):
    returncode, words = found
    require(returncode == code, f"{what}: exit {returncode}, expected {code}\n{words}")
    for part in parts:
        require(part in words, f"{what}: lacks '{part}':\n{words}")


def finish(place, what, command, rows):
    """The script corrected, the command carries on from where the database is."""
    script = place.root / "migrations" / "dev" / "b.sql"
    script.write_text(script.read_text().replace(LONG[place.options.dialect], "CREATE TABLE two (c INTEGER);"))
    status = place.run("status").stdout
    require("cut off" not in status, f"{what}: {status}")
    place.run(*command)
    require(place.heads() == ["bbbb"], f"{what}: {place.heads()}")
    require(place.sql("SELECT a FROM one ORDER BY 1").split() == rows, f"{what}: rows")
    place.run("check", expect=3)
    place.run("downgrade", "aaaa")
    require(place.sql("SELECT a FROM one ORDER BY 1").split() == ["1"], f"{what}: rows after the downgrade")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dialect", choices=STORE_TYPES)
    parser.add_argument("--program", required=True)
    parser.add_argument("--dbsql", required=True)
    options = parser.parse_args()
    place = Place(options)
    header = {id: HEADER.format(id=id, down=down, dialect=options.dialect) for id, down in (("aaaa", ""), ("bbbb", "aaaa"))}
    try:
        place.script("a.sql", header["aaaa"] + FIRST)
        place.run("upgrade", "head")

        def script(before):
            place.script("b.sql", header["bbbb"] + second(before).replace("@", "\n-- the long one\n" + LONG[options.dialect]))

        inside = "\nINSERT INTO one VALUES (2);"
        rolled_back = ["the upgrade of revision 'bbbb' was interrupted", "b.sql:", "the database is at aaaa",
                       "rolled back completely", "= help: run again: `metaxy-migrate -n dev upgrade ...`"]
        for what, signals, code, parts in [("Ctrl-C", [signal.SIGINT], 130, rolled_back),
                                           ("SIGTERM", [signal.SIGTERM], 143, rolled_back),
                                           ("Ctrl-C twice", [signal.SIGINT, signal.SIGINT], 130, []),
                                           ("SIGTERM twice", [signal.SIGTERM, signal.SIGTERM], 143, []),
                                           ("both", [signal.SIGINT, signal.SIGTERM], (130, 143), [])]:
            script(inside)
            found = interrupted(place, *signals)
            if isinstance(code, tuple):
                require(found[0] in code, f"{what}: exit {found[0]}\n{found[1]}")
                code = found[0]
            expect(place, what, found, code, *parts)
            require(place.heads() == ["aaaa"], f"{what}: {place.heads()}")
            require(place.sql("SELECT a FROM one").split() == ["1"], f"{what}: something is left")
            finish(place, what, ["upgrade", "head"], ["1", "2"])

        # Its copy of the file is made before: DuckDB starts its threads for it.
        script("\nUPDATE one SET a = 1 WHERE a = 1;" + inside)
        found = interrupted(place, signal.SIGTERM, options=["--backup", "always"])
        expect(place, "with a backup", found, 143, "backup: ", *rolled_back)
        finish(place, "with a backup", ["upgrade", "head"], ["1", "2"])

        script(" transaction=off")
        expect(place, "alone", interrupted(place, signal.SIGINT), 130, *rolled_back)
        finish(place, "alone", ["upgrade", "head"], ["1"])
        for what, before in [("alone, behind another", " transaction=off" + inside),
                             ("in the second section", inside + "\n-- migrate: upgrade" +
                              (" transaction=off" if options.dialect == "sqlite" else ""))]:
            script(before)
            expect(place, what, interrupted(place, signal.SIGINT), 8, "the upgrade of revision 'bbbb' was interrupted",
                   "revision 'bbbb' is partly done", "= help: carry it on: `metaxy-migrate -n dev resume`")
            finish(place, what, ["resume"], ["1", "2"])
    except Failed as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)
    finally:
        place.close()
    print("interrupted in 9 ways: rolled back or told, and carried on")


if __name__ == "__main__":
    main()
