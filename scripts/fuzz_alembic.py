#!/usr/bin/env python3
"""Compares our revision graph with real Alembic on random graphs and random commands.

    scripts/fuzz_alembic.py --replayer <build>/bin/revision_graph_test [--cases 2000] [--seed 1]

to be run by the Python that scripts/setup puts into the cache, peers-*/bin/python: it has the Alembic to compare with.

Alembic (a test tool only) runs its own commands against SQLite in memory; only the revision files are stood in for. What it
did is written as cases in the format of tests/unit/revision/cases/README.md and replayed through our code. Alembic's order
depends here and there on the hash seed: each case is computed with several, and what they disagree on is compared as a set.
"""
import argparse
import io
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import traceback
import types
import warnings
from pathlib import Path

HASH_SEEDS = tuple(map(str, range(4)))
# Several dependencies of one revision are a set in Alembic, whose order four seeds may share by chance.
MORE_HASH_SEEDS = tuple(map(str, range(4, 12)))
LABELS = ("core", "auth", "billing", "plugin_a", "plugin_b", "reports", "net", "shoppingcart")


# ---- Random cases -----------------------------------------------------------------------------------------------------

def random_ids(rng, count):
    style = rng.choice(("hex", "shared", "words", "short", "numbers"))
    ids = set()
    prefixes = ["%04x" % rng.randrange(65536) for _ in range(2)]
    while len(ids) < count:
        if style == "hex":
            ids.add("%012x" % rng.randrange(16 ** 12))
        elif style == "shared":
            ids.add(rng.choice(prefixes) + "%08x" % rng.randrange(16 ** 8))
        elif style == "words":
            ids.add("%s_%02d" % (rng.choice(("users", "orders", "audit", "cart", "geo")), rng.randrange(100)))
        elif style == "numbers":
            ids.add("%04d" % (len(ids) + 1))
        else:
            ids.add(rng.choice("abcdefgh") + str(rng.randrange(60)))
    ids = sorted(ids)
    rng.shuffle(ids)
    return ids


def random_graph(rng):
    count = rng.choice((1, 2, 3, 5, 8, 12, 16, 24, 32))
    branchy, merging, rooting, depending, labelling = (
        rng.choice(chances) for chances in
        ((0.0, 0.1, 0.3, 0.6), (0.0, 0.1, 0.3), (0.0, 0.05, 0.2), (0.0, 0.0, 0.1, 0.3), (0.0, 0.1, 0.3)))
    ids = random_ids(rng, count)
    free_labels = list(LABELS)
    rng.shuffle(free_labels)
    revisions, heads = [], []
    for name in ids:
        known = [r["id"] for r in revisions]
        revision = {"id": name, "down": [], "depends_on": [], "labels": []}
        if known and rng.random() >= rooting:
            if len(heads) > 1 and rng.random() < merging:
                revision["down"] = rng.sample(heads, rng.randint(2, min(4, len(heads))))
            elif rng.random() < merging / 4 and len(known) > 1:
                revision["down"] = rng.sample(known, 2)
            else:
                revision["down"] = [rng.choice(known) if rng.random() < branchy else rng.choice(heads)]
        if known and rng.random() < depending:
            taken = [label for r in revisions for label in r["labels"]]
            wanted = rng.sample(known, min(len(known), rng.choice((1, 1, 1, 2, 3))))
            revision["depends_on"] = [rng.choice(taken) if taken and rng.random() < 0.2 else one for one in wanted]
            revision["depends_on"] = list(dict.fromkeys(revision["depends_on"]))
        if free_labels and rng.random() < labelling:
            revision["labels"] = [free_labels.pop() for _ in range(min(len(free_labels), rng.choice((1, 1, 1, 2))))]
        heads = [head for head in heads if head not in revision["down"]] + [name]
        revisions.append(revision)
    if rng.random() < 0.5:
        revisions.sort(key=lambda r: r["id"])
    return revisions


def needs_of(revisions):
    owner = {label: r["id"] for r in revisions for label in r["labels"]}
    return {r["id"]: list(r["down"]) + [owner.get(d, d) for d in r["depends_on"]] for r in revisions}


def below(needs, names):
    seen, todo = set(), list(names)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(needs[name])
    return seen


def highest(needs, names):
    return [name for name in names if not any(name in below(needs, [other]) for other in names if other != name)]


def random_rows(rng, revisions):
    needs = needs_of(revisions)
    names = list(needs)
    rows = rng.sample(names, min(len(names), rng.choice((0, 1, 1, 1, 2, 2, 3, 5))))
    if rng.random() < 0.15:
        rows = names
    rows = highest(needs, rows)
    rng.shuffle(rows)
    return rows


def random_name(rng, revisions):
    labels = [label for r in revisions for label in r["labels"]]
    name = rng.choice(labels) if labels and rng.random() < 0.3 else rng.choice(revisions)["id"]
    return name[:rng.randint(1, len(name))] if rng.random() < 0.15 else name


def random_target(rng, revisions):
    name, other = random_name(rng, revisions), random_name(rng, revisions)
    steps = rng.choice(("+1", "+2", "+3", "-1", "-2", "-3", "+5", "-7", "+0", "-0"))
    labels = [label for r in revisions for label in r["labels"]] or [name]
    label = rng.choice(labels)
    usual = (name, name, "head", "heads", "heads", "base", steps, name + steps, "head" + steps, label + "@head",
             label + "@heads", label + "@base", label + "@" + other, label + "@" + steps, label + "@" + other + steps,
             name + "@head", name + "@base", name + "@" + other, name + "@" + steps)
    odd = ("heads" + steps, "base" + steps, label + steps, label + "@head" + steps, name + "@heads", "nosuch",
           "nosuch@head", name + "@base" + steps, "@" + name, name + "@", "head@" + name, "base@" + name,
           steps + "junk", label + "@" + name + "@" + steps, name + "@nosuch", "base@head", " " + name, name + " ",
           "heads@head", "nosuch@base", "@head", "@heads", "@-1", "", "-2x", name.upper())
    forms = odd if rng.random() < 0.15 else usual
    return rng.choice(forms)


def random_range(rng, revisions, database_sides=True):
    sides = ("", "", "current") if database_sides else ("base",)
    return ":".join(rng.choice(sides + (random_target(rng, revisions),) * 3) for _ in range(2))


def random_case(rng, number):
    revisions = random_graph(rng)
    command = rng.choice(("upgrade", "upgrade", "upgrade", "downgrade", "downgrade", "downgrade", "stamp", "stamp",
                          "history", "history", "heads", "current", "branches", "show", "revision", "merge"))
    case = {"id": "fuzz-%05d" % number, "revisions": revisions, "current": random_rows(rng, revisions),
            "command": command, "target": "", "options": {}}
    options = case["options"]
    if command in ("upgrade", "downgrade"):
        case["target"] = random_target(rng, revisions)
        if rng.random() < 0.1:
            options["sql"] = True
            start = rng.choice(("base", random_name(rng, revisions), random_target(rng, revisions)))
            case["target"] = start + ":" + case["target"] if rng.random() < 0.9 else case["target"]
    elif command == "stamp":
        case["targets"] = [random_target(rng, revisions) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
        case["target"] = " ".join(case["targets"])
        if rng.random() < 0.1:
            options["purge"] = True
        elif rng.random() < 0.1:
            options["sql"] = True
            case["targets"] = [random_name(rng, revisions) + ":" + target for target in case["targets"]]
    elif command == "history":
        case["target"] = random_range(rng, revisions) if rng.random() < 0.9 else rng.choice(("", "a", "a:b:c"))
        if rng.random() < 0.3:
            options["indicate_current"] = True
    elif command == "heads":
        options["resolve_dependencies"] = rng.random() < 0.5
    elif command == "current":
        options["check_heads"] = rng.random() < 0.3
    elif command == "show":
        case["target"] = rng.choice((random_target(rng, revisions), random_target(rng, revisions), "current"))
    elif command == "revision":
        options.update(head=rng.choice((random_target(rng, revisions), "head")), splice=rng.random() < 0.5)
        if rng.random() < 0.3:
            options["depends_on"] = [random_target(rng, revisions) for _ in range(rng.choice((1, 2)))]
        if rng.random() < 0.3:
            options["branch_label"] = rng.choice(("fresh", random_name(rng, revisions)))
    elif command == "merge":
        options.update(revisions=[random_target(rng, revisions) for _ in range(rng.choice((1, 2, 2, 3)))],
                       splice=rng.random() < 0.5)
    return case


# ---- What Alembic does ------------------------------------------------------------------------------------------------

def compute(case):
    """Runs the case's command with Alembic; returns its `expect`."""
    import sqlalchemy
    from alembic import command, context, util
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from alembic.script.base import Script
    from alembic.script.revision import RevisionError

    options = case.get("options", {})
    written = []

    def script_of(name, down, depends_on, labels):
        module = types.ModuleType("revision_" + name)
        module.__doc__ = "rev " + name
        module.revision, module.branch_labels = name, tuple(labels) or None
        module.down_revision = tuple(down) if len(down) != 1 else down[0]
        module.depends_on = tuple(depends_on) or None
        module.upgrade = module.downgrade = lambda **kw: None
        return Script(module, name, "/versions/%s.py" % name)

    class Directory(ScriptDirectory):
        def __init__(self):
            super().__init__(tempfile.gettempdir())

        def _load_revisions(self):
            for revision in case["revisions"]:
                yield script_of(revision["id"], revision["down"] or (), revision["depends_on"], revision["labels"])

        def _ensure_directory(self, path):
            pass

        def _generate_template(self, src, dest, **kw):
            written.append(kw)

        def run_env(self):
            if context.is_offline_mode():
                context.configure(dialect_name="sqlite", output_buffer=io.StringIO(), on_version_apply=applied)
            else:
                context.configure(connection=connection, on_version_apply=applied)
            context.run_migrations()

    steps, heads_after = [], []

    def applied(ctx, step, heads, run_args):
        if step.is_stamp:
            steps.append(["stamp", sorted(step.source_revision_ids), sorted(step.destination_revision_ids)])
        else:
            steps.append(["upgrade" if step.is_upgrade else "downgrade", step.up_revision_id])
        heads_after.append(sorted(heads))

    def from_path(cls, directory, path):
        kw = written[-1]
        as_tuple = lambda value: (value,) if isinstance(value, str) else tuple(value or ())
        written[-1] = {"id": kw["up_revision"], "down": list(as_tuple(kw["down_revision"])),
                       "depends_on": list(as_tuple(kw["depends_on"])), "labels": list(as_tuple(kw["branch_labels"]))}
        one = written[-1]
        return script_of(one["id"], one["down"], one["depends_on"], one["labels"])

    engine = sqlalchemy.create_engine("sqlite://")
    stdout = io.StringIO()
    config = Config(stdout=stdout)
    config.set_main_option("script_location", tempfile.gettempdir())
    Script._from_path = classmethod(from_path)
    expect = {}
    with engine.connect() as connection, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = MigrationContext.configure(connection)
        table._ensure_version_table()
        for row in case["current"]:
            connection.execute(table._version.insert().values(version_num=row))
        connection.commit()
        try:
            directory = Directory()
            ScriptDirectory.from_config = classmethod(lambda cls, config: directory)
            run_command(case, command, config, options)
            if case["command"] in ("upgrade", "downgrade", "stamp"):
                expect.update(steps=steps, heads_after=heads_after)
            elif case["command"] in ("revision", "merge"):
                expect["generated"] = written[-1]
            else:
                expect["lines"] = [line.rstrip() for line in stdout.getvalue().splitlines() if line.strip()]
                expect["label_lists_order_free"] = True
        except Exception as error:  # whatever kills Alembic is a result
            expect["error"] = type(error).__name__
            expect["message"] = str(error)
            if not isinstance(error, (util.CommandError, RevisionError)):
                expect["internal"] = True
                if any(frame.name == "update_to_step" for frame in traceback.extract_tb(error.__traceback__)):
                    expect["crash_in_rows"] = True
        connection.rollback()
        rows = sorted(row[0] for row in connection.execute(sqlalchemy.select(table._version.c.version_num)))
    expect["final_heads"] = rows
    if options.get("sql"):
        expect["final_heads"] = heads_after[-1] if heads_after and "error" not in expect else None
    elif "error" not in expect and heads_after:
        expect["final_heads"] = heads_after[-1]
    elif options.get("purge") and "error" not in expect:
        expect["final_heads"] = []
    texts = [str(one.message) for one in caught if issubclass(one.category, UserWarning)]
    if texts:
        expect["warnings"] = texts
    add_ids(case, expect)
    if "error" not in expect and expect["final_heads"]:
        needs = needs_of(case["revisions"])
        minimal = sorted(highest(needs, expect["final_heads"]))
        if minimal != expect["final_heads"]:
            expect.update(non_minimal_heads=True, minimal_heads=minimal)
    return expect


def run_command(case, command, config, options):
    name, target = case["command"], case["target"]
    if name in ("upgrade", "downgrade"):
        getattr(command, name)(config, target, sql=options.get("sql", False))
    elif name == "stamp":
        command.stamp(config, case["targets"], sql=options.get("sql", False), purge=options.get("purge", False))
    elif name == "history":
        command.history(config, target or None, indicate_current=options.get("indicate_current", False))
    elif name == "heads":
        command.heads(config, resolve_dependencies=options["resolve_dependencies"])
    elif name == "current":
        command.current(config, check_heads=options["check_heads"])
    elif name == "branches":
        command.branches(config)
    elif name == "show":
        command.show(config, target)
    elif name == "revision":
        command.revision(config, "m", rev_id="newrev000000", head=options["head"], splice=options["splice"],
                         depends_on=options.get("depends_on"), branch_label=options.get("branch_label"))
    elif name == "merge":
        command.merge(config, options["revisions"], "m", rev_id="newrev000000", splice=options["splice"])


def add_ids(case, expect):
    """`ids` and `branchpoints` from the lines; `show` is compared by ids alone."""
    if "lines" not in expect:
        return
    lines = expect["lines"]
    if case["command"] == "show":
        expect["ids"] = [line.split()[1] for line in lines if line.startswith("Rev: ")]
        del expect["lines"]
    elif case["command"] == "history":
        expect["ids"] = [re.search(r" -> (\S+?),? ", line).group(1) for line in lines]
    elif case["command"] == "branches":
        points = []
        for line in lines:
            if line.startswith(" "):
                points[-1][1].append(line.split()[1])
            else:
                points.append([line.split()[0], []])
        expect["branchpoints"] = [[point, sorted(children)] for point, children in points]
        expect["lines_order_free"] = True
    else:
        expect["ids"] = [line.split()[0] for line in lines]
        if case["command"] == "current":
            expect["ids_order_free"] = expect["lines_order_free"] = True


def merged(case, variants):
    """One `expect` that all hash seeds agree on, or None where they agree on too little."""
    first = variants[0]
    if all(variant == first for variant in variants):
        return first
    if any("error" in variant for variant in variants):
        same = all("error" in variant for variant in variants)
        return dict(first, internal=True) if same else None
    if "steps" in first:
        as_set = [sorted(variant["steps"]) for variant in variants]
        if case["command"] == "stamp" or any(one != as_set[0] for one in as_set) or \
                any(variant["final_heads"] != first["final_heads"] for variant in variants):
            return None
        needs = needs_of(case["revisions"])
        names = [step[1] for step in first["steps"]]
        down = case["command"] == "downgrade"
        expect = dict(first, steps_set=as_set[0])
        if any(variant["steps"] != first["steps"] for variant in variants):
            expect["constraints"] = [[a, b] for a, b in itertools.permutations(names, 2)
                                     if (b if down else a) in below(needs, [a if down else b])]
            return expect
        del expect["steps_set"], expect["heads_after"]  # the same steps, other rows in between
        return expect
    if "lines" in first:
        plain = lambda line: re.sub(r"\(([^)]*)\)", lambda m: "(%s)" % ", ".join(sorted(m[1].split(", "))), line)
        if all([plain(x) for x in v["lines"]] == [plain(x) for x in first["lines"]] for v in variants):
            return first
        if all(sorted(map(plain, v["lines"])) == sorted(map(plain, first["lines"])) for v in variants):
            return dict(first, lines_order_free=True, ids_order_free=True)
    return None


# ---- Program ----------------------------------------------------------------------------------------------------------

def worker():
    for line in sys.stdin:
        print(json.dumps(compute(json.loads(line))))


def expectations_of(cases, hash_seeds):
    """For each case what Alembic did under each hash seed: one process a seed."""
    text = "".join(json.dumps(case) + "\n" for case in cases)
    runs = []
    for seed in hash_seeds:
        done = subprocess.run([sys.executable, __file__, "--worker"], input=text, text=True, capture_output=True,
                              env=dict(os.environ, PYTHONHASHSEED=seed))
        if done.returncode:
            sys.exit("fuzz_alembic: computing the cases failed:\n" + done.stderr)
        runs.append([json.loads(line) for line in done.stdout.splitlines()])
    return [list(variants) for variants in zip(*runs)]


def computed(cases):
    """Every case's `expect`, or None."""
    variants = expectations_of(cases, HASH_SEEDS)
    doubtful = [i for i, case in enumerate(cases) if any(len(r["depends_on"]) > 1 for r in case["revisions"])]
    for i, more in zip(doubtful, expectations_of([cases[i] for i in doubtful], MORE_HASH_SEEDS)):
        variants[i] += more
    return [merged(case, some) for case, some in zip(cases, variants)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replayer", type=Path, help="the test program that replays METAXY_MIGRATE_CASES")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--keep", type=Path, help="folder in which to leave the cases")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        return worker()
    if arguments.replayer is None:
        parser.error("--replayer is needed")
    seed = arguments.seed if arguments.seed is not None else random.randrange(2 ** 32)
    rng = random.Random(seed)
    cases = [random_case(rng, number) for number in range(arguments.cases)]
    expectations = computed(cases)
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="fuzz-alembic-"))
    folder.mkdir(parents=True, exist_ok=True)
    kept = [dict(case, expect=expect) for case, expect in zip(cases, expectations) if expect is not None]
    (folder / "fuzz.jsonl").write_text("".join(json.dumps(case) + "\n" for case in kept))
    failed = sum("error" in case["expect"] for case in kept)
    print(f"seed {seed}: {len(kept)} cases ({failed} are errors of Alembic), {len(cases) - len(kept)} left out because "
          f"Alembic's own result depends on the hash seed; written to {folder}", flush=True)
    done = subprocess.run([arguments.replayer.resolve(), "--gtest_filter=AlembicCases.AreReplayed*"],
                          env=dict(os.environ, METAXY_MIGRATE_CASES=str(folder)))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
