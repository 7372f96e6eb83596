"""Small Metaxy projects in directories of their own, and running the real program in them. Used by the tests beside it."""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

CONFIG = """project = "media"
entrypoints = ["media.features"]

[stores.dev]
type = "metaxy.ext.duckdb.DuckDBMetadataStore"
config = { database = "dev.duckdb" }
"""

# What every release of Metaxy understands.
FEATURES = """import metaxy as mx


class Clip(mx.BaseFeature, spec=mx.FeatureSpec(key="video/clip", id_columns=["clip_id"], fields=["frames", "audio"])):
    clip_id: str
    path: str
    duration: float | None = None
"""


class Project:
    """A project; use it in `with`, so that its directory goes."""

    def __init__(self, program, environment, files=None, config=CONFIG):
        self.program, self.python_environment = Path(program).resolve(), Path(environment)
        self.root = Path(tempfile.mkdtemp(prefix="metaxy-project-"))
        self.home = Path(tempfile.mkdtemp(prefix="metaxy-home-"))
        self.write("metaxy.toml", config)
        for path, text in (files or {"media/__init__.py": "", "media/features.py": FEATURES}).items():
            self.write(path, text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root)
        shutil.rmtree(self.home)

    def path(self, name):
        return self.root / name

    def read(self, name):
        return self.path(name).read_text()

    def write(self, name, text):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        # As if it had been there for a while: a file that was just saved is not taken for a settled one.
        past = path.stat().st_mtime - 5
        os.utime(path, (past, past))
        return path

    def edit(self, name, old, new):
        text = self.read(name)
        assert old in text, f"'{old}' is not in {name}"
        self.write(name, text.replace(old, new))

    def variables(self, **more):
        keep = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LD_LIBRARY_PATH")
        kept = {name: value for name, value in os.environ.items() if name in keep}
        result = {**kept, "PATH": "/usr/bin:/bin", "HOME": str(self.home), "USER": "tester", "TZ": "UTC",
                  "LC_ALL": "C.UTF-8", "TERM": "dumb", "VIRTUAL_ENV": str(self.python_environment),
                  "DO_NOT_TRACK": "1", **more}
        return {name: value for name, value in result.items() if value is not None}

    def run(self, *arguments, cwd=None, timeout=120, **variables):
        return subprocess.run([self.program, *arguments], cwd=cwd or self.root, env=self.variables(**variables),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)

    def python(self, code, **variables):
        """Runs Python in the project's environment, from the project's directory."""
        result = subprocess.run([self.python_environment / "bin/python", "-c", code], cwd=self.root,
                                env=self.variables(PYTHONPATH=str(self.root), **variables), stdin=subprocess.DEVNULL,
                                capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def script(self, directory="migrations/dev"):
        """The text of the newest script."""
        return sorted(self.path(directory).glob("*.sql"), key=lambda path: path.stat().st_mtime_ns)[-1].read_text()
