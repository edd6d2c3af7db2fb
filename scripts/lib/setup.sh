# Installs what building and running pghaul needs, where it is missing; says so before it does.
# Sourced by the other scripts, from the repository's top folder. For Debian and Ubuntu.
# shellcheck shell=bash

# The same script as https://sh.rustup.rs, from the host that the toolchain comes from anyway.
readonly RUSTUP_INSTALLER=https://static.rust-lang.org/rustup/rustup-init.sh

missing_packages=()
reasons=()

say() {
    printf '%s\n' "$*" >&2
}

# Forgets what would lead pghaul to another database than the script's own.
forget_databases() {
    unset DATABASE_URL PGHAUL_CONFIG PGHOST PGHOSTADDR PGPORT PGDATABASE PGSERVICE
}

fail() {
    say "error: $*"
    exit 1
}

# want REASON PACKAGE...
want() {
    reasons+=("$1")
    missing_packages+=("${@:2}")
}

has() {
    command -v "$1" >/dev/null 2>&1
}

has_postgres() {
    local folder
    if has initdb && has postgres; then
        return
    fi
    for folder in "${PGHAUL_PG_BIN:-}" /usr/lib/postgresql/*/bin; do
        if [[ -x $folder/initdb && -x $folder/postgres ]]; then
            return
        fi
    done
    return 1
}

has_mariadb() {
    has mariadbd && has mariadb && has mariadb-install-db
}

has_redis() {
    has redis-server && has redis-cli
}

# A compiler without the C library's headers is found only by using it.
has_c_compiler() {
    has cc && printf '#include <stdlib.h>\nint main(void) { return 0; }\n' | cc -x c - -o /dev/null 2>/dev/null
}

has_certificates() {
    [[ -e ${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt} ]]
}

required_rust() {
    sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml
}

has_new_enough_cargo() {
    local version
    version=$(cargo --version 2>/dev/null | cut -d ' ' -f 2) || return 1
    [[ -n $version ]] && printf '%s\n%s\n' "$(required_rust)" "$version" | sort --check=quiet --version-sort
}

as_root() {
    if [[ $(id -u) == 0 ]]; then
        "$@"
    else
        sudo "$@"
    fi
}

# What apt-get and dpkg tell is pages long, and of use only when they fail.
apt_get() {
    local output options=(--yes --no-install-recommends)
    # Another one may be installing something, as a machine does that has just been set up.
    options+=(-o DPkg::Lock::Timeout=600)
    if ! output=$(as_root env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" "$@" 2>&1); then
        say "$output"
        fail "apt-get $* did not work; its own words are above"
    fi
}

# Debian's package would start a server of its own on port 5432, which pghaul has no use for: that is switched off
# for this one installation.
install_postgres() {
    local settings=/etc/postgresql-common/createcluster.conf
    apt_get install postgresql-common
    as_root cp --preserve "$settings" "$settings.before-pghaul"
    as_root sh -c "echo 'create_main_cluster = false' >> $settings"
    (apt_get install postgresql) || true
    as_root mv "$settings.before-pghaul" "$settings"
    has_postgres || exit 1
}

# Debian's packages would start servers of their own, on the usual ports. Their scripts ask this file whether they may.
install_without_service() {
    local policy=/usr/sbin/policy-rc.d
    if [[ -e $policy ]]; then
        apt_get install "$1"
        return
    fi
    as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
    (apt_get install "$1") || true
    as_root rm "$policy"
}

install_packages() {
    local reason package others=()
    if [[ ${#missing_packages[@]} == 0 ]]; then
        return
    fi
    has apt-get || fail "this is not Debian or Ubuntu; install what they call ${missing_packages[*]}, then run this again"
    if [[ $(id -u) != 0 ]] && ! has sudo; then
        fail "neither root nor sudo; have these packages installed, then run this again: ${missing_packages[*]}"
    fi
    for reason in "${reasons[@]}"; do
        say "$reason"
    done
    apt_get update
    for package in "${missing_packages[@]}"; do
        case $package in
        postgresql | redis-server | mariadb-server | pgbouncer) ;;
        *) others+=("$package") ;;
        esac
    done
    if [[ ${#others[@]} -gt 0 ]]; then
        apt_get install "${others[@]}"
    fi
    if [[ " ${missing_packages[*]} " == *" postgresql "* ]]; then
        install_postgres
    fi
    if [[ " ${missing_packages[*]} " == *" redis-server "* ]]; then
        install_without_service redis-server
        has_redis || exit 1
    fi
    if [[ " ${missing_packages[*]} " == *" mariadb-server "* ]]; then
        install_without_service mariadb-server
        has_mariadb || exit 1
    fi
    if [[ " ${missing_packages[*]} " == *" pgbouncer "* ]]; then
        install_without_service pgbouncer
    fi
    missing_packages=()
    reasons=()
}

install_rust() {
    local cargo_home=${CARGO_HOME:-$HOME/.cargo}
    if has rustup; then
        say "installing Rust's stable toolchain by rustup, because pghaul needs Rust $(required_rust) or newer"
        rustup toolchain install stable --profile minimal
        export RUSTUP_TOOLCHAIN=stable
    else
        say "installing Rust by rustup into $cargo_home, because pghaul needs Rust $(required_rust) or newer to build"
        # The check for another Rust would end the installation where a distribution's older one is present.
        curl --proto '=https' --tlsv1.2 --silent --show-error --fail "$RUSTUP_INSTALLER" |
            RUSTUP_INIT_SKIP_PATH_CHECK=yes sh -s -- -y --quiet --profile minimal --no-modify-path >/dev/null
        use_cargo_home
    fi
    has_new_enough_cargo || fail "$(cargo --version) is still older than Rust $(required_rust)"
}

use_cargo_home() {
    local settings=${CARGO_HOME:-$HOME/.cargo}/env
    if [[ -f $settings ]]; then
        # shellcheck disable=SC1090
        . "$settings"
        hash -r
    fi
}

# Installs what is missing, and what was wanted before.
setup() {
    has_new_enough_cargo || use_cargo_home
    has_postgres || want "installing postgresql, because pghaul runs PostgreSQL's own binaries" postgresql
    has_c_compiler || want "installing gcc and libc6-dev, because building needs a C compiler and linker" gcc libc6-dev
    has_certificates || want "installing ca-certificates, because downloads are checked against them" ca-certificates
    if ! has_new_enough_cargo && ! has rustup && ! has curl; then
        want "installing curl, because rustup is downloaded with it" curl
    fi
    install_packages
    has_new_enough_cargo || install_rust
}

# python_packages REQUIREMENTS FOLDER WHY: in a folder of Python's own, unless it has just these
python_packages() {
    local requirements=$1 folder=$2 why=$3
    if ! cmp --silent "$requirements" "$folder/requirements.txt"; then
        say "installing $(paste --serial --delimiters ' ' "$requirements") into $folder, because $why"
        python3 -m venv --clear "$folder"
        "$folder/bin/pip" --quiet --disable-pip-version-check install --requirement "$requirements"
        cp "$requirements" "$folder/requirements.txt"
    fi
}
