# Sourced by the other scripts: which Rust toolchain builds Keystream, and where the results go.
# Sets PATH, CARGO_TARGET_DIR and, where needed, the wasm linker. Installs nothing; `.ci/setup` does that.

say() { printf 'keystream: %s\n' "$*"; }
die() { printf 'keystream: %s\n' "$*" >&2; exit 1; }

# Runs the rest of its arguments as a step called $1, and says how long it took.
step() {
    local what="$1" started=$SECONDS
    shift
    say "$what"
    "$@"
    say "$what took $((SECONDS - started)) s"
}

keystream_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
keystream_cache="${XDG_CACHE_HOME:-$HOME/.cache}/keystream"
rust_minimum=1.95

# Succeeds when $1 is a compiler of at least the minimum version.
rust_is_new_enough() {
    local version
    version=$("$1" --version 2>/dev/null | cut -d' ' -f2) || return 1
    [ -n "$version" ] && [ "$(printf '%s\n%s\n' "$rust_minimum" "$version" | sort -V | head -n 1)" = "$rust_minimum" ]
}

# Names the compiler $1 by version and commit: nothing that it compiled fits another one.
rust_key() { "$1" --version | cut -d' ' -f1-3 | tr -dc 'A-Za-z0-9.'; }

# Succeeds when the directory $1 has the standard library of the browser's target.
holds_wasm_std() { compgen -G "$1/libstd-*.rlib" >/dev/null; }

# Succeeds when $1 came with it, as rustup's compilers do.
rust_has_wasm() {
    local libdir
    libdir=$("$1" --print target-libdir --target wasm32-unknown-unknown 2>/dev/null) && holds_wasm_std "$libdir"
}

# Where .ci/setup puts it for a compiler without: in a sysroot of our own, as nothing of ours belongs in the system's.
wasm_sysroot() { printf '%s/sysroot-%s' "$keystream_cache" "$(rust_key "$1")"; }
wasm_libdir_in() { printf '%s/lib/rustlib/wasm32-unknown-unknown/lib' "$1"; }

rust_serves() {
    rust_is_new_enough "$1" && { rust_has_wasm "$1" || holds_wasm_std "$(wasm_libdir_in "$(wasm_sysroot "$1")")"; }
}

# The compiler on PATH where it can build both halves (rustup reads rust-toolchain.toml); else the distribution's.
choose_toolchain() {
    rustc_chosen=""
    if command -v rustc >/dev/null && rust_serves rustc; then
        rustc_chosen=$(command -v rustc)
    elif [ -x /usr/bin/rustc ] && rust_serves /usr/bin/rustc; then
        rustc_chosen=/usr/bin/rustc
        PATH="/usr/bin:$PATH"
    else
        return 1
    fi
    export PATH
    # Compiled dependencies live outside the checkout, so that a second clone does not pay for them again.
    export CARGO_TARGET_DIR="${KEYSTREAM_TARGET_DIR:-$keystream_cache/target-$(rust_key rustc)}"
    # Only for what is compiled for browsers; cargo adds the flags of .cargo/config.toml.
    rust_has_wasm rustc || export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--sysroot=$(wasm_sysroot rustc)"
    if ! command -v rust-lld >/dev/null && ! compgen -G "$(rustc --print sysroot)/lib/rustlib/*/bin/rust-lld" >/dev/null; then
        # A distribution's compiler ships without a linker for wasm.
        local linker
        for linker in wasm-ld wasm-ld-19 wasm-ld-20 wasm-ld-21; do
            if command -v "$linker" >/dev/null; then
                export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$linker"
                break
            fi
        done
    fi
}

# The version of wasm-bindgen in Cargo.lock: the tool must be exactly that one.
wasm_bindgen_version() {
    awk '/^name = "wasm-bindgen"$/ { getline; gsub(/"/, "", $3); print $3; exit }' "$keystream_root/Cargo.lock"
}
wasm_bindgen_home() { printf '%s/tools/wasm-bindgen-%s' "$keystream_cache" "$(wasm_bindgen_version)"; }

# Prints the wasm-bindgen to use, if it is there.
wasm_bindgen() {
    local candidate version
    version=$(wasm_bindgen_version)
    for candidate in "$(wasm_bindgen_home)/bin/wasm-bindgen" "$(command -v wasm-bindgen || true)"; do
        if [ -n "$candidate" ] && [ -x "$candidate" ] && [ "$("$candidate" --version)" = "wasm-bindgen $version" ]; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

# What guards the dependencies, and what lists them in a release: where they are, at these versions.
cargo_deny_version=0.20.2
cargo_cyclonedx_version=0.5.9
cargo_tool_home() { printf '%s/tools/%s-%s' "$keystream_cache" "$1" "$2"; }

# Prints the tool of this name and version, if it is there.
cargo_tool() {
    local candidate
    candidate="$(cargo_tool_home "$1" "$2")/bin/$1"
    [ -x "$candidate" ] && printf '%s\n' "$candidate"
}

# Prints the directory of the newest Postgres server's programs.
postgres_bin() {
    local candidate
    for candidate in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -Vr) "$(dirname "$(command -v initdb || true)" 2>/dev/null)"; do
        if [ -x "$candidate/initdb" ] && [ -x "$candidate/postgres" ]; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

chromium_binary() {
    local candidate
    for candidate in "${KEYSTREAM_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}
