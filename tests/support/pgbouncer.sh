# Runs one throw-away PgBouncer until standard input ends; behind process.sh. It hands out sessions for one transaction each.
#
# in:  SOCKET-FOLDER PORT USER, of the PostgreSQL server behind it
# out: FOLDER (once), then "ok" or "failed"; FOLDER/log says why

answers() {
    test -S "$dir/.s.PGSQL.6432"
}

echo "$dir"
while read -r folder port user; do
    cat >pgbouncer.ini <<END
[databases]
* = host=$folder port=$port user=$user
[pgbouncer]
unix_socket_dir = $dir
listen_port = 6432
auth_type = any
pool_mode = transaction
default_pool_size = 2
query_wait_timeout = 20
END
    # It does not run as root.
    if [ "$(id -u)" = 0 ]; then
        chown -R postgres "$dir"
        set -- --user postgres
    else
        set --
    fi
    pgbouncer "$@" pgbouncer.ini </dev/null >>"$dir/log" 2>&1 &
    pid=$!
    if wait_for_answer 500 >/dev/null 2>&1; then echo ok; else echo failed; fi
done
