#!/usr/bin/env python3
"""Runs clang-tidy on the files of a build tree, leaving out those that were clean before and have not changed.

Usage: tidy_cached.py BUILD [--deep] [FILE...]. A file is known by a hash of the tool, its configuration, the installed versions of
the libraries, the compiler's command, its own text and the text of every header of ours that it reaches. Only clean
results are remembered, in BUILD/tidy-clean, so a finding is shown on every run until it is gone.
"""
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

TOOL = "clang-tidy-14"
DEEP = ["--checks=-*,clang-analyzer-core.*,clang-analyzer-cplusplus.*,clang-analyzer-deadcode.*"]
ROOT = Path(__file__).resolve().parent.parent
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)
LIBRARIES = ["libcli11-dev", "libtomlplusplus-dev", "nlohmann-json3-dev", "libfmt-dev", "libspdlog-dev", "libssl-dev",
             "libsqlitecpp-dev", "libsqlite3-dev", "libgtest-dev", "libgmock-dev", "librapidcheck-dev", "libpqxx-dev",
             "clang-tidy-14", "libstdc++-12-dev"]


def our_headers(file, include_folders, seen):
    """Adds to `seen` every file of ours that `file` includes, through other headers as well."""
    for name in INCLUDE.findall(file.read_bytes()):
        for folder in [file.parent, *include_folders]:
            header = folder / name.decode()
            if header.is_file():
                if header not in seen:
                    seen.add(header)
                    our_headers(header, include_folders, seen)
                break


def fingerprint(entry, common):
    command = entry["command"]
    folders = [Path(folder) for folder in re.findall(r"-I\s*(\S+)", command)]
    file = Path(entry["file"])
    reached = set()
    our_headers(file, folders, reached)
    digest = hashlib.sha256(common)
    digest.update(command.encode())
    for path in [file, *sorted(reached)]:
        digest.update(str(path).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def tidy(build, options, entry):
    """The findings of one file; empty if it is clean."""
    run = subprocess.run([TOOL, "-p", str(build), "--quiet", *options, entry["file"]], capture_output=True, text=True, check=False)
    return "" if run.returncode == 0 else run.stdout + (run.stderr if not run.stdout else "")


def main():
    build = Path(sys.argv[1]).resolve()
    options = DEEP if "--deep" in sys.argv[2:] else []
    wanted = {str(Path(file).resolve()) for file in sys.argv[2:] if file != "--deep"}
    entries = [entry for entry in json.loads((build / "compile_commands.json").read_text())
               if Path(entry["file"]).is_relative_to(ROOT) and not Path(entry["file"]).is_relative_to(ROOT / "build")
               and "/scripts/cmake/archives/" not in entry["file"] and (not wanted or entry["file"] in wanted)]
    versions = subprocess.run(["dpkg-query", "-W", *LIBRARIES], capture_output=True, check=False).stdout
    configuration = b"".join(path.read_bytes() for path in sorted(ROOT.glob("**/.clang-tidy")))
    store = build / "tidy-clean"
    store.mkdir(exist_ok=True)
    todo = {}
    for entry in entries:
        mark = store / fingerprint(entry, versions + configuration + repr(options).encode())
        if not mark.exists():
            todo[mark] = entry
    findings = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        runs = {pool.submit(tidy, build, options, entry): (mark, entry) for mark, entry in todo.items()}
        for run in concurrent.futures.as_completed(runs):
            mark, entry = runs[run]
            if run.result():
                findings += 1
                print(run.result(), flush=True)
            else:
                mark.touch()
    print(f"clang-tidy: {len(entries)} files, {len(todo)} looked at, {findings} with findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
