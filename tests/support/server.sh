# Runs one throw-away PostgreSQL server, by the words that come in, until they end.
#
#   sh -c "$(cat server.sh)" watchdog BINDIR TMPDIR
#
# in:  start PORT | stop
# out: FOLDER (once, with the new cluster in FOLDER/data), then "ok" or "failed" per word; FOLDER/log says why
#
# Standard input is a pipe from the test process. However that process ends (return, panic, abort, SIGKILL),
# the kernel closes the pipe, and the server and its folder go.
set -eu
bin=$1
dir=$(mktemp -d "$2/pghaul-XXXXXX")
clean() {
    # It may not be running.
    "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop || :
    rm -rf "$dir"
}
trap 'clean >/dev/null 2>&1' EXIT
trap 'exit 1' HUP INT TERM

cd "$dir"
"$bin/initdb" -D "$dir/data" -U pghaul_test -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 || {
    echo "initdb: $(tail -n 5 "$dir/log" | tr '\n' ' ')"
    exit 1
}
echo "$dir"
while read -r word port; do
    case $word in
    start) set -- -l "$dir/log" -o "-p $port" start ;;
    stop) set -- -m immediate stop ;;
    esac
    if "$bin/pg_ctl" -D "$dir/data" -s -w "$@" </dev/null >>"$dir/log" 2>&1; then echo ok; else echo failed; fi
done
