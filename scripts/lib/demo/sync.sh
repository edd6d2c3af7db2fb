# The demo of `pghaul sync`: sourced by scripts/demo. Source and destination are two databases of the demo's own server.
cargo build --release --locked
# Nothing is there yet that is dropped.
export PGOPTIONS='-c client_min_messages=warning'
"$pghaul" db start --quiet
trap '"$pghaul" db stop --quiet' EXIT
url=$("$pghaul" db url)
for name in demo_shop demo_copy; do
    "$pghaul" db psql --quiet --command "DROP DATABASE IF EXISTS $name" --command "CREATE DATABASE $name"
done
# The name of the database is what stands between the last slash before the question mark and it.
in_database() {
    local server=${url%%\?*}
    printf '%s/%s%s' "${server%/*}" "$1" "${url#"$server"}"
}
shop=$(in_database demo_shop)
copy=$(in_database demo_copy)
in_copy() {
    "$pghaul" db psql --quiet --dbname "$copy" --file "$1"
}
sync_it=("$pghaul" sync once --from "$shop" --to "$copy" --table transactions --cursor updated --deletes --verify)

say 'making 100,000 transactions in demo_shop'
"$pghaul" db psql --quiet --dbname "$shop" --file fixtures/sql/transactions.sql
say 'syncing them to demo_copy'
"${sync_it[@]}"
in_copy fixtures/sql/transaction_indexes.sql
in_copy fixtures/sql/user_balance.sql
in_copy fixtures/sql/balances.sql
say 'changing some, and syncing again'
"$pghaul" db psql --quiet --dbname "$shop" --file fixtures/sql/transaction_changes.sql
"${sync_it[@]}"
in_copy fixtures/sql/balances.sql
