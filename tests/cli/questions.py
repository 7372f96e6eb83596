#!/usr/bin/env python3
"""What `revision --autogenerate` asks on a terminal, and what comes of the answers.

    questions.py PROGRAM
"""
import os
import pty
import re
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
[ext.migrate]
features = ["*.features.toml"]
"""
FEATURE = """[features."video/{key}"]
id_columns = ["clip_id"]
[features."video/{key}".columns]
clip_id = "str"
size = "int"
codec = "int"
"""
KEY = "was 'video__clip' renamed to 'video/part' (3 of 6 columns are the same)? [y/n] "
LINK = "was 'video/part.path' renamed to 'link' (TEXT)? [y/n] "
URI = "was 'video/part.path' renamed to 'uri' (TEXT)? [y/n] "
RENAMED = "~ rename table video__clip to video__part"
ADDED = {"link": "+ add column video__part.link", "uri": "+ add column video__part.uri"}
RELAXED = "~ make video__part.path nullable"

# Answers, the questions that they answer, what is changed, exit code. Each possible successor is asked about.
CASES = [
    (["n"], [KEY], ["+ create table video__part"], 0),
    (["y", "y"], [KEY, LINK], [RENAMED, "~ rename column video__part.path to link", ADDED["uri"]], 0),
    (["YES", "no", "y"], [KEY, LINK, URI], [RENAMED, "~ rename column video__part.path to uri", ADDED["link"]], 0),
    (["y", "n", "n"], [KEY, LINK, URI], [RENAMED, ADDED["link"], ADDED["uri"], RELAXED], 0),
    (["perhaps"], [KEY], ["error: 'perhaps' is neither y nor n; nothing was written"], 2),
    (["y", ""], [KEY, LINK], ["error: '' is neither y nor n; nothing was written"], 2),
]


def answered(command, answers, root, environment):
    """What a terminal shows, and the exit code."""
    master, slave = pty.openpty()
    process = subprocess.Popen(command, cwd=root, env=environment, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    left = list(answers)

    def answer(output):
        if output.endswith(b"[y/n] ") and left:
            os.write(master, left.pop(0).encode() + b"\n")

    output = everything_from(master, answer)
    code = process.wait()
    os.close(master)
    return output, code


def main():
    with tempfile.TemporaryDirectory(prefix="questions-") as folder:
        root = Path(folder)
        environment = {**environment_for(Path(sys.argv[1]).resolve(), root), "NO_COLOR": "1"}
        program = str(root / ".bin" / "metaxy-migrate")
        feature = root / "video.features.toml"
        (root / "metaxy.toml").write_text(CONFIG)
        feature.write_text(FEATURE.format(key="clip") + 'path = "str"\n')
        first = [program, "-q", "revision", "--autogenerate", "-m", "first", "--rev-id", "aaaaaaaaaaaa"]
        subprocess.run(first, cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL)
        feature.write_text(FEATURE.format(key="part") + 'link = "str"\nuri = "str"\n')
        command = [program, "-q", "revision", "--autogenerate", "--against", "scripts", "-m", "next"]
        for answers, questions, changes, code in CASES:
            shown, found = answered(command, answers, root, environment)
            asked = re.findall(r"was .*?\[y/n\] ", shown)
            changed = re.findall(r"^ *([-+~] .*|error: .*)$", shown, re.MULTILINE)
            if (asked, changed, found) != (questions, changes, code):
                sys.exit(f"answers {answers}: asked {asked}, changed {changed}, exit {found}:\n{shown}")
            scripts = [path for path in (root / "migrations" / "dev").iterdir() if "aaaaaaaaaaaa" not in path.name]
            if len(scripts) != (1 if code == 0 else 0):
                sys.exit(f"answers {answers}: {len(scripts)} scripts were written")
            for script in scripts:
                script.unlink()


if __name__ == "__main__":
    main()
