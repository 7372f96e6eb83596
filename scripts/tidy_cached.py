#!/usr/bin/env python3
"""Runs clang-tidy on the files of a build tree, leaving out those that were clean before and have not changed.

Usage: tidy_cached.py BUILD [--deep] [FILE...]. A file is known by a hash of the tool, its configuration, the installed versions of
the libraries, the compiler's command, its own text and the text of every header of ours that it reaches. Only clean
results are remembered, in the user's cache, so a finding is shown on every run until it is gone.
"""
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

TOOL = "clang-tidy-14"
DEEP = ["--checks=-*,clang-analyzer-core.*,clang-analyzer-cplusplus.*,clang-analyzer-deadcode.*"]
BATCH = 10
OURS = r"/(lib|apps|tests)/[^/].*\.[ch]pp$"
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
    digest.update(command.replace(str(ROOT), "").encode())
    for path in [file, *sorted(reached)]:
        digest.update(str(path.resolve().relative_to(ROOT)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def tidy(build, options, entries):
    """The findings in a batch of files; empty if all are clean. Together they are one source that includes them, since most of
    the time goes into the headers of the standard library. Files that do not compile together, because two functions have one
    name say, are looked at in halves."""
    if len(entries) == 1:
        source = entries[0]["file"]
    else:
        lines = "".join(f'#include "{entry["file"]}"\n' for entry in entries)
        source = build / "batches" / (hashlib.sha256(lines.encode()).hexdigest()[:16] + ".cpp")
        source.write_text(lines)
        options = options or ["--checks=-bugprone-suspicious-include"]
    flags = shlex.split(entries[0]["command"].split(" -o ")[0])
    flags = flags[next(i for i, word in enumerate(flags) if "clang++" in word) + 1:]
    run = subprocess.run([TOOL, "--quiet", f"--header-filter={OURS}", *options, str(source), "--", *flags],
                         cwd=entries[0]["directory"], capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return ""
    if len(entries) > 1 and "[clang-diagnostic-" in run.stdout:
        half = len(entries) // 2
        return tidy(build, options, entries[:half]) + tidy(build, options, entries[half:])
    return run.stdout + (run.stderr if not run.stdout else "")


def batches(entries):
    """Files of one folder and one command, in batches."""
    groups = {}
    for mark, entry in entries.items():
        command = entry["command"].split(" -o ")[0]
        groups.setdefault((str(Path(entry["file"]).parent), command), []).append((mark, entry))
    return [group[i:i + BATCH] for group in groups.values() for i in range(0, len(group), BATCH)]


def main():
    build = Path(sys.argv[1]).resolve()
    options = DEEP if "--deep" in sys.argv[2:] else []
    wanted = {str(Path(file).resolve()) for file in sys.argv[2:] if file != "--deep"}
    entries = [entry for entry in json.loads((build / "compile_commands.json").read_text())
               if Path(entry["file"]).is_relative_to(ROOT) and not Path(entry["file"]).is_relative_to(ROOT / "build")
               and "/scripts/cmake/archives/" not in entry["file"] and (not wanted or entry["file"] in wanted)]
    versions = subprocess.run(["dpkg-query", "-W", *LIBRARIES], capture_output=True, check=False).stdout
    configuration = b"".join(path.read_bytes() for path in sorted(ROOT.glob("**/.clang-tidy")))
    store = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "metaxy-migrate" / "tidy-clean"
    store.mkdir(parents=True, exist_ok=True)
    todo = {}
    for entry in entries:
        mark = store / fingerprint(entry, versions + configuration + repr(options).encode())
        if not mark.exists():
            todo[mark] = entry
    (build / "batches").mkdir(exist_ok=True)
    findings = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        runs = {pool.submit(tidy, build, options, [entry for _, entry in batch]): batch for batch in batches(todo)}
        for run in concurrent.futures.as_completed(runs):
            if run.result():
                findings += 1
                print(run.result(), flush=True)
            else:
                for mark, _ in runs[run]:
                    mark.touch()
    print(f"clang-tidy: {len(entries)} files, {len(todo)} looked at, {findings} with findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
