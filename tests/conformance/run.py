#!/usr/bin/env python3
"""The conformance scenarios against the Metaxy of the Python that runs this.

    run.py --program FILE [--server FILE] [--only TEXT] [--dialect NAME]...

--server names the file that scripts/with_postgres.sh wrote; without it MM_POSTGRES_URL is taken. README.md says more.
"""

import argparse
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import scenarios
from lab import Lab

import adoption  # noqa: F401 (they add themselves to the list)
import conventions  # noqa: F401
import operations  # noqa: F401
import parity  # noqa: F401
import shapes  # noqa: F401
import sqlmodel_features  # noqa: F401


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--server", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--dialect", action="append", choices=["duckdb", "postgresql"])
    options = parser.parse_args()
    url = Path(options.server).read_text().splitlines()[0] if options.server else os.environ.get("MM_POSTGRES_URL", "")
    dialects = options.dialect or ["duckdb", "postgresql"]
    if "postgresql" in dialects and not url:
        parser.error("PostgreSQL needs a server: --server FILE or MM_POSTGRES_URL (scripts/with_postgres.sh)")
    names = ["metaxy", "duckdb", "ibis-framework", "sqlglot", "polars", "narwhals", "pydantic", "sqlmodel", "sqlalchemy"]
    print(", ".join(f"{name} {version(name)}" for name in names))
    for variable in [name for name in os.environ if name.upper().startswith("METAXY")]:
        del os.environ[variable]
    with tempfile.TemporaryDirectory(prefix="mm-conformance-") as folder:
        lab = Lab(os.path.abspath(options.program), os.path.realpath(folder), url)
        return min(scenarios.run_all(lab, dialects, options.only), 1)


if __name__ == "__main__":
    sys.exit(main())
