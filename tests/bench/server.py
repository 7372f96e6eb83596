"""A throw-away PostgreSQL server for bench.py, and what its processes cost. It does not wait for the disk, which would take as
long for both sides and hide what they add."""
import os
import subprocess
import time
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "with_postgres.sh"
# The kernel counts a process's time into its parent's when the parent has seen its end.
REAPING_SECONDS = 0.05


class Server:
    def __init__(self, root):
        self.file = root / "server"
        subprocess.run([SCRIPT, "start", self.file], check=True)
        self.url, self.folder = self.file.read_text().split()[:2]
        self.postmaster = int((Path(self.folder) / "data" / "postmaster.pid").read_text().split()[0])

    def stop(self):
        subprocess.run([SCRIPT, "stop", self.file], check=True)

    def sql(self, text, database="postgres"):
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", text, self.url_of(database)], check=True,
                       stdout=subprocess.DEVNULL, env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning"})

    def url_of(self, database):
        return f"{self.url.rpartition('/')[0]}/{database}"

    def make(self, database, template="template0"):
        """A new database in place of the one of that name."""
        self.sql(f"DROP DATABASE IF EXISTS {database}")
        self.sql(f"CREATE DATABASE {database} TEMPLATE {template}")

    def cpu(self):
        """Seconds of the server's processes that have ended, user and system."""
        time.sleep(REAPING_SECONDS)
        fields = Path(f"/proc/{self.postmaster}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
