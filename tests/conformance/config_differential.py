#!/usr/bin/env python3
"""Our `config` against Metaxy's own MetaxyConfig, on random configurations.

    config_differential.py --program FILE [--cases N] [--seed S]

Runs in an environment that has Metaxy (scripts/metaxy_environment). Prints each case on which both differ and cannot be
explained by docs/metaxy.md, and fails then. A case is made from its seed alone: --cases 1 --seed 4711 repeats it.
"""

import argparse
import json
import os
import posixpath
import re
import subprocess
import sys
import tempfile
import tomllib
import warnings
from datetime import date, datetime, time
from pathlib import Path

from config_cases import Case, make_case
from metaxy import MetaxyConfig
from pydantic import BaseModel

# Fields of a store that a variable without a prefix can fill (contract A2). AUTO_CREATE_TABLES cannot: Metaxy always
# gives that field a value of its own.
LEAKING = {"database", "table_prefix", "fallback_stores", "hash_algorithm", "config", "connection_string", "connection_params", "backend", "extensions"}
OTHER_LEAKS = {"enable", "type", "auto_create_tables"}
BOOLEANS = {"auto_create_tables", "enable_map_datatype", "sync", "locked"}


def scalar(value) -> str:
    """A scalar as our program prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    return str(value)


def normal(value):
    if isinstance(value, dict):
        return {key: normal(member) for key, member in value.items() if member is not None}
    if isinstance(value, (list, tuple)):
        return [normal(item) for item in value]
    if isinstance(value, BaseModel):
        return normal(value.model_dump(exclude_unset=True))
    return scalar(value)


def flat(value, key: str = "") -> dict:
    """Leaves by dotted key; an empty table is a leaf."""
    if not isinstance(value, dict) or not value:
        return {key: value}
    result = {}
    for name, member in value.items():
        result.update(flat(member, f"{key}.{name}" if key else name))
    return result


def truth(text: str) -> str:
    """A boolean in any of the spellings that both accept."""
    return {"1": "true", "t": "true", "y": "true", "yes": "true", "on": "true", "0": "false", "f": "false", "n": "false", "no": "false", "off": "false"}.get(
        text.lower(), text.lower()
    )


class Surroundings:
    """The process's variables and working directory, for a while."""

    def __init__(self, folder: str, variables: dict):
        self.folder, self.variables = folder, variables

    def __enter__(self):
        self.before = (os.getcwd(), dict(os.environ))
        os.chdir(self.folder)
        os.environ.clear()
        # Of METAXY_STORES__X and METAXY_STORES__X__TYPE the later one wins in Metaxy, and the longer one here.
        os.environ.update({name: self.variables[name] for name in sorted(self.variables, key=str.lower)})

    def __exit__(self, *_):
        os.chdir(self.before[0])
        os.environ.clear()
        os.environ.update(self.before[1])


def without_leaks(variables: dict) -> dict:
    return {name: text for name, text in variables.items() if name.lower() not in LEAKING | OTHER_LEAKS}


class Theirs:
    """What Metaxy makes of a case."""

    def __init__(self, folder: str, variables: dict):
        self.error = ""
        self.stores: dict = {}
        with Surroundings(folder, variables), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                config = MetaxyConfig.load()
            except Exception as error:  # whatever it is, Metaxy does not start
                self.error = f"{type(error).__name__}: {error}"
                return
            self.config = config
            self.entrypoints = config.entrypoints + self.module_variables()
            for name in config.stores:
                self.stores[name] = self.store_of(config, name)

    @staticmethod
    def module_variables() -> list[str]:
        """As metaxy.entrypoints.load_env_entrypoints collects them."""
        return [
            module.strip()
            for name, text in sorted(os.environ.items())
            if name.startswith("METAXY_ENTRYPOINT")
            for module in text.split(",")
            if module.strip() and not text.lstrip().startswith(("[", "{"))
        ]

    @staticmethod
    def store_of(config, name: str) -> dict:
        try:
            store = config.get_store(name)
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}
        try:
            url = store.sqlalchemy_url
        except Exception:
            url = None
        fallbacks = getattr(store.fallback_stores, "_names", None) or getattr(store.fallback_stores, "_store_names", None)
        return {"url": url, "prefix": store._table_prefix, "auto": store.auto_create_tables, "fallbacks": fallbacks}

    def filled_fields(self, folder: str, variables: dict) -> dict:
        """store -> fields that hold something although neither file nor METAXY_ variable gives it."""
        result = {}
        with Surroundings(folder, variables), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                config = MetaxyConfig.load()
            except Exception:
                return {name: {"config"} for name in self.stores}  # CONFIG that is no JSON
            for name, store in config.stores.items():
                given = self.config.stores[name].config if name in self.config.stores else {}
                try:
                    model = store.type_cls.config_model()
                    fields = set(model.model_validate(dict(store.config)).model_fields_set)
                except Exception:
                    fields = set()
                result[name] = fields - set(given) - {"auto_create_tables"}
                # CONFIG is merged into the table as a whole, whatever the outcome.
                if store.config != given:
                    result[name] = {"config"}
        return result

    def values(self) -> dict:
        config = self.config
        tree = normal(config.model_dump(exclude_unset=True, exclude={"stores", "ext", "extend", "extra_features"}))
        for key in BOOLEANS - {"locked", "sync"}:
            tree[key] = scalar(getattr(config, key))
        tree["store"] = config.store
        tree["project"] = config.project or ""
        tree["entrypoints"] = self.entrypoints
        tree.pop("metaxy_lock_path", None)
        lock = config.lock_file
        tree["metaxy_lock_path"] = None if lock is None else posixpath.normpath(str(lock))
        tree["stores"] = {name: {"type": store.type, "config": normal(store.config)} for name, store in config.stores.items()}
        tree["ext"] = {name: normal(plugin) for name, plugin in config.ext.items()}
        tree["extra_features"] = [normal(selection) for selection in config.extra_features]
        return flat(tree)


class Ours:
    """What our program makes of a case."""

    def __init__(self, program: str, folder: str, variables: dict):
        self.program, self.folder = program, folder
        self.variables = variables | {"METAXY_MIGRATE_SOURCE": "toml"}
        run = self.run("config", "--format", "json")
        self.error = run.stderr if run.returncode else ""
        self.warnings = run.stderr
        if run.returncode not in (0, 2):
            raise AssertionError(f"exit {run.returncode}: {run.stderr}")
        if not self.error:
            document = json.loads(run.stdout)
            self.file = document["file"]
            self.entries = {entry["key"]: entry["value"] for entry in document["settings"]}

    def run(self, *words: str):
        return subprocess.run([self.program, *words], cwd=self.folder, env=self.variables, capture_output=True, text=True, check=False)

    def store(self, name: str) -> dict:
        run = self.run("-n", name, "metadata", "--system", "--format", "json", "--show-password")
        if run.returncode == 2:
            return {"error": run.stderr}
        if run.returncode:
            raise AssertionError(f"exit {run.returncode}: {run.stderr}")
        document = json.loads(run.stdout)
        tables = [table["table"]["name"] for table in document["tables"]]
        prefix = next(table for table in tables if table.endswith("metaxy_system__events"))
        return {"url": document.get("url") or None, "prefix": prefix.removesuffix("metaxy_system__events")}

    def told_leaks(self) -> dict:
        result: dict = {}
        for key, stores in re.findall(r"Metaxy takes it as '(\w+)' of stores? ('.*?'), metaxy-migrate", self.warnings):
            for name in re.findall(r"'([^']*)'", stores):
                result.setdefault(name, set()).add(key)
        return result


def same_value(key: str, theirs, ours: str) -> bool:
    if isinstance(theirs, (list, dict)):
        try:
            parsed = normal(tomllib.loads(f"x = {ours}")["x"])
        except tomllib.TOMLDecodeError:
            return False
        return parsed == theirs
    if key in BOOLEANS or (key.startswith("ext.") and key.endswith(".enable")):
        return truth(ours) == theirs
    if theirs == ours:
        return True
    if key == "hash_truncation_length":
        return theirs == str(int(float(ours.replace("_", ""))))
    return "***" in ours and re.fullmatch(".*".join(map(re.escape, ours.split("***"))), theirs) is not None


def value_differences(theirs: dict, ours: dict, folder: str) -> list[str]:
    result = []
    for key, value in theirs.items():
        if key == "metaxy_lock_path":
            # Without a file Metaxy has no lock file; ours is the one of the working directory.
            if value is not None and os.path.normpath(os.path.join(folder, ours[key])) != value:
                result.append(f"{key}: theirs {value!r}, ours {ours[key]!r}")
        elif value in ({}, []) and key not in ours:
            continue  # a default
        elif key not in ours:
            result.append(f"{key}: theirs {value!r}, ours has none")
        elif not same_value(key, value, ours[key]):
            result.append(f"{key}: theirs {value!r}, ours {ours[key]!r}")
    return result


def extra_keys(theirs: dict, ours: dict, dropped: set) -> list[str]:
    result = []
    for key, value in ours.items():
        if key in theirs or key.startswith("ext.migrate.") or key in ("", "extend") or value in ("{}", "[]"):
            continue
        if any(key == f"stores.{name}" or key.startswith(f"stores.{name}.") for name in dropped):
            continue
        result.append(f"{key}: ours {value!r}, theirs has none")
    return result


def dropped_stores(ours: dict, kept: dict) -> set:
    """Stores without a type: Metaxy forgets them, `config` shows them and says on stderr that they are left out."""
    names = {key.removeprefix("stores.") for key in ours if key.startswith("stores.")}
    return {name for name in names if not any(name == store or name.startswith(store + ".") for store in kept)}


def is_refused_early(theirs: dict, ours: dict) -> bool:
    """Where Metaxy fails only once it connects, and DuckDB files without a name: what is written there is gone at once."""
    url = theirs.get("url")
    no_server = "is no PostgreSQL URL" in ours.get("error", "") and not (url or "").startswith("postgres")
    return no_server or ("is empty" in ours.get("error", "") and url == "duckdb:///")


def differences(case: Case, folder: str, program: str, counts: dict) -> list[str]:
    where = os.path.join(folder, case.where)
    theirs = Theirs(where, without_leaks(case.variables))
    ours = Ours(program, where, case.variables)
    if theirs.error or ours.error:
        counts["refused"] += 1
        if bool(theirs.error) == bool(ours.error):
            return []
        return [f"theirs says {theirs.error!r}", f"ours says {ours.error!r}"]
    counts["compared"] += 1
    file = theirs.config.config_file
    found = [] if (file is None) == (not ours.file) else [f"file: theirs {file}, ours {ours.file!r}"]
    if file is not None and ours.file and os.path.realpath(os.path.join(where, ours.file)) != str(file):
        found.append(f"file: theirs {file}, ours {ours.file!r}")
    values = theirs.values()
    found += value_differences(values, ours.entries, where)
    found += extra_keys(values, ours.entries, dropped_stores(ours.entries, theirs.config.stores))
    for name, store in theirs.stores.items():
        counts["stores"] += 1
        mine = ours.store(name)
        if is_refused_early(store, mine):
            continue
        if ("error" in store) != ("error" in mine):
            found.append(f"store {name!r}: theirs {store}, ours {mine}")
        elif "error" not in store and (store["url"], store["prefix"]) != (mine["url"], mine["prefix"]):
            found.append(f"store {name!r}: theirs {store}, ours {mine}")
    told_alone = {name: {"config"} if "config" in keys else keys for name, keys in ours.told_leaks().items()}
    leaks = {name: fields for name, fields in theirs.filled_fields(where, case.variables).items() if fields}
    told = {name: keys for name, keys in told_alone.items() if name in leaks or "error" not in theirs.stores.get(name, {"error": ""})}
    if leaks != told:
        found.append(f"variables that leak: theirs {leaks}, ours {told}")
    counts["leaks"] += len(leaks)
    return found


def run_case(seed: int, program: str, counts: dict) -> list[str]:
    case = make_case(seed)
    with tempfile.TemporaryDirectory(prefix="mm-config-") as folder:
        folder = os.path.realpath(folder)
        for path, text in case.files.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        Path(folder, case.where).mkdir(parents=True, exist_ok=True)
        found = differences(case, folder, program, counts)
    return [case.text(), *found] if found else []


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, default=5, help="differing cases to print")
    parser.add_argument("--short", action="store_true", help="without the cases themselves")
    options = parser.parse_args()
    counts = {"compared": 0, "refused": 0, "stores": 0, "leaks": 0}
    failed = []
    for seed in range(options.seed, options.seed + options.cases):
        found = run_case(seed, os.path.abspath(options.program), counts)
        if found:
            failed.append(seed)
            if len(failed) <= options.most:
                print(f"\n== seed {seed}", *(found[1:] if options.short else found), sep="\n")
    print(f"{options.cases} configurations from seed {options.seed}: {counts}; differing: {failed or 'none'}")
    # A generator that makes hardly anything comparable proves nothing.
    return 1 if failed or counts["compared"] < options.cases // 3 else 0


if __name__ == "__main__":
    sys.exit(main())
