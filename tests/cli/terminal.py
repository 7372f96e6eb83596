#!/usr/bin/env python3
"""What `history` shows on a terminal: lines and dots, colours, and what is applied, without being asked.

    terminal.py PROGRAM
"""
import os
import pty
import subprocess
import sys
import tempfile
from pathlib import Path

from pseudo_terminal import everything_from
from session import environment_for

CONFIG = """project = "media"
[stores.dev]
type = "metaxy.metadata_store.sqlite.SQLiteMetadataStore"
config = { database = "dev.db" }
"""
SCRIPTS = {"a": '""', "b": '"a"', "c": '"a"', "m": '["b", "c"]'}
DRAWN = """\
\x1b[33m○\x1b[0m  \x1b[1mm\x1b[0m (head)\x1b[33m (pending)\x1b[0m  rev m
├─╮
\x1b[32m●\x1b[0m │  \x1b[1mb\x1b[0m\x1b[32m (current)\x1b[0m  rev b
│ \x1b[33m○\x1b[0m  \x1b[1mc\x1b[0m\x1b[33m (pending)\x1b[0m  rev c
├─╯
\x1b[32m●\x1b[0m  \x1b[1ma\x1b[0m  rev a
"""
PLAIN = """\
o  m (head) (pending)  rev m
+-.
* |  b (current)  rev b
| o  c (pending)  rev c
+-'
*  a  rev a
"""


def on_terminal(command, root, environment):
    """What the command writes to a terminal, with line ends as it wrote them."""
    master, slave = pty.openpty()
    process = subprocess.Popen(command, cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=slave,
                               stderr=subprocess.PIPE)
    os.close(slave)
    output = everything_from(master)
    error = process.communicate()[1]
    os.close(master)
    if process.returncode:
        sys.exit(f"{command}: exit {process.returncode}\n{error.decode()}")
    return output


def expect(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}:\n{found}\ninstead of\n{wanted}")


def main():
    with tempfile.TemporaryDirectory(prefix="terminal-") as folder:
        root = Path(folder)
        environment = {**environment_for(Path(sys.argv[1]).resolve(), root), "TERM": "xterm"}
        (root / "metaxy.toml").write_text(CONFIG)
        scripts = root / "migrations" / "dev"
        scripts.mkdir(parents=True)
        for name, parent in SCRIPTS.items():
            (scripts / f"{name}.sql").write_text(
                f'-- rev {name}\n-- [migration]\n-- revision = "{name}"\n-- down_revision = {parent}\n'
                '-- dialect = "sqlite"\n-- migrate: upgrade\n-- migrate: downgrade\n')
        program = str(root / ".bin" / "metaxy-migrate")
        subprocess.run([program, "-q", "upgrade", "b"], cwd=root, env=environment, check=True,
                       stdout=subprocess.DEVNULL)
        expect(on_terminal([program, "history"], root, environment), DRAWN, "on a UTF-8 terminal")
        ascii_only = {**environment, "LC_ALL": "C", "NO_COLOR": "1"}
        expect(on_terminal([program, "history"], root, ascii_only), PLAIN, "on a terminal without UTF-8")
        piped = subprocess.run([program, "history", "-i"], cwd=root, env=environment, check=True,
                               stdout=subprocess.PIPE, text=True)
        expect(piped.stdout, PLAIN, "in a pipe")


if __name__ == "__main__":
    main()
