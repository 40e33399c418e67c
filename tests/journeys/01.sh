#!/usr/bin/env bash
# The first hour: a stranger starts the platform with one command, signs in with the printed link,
# uploads a real file, kills a node, stops Redis, and starts it all again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

folder=$(mktemp -d /tmp/acme-journey-XXXXXX)
chmod 755 "$folder"
export ACME_HOME=$folder/home
jar=$folder/cookies
say=$folder/said
up=""

finish() {
    code=$?
    if [ -n "$up" ] && kill "$up" 2>/dev/null; then wait "$up" || true; fi
    [ $code = 0 ] || { echo "journey 01 failed; what was said:"; cat "$say" "$folder/down" 2>/dev/null; }
    rm -rf "$folder"
    exit $code
}
trap finish EXIT

step() { echo "journey 01: $*"; }
fail() { echo "journey 01: $*" >&2; exit 1; }
within() { # SECONDS COMMAND...: until the command succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@"; do [ $SECONDS -lt $end ] || fail "not in time: $*"; sleep 0.2; done
}
start() {
    : >"$say" # what was said before is not taken for what this start says
    # A journey does not hand on what the tests around it have set.
    env -u ACME_URL -u ACME_LINK ./dev up >"$say" 2>&1 &
    up=$!
    within 300 grep -q '^Stop ' "$say"
    url=$(sed -n 's/^Dashboard  *\(http[^ ]*\).*/\1/p' "$say")
}
call() { curl --silent --show-error --max-time 60 --cookie "$jar" --cookie-jar "$jar" "$@"; }
field() { python3 -c 'import json,sys; v=json.load(sys.stdin)
for k in sys.argv[1].split("."): v=v[int(k)] if k.isdigit() else v[k]
print(v)' "$1"; }
pid_of() { cat "$ACME_HOME/nodes/$1.pid"; }
shown_of() { call "$url/v1/nodes" | python3 -c 'import json,sys
print(next(("%s %s" % (n["pid"], n["state"]) for n in json.load(sys.stdin)["data"] if n["name"]==sys.argv[1]), "absent"))' "$1"; }
is_ready_anew() { # NODE PID: Overview shows it ready, as another process than that one
    local pid
    pid=$(pid_of "$1" 2>/dev/null) && [ "$pid" != "$2" ] && [ "$(shown_of "$1")" = "$pid ready" ]
}

step "one command starts it and prints the address and a sign-in link"
start
link=$(sed -n 's/^Sign in  *\(http[^ ]*\).*/\1/p' "$say")
[ -n "$url" ] && [ -n "$link" ] || fail "no address or no link was printed"
call --fail --output /dev/null "$url/"
# The dashboard is one page whose script is there too.
script=$(call "$url/" | grep -o '/assets/[^"]*\.js' | head -1)
call --fail --output /dev/null "$url$script"

step "the link signs in, once"
token=${link##*token=}
post() { call --header 'Content-Type: application/json' "$@"; }
post --fail --output /dev/null --data "{\"token\":\"$token\"}" "$url/v1/auth/link"
[ "$(call "$url/v1/me" | field platform_role)" = admin ] || fail "who signs in is not the administrator"
status=$(curl --silent --output /dev/null --write-out '%{http_code}' --header 'Content-Type: application/json' \
    --data "{\"token\":\"$token\"}" "$url/v1/auth/link")
[ "$status" -ge 400 ] || fail "the link worked twice"

step "45 MiB go up through the balancer and come back byte for byte, from every node"
head -c $((45 * 1024 * 1024)) /dev/urandom >"$folder/film.bin"
file=$(call --fail --header 'Content-Type: application/octet-stream' --data-binary "@$folder/film.bin" \
    "$url/v1/files?name=film.bin")
id=$(field id <<<"$file")
[ "$(field sha256 <<<"$file")" = "$(sha256sum <"$folder/film.bin" | cut -d' ' -f1)" ] || fail "another SHA-256"
call --fail --output "$folder/back.bin" "$url/v1/files/$id/content"
cmp "$folder/film.bin" "$folder/back.bin"
for node in app-1 app-2 app-3; do
    address=$(grep -o '127\.[0-9.]*' "$ACME_HOME/nodes/$node.json" | tail -1)
    curl --silent --fail --cookie "$(awk '!/^# / && NF { print $6 "=" $7 }' "$jar" | tail -1)" \
        --output "$folder/back.bin" "http://$address:8080/v1/files/$id/content"
    cmp "$folder/film.bin" "$folder/back.bin"
done

step "a node is killed; readers of small pages do not see it, Overview does"
failures=$folder/failures
touch "$failures"
(while [ -e "$failures" ]; do
    curl --silent --fail --max-time 5 --output /dev/null "$url/healthz" || echo failed >>"$failures"
done) &
reader=$!
victim=$(pid_of app-2)
kill -9 "$victim"
within 60 is_ready_anew app-2 "$victim"
[ ! -s "$failures" ] || fail "$(wc -l <"$failures") reads failed"
rm "$failures"
wait $reader || true
grep -q 'app-2 died' "$say" || fail "the supervisor did not say that the node died"

step "Redis is stopped; nobody is signed out"
kill -STOP "$(pid_of redis)"
for _ in 1 2 3 4 5; do call --fail --output /dev/null "$url/v1/me"; done
kill -CONT "$(pid_of redis)"
kill -9 "$(pid_of redis)"
for _ in 1 2 3 4 5; do call --fail --output /dev/null "$url/v1/me"; done

step "it stops in order, and a second start within 15 seconds has the data"
for try in 1 2 3; do # a machine that others use too may be slower
    ./dev down >"$folder/down" 2>&1
    wait $up || true
    begun=$SECONDS
    start
    took=$((SECONDS - begun))
    [ $took -gt 15 ] || break
    [ $try -lt 3 ] || fail "it took $took s, and more than 15 twice before"
done
call --fail --output "$folder/back.bin" "$url/v1/files/$id/content"
cmp "$folder/film.bin" "$folder/back.bin"

step "reset wipes"
./dev reset --yes >>"$folder/down" 2>&1
wait $up || fail "what a reset stops does not end well"
up=""
[ ! -e "$ACME_HOME/postgres" ] || fail "there is data after a reset"
echo "journey 01: done"
