# A Docker engine for scripts/compose-test, which sources this after setup.sh: the one that runs, or one of its own that goes
# with it.
# shellcheck shell=bash disable=SC2154 # which sets what it reads here

engine_runs() {
    docker info >/dev/null 2>&1
}

# Debian's packages. Newer releases have the client in one of its own.
install_docker() {
    local packages=()
    if ! has docker || { ! engine_runs && ! has dockerd; }; then
        packages+=(docker.io)
    fi
    has docker-compose || docker compose version >/dev/null 2>&1 || packages+=(docker-compose)
    has unshare || packages+=(util-linux)
    has ip || packages+=(iproute2)
    has curl || packages+=(curl)
    has debootstrap || packages+=(debootstrap)
    if [[ ${#packages[@]} -gt 0 ]]; then
        want "installing ${packages[*]}, because containers are tested with them" "${packages[@]}"
        install_packages
    fi
    if ! has docker; then
        apt_get install docker-cli
    fi
}

# Anything that is answered is an answer: without a login it is 401.
has_registry() {
    curl --silent --head --max-time 10 --output /dev/null https://registry-1.docker.io/v2/
}

# start_engine: sets DOCKER_HOST. Where nothing has to be fetched from outside, it has a network of its own, too: then no bridge and
# no rule of the firewall is left behind.
start_engine() {
    local apart=(--mount)
    [[ $(id -u) == 0 ]] || fail 'no Docker engine answers, and only root can start one; run this as root, or start one'
    [[ -z $stand_ins ]] || apart+=(--net)
    say "starting a Docker engine in $work, because none runs"
    # What started it may have closed or redirected its standard streams.
    # shellcheck disable=SC2016 # of the inner shell
    unshare "${apart[@]}" sh -c 'ip link set lo up && exec dockerd "$@"' sh \
        --host "unix://$work/docker.sock" --pidfile "$work/docker.pid" --data-root "$work/data" --exec-root "$work/exec" \
        </dev/null >"$work/engine.log" 2>&1 &
    engine_pid=$!
    export DOCKER_HOST=unix://$work/docker.sock
    [[ -z $stand_ins ]] || engine_network=/proc/$engine_pid/ns/net
    for _ in {1..120}; do
        engine_runs && return
        kill -0 "$engine_pid" 2>/dev/null || break
        sleep 0.5
    done
    tail --lines 20 "$work/engine.log" >&2
    fail 'the Docker engine does not start; its last words are above'
}

# It stops its containers before it ends.
stop_engine() {
    if [[ -n $engine_pid ]]; then
        kill "$engine_pid" 2>/dev/null || true
        wait "$engine_pid" || true
        engine_pid=
    fi
}

# in_network COMMAND...: where the ports that the containers publish are
in_network() {
    if [[ -n $engine_network ]]; then
        nsenter --net="$engine_network" "$@"
    else
        "$@"
    fi
}
