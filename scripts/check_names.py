#!/usr/bin/env python3
"""Checks that no name is defined in the anonymous namespaces of two sources of one target: CI compiles several sources of
a target as one (MM_BUILD_ONCE), where both would be the same name. Tests count as names too.

    scripts/check_names.py [ROOT]

Prints `target: name: file:line, file:line` for every clash; exit code 1 when there is one."""
import re
import sys
from collections import defaultdict
from pathlib import Path

from check_layers import Source

TARGET = re.compile(r"\b(?:mm_library|mm_test|mm_executable)\(\s*([\w-]+)([^)]*)\)")
SOURCE = re.compile(r"(?<![\w./{}$-])[\w./-]+\.cpp\b")

# What stands at the beginning of a line belongs to a namespace: clang-format indents all else.
TEST = re.compile(r"(?:TEST|TEST_F|TEST_P|RC_GTEST_PROP)\((\w+),\s*(\w+)")
MACRO = re.compile(r"[A-Z_]+\(")
TYPE = re.compile(r"(?:template <.*> )?(?:class|struct|union|enum class|enum) (\w+)")
ALIAS = re.compile(r"using (\w+) = (.*);")
OTHER = re.compile(r"(?!using |namespace |return |friend )[A-Za-z_\[][^({=]*?[ &*]([A-Za-z_]\w*)(?:\(| =|\{|;|\[)")


def targets(cmake):
    """(target, names of its sources) of each list in the text of a CMakeLists.txt."""
    for match in TARGET.finditer(re.sub(r"#.*", "", cmake)):
        yield match.group(1), SOURCE.findall(match.group(2))


def name_in(line):
    """What the line defines or declares, or None; "name = meaning" for an alias, where `using Node = Graph::Node` only takes
    the name over: classes hand the same type on, and the compiler tells when it is another one."""
    if match := TEST.match(line):
        return f"TEST({match.group(1)}, {match.group(2)})"
    if MACRO.match(line):
        return None
    if match := ALIAS.match(line):
        return f"{match.group(1)} = {match.group(2).rpartition('::')[2]}"
    match = TYPE.match(line) or OTHER.match(line)
    return match.group(1) if match else None


def names(text):
    """{name: number of the first line that has it} of the anonymous namespaces of a source."""
    found = {}
    is_inside = False
    code = Source(text).code.split("\n")
    for number, (line, whole) in enumerate(zip(code, text.split("\n")), 1):
        if line.startswith("namespace {"):
            is_inside = True
        elif whole.startswith("}  // namespace"):
            is_inside = False
        elif is_inside and (name := name_in(line)):
            found.setdefault(name, number)
    return found


def clashes(sources):
    """(name, places) of every name that two of the sources, {path: text}, define; an alias clashes with another meaning."""
    places = defaultdict(list)
    meanings = defaultdict(set)
    for path, text in sources.items():
        for name, line in names(text).items():
            key, _, meaning = name.partition(" = ")
            places[key].append(f"{path}:{line}")
            meanings[key].add(meaning)
    return [(name, where) for name, where in sorted(places.items())
            if len(where) > 1 and ("" in meanings[name] or len(meanings[name]) > 1)]


def main(root):
    count = 0
    failed = False
    for folder in ("lib", "apps", "tests"):
        for cmake in sorted((root / folder).rglob("CMakeLists.txt")):
            for target, files in targets(cmake.read_text(encoding="utf-8")):
                paths = [cmake.parent / file for file in files]
                count += len(paths)
                sources = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}
                for name, where in clashes(sources):
                    failed = True
                    print(f"{target}: {name}: {', '.join(where)}")
    if count == 0:
        print(f"no sources below '{root}'")
        failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)))
