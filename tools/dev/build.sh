# shellcheck shell=bash
# build [PRESET [TARGET...]]: the dashboard, then the binary that holds it. Sourced by ./dev.

build_web() {
    [ -f web/package.json ] || return 0
    if [ ! -f web/node_modules/.package-lock.json ] ||
        [ web/package-lock.json -nt web/node_modules/.package-lock.json ]; then
        say "build: npm packages"
        (cd web && npm ci --no-fund --no-audit --loglevel=error >&2)
        touch web/node_modules/.package-lock.json
    fi
    local stamp=web/node_modules/.built
    if [ -d web/dist ] && [ -f $stamp ] && [ -z "$(find web -path web/node_modules -prune -o \
        -path web/dist -prune -o -path web/client/dist -prune -o -type f -newer $stamp -print -quit)" ]; then
        return 0
    fi
    say "build: dashboard"
    (cd web && npm run --silent build >&2)
    touch $stamp
}

# Compilers at once: as many as cores, fewer where memory is short (1.5 GB each).
compilers() {
    local memory
    memory=$(awk '/MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)
    local cores
    cores=$(nproc)
    echo $((memory < 1 ? 1 : memory < cores ? memory : cores))
}

build() {
    local preset=${1:-release}
    build_web
    [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >&2
    shift || true
    # What ships is the program; only the other presets build the tests.
    local target=()
    [ "$preset" != release ] || target=(--target "${@:-acme}")
    cmake --build --preset "$preset" --parallel "$(compilers)" "${target[@]}" >&2
}
