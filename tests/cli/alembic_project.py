#!/usr/bin/env python3
"""A project that real Alembic made and ran, taken over and carried on.

    alembic_project.py PROGRAM PEERS [--postgres FILE]

PEERS is the folder with the programs that scripts/setup installs (alembic); FILE tells of a running server. The project has
three branches, a merge, labels and a dependency. What both programs say of the same database must agree in every state.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

METAXY_TOML = """project = "media"
[stores.dev]
type = "{type}"
{connection}
[ext.migrate]
features = ["video.toml"]
"""
VIDEO_TOML = """[features."video/clip"]
id_columns = ["clip_id"]
[features."video/clip".columns]
clip_id = "str"
path = "str"
"""
# name, arguments of `alembic revision`, upgrade, downgrade
REVISIONS = [
    ("aaa1", ["-m", "clips\n\nwith more words", "--branch-label", "media"], "TABLES", "DROP_TABLES"),
    ("aaa2", ["-m", "notes"], "op.create_table('note', sa.Column('id', sa.Integer, primary_key=True))",
     "op.drop_table('note')"),
    ("aaa3", ["-m", "other notes", "--head", "aaa1", "--splice", "--branch-label", "other"],
     "op.add_column('plain', sa.Column('more', sa.Text))", "op.drop_column('plain', 'more')"),
    ("bbb1", ["-m", "audit", "--head", "base", "--branch-label", "audit", "--depends-on", "aaa1"],
     "op.create_table('audit', sa.Column('id', sa.Integer, primary_key=True), sa.Column('what', sa.Text))",
     "op.drop_table('audit')"),
    ("bbb2", ["-m", "audit more", "--head", "audit@head"], "op.add_column('audit', sa.Column('who', sa.Text))",
     "op.drop_column('audit', 'who')"),
]


class Project:
    def __init__(self, arguments, folder, url):
        self.program = Path(arguments.program).resolve()
        self.peers = Path(arguments.peers).resolve()
        self.folder = folder
        self.url = url
        self.environment = {"PATH": f"{self.peers}:/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8", "TZ": "UTC",
                            "USER": "tester", **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
        folder.mkdir(parents=True)
        if not (self.peers / "alembic").exists():
            sys.exit(f"there is no alembic in {self.peers}: run scripts/setup")

    def run(self, words, code=0):
        done = subprocess.run(words, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL)
        if code is not None and done.returncode != code:
            raise AssertionError(f"{' '.join(map(str, words))}: exit {done.returncode} instead of {code}\n"
                                 f"{done.stdout}{done.stderr}")
        return done

    def alembic(self, *words, code=0):
        return self.run([self.peers / "alembic", "-n", "dev", *words], code).stdout

    def ours(self, *words, code=0):
        done = self.run([self.program, "-n", "dev", *words], code)
        return done.stdout if code == 0 else done.stdout + done.stderr

    def sql(self, text):
        if self.url.startswith("sqlite"):
            return self.run(["sqlite3", "-bail", self.url.split("///")[1], text]).stdout
        return self.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", text, self.url]).stdout

    def write_configuration(self):
        sqlite = self.url.startswith("sqlite")
        kind = "metaxy.metadata_store.sqlite.SQLiteMetadataStore" if sqlite else \
            "metaxy.ext.postgresql.PostgreSQLMetadataStore"
        connection = f'config = {{ database = "{self.url.split("///")[1]}" }}' if sqlite else \
            f'config = {{ connection_string = "{self.url}" }}'
        (self.folder / "metaxy.toml").write_text(METAXY_TOML.format(type=kind, connection=connection))
        (self.folder / "video.toml").write_text(VIDEO_TOML)

    def make_tables(self):
        """Alembic's revision for the tables that the model asks for, from what we would make."""
        metadata = self.run([self.program, "-n", "dev", "metadata", "--format", "sql"]).stdout
        statements = [one.strip() for one in metadata.split(";") if one.strip()]
        names = re.findall(r'CREATE TABLE "(\w+)"', metadata)
        up = "\n    ".join(f"op.execute({one!r})" for one in statements)
        up += "\n    op.create_table('plain', sa.Column('id', sa.Integer, primary_key=True))"
        down = "\n    ".join(f"op.drop_table({name!r})" for name in [*names, "plain"])
        return up, down

    def make(self, like=None):
        self.write_configuration()
        if like is not None:
            shutil.copytree(like / "migrations", self.folder / "migrations", ignore=shutil.ignore_patterns(
                "20*", "*.tmpl", "README.md", "taken_over.toml", "__pycache__"))  # scripts begin with their date
            self.write_ini((like / "alembic.ini").read_text())
            return
        up, down = self.make_tables()
        self.run([self.peers / "alembic", "init", "migrations"])
        self.write_ini((self.folder / "alembic.ini").read_text().replace("[alembic]", "[dev]"))
        for name, words, upgrade, downgrade in REVISIONS:
            self.alembic("revision", "--rev-id", name, *words)
            self.fill(name, up if upgrade == "TABLES" else upgrade, down if downgrade == "DROP_TABLES" else downgrade)
        self.alembic("merge", "-m", "join", "--rev-id", "ccc1", "aaa2", "aaa3")

    def write_ini(self, text):
        url = self.url.replace("postgresql://", "postgresql+psycopg2://").replace("%", "%%")
        (self.folder / "alembic.ini").write_text(re.sub(r"sqlalchemy.url = .*", lambda _: f"sqlalchemy.url = {url}", text))

    def fill(self, name, upgrade, downgrade):
        file, = (self.folder / "migrations/versions").glob(f"{name}_*.py")
        head, up, down = re.split(r"(?m)^(?=def )", file.read_text())
        file.write_text(head + up.replace("pass", upgrade) + down.replace("pass", downgrade))

    # ---- What is claimed --------------------------------------------------------------------------------------------

    def same_lines(self, ours, theirs):
        got = self.comparable(self.ours(*ours, "--format", "alembic"))
        wanted = self.comparable(self.alembic(*theirs))
        assert got == wanted, f"{ours}: ours\n" + "\n".join(got) + "\nAlembic's\n" + "\n".join(wanted)

    def comparable(self, text):
        """Alembic prints labels and rows in the order of a hash, paths from the root, and a headline over `current -v`."""
        words = lambda match: match[1] + ", ".join(sorted(match[2].split(", "))) + match[3]
        lines = (re.sub(r"(\()([^)]*)(\))", words, line).replace(f"{self.folder}/", "") for line in text.splitlines())
        return sorted(re.sub(r"^(Branch names: |Branches into: )(.*)($)", words, line.rstrip()) for line in lines
                      if line.strip() and not line.startswith("Current revision(s) for "))

    def agrees(self, *more):
        for words in (["current"], *more):
            self.same_lines(words, words)

    def take_over(self, *words):
        printed = self.ours("init", "--from-alembic", *words)
        lines = re.search(r"add to metaxy.toml:\n((?:  .*\n)+)", printed)
        assert lines, printed
        with (self.folder / "metaxy.toml").open("a") as file:
            file.write("".join(line[2:] + "\n" for line in lines.group(1).splitlines()))
        return printed


def expect(text, *parts):
    for part in parts:
        assert part in text, f"'{part}' is not in:\n{text}"


def carried_on(project):
    """Without a baseline: history, then `adopt`, then scripts."""
    project.make()
    expect(project.ours("history", code=2), "a revision of Alembic", "init --from-alembic")
    project.alembic("upgrade", "media@aaa1")
    before = (project.folder / "metaxy.toml").read_text()
    project.take_over()
    taken_over = (project.folder / "metaxy.toml").read_text()
    expect(taken_over, 'version_table = "alembic_version"')

    # Without the line a run would begin at base; it stops with the line instead.
    (project.folder / "metaxy.toml").write_text(before)
    expect(project.ours("upgrade", "head", code=2), "alembic_version", 'version_table = "alembic_version"')
    (project.folder / "metaxy.toml").write_text(taken_over)

    project.agrees(["history", "-i"], ["branches"], ["heads", "--resolve-dependencies"], ["show", "heads"], ["current", "-v"])
    # Behind: the command that is named brings it on.
    while True:
        told = project.run([project.program, "-n", "dev", "upgrade", "heads"], None)
        command = re.search(r"finish with Alembic first: (.+)", told.stderr)
        if not command:
            assert told.returncode == 0, told.stderr
            break
        for one in command.group(1).split("; "):
            project.run([project.peers / "alembic", *one.split()[1:]])
            project.agrees()
    project.alembic("current", "--check-heads")
    expect(project.ours("downgrade", "base", code=2), "only Alembic can undo")
    expect(project.ours("revision", "--autogenerate", "--head", "ccc1", "-m", "too early", code=2), "adopt")
    expect(project.ours("check"), "the model is not compared")

    project.ours("adopt", "--rev-id", "dddddddddddd")
    expect(project.ours("current"), "dddddddddddd (head) (mergepoint)")
    expect(project.ours("check", "--at-head"), "ok: dev: nothing found")
    nothing = project.run([project.program, "-n", "dev", "revision", "--autogenerate", "-m", "nothing"])
    expect(nothing.stdout + nothing.stderr, "nothing")
    assert len(list((project.folder / "migrations/versions").glob("*.sql"))) == 1
    only_what_differs(project)
    back_with_alembic(project)


def only_what_differs(project):
    with (project.folder / "video.toml").open("a") as file:
        file.write('duration = "float | None"\n')
    expect(project.ours("check", code=3), "add column video__clip.duration")
    written = project.ours("revision", "--autogenerate", "-m", "duration", "--rev-id", "eeeeeeeeeeee")
    assert re.findall(r"(?m)^  [+~-] (.*)$", written) == ["add column video__clip.duration"], written
    project.ours("upgrade", "head")
    expect(project.ours("check", "--at-head"), "ok: dev: nothing found")
    assert project.sql("SELECT version_num FROM alembic_version").split() == ["eeeeeeeeeeee"]
    project.agrees(["history", "-i"], ["heads"])


def back_with_alembic(project):
    """Undone to where Alembic was, both agree again, and Alembic can go down and up; but it runs no script."""
    told = project.run([project.peers / "alembic", "-n", "dev", "downgrade", "-1"], 1)
    expect(told.stderr, "a script of metaxy-migrate: metaxy-migrate -n dev downgrade dddddddddddd")
    for command, words in ((project.ours, ["downgrade", "ccc1"]), (project.alembic, ["downgrade", "audit@bbb1"]),
                           (project.alembic, ["upgrade", "ccc1"]), (project.alembic, ["upgrade", "audit@bbb2"])):
        command(*words)
        project.agrees()
    told = project.run([project.peers / "alembic", "-n", "dev", "upgrade", "heads"], 1)
    expect(told.stderr, "a script of metaxy-migrate: metaxy-migrate -n dev upgrade dddddddddddd")
    project.agrees()
    project.ours("upgrade", "head")
    expect(project.ours("check", "--at-head"), "ok: dev: nothing found")


def with_baseline(project, like, empty):
    """With a script that stands for Alembic's revisions: for empty databases only."""
    project.make(like)
    expect(project.ours("init", "--from-alembic", "--baseline", code=2), "alembic -n dev upgrade heads")
    project.alembic("upgrade", "heads")
    project.sql("INSERT INTO note VALUES (1)")
    printed = project.take_over("--baseline", "--rev-id", "ffffffffffff")
    expect(printed, "rows that Alembic's revisions insert are not in it")
    project.agrees()
    for words in (["--at-head"], ["--offline"]):
        told = project.ours("check", *words)
        expect(told, "warning: dev: 2 heads")
        assert "drift" not in told and "model" not in told, told
    expect(project.ours("show", "ffff"), "replaces = [")
    project.ours("revision", "-m", "join all", "--head", "ccc1", "--head", "bbb2", "--rev-id", "111111111111")
    with (project.folder / "video.toml").open("a") as file:
        file.write('duration = "float | None"\n')
    written = project.ours("revision", "--autogenerate", "--against", "scripts", "-m", "duration", "--rev-id", "eeeeeeeeeeee")
    assert re.findall(r"(?m)^  [+~-] (.*)$", written) == ["add column video__clip.duration"], written
    expect(project.ours("upgrade", "head"), "applied 2 revisions")
    expect(project.ours("check", "--at-head"), "ok: dev: nothing found")
    expect(project.ours("downgrade", "base", code=2), "only Alembic can undo", "downgrade")
    assert project.sql("SELECT count(*) FROM note").split() == ["1"]
    made_by_alembic = project.ours("diff", "scripted", "live")

    # The same scripts on an empty database.
    text = (project.folder / "metaxy.toml").read_text()
    (project.folder / "metaxy.toml").write_text(text.replace(*empty))
    expect(project.ours("upgrade", "head"), "applied 3 revisions")
    expect(project.ours("check", "--at-head"), "ok: dev: nothing found")
    assert project.ours("diff", "scripted", "live") == made_by_alembic
    expect(project.ours("history", "-i"), "ffffffffffff")
    expect(project.ours("downgrade", "base", "--allow-destructive"), "undid 3 revisions")
    project.ours("upgrade", "ffff")
    assert project.ours("current").split()[0] == "ffffffffffff"
    project.ours("upgrade", "head")
    (project.folder / "metaxy.toml").write_text(text)
    both_write(project)


def both_write(project):
    """Somebody went on with Alembic before the scripts came."""
    project.alembic("revision", "-m", "too", "--rev-id", "ccc2", "--head", "ccc1", "--splice")
    told = project.ours("check", "--offline", code=7)
    expect(told, "Alembic and metaxy-migrate have both written a revision on top of 'ccc1'", "ccc2_too.py",
           "111111111111")
    expect(project.ours("upgrade", "heads", code=2), "finish with Alembic first: alembic -n dev upgrade ccc2")
    project.alembic("upgrade", "ccc2")
    project.agrees()
    without_twins(project)


def without_twins(project):
    """A directory that Alembic is not to read any more."""
    versions = project.folder / "migrations/versions"
    twin, = versions.glob("*_join_all.py")
    text = twin.read_text()
    twin.unlink()
    expect(project.ours("check", "--offline", code=7), "Alembic does not know the place of 1 script", "_join_all.sql")
    project.ours("init", "--from-alembic")
    assert twin.read_text() == text
    twin.unlink()
    with (project.folder / "migrations/taken_over.toml").open("a") as file:
        file.write("twins = false\n")
    assert "Alembic does not know" not in project.ours("check", "--offline", code=7)
    project.ours("revision", "-m", "no twin", "--head", "eeeeeeeeeeee", "--rev-id", "222222222222")
    assert not list(versions.glob("*_no_twin.py"))


def long_ids(project, like):
    """Alembic's column takes 32 characters, and PostgreSQL means it."""
    project.make(like)
    project.alembic("upgrade", "heads")
    project.take_over()
    project.ours("adopt")
    name = "a_name_that_is_much_longer_than_alembic_takes"
    project.ours("revision", "-m", "long", "--rev-id", name)
    if project.url.startswith("sqlite"):
        project.ours("upgrade", "head")
        return
    told = project.ours("upgrade", "head", code=2)
    statement = re.search(r"widen it.*?: (ALTER TABLE .*;)", told)
    assert statement, told
    project.sql(statement.group(1))
    project.ours("upgrade", "head")
    assert project.sql("SELECT version_num FROM alembic_version").split() == [name]


class Server:
    def __init__(self, file):
        self.server = Path(file).read_text().split()[0] if file else None
        self.made = []

    def url(self, name):
        if self.server is None:
            return f"sqlite:///{name}.db"
        name = f"alembic_{name}_{os.getpid()}"
        self.sql(f"CREATE DATABASE {name}")
        self.made.append(name)
        return self.server.rsplit("/", 1)[0] + "/" + name

    def sql(self, text):
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", text, self.server], check=True, timeout=60)

    def drop(self):
        for name in self.made:
            self.sql(f"DROP DATABASE {name} WITH (FORCE)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("peers")
    parser.add_argument("--postgres")
    arguments = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="alembic-project-"))
    server = Server(arguments.postgres)
    try:
        carried_on(Project(arguments, root / "carried_on", server.url("carried")))
        first, second = server.url("full"), server.url("empty")
        like = root / "carried_on"
        with_baseline(Project(arguments, root / "with_baseline", first), like,
                      (first.split("///")[-1], second.split("///")[-1]))
        long_ids(Project(arguments, root / "long_ids", server.url("long")), like)
    finally:
        server.drop()
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
