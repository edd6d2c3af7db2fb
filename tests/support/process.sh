# The beginning of the script of a throw-away server: its folder, and its process while it runs.
#
#   sh -c "$(cat process.sh SERVER.sh)" watchdog TMPDIR
#
# The rest of the script sets `pid` and `answers`. Standard input is a pipe from the test process. However that process ends
# (return, panic, abort, SIGKILL), the kernel closes the pipe, and the server and its folder go.
set -eu
dir=$(mktemp -d "$1/pghaul-server-XXXXXX")
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

# wait_for_answer TIMES: asks `answers` up to so many times, fifty a second, while the process runs.
wait_for_answer() {
    for _ in $(seq "$1"); do
        if answers; then return 0; fi
        kill -0 "$pid" || return 1
        sleep 0.02
    done
    return 1
}

cd "$dir"
