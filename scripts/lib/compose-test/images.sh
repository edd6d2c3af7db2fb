# What scripts/compose-test builds from: binaries, and images that stand in for the official ones. Sourced by it.
# shellcheck shell=bash disable=SC2154 # which sets what it reads here

# Kept from run to run, since it takes minutes.
readonly STAND_IN=target/compose-test/stand-in.tar

# provide_binaries: into the one folder below target/ that .dockerignore lets through
provide_binaries() {
    local program
    if [[ -z $binaries ]]; then
        setup
        cargo build --release --locked --package pghaul --package pghaul-mock-api
        binaries=$(realpath "${CARGO_TARGET_DIR:-target}")/release
    fi
    mkdir --parents target/docker
    for program in pghaul pghaul-mock-api; do
        strip --output-file "target/docker/$program" "$binaries/$program" 2>/dev/null ||
            cp "$binaries/$program" "target/docker/$program"
    done
    export PGHAUL_BINARY=target/docker/pghaul PGHAUL_MOCK_API_BINARY=target/docker/pghaul-mock-api
}

# make_stand_ins: images with the same environment variables, folders and users as those that docker-compose.yml names
make_stand_ins() {
    [[ $(id -u) == 0 ]] || fail 'only root can make images of Debian'\''s packages; run this as root'
    if [[ ! -e $STAND_IN ]]; then
        make_system "$work/system"
        mkdir --parents "$(dirname "$STAND_IN")"
        tar --create --numeric-owner --directory "$work/system" --file "$STAND_IN.new" .
        mv "$STAND_IN.new" "$STAND_IN"
    else
        mkdir "$work/system"
        tar --extract --numeric-owner --same-permissions --directory "$work/system" --file "$STAND_IN"
    fi
    make_final "$work/system" "$work/final"
    say 'importing the images'
    export PGHAUL_BUILD_IMAGE=pghaul-stand-in/build PGHAUL_FINAL_IMAGE=pghaul-stand-in/final
    export POSTGRES_IMAGE=pghaul-stand-in/postgres REDIS_IMAGE=pghaul-stand-in/redis
    import "$work/system" "$PGHAUL_BUILD_IMAGE"
    import "$work/final" "$PGHAUL_FINAL_IMAGE"
    with_entrypoint postgres "$POSTGRES_IMAGE"
    with_entrypoint redis "$REDIS_IMAGE"
    rm --recursive --one-file-system "$work/system" "$work/final"
}

# Where the engine is not our own.
delete_stand_ins() {
    docker image rm --force "$PGHAUL_BUILD_IMAGE" "$PGHAUL_FINAL_IMAGE" "$POSTGRES_IMAGE" "$REDIS_IMAGE" >/dev/null
}

import() {
    tar --create --numeric-owner --directory "$1" . | docker import --change 'CMD ["bash"]' - "$2" >/dev/null
}

# with_entrypoint NAME IMAGE: the system, begun as the official image of that name begins
with_entrypoint() {
    docker build --tag "$2" --build-arg SYSTEM="$PGHAUL_BUILD_IMAGE" --file "scripts/lib/compose-test/stand-in/$1.Dockerfile" \
        scripts/lib/compose-test/stand-in >"$work/build.log" 2>&1 || {
        tail --lines 20 "$work/build.log" >&2
        fail "$2 cannot be built; the last words are above"
    }
}

# make_system FOLDER: Debian as this machine is, with PostgreSQL's and Redis's programs
make_system() {
    local folder=$1 release
    # shellcheck disable=SC1091
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    say "making a Debian $release with PostgreSQL and Redis, because no registry of images can be reached (some minutes)"
    debootstrap --variant=minbase "$release" "$folder" >"$work/debootstrap.log" 2>&1 || {
        tail --lines 20 "$work/debootstrap.log" >&2
        fail 'debootstrap did not work; its last words are above'
    }
    cp /etc/resolv.conf "$folder/etc/resolv.conf"
    # No service starts, and no cluster is made.
    printf '#!/bin/sh\nexit 101\n' >"$folder/usr/sbin/policy-rc.d"
    chmod 755 "$folder/usr/sbin/policy-rc.d"
    in_system "$folder" apt-get install --yes --no-install-recommends postgresql-common ca-certificates redis-server
    echo 'create_main_cluster = false' >>"$folder/etc/postgresql-common/createcluster.conf"
    in_system "$folder" apt-get install --yes --no-install-recommends postgresql
    in_system "$folder" apt-get clean
    rm --recursive "$folder"/var/lib/apt/lists/* "$folder/usr/sbin/policy-rc.d"
}

in_system() {
    DEBIAN_FRONTEND=noninteractive chroot "$@" >"$work/system.log" 2>&1 || {
        tail --lines 20 "$work/system.log" >&2
        fail "${*:2} did not work; its last words are above"
    }
}

# make_final SYSTEM FOLDER: as the image that pghaul runs in: the packages that it is made of, their files and nothing else
make_final() {
    local system=$1 folder=$2 file
    local packages=(base-files ca-certificates libc6 libgcc-s1 netbase tzdata)
    mkdir --parents "$folder"/{etc/ssl/certs,home/nonroot,tmp}
    chmod 1777 "$folder/tmp"
    chown 65532:65532 "$folder/home/nonroot"
    while read -r file; do
        if [[ -f $system$file ]]; then
            (cd "$system" && cp --archive --parents ".$file" "$folder")
        fi
    done < <(chroot "$system" dpkg --listfiles "${packages[@]}" 2>/dev/null | grep --invert-match -E '/(bin|sbin)/')
    cp "$system/etc/ssl/certs/ca-certificates.crt" "$folder/etc/ssl/certs/"
    echo 'root:x:0:0:root:/root:/sbin/nologin' >"$folder/etc/passwd"
    echo 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >>"$folder/etc/passwd"
    printf 'root:x:0:\nnonroot:x:65532:\n' >"$folder/etc/group"
}
