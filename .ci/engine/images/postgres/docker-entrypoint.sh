#!/usr/bin/env bash
# The part of the official image's start contract that a compose file can rely on: started as root it prepares the data directory and
# steps down to postgres; an empty data directory is initialised with POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB (each also as
# …_FILE) and then with every *.sh and *.sql of /docker-entrypoint-initdb.d, on a server that listens on its socket only.
set -eEuo pipefail

# from_file <NAME>: NAME from the file that NAME_FILE names; both set is an error
from_file() {
  local name=$1 file=${1}_FILE
  if [[ -n ${!name:-} && -n ${!file:-} ]]; then
    echo "error: both $name and $file are set" >&2
    exit 1
  fi
  [[ -z ${!file:-} ]] || export "$name=$(<"${!file}")"
  unset "$file"
}

run_init_files() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh)
        echo "running $file"
        if [[ -x $file ]]; then "$file"; else . "$file"; fi
        ;;
      *.sql)
        echo "running $file"
        PGPASSWORD=$POSTGRES_PASSWORD psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" -f "$file"
        ;;
    esac
  done
}

initialise() {
  if [[ -z ${POSTGRES_PASSWORD:-} && ${POSTGRES_HOST_AUTH_METHOD:-} != trust ]]; then
    echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
    exit 1
  fi
  initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") >/dev/null
  printf 'host all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
  pg_ctl -D "$PGDATA" -w start -o "-c listen_addresses=''" >/dev/null
  if [[ $POSTGRES_DB != postgres ]]; then
    psql -q --no-psqlrc --username "$POSTGRES_USER" --dbname postgres -v db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
  fi
  run_init_files
  pg_ctl -D "$PGDATA" -m fast -w stop >/dev/null
}

[[ ${1:-} != -* ]] || set -- postgres "$@"
if [[ ${1:-} == postgres ]]; then
  mkdir -p "$PGDATA"
  chmod 00700 "$PGDATA" || :
  if [[ $(id -u) == 0 ]]; then
    find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$BASH_SOURCE" "$@"
  fi
  if [[ ! -s $PGDATA/PG_VERSION ]]; then
    for name in POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB; do from_file "$name"; done
    export POSTGRES_USER=${POSTGRES_USER:-postgres} POSTGRES_PASSWORD=${POSTGRES_PASSWORD:-}
    export POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
    initialise
  fi
fi
exec "$@"
