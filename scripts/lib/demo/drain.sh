# The demo of `pghaul drain`: sourced by scripts/demo. The Redis is its own, and listens on a unix socket only.
build
replica=sample_us_users
work=$(mktemp --directory)
socket=$work/redis.sock
export DEMO_REDIS=unix://$socket
redis-server --port 0 --unixsocket "$socket" --dir "$work" --save '' >"$work/log" &
redis_pid=$!
trap 'kill "$redis_pid"; wait "$redis_pid" || true; rm --recursive --force "$work"' EXIT
in_redis() {
    redis-cli -s "$socket" "$@"
}
for _ in {1..200}; do
    in_redis PING >"$work/answer" 2>&1 && break
    sleep 0.05
done
[[ $(<"$work/answer") == PONG ]] || fail "Redis does not start: $(<"$work/log")"

config=fixtures/drain/config.yml
drain=("$pghaul" --config "$config")
"${drain[@]}" db psql --quiet --command "SET client_min_messages = warning" --command "DROP TABLE IF EXISTS $replica"
say "filling a Redis with 5,000 users, such as this one:"
in_redis --eval fixtures/drain/users.lua "$replica" , 5000
in_redis HRANDFIELD "$replica" 1 WITHVALUES

say "draining it into the embedded server in $PGHAUL_DATA_DIR"
"${drain[@]}" drain us_users
"${drain[@]}" db psql <fixtures/sql/drain.sql
say "of the replica, there are so many keys left in Redis: $(in_redis EXISTS "$replica"); all keys:"
in_redis KEYS '*'
