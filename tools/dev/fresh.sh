#!/usr/bin/env bash
# ./dev fresh [--keep] [--cache] [test|up]: makes an empty Debian 12 and runs `test` in it as root, then
# `up` and a few requests as root and as a user with sudo, or one of both: a developer's machine is
# never fresh. --keep leaves it there; --cache lends it what this machine has compiled, and so says
# nothing about the time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD

[ "$(id -u)" = 0 ] || { echo "dev: fresh needs root, to make a file system of its own" >&2; exit 1; }
command -v mmdebstrap >/dev/null || apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null
keep=no cache=no verbs="test up"
for option in "$@"; do
    case $option in
        --keep) keep=yes ;;
        --cache) cache=yes ;;
        test | up) verbs=$option ;;
        *) echo "dev: fresh takes --keep, --cache, and test or up" >&2; exit 2 ;;
    esac
done
place=$(mktemp -d /var/tmp/acme-fresh-XXXXXX)
system=$place/system
chmod 755 "$place"

finish() {
    code=$?
    for mount in proc dev sys var/cache/ccache .; do
        mountpoint -q "$system/$mount" && umount -lR "$system/$mount"
    done
    if [ $keep = yes ]; then echo "fresh: kept in $system"; else rm -rf --one-file-system "$place"; fi
    exit $code
}
trap finish EXIT

step() { echo "fresh: $*"; }
inside() { # under an environment that this machine does not leak into
    chroot "$system" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LANG=C.UTF-8 \
        CI="${CI:-}" ${lent:+CCACHE_DIR=$lent} "$@"
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
# Whoever mounts something for itself alone, as tests do, needs a mount at its root.
mount --bind "$system" "$system"
mount --make-private "$system"
take_along /etc/apt/apt.conf.d /etc/apt/auth.conf.d /etc/resolv.conf /etc/hosts \
    /usr/local/share/ca-certificates /etc/pip.conf /etc/npmrc /root/.npmrc /root/.config/pip /root/.config/go /root/.netrc /usr/local/etc/npmrc
# Clients are told of their mirrors by variables too. A proxy's may hold a password: root reads them.
mirror_variables='^(npm_config_|NPM_CONFIG_|GOPROXY|GONOSUMDB|GOSUMDB|GOFLAGS|PIP_|SSL_CERT|NODE_EXTRA_CA|https?_proxy|HTTPS?_PROXY)'
write_mirrors() {
    local name
    for name in $(compgen -e | grep -E "$mirror_variables"); do printf '%s=%q\n' "$name" "${!name}"; done
}
(umask 077 && write_mirrors >"$system/etc/environment.mirror")
lent=""
if [ $cache = yes ]; then
    lent=/var/cache/ccache
    mkdir -p "$system$lent" "${CCACHE_DIR:-$HOME/.cache/ccache}"
    mount --bind "${CCACHE_DIR:-$HOME/.cache/ccache}" "$system$lent"
fi
mount --bind /proc "$system/proc"
mount --rbind /dev "$system/dev"
mount --make-rslave "$system/dev"

# It lasts an hour: packages need not survive a power cut.
echo force-unsafe-io >"$system/etc/dpkg/dpkg.cfg.d/unsafe"
chroot "$system" update-ca-certificates >/dev/null 2>&1

step "the repository, as it is committed"
git clone -q "$root" "$system/srv/acme"
[ ! -d "$root/../shared" ] || cp -a "$root/../shared" "$system/srv/shared"
git config --file "$system/etc/gitconfig" --add safe.directory '*'
mirrors='set -a; . /etc/environment.mirror; set +a'

check_test() {
    step "./dev test, as root"
    inside bash -c "$mirrors; cd /srv/acme && ./dev test"
}

without_network() { # the command given, where only the machine itself can be reached
    # shellcheck disable=SC2016 # expanded inside
    inside unshare --net bash -c 'python3 -c "import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack(\"16sH14s\", b\"lo\", 0x41, b\"\"))" && exec "$@"' bash "$@"
}

check_up() { # ACCOUNT: starts it with an empty home, asks it, stops it; and once more without a network
    start_and_stop "$1" inside
    start_and_stop "$1" without_network
}

start_and_stop() { # ACCOUNT SURROUNDINGS
    step "./dev up, as $1, $2"
    local reader=""  # of what is lent by root and is not theirs to write
    [ -z "$lent" ] || [ "$1" = root ] || reader="CCACHE_READONLY=1 CCACHE_TEMPDIR=/tmp"
    # shellcheck disable=SC2086 # words
    "$2" env $reader bash -c "$mirrors"'; exec su "$0" -s /bin/bash -c "$1"' "$1" "cd ~ && { [ -d acme ] || git clone -q /srv/acme; }; cd acme || exit
        ./dev up >../said 2>&1 & up=\$!
        for _ in \$(seq 7200); do grep -q '^Stop ' ../said && break; kill -0 \$up || break; sleep 0.5; done
        cat ../said
        url=\$(sed -n 's/^Dashboard  *\\(http[^ ]*\\).*/\\1/p' ../said)
        curl --fail --silent --show-error \$url/readyz && curl --fail --silent --output /dev/null \$url/ &&
        ./dev acme smoke &&
        ./dev down && wait \$up"
}
inside useradd --create-home --shell /bin/bash --groups sudo stranger
echo 'stranger ALL=(ALL) NOPASSWD: ALL' >"$system/etc/sudoers.d/stranger"
for verb in $verbs; do
    case $verb in
        test) check_test ;;
        up)
            check_up root
            check_up stranger
            ;;
    esac
done
step "passed on an empty Debian 12: $verbs"
