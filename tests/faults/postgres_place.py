"""A server of its own for a scenario, and a directory with a configuration and scripts for it."""
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

FIRST = """[features."video/clip"]
id_columns = ["clip_id"]
fields = ["frames", "audio"]
[features."video/clip".columns]
clip_id = "str"
path = "str"
size = "int"
score = "float | None"
"""
# New columns, a type change that rewrites the table, an index and a tightened column, online.
SECOND = (FIRST.replace('size = "int"', 'size = { type = "int", index = true }')
          .replace('score = "float | None"', 'score = "float | None"\nduration = { type = "float | None", index = true }'))

SYSTEM = "'{}', 'p', 'v', 'pv', '{}', 'd', now(), NULL, now(), NULL"
COUNT = 3000


class Failed(Exception):
    pass


def require(condition, message):
    if not condition:
        raise Failed(message)


class Server:
    def __init__(self, script):
        self.script = script
        self.file = Path(tempfile.mktemp(prefix="faults-server-"))
        subprocess.run([script, "start", str(self.file)], check=True)
        self.url, self.folder = self.file.read_text().split()[:2]
        self.password = re.search(r":([^:@]+)@", self.url).group(1)
        self.bin = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.port = re.search(r":(\d+)/", self.url).group(1)

    def stop(self):
        subprocess.run([self.script, "stop", str(self.file)], check=True)

    def as_server(self, *command, **kwargs):
        prefix = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups", "--"] if os.geteuid() == 0 else []
        return subprocess.run([*prefix, *map(str, command)], cwd="/", capture_output=True, text=True, timeout=120, **kwargs)

    def control(self, *words, data="data", port=None):
        result = self.as_server(self.bin / "pg_ctl", "-D", f"{self.folder}/{data}", "-w", "-o", f"-p {port or self.port}",
                                "-l", f"{self.folder}/server.log", *words)
        require(result.returncode == 0, f"pg_ctl {words}: {result.stdout}{result.stderr}")

    def sql(self, text, url=None, check=True):
        result = subprocess.run(["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", url or self.url], input=text,
                                capture_output=True, text=True, timeout=120)
        require(not check or result.returncode == 0, f"{text[:300]}\n{result.stderr}")
        return result.stdout


class Place:
    """A directory with a configuration and scripts, at the first revision with rows, and a second one pending."""

    def __init__(self, options, server, settings="", url=None):
        self.options, self.server = options, server
        self.root = Path(tempfile.mkdtemp(prefix="faults-"))
        (self.root / "features").mkdir()
        self.configure(url or server.url, settings)

    def configure(self, url, settings=""):
        (self.root / "metaxy.toml").write_text(
            'project = "media"\n[stores.prod]\ntype = "metaxy.ext.postgresql.PostgreSQLMetadataStore"\n'
            f'config = {{ connection_string = "{url}" }}\n[ext.migrate]\nfeatures = ["features/*.toml"]\n{settings}\n')

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)

    def prepare(self):
        self.model(FIRST)
        self.run("revision", "--autogenerate", "-m", "first", "--rev-id", "aaaaaaaaaaaa")
        self.run("upgrade", "head")
        self.server.sql(f"INSERT INTO video__clip SELECT {SYSTEM}, 'c' || i, '/p/' || i, i % 1000, i FROM generate_series(1, {COUNT}) i")
        self.model(SECOND)
        self.run("revision", "--autogenerate", "-m", "second", "--rev-id", "bbbbbbbbbbbb")
        return self

    def model(self, text):
        (self.root / "features" / "video.toml").write_text(text)

    def command(self, *arguments):
        return [self.options.program, "-n", "prod", *arguments]

    def start(self, *arguments):
        return subprocess.Popen(self.command(*arguments), cwd=self.root, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)

    def run(self, *arguments, expect=0):
        result = subprocess.run(self.command(*arguments), cwd=self.root, capture_output=True, text=True, timeout=120,
                                stdin=subprocess.DEVNULL)
        codes = expect if isinstance(expect, tuple) else (expect,)
        require(self.server.password not in result.stdout + result.stderr, f"{arguments}: the password is in the output")
        require(result.returncode in codes,
                f"{' '.join(arguments)}: exit {result.returncode}, expected {expect}\n{result.stdout}{result.stderr}")
        return result

    def heads(self):
        return self.server.sql("SELECT version_num FROM metaxy_migrate_version_media").split()

    def rows(self):
        return self.server.sql("SELECT clip_id, path, size, score FROM video__clip ORDER BY 1")

    def require_whole(self, expected, what):
        """Whatever happened: no row is lost, and the next run ends at head with nothing left behind."""
        require(self.rows() == expected, f"{what}: rows changed")
        self.run("upgrade", "head")
        require(self.heads() == ["bbbbbbbbbbbb"], f"{what}: heads are {self.heads()}")
        invalid = self.server.sql("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid")
        require(invalid == "", f"{what}: invalid indexes are left: {invalid}")
        self.run("check")
        require(self.rows() == expected, f"{what}: rows changed by the next run")
        log = self.server.sql("SELECT * FROM metaxy_migrate_log")
        require(self.server.password not in log, "the password is in the log")
