# Sourced by the other scripts: which Rust toolchain builds Keystream, and where the results go.
# Installs nothing; `.ci/setup` does that.

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
    if command -v rustc >/dev/null && rust_serves rustc; then
        use_toolchain
    elif [ -x /usr/bin/rustc ] && rust_serves /usr/bin/rustc; then
        export PATH="/usr/bin:$PATH"
        use_toolchain
    else
        return 1
    fi
}

# Sets what every build, lint and test needs with the compiler on PATH.
use_toolchain() {
    # Compiled dependencies live outside the checkout, so that a second clone does not pay for them again.
    export CARGO_TARGET_DIR="${BUILD_TARGET_DIR:-$keystream_cache/target-$(rust_key rustc)}"
    # As cargo-leptos sets it. Leptos reads it while it is compiled, so it is the same for all.
    LEPTOS_OUTPUT_NAME=$(leptos_setting output-name)
    export LEPTOS_OUTPUT_NAME
    # Only for what is compiled for browsers; cargo adds the flags of .cargo/config.toml.
    rust_has_wasm rustc || export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--sysroot=$(wasm_sysroot rustc)"
    # A distribution's compiler comes without LLVM's linker: wasm needs it, and the server is linked in half the time.
    if ! command -v rust-lld >/dev/null && ! compgen -G "$(rustc --print sysroot)/lib/rustlib/*/bin/rust-lld" >/dev/null
    then
        local linkers
        for linkers in /usr/bin /usr/lib/llvm-*/bin; do
            [ -x "$linkers/ld.lld" ] && [ -x "$linkers/wasm-ld" ] || continue
            export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$linkers/wasm-ld"
            export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-C link-arg=-fuse-ld=lld -C link-arg=-B$linkers"
        done
    fi
}

# Builds what makes JavaScript of a wasm file, unless it is there.
build_wasm_bindgen() { cargo build --quiet --manifest-path "$keystream_root/.ci/wasm-bindgen/Cargo.toml" --locked; }

# A value of [package.metadata.leptos] in Cargo.toml, bare; a list's parts with commas between them.
leptos_setting() {
    sed -n "/^\[package\.metadata\.leptos\]\$/,/^\[/s/^$1 = //p" "$keystream_root/Cargo.toml" | tr -d '[]" '
}

# The version of a release, the name of its files, and the time that everything in them has: that of the commit.
release_version() { sed -n '0,/^version = /s/^version = "\(.*\)"$/\1/p' "$keystream_root/Cargo.toml"; }
release_name() { printf 'keystream-%s-%s-linux' "$(release_version)" "$(uname -m)"; }
release_time() {
    printf '%s' "${SOURCE_DATE_EPOCH:-$(git -C "$keystream_root" log -1 --format=%ct 2>/dev/null || echo 0)}"
}

# Packs the rest of its arguments, in the directory $1, without anything of this machine or moment.
pack_tar() {
    tar --create --directory "$1" --format=posix --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \
        --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw,a-s --mtime="@$(release_time)" "${@:2}"
}

# What guards the dependencies, and what lists them in a release: the version of each tool.
declare -A cargo_tool_versions=([cargo-cyclonedx]=0.5.9 [cargo-deny]=0.20.2 [cargo-machete]=0.9.2)
cargo_tool_home() { printf '%s/tools/%s-%s' "$keystream_cache" "$1" "${cargo_tool_versions[$1]}"; }

# Prints where the tool of this name is, if it is there.
cargo_tool() {
    local candidate
    candidate="$(cargo_tool_home "$1")/bin/$1"
    [ -x "$candidate" ] && printf '%s\n' "$candidate"
}

# Lists what is in the release in the directory $1 and what made it, as bills of materials and as licences.
list_contents() {
    "$keystream_root/.ci/sbom" "$1/sbom"
    "$(cargo_tool cargo-deny)" --locked --all-features --log-level error list --layout license >"$1/licences.txt"
}

# Prints the directory of the newest Postgres server's programs.
postgres_bin() {
    local candidate
    for candidate in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -Vr) \
        "$(dirname "$(command -v initdb || true)" 2>/dev/null)"; do
        if [ -x "$candidate/initdb" ] && [ -x "$candidate/postgres" ]; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

# Prints where Prometheus's tool is that checks metrics and alerts.
promtool_binary() {
    local own="$keystream_cache/tools/promtool/usr/bin/promtool"
    command -v promtool || { [ -x "$own" ] && printf '%s\n' "$own"; }
}

chromium_binary() {
    local candidate
    for candidate in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}
