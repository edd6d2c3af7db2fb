# The demo of `pghaul fetch`: sourced by scripts/demo. The API is the project's own, with the answers, the latency and the
# limit of the one that the original followed.
build --package pghaul --package pghaul-mock-api
# The folder of the configuration has a database of its own, and so has the next demo.
work=$PGHAUL_DATA_DIR-fetch
config=$work/config.yml
mkdir --parents "$work"
"$bin/pghaul-mock-api" --requests >"$work/characters.ndjson"
# It serves until its standard input ends.
coproc api { "$bin/pghaul-mock-api" --latency-ms 480 --limit 250 --window-ms 10000 --throttle body; }
api_input=${api[1]} api_output=${api[0]} api_pid=$api_PID
read -r DEMO_API <&"$api_output"
export DEMO_API DEMO_API_KEY=demo

say "551 requests to $DEMO_API, of which it allows 250 in any 10 seconds; each takes it 0.48 s"
cp fixtures/fetch/config.yml "$config"
"$pghaul" fetch activity_stats --config "$config" --report "$work/report.json"
exec {api_input}>&-
read -r counted <&"$api_output"
wait "$api_pid"
say "the API counted: $counted"
"$pghaul" --config "$config" db psql <fixtures/sql/fetch.sql
echo 'The original: 34.78 s for its requests, then 38.84 s for loading their 672,768 rows.'
