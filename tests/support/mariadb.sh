# Runs one throw-away MariaDB server until standard input ends.
#
#   sh -c "$(cat mariadb.sh)" watchdog TMPDIR
#
# out: FOLDER (once), then "ok" or "failed" for each word that comes in; FOLDER/log says why
#
# Standard input is a pipe from the test process. However that process ends (return, panic, abort, SIGKILL),
# the kernel closes the pipe, and the server and its folder go.
set -eu
dir=$(mktemp -d "$1/pghaul-mariadb-XXXXXX")
pid=
end() {
    if [ -n "$pid" ]; then
        kill "-$1" "$pid" || :
        wait "$pid" || :
        pid=
    fi
}
trap 'end KILL >/dev/null 2>&1; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

answers() {
    for _ in $(seq 1500); do
        if mariadb-admin --no-defaults --socket="$dir/socket" ping; then return 0; fi
        kill -0 "$pid" || return 1
        sleep 0.02
    done
    return 1
}

cd "$dir"
mkdir data files
user=$(id -un)
echo "$dir"
while read -r word; do
    case $word in
    start)
        mariadb-install-db --no-defaults --datadir="$dir/data" --auth-root-authentication-method=normal \
            --skip-test-db --user="$user" </dev/null >>"$dir/log" 2>&1 || :
        mariadbd --no-defaults --datadir="$dir/data" --socket="$dir/socket" --pid-file="$dir/pid" --user="$user" \
            --skip-networking --innodb-flush-log-at-trx-commit=0 --skip-log-bin \
            --character-set-server=utf8mb4 </dev/null >>"$dir/log" 2>&1 &
        pid=$!
        if answers >/dev/null 2>&1; then echo ok; else echo failed; fi
        ;;
    esac
done
