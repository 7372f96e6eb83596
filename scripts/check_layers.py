#!/usr/bin/env python3
"""Checks the rules that keep lib/ in layers. Run by ctest and by .ci/run; says file, line and rule, and exits 1.

Checked: which folder may include which (ALLOWED); where a vendor's header may be included (VENDOR_HEADERS) and where an
outside effect may be used (EFFECTS); that SQL is written in the dialect folders only; that no code asks for a dialect by
name; that no file grows beyond MAX_LINES. A new folder or a new exception is a change of a table below, and is reviewed.
"""
import re
import sys
from pathlib import Path

# What each folder of lib/ may include from the others. A dialect's own folder is reached by the registry only.
ALLOWED = {
    "base": set(),
    "schema": {"base"},
    "sql": {"base"},
    "diff": {"base", "schema", "sql"},
    "revision": {"base", "schema", "sql", "diff"},
    "dialect": {"base", "schema", "sql", "diff", "revision"},
    "process": {"base"},
    "files": {"base", "schema", "sql", "diff", "revision"},
    "metaxy": {"base", "schema", "sql", "diff", "revision", "dialect", "files"},
    "plan": {"base", "schema", "sql", "diff", "revision", "dialect", "metaxy"},
    "run": {"base", "schema", "sql", "diff", "revision", "dialect", "files", "plan", "metaxy"},
    "command": {"base", "schema", "sql", "diff", "revision", "dialect", "files", "plan", "metaxy", "run", "process"},
    "apps": {"base", "schema", "sql", "diff", "revision", "dialect", "files", "plan", "metaxy", "run", "process", "command"},
}
DIALECT_REGISTRY = "lib/dialect/registry.cpp"

# Header, or prefix that ends in a slash -> the only files that may include it (full match of the path from the root). The
# first that fits decides.
VENDOR_HEADERS = {
    "duckdb.h": r"lib/dialect/duckdb/\w+\.(cpp|hpp)",
    "SQLiteCpp/": r"lib/dialect/sqlite/\w+\.cpp",
    "sqlite3.h": r"lib/dialect/sqlite/\w+\.cpp",
    "pqxx/": r"lib/dialect/postgresql/module\.cpp",
    "libpq-fe.h": r"lib/dialect/postgresql/module\.cpp",
    "CLI/": r"apps/metaxy-migrate/\w+\.cpp",
    "toml++/": r"lib/(metaxy|revision)/\w+\.cpp",
    "nlohmann/json_fwd.hpp": r".*",
    "nlohmann/": r"(lib|apps)/.*\.cpp",
    "openssl/": r"lib/base/hash\.cpp",
    "spdlog/": r"lib/(run|command)/\w+\.cpp|lib/dialect/\w+/connection\.cpp|apps/.*\.cpp",
}

# Rule, pattern in code (comments and literals removed) -> the only files in which it may stand.
EFFECTS = [
    ("standard output and error belong to the program", r"\bstd::(cout|cerr|clog)\b|(?<![\w:.])f?printf\s*\(|\bfmt::print\b", r"apps/.*"),
    ("the environment is read at the edge", r"\bgetenv\b|\benviron\b",
     r"apps/.*|lib/(run|command)/.*|lib/dialect/\w+/(connection|library)\.cpp"),
    ("the clock is read through base/clock.hpp", r"\bsystem_clock::now\b", r"lib/base/clock\.cpp"),
    ("only the program ends the process", r"\bstd::(exit|quick_exit|_Exit)\b|(?<![\w:.>])_?exit\s*\(",
     r"apps/.*|lib/run/watch\.cpp"),  # the second Ctrl-C
]

SQL_FOLDERS = r"lib/(dialect|sql)/.*"
SQL = re.compile(
    r"\b(CREATE|ALTER|DROP)\s+(OR\s+REPLACE\s+)?(TEMP\s+|TEMPORARY\s+|UNIQUE\s+)?"
    r"(TABLE|INDEX|VIEW|SCHEMA|SEQUENCE|TRIGGER|TYPE|COLUMN)\b"
    r"|\b(ADD|RENAME)\s+(COLUMN|CONSTRAINT)\b|\bINSERT\s+(OR\s+\w+\s+)?INTO\b|\bDELETE\s+FROM\b|\bUPDATE\s+\S+\s+SET\b"
    r"|\bSELECT\b.*\bFROM\b|^\s*(SELECT|PRAGMA|VACUUM|ATTACH)\s|\bBEGIN\s+(IMMEDIATE|TRANSACTION)\b",
    re.DOTALL)
DIALECT_BY_NAME = re.compile(r'[!=]=\s*"(sqlite|duckdb|postgres|postgresql)"|"(sqlite|duckdb|postgres|postgresql)"\s*[!=]=')

MAX_LINES = 600

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)
TOKEN = re.compile(
    r'(?P<comment>//[^\n]*|/\*.*?\*/)'
    r'|(?:u8|[uUL])?R"(?P<delimiter>[^()\s\\]{0,16})\((?P<raw>.*?)\)(?P=delimiter)"'
    r'|(?:u8|[uUL])?"(?P<text>(?:[^"\\\n]|\\.)*)"'
    r"|(?<![0-9A-Za-z])'(?:[^'\\\n]|\\.)+'",
    re.DOTALL)


class Source:
    """One file taken apart: code without comments and literals (offsets kept), and its literals, adjacent ones joined."""

    def __init__(self, text):
        self.text = text
        self.literals = []  # (offset, text)
        code = []
        end = 0
        last_literal_end = None
        for match in TOKEN.finditer(text):
            code.append(text[end:match.start()])
            code.append(re.sub(r"[^\n]", " ", match.group()))
            literal = match.group("raw") if match.group("raw") is not None else match.group("text")
            if literal is not None:
                literal = literal.replace("\\n", "\n").replace("\\t", "\t")
                between = "".join(code)[last_literal_end:match.start()] if last_literal_end is not None else "x"
                if between.strip():
                    self.literals.append((match.start(), literal))
                else:
                    offset, head = self.literals[-1]
                    self.literals[-1] = (offset, head + literal)
                last_literal_end = match.end()
            end = match.end()
        code.append(text[end:])
        self.code = "".join(code)

    def line(self, offset):
        return self.text.count("\n", 0, offset) + 1


def layer_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "lib" else parts[0]


def dialect_folder(path):
    """'duckdb' for dialect/duckdb/..., None for what all dialects share."""
    match = re.match(r"(?:lib/)?dialect/(\w+)/", path)
    return match.group(1) if match else None


def check_include(path, kind, target):
    """The rule that this include breaks, or None."""
    if kind == "<":
        for prefix, files in VENDOR_HEADERS.items():
            if target.startswith(prefix) if prefix.endswith("/") else target == prefix:
                return None if re.fullmatch(files, path) else f"<{target}> may be included by {files} only"
        return None
    layer = layer_of(path)
    if layer == "apps" and "/" not in target:
        return None
    target_layer = target.split("/")[0]
    if "/" not in target or target_layer not in ALLOWED:
        return f'"{target}" is not written from lib/'
    if target_layer != layer and target_layer not in ALLOWED[layer]:
        return f"{layer}/ may not include {target_layer}/"
    folder = dialect_folder(target)
    if folder and folder != dialect_folder(path) and path != DIALECT_REGISTRY:
        return f"only {DIALECT_REGISTRY} and the folder itself may include dialect/{folder}/"
    return None


def check_file(path, text):
    """All (line, rule) that this file breaks."""
    source = Source(text)
    problems = []
    if layer_of(path) not in ALLOWED:
        return [(1, f"folder '{layer_of(path)}' is not in the table of scripts/check_layers.py")]
    for match in INCLUDE.finditer(text):
        rule = check_include(path, match.group(1), match.group(2))
        if rule:
            problems.append((source.line(match.start()), rule))
    for rule, pattern, files in EFFECTS:
        if not re.fullmatch(files, path):
            problems += [(source.line(m.start()), rule) for m in re.finditer(pattern, source.code)]
    if not re.fullmatch(SQL_FOLDERS, path):
        for offset, literal in source.literals:
            if SQL.search(literal):
                problems.append((source.line(offset), "SQL is written in lib/dialect/ and lib/sql/ only"))
        for match in DIALECT_BY_NAME.finditer(text):
            problems.append((source.line(match.start()), "no code outside lib/dialect/ asks for a dialect by name"))
    lines = text.count("\n")
    if lines > MAX_LINES:
        problems.append((lines, f"a file has at most {MAX_LINES} lines"))
    return problems


def main(root):
    count = 0
    failed = False
    for folder in ("lib", "apps"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".cpp", ".hpp", ".h", ".c"):
                continue
            count += 1
            path = file.relative_to(root).as_posix()
            for line, rule in check_file(path, file.read_text(encoding="utf-8")):
                failed = True
                print(f"{path}:{line}: {rule}")
    if count == 0:
        print(f"no sources below '{root}'")
        failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)))
