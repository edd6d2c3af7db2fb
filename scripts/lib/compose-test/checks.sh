# What scripts/compose-test looks at, in the order in which a user would meet it. Sourced by it.
# shellcheck shell=bash disable=SC2154 # which sets what it reads here

readonly SERVE_TOKEN_FILE=/secrets/serve-token
# Every character that means something somewhere between the environment and PostgreSQL.
# shellcheck disable=SC2016
readonly HARD_PASSWORD='a:b\c d$e"f'\''g#%40'

# Each round has a project of its own: containers, networks, volumes and images by this name.
project=

c() {
    "${compose[@]}" --project-name "$project" "$@"
}

all() {
    c --profile fetch --profile drain --profile sync --profile serve "$@"
}

# check NAME COMMAND...: not to be called where set -e does not count
check() {
    local name=$1 status=0 started=$SECONDS
    shift
    set +e
    (
        set -e
        "$@"
    ) >"$work/check.log" 2>&1
    status=$?
    set -e
    if [[ $status == 0 ]]; then
        printf 'test %s ... ok (%d s)\n' "$name" $((SECONDS - started))
        passed=$((passed + 1))
    else
        printf 'test %s ... FAILED\n' "$name"
        tail --lines 40 "$work/check.log" | sed 's/^/    /'
        failed=$((failed + 1))
    fi
}

equal() {
    if [[ $1 != "$2" ]]; then
        echo "expected: $1"
        echo "is:       $2"
        return 1
    fi
}

# ends CODE COMMAND...: its exit code is this one; what it prints is in $work/output
ends() {
    local expected=$1 code=0
    shift
    "$@" >"$work/output" 2>"$work/errors" </dev/null || code=$?
    cat "$work/output" "$work/errors"
    equal "exit code $expected" "exit code $code"
}

says() {
    if ! grep --quiet --fixed-strings -- "$1" "$work/output" "$work/errors"; then
        echo "nobody says: $1"
        return 1
    fi
}

# sql SERVICE DATABASE STATEMENT: as one who is in the container, where no password is asked for
sql() {
    all exec -T "$1" psql --username pgusr --dbname "$2" --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --command "$3" \
        </dev/null
}

image() {
    docker ps --all --quiet --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.service=pghaul |
        xargs docker inspect --format '{{.Image}}' | sort --unique
}

check_everything() {
    project=pghaultest$$
    export PGHAUL_SERVE_PORT=0
    check 'the compose file is valid' all config --quiet
    check 'the images are built' all build
    check 'up loads the dumps and ends with 0' loads_the_dumps
    check 'the rows are there' has_the_rows
    check 'a second run finds nothing new' finds_nothing_new
    check 'run takes any command, and hands its exit code on' hands_exit_codes_on
    check 'the image has no shell and no root' has_no_shell_and_no_root
    check 'what it writes belongs to its user' writes_as_its_user
    check 'secrets are in files only' hides_secrets
    check 'profile fetch' fetches
    check 'profile drain' drains
    check 'profile sync' syncs
    check 'profile serve' serves
    check 'the database outlives its container' outlives_its_container
    delete_project
    project=pghaulenv$$
    check 'secrets may come from the environment' takes_secrets_from_the_environment
}

loads_the_dumps() {
    ends 0 c up --no-color --exit-code-from pghaul
    says '8 units: 8 loaded, 0 unchanged, 0 failed; 39 rows'
}

has_the_rows() {
    ends 0 c up --detach zipdb
    wait_for ready zipdb zipdb
    equal '17|9|13' "$(sql zipdb zipdb 'SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM courses), (SELECT count(*) FROM user_assigned_courses)')"
    equal '9' "$(sql zipdb zipdb 'SELECT count(*) FROM users WHERE tableoid = '\''v1_users'\''::regclass')"
}

finds_nothing_new() {
    ends 0 c run --rm -T pghaul
    says '8 units: 0 loaded, 8 unchanged, 0 failed'
}

hands_exit_codes_on() {
    ends 0 c run --rm -T pghaul --version
    says "pghaul $(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)"
    says "commit: $(git rev-parse HEAD)"
    ends 0 c run --rm -T pghaul status
    says v3_user_assigned_courses
    ends 2 c run --rm -T pghaul ingest --no-such-flag
    ends 2 c run --rm -T pghaul ingest /nowhere
    # Nobody is to take the private server for the one of the demo.
    ends 2 docker run --rm "$(image)" status
}

has_no_shell_and_no_root() {
    local image program
    image=$(image)
    equal 65532:65532 "$(docker image inspect --format '{{.Config.User}}' "$image")"
    for program in /bin/sh /bin/bash /usr/bin/env; do
        ends 127 docker run --rm --entrypoint "$program" "$image" -c true
    done
    docker image inspect --format 'the image has {{.Size}} bytes' "$image"
}

writes_as_its_user() {
    local folder
    folder=$(mktemp --directory "$work/data-XXXXXX")
    chown 65532:65532 "$folder"
    ends 0 docker run --rm --volume "$folder:/data" "$(image)" generate users --count 3 --out users.ndjson
    equal '65532 3' "$(stat --format %u "$folder/users.ndjson") $(wc --lines <"$folder/users.ndjson")"
}

hides_secrets() {
    local secret file image
    image=$(image)
    equal '600 0|600 65532|600 65532' "$(c exec -T zipdb stat --format '%a %u' /secrets/postgres /secrets/pgpass $SERVE_TOKEN_FILE | paste --serial --delimiters '|')"
    for file in /secrets/postgres "$SERVE_TOKEN_FILE"; do
        secret=$(c exec -T zipdb cat "$file")
        equal 48 "${#secret}"
        {
            all config
            docker ps --all --quiet --filter "label=com.docker.compose.project=$project" | xargs docker inspect
            c logs --no-color
            docker image inspect "$image"
            docker history --no-trunc "$image"
        } >"$work/seen"
        equal '' "$(grep --fixed-strings "$secret" "$work/seen" || true)"
    done
}

fetches() {
    ends 0 c --profile fetch run --rm -T fetch
    equal '672768|551' "$(sql zipdb zipdb 'SELECT count(*), count(DISTINCT character_id) FROM stats.t_aggregate_activity_stats')"
    # The API has counted, and nobody has come too often.
    equal '"requests": 551, "violations": 0' "$(
        # shellcheck disable=SC2016 # of the inner shell
        c exec -T zipdb bash -c 'exec 3<>/dev/tcp/api/8080; printf "GET /window HTTP/1.1\r\n\r\n" >&3; grep --max-count 1 violations <&3' |
            grep --only-matching '"requests": [0-9]*, "violations": [0-9]*'
    )"
}

drains() {
    ends 0 c --profile drain run --rm -T drain
    equal '5000|5000|0' "$(sql zipdb zipdb 'SELECT (SELECT count(DISTINCT id) FROM sample_us_users), sum(rows), sum(rejected) FROM pghaul.drains')"
    equal 0 "$(all exec -T redis redis-cli EXISTS sample_us_users </dev/null | tr -d '\r')"
}

syncs() {
    local digest='SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY id)) FROM transactions t' before
    ends 0 c --profile sync run --rm -T sync
    before=$(sql zipdb zipdb "$digest")
    equal "$(sql shop shop "$digest")" "$before"
    equal 100000 "${before%|*}"
    all exec -T shop psql --username pgusr --dbname shop --quiet --set ON_ERROR_STOP=1 <fixtures/sql/transaction_changes.sql
    ends 0 c --profile sync run --rm -T sync
    equal "$(sql shop shop "$digest")" "$(sql zipdb zipdb "$digest")"
    [[ $(sql zipdb zipdb "$digest") != "$before" ]]
}

serves() {
    local url token
    ends 0 c --profile serve up --detach serve
    url=http://$(c --profile serve port serve 8005)
    token=$(c exec -T zipdb cat $SERVE_TOKEN_FILE)
    wait_for ask "$url/readyz"
    equal 401 "$(ask_for_status "$url/users/")"
    equal 17 "$(ask "$url/users/?take=100" --header "Authorization: Bearer $token" | grep --only-matching '"version_table"' | wc --lines)"
    equal 405 "$(ask_for_status "$url/users/1001/" --request DELETE --header "Authorization: Bearer $token")"
    ends 0 c --profile serve stop serve
    equal 0 "$(docker ps --all --quiet --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.service=serve |
        xargs docker inspect --format '{{.State.ExitCode}}')"
}

outlives_its_container() {
    ends 0 all down
    finds_nothing_new
}

takes_secrets_from_the_environment() {
    export POSTGRES_PASSWORD=$HARD_PASSWORD PGHAUL_SERVE_TOKEN=0123456789abcdefg
    ends 0 c run --rm -T pghaul
    says '8 units: 8 loaded'
    equal "$HARD_PASSWORD" "$(c exec -T zipdb cat /secrets/postgres)"
    equal "$PGHAUL_SERVE_TOKEN" "$(c exec -T zipdb cat $SERVE_TOKEN_FILE)"
}

ask() {
    in_network curl --silent --show-error --fail --max-time 10 "$@"
}

ask_for_status() {
    in_network curl --silent --output /dev/null --write-out '%{http_code}' --max-time 10 "$@"
}

ready() {
    sql "$1" "$2" 'SELECT 1'
}

wait_for() {
    for _ in {1..60}; do
        ! "$@" >/dev/null 2>&1 || return 0
        sleep 0.5
    done
    "$@"
}

delete_project() {
    [[ -n $project ]] || return 0
    all down --volumes --rmi local --remove-orphans >"$work/down.log" 2>&1 || {
        cat "$work/down.log" >&2
        return 1
    }
    project=
}

nothing_is_left() {
    local name
    for name in "pghaultest$$" "pghaulenv$$"; do
        equal '' "$(docker ps --all --quiet --filter "label=com.docker.compose.project=$name")"
        equal '' "$(docker volume ls --quiet --filter "label=com.docker.compose.project=$name")"
        equal '' "$(docker network ls --quiet --filter "label=com.docker.compose.project=$name")"
        equal '' "$(docker images --quiet --filter "reference=$name*")"
    done
}
