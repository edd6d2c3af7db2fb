# Runs one throw-away PostgreSQL server, by the words that come in, until they end.
#
#   [PRIMARY=CONNECTION] sh -c "$(cat server.sh)" watchdog BINDIR TMPDIR [DISK [data]]
#
# in:  start PORT | stop | ensure PORT (starts it if it does not run) | fill KIB (leaves so much room on DISK) | empty
# out: FOLDER (once, with the new cluster in FOLDER/data), then "ok" or "failed" per word; FOLDER/log says why
#
# The server's settings are those of FOLDER/settings.conf. DISK is a file system of its own, known as FOLDER/disk: the
# cluster is there if "data" is given, else nothing. With PRIMARY, it is a standby of that server.
#
# Standard input is a pipe from the test process. However that process ends (return, panic, abort, SIGKILL),
# the kernel closes the pipe, and the server and its folder go.
set -eu
bin=$1
disk=${3-}
dir=$(mktemp -d "$2/pghaul-XXXXXX")
clean() {
    # It may not be running.
    "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop || :
    rm -rf "$dir"
}
trap 'clean >/dev/null 2>&1' EXIT
trap 'exit 1' HUP INT TERM

cd "$dir"
if [ -n "$disk" ]; then
    ln -s "$disk" disk
    mkdir -m 700 disk/space
fi
segments=
if [ "${4-}" = data ]; then
    # The write-ahead log takes what it needs, and not 16 MiB at a time.
    segments=--wal-segsize=1
    mkdir -m 700 disk/data
    ln -s disk/data data
fi
if [ -n "${PRIMARY-}" ]; then
    "$bin/pg_basebackup" -D "$dir/data" -R -d "$PRIMARY" -c fast -X stream --no-sync
else
    "$bin/initdb" -D "$dir/data" -U pghaul_test -A trust -E UTF8 --locale=C --no-sync $segments
fi >"$dir/log" 2>&1 || {
    echo "no cluster: $(tail -n 5 "$dir/log" | tr '\n' ' ')"
    exit 1
}
echo "include '$dir/settings.conf'" >>data/postgresql.conf
echo "$dir"

# pg WORD OF pg_ctl...
pg() {
    "$bin/pg_ctl" -D "$dir/data" -s -w "$@" </dev/null
}

start() {
    pg -l "$dir/log" -o "-p $1" start
}

fill() {
    rm -f disk/ballast
    room=$(df --output=avail --block-size=1K disk/ | tail -n 1)
    [ "$room" -le "$1" ] || fallocate --length "$((room - $1))KiB" disk/ballast
}

while read -r word argument; do
    if
        case $word in
        start) start "$argument" ;;
        stop) pg -m immediate stop ;;
        ensure) pg status || start "$argument" ;;
        fill) fill "$argument" ;;
        empty) rm -f disk/ballast ;;
        esac >>"$dir/log" 2>&1
    then echo ok; else echo failed; fi
done
