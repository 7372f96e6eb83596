#!/usr/bin/env python3
"""Real failures against the real program on a PostgreSQL server that others use.

    postgres_faults.py SCENARIO --program P --server S [--rounds N] [--seed SEED]

S is scripts/with_postgres.sh; each scenario starts a server of its own. Prints the seed; the same seed gives the same data
and the same delays (not the same instant of a kill).
"""
import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from postgres_place import Failed, Place, Server, require
from postgres_use import USES

def kill(options, server):
    """kill -9 of the program at random moments of upgrades and downgrades."""
    place = Place(options, server).prepare()
    generator = random.Random(options.seed)
    expected, counts = place.rows(), {"before": 0, "partly": 0, "after": 0}
    begin = time.monotonic()
    place.run("upgrade", "head")
    longest = time.monotonic() - begin
    try:
        for number in range(options.rounds):
            place.run("downgrade", "-1")
            process = place.start("upgrade", "head")
            time.sleep(generator.uniform(longest * 0.4, longest * 1.2))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            status = place.run("status").stdout
            counts["after" if place.heads() == ["bbbbbbbbbbbb"] else "partly" if "part" in status else "before"] += 1
            place.require_whole(expected, f"kill {number}")
    finally:
        place.close()
    print(f"{options.rounds} kills: {counts}")


def restart(options, server):
    """The server is stopped at once, as by a power cut, and started again, at random moments of upgrades."""
    server.sql("ALTER SYSTEM SET fsync = on")
    server.sql("ALTER SYSTEM SET full_page_writes = on")
    server.sql("ALTER SYSTEM SET synchronous_commit = on")
    server.control("restart")
    place = Place(options, server).prepare()
    generator = random.Random(options.seed)
    expected, failed, number = place.rows(), 0, 0
    begin = time.monotonic()
    place.run("upgrade", "head")
    longest = time.monotonic() - begin
    try:
        # A moment may miss the run; then there are more rounds, until one was hit.
        while number < options.rounds or (failed == 0 and number < 10 * options.rounds):
            number += 1
            place.run("downgrade", "-1")
            process = place.start("upgrade", "head")
            time.sleep(generator.uniform(0, longest))
            server.control("stop", "-m", "immediate")
            out, err = process.communicate(timeout=60)
            require(server.password not in out + err, "the password is in the output")
            require(process.returncode in (0, 1, 8), f"restart {number}: exit {process.returncode}\n{out}{err}")
            require(process.returncode == 0 or "error:" in err, f"restart {number}: no words\n{err}")
            failed += process.returncode != 0
            server.control("start")
            place.require_whole(expected, f"restart {number}")
    finally:
        place.close()
    require(failed > 0, "no run was ever cut off")
    print(f"{number} restarts: {failed} runs were cut off, nothing was lost")


def race(options, server):
    """Two runs at once: one applies, the other waits and finds nothing to do."""
    place = Place(options, server).prepare()
    try:
        expected = place.rows()
        for number in range(options.rounds):
            processes = [place.start("upgrade", "head") for _ in range(3)]
            results = [(process.communicate(timeout=120), process.returncode) for process in processes]
            require(all(code == 0 for _, code in results), f"race {number}: {results}")
            require(sorted("applied" in out for (out, _), _ in results) == [False, False, True], f"race {number}: {results}")
            place.require_whole(expected, f"race {number}")
            place.run("downgrade", "-1")
    finally:
        place.close()
    print(f"{options.rounds} races of three: one applied, two waited")


def load(options, server):
    """A hundred readers and writers during upgrades and downgrades: none of their statements fails or waits longer than
    the limit on locks."""
    place = Place(options, server, 'lock_timeout = "1s"\nlock_wait = "60s"').prepare()
    folder = Path(tempfile.mkdtemp(prefix="faults-load-"))
    (folder / "read.sql").write_text("SELECT count(*) FROM video__clip WHERE size = 7;\n\\sleep 50 ms\n")
    (folder / "write.sql").write_text(
        "\\set i random(1, 1000000)\n"
        "INSERT INTO video__clip (metaxy_provenance_by_field, metaxy_provenance, metaxy_feature_version, metaxy_project_version, "
        "metaxy_data_version_by_field, metaxy_data_version, metaxy_created_at, metaxy_updated_at, clip_id, path, size) "
        "VALUES ('{}', 'p', 'v', 'pv', '{}', 'd', now(), now(), 'load', '/load', :i % 1000);\n\\sleep 100 ms\n")
    try:
        seconds = 8 * options.rounds
        bench = subprocess.Popen(
            [server.bin / "pgbench", "-n", "-c", "100", "-j", "2", "-T", str(seconds), "-f", f"{folder}/read.sql@2",
             "-f", f"{folder}/write.sql@1", "-l", f"--log-prefix={folder}/times", server.url],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder)
        end, runs = time.monotonic() + seconds - 2, 0
        while time.monotonic() < end:
            place.run("upgrade", "head")
            place.run("downgrade", "-1")
            runs += 2
        said = bench.communicate(timeout=60)[0]
        require(bench.returncode == 0 and "ERROR" not in said, f"pgbench: {said}")
        # client, transaction, microseconds, script, ...
        times = [int(line.split()[2]) for file in folder.glob("times*") for line in file.read_text().splitlines()]
        worst = max(times) / 1e6
        require(len(times) >= 100 and runs >= 2, f"too little happened: {len(times)} transactions, {runs} runs")
        # The limit, the statement's own time, and what a busy machine adds.
        require(worst < 1 + 0.1 + 3, f"a statement took {worst:.1f} s")
        place.run("upgrade", "head")
        place.run("check")
    finally:
        shutil.rmtree(folder)
        place.close()
    print(f"load: {len(times)} transactions of 100 clients during {runs} runs, none failed, the slowest took {worst:.2f} s")


def idle(options, server):
    """A session that is idle in its transaction is in the way: named, waited for with retries, and the run goes on."""
    place = Place(options, server, 'lock_timeout = "700ms"\nlock_wait = "30s"').prepare()
    try:
        expected = place.rows()
        holder = subprocess.Popen(["psql", "-X", "-q", server.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        holder.stdin.write("BEGIN;\nLOCK TABLE video__clip IN ACCESS SHARE MODE;\n\\echo held\n")
        holder.stdin.flush()
        require(holder.stdout.readline().strip() == "held", "the lock was not taken")
        pid = server.sql("SELECT pid FROM pg_locks WHERE relation = 'video__clip'::regclass").strip()
        process = place.start("upgrade", "head")
        said = []
        reader = threading.Thread(target=lambda: said.extend(process.stderr))
        reader.start()
        deadline = time.monotonic() + 60
        while not any("trying again" in line for line in said):
            require(time.monotonic() < deadline and process.poll() is None, f"no retry was told:\n{''.join(said)}")
            time.sleep(0.05)
        # While the run waits between its tries, others get in.
        server.sql("SELECT count(*) FROM video__clip")
        holder.stdin.write("COMMIT;\n\\q\n")
        holder.stdin.flush()
        holder.wait(timeout=30)
        process.wait(timeout=60)
        reader.join()
        text = "".join(said)
        require(process.returncode == 0, f"exit {process.returncode}\n{text}")
        require(f"pid {pid} (user migrator" in text and "idle in transaction" in text, f"who was in the way is not named:\n{text}")
        place.require_whole(expected, "idle in transaction")

        place.run("downgrade", "-1")
        place.configure(server.url, 'lock_timeout = "300ms"\nlock_wait = "1s"')
        holder = subprocess.Popen(["psql", "-X", "-q", server.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        holder.stdin.write("BEGIN;\nLOCK TABLE video__clip IN ACCESS SHARE MODE;\n\\echo held\n")
        holder.stdin.flush()
        holder.stdout.readline()
        result = place.run("upgrade", "head", expect=6)
        require("in the way: pid" in result.stderr and "rolled back completely" in result.stderr, result.stderr)
        holder.kill()
        holder.wait()
        place.require_whole(expected, "after giving up")
    finally:
        place.close()
    print("idle in transaction: named, retried, gone on; after the limit given up with nothing left behind")


def rights(options, server):
    """A role that may not: words, and nothing changed; reading needs no more than reading."""
    place = Place(options, server).prepare()
    try:
        expected = place.rows()
        server.sql("CREATE ROLE reader LOGIN PASSWORD 'reader-pa55'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;"
                   "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        place.configure(server.url.replace("migrator:" + server.password, "reader:reader-pa55"))
        for command in ("status", "check", "current", "diff"):
            place.run(command, expect=(0, 3, 4))
        result = place.run("upgrade", "head", expect=1)
        require("permission denied" in result.stderr or "must be owner" in result.stderr, result.stderr)
        require("rolled back" in result.stderr or "nothing" in result.stderr, result.stderr)
        require("reader-pa55" not in result.stderr, "the password is in the output")
        place.configure(server.url)
        require(place.heads() == ["aaaaaaaaaaaa"], "something changed")
        place.require_whole(expected, "no rights")
        result = place.run("status")
        place.configure(server.url.replace(server.password, "wr0ng-pa55"))
        result = place.run("upgrade", "head", expect=1)
        require("password authentication failed" in result.stderr and "wr0ng-pa55" not in result.stderr, result.stderr)
    finally:
        place.close()
    print("rights: refused with words, nothing changed; reading works")


def standby(options, server):
    """On a hot standby everything that reads works, and everything that writes says why it does not."""
    place = Place(options, server).prepare()
    try:
        # A base backup wants a role for replication, which the superuser is.
        result = server.as_server(server.bin / "pg_basebackup", "-d", server.url, "-D", f"{server.folder}/standby", "-R", "-X", "stream", "--no-sync")
        require(result.returncode == 0, result.stderr)
        (Path(server.folder) / "standby" / "postgresql.auto.conf").open("a").write("hot_standby = on\n")
        port = subprocess.run([sys.executable, "-c", "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"],
                              capture_output=True, text=True).stdout.strip()
        server.control("start", data="standby", port=port)
        try:
            place.configure(server.url.replace(f":{server.port}/", f":{port}/"))
            place.run("status")
            place.run("check")
            place.run("current")
            place.run("diff", expect=(0, 3, 4))
            place.run("upgrade", "head", "--dry-run")
            result = place.run("upgrade", "head", expect=2)
            require("is a standby" in result.stderr, result.stderr)
        finally:
            server.control("stop", "-m", "immediate", data="standby")
        place.configure(server.url)
        require(place.heads() == ["aaaaaaaaaaaa"], "something changed")
    finally:
        place.close()
    print("standby: reads work, writes say why not")


def pooler(options, server):
    """PgBouncer: in transaction mode a run is refused and the mode named; in session mode it works."""
    place = Place(options, server).prepare()
    folder = Path(tempfile.mkdtemp(prefix="faults-pooler-"))
    os.chmod(folder, 0o755)
    port = subprocess.run([sys.executable, "-c", "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"],
                          capture_output=True, text=True).stdout.strip()
    try:
        expected = place.rows()
        for mode in ("transaction", "session"):
            (folder / "users.txt").write_text(f'"migrator" "{server.password}"\n')
            (folder / "pgbouncer.ini").write_text(
                f"[databases]\n* = host=127.0.0.1 port={server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
                f"auth_type = plain\nauth_file = {folder}/users.txt\npool_mode = {mode}\nunix_socket_dir =\n"
                f"ignore_startup_parameters = extra_float_digits\n")
            prefix = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups", "--"] if os.geteuid() == 0 else []
            process = subprocess.Popen([*prefix, shutil.which("pgbouncer", path="/usr/sbin:/usr/bin"), str(folder / "pgbouncer.ini")],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            try:
                url = server.url.replace(f":{server.port}/", f":{port}/")
                deadline = time.monotonic() + 20
                while subprocess.run(["psql", "-X", "-c", "SELECT 1", url], capture_output=True).returncode != 0:
                    require(time.monotonic() < deadline and process.poll() is None, "pgbouncer does not start")
                    time.sleep(0.1)
                place.configure(url)
                place.run("status")
                place.run("check")
                found = place.run("doctor", expect=(0, 4)).stdout
                require(("pooler in transaction mode" in found) == (mode == "transaction"), found)
                if mode == "transaction":
                    result = place.run("upgrade", "head", expect=2)
                    require("pooler in transaction mode" in result.stderr, result.stderr)
                    require(place.heads() == ["aaaaaaaaaaaa"], "something changed")
                    locks = server.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").strip()
                    require(locks == "0", "a lock was left behind")
                else:
                    place.require_whole(expected, "session pool")
            finally:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(folder)
        place.close()
    print("pooler: transaction mode is named and refused, session mode works")


CUT = """
DO $$
DECLARE begun timestamptz := clock_timestamp();
BEGIN
  LOOP
    PERFORM pg_stat_clear_snapshot();
    EXIT WHEN EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'metaxy-migrate')
      OR clock_timestamp() > begun + interval '3 s';
    PERFORM pg_sleep(0.001);
  END LOOP;
  PERFORM pg_sleep({delay});
  PERFORM pg_stat_clear_snapshot();
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'metaxy-migrate';
END $$
"""


def cut(options, server):
    """The connection is cut at random moments of upgrades, counted from when it is there: a run takes a tenth of a second."""
    place = Place(options, server).prepare()
    generator = random.Random(options.seed)
    expected, failed, number = place.rows(), 0, 0
    place.run("upgrade", "head")
    place.run("downgrade", "-1")
    begin = time.monotonic()
    place.run("upgrade", "head")
    longest = time.monotonic() - begin
    try:
        # A moment may miss the run; then there are more rounds, until one was hit.
        while number < options.rounds or (failed == 0 and number < 10 * options.rounds):
            number += 1
            place.run("downgrade", "-1")
            cutter = threading.Thread(target=server.sql, args=(CUT.format(delay=generator.uniform(0, longest * 0.7)),))
            cutter.start()
            time.sleep(0.1)  # psql, too, takes a moment to connect
            process = place.start("upgrade", "head")
            out, err = process.communicate(timeout=60)
            cutter.join()
            require(process.returncode in (0, 1, 8), f"cut {number}: exit {process.returncode}\n{out}{err}")
            require(process.returncode == 0 or "connection" in err, f"cut {number}: no words\n{err}")
            require("rolled back completely" not in err, f"cut {number}: more is said than is known\n{err}")
            failed += process.returncode != 0
            place.require_whole(expected, f"cut {number}")
    finally:
        place.close()
    require(failed > 0, "no run was ever cut off")
    print(f"{number} cuts: {failed} runs were cut off, nothing was lost")


def scale(options, server):
    """1,000 tables of 20 columns with keys and indexes: as many statements as for ten tables, counted by the server."""
    place = Place(options, server)
    try:
        place.model("")
        log = Path(server.folder) / "server.log"
        server.sql("ALTER SYSTEM SET log_statement = 'all'; ALTER SYSTEM SET log_line_prefix = '%a:'")
        server.sql("SELECT pg_reload_conf()")
        counts = {}
        for tables in (10, 1000):
            place.model("\n".join(
                f'[features."scale/t{i}"]\nid_columns = ["c0"]\n[features."scale/t{i}".columns]\n' +
                "\n".join(f'c{j} = {{ type = "str", index = {"true" if j in (3, 7) else "false"} }}' for j in range(10))
                for i in range(tables)))
            place.run("revision", "--autogenerate", "-m", f"{tables} tables")
            place.run("upgrade", "head", "-q")
            for command in (["revision", "--autogenerate", "-m", "nothing"], ["check"], ["status"]):
                before = log.stat().st_size
                begin = time.monotonic()
                place.run(*command)
                seconds = time.monotonic() - begin
                with log.open() as file:
                    file.seek(before)
                    said = [line for line in file if line.startswith("metaxy-migrate:LOG:") and ("statement:" in line or "execute <unnamed>:" in line)]
                counts.setdefault(command[0], []).append((len(said), round(seconds, 2)))
        for command, ((small, _), (great, _)) in counts.items():
            require(small == great, f"{command}: {small} statements with 10 tables, {great} with 1,000")
            require(small <= 30, f"{command}: {small} statements")
    finally:
        place.close()
    print(f"scale (statements, seconds with 10 and 1,000 tables): {counts}")


SCENARIOS = {"cut": cut, "scale": scale, "kill": kill, "restart": restart, "race": race, "load": load, "idle": idle,
             "rights": rights, "standby": standby, "pooler": pooler, **USES}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--program", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"{options.scenario} --seed {options.seed}", flush=True)
    server = Server(options.server)
    try:
        SCENARIOS[options.scenario](options, server)
    except Failed as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
