# The demo of `pghaul ingest`: sourced by scripts/demo.
build
say "loading fixtures/dumps into the embedded server in $PGHAUL_DATA_DIR"
"$pghaul" ingest --config config.yml --mothers recreate
"$pghaul" db psql <fixtures/sql/demo.sql
