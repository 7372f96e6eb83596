#!/usr/bin/env python3
"""Runs a session against the real program and compares what it prints, letter for letter.

    session.py PROGRAM FILE.session...          UPDATE_GOLDEN=1 rewrites the expectations: read them before accepting them
    session.py PROGRAM --markdown README.md     the console blocks of a document
    session.py PROGRAM --path DIR ...           with this folder at the end of PATH
    session.py PROGRAM --postgres FILE FILE.session...   with a new database on the server that FILE tells of, whose URL is
                                                in STORE_URL

A session begins with files (`-- path --`, then the content), then commands:

    $ metaxy-migrate -n dev upgrade head
    what stdout says
    2| what stderr says
    [exit 4]

`[exit N]` stands for any code but 0. Everything runs in an empty directory with bash and the PATH of the test. Times,
dates and durations are not compared: both sides are brought to <TIME>, <DATE>, <MS>. `...` alone on a line stands for any
lines, for output that is not the session's subject.

In a document, blocks fenced by ```console are one session; blocks fenced by ```toml or ```sql with a first line
`# file: PATH` (or `-- file: PATH`) are files that exist before the commands behind them.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

VOLATILE = [
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?"), "<TIME>"),
    (re.compile(r"\b\d{8}T\d{6}Z(\.\d+)?"), "<TIME>"),
    (re.compile(r"(\.backup-<TIME>-\w+)\.\d+"), r"\1"),
    (re.compile(r"\b\d{8}_\d{4}_"), "<DATE>_"),
    (re.compile(r"\bin \d+(\.\d+)? m?s\b"), "in <MS>"),
    (re.compile(r"\(\d+\.\d MiB\)"), "(<SIZE>)"),
    (re.compile(r'"duration_ms": \d+'), '"duration_ms": <MS>'),
    (re.compile(r'"file_bytes": \d+'), '"file_bytes": <SIZE>'),
    (re.compile(r"\btester@[\w.-]+"), "tester@<HOST>"),
    (re.compile(r"\bpid \d+ \([^)]*\)"), "pid <PID>"),
    (re.compile(r"\b127\.0\.0\.1:\d+/session_\d+"), "<SERVER>"),
]


more_paths = []


def settled(text):
    for pattern, replacement in VOLATILE:
        text = pattern.sub(replacement, text)
    return text


class Command:
    def __init__(self, line, expected):
        self.line = line
        self.expected = expected
        self.actual = []


def parse_session(text):
    files, commands, name = {}, [], None
    for line in text.splitlines():
        header = re.fullmatch(r"-- (\S+) --", line)
        if line.startswith("$ "):
            name = None
            commands.append(Command(line[2:], []))
        elif commands:
            commands[-1].expected.append(line)
        elif header:
            name = header.group(1)
            files[name] = []
        elif name is not None:
            files[name].append(line)
    steps = [("file", name, "\n".join(lines).strip("\n") + "\n") for name, lines in files.items()]
    return steps + [("command", command, None) for command in commands]


def parse_markdown(text):
    steps, block, lines = [], None, []
    for line in text.splitlines():
        fence = re.fullmatch(r"```(\w*)", line)
        if block is None and fence and fence.group(1):
            block, lines = fence.group(1), []
        elif block is not None and line == "```":
            steps += markdown_block(block, lines)
            block = None
        elif block is not None:
            lines.append(line)
    return steps


def markdown_block(language, lines):
    named = re.fullmatch(r"(?:#|--) file: (\S+).*", lines[0]) if lines else None
    if named:
        return [("file", named.group(1), "\n".join(lines[1:]) + "\n")]
    if language != "console":
        return []
    commands = []
    for line in lines:
        if line.startswith("$ "):
            commands.append(Command(line[2:], []))
        elif commands:
            commands[-1].expected.append(line)
    return [("command", command, None) for command in commands]


def run(command, directory, environment, keep_stderr):
    result = subprocess.run(["bash", "-c", command.line], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                            capture_output=True, timeout=120)
    out = result.stdout.decode("utf-8", "replace").splitlines()
    err = result.stderr.decode("utf-8", "replace").splitlines()
    command.actual = out + ([f"2| {line}".rstrip() for line in err] if keep_stderr else [])
    if result.returncode != 0:
        command.actual.append(f"[exit {result.returncode}]")


def matches(expected, actual):
    expected = [settled(line.rstrip()) for line in expected]
    actual = [settled(line.rstrip()) for line in actual]
    while expected and expected[-1] == "":
        expected.pop()
    while actual and actual[-1] == "":
        actual.pop()
    return matches_from(expected, actual)


def matches_from(expected, actual):
    if not expected:
        return not actual
    if expected[0] == "...":
        return any(matches_from(expected[1:], actual[i:]) for i in range(len(actual) + 1))
    return bool(actual) and expected[0] == actual[0] and matches_from(expected[1:], actual[1:])


def environment_for(program, directory):
    bin_directory = directory / ".bin"
    bin_directory.mkdir()
    (bin_directory / "metaxy-migrate").symlink_to(program)
    keep = {k: v for k, v in os.environ.items() if k in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LD_LIBRARY_PATH", "STORE_URL")}
    return {**keep, "PATH": ":".join([str(bin_directory), "/usr/bin", "/bin", *more_paths]), "HOME": str(directory), "USER": "tester", "TZ": "UTC",
            "LC_ALL": "C.UTF-8", "TERM": "dumb"}


def check(program, path, is_markdown):
    text = Path(path).read_text()
    steps = parse_markdown(text) if is_markdown else parse_session(text)
    commands = [step[1] for step in steps if step[0] == "command"]
    if not commands:
        print(f"{path}: no command found", file=sys.stderr)
        return False
    root = Path(tempfile.mkdtemp(prefix="session-"))
    failed = []
    try:
        environment = environment_for(Path(program).resolve(), root)
        for kind, what, content in steps:
            if kind == "file":
                (root / what).parent.mkdir(parents=True, exist_ok=True)
                (root / what).write_text(content)
                continue
            run(what, root, environment, keep_stderr=not is_markdown)
            # A document shows stdout only, and the exit code.
            if not matches(what.expected, what.actual):
                failed.append(what)
    finally:
        shutil.rmtree(root)
    if failed and os.environ.get("UPDATE_GOLDEN") == "1" and not is_markdown:
        rewrite(path, text, commands)
        return True
    for command in failed:
        print(f"{path}: $ {command.line}\n--- expected", file=sys.stderr)
        print("\n".join(command.expected), file=sys.stderr)
        print("--- printed", file=sys.stderr)
        print("\n".join(command.actual), file=sys.stderr)
    return not failed


def rewrite(path, text, commands):
    head = text.split("\n$ ", 1)[0] if not text.startswith("$ ") else ""
    blocks = []
    for command in commands:
        wanted = [line for line in command.expected]
        body = wanted if matches(wanted, command.actual) else [settled(line) for line in command.actual]
        while body and body[-1].strip() == "":
            body.pop()
        blocks.append("\n".join([f"$ {command.line}", *body]))
    Path(path).write_text(head.rstrip("\n") + "\n\n" + "\n\n".join(blocks) + "\n")


class Database:
    """A database of its own on a running server."""

    def __init__(self, file):
        self.server = Path(file).read_text().split()[0]
        self.name = f"session_{os.getpid()}"  # VOLATILE knows it

    def __enter__(self):
        self.sql(f"CREATE DATABASE {self.name}")
        os.environ["STORE_URL"] = self.server.rsplit("/", 1)[0] + "/" + self.name
        return self

    def __exit__(self, *_):
        self.sql(f"DROP DATABASE {self.name} WITH (FORCE)")

    def sql(self, text):
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", text, self.server], check=True, timeout=60)


def main():
    program, *rest = sys.argv[1:]
    if rest[:1] == ["--path"]:
        more_paths.append(rest[1])
        rest = rest[2:]
    if rest[:1] == ["--postgres"]:
        with Database(rest[1]):
            results = [check(program, path, False) for path in rest[2:]]
        sys.exit(0 if results and all(results) else 1)
    is_markdown = rest[:1] == ["--markdown"]
    paths = rest[1:] if is_markdown else rest
    results = [check(program, path, is_markdown) for path in paths]
    sys.exit(0 if results and all(results) else 1)


if __name__ == "__main__":
    main()
