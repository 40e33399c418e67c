# shellcheck shell=bash
# Running the product: as a user plainly; as root under an account of its own, because PostgreSQL
# refuses root and a server should not have it. Sourced by ./dev.

account=acme

ensure_account() {
    getent passwd $account >/dev/null ||
        useradd --system --user-group --home-dir /var/lib/acme --shell /usr/sbin/nologin $account
}

under_account() { # the command given, without root's rights, its groups or its home
    HOME=$home USER=$account LOGNAME=$account setpriv --reuid=$account --regid=$account --init-groups \
        --inh-caps=-all --bounding-set=-all --no-new-privs -- "$@"
}

# Where the data of `up` lies: ACME_HOME, else .acme/ where the account can reach it.
find_home() {
    home=${ACME_HOME:-$root/.acme}
    [ "$(id -u)" = 0 ] || { mkdir -p "$home"; home=$(cd "$home" && pwd); return 0; }
    ensure_account
    if [ -z "${ACME_HOME:-}" ] && ! under_account test -x "$root"; then home=/var/lib/acme; fi
    mkdir -p "$home"
    home=$(cd "$home" && pwd)
    chown $account: "$home"
}

# The binary: as root a copy that the account can read, put in place at once by rename.
find_binary() {
    binary=$root/build/release/acme
    [ -x "$binary" ] || die "there is no binary yet: ./dev build"
    [ "$(id -u)" = 0 ] || return 0
    mkdir -p "$home/bin"
    if ! cmp -s "$binary" "$home/bin/acme"; then
        cp "$binary" "$home/bin/.acme.new"
        mv "$home/bin/.acme.new" "$home/bin/acme"
    fi
    binary=$home/bin/acme
}

# What a command needs to reach what `up` runs; what is already set wins.
load_environment() {
    [ -z "${DATABASE_URL:-}" ] && [ -r "$home/environment" ] || return 0
    local line name
    while IFS= read -r line; do
        name=${line%%=*}
        [ -z "$name" ] || [ -n "${!name:-}" ] || export "${line?}"
    done <"$home/environment"
}

release_id() { git -C "$root" rev-parse HEAD 2>/dev/null; }

exec_acme() {
    cd "$home"
    export ACME_HOME=$home
    if [ "$(id -u)" = 0 ]; then
        export HOME=$home USER=$account LOGNAME=$account
        exec setpriv --reuid=$account --regid=$account --init-groups --inh-caps=-all \
            --bounding-set=-all --no-new-privs -- "$binary" "$@"
    fi
    exec "$binary" "$@"
}

run_up() {
    find_home
    find_binary
    # A commit names a release only when the tree is that commit.
    if [ -z "${ACME_RELEASE:-}" ] && [ -z "$(git -C "$root" status --porcelain 2>/dev/null || echo x)" ]; then
        ACME_RELEASE=$(release_id)
        export ACME_RELEASE
    fi
    exec_acme up "$@"
}

run_acme() {
    find_home
    find_binary
    load_environment
    exec_acme "$@"
}

reset() {
    find_home
    if [ "${1:-}" != --yes ] && [ -d "$home/postgres" ] && [ -t 0 ]; then
        read -r -p "Wipe all data in $home? [y/N] " answer
        case $answer in [yY]*) ;; *) die "nothing was changed" ;; esac
    fi
    [ ! -e "$home/up.json" ] || (run_acme down) || die "it could not be stopped; nothing was wiped"
    local entry
    for entry in "$home"/*; do
        case $entry in
            */tools | */setup.log) ;;
            *) rm -rf -- "$entry" ;;
        esac
    done
    say "reset: $home is empty"
}
