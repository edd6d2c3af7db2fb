# The demo of `pghaul ingest`: sourced by scripts/demo.
build
say "loading fixtures/dumps into the embedded server in $PGHAUL_DATA_DIR"
# What scripts/demo names at its end.
# shellcheck disable=SC2034
picture=$bin/run.html
"$pghaul" ingest --config config.yml --mothers recreate --timeline "$picture"
"$pghaul" db psql <fixtures/sql/demo.sql
