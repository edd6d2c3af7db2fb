# Runs one throw-away MariaDB server until standard input ends; behind process.sh.
#
# in:  start
# out: FOLDER (once), then "ok" or "failed"; FOLDER/log says why

answers() {
    mariadb-admin --no-defaults --socket="$dir/socket" ping
}

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
        if wait_for_answer 1500 >/dev/null 2>&1; then echo ok; else echo failed; fi
        ;;
    esac
done
