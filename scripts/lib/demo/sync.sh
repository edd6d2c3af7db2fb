# The demo of `pghaul sync`: sourced by scripts/demo. Source and destination are two databases of the demo's own server.
build
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
DEMO_SHOP=$(in_database demo_shop)
DEMO_COPY=$(in_database demo_copy)
TRANSACTION_INDEXES=$(cat fixtures/sql/transaction_indexes.sql)
USER_BALANCE=$(cat fixtures/sql/user_balance.sql)
export DEMO_SHOP DEMO_COPY TRANSACTION_INDEXES USER_BALANCE
sync_it=("$pghaul" --config fixtures/sync/config.yml sync once transactions --verify)
in_shop() {
    "$pghaul" db psql --quiet --dbname "$DEMO_SHOP" --file "$1"
}
show_balances() {
    "$pghaul" db psql --quiet --dbname "$DEMO_COPY" --file fixtures/sql/balances.sql
}

say 'making 100,000 transactions in demo_shop'
in_shop fixtures/sql/transactions.sql
say 'syncing them to demo_copy, with indexes and balances'
"${sync_it[@]}"
show_balances
say 'changing some, and syncing again'
in_shop fixtures/sql/transaction_changes.sql
"${sync_it[@]}"
show_balances
