#!/usr/bin/env bash
# Formats the C++ sources: scripts/format.sh [--check] [FILE...], by default all. With --check it changes nothing and
# fails when something is not formatted.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mode=(-i)
if [[ ${1:-} == --check ]]; then
  mode=(--dry-run -Werror)
  shift
fi
if (($#)); then
  files=("$@")
else
  mapfile -t files < <(git ls-files -co --exclude-standard '*.cpp' '*.hpp' | while read -r file; do [[ -f $file ]] && echo "$file"; done)
fi
((${#files[@]})) || exit 0
printf '%s\0' "${files[@]}" | xargs -0 -n 16 -P 2 clang-format-14 "${mode[@]}"
