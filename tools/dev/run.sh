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
    keep_ours
}

# In the home the account makes what it likes, but what root runs or writes there it does not own: a
# name in a sticky folder is for its owner to remove.
keep_ours() {
    local entry ours=(bin)
    [ "$home" != "$root/.acme" ] || ours+=(tools setup.log)
    chown "root:$account" "$home"
    chmod 1775 "$home"
    for entry in "${ours[@]}"; do
        [ -e "$home/$entry" ] || [ -L "$home/$entry" ] || [ "$entry" = setup.log ] || mkdir "$home/$entry"
        [ -e "$home/$entry" ] || [ -L "$home/$entry" ] || : >"$home/$entry"
        [ "$(stat -c %U "$home/$entry")" != $account ] ||
            die "$home/$entry is $account's, so root does not use it: remove it and try again"
    done
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

# What plan.cpp writes for a command. Any other name could change what root's own shell does.
variables='^(ACME_[A-Z_]+|DATABASE_(URL|REPLICA_URLS|POOL_SIZE)|REDIS_URL|SECRET_KEY|S3_[A-Z_]+'
variables+='|AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|LOG_LEVEL|WORKER_CONCURRENCY'
variables+='|MAX_UPLOAD_SIZE_MB|RATE_LIMIT_PER_MIN|ENABLE_FEATURE_FLAGS|(JOB_)?DRAIN_TIMEOUT_SECONDS'
variables+='|UPLOAD_BUFFERS|OTEL_(EXPORTER_OTLP_(ENDPOINT|HEADERS|PROTOCOL)|SERVICE_NAME|RESOURCE_ATTRIBUTES)|OTEL_(SDK_DISABLED|TRACES_SAMPLER(_ARG)?)|TRACE_ERROR_STATUS_MIN'
variables+='|SSL_CERT_FILE|TZ)$'

# What a command needs to reach what `up` runs; what is already set wins. The account writes it, and
# as root it is read before root's rights are given up.
load_environment() {
    [ -z "${DATABASE_URL:-}" ] && [ -r "$home/environment" ] || return 0
    local line name
    while IFS= read -r line; do
        name=${line%%=*}
        [[ $name =~ $variables ]] || continue
        [ -n "${!name:-}" ] || export "$name=${line#*=}"
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

# Also while it still starts: who runs has the lock from the first moment on.
is_running() { [ -e "$home/up.lock" ] && ! flock --nonblock "$home/up.lock" true; }

reset() {
    find_home
    # What `acme up` makes, and nothing else: a home may have other things in it.
    local name parts=()
    for name in postgres postgres-{1..8} postgres{,-{1..8}}.half redis objects logs secrets releases \
        nodes run deployments environment fence.json up.json up.lock; do
        [ ! -e "$home/$name" ] || parts+=("$home/$name")
    done
    if [ "${1:-}" != --yes ] && [ ${#parts[@]} -gt 0 ]; then
        [ -t 0 ] || die "this wipes all data in $home: say so with ./dev reset --yes"
        read -r -p "Wipe all data in $home? [y/N] " answer
        case $answer in [yY]*) ;; *) die "nothing was changed" ;; esac
    fi
    ! is_running || (run_acme down) || die "it could not be stopped; nothing was wiped"
    [ ${#parts[@]} = 0 ] || rm -rf -- "${parts[@]}"
    say "reset: $home has no data"
}
