# Builds pghaul for another C library, or another processor, than this machine's. Sourced by scripts/release.
# shellcheck shell=bash disable=SC2154  # which sets target_dir

# The oldest C library that the builds for Linux's usual one run with: Debian 10, Ubuntu 18.10, RHEL 8. scripts/install knows it, too.
readonly GLIBC=2.28

this_machine() {
    rustc -vV | sed -n 's/^host: //p'
}

# cargo_tool NAME VERSION: sets tool
cargo_tool() {
    local tools=$target_dir/release-tools
    # shellcheck disable=SC2034  # scripts/release runs it
    tool=$tools/bin/$1
    setup_once
    if ! grep --quiet "^\"$1 $2 " "$tools/.crates.toml" 2>/dev/null; then
        say "installing $1 $2 into $tools, because a part of the release is made by it"
        cargo install --quiet --locked --debug --root "$tools" "$1@$2"
    fi
}

# setup_once: what every build needs
setup_once() {
    if [[ -z ${is_set_up-} && $(uname -s) == Linux ]]; then
        setup
    fi
    is_set_up=yes
}

# find_zigbuild: zig as C compiler and linker, which has the C libraries of all versions and processors; sets PATH
find_zigbuild() {
    local requirements=scripts/lib/release/requirements.txt folder=$target_dir/release-tools/python
    python3 -c 'import ensurepip, venv' 2>/dev/null ||
        want "installing python3 and python3-venv, because cargo-zigbuild and zig come as wheels" python3 python3-venv
    setup_once
    if ! cmp --silent "$requirements" "$folder/requirements.txt"; then
        say "installing cargo-zigbuild and zig into $folder, because releases are built and linked by them"
        python3 -m venv --clear "$folder"
        "$folder/bin/pip" --quiet --disable-pip-version-check install --no-deps --require-hashes --requirement "$requirements"
        cp "$requirements" "$folder/"
    fi
    PATH=$folder/bin:$PATH
    export CARGO_ZIGBUILD_PYTHON_PATH=$folder/bin/python3
}

# build TARGET: sets built
build() {
    local target=$1 zig_target=$1 target_folder=$target_dir/release-build
    if ! ls "$(rustc --print sysroot)/lib/rustlib/$target/lib" >/dev/null 2>&1; then
        has rustup || fail "this Rust is not rustup's; install its standard library for $target yourself"
        say "installing Rust's standard library for $target by rustup"
        rustup target add "$target"
    fi
    # No path of this machine is in the binary: it would differ from that of another one, and tell of this one.
    RUSTFLAGS="${RUSTFLAGS-} --remap-path-prefix=$PWD=/pghaul --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
    export RUSTFLAGS
    case $target in
    *-linux-*)
        find_zigbuild
        [[ $target != *-gnu ]] || zig_target=$target.$GLIBC
        cargo zigbuild --release --locked --package pghaul --target "$zig_target" --target-dir "$target_folder"
        ;;
    *)
        setup_once
        cargo build --release --locked --package pghaul --target "$target" --target-dir "$target_folder"
        ;;
    esac
    # shellcheck disable=SC2034  # scripts/release packs it
    built=$target_folder/$target/release/pghaul
}

# run_it TARGET PROGRAM ARGUMENT...: here, or as the other processor
run_it() {
    local target=$1 processor=${1%%-*}
    shift
    # macOS runs either.
    if [[ $target == *-darwin || $processor == "$(uname -m)" ]]; then
        "$@"
    else
        has "qemu-$processor-static" || fail "running a binary for $target needs qemu-$processor-static; install qemu-user-static"
        # Where Debian's libc6-ARCH-cross has the C library.
        "qemu-$processor-static" -L "/usr/$processor-linux-gnu" "$@"
    fi
}
