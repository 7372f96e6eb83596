#!/usr/bin/env python3
"""Replays cases that Alembic computed through the real program on SQLite.

    replay_cases.py PROGRAM [--every N] [--jobs N] CASES.jsonl...

Each case becomes a directory with a configuration, a script a revision and a database with the version rows; the command is
typed as the case says; its steps, rows, lines and errors are compared with Alembic's. Every N-th case is taken (all kinds
of commands come around), offline ones (`--sql`) left out. The differences that are meant are those of the unit test that
replays all cases; docs/alembic.md gives the reasons.
"""
import argparse
import json
import re
import shlex
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CONFIG = """project = "replay"
[stores.dev]
type = "metaxy.metadata_store.sqlite.SQLiteMetadataStore"
config = { database = "dev.db" }
[ext.migrate]
version_table = "alembic_version"
"""
MIGRATIONS = Path("migrations/dev")
ID = re.compile(r"[A-Za-z0-9_.]+")
BELOW_BASE = re.compile(r"(^|[@:])base-\d*[1-9]")
RESERVED = ("head", "heads", "base", "current")
# The part of Alembic's message that ours keeps.
BEGINNINGS = (
    "Multiple heads are present", "Multiple head revisions are present", "Ambiguous walk", "Walked too far",
    "Not a valid downgrade target from current heads", "Duplicate head revisions specified", "Dependency cycle is detected",
    "Dependency self-loop is detected", "Self-loop is detected", "Cycle is detected", "Branch name ",
    "Database is not on all head revisions")
MIDDLES = (" is not a head revision", " overlaps with other requested revisions")
RANGE = "does not refer to ancestor/descendant revisions"


def script_text(revision):
    down = revision.get("down", [])
    lines = ["-- rev " + revision["id"], "--", "-- [migration]", "-- revision = " + json.dumps(revision["id"]),
             "-- down_revision = " + json.dumps(down[0] if len(down) == 1 else down or ""), '-- dialect = "sqlite"']
    for key, name in (("labels", "branch_labels"), ("depends_on", "depends_on")):
        if revision.get(key):
            lines.append(f"-- {name} = " + json.dumps(revision[key]))
    return "\n".join(lines) + "\n\n-- migrate: upgrade\n\n-- migrate: downgrade\n"


def set_up(root, case):
    (root / MIGRATIONS).mkdir(parents=True)
    (root / "metaxy.toml").write_text(CONFIG)
    for number, revision in enumerate(case["revisions"]):
        (root / MIGRATIONS / f"{number:04}.sql").write_text(script_text(revision))
    database = sqlite3.connect(root / "dev.db")
    with database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
                         "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))")
        database.executemany("INSERT INTO alembic_version VALUES (?)", [(row,) for row in case.get("current", [])])
    database.close()


def listed(value):
    return [value] if isinstance(value, str) else list(value or [])


def arguments_of(case):
    command, target, options = case["command"], case.get("target", ""), case.get("options", {})
    if command in ("upgrade", "downgrade"):
        return [command, target, "--format", "json"]
    if command == "stamp":
        return ["stamp", *case.get("targets", [target]), "--format", "json"] + ["--purge"] * bool(options.get("purge"))
    if command == "history":
        return ["history", "--format", "alembic", *(["-r", target] if target else [])] + \
            ["-i"] * bool(options.get("indicate_current"))
    if command == "show":
        return ["show", target, "--format", "json"]
    if command in ("revision", "merge"):
        words = [command, "--format", "json", "--rev-id", options.get("rev_id", "newrev000000")]
        words += options["revisions"] if command == "merge" else [f"--head={h}" for h in listed(options.get("head"))]
        words += [f"--depends-on={one}" for one in listed(options.get("depends_on"))]
        words += [f"--branch-label={one}" for one in listed(options.get("branch_label"))]
        return words + ["--splice"] * bool(options.get("splice"))
    flags = {"resolve_dependencies": "--resolve-dependencies", "check_heads": "--check-heads"}
    return [command, "--format", "alembic"] + [flags[key] for key in flags if options.get(key)]


def rows_of(root):
    database = sqlite3.connect(root / "dev.db")
    rows = sorted(row[0] for row in database.execute("SELECT version_num FROM alembic_version"))
    database.close()
    return rows


def written_revision(root, file):
    header = [line[3:] for line in (root / file).read_text().splitlines() if line.startswith("-- ")]
    header = header[header.index("[migration]") + 1:]
    values = tomllib.loads("\n".join(line for line in header if not line.startswith("migrate:")))
    return {"id": values["revision"], "down": [one for one in listed(values["down_revision"]) if one],
            "depends_on": values.get("depends_on", []), "labels": values.get("branch_labels", [])}


def with_sorted_lists(line):
    return re.sub(r"\(([^)]*)\)", lambda m: "(%s)" % ", ".join(sorted(m[1].split(", "))), line)


def comparable(lines, expect):
    lines = [line.rstrip() for line in lines if line.strip()]
    if expect.get("label_lists_order_free"):
        lines = [with_sorted_lists(line) for line in lines]
    return sorted(lines) if expect.get("lines_order_free") else lines


def needs_of(revisions):
    owner = {label: r["id"] for r in revisions for label in r.get("labels", [])}
    return {r["id"]: r.get("down", []) + [owner.get(d, d) for d in r.get("depends_on", [])] for r in revisions}


def steps_difference(case, found):
    expect = case["expect"]
    if "steps_set" not in expect:
        return "" if found == expect["steps"] else f"steps {found} instead of {expect['steps']}"
    if sorted(found) != sorted(expect["steps_set"]):
        return f"steps {found} instead of {expect['steps_set']}"
    order = [step[1] for step in found]
    wrong = [pair for pair in expect["constraints"] if order.index(pair[0]) > order.index(pair[1])]
    return f"wrong order of {wrong}" if wrong else ""


def listing_difference(expect, lines):
    wanted, found = comparable(expect["lines"], expect), comparable(lines, expect)
    return "" if wanted == found else f"lines {found} instead of {wanted}"


def difference(case, root, result):
    """What the program did against what Alembic did."""
    expect, command = case["expect"], case["command"]
    if command == "show":
        found = [one["revision"] for one in json.loads(result.stdout)["revisions"]]
        return "" if found == expect["ids"] else f"ids {found} instead of {expect['ids']}"
    if command in ("revision", "merge"):
        found = written_revision(root, json.loads(result.stdout)["written"][0]["file"])
        return "" if found == expect["generated"] else f"generated {found} instead of {expect['generated']}"
    if command not in ("upgrade", "downgrade", "stamp"):
        return listing_difference(expect, result.stdout.splitlines())
    rows = rows_of(root)
    if expect.get("non_minimal_heads"):
        return "" if rows == expect["minimal_heads"] else f"rows {rows} instead of the minimal {expect['minimal_heads']}"
    report = json.loads(result.stdout)
    if command == "stamp":
        found = [["stamp", step["from"], step["to"]] for step in report["steps"]]
    else:
        found = [[command, step["revision"]] for step in report["revisions"]]
    problem = steps_difference(case, found)
    if not problem and rows != expect["final_heads"]:
        problem = f"rows {rows} instead of {expect['final_heads']}"
    ambiguous = any("is ambiguous" in text for text in expect.get("warnings", []))
    if not problem and ambiguous != ("is ambiguous" in result.stderr):
        problem = "the warning of an ambiguous downgrade differs"
    return problem


def key_words(message):
    if message in ("Range revision not allowed", "Can't use --purge with --sql mode"):
        return ""
    for beginning in BEGINNINGS:
        if message.startswith(beginning):
            return beginning
    for middle in MIDDLES:
        if middle in message:
            return message[:message.index(middle) + len(middle)]
    return RANGE if RANGE in message else message


def plain(text):
    return text.lower().replace("'", "").replace('"', "")


def error_difference(case, root, result):
    expect = case["expect"]
    if result.returncode == 0:
        return f"no error instead of: {expect['message']}"
    if result.returncode not in (2, 7, 9):
        return f"exit {result.returncode}: {result.stderr}"
    if rows_of(root) != sorted(case.get("current", [])):
        return "an error that changed the rows"
    if expect.get("internal") or deviation(case):
        return ""
    wanted, found = plain(key_words(expect["message"])), plain(result.stderr)
    is_walk = expect["message"] == "Duplicate head revisions specified" and "walks too far" in found
    return "" if wanted in found or is_walk else f"message without '{wanted}': {result.stderr}"


def deviation(case):
    """Why ours may differ: see docs/alembic.md."""
    ids = [revision["id"] for revision in case["revisions"]]
    new_id = case.get("options", {}).get("rev_id", "")
    if len(set(ids)) != len(ids):
        return "one id in two files"
    if any(not ID.fullmatch(one) or one in RESERVED for one in ids):
        return "an id that is no id here"
    if BELOW_BASE.search(case.get("target", "")):
        return "nothing lies below the base"
    if case.get("odd_current"):
        return "rows that no finished run leaves"
    if new_id and (new_id in ids or not ID.fullmatch(new_id) or new_id in RESERVED):
        return "a new id that is taken or no id"
    return ""


def replay(program, case):
    with tempfile.TemporaryDirectory(prefix="replay-") as folder:
        root = Path(folder)
        set_up(root, case)
        words = arguments_of(case)
        result = subprocess.run([program, "-n", "dev", *words], cwd=root, capture_output=True, text=True, timeout=60,
                                env={"HOME": folder, "PATH": "/usr/bin:/bin", "USER": "tester"}, stdin=subprocess.DEVNULL)
        if "error" in case["expect"]:
            problem = error_difference(case, root, result)
        elif result.returncode:
            problem = f"exit {result.returncode}: {result.stderr}"
        else:
            problem = difference(case, root, result)
    return problem, shlex.join(words)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path)
    parser.add_argument("cases", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    program = str(arguments.program.resolve())
    cases = [json.loads(line) for file in arguments.cases for line in file.read_text().splitlines()]
    cases = [case for case in cases if not case.get("options", {}).get("sql")][::arguments.every]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        verdicts = list(pool.map(lambda case: replay(program, case), cases))
    wrong, meant = 0, 0
    for case, (problem, words) in zip(cases, verdicts):
        meant += bool(problem and deviation(case))
        if problem and not deviation(case):
            wrong += 1
            print(f"{case['id']}: metaxy-migrate {words}: {problem}", file=sys.stderr)
    print(f"{len(cases)} cases: {len(cases) - wrong - meant} as Alembic, {meant} different on purpose, {wrong} wrong")
    return 1 if wrong or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
