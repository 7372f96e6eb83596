#!/usr/bin/env bash
# Fails on text that must not be in the tree: unfinished work, paths of one machine, registry hosts, secrets, tests that
# are switched off. Each pattern is written so that it does not match itself.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=0
# forbid WHAT PATTERN [PATHSPEC...]: no file of the tree may match the extended regular expression.
forbid() {
  local what=$1 pattern=$2 found
  shift 2
  found=$(git grep --untracked -nIE -e "$pattern" -- "${@:-.}")
  [[ -z $found ]] && return
  failed=1
  printf 'forbidden: %s\n%s\n' "$what" "$found" | cut -c1-200 >&2
}

forbid 'unfinished work' '\b(TO[D]O|FIX[M]E|X[X]X)\b'
forbid 'a conflict mark' '^(<{7}|>{7})( |$)'
forbid 'a path of one machine' '(^|[^A-Za-z0-9_.$}])/(wor[k]|roo[t]|tmp/m[m])/'
forbid 'the name of a registry host' 'npmj[s]\.|deb\.debia[n]\.|security\.debia[n]\.|pypi\.or[g]|pythonhoste[d]|proxy\.golan[g]'
forbid 'a secret' 'AKI[A][0-9A-Z]{16}|-----BEGI[N] [A-Z ]*PRIVATE|gh[pous]_[A-Za-z0-9]{30}|github_pa[t]_|xox[abp]-[0-9]|npm_[A-Za-z0-9]{36}'
forbid 'a test that is switched off' 'GTEST_SKI[P]|DISABLE[D]_' '*.cpp' '*.hpp' '*.txt' '*.cmake' '*.py' '*.sh'

while read -r file; do
  if [[ -f $file ]] && (($(stat -c %s "$file") > 1048576)); then
    echo "forbidden: a file of more than 1 MiB: $file" >&2
    failed=1
  fi
done < <(git ls-files -co --exclude-standard)
exit "$failed"
