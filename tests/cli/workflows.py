#!/usr/bin/env python3
"""Runs the `run:` steps of the example workflows in a repository that has two stores, and checks how each ends.

    workflows.py PROGRAM DIRECTORY
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from session import environment_for

CONFIG = """project = "media"
[stores.dev]
type = "metaxy.ext.duckdb.DuckDBMetadataStore"
config = { database = "dev.duckdb" }
[stores.prod]
type = "metaxy.ext.duckdb.DuckDBMetadataStore"
config = { database = "prod.duckdb" }
[ext.migrate]
features = ["features/*.toml"]
[ext.migrate.environments.prod]
protected = true
"""
FEATURE = '[features."video/clip"]\nid_columns = ["clip_id"]\n[features."video/clip".columns]\nclip_id = "str"\n'


def steps(path):
    """Steps of one line each; `uses:` steps are the runner's own."""
    return re.findall(r"^\s+- run: (.+)$", path.read_text(), re.MULTILINE)


def run(command, root, environment):
    return subprocess.run(["bash", "-e", "-c", command], cwd=root, env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120)


def expect(result, code, what):
    if result.returncode != code:
        sys.exit(f"{what}: exit {result.returncode}, expected {code}\n{result.stdout}{result.stderr}")


def main():
    program, directory = sys.argv[1], Path(sys.argv[2])
    root = Path(tempfile.mkdtemp(prefix="workflows-"))
    try:
        environment = environment_for(Path(program).resolve(), root)
        (root / "features").mkdir()
        (root / "metaxy.toml").write_text(CONFIG)
        (root / "features" / "video.toml").write_text(FEATURE)
        pull_request, deploy = steps(directory / "pull-request.yml"), steps(directory / "deploy.yml")
        if len(pull_request) != 1 or len(deploy) != 3:
            sys.exit("the workflows have other steps than this test knows")

        forgotten = run(pull_request[0], root, environment)
        expect(forgotten, 3, "a pull request without its revision")
        if "::error" not in forgotten.stdout:
            sys.exit(f"no annotation:\n{forgotten.stdout}")
        expect(run("metaxy-migrate -n dev -n prod revision --autogenerate -m first", root, environment), 0, "revision")
        expect(run(pull_request[0], root, environment), 0, "a pull request that brings its revision")
        for step in deploy:
            expect(run(step, root, environment), 0, step)
        expect(run("metaxy-migrate -n prod upgrade head --no-input", root, environment), 0, "nothing to do asks nothing")
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
