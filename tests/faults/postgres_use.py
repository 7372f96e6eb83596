"""Scenarios of postgres_faults.py in which the database is well, and what people do with it is not: bad scripts, views in the
way, enums whose labels change, certificates and passwords from everywhere, scratch databases."""
import os
import signal
import subprocess
import time
from pathlib import Path

from postgres_place import FIRST, Place, require

HEADER = '-- {message}\n--\n-- [migration]\n-- revision = "{id}"\n-- down_revision = "{down}"\n-- dialect = "postgresql"\n\n'


def write_script(place, name, text):
    path = place.root / "migrations" / "prod" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def twenty_statements(bad):
    """A script of 20 statements of which one (from 1; 0: none) is wrong."""
    statements = [f"CREATE TABLE t{i} (a integer, b text)" if i % 2 else f"INSERT INTO t{i - 1} VALUES ({i}, 'x')" for i in range(1, 21)]
    if bad:
        statements[bad - 1] = "INSERT INTO nowhere VALUES (1)"
    drops = "\n".join(f"-- destructive: rows of t{i}\nDROP TABLE t{i};" for i in range(19, 0, -2))
    return (HEADER.format(message="twenty", id="cccc", down="aaaaaaaaaaaa") + "-- migrate: upgrade\n\n" + ";\n".join(statements) +
            f";\n\n-- migrate: downgrade\n\n{drops}\n")


def many_rows(count, bad):
    """A script that inserts many rows, of which one (from 0; -1: none) is no number."""
    rows = "".join(f"INSERT INTO big VALUES ({'$$x$$' if i == bad else i}, '{'y' * 300}');\n" for i in range(count))
    return (HEADER.format(message="rows", id="cccc", down="aaaaaaaaaaaa") +
            f"-- migrate: upgrade\n\nCREATE TABLE big (a integer, b text);\n{rows}\n-- migrate: downgrade\n\n"
            "-- destructive: the rows\nDROP TABLE big;\n")


def each_statement(options, server):
    """An error at each statement of a script, and at any of thousands of rows: its place is told, nothing is left."""
    place = Place(options, server).prepare()
    tables = "SELECT count(*) FROM pg_tables WHERE tablename ~ '^(t[0-9]+|big)$'"
    try:
        for script in (place.root / "migrations" / "prod").glob("*bbbb*"):
            script.unlink()
        expected = place.rows()
        for bad in range(1, 21):
            path = write_script(place, "c.sql", twenty_statements(bad))
            result = place.run("upgrade", "head", expect=1)
            line = path.read_text()[:path.read_text().index("nowhere")].count("\n") + 1
            require(f"c.sql:{line}:1" in result.stderr and "nowhere" in result.stderr, result.stderr)
            require("rolled back completely" in result.stderr, result.stderr)
            require(place.heads() == ["aaaaaaaaaaaa"] and place.rows() == expected, f"statement {bad}: something is left")
            require(server.sql(tables).strip() == "0", f"statement {bad}: tables are left")
        for bad in (0, 255, 256, 1999, 2999):
            path = write_script(place, "c.sql", many_rows(3000, bad))
            line = path.read_text()[:path.read_text().index("$$x$$")].count("\n") + 1
            result = place.run("upgrade", "head", expect=1)
            require(f"c.sql:{line}:1" in result.stderr and "invalid input syntax" in result.stderr, f"row {bad}, line {line}: {result.stderr}")
            require(server.sql(tables).strip() == "0", f"row {bad}: something is left")
            failed = server.sql("SELECT failed_sql FROM metaxy_migrate_log WHERE outcome = 'failed' ORDER BY sequence DESC LIMIT 1")
            require("$$x$$" in failed, f"row {bad}: the log has {failed[:100]}")
        for script, count in ((twenty_statements(0), "10"), (many_rows(3000, -1), "1")):
            write_script(place, "c.sql", script)
            place.run("upgrade", "head")
            require(server.sql(tables).strip() == count, "the corrected script did not run")
            place.run("downgrade", "-1")
            require(server.sql(tables).strip() == "0", "the downgrade left tables")
        require(place.rows() == expected, "rows changed")
    finally:
        place.close()
    print("20 statements and thousands of rows: an error anywhere is told by its place and leaves nothing behind")


def bad_scripts(options, server):
    """Scripts of every bad kind are refused before anything runs; a great one runs."""
    place = Place(options, server).prepare()
    try:
        expected = place.rows()
        good = HEADER.format(message="c", id="cccc", down="bbbbbbbbbbbb")
        bad = {
            "empty": b"",
            "binary": bytes(range(256)) * 20,
            "malformed": (good + "-- migrate: upgrade\n\nCREATE TABLE t (a integer;\n").encode(),
            "open dollar quote": (good + "-- migrate: upgrade\n\nDO $x$ BEGIN END;\n").encode(),
            "unknown marker": (good + "-- migrate: upgraed\n\nSELECT 1;\n").encode(),
            "bad changes": (good + "-- migrate: upgrade\n\n-- migrate: changes\n-- {nonsense}\n").encode(),
            "transaction control": (good + "-- migrate: upgrade\n\nBEGIN;\nSELECT 1;\nCOMMIT;\n").encode(),
            "concurrent in a transaction": (good + "-- migrate: upgrade\n\nCREATE INDEX CONCURRENTLY i ON video__clip (path);\n").encode(),
            "unmarked drop": (good + "-- migrate: upgrade\n\nDROP TABLE video__clip;\n").encode(),
            "missing parent": good.replace("bbbbbbbbbbbb", "zzzz").encode(),
            "two for one id": good.replace('"cccc"', '"bbbbbbbbbbbb"').replace('down_revision = "bbbbbbbbbbbb"', 'down_revision = "aaaaaaaaaaaa"').encode(),
        }
        for name, content in bad.items():
            write_script(place, "c.sql", "").write_bytes(content)
            result = place.run("upgrade", "head", expect=(1, 2, 7))
            require("error:" in result.stderr and "c.sql" in result.stderr, f"{name}: {result.stderr}")
            require(place.heads() == ["aaaaaaaaaaaa"] and place.rows() == expected, f"{name}: something changed")
        for transaction in ("", " transaction=off"):
            write_script(place, "c.sql", good + f"-- migrate: upgrade{transaction}\n\nCOPY video__clip FROM STDIN;\nCREATE TABLE after_copy (a integer);\n")
            result = place.run("upgrade", "head", expect=1)
            require("need a client" in result.stderr and "COPY video__clip FROM STDIN\n" in result.stderr, result.stderr)
            require(place.rows() == expected and not server.sql("SELECT to_regclass('after_copy')").strip(), "COPY: something changed")
        huge = write_script(place, "c.sql", good + "-- migrate: upgrade\n\nCREATE TABLE big (a integer, b text);\n" +
                            "".join(f"INSERT INTO big VALUES ({i}, '{'y' * 2000}');\n" for i in range(5000)))
        require(huge.stat().st_size > 10_000_000, "the huge script is too small")
        place.run("upgrade", "head")
        require(server.sql("SELECT count(*) FROM big").strip() == "5000", "the huge script did not run whole")
        require(place.rows() == expected, "rows changed")
    finally:
        place.close()
    print("bad scripts: refused with words, nothing changed; a script of 10 MB runs")


def views(options, server):
    """A view that uses what a revision changes is named before anything runs, and when the revision is written."""
    place = Place(options, server).prepare()
    try:
        for script in (place.root / "migrations" / "prod").glob("*bbbb*"):
            script.unlink()
        expected = place.rows()
        server.sql("CREATE SCHEMA reports; CREATE VIEW reports.sizes AS SELECT size FROM video__clip; "
                   "CREATE MATERIALIZED VIEW paths AS SELECT path FROM video__clip")
        # An earlier revision of the same run must not be kept either.
        place.model(FIRST.replace('path = "str"', 'path = "str"\nnote = "str | None"'))
        place.run("revision", "--autogenerate", "-m", "note", "--rev-id", "b1")
        place.run("upgrade", "head")
        place.model(FIRST.replace('path = "str"', 'path = "str"\nnote = "str | None"').replace('size = "int"', 'size = "float"'))
        written = place.run("revision", "--autogenerate", "-m", "float", "--rev-id", "b2")
        require("view 'reports.sizes' uses what 'change type of video__clip.size from" in written.stdout + written.stderr,
                written.stdout + written.stderr)
        place.run("downgrade", "-1")
        result = place.run("upgrade", "head", expect=2)
        require("view 'reports.sizes'" in result.stderr and "SELECT" in result.stderr, result.stderr)
        require("paths" not in result.stderr, f"a view that is not in the way is named: {result.stderr}")
        require(place.heads() == ["aaaaaaaaaaaa"] and place.rows() == expected, "something changed")
        script = next((place.root / "migrations" / "prod").glob("*b2*"))
        script.write_text(script.read_text().replace(
            "-- migrate: upgrade\n", "-- migrate: upgrade\n\nDROP VIEW reports.sizes;\n", 1).replace(
            "-- migrate: downgrade\n", "CREATE VIEW reports.sizes AS SELECT size FROM video__clip;\n\n-- migrate: downgrade\n", 1))
        place.run("upgrade", "head")
        place.run("check")
        require(server.sql("SELECT pg_typeof(size) FROM reports.sizes LIMIT 1").strip() == "double precision", "the view is not as it was")
        # The way back takes the column from under the view again, and says so.
        result = place.run("downgrade", "-1", expect=2)
        require("view 'reports.sizes'" in result.stderr, result.stderr)
        require(place.heads() == ["b2"], f"heads are {place.heads()}")
    finally:
        place.close()
    print("views: named when the revision is written and before it runs, nothing changed; dropped and made again by the script")


MOODS = """[features."video/clip"]
id_columns = ["clip_id"]
[features."video/clip".columns]
clip_id = "str"
mood = "str"
"""


def enums(options, server):
    """Enums by an override: made, widened in place, kept on the way back, refused where labels would go or move."""
    place = Place(options, server)

    def labels(*names, column="mood"):
        listed = ", ".join(f"'{name}'" for name in names)
        place.configure(server.url, f"[ext.migrate.columns.\"video/clip\"]\n{column} = \"mood ENUM({listed})\"")

    def there():
        return server.sql("SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = to_regtype('mood')").strip()

    try:
        place.model(MOODS)
        labels("sad", "happy")
        place.run("revision", "--autogenerate", "-m", "first", "--rev-id", "a1")
        place.run("upgrade", "head")
        require(there() == "{sad,happy}", there())
        place.run("check")
        require("nothing" in place.run("revision", "--autogenerate", "-m", "again").stdout.lower(), "a second revision is not empty")
        server.sql("INSERT INTO video__clip SELECT '{}', 'p', 'v', 'pv', '{}', 'd', now(), NULL, now(), NULL, 'c' || i, "
                   "(ARRAY['sad', 'happy'])[1 + i % 2]::mood FROM generate_series(1, 10) i")
        labels("calm", "sad", "so so", "happy")
        place.run("revision", "--autogenerate", "-m", "more", "--rev-id", "a2")
        place.run("upgrade", "head")
        require(there() == '{calm,sad,"so so",happy}', there())
        place.run("check")
        place.run("downgrade", "-1")
        require("keeps 'calm', 'so so'" in place.run("show", "a2").stdout, "the downgrade does not say what stays")
        require(there() == '{calm,sad,"so so",happy}', there())
        require(place.heads() == ["a1"], place.heads())
        place.run("upgrade", "head")
        place.run("check")
        labels("sad", "happy")
        result = place.run("revision", "--autogenerate", "-m", "fewer")
        require("labels of an enum stay" in result.stdout + result.stderr, result.stdout + result.stderr)
        labels("happy", "sad")
        result = place.run("revision", "--autogenerate", "-m", "moved", expect=2)
        require("cannot change their order" in result.stderr, result.stderr)
        require(server.sql("SELECT count(*), count(DISTINCT mood) FROM video__clip").strip() == "10|2", "rows changed")
        place.run("downgrade", "base")
        require(there() == "", f"the type is left: {there()}")
        labels("calm", "sad", "so so", "happy")
        server.sql(place.run("upgrade", "head", "--sql").stdout)
        require(there() == '{calm,sad,"so so",happy}' and place.heads() == ["a2"], "psql did not do what a run does")
        place.run("check")
    finally:
        place.close()
    print("enums: made, widened in place, kept on the way back, refused where labels would move, dropped with their last table")


def psql(options, server):
    """What `--sql` prints does in psql what a run does, whatever psql's settings, and nothing where the database is elsewhere."""
    place = Place(options, server).prepare()

    def runs(*arguments):
        script = place.run(*arguments, "--sql").stdout
        environment = {**os.environ, "PGTZ": "America/New_York", "PGOPTIONS": "-c datestyle=german"}
        return script, lambda: subprocess.run(["psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", server.url, "-f", "-"], input=script, env=environment,
                                              capture_output=True, text=True, timeout=120)
    try:
        expected = place.rows()
        _, undo = runs("downgrade", "bbbbbbbbbbbb:aaaaaaaaaaaa")
        up, apply = runs("upgrade", "aaaaaaaaaaaa:head")
        require("\nCREATE INDEX CONCURRENTLY" in up, "there is no section without a transaction")
        result = undo()
        require(result.returncode == 3 and "must hold" in result.stderr, f"the guard does not hold: {result.stderr}")
        for again in range(2):
            result = apply()
            require(result.returncode == 0, result.stderr)
            require(place.heads() == ["bbbbbbbbbbbb"] and place.rows() == expected, "psql did not do what a run does")
            place.run("check")
            require(apply().returncode == 3, "the guard does not hold the second time")
            result = undo()
            require(result.returncode == 0, result.stderr)
            require(place.heads() == ["aaaaaaaaaaaa"] and place.rows() == expected, "psql did not undo it")
        # Somebody's lock does not keep everybody else waiting.
        holder = subprocess.Popen(["psql", "-X", "-q", server.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        holder.stdin.write("BEGIN;\nLOCK TABLE video__clip IN ACCESS SHARE MODE;\n\\echo held\n")
        holder.stdin.flush()
        holder.stdout.readline()
        result = apply()
        require(result.returncode == 3 and "lock timeout" in result.stderr, f"{result.returncode}: {result.stderr}")
        require(place.heads() == ["aaaaaaaaaaaa"], "something changed")
        holder.kill()
        holder.wait()
        place.require_whole(expected, "after psql")
    finally:
        place.close()
    print("psql: does and undoes what a run does, guarded, and gives up when somebody holds a table")


def certificate(folder, name, authority=None):
    """A key and a certificate for 127.0.0.1: signed by the authority, or by itself as one."""
    key, request, made = (folder / f"{name}.{end}" for end in ("key", "csr", "crt"))
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    new = ["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj", f"/CN={name}"]
    if authority is None:
        subprocess.run([*new, "-x509", "-days", "2", "-out", made], **quiet)
        return made
    extensions = folder / "extensions"
    extensions.write_text("subjectAltName = IP:127.0.0.1, DNS:localhost\n")
    subprocess.run([*new, "-out", request], **quiet)
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-CA", authority, "-CAkey", authority.with_suffix(".key"), "-CAcreateserial",
                    "-days", "2", "-extfile", extensions, "-out", made], **quiet)
    return made


def serve_with(server, made):
    """The server takes connections with TLS only."""
    data = Path(server.folder) / "data"
    for path in (made, made.with_suffix(".key")):
        target = data / f"server{path.suffix}"
        target.write_bytes(path.read_bytes())
        owner = data.stat()
        os.chown(target, owner.st_uid, owner.st_gid)
        target.chmod(0o600)
    hba = data / "pg_hba.conf"
    hba.write_text("local all all scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
    server.sql("ALTER SYSTEM SET ssl = on")
    server.control("restart")


def secure(options, server):
    """TLS with a certificate that is checked, and passwords from all the places where libpq looks for them."""
    place = Place(options, server)
    password = server.password
    address = f"127.0.0.1:{server.port}/postgres"

    def settings(url, more=""):
        place.configure("postgresql://elsewhere.invalid/x", f'[ext.migrate.environments.prod]\nurl = "{url}"\n{more}')

    def says(words, **variables):
        environment = {**os.environ, **variables}
        for command in (["status"], ["upgrade", "head"]):
            result = subprocess.run(place.command(*command), cwd=place.root, env=environment, capture_output=True, text=True, timeout=60)
            said = result.stdout + result.stderr
            require(password not in said and "wr0ng-pa55" not in said, f"a password is in the output: {said}")
            require(result.returncode == (1 if words else 0), f"{command}: exit {result.returncode}, wanted '{words}'\n{said}")
            require(words in said, f"{command}: '{words}' is not said\n{said}")

    try:
        authority, stranger = certificate(place.root, "authority"), certificate(place.root, "stranger")
        serve_with(server, certificate(place.root, "server", authority))
        place.model(FIRST)
        full = f"postgresql://migrator:{password}@{address}?sslmode=verify-full&sslrootcert="
        place.configure(full + str(authority))
        place.run("revision", "--autogenerate", "-m", "first")
        says("")
        used = server.sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", url=full + str(authority))
        require(used.strip() == "t", "the server does not use TLS")
        place.configure(full + str(stranger))
        says("certificate verify failed")
        place.configure(full + str(place.root / "missing.crt"))
        says("root certificate file")
        place.configure(full.replace("127.0.0.1", "127.0.0.2") + str(authority))
        server.sql("ALTER SYSTEM SET listen_addresses = '127.0.0.1,127.0.0.2'", url=full + str(authority))
        server.control("restart")
        says("does not match host name")
        place.configure(f"postgresql://migrator:{password}@{address}?sslmode=disable")
        says("no encryption")
        (place.root / "metaxy.toml").write_text(
            'project = "media"\n[stores.prod]\ntype = "metaxy.ext.postgresql.PostgreSQLMetadataStore"\n'
            f'config = {{ connection_params = {{ host = "127.0.0.1", port = {server.port}, user = "migrator", password = "{password}", '
            f'database = "postgres", sslmode = "verify-full", sslrootcert = "{authority}" }} }}\n[ext.migrate]\nfeatures = ["features/*.toml"]\n')
        says("")

        no_password = f"postgresql://migrator@{address}?sslmode=verify-ca&sslrootcert={authority}"
        settings(no_password)
        says("no password supplied", PGPASSFILE=str(place.root / "none"))
        says("", PGPASSWORD=password)
        for right in (True, False):
            word = password if right else "wr0ng-pa55"
            passwords = place.root / "passwords"
            passwords.write_text(f"127.0.0.1:{server.port}:postgres:migrator:{word}\n")
            passwords.chmod(0o600)
            says("" if right else "password authentication failed", PGPASSFILE=str(passwords))
            services = place.root / "services"
            services.write_text(f"[media]\nhost=127.0.0.1\nport={server.port}\ndbname=postgres\nuser=migrator\npassword={word}\n"
                                f"sslmode=verify-full\nsslrootcert={authority}\n")
            settings("postgresql://?service=media")
            says("" if right else "password authentication failed", PGSERVICEFILE=str(services))
            settings("postgresql://")
            says("" if right else "password authentication failed", PGSERVICEFILE=str(services), PGSERVICE="media")
            (place.root / "secret").write_text(f"{word}\n")
            settings(no_password, 'password_file = "secret"')
            says("" if right else "password authentication failed")
            settings(no_password)
        settings(no_password, 'password_file = "nowhere"')
        result = place.run("status", expect=2)
        require("nowhere" in result.stderr and "cannot be read" in result.stderr, result.stderr)
    finally:
        place.close()
    print("secure: certificates are checked, passwords found everywhere and printed nowhere")


def wait_for(server, process, statement):
    """Until the server works on this statement for the process."""
    deadline = time.monotonic() + 60
    while server.sql(f"SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '{statement}%'").strip() == "0":
        require(time.monotonic() < deadline and process.poll() is None, f"nobody runs {statement}")


def interrupt(options, server):
    """Ctrl-C and SIGTERM end the statement in the server, too, and the next run need not wait. A lock that a COMMIT waits for in
    vain is no lost connection. psql with the same statements waits for a run."""
    place = Place(options, server, 'lock_timeout = "500ms"\nlock_wait = "2s"').prepare()
    script = HEADER.format(message="slow", id="cccc", down="bbbbbbbbbbbb") + "-- migrate: upgrade\n\n{}\n\n-- migrate: downgrade\n"
    try:
        place.run("upgrade", "head")
        expected = place.rows()
        write_script(place, "c.sql", script.format("CREATE TABLE c (a integer);\nSELECT pg_sleep(60);"))
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = place.start("upgrade", "head")
            wait_for(server, process, "SELECT pg_sleep")
            process.send_signal(number)
            _, err = process.communicate(timeout=20)
            require(process.returncode == code and "was interrupted" in err and "rolled back completely" in err, f"{process.returncode}: {err}")
            require(place.heads() == ["bbbbbbbbbbbb"] and place.rows() == expected, "something is left")
            place.run("upgrade", "bbbbbbbbbbbb")

        server.sql("CREATE TABLE parent (id integer PRIMARY KEY); INSERT INTO parent VALUES (1);"
                   "CREATE TABLE child (p integer REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)")
        holder = subprocess.Popen(["psql", "-X", "-q", server.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        holder.stdin.write("BEGIN;\nSELECT 1 FROM parent FOR UPDATE;\n\\echo held\n")
        holder.stdin.flush()
        while "held" not in holder.stdout.readline():
            pass
        write_script(place, "c.sql", script.format("INSERT INTO child VALUES (1);"))
        err = place.run("upgrade", "head", expect=6).stderr
        require("lock timeout" in err and "connection was lost" not in err and "rolled back completely" in err, err)
        holder.kill()
        holder.wait()

        write_script(place, "c.sql", script.format("INSERT INTO parent VALUES (2);\nSELECT pg_sleep(2);"))
        sql = place.run("upgrade", "bbbbbbbbbbbb:head", "--sql").stdout
        process = place.start("upgrade", "head")
        wait_for(server, process, "SELECT pg_sleep")
        beside = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", server.url], input=sql, capture_output=True, text=True, timeout=60)
        out, err = process.communicate(timeout=60)
        require(process.returncode == 0, out + err)
        require(beside.returncode == 3 and ("must hold" in beside.stderr or "lock timeout" in beside.stderr), beside.stderr)
        require(place.heads() == ["cccc"] and server.sql("SELECT count(*) FROM parent").strip() == "2", "it ran twice")
    finally:
        place.close()
    print("interrupt: the server stops, too; a COMMIT may wait in vain; psql beside a run changes nothing")


def scratch(options, server):
    """`replay` runs scripts in a database of its own, which goes away, also after a kill; the user's tables are not touched."""
    place = Place(options, server).prepare()
    databases = "SELECT datname FROM pg_database WHERE datname LIKE 'metaxy%'"
    try:
        expected = place.rows()
        # It names the schema of the user's own tables on purpose.
        script = write_script(place, "c.sql", HEADER.format(message="by hand", id="cccc", down="bbbbbbbbbbbb") +
                              "-- migrate: upgrade\n\nALTER TABLE public.video__clip ADD COLUMN seen boolean;\n"
                              "-- destructive: all rows of an old copy\nDELETE FROM public.video__clip;\nCREATE TYPE kind AS ENUM ('a');\n"
                              "CREATE TABLE extra (k kind DEFAULT 'a', n integer GENERATED ALWAYS AS IDENTITY);\n\n"
                              "-- migrate: upgrade transaction=off\n\nCREATE INDEX CONCURRENTLY by_n ON extra (n);\n\n-- migrate: downgrade\n")
        place.run("replay")
        changes = script.read_text().partition("-- migrate: changes")[2]
        for part in ('"add_column"', '"seen"', "kind ENUM('a')", "IDENTITY", '"by_n"'):
            require(part in changes, f"{part} is not among the changes:\n{changes}")
        require(place.rows() == expected and place.heads() == ["aaaaaaaaaaaa"], "the user's tables were touched")
        require(server.sql(databases).strip() == "", "a database is left")

        write_script(place, "d.sql", HEADER.format(message="slow", id="dddd", down="cccc") +
                     "-- migrate: upgrade\n\nSELECT pg_sleep(60);\nCREATE TABLE slow (a integer);\n\n-- migrate: downgrade\n")
        process = place.start("replay")
        wait_for(server, process, "SELECT pg_sleep(60)")
        process.send_signal(signal.SIGKILL)
        process.communicate()
        require(server.sql(databases).strip() != "", "there is nothing to be left after a kill")
        # What a killed client began the server ends when it notices; until then the database is in use.
        server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%'")
        write_script(place, "d.sql", HEADER.format(message="wrong", id="dddd", down="cccc") +
                     "-- migrate: upgrade\n\nCREATE TABLE x (a nothing);\n\n-- migrate: downgrade\n")
        result = place.run("replay", expect=2)
        require("d.sql:10:1" in result.stderr and 'type "nothing" does not exist' in result.stderr, result.stderr)
        require(server.sql(databases).strip() == "", "a database is left after a kill and a failure")

        server.sql("CREATE ROLE humble LOGIN PASSWORD 'humble-pa55'")
        place.configure(server.url.replace("migrator:" + server.password, "humble:humble-pa55"))
        result = place.run("replay", expect=2)
        require("role 'humble' may not create databases" in result.stderr and "CREATEDB" in result.stderr, result.stderr)
        require("humble-pa55" not in result.stderr, "the password is in the output")
    finally:
        place.close()
    print("scratch: replay writes changes from a database of its own, which goes away after success, failure and kill")


USES = {"each_statement": each_statement, "bad_scripts": bad_scripts, "views": views, "enums": enums, "psql": psql, "secure": secure,
        "interrupt": interrupt, "scratch": scratch}
