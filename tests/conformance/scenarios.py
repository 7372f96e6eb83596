"""The list of scenarios: functions of a lab and a dialect, each with a project of its own."""

import traceback
from dataclasses import dataclass
from importlib.metadata import version
from time import perf_counter
from typing import Callable

from packaging.version import Version


@dataclass
class Scenario:
    name: str
    run: Callable
    dialects: tuple
    since: str


ALL: list[Scenario] = []


def scenario(function=None, *, dialects=("duckdb", "postgresql"), since="0.1.0"):
    """`since`: the release of Metaxy that brought what the scenario is about."""

    def add(function):
        ALL.append(Scenario(function.__name__, function, dialects, since))
        return function

    return add(function) if function else add


def run_all(lab, dialects, pattern: str) -> int:
    """How many failed."""
    failed = ran = 0
    for dialect in dialects:
        for scenario in ALL:
            is_known = Version(version("metaxy")) >= Version(scenario.since)
            if not is_known or dialect not in scenario.dialects or pattern not in scenario.name:
                continue
            ran += 1
            began = perf_counter()
            try:
                scenario.run(lab, dialect)
                result = "ok"
            except Exception:
                failed += 1
                result = "FAILED"
                traceback.print_exc()
            print(f"{dialect:<11} {scenario.name:<55} {result:<6} {perf_counter() - began:5.1f} s", flush=True)
    print(f"{ran} scenarios, {failed} failed")
    return failed if ran else 1
