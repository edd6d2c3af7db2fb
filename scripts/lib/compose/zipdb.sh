#!/usr/bin/env bash
# What docker-compose.yml starts as zipdb: PostgreSQL's image as it is, once the passwords are in files of a volume. So none
# stands in the compose file, in an image, or in the environment of pghaul's containers.
set -euo pipefail

readonly folder=/secrets
# Who pghaul is in its image.
readonly pghaul=65532

# keep NAME VALUE: at the first start, since the database keeps its password, too. Without a value it is a random one.
keep() {
    local file=$folder/$1 value=$2
    [[ ! -s $file ]] || return 0
    value=${value:-$(od -An -v -N 24 -t x1 /dev/urandom | tr -d ' \n')}
    (umask 077 && printf '%s\n' "$value" >"$file.new")
    mv "$file.new" "$file"
}

keep postgres "${POSTGRES_PASSWORD:-}"
keep serve-token "${PGHAUL_SERVE_TOKEN:-}"
password=$(<"$folder/postgres")
# What has a meaning in a file of passwords gets a backslash.
password=${password//\\/\\\\}
(umask 077 && printf '*:*:*:*:%s\n' "${password//:/\\:}" >"$folder/pgpass")
chown "$pghaul" "$folder/pgpass" "$folder/serve-token"

unset POSTGRES_PASSWORD PGHAUL_SERVE_TOKEN
export POSTGRES_PASSWORD_FILE=$folder/postgres
exec docker-entrypoint.sh "$@"
