#!/usr/bin/env python3
"""Real failures against the real program: kill -9 and Ctrl-C at random moments, two runs at once, an error at each statement,
a full disk, a read-only file, scripts of every bad kind. After each: nothing lost, and the next run just works.

    faults.py SCENARIO DIALECT --program P --dbsql D [--rounds N] [--seed S]

Prints the seed; the same seed gives the same data and the same delays (not the same instant of the kill).
"""
import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STORE_TYPES = {"duckdb": "metaxy.ext.duckdb.DuckDBMetadataStore",
               "sqlite": "metaxy.metadata_store.sqlite.SQLiteMetadataStore"}

FIRST = """[features."video/clip"]
id_columns = ["clip_id"]
fields = ["frames", "audio"]
[features."video/clip".columns]
clip_id = "str"
path = "str"
size = "int"
score = "float | None"
tags = "list[str]"

[features."video/still"]
id_columns = ["still_id"]
[features."video/still".columns]
still_id = { type = "int", index = true }
note = "str | None"
"""
# New columns and members, a type change (a rebuild where the database cannot alter), an index.
SECOND = (FIRST.replace('size = "int"', 'size = "float"')
          .replace('"audio"]', '"audio", "text"]')
          .replace('score = "float | None"', 'score = "float | None"\nduration = { type = "float | None", index = true }')
          .replace('note = "str | None"', 'note = "str | None"\nwidth = "int | None"'))

KEPT = {"video__clip": ["clip_id", "path", "score", "tags"], "video__still": ["still_id", "note"]}


class Failed(Exception):
    pass


def require(condition, message):
    if not condition:
        raise Failed(message)


class Place:
    """A directory with a configuration, scripts and a database."""

    def __init__(self, options):
        self.options = options
        self.root = Path(tempfile.mkdtemp(prefix="faults-"))
        self.database = self.root / "data.db"
        (self.root / "features").mkdir()
        (self.root / "metaxy.toml").write_text(
            f'project = "media"\n[stores.dev]\ntype = "{STORE_TYPES[options.dialect]}"\n'
            'config = { database = "data.db" }\n[ext.migrate]\nfeatures = ["features/*.toml"]\nbackup = "never"\n')

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)

    def model(self, text):
        (self.root / "features" / "video.toml").write_text(text)

    def command(self, *arguments):
        return [self.options.program, "-n", "dev", *arguments]

    def run(self, *arguments, expect=0, **kwargs):
        result = subprocess.run(self.command(*arguments), cwd=self.root, capture_output=True, text=True, timeout=120,
                                stdin=subprocess.DEVNULL, **kwargs)
        codes = expect if isinstance(expect, tuple) else (expect,)
        require(result.returncode in codes,
                f"{' '.join(arguments)}: exit {result.returncode}, expected {expect}\n{result.stdout}{result.stderr}")
        return result

    def sql(self, text, write=False):
        result = subprocess.run([self.options.dbsql, self.options.dialect, str(self.database)] + (["--write"] if write else []),
                                input=text, capture_output=True, text=True, timeout=120)
        require(result.returncode == 0, f"{text[:200]}\n{result.stderr}")
        return result.stdout

    def rows(self):
        """What must survive: every row of the columns that both shapes have."""
        return {table: self.sql(f'SELECT {", ".join(columns)} FROM {table} ORDER BY 1')
                for table, columns in KEPT.items()}

    def heads(self):
        return self.sql("SELECT version_num FROM metaxy_migrate_version_media ORDER BY 1").split()

    def done_rows(self):
        return self.sql("SELECT action, revision FROM metaxy_migrate_log WHERE outcome = 'done' ORDER BY sequence").splitlines()

    def script(self, name, text):
        path = self.root / "migrations" / "dev" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def fill(self, generator, count):
        lists = self.options.dialect == "duckdb"
        for start in range(0, count, 500):
            clips, stills = [], []
            for i in range(start, min(count, start + 500)):
                word = generator.choice(["", "it''s", "naïve", "日本", "a\tb", "''''", "x" * 300])
                tags = f"['{word}', NULL]" if lists else f"'[\"{i}\"]'"
                score = generator.choice(["NULL", "0.5", "-1e300", "1e-300", "3"])
                size = generator.choice([0, 1, -1, 2**52, -2**52])
                member = "{'frames': 'f', 'audio': NULL}" if lists else "'{}'"
                stamp = "TIMESTAMPTZ '2026-01-01 00:00:00+00'" if lists else "'2026-01-01'"
                system = f"{member}, 'p', 'v', 'pv', {member}, 'd', {stamp}, NULL, {stamp}, NULL"
                clips.append(f"({system}, 'c{i}', '{word}{i}', {size}, {score}, {tags})")
                stills.append(f"({system.replace(member, default_member(lists))}, {i}, {generator.choice(['NULL', chr(39) * 2, chr(39) + word + chr(39)])})")
            self.sql(f"INSERT INTO video__clip VALUES {', '.join(clips)};\nINSERT INTO video__still VALUES {', '.join(stills)};", write=True)


def default_member(lists):
    return "{'default': 'x'}" if lists else "'{}'"


def prepared(options, count):
    """At the first revision, with rows, and a second one pending."""
    place = Place(options)
    place.model(FIRST)
    place.run("revision", "--autogenerate", "-m", "first", "--rev-id", "aaaaaaaaaaaa")
    place.run("upgrade", "head")
    place.fill(random.Random(options.seed), count)
    place.model(SECOND)
    place.run("revision", "--autogenerate", "-m", "second", "--rev-id", "bbbbbbbbbbbb")
    return place


def snapshot(place):
    saved = place.root / "saved.db"
    shutil.copy(place.database, saved)
    return saved


def put_back(place, saved):
    for side in place.root.glob("data.db*"):
        side.unlink()
    shutil.copy(saved, place.database)


def opens(place, generator):
    """After a kill the file opens; or a reader names `recover`, and that heals it, as does the next run that writes."""
    result = subprocess.run(place.command("status"), cwd=place.root, capture_output=True, text=True, timeout=120)
    if result.returncode != 0:
        require("recover" in result.stderr, f"the file does not open, and recover is not named:\n{result.stderr}")
        place.run(*generator.choice([["recover"], ["ensure-version"]]))
        return False
    return True


def kill(options):
    place = prepared(options, 1000)
    generator = random.Random(options.seed)
    expected = place.rows()
    saved = {"upgrade": snapshot(place)}
    start = time.monotonic()
    place.run("upgrade", "head")
    longest = time.monotonic() - start
    saved_head = place.root / "saved_head.db"
    shutil.copy(place.database, saved_head)
    saved["downgrade"] = saved_head
    counts = {"before": 0, "after": 0, "recovered": 0}
    try:
        for number in range(options.rounds):
            direction = generator.choice(["upgrade", "upgrade", "downgrade"])
            target = "head" if direction == "upgrade" else "-1"
            put_back(place, saved[direction])
            process = subprocess.Popen(place.command(direction, target), cwd=place.root, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
            time.sleep(generator.uniform(0, longest * 1.1))
            process.send_signal(signal.SIGKILL)
            process.wait()
            if not opens(place, generator):
                counts["recovered"] += 1
            require(place.rows() == expected, f"round {number}: rows changed after kill -9 of {direction}")
            begun, ended = (["aaaaaaaaaaaa"], ["bbbbbbbbbbbb"])[::1 if direction == "upgrade" else -1]
            heads = place.heads()
            require(heads in (begun, ended), f"round {number}: heads are {heads}")
            counts["after" if heads == ended else "before"] += 1
            place.run("upgrade", "head")
            place.run("check")
            require(place.rows() == expected, f"round {number}: rows changed by the run after kill -9")
    finally:
        place.close()
    print(f"{options.rounds} kills: {counts}")


def stopped(place, direction, delay, number):
    """The exit code and the words of a run that is asked to stop `delay` seconds after it began its revision, and how long it
    ran from there."""
    process = subprocess.Popen(place.command(direction, "head" if direction == "upgrade" else "-1"), cwd=place.root, text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    words = b""
    while not words.endswith(b"\n"):  # not by readline: what it reads ahead, communicate does not see
        words += os.read(process.stderr.fileno(), 1) or b"\n"
    began = time.monotonic()
    time.sleep(delay)
    process.send_signal(number)
    out, rest = process.communicate(timeout=120)
    return process.returncode, out, words.decode() + rest, time.monotonic() - began


def stop(options):
    """Ctrl-C or SIGTERM at a random moment: what the run says is what the database has."""
    place = prepared(options, 1000)
    generator = random.Random(options.seed)
    expected = place.rows()
    saved = {"upgrade": snapshot(place)}
    longest = stopped(place, "upgrade", 0, signal.SIGCONT)[3]
    saved["downgrade"] = place.root / "saved_head.db"
    shutil.copy(place.database, saved["downgrade"])
    counts = {"stopped": 0, "done": 0}
    try:
        for number in range(options.rounds):
            direction = generator.choice(["upgrade", "downgrade"])
            put_back(place, saved[direction])
            begun, ended = (["aaaaaaaaaaaa"], ["bbbbbbbbbbbb"])[::1 if direction == "upgrade" else -1]
            code, out, words, _ = stopped(place, direction, generator.random() ** 2 * longest,
                                          generator.choice([signal.SIGINT, signal.SIGTERM]))
            told = f"round {number}: {direction}, exit {code}, at {place.heads()}\n{out}{words}"
            if code in (130, 143):
                counts["stopped"] += 1
                require(place.heads() == begun and (f"the database is at {begun[0]}" in words or "nothing was run" in words), told)
            else:  # the default way to end takes over when all is done
                counts["done"] += 1
                done = "applied  b" if direction == "upgrade" else "undone   b"
                require(code <= 0 and place.heads() == ended and done in words, told)
            require(place.rows() == expected, f"{told}: rows changed")
            place.run("upgrade", "head")
            place.run("check")
    finally:
        place.close()
    print(f"{options.rounds} runs were asked to stop: {counts}")


def race(options):
    counts = []
    for number in range(options.rounds):
        place = prepared(options, 50)
        try:
            expected = place.rows()
            processes = [subprocess.Popen(place.command("upgrade", "head"), cwd=place.root, text=True,
                                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
                         for _ in range(2)]
            results = [(p.communicate(timeout=120), p.returncode) for p in processes]
            require(all(code == 0 for _, code in results), f"round {number}: {results}")
            said = sorted("applied" in out for (out, _), _ in results)
            require(said == [False, True], f"round {number}: one applies, the other finds nothing to do: {results}")
            done = place.done_rows()
            require(done == ["upgrade\taaaaaaaaaaaa", "upgrade\tbbbbbbbbbbbb"], f"round {number}: log {done}")
            require(place.rows() == expected, f"round {number}: rows changed")
            place.run("check")
            counts.append(number)
        finally:
            place.close()
    print(f"{len(counts)} races: one applied, one waited")


HEADER = '-- {message}\n--\n-- [migration]\n-- revision = "{id}"\n-- down_revision = "{down}"\n-- dialect = "{dialect}"\n\n'


def twenty_statements(options, bad):
    """A script of 20 statements of which one (from 1; 0: none) is wrong."""
    statements = [f"CREATE TABLE t{i} (a INTEGER, b VARCHAR)" if i % 2 else f"INSERT INTO t{i - 1} VALUES ({i}, 'x')"
                  for i in range(1, 21)]
    if bad:
        statements[bad - 1] = "INSERT INTO nowhere VALUES (1)"
    body = ";\n".join(statements)
    drops = "\n".join(f"-- destructive: rows of t{i}\nDROP TABLE t{i};" for i in range(19, 0, -2))
    return (HEADER.format(message="twenty", id="cccc", down="aaaaaaaaaaaa", dialect=options.dialect) +
            f"-- migrate: upgrade\n\n{body};\n\n-- migrate: downgrade\n\n{drops}\n")


def each_statement(options):
    place = prepared(options, 50)
    try:
        for script in (place.root / "migrations" / "dev").glob("*bbbb*"):
            script.unlink()
        expected, tables = place.rows(), "SELECT count(*) FROM sqlite_master WHERE name LIKE 't%'"
        for bad in range(1, 21):
            place.script("c.sql", twenty_statements(options, bad))
            result = place.run("upgrade", "head", expect=1)
            require("c.sql:" in result.stderr and "nowhere" in result.stderr, result.stderr)
            require("rolled back completely" in result.stderr, result.stderr)
            require(place.heads() == ["aaaaaaaaaaaa"] and place.rows() == expected, f"statement {bad}: something is left")
            require(place.sql(tables).strip() == "0", f"statement {bad}: tables are left")
        place.script("c.sql", twenty_statements(options, 0))
        place.run("upgrade", "head")
        require(place.sql(tables).strip() == "10", "the corrected script did not run")
        place.run("downgrade", "-1")
        require(place.sql(tables).strip() == "0", "the downgrade left tables")
        require(place.rows() == expected, "rows changed")
    finally:
        place.close()
    print("20 statements: an error at each leaves nothing behind")


def full_disk(options):
    """A limit on the size of files stands for the full disk: the write fails at the same places."""
    place = prepared(options, 1000)
    try:
        expected, saved = place.rows(), snapshot(place)
        size = saved.stat().st_size
        failures = 0
        for share in (0, 1, 10, 60, 150, 400, 1000):
            put_back(place, saved)
            limit = size + share * 4096 if share else size // 2

            def limited(limit=limit):
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

            result = subprocess.run(place.command("upgrade", "head"), cwd=place.root, capture_output=True, text=True,
                                    timeout=120, stdin=subprocess.DEVNULL, preexec_fn=limited)
            failures += result.returncode != 0
            require(result.returncode in (0, 1), f"limit {limit}: exit {result.returncode}\n{result.stderr}")
            require(result.returncode == 0 or "error:" in result.stderr, f"limit {limit}: no words\n{result.stderr}")
            opens(place, random.Random(share))
            require(place.rows() == expected, f"limit {limit}: rows changed")
            place.run("upgrade", "head")
            place.run("check")
            require(place.rows() == expected, f"limit {limit}: rows changed by the next run")
        require(failures > 0, "the limit never struck")
    finally:
        place.close()
    print(f"full disk: {failures} of 7 runs failed, nothing lost")


def read_only(options):
    place = prepared(options, 50)
    try:
        expected = place.rows()
        os.chmod(place.root, 0o755)
        for path in place.root.rglob("*"):
            os.chmod(path, 0o755 if path.is_dir() else 0o444)

        # Root without its privilege over files: it owns them, so that their modes count.
        bound = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []
        result = subprocess.run([*bound, *place.command("upgrade", "head")], cwd=place.root, capture_output=True, text=True,
                                timeout=120, stdin=subprocess.DEVNULL)
        require(result.returncode == 1 and "data.db" in result.stderr, f"exit {result.returncode}\n{result.stderr}")
        require("ermission" in result.stderr or "read-only" in result.stderr or "readonly" in result.stderr, result.stderr)
        os.chmod(place.database, 0o644)
        os.chmod(place.root, 0o555)
        result = subprocess.run([*bound, *place.command("upgrade", "head")], cwd=place.root, capture_output=True, text=True,
                                timeout=120, stdin=subprocess.DEVNULL)
        os.chmod(place.root, 0o755)
        require(result.returncode == 1 and "write permission for the" in result.stderr and "script" not in result.stderr,
                f"exit {result.returncode}\n{result.stderr}")
        require(place.rows() == expected and place.heads() == ["aaaaaaaaaaaa"], "something changed")
        place.run("upgrade", "head")
        place.run("check")
    finally:
        place.close()
    print("read-only: refused with words, nothing changed")


def bad_scripts(options):
    place = prepared(options, 50)
    try:
        expected = place.rows()
        good = HEADER.format(message="c", id="cccc", down="bbbbbbbbbbbb", dialect=options.dialect)
        bad = {
            "empty": b"",
            "binary": bytes(range(256)) * 20,
            "malformed": (good + "-- migrate: upgrade\n\nCREATE TABLE t (a INTEGER;\n").encode(),
            "unknown marker": (good + "-- migrate: upgraed\n\nSELECT 1;\n").encode(),
            "bad changes": (good + "-- migrate: upgrade\n\n-- migrate: changes\n-- {nonsense}\n").encode(),
            "no downgrade needed to upgrade, but a missing parent": good.replace("bbbbbbbbbbbb", "zzzz").encode(),
            "two for one id": good.replace('"cccc"', '"bbbbbbbbbbbb"').replace('down_revision = "bbbbbbbbbbbb"', 'down_revision = "aaaaaaaaaaaa"').encode(),
        }
        for name, content in bad.items():
            place.script("c.sql", "").write_bytes(content)
            result = place.run("upgrade", "head", expect=(1, 2, 7))
            require("error:" in result.stderr and "c.sql" in result.stderr, f"{name}: {result.stderr}")
            require(place.heads() == ["aaaaaaaaaaaa"] and place.rows() == expected, f"{name}: something changed")
        huge = place.script("c.sql", good + "-- migrate: upgrade\n\nCREATE TABLE big (a INTEGER, b VARCHAR);\n" +
                            "".join(f"INSERT INTO big VALUES ({i}, '{'y' * 2000}');\n" for i in range(5000)))
        require(huge.stat().st_size > 10_000_000, "the huge script is too small")
        place.run("upgrade", "head")
        require(place.sql("SELECT count(*) FROM big").strip() == "5000", "the huge script did not run whole")
        require(place.rows() == expected, "rows changed")
    finally:
        place.close()
    print("bad scripts: refused with words, nothing changed; a script of 10 MB runs")


SCENARIOS = {"kill": kill, "stop": stop, "race": race, "each_statement": each_statement, "full_disk": full_disk,
             "read_only": read_only, "bad_scripts": bad_scripts}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("dialect", choices=STORE_TYPES)
    parser.add_argument("--program", required=True)
    parser.add_argument("--dbsql", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"{options.scenario} {options.dialect} --seed {options.seed}", flush=True)
    try:
        SCENARIOS[options.scenario](options)
    except Failed as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
