#!/usr/bin/env bash
# ./dev fresh [--keep]: makes an empty Debian 12 and runs `test` in it as root, then `up` and a few
# requests as root and as a user with sudo: a developer's machine is never fresh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD

[ "$(id -u)" = 0 ] || { echo "dev: fresh needs root, to make a file system of its own" >&2; exit 1; }
command -v mmdebstrap >/dev/null || apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null
keep=${1:-}
place=$(mktemp -d /var/tmp/acme-fresh-XXXXXX)
system=$place/system
chmod 755 "$place"

finish() {
    code=$?
    for mount in proc dev sys; do
        mountpoint -q "$system/$mount" && umount -lR "$system/$mount"
    done
    if [ "$keep" = --keep ]; then echo "fresh: kept in $system"; else rm -rf --one-file-system "$place"; fi
    exit $code
}
trap finish EXIT

step() { echo "fresh: $*"; }
inside() { # under an environment that this machine does not leak into
    chroot "$system" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LANG=C.UTF-8 \
        CI="${CI:-}" "$@"
}
take_along() { # what makes this machine reach its package sources
    local path
    for path in "$@"; do
        [ -e "$path" ] || continue
        mkdir -p "$system$(dirname "$path")"
        cp -aL "$path" "$system$(dirname "$path")/"
    done
}

step "an empty Debian 12"
mapfile -t sources < <(find /etc/apt/sources.list /etc/apt/sources.list.d -type f \
    \( -name '*.list' -o -name '*.sources' \) 2>/dev/null || true)
# It keeps the sources, so that packages come from where this machine's come from.
mmdebstrap --quiet --variant=minbase --include=ca-certificates,git,sudo bookworm "$system" "${sources[@]}"
take_along /etc/apt/apt.conf.d /etc/apt/auth.conf.d \
    /etc/resolv.conf /etc/hosts /etc/ssl/certs /usr/local/share/ca-certificates /etc/pip.conf /etc/npmrc \
    /root/.npmrc /root/.config/pip /root/.config/go /root/.netrc /usr/local/etc/npmrc
# Clients are told of their mirrors by variables too.
env | grep -E '^(npm_config_|NPM_CONFIG_|GOPROXY|GONOSUMDB|GOSUMDB|GOFLAGS|PIP_|SSL_CERT|NODE_EXTRA_CA|https?_proxy|HTTPS?_PROXY)' \
    >"$system/etc/environment.mirror" || true
mount --bind /proc "$system/proc"
mount --rbind /dev "$system/dev"
mount --make-rslave "$system/dev"

step "the repository, as it is committed"
git clone -q "$root" "$system/srv/acme"
[ ! -d "$root/../shared" ] || cp -a "$root/../shared" "$system/srv/shared"
git config --file "$system/etc/gitconfig" --add safe.directory '*'
mirrors='set -a; . /etc/environment.mirror; set +a'

step "./dev test, as root"
inside bash -c "$mirrors; cd /srv/acme && ./dev test"

check_up() { # ACCOUNT: starts it, asks it, stops it
    step "./dev up, as $1"
    inside su "$1" -s /bin/bash -c "$mirrors; cd ~ && { [ -d acme ] || git clone -q /srv/acme; }; cd acme &&
        export ACME_HOME=\$PWD/.acme; ./dev up >../said 2>&1 & up=\$!
        for _ in \$(seq 1200); do grep -q '^Stop ' ../said && break; kill -0 \$up || break; sleep 0.5; done
        cat ../said; cd acme
        url=\$(sed -n 's/^Dashboard  *\\(http[^ ]*\\).*/\\1/p' ../said)
        curl --fail --silent --show-error \$url/readyz && curl --fail --silent --output /dev/null \$url/ &&
        ./dev down && wait \$up"
}
check_up root
inside useradd --create-home --shell /bin/bash --groups sudo stranger
echo 'stranger ALL=(ALL) NOPASSWD: ALL' >"$system/etc/sudoers.d/stranger"
check_up stranger
step "both commands pass on an empty Debian 12"
