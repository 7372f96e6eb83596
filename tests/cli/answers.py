#!/usr/bin/env python3
"""What is asked on a terminal where data is at stake, and what each answer does.

    answers.py PROGRAM
"""
import os
import pty
import subprocess
import sys
import tempfile
from pathlib import Path

from pseudo_terminal import everything_from
from session import environment_for, settled

CONFIG = """project = "media"
[stores.dev]
type = "metaxy.metadata_store.sqlite.SQLiteMetadataStore"
config = { database = "dev.db" }
[stores.prod]
type = "metaxy.metadata_store.sqlite.SQLiteMetadataStore"
config = { database = "prod.db" }
[ext.migrate]
backup_limit = "1KB"
[ext.migrate.environments.prod]
protected = true
"""
SCRIPT = """-- one
--
-- [migration]
-- revision = "aaaa"
-- down_revision = ""
-- dialect = "sqlite"

-- migrate: upgrade
CREATE TABLE one (a INTEGER);

-- migrate: downgrade
-- destructive: rows of one
DROP TABLE one;
"""


class Place:
    def __init__(self, root, program):
        self.root = root
        self.environment = {**environment_for(Path(program).resolve(), root), "TERM": "xterm", "NO_COLOR": "1"}
        self.program = str(root / ".bin" / "metaxy-migrate")
        (root / "metaxy.toml").write_text(CONFIG)
        for store in ("dev", "prod"):
            folder = root / "migrations" / store
            folder.mkdir(parents=True)
            (folder / "a.sql").write_text(SCRIPT)

    def answered(self, answer, *arguments, meanwhile=None):
        """Exit code and what a person reads who types `answer`; None: who ends the input. `meanwhile` are the arguments of
        another run, between the question for a store's name and its answer."""
        master, slave = pty.openpty()
        process = subprocess.Popen([self.program, *arguments], cwd=self.root, env=self.environment, stdin=slave,
                                   stdout=subprocess.PIPE, stderr=slave)
        os.close(slave)
        seen = b""
        if meanwhile:
            while not seen.endswith(b"type its name to go on: "):
                seen += os.read(master, 4096)
            subprocess.run([self.program, "-q", *meanwhile], cwd=self.root, env=self.environment, check=True,
                           stdout=subprocess.DEVNULL)
        os.write(master, b"\x04" if answer is None else answer.encode() + b"\n")
        out = process.communicate(timeout=60)[0].decode()
        seen = seen.decode().replace("\r\n", "\n") + everything_from(master)
        os.close(master)
        return process.returncode, settled(seen + out)

    def current(self, store):
        return subprocess.run([self.program, "-q", "-n", store, "current"], cwd=self.root, env=self.environment, check=True,
                              stdout=subprocess.PIPE, text=True).stdout.replace(" (head)", "")


def expect(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}:\n{found}\ninstead of\n{wanted}")


def check(place, answer, arguments, code, *parts):
    found, text = place.answered(answer, *arguments)
    for part in parts:
        if part not in text:
            sys.exit(f"{arguments}, answered {answer}:\n{text}\nlacks\n{part}")
    expect(found, code, f"{arguments}, answered {answer}: exit, with\n{text}\n")


def protected(place):
    question = ("store 'prod' (sqlite, prod.db) is protected. 1 statement of 1 revision will run.\n"
                "type its name to go on: ")
    upgrade = ["-n", "prod", "upgrade", "head"]
    check(place, "yes", upgrade, 2, question, "error: 'yes' is not 'prod': nothing was done\n")
    check(place, "", upgrade, 2, question, "error: '' is not 'prod': nothing was done\n")
    check(place, "PROD", upgrade, 2, "'PROD' is not 'prod'")
    check(place, None, upgrade, 2, question, "error: no answer was given; nothing was done\n")
    check(place, "prod", [*upgrade, "--no-input"], 2, "is protected, and nobody can be asked", "add --yes=prod")
    check(place, "prod", [*upgrade, "--yes"], 0, question)
    check(place, "dev", ["-n", "prod", "downgrade", "base"], 2, "'dev' is not 'prod'")
    check(place, "dev", ["-n", "prod", "stamp", "base"], 2, "Its version table will be changed; no script runs.")
    check(place, "dev", ["-n", "prod", "ensure-version"], 2, "It will get the two tables of this tool")
    expect(place.current("prod"), "aaaa\n", "prod, after all those answers")


def overtaken(place):
    """Whoever thinks long over a question is asked nothing false and undoes nothing of what others did."""
    up, down = ["-n", "prod", "upgrade", "head"], ["-n", "prod", "downgrade", "base", "--backup", "never"]
    for command, place_after in ((down, "base"), (up, "aaaa"), ([*up, "--create"], "aaaa")):
        if "--create" in command:
            (place.root / "prod.db").unlink()
        code, text = place.answered("prod", *command, meanwhile=[*command, "--yes=prod"])
        if code != 0 or text.count("type its name") != 1 or not text.endswith(f"prod: nothing to do, at {place_after}\n"):
            sys.exit(f"{command}, overtaken: exit {code}, with\n{text}")
    expect(place.current("prod"), "aaaa\n", "prod, after others were quicker")


def backup(place):
    subprocess.run([place.program, "-q", "-n", "dev", "upgrade", "head"], cwd=place.root, env=place.environment, check=True,
                   stdout=subprocess.DEVNULL)
    down = ["-n", "dev", "downgrade", "base"]
    question = "a backup of 'dev.db' would copy"
    for answer in ("n", "", "nein", "yesterday"):
        check(place, answer, down, 2, question, "Make it? [y/N] ", "error: no backup was wanted; nothing was run\n",
              "--backup never runs without one")
    check(place, None, down, 2, question, "error: no answer was given; nothing was done\n")
    expect(place.current("dev"), "aaaa\n", "dev, after no backup was wanted")
    expect(sorted(place.root.glob("*.backup-*")), [], "backups that nobody wanted")
    check(place, "YES", down, 0, question, "undone   aaaa")
    expect(len(sorted(place.root.glob("dev.db.backup-*"))), 1, "backups after yes")


def restore(place):
    question = ("put back 'dev.db.backup-<TIME>-aaaa' (made <TIME>, at aaaa)? Everything written to 'dev.db' since then is "
                "lost; the present file is kept aside. [y/N] ")
    for answer in ("n", "", "dev"):
        check(place, answer, ["-n", "dev", "restore"], 2, question, "error: not confirmed; nothing was done\n")
    expect(place.current("dev"), "", "dev, after nothing was confirmed")
    check(place, "y", ["-n", "dev", "restore"], 0, question, "the replaced file is kept as dev.db.before-restore-")
    expect(place.current("dev"), "aaaa\n", "dev, after y")
    # A protected store asks once, for its name.
    check(place, "prod", ["-n", "prod", "downgrade", "base", "--backup", "always"], 0)
    check(place, "y", ["-n", "prod", "restore"], 2, "type its name to go on: ", "'y' is not 'prod': nothing was done")
    check(place, "prod", ["-n", "prod", "restore"], 0, "type its name to go on: ")
    expect(place.current("prod"), "aaaa\n", "prod, after its name")


def main():
    with tempfile.TemporaryDirectory(prefix="answers-") as folder:
        place = Place(Path(folder), sys.argv[1])
        protected(place)
        overtaken(place)
        backup(place)
        restore(place)


if __name__ == "__main__":
    main()
