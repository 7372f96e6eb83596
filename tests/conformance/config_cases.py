"""Random configurations: files, working directory and environment variables, all from one random.Random.

A Case is plain data, so that a failure can be printed and written down as a test. What is drawn leans towards what
people get wrong: `extend`, `${}`, tables of one name in two files, upper case, text where a number is meant.
"""

import random
from dataclasses import dataclass, field

import tomli_w


@dataclass
class Case:
    """Files by path below the case's folder; `where` is the working directory below it."""

    files: dict[str, str] = field(default_factory=dict)
    where: str = "."
    variables: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        parts = [f"in {self.where} with {self.variables}"]
        parts += [f"--- {path}\n{text}" for path, text in self.files.items()]
        return "\n".join(parts)


STORE_NAMES = ["dev", "prod", "staging", "Dev", "my-store", "with.dot", "with blank", "bücher", "1", "stores"]
DUCKDB = [
    "metaxy.ext.duckdb.DuckDBMetadataStore",
    "metaxy.ext.duckdb:DuckDBMetadataStore",
    "metaxy.ext.duckdb.metadata_store.DuckDBMetadataStore",
    "metaxy.ext.metadata_stores.duckdb.DuckDBMetadataStore",
]
POSTGRESQL = [
    "metaxy.ext.postgresql.PostgreSQLMetadataStore",
    "metaxy.ext.metadata_stores.postgresql.PostgreSQLMetadataStore",
]
# Variables that `${}` may name: some are set, some never are.
NAMED = ["DB_DIR", "STAGE", "EMPTY", "NEVER_SET", "DB USER", "REGION"]
BOOLEANS = [True, False, "true", "FALSE", "yes", "off", "1", 0, 1, "t", "N"]
WRONG_BOOLEANS = ["maybe", "", 2, 1.5, "tru", [True], " true "]


class Maker:
    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def one(self, choices):
        return self.random.choice(choices)

    def some(self, choices, most: int) -> list:
        return self.random.sample(choices, min(len(choices), self.random.randint(0, most)))

    def text(self, plain: str) -> str:
        """`plain`, sometimes with a reference in it."""
        if self.chance(0.75):
            return plain
        name = self.one(NAMED)
        reference = self.one(
            [f"${{{name}}}", f"${{{name}:-fallback}}", f"${{{name}:-}}", f"${name}", f"${{{name}:x}}", "${}", f"${{{name}:-a:-b}}"]
        )
        return self.one([plain + reference, reference + plain, reference])

    def boolean(self):
        return self.one(WRONG_BOOLEANS) if self.chance(0.08) else self.one(BOOLEANS)

    def database(self) -> str:
        return self.text(self.one(["dev.duckdb", "data/meta.db", "/srv/meta.duckdb", ":memory:", "~/x.db", "ein haus.db"]))

    def common_keys(self, names: list[str]) -> dict:
        keys = {}
        if self.chance(0.35):
            keys["table_prefix"] = self.text(self.one(["p_", "stage_", "", "Mixed_"]))
        if self.chance(0.3):
            keys["auto_create_tables"] = self.boolean()
        if self.chance(0.25):
            keys["fallback_stores"] = self.some(names, 2)
        if self.chance(0.2):
            keys["hash_algorithm"] = self.one(["md5", "xxhash64", "sha256"])
        if self.chance(0.05):
            keys[self.one(["databse", "prefix"])] = "x"
        return keys

    def store(self, names: list[str]) -> dict:
        config = self.common_keys(names)
        if self.chance(0.6):
            kind = self.one(DUCKDB)
            if self.chance(0.95):
                config["database"] = self.database()
            if self.chance(0.2):
                config["config"] = {"threads": self.one(["2", self.text("3")]), "memory_limit": "1GB"}
            if self.chance(0.15):
                # Metaxy 0.1.11 refuses the table form that its documentation shows; see docs/metaxy.md.
                config["extensions"] = self.one([["json"], ["json", "icu"], []])
        else:
            kind = self.one(POSTGRESQL)
            if self.chance(0.8):
                config["connection_string"] = self.text(
                    self.one(["postgresql://app@db.example/meta", "postgres://db.example:6432/meta", "postgresql:///meta?host=/tmp"])
                )
            else:
                config["connection_params"] = {"host": "db.example", "port": 5432, "database": "meta", "user": "app"}
        if self.chance(0.05):
            kind = self.one(["app.stores.OwnStore", "metaxy.ext.duckdb.NoSuchStore", kind.lower(), ""])
        store = {"type": kind, "config": config}
        if self.chance(0.08):
            del store["type"]
        if self.chance(0.06):
            del store["config"]
        if self.chance(0.05):
            store[self.one(["fallback_stores", "root_path", "database"])] = "x"
        return store

    def document(self) -> dict:
        """The Metaxy part of one file."""
        names = self.some(STORE_NAMES, 3) or ["dev"]
        tree: dict = {}
        if self.chance(0.5):
            tree["project"] = self.text(self.one(["media", "my-project", "a_b", "A1"]))
        if self.chance(0.06):
            tree["project"] = self.one(["", "a__b", "a/b", "a b", "ä", 3])
        if self.chance(0.3):
            tree["store"] = self.text(self.one(names))
        if self.chance(0.4):
            tree["entrypoints"] = [self.text(module) for module in self.some(["app.features", "app.more", "lib.x"], 3)]
        for key in ["auto_create_tables", "enable_map_datatype", "sync"]:
            if self.chance(0.15) and key != "enable_map_datatype":
                tree[key] = self.boolean()
        if self.chance(0.1):
            # The true value imports what only the extra `map` brings.
            tree["enable_map_datatype"] = self.one([False, "false", "off", "0"])
        if self.chance(0.15):
            tree["hash_truncation_length"] = self.one([8, 16, "12", 7, 64, 8.0, "x"])
        if self.chance(0.1):
            tree["metaxy_lock_path"] = self.text(self.one(["locks/metaxy.lock", "/srv/metaxy.lock", "../other.lock"]))
        if self.chance(0.1):
            tree["theme"] = self.text("dark")
        if self.chance(0.08):
            tree["locked"] = self.boolean()
        if self.chance(0.1):
            tree["extra_features"] = self.one(
                [[{"projects": ["a"]}], [{"all": True}], [{"keys": ["a/b", "c"]}], [{"projects": ["a"], "keys": ["b/c"]}], []]
            )
        if self.chance(0.2):
            tree["ext"] = self.one(
                [{"sqlmodel": {"enable": True}}, {"other": {"a": {"b": [1, 2]}}}, {"sqlalchemy": {"enable": False, "x": "${STAGE}"}}, {}]
            )
        if self.chance(0.03):
            tree[self.one(["stroe", "Store", "extends"])] = "x"
        if self.chance(0.85):
            tree["stores"] = {name: self.store(names) for name in names}
        return tree

    def written(self, path: str, tree: dict) -> str:
        """As a file of that name: pyproject.toml has it in a section, other files as a whole."""
        if path.rsplit("/", 1)[-1] != "pyproject.toml":
            return tomli_w.dumps(tree)
        others = {"project": {"name": "app", "version": "1"}, "tool": {"ruff": {"line-length": 99}}}
        if self.chance(0.85):
            others["tool"]["metaxy"] = tree
        return tomli_w.dumps(others)

    def extended_files(self, case: Case, path: str, tree: dict, depth: int) -> None:
        """Lets the file at `path` extend another, which may extend a further one."""
        folder = path.rsplit("/", 1)[0] + "/" if "/" in path else ""
        target = self.one(["base.toml", "shared/base.toml", "../common.toml", "shared/pyproject.toml", f"base{depth}.toml"])
        if self.chance(0.06):
            target = self.one(["missing.toml", "${STAGE}.toml", path.rsplit("/", 1)[-1]])
        tree["extend"] = target
        place = normal(folder + target)
        if place.startswith("..") or place in case.files or "missing" in target or "$" in target:
            return
        base = self.document()
        case.files[place] = ""  # taken, should it extend itself
        if depth < 3 and self.chance(0.4):
            self.extended_files(case, place, base, depth + 1)
        case.files[place] = self.written(place, base)

    def config_file(self, case: Case, path: str) -> None:
        tree = self.document()
        case.files[path] = ""
        if self.chance(0.4):
            self.extended_files(case, path, tree, 0)
        case.files[path] = self.written(path, tree)
        if self.chance(0.02):
            case.files[path] += self.one(["\nbroken = \n", "[stores\n", "x = 'a\n"])

    def json_variable(self, name: str, value) -> str:
        import json

        return json.dumps({name: value})

    def variables(self) -> dict[str, str]:
        result = {"DB_DIR": "/data", "STAGE": self.one(["qa", "live"]), "EMPTY": "", "DB USER": "odd", "REGION": "${STAGE}"}
        choices = {
            "METAXY_STORE": ["prod", "dev", "Dev"],
            "METAXY_PROJECT": ["from-env", "a__b", ""],
            "METAXY_AUTO_CREATE_TABLES": ["1", "false", "nope", "ON"],
            "metaxy_sync": ["no", "True"],
            "METAXY_LOCKED": ["true", "0"],
            "METAXY_THEME": ["dark", "[1]"],
            "METAXY_HASH_TRUNCATION_LENGTH": ["16", "7", "many", "9.0"],
            "METAXY_METAXY_LOCK_PATH": ["env.lock", "/srv/env.lock"],
            "METAXY_STORES__DEV__TYPE": [DUCKDB[0], POSTGRESQL[0]],
            "METAXY_STORES__PROD__CONFIG__DATABASE": ["env.duckdb", "${DB_DIR}/x.db", "123", "true"],
            "METAXY_STORES__PROD__CONFIG__CONNECTION_STRING": ["postgresql://env@db/meta"],
            "METAXY_STORES__DEV__CONFIG__TABLE_PREFIX": ["env_", "", "7", "null", '"quoted"'],
            "METAXY_STORES__DEV__CONFIG__AUTO_CREATE_TABLES": ["true", "0", "perhaps"],
            "metaxy_stores__staging__config": ['{"database": "json.duckdb", "table_prefix": "j_"}', "{broken"],
            "METAXY_STORES__DEV": [self.json_variable("type", DUCKDB[0]), '{"type": "x.Y", "config": {"database": "e"}}', "text"],
            "METAXY_STORES": ['{"env": {"type": "' + DUCKDB[2] + '", "config": {"database": "all.duckdb"}}}', "[1]", "{}"],
            "METAXY_ENTRYPOINTS": ['["env.features"]', "[]"],
            "METAXY_ENTRYPOINT_MORE": ["more.features, more.others", ""],
            "METAXY_EXTRA_FEATURES": ['[{"all": true}]'],
            "METAXY_EXT": ['{"sqlmodel": {"enable": true}}'],
            "METAXY_EXT__SQLMODEL__ENABLE": ["true", "0"],
            "METAXY_EXTEND": ["base.toml"],
            "METAXY_UNKNOWN": ["x"],
            "METAXY_PUSH_STORE": ["x"],
            "METAXY_LOG_LEVEL": ["debug"],
            "METAXY_CONFIG": ["metaxy.toml", "shared/base.toml", "", "nowhere.toml", "other/metaxy.toml"],
        }
        leaks = {
            "DATABASE": ["leaked.duckdb"],
            "table_prefix": ["leaked_"],
            "AUTO_CREATE_TABLES": ["true"],
            "FALLBACK_STORES": ['["dev"]'],
            "HASH_ALGORITHM": ["md5"],
            "CONFIG": ['{"threads": "9", "database": "config.duckdb"}', "/etc/app.conf"],
            "CONNECTION_STRING": ["postgresql://leaked/db"],
            "ENABLE": ["true"],
            "TYPE": [DUCKDB[0]],
        }
        for name, values in choices.items():
            if self.chance(0.07 if name != "METAXY_CONFIG" else 0.04):
                result[name] = self.one(values)
        for name, values in leaks.items():
            if self.chance(0.04):
                result[name] = self.one(values)
        return result

    def case(self) -> Case:
        case = Case(variables=self.variables())
        case.where = self.one([".", "app", "app/deep", "app"])
        for path in ["metaxy.toml", "pyproject.toml", "app/metaxy.toml", "app/pyproject.toml", "app/deep/pyproject.toml"]:
            if path not in case.files and self.chance(0.35):
                self.config_file(case, path)
        if self.chance(0.85) and not any(path.endswith(("metaxy.toml", "pyproject.toml")) for path in case.files):
            self.config_file(case, "metaxy.toml")
        return case


def normal(path: str) -> str:
    import posixpath

    return posixpath.normpath(path)


def make_case(seed: int) -> Case:
    return Maker(seed).case()
