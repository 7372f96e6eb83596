#!/usr/bin/env python3
"""Measures the program against the raw C library of the database: the same statements, the same transactions, in one run, in turn.

    bench.py --program P --raw R --measure M --duckdb LIBRARY [--only W2]... [--runs 5] [--scale 1]... [--record FILE]

Prints a table: what the limit (raw.cpp) and the program took, their ratio, the ratio that must be met, and the program's peak
memory. Exits 1 when one is missed. Time is CPU time, user and system, of the process and its children: wall time says more about
who else uses the machine. Of several runs, made in turn, the least counts: what others do to a run can only add to it. Where the
work is a server's, rows say which time they compare: that on the wall, or CPU time with that of the server's processes.

With more than one --scale, also prints how both grow from one to the next.
"""
import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

from server import Server
from workloads import WORKLOADS

# Seconds on the wall, of CPU, of CPU with the server's, and MiB.
Cost = namedtuple("Cost", "wall cpu all_cpu mib")
Line = namedtuple("Line", "name limit_ms ours_ms ratio must limit_mib ours_mib is_met")
SHORT_SECONDS = 0.2
TITLES = f"{'workload':42} {'limit ms':>9} {'ours ms':>9} {'ratio':>6} {'must':>6} {'limit MiB':>10} {'ours MiB':>9}  ok"


class Bench:
    def __init__(self, options):
        self.options = options
        self.root = Path(tempfile.mkdtemp(prefix="bench-", dir=options.directory))
        self.environment = {**os.environ, "METAXY_MIGRATE_DUCKDB_LIBRARY": options.duckdb}
        self.lines = []
        self._server = None

    @property
    def server(self):
        if self._server is None:
            self._server = Server(self.root)
        return self._server

    def close(self):
        if self._server:
            self._server.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def program(self, root, *arguments):
        return [self.options.program, *map(str, arguments)], root

    def raw(self, root, *arguments):
        return [self.options.raw, *map(str, arguments)], root

    def run(self, call):
        """What one run cost. Ends the process when it failed."""
        command, directory = call
        errors = self.root / "errors"
        before = self._server.cpu() if self._server else 0
        measured = subprocess.run([self.options.measure, errors, *command], cwd=directory, env=self.environment,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        wall, user, system, kib, code = measured.stdout.split()
        if code != "0":
            sys.exit(f"{' '.join(map(str, command))}: exit {code}\n{errors.read_text()}")
        cpu = float(user) + float(system)
        return Cost(float(wall), cpu, cpu + (self._server.cpu() - before if self._server else 0), int(kib) / 1024)

    def pair(self, name, must, ours, raw, prepare=lambda: None, time="cpu"):
        """A row of the table that compares that time of a Cost. `prepare` runs before each run, unmeasured."""
        mine, theirs = [], []
        runs = self.options.runs
        while len(mine) < runs:
            # Who runs first has the colder caches.
            for costs, call in [(mine, ours), (theirs, raw)][::1 if len(mine) % 2 == 0 else -1]:
                prepare()
                costs.append(self.run(call))
            if len(mine) == 1 and theirs[0].cpu < SHORT_SECONDS:
                runs = 4 * runs
        limit, took = min(getattr(cost, time) for cost in theirs), min(getattr(cost, time) for cost in mine)
        self.add(Line(name, limit * 1000, took * 1000, took / limit, must, max(c.mib for c in theirs), max(c.mib for c in mine),
                      took / limit <= must))

    def alone(self, name, call, must_ms, must_mib):
        """A row for what has no limit but a number of milliseconds, on the wall, and of MiB."""
        costs = [self.run(call) for _ in range(4 * self.options.runs)]
        wall, mib = min(cost.wall for cost in costs) * 1000, max(cost.mib for cost in costs)
        self.add(Line(name, must_ms, wall, wall / must_ms, 1, must_mib, mib, wall <= must_ms and mib <= must_mib))

    def add(self, line):
        self.lines.append(line)
        print(f"{line.name:42} {line.limit_ms:9.1f} {line.ours_ms:9.1f} {line.ratio:6.2f} {line.must:6.2f} {line.limit_mib:10.1f} "
              f"{line.ours_mib:9.1f}  {'yes' if line.is_met else 'NO'}", flush=True)

    def fresh_on_server(self, database, template="template0"):
        """The same for a database of the server."""
        return lambda: self.server.make(database, template)

    def fresh(self, root, saved=None):
        """Before a run: no database, or a copy of the saved one, on disk so that its writing is not charged to the run."""
        def prepare():
            for path in root.glob("data.db*"):
                path.unlink()
            if saved:
                shutil.copy(saved, root / "data.db")
                with open(root / "data.db", "rb") as file:
                    os.fsync(file.fileno())
        return prepare


def print_growth(scales, lines_by_scale):
    """The exponents of time as a power of size."""
    print(f"\n{'growth as a power of the size':42} {'sizes':>12} {'limit':>6} {'ours':>6}")
    for before, after in zip(scales, scales[1:]):
        for a, b in zip(lines_by_scale[before], lines_by_scale[after]):
            power = math.log(after / before)
            print(f"{b.name:42} {f'{before:g} -> {after:g}':>12} {math.log(b.limit_ms / a.limit_ms) / power:6.2f} "
                  f"{math.log(b.ours_ms / a.ours_ms) / power:6.2f}")


def parse_arguments():
    names = sorted(set().union(*(names for names, _ in WORKLOADS)))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--raw", required=True)
    parser.add_argument("--measure", required=True)
    parser.add_argument("--duckdb", required=True)
    parser.add_argument("--only", action="append", choices=names, help="may be repeated; all by default")
    parser.add_argument("--runs", type=int, default=5, help="of long workloads; short ones run four times as often")
    parser.add_argument("--scale", type=float, action="append", help="1 by default; may be repeated")
    parser.add_argument("--record", help="a file to write the figures to, as JSON")
    parser.add_argument("--directory", help="where databases are made; a real disk")
    options = parser.parse_args()
    options.only = set(options.only or names)
    options.scale = sorted(options.scale or [1.0])
    return options


def main():
    options = parse_arguments()
    lines_by_scale = {}
    print(TITLES)
    for scale in options.scale:
        lines = lines_by_scale.setdefault(scale, [])
        for names, workload in WORKLOADS:
            if not names & options.only:
                continue
            bench = Bench(options)
            try:
                workload(bench, scale, options.only)
            finally:
                bench.close()
            lines += bench.lines
    if len(options.scale) > 1:
        print_growth(options.scale, lines_by_scale)
    if options.record:
        Path(options.record).write_text(json.dumps({scale: [line._asdict() for line in lines]
                                                    for scale, lines in lines_by_scale.items()}, indent=1) + "\n")
    missed = [line.name for lines in lines_by_scale.values() for line in lines if not line.is_met]
    for name in missed:
        print(f"missed: {name}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
