#!/usr/bin/env bash
# clang-tidy over the sources: scripts/tidy.sh [--deep] [FILE...], by default all of lib/, apps/ and tests/. What was clean
# and has not changed since, its headers included, is not looked at again (scripts/tidy_cached.py). --deep runs clang's
# static analyzer instead of the checks of .clang-tidy.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mkdir -p build
cmake --preset tidy >build/tidy.log 2>&1 || { cat build/tidy.log >&2; exit 1; }
exec scripts/tidy_cached.py build/tidy "$@"
