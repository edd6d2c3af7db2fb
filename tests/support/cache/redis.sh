# Runs one throw-away Redis server, by the words that come in, until they end; behind process.sh.
#
# in:  start PORT | crash | stop
# out: FOLDER (once; FOLDER/redis.conf is to be written then), then "ok" or "failed" per word; FOLDER/log says why

# Any answer will do: a server that wants a password gives one too.
answers() {
    case $(redis-cli -s "$dir/redis.sock" PING 2>&1) in
    PONG* | NOAUTH*) return 0 ;;
    esac
    return 1
}

echo "$dir"
while read -r word port; do
    case $word in
    start)
        redis-server "$dir/redis.conf" --port "$port" </dev/null >>"$dir/log" 2>&1 &
        pid=$!
        if wait_for_answer 500 2>/dev/null; then echo ok; else echo failed; fi
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
