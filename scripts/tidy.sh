#!/usr/bin/env bash
# clang-tidy over the sources: scripts/tidy.sh [--deep] [--changed | FILE...], by default all of lib/, apps/ and tests/. What
# was clean and has not changed since, its headers included, is not looked at again (scripts/tidy_cached.py). --changed looks
# at the sources that commits of the four hours before the newest one touched: earlier ones were looked at when they came.
# --deep runs clang's static analyzer instead of the checks of .clang-tidy.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

options=()
for option in "$@"; do
  if [[ $option == --changed ]]; then
    newest=$(git log -1 --format=%ct)
    mapfile -t changed < <(git log --since="@$((newest - 4 * 3600))" --name-only --format= -- 'lib/*.cpp' 'apps/*.cpp' 'tests/*.cpp' |
      sort -u | while read -r file; do [[ ! -f $file ]] || echo "$file"; done)
    ((${#changed[@]})) || { echo "clang-tidy: no source changed"; exit 0; }
    options+=("${changed[@]}")
  else
    options+=("$option")
  fi
done

mkdir -p build
cmake --preset tidy >build/tidy.log 2>&1 || { cat build/tidy.log >&2; exit 1; }
exec scripts/tidy_cached.py build/tidy "${options[@]}"
