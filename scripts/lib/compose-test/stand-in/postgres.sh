#!/usr/bin/env bash
# Begins as the official image of PostgreSQL does, as far as docker-compose.yml makes use of it: a cluster is made at the first
# start, with POSTGRES_USER, POSTGRES_PASSWORD (or _FILE) and POSTGRES_DB, and /docker-entrypoint-initdb.d/*.sql run in it.
set -euo pipefail

if [[ ${1-} != postgres ]]; then
    exec "$@"
fi
if [[ $(id -u) == 0 ]]; then
    if [[ -n ${POSTGRES_PASSWORD_FILE-} ]]; then
        [[ -z ${POSTGRES_PASSWORD-} ]] || { echo 'error: both POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are set' >&2; exit 1; }
        POSTGRES_PASSWORD=$(<"$POSTGRES_PASSWORD_FILE")
        export POSTGRES_PASSWORD
        unset POSTGRES_PASSWORD_FILE
    fi
    chown postgres:postgres "$PGDATA"
    chmod 700 "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups "${BASH_SOURCE[0]}" "$@"
fi
if [[ ! -s $PGDATA/PG_VERSION ]]; then
    [[ -n ${POSTGRES_PASSWORD-} ]] || { echo 'error: POSTGRES_PASSWORD is not set' >&2; exit 1; }
    user=${POSTGRES_USER:-postgres}
    database=${POSTGRES_DB:-$user}
    initdb --username "$user" --pwfile <(printf '%s\n' "$POSTGRES_PASSWORD") --encoding UTF8 --locale C.UTF-8 --auth-local trust --auth-host trust
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    # On the socket only, until all is there.
    pg_ctl --options "-c listen_addresses=''" --wait start
    if [[ $database != postgres ]]; then
        psql --username "$user" --dbname postgres --set ON_ERROR_STOP=1 --set database="$database" <<<'CREATE DATABASE :"database"'
    fi
    for file in /docker-entrypoint-initdb.d/*.sql; do
        [[ ! -e $file ]] || psql --username "$user" --dbname "$database" --set ON_ERROR_STOP=1 --file "$file"
    done
    pg_ctl --mode fast --wait stop
fi
unset POSTGRES_PASSWORD
exec "$@" -c "listen_addresses=*"
