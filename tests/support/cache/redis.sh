# Runs one throw-away Redis server, by the words that come in, until they end.
#
#   sh -c "$(cat redis.sh)" watchdog TMPDIR
#
# in:  start PORT | crash | stop
# out: FOLDER (once; FOLDER/redis.conf is to be written then), then "ok" or "failed" per word; FOLDER/log says why
#
# Standard input is a pipe from the test process. However that process ends (return, panic, abort, SIGKILL),
# the kernel closes the pipe, and the server and its folder go.
set -eu
dir=$(mktemp -d "$1/pghaul-redis-XXXXXX")
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

# Any answer will do: a server that wants a password gives one too.
answers() {
    for _ in $(seq 500); do
        case $(redis-cli -s "$dir/redis.sock" PING 2>&1) in
        PONG* | NOAUTH*) return 0 ;;
        esac
        kill -0 "$pid" || return 1
        sleep 0.02
    done
    return 1
}

cd "$dir"
echo "$dir"
while read -r word port; do
    case $word in
    start)
        redis-server "$dir/redis.conf" --port "$port" </dev/null >>"$dir/log" 2>&1 &
        pid=$!
        if answers 2>/dev/null; then echo ok; else echo failed; fi
        ;;
    crash)
        end KILL 2>/dev/null
        echo ok
        ;;
    stop)
        end TERM 2>/dev/null
        echo ok
        ;;
    esac
done
