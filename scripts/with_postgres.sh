#!/usr/bin/env bash
# A throw-away PostgreSQL server from the installed package, on a free port of the loopback interface.
#
#   scripts/with_postgres.sh run COMMAND...   starts one, runs the command with its URL in MM_POSTGRES_URL, stops it
#   scripts/with_postgres.sh start FILE       starts one and writes its URL (first line) and folder into FILE
#   scripts/with_postgres.sh stop FILE        stops the one that FILE tells of, and removes all of it
#
# Nothing of it is durable (fsync is off). Root cannot run a server, so then the system user postgres does.
set -euo pipefail

user=migrator
password='pa55-w0rd-of-tests'

die() { printf 'with_postgres: %s\n' "$*" >&2; exit 1; }

# The newest installed server.
tools() {
  local folders=(/usr/lib/postgresql/*/bin)
  local bin=${folders[-1]}
  [[ -x $bin/initdb ]] || die "no PostgreSQL server is installed; run scripts/setup"
  printf '%s\n' "$bin"
}

# as_server COMMAND...: as a user that may run a server.
as_server() {
  if ((EUID == 0)); then
    (cd / && setpriv --reuid postgres --regid postgres --init-groups -- "$@")
  else
    "$@"
  fi
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start() {
  local file=$1 bin folder port attempt
  [[ ! -e $file ]] || stop "$file"
  bin=$(tools)
  folder=$(mktemp -d "${TMPDIR:-/tmp}/mm-postgres.XXXXXX")
  chmod 755 "$folder"
  printf '%s\n' "$password" >"$folder/password"
  mkdir "$folder/data"
  if ((EUID == 0)); then chown -R postgres: "$folder"; fi
  as_server "$bin/initdb" -D "$folder/data" -U "$user" --pwfile="$folder/password" --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8 --no-sync --no-instructions >"$folder.log" 2>&1 ||
    { cat "$folder.log" >&2; die "initdb failed"; }
  cat >>"$folder/data/postgresql.conf" <<EOF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 300
shared_buffers = 64MB
wal_level = replica
max_wal_senders = 4
EOF
  # Somebody may take the port between the look and the start.
  for attempt in 1 2 3 4 5; do
    port=$(free_port)
    if as_server "$bin/pg_ctl" -D "$folder/data" -w -t 60 -o "-p $port" -l "$folder/server.log" start >"$folder.log" 2>&1; then
      rm -f "$folder.log"
      printf '%s\n' "postgresql://$user:$password@127.0.0.1:$port/postgres" "$folder" >"$file"
      return
    fi
  done
  cat "$folder.log" "$folder/server.log" >&2
  rm -rf "$folder" "$folder.log"
  die "the server does not start (attempt $attempt)"
}

stop() {
  local file=$1 bin folder
  [[ -e $file ]] || return 0
  bin=$(tools)
  folder=$(sed -n 2p "$file")
  if [[ -n $folder && -d $folder ]]; then
    as_server "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$folder"
  fi
  rm -f "$file"
}

case ${1:-} in
  start | stop)
    (($# == 2)) || die "$1 needs a file"
    "$1" "$2"
    ;;
  run)
    (($# > 1)) || die "run needs a command"
    shift
    file=$(mktemp -u)
    trap 'stop "$file"' EXIT
    start "$file"
    MM_POSTGRES_URL=$(sed -n 1p "$file") "$@"
    ;;
  *) die "usage: with_postgres.sh run COMMAND... | start FILE | stop FILE" ;;
esac
