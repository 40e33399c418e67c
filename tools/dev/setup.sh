# shellcheck shell=bash
# setup: everything that building, running and testing need, and only what is missing of it.
# Sourced by ./dev, which defines say, die and root.

# One word a package, so that `dpkg-query` is asked once.
packages_build="clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev cmake ninja-build ccache mold
    pkg-config libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libpq-dev libssl-dev
    libsodium-dev libfido2-dev libhiredis-dev libcurl4-openssl-dev zlib1g-dev libbrotli-dev prometheus-cpp-dev
    libpg-query-dev libhowardhinnant-date-dev libical-dev libre2-dev libxxhash-dev libcli11-dev libtomlplusplus-dev libgtest-dev libbenchmark-dev brotli git
    python3 ca-certificates"
packages_run="postgresql redis-server haproxy util-linux curl tzdata"
packages_test="python3 python3-pip python3-pytest python3-pytest-xdist python3-requests
    python3-jsonschema python3-aiosmtpd python3-hypothesis python3-jwt python3-cryptography python3-pyotp
    chromium prometheus procps"
packages_bench="nginx-light wrk"
node_least="20.19"
versitygw="versitygw@v1.8.0"
otlp="opentelemetry-proto@1.45.2"
oidc="oidc-provider@9.13.3"
unleash_specification="@unleash/client-specification@6.1.0"
unleash_client="unleash-client@6.12.1"
standardwebhooks="standardwebhooks@1.1.0"
dnslib="dnslib@0.9.26"

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -n true 2>/dev/null || say "dev: sudo is needed to install packages"
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    else
        die "this needs root or sudo: $*"
    fi
}

is_installed() { # every package given, or another that provides it
    dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
        awk '$2 == "installed" { print $1 }'
}

missing_of() {
    local have
    have=$(is_installed "$@" || true)
    for package in "$@"; do
        grep -qx "$package" <<<"$have" || printf '%s\n' "$package"
    done
}

# Debian starts what it installs. We run our own, on addresses of our own, and want no port taken.
without_services() {
    local policy=/usr/sbin/policy-rc.d made=no services
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod +x $policy
        made=yes
    fi
    as_root mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        printf 'create_main_cluster = false\n' |
        as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
    local result=0
    "$@" || result=$?
    [ $made = no ] || as_root rm -f $policy
    if [ -d /run/systemd/system ]; then
        services=$(for package in $install; do
            case $package in
                postgresql | redis-server | haproxy | prometheus) printf '%s\n' "$package" ;;
                nginx*) printf 'nginx\n' ;;
            esac
        done)
        # shellcheck disable=SC2086
        [ -z "$services" ] || as_root systemctl disable --now $services >/dev/null 2>&1 || true
    fi
    return $result
}

setup_packages() {
    # shellcheck disable=SC2086
    install=$(missing_of $packages_build $packages_run "$@")
    command -v npm >/dev/null || install+=" npm"
    [ -n "${install// /}" ] || return 0
    say "setup: installs" $install
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    if ! apt-get install --dry-run --no-install-recommends $install >/dev/null 2>&1; then
        as_root apt-get update -qq || die "apt-get update failed"
    fi
    # shellcheck disable=SC2086
    without_services as_root apt-get install -y -qq --no-install-recommends $install >"$root/.acme/setup.log" 2>&1 ||
        { tail -20 "$root/.acme/setup.log" >&2; die "apt-get install failed"; }
}

is_node_new_enough() {
    local version
    version=$(node --version 2>/dev/null) || return 1
    [ "$(printf '%s\n' "$node_least" "${version#v}" | sort -V | head -1)" = "$node_least" ]
}

# Debian 12's own Node is too old for Vite; npm brings one.
setup_node() {
    is_node_new_enough && return 0
    say "setup: installs node 22"
    mkdir -p .acme/tools/node
    npm install --no-save --no-fund --no-audit --loglevel=error --prefix .acme/tools/node node@22 >&2
    hash -r
    is_node_new_enough || die "node $(node --version 2>&1) is older than $node_least"
}

setup_go() {
    command -v go >/dev/null && return 0
    [ ! -x /usr/lib/go-1.24/bin/go ] || { PATH=$PATH:/usr/lib/go-1.24/bin; return 0; }
    local list=/etc/apt/sources.list.d/acme-backports.list origin
    if ! apt-cache policy 2>/dev/null | grep -q 'n=bookworm-backports'; then
        origin=$(apt-cache policy | sed -n 's/.* \(http[^ ]*debian\) bookworm\/main .*/\1/p' | head -1)
        [ -n "$origin" ] || die "Go is missing, and so is a Debian mirror to take it from"
        printf 'deb %s bookworm-backports main\n' "$origin" |
            as_root tee $list >/dev/null
        as_root apt-get update -qq
    fi
    say "setup: installs Go from bookworm-backports"
    as_root apt-get install -y -qq --no-install-recommends -t bookworm-backports golang-go >>.acme/setup.log 2>&1 ||
        die "Go could not be installed, see .acme/setup.log"
}

# An S3 server that checks every signature: the judge of our client (tests and benchmarks only).
setup_versitygw() {
    local place=$root/.acme/tools/versitygw@1.8.0
    [ ! -x "$place/versitygw" ] || return 0
    setup_go
    say "setup: builds $versitygw"
    mkdir -p "$place"
    GOTOOLCHAIN=auto GOFLAGS=-buildvcs=false GOBIN=$place CGO_ENABLED=0 \
        go install "github.com/versity/versitygw/cmd/$versitygw" >&2
}

# The protocol's own classes, which read what our exporter writes (tests only).
setup_otlp() {
    local place=$root/.acme/tools/$otlp
    [ ! -d "$place" ] || return 0
    say "setup: installs $otlp"
    rm -rf "$place.half"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
        --target "$place.half" "${otlp/@/==}" >&2
    mv "$place.half" "$place"
}

# setup_npm NAME@VERSION...: packages of npm, in a folder that is named after the first.
setup_npm() {
    local place=$root/.acme/tools/${1##*/}
    [ ! -d "$place" ] || return 0
    say "setup: installs $1"
    rm -rf "$place.half"
    mkdir -p "$place.half"
    npm install --no-save --no-fund --no-audit --loglevel=error --prefix "$place.half" "$@" >&2 ||
        die "npm could not install $1"
    mv "$place.half" "$place"
}

# An OpenID Connect provider that others wrote; what Unleash expects of its SDKs, and one of these
# (tests only).
setup_npm_tools() {
    setup_npm "$oidc"
    setup_npm "$unleash_specification"
    setup_npm "$unleash_client"
}

# setup_python NAME@VERSION: a library of Python, in a folder of its own.
setup_python() {
    local place=$root/.acme/tools/$1
    [ ! -d "$place" ] || return 0
    say "setup: installs $1"
    rm -rf "$place.half"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
        --target "$place.half" "${1/@/==}" >&2
    mv "$place.half" "$place"
}

# The standard's own library, which judges our signatures, and a name server (tests only).
setup_python_tools() {
    setup_python "$standardwebhooks"
    setup_python "$dnslib"
}

# setup [--test|--bench]: with what only tests, or benchmarks, need.
setup() {
    [ -r /etc/debian_version ] || die "this needs Debian 12 or later"
    mkdir -p .acme/tools
    case ${1:-} in
        # shellcheck disable=SC2086
        --test) setup_packages $packages_test ;;
        # shellcheck disable=SC2086
        --bench) setup_packages $packages_bench ;;
        *) setup_packages ;;
    esac
    setup_node
    case ${1:-} in
        --test) setup_versitygw && setup_otlp && setup_npm_tools && setup_python_tools ;;
        --bench) setup_go && setup_versitygw ;;
    esac
}
