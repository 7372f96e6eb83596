# Loads a Metaxy project as Metaxy does and tells metaxy-migrate what it defines. It is part of the program and runs in the
# project's own Python (3.10 and newer), with whatever Metaxy is installed there.
#
#   python -c <this text> RESULT_FD CONFIG_FILE [FOLDER...]
#
# The folders are appended to the module path. The result is one JSON object on RESULT_FD, written at the end. Whatever the
# project prints goes to standard error, whichever way it is printed, so that nothing can stand between the result's bytes.
import os
import sys
import time

STARTED = time.time_ns()
FORMAT = 1
DIALECTS = ("duckdb", "sqlite", "postgresql")


def take_result_fd(number):
    """The way for the result, out of reach of the project and of processes that it starts."""
    import fcntl

    result = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 100)
    os.close(number)
    os.dup2(2, 1)
    return result


class Failed(Exception):
    """Ends the export with a message of a kind that metaxy-migrate knows."""

    def __init__(self, kind, message, cause=None, **details):
        super().__init__(message)
        self.kind, self.cause, self.details = kind, cause, details


# -- what was read ---------------------------------------------------------------------------------------------------------


# Who looked into a folder: the import system for one module; a search for all modules; anybody, for any name.
LISTERS = ["import", "discovery", "project"]


def lister(frame):
    path = frame.f_code.co_filename
    if path.startswith("<frozen importlib") or f"{os.sep}importlib{os.sep}" in path:
        return "import"
    return "discovery" if os.path.basename(path) == "pkgutil.py" else "project"


# What a project may be told in ways that leave no trace in files.
UNSEEN = {"subprocess.Popen", "os.system", "os.posix_spawn", "os.fork", "socket.connect", "sqlite3.connect"}


class Inputs:
    """The files and folders that the project reads while it is loaded: a result is good as long as they are the same."""

    def __init__(self):
        self.files, self.folders, self.unseen, self.changed, self.is_on = set(), set(), set(), set(), False
        # Never the whole prefix: projects may be below it (/usr/src/app, an environment made in the project's folder).
        self.installed = [os.path.realpath(folder) for folder in site_folders()]
        sys.addaudithook(self.hook)

    def hook(self, event, arguments):
        if not self.is_on:
            return
        if event == "open":
            path, mode = arguments[0], arguments[1]
            if isinstance(path, (str, bytes)) and (mode is None or "r" in mode):
                self.files.add(os.path.abspath(os.fsdecode(path)))
        elif event in ("os.listdir", "os.scandir"):
            path = arguments[0]
            if path is None or isinstance(path, (str, bytes)):
                self.folders.add((os.path.abspath(os.fsdecode(path or ".")), lister(sys._getframe(1))))
        elif event in UNSEEN and self.is_asked_by_project():
            self.unseen.add(event)

    def is_asked_by_project(self):
        frame = sys._getframe(2)
        while frame is not None:
            path = frame.f_code.co_filename
            if os.path.isabs(path) and self.is_local(path):
                return True
            frame = frame.f_back
        return False

    def is_local(self, path):
        real = os.path.realpath(path)
        outside = ("/proc/", "/sys/", "/dev/")
        return not real.startswith(outside) and not any(
            is_below(real, folder) or is_below(path, folder) for folder in self.installed
        )

    def modules(self):
        found = set()
        for module in list(sys.modules.values()):
            path = getattr(module, "__file__", None)
            if isinstance(path, str) and os.path.isfile(path) and self.is_local(path):
                found.add(os.path.abspath(path))
        return sorted(found)

    def data(self):
        """Files that were asked for and not there count too: the project may look again."""
        return sorted(
            path
            for path in self.files
            if self.is_local(path) and not path.endswith((".py", ".pyc")) and not os.path.isdir(path)
        )

    def hashes(self):
        """Of the project's own files, as they were read: a file that was written since the start may have been read before."""
        import hashlib

        found = {}
        for path in self.modules() + self.data():
            try:
                # The file system's clock may be a tick behind.
                if os.stat(path).st_mtime_ns >= STARTED - 20_000_000:
                    self.changed.add(path)
                with open(path, "rb") as file:
                    found[path] = hashlib.sha256(file.read()).hexdigest()
            except OSError:
                pass
        return found

    def listings(self):
        found = {}
        for path, who in self.folders:
            if os.path.isdir(path) and self.is_local(path):
                found[path] = max(found.get(path, who), who, key=LISTERS.index)
        return [{"path": path, "by": who} for path, who in sorted(found.items())]


def is_below(path, folder):
    return folder != "/" and (path == folder or path.startswith(folder.rstrip("/") + "/"))


def site_folders():
    import site
    import sysconfig

    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders.update(getattr(site, "getsitepackages", list)())
    folders.add(site.getusersitepackages())
    folders.update(path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages"))
    return [folder for folder in folders if folder]


def installed_records():
    """Of every installed distribution the file that lists its content with hashes, and the folders that hold them."""
    import importlib.metadata

    records, folders = set(), set()
    for distribution in importlib.metadata.distributions():
        folder = str(getattr(distribution, "_path", "") or "")
        for name in ("RECORD", "direct_url.json", "entry_points.txt", "METADATA", "PKG-INFO"):
            path = os.path.abspath(os.path.join(folder, name))
            if folder and os.path.isfile(path):
                records.add(path)
                folders.add(os.path.dirname(os.path.dirname(path)))
    for folder in folders:
        records.update(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".pth"))
    settings = os.path.join(sys.prefix, "pyvenv.cfg")
    if os.path.isfile(settings):
        records.add(settings)
    return sorted(records), sorted(folders)


# -- loading ---------------------------------------------------------------------------------------------------------------


def load_project():
    try:
        import metaxy
    except ModuleNotFoundError as error:
        if error.name == "metaxy":
            raise Failed("no_metaxy", "Metaxy is not installed") from None
        raise Failed("broken_metaxy", f"Metaxy cannot be imported: {error}", error) from error
    except Exception as error:
        raise Failed("broken_metaxy", f"Metaxy cannot be imported: {error}", error) from error
    init = getattr(metaxy, "init", None) or getattr(metaxy, "init_metaxy", None)
    if init is None:
        raise Failed("broken_metaxy", f"the module 'metaxy' at {getattr(metaxy, '__file__', '?')} is not Metaxy")
    try:
        config = init()
    except Exception as error:
        is_entrypoint = type(error).__name__ == "EntrypointLoadError"
        cause = error.__cause__ if is_entrypoint and error.__cause__ is not None else error
        raise Failed("import" if is_entrypoint else "configuration", text_of(error), cause) from error
    except SystemExit as error:
        raise Failed("import", f"the project ended the interpreter with exit code {error.code}", error) from error
    return metaxy, config


def text_of(error):
    return str(error) or type(error).__name__


def user_frame(error, inputs):
    """The last line of the project's own code that the exception passed."""
    place = None
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 0
    trace = error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if os.path.isfile(path) and inputs.is_local(path):
            place = (os.path.abspath(path), trace.tb_lineno)
        trace = trace.tb_next
    return place


def class_of(definition):
    """The class behind a definition, where there is one."""
    found = getattr(definition, "_feature_class", None)
    if found is not None or getattr(definition, "is_external", False):
        return found
    try:
        return definition._get_feature_class()
    except Exception:
        return None


def text_key(key):
    if isinstance(key, str):
        return key
    parts = getattr(key, "parts", key)
    return "/".join(parts)


def versions_of(graph, key, definition):
    """What Metaxy writes beside a locked feature; nothing where it needs definitions that are not here."""
    try:
        by_field = graph.get_feature_version_by_field(key)
        return {
            "version": graph.get_feature_version(key),
            "version_by_field": {text_key(field): str(version) for field, version in by_field.items()},
            "definition_version": definition.feature_definition_version,
        }
    except Exception:
        return None


def feature_of_class(key, feature):
    """Up to 0.0.1.dev2 the graph held classes."""
    import json

    spec = feature.spec().model_dump(mode="json")
    return {
        "key": text_key(key),
        "project": str(getattr(feature, "project", "") or ""),
        "class_path": f"{feature.__module__}.{feature.__name__}",
        "is_external": False,
        "spec": spec,
        "schema": json.dumps(feature.model_json_schema()),
        "versions": None,
    }


def features_of(metaxy):
    """(feature as JSON, its class or None), sorted by key."""
    graph = metaxy.FeatureGraph.get_active()
    definitions = getattr(graph, "feature_definitions_by_key", None)
    if definitions is None:
        found = [(feature_of_class(key, feature), feature) for key, feature in graph.features_by_key.items()]
        return sorted(found, key=lambda pair: pair[0]["key"])
    found = []
    for key, definition in definitions.items():
        dump = definition.model_dump(mode="json")
        feature = {
            "key": text_key(key),
            "project": dump["project"],
            "class_path": dump.get("feature_class_path") or "",
            "is_external": bool(definition.is_external),
            "spec": dump["spec"],
            "schema": dump["feature_schema"],
            "versions": versions_of(graph, key, definition),
        }
        found.append((feature, class_of(definition)))
    return sorted(found, key=lambda pair: pair[0]["key"])


# -- what this Metaxy wants of a database ----------------------------------------------------------------------------------

KEY_COLUMNS = {
    "project",
    "feature_key",
    "metaxy_definition_version",
    "metaxy_feature_spec_version",
    "execution_id",
    "timestamp",
}
# In the order in which Metaxy declares them; what a later version adds comes behind.
FEATURE_COLUMNS = [
    "metaxy_provenance_by_field",
    "metaxy_provenance",
    "metaxy_feature_version",
    "metaxy_snapshot_version",
    "metaxy_project_version",
    "metaxy_data_version_by_field",
    "metaxy_data_version",
    "metaxy_created_at",
    "metaxy_materialization_id",
    "metaxy_updated_at",
    "metaxy_deleted_at",
]
OPTIONAL_COLUMNS = {"metaxy_materialization_id", "metaxy_deleted_at"}


def kind_of(dtype):
    name = getattr(dtype, "__name__", None) or type(dtype).__name__
    kinds = {
        "Datetime": "timestamp",
        "Date": "date",
        "Boolean": "boolean",
        "Float64": "real",
        "Float32": "real",
        "Binary": "binary",
    }
    return "integer" if name.startswith(("Int", "UInt")) else kinds.get(name, "text")


def target_of_metaxy():
    from metaxy.metadata_store.system import models
    from metaxy.models import constants

    tables = []
    for name, variable in (("feature_versions", "FEATURE_VERSIONS_SCHEMA"), ("events", "EVENTS_SCHEMA")):
        schema = getattr(models, variable, None)
        if schema is None:
            continue
        columns = [
            {"name": column, "type": kind_of(dtype), "nullable": column not in KEY_COLUMNS}
            for column, dtype in schema.items()
        ]
        tables.append({"name": name, "columns": columns})
    known = constants.ALL_SYSTEM_COLUMNS
    ordered = [name for name in FEATURE_COLUMNS if name in known]
    ordered += sorted(name for name in known if name not in FEATURE_COLUMNS)
    columns = [
        {"name": name, "nullable": name in OPTIONAL_COLUMNS or name not in FEATURE_COLUMNS} for name in ordered
    ]
    return {"feature_columns": columns, "system_tables": tables}


# -- SQLModel --------------------------------------------------------------------------------------------------------------


def sqlalchemy_dialects():
    from sqlalchemy.dialects import postgresql, sqlite

    found = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}
    try:
        from duckdb_engine import Dialect

        found["duckdb"] = Dialect()
    except Exception:
        # duckdb-engine spells types as PostgreSQL does.
        found["duckdb"] = postgresql.dialect()
    return found


def per_dialect(dialects, render):
    """Text by dialect; null where SQLAlchemy cannot write it for that one."""
    texts = {}
    for name in DIALECTS:
        try:
            text = render(dialects[name])
            texts[name] = None if text is None else str(text)
        except Exception:
            texts[name] = None
    return texts


def expression_text(expression, dialects):
    def render(dialect):
        return expression.compile(dialect=dialect, compile_kwargs={"literal_binds": True})

    return dict.fromkeys(DIALECTS, expression) if isinstance(expression, str) else per_dialect(dialects, render)


def column_json(column, dialects):
    import sqlalchemy

    result = {
        "name": column.name,
        "type": per_dialect(dialects, lambda dialect: column.type.compile(dialect=dialect)),
        "nullable": bool(column.nullable),
    }
    if isinstance(column.type, sqlalchemy.Enum):
        result["labels"] = [str(label) for label in column.type.enums]
    if column.comment:
        result["comment"] = column.comment
    if column.computed is not None:
        result["computed"] = expression_text(column.computed.sqltext, dialects)
        result["is_stored"] = bool(column.computed.persisted)
    elif column.server_default is not None and column.identity is None:
        result["default"] = per_dialect(
            dialects, lambda dialect: dialect.ddl_compiler(dialect, None).get_column_default_string(column)
        )
    return result


def foreign_key_json(constraint):
    target = constraint.elements[0].target_fullname.split(".")
    return {
        "kind": "foreign_key",
        "columns": [column.name for column in constraint.columns],
        "table": target[-2],
        "schema": ".".join(target[:-2]),
        "referenced_columns": [element.target_fullname.split(".")[-1] for element in constraint.elements],
        "on_update": constraint.onupdate or "",
        "on_delete": constraint.ondelete or "",
        "deferrable": bool(constraint.deferrable),
        "initially": constraint.initially or "",
    }


def constraint_json(constraint, dialects):
    from sqlalchemy import CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

    columns = [column.name for column in getattr(constraint, "columns", [])]
    if isinstance(constraint, PrimaryKeyConstraint):
        result = {"kind": "primary_key", "columns": columns} if columns else None
    elif isinstance(constraint, UniqueConstraint):
        result = {"kind": "unique", "columns": columns}
    elif isinstance(constraint, ForeignKeyConstraint):
        result = foreign_key_json(constraint)
    elif isinstance(constraint, CheckConstraint):
        result = {"kind": "check", "expression": expression_text(constraint.sqltext, dialects)}
    else:
        result = None
    if result is not None:
        result["name"] = str(constraint.name) if isinstance(constraint.name, str) else ""
    return result


def index_part(expression, dialects):
    from sqlalchemy import Column
    from sqlalchemy.sql import operators

    part = {}
    element = expression
    while getattr(element, "modifier", None) is not None:
        if element.modifier is operators.desc_op:
            part["is_descending"] = True
        elif element.modifier is operators.nulls_first_op:
            part["nulls"] = "NULLS FIRST"
        elif element.modifier is operators.nulls_last_op:
            part["nulls"] = "NULLS LAST"
        element = element.element
    if isinstance(element, Column):
        part["column"] = element.name
    else:
        part["expression"] = expression_text(element, dialects)
    return part


def index_json(index, dialects):
    options = index.dialect_options["postgresql"]
    names = [getattr(column, "name", column) for column in options.get("include") or []]
    result = {
        "name": str(index.name),
        "unique": bool(index.unique),
        "parts": [index_part(expression, dialects) for expression in index.expressions],
    }
    where = {}
    for name in ("sqlite", "postgresql"):
        condition = index.dialect_options[name].get("where")
        if condition is not None:
            where[name] = expression_text(condition, dialects).get(name)
    if where:
        result["where"] = where
    if options.get("using"):
        result["method"] = {"postgresql": str(options["using"])}
    if names:
        result["included_columns"] = {"postgresql": names}
    return result


def table_json(table, dialects):
    constraints = [constraint_json(constraint, dialects) for constraint in table.constraints]
    constraints = [constraint for constraint in constraints if constraint]
    return {
        "name": table.name,
        "comment": table.comment or "",
        "columns": [column_json(column, dialects) for column in table.columns],
        "constraints": sorted(constraints, key=repr),
        "indexes": sorted((index_json(index, dialects) for index in table.indexes), key=repr),
    }


def add_tables(features):
    """Puts the exact tables beside those features whose classes are SQLModel tables."""
    dialects = None
    for feature, feature_class in features:
        table = getattr(feature_class, "__table__", None)
        if table is not None and "sqlalchemy" in sys.modules:
            dialects = dialects or sqlalchemy_dialects()
            feature["table"] = table_json(table, dialects)


# -- the result ------------------------------------------------------------------------------------------------------------


def version_of(metaxy):
    try:
        import importlib.metadata

        return importlib.metadata.version("metaxy")
    except Exception:
        return str(getattr(metaxy, "__version__", ""))


def exported(inputs):
    inputs.is_on = True
    metaxy, config = load_project()
    features = features_of(metaxy)
    add_tables(features)
    inputs.is_on = False
    records, folders = installed_records()
    hashes = inputs.hashes()
    return {
        "metaxy": version_of(metaxy),
        "project": getattr(config, "project", None),
        "features": [feature for feature, _ in features],
        "target": target_of_metaxy(),
        "inputs": {
            "modules": inputs.modules(),
            "data": inputs.data(),
            "listings": inputs.listings(),
            "installed": records,
            "installed_folders": folders,
            "unseen": sorted(inputs.unseen),
            "hashes": hashes,
            "changed": sorted(inputs.changed),
        },
    }


def failure(error, inputs):
    import traceback

    cause = error.cause if isinstance(error, Failed) else error
    kind = error.kind if isinstance(error, Failed) else "internal"
    result = {"kind": kind, "message": text_of(error)}
    if cause is not None:
        result["exception"] = type(cause).__name__
        result["cause"] = text_of(cause)
        result["traceback"] = "".join(traceback.format_exception(type(cause), cause, cause.__traceback__))
        result["module"] = getattr(cause, "name", None) if isinstance(cause, ImportError) else None
        place = user_frame(cause, inputs)
        if place is not None:
            result["file"], result["line"] = place
    return result


def main():
    import json

    result_fd = take_result_fd(int(sys.argv[1]))
    folders = sys.argv[3:]
    if sys.path and sys.path[0] == "":
        del sys.path[0]
    sys.path.extend(folder for folder in folders if folder not in sys.path)
    if sys.argv[2]:
        os.environ["METAXY_CONFIG"] = sys.argv[2]
    sys.argv = ["metaxy"]
    inputs = Inputs()
    result = {"format": FORMAT, "python": sys.version.split()[0], "executable": sys.executable, "prefix": sys.prefix}
    try:
        result.update(exported(inputs))
    except BaseException as error:
        inputs.is_on = False
        if isinstance(error, KeyboardInterrupt):
            os._exit(130)
        result["error"] = failure(error, inputs)
    data = json.dumps(result).encode() + b"\n"
    while data:
        data = data[os.write(result_fd, data) :]
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    # Not by the ordinary way out: threads and exit handlers of the project have no part in this.
    os._exit(0)


main()
