#!/usr/bin/env bash
# Feature flags: a stranger makes a flag for a quarter of one organization, sees with the preview who gets it, watches the
# evaluations of a program in Python, switches it off everywhere within a second; and evaluations go on without Redis and
# PostgreSQL.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

folder=$(mktemp -d /tmp/acme-journey-XXXXXX)
chmod 755 "$folder"
export ACME_HOME=$folder/home
say=$folder/said
up=""
watcher=""
stopped=()

finish() {
    code=$?
    [ ${#stopped[@]} = 0 ] || kill -CONT "${stopped[@]}" 2>/dev/null || true
    [ -z "$watcher" ] || kill "$watcher" 2>/dev/null || true
    if [ -n "$up" ] && kill "$up" 2>/dev/null; then wait "$up" || true; fi
    [ $code = 0 ] || { echo "journey 05 failed; what was said:"; tail -n 60 "$say" "$folder/seen" 2>/dev/null || true; }
    rm -rf "$folder"
    exit $code
}
trap finish EXIT

step() { echo "journey 05: $*"; }
fail() { echo "journey 05: $*" >&2; exit 1; }
within() { # SECONDS COMMAND...: until the command succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@"; do [ $SECONDS -lt $end ] || fail "not in time: $*"; sleep 0.1; done
}
visit() { (cd web && ACME_URL=$url ACME_LINK=$link JOURNEY_SESSION=$folder/session node ../tests/journeys/05.mjs "$1"); }

step "the platform runs"
# A journey does not hand on what the tests around it have set.
env -u ACME_URL -u ACME_LINK ./dev up >"$say" 2>&1 &
up=$!
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "$folder/pip" \
    -r examples/flags/python/requirements.txt
within 300 grep -q '^Stop ' "$say"
url=$(sed -n 's/^Dashboard  *\(http[^ ]*\).*/\1/p' "$say")
link=$(sed -n 's/^Sign in  *\(http[^ ]*\).*/\1/p' "$say")

step "a flag for a quarter of one organization, made in the dashboard; the preview says who gets it"
org=$(visit make)
key=$(./dev acme keys create --email admin@localhost --name journey --scopes flags:read | sed -n 2p)

step "a program asks for it: a quarter of its users get it, and the chart moves"
PYTHONPATH=$folder/pip ACME_URL=$url ACME_API_KEY=$key ACME_ORG=$org PYTHONUNBUFFERED=1 \
    python3 examples/flags/python/watch.py journey-five 600 >"$folder/seen" 2>&1 &
watcher=$!
within 60 grep -q 'off=.* on=' "$folder/seen"
visit watch

mapfile -t addresses < <(python3 -c 'import json, sys
for node in sys.argv[1:]: print(json.load(open(node))["acme.address"])' "$ACME_HOME"/nodes/app-[123].json)
asked() { # ADDRESS: what a node says of the users of this organization
    curl --silent --max-time 5 --header "Authorization: Bearer $key" --header 'Content-Type: application/json' \
        --data "{\"context\":{\"targetingKey\":\"user-1\",\"org_id\":\"$org\"}}" \
        "http://$1:8080/ofrep/v1/evaluate/flags/journey-five"
}
all_say() { # TEXT: every node
    local address
    for address in "${addresses[@]}"; do [[ $(asked "$address") == *"$1"* ]] || return 1; done
}
[ ${#addresses[@]} = 3 ] || fail "there are ${#addresses[@]} nodes"
within 30 all_say '"value"'

step "it is switched off with one click, everywhere within a second"
for try in 1 2 3; do # a machine that others use too may stand still for as long
    visit off
    begun=$(date +%s%N)
    within 30 all_say '"DISABLED"'
    took=$((($(date +%s%N) - begun) / 1000000))
    within 60 grep -qE '^[0-9]+ default=[0-9]+$' "$folder/seen"
    visit on
    within 30 all_say '"value"'
    [ $took -gt 1000 ] || break
    [ $try -lt 3 ] || fail "it took $took ms, and more than a second twice before"
done

step "Redis and PostgreSQL are stopped, and evaluations go on"
stopped=("$up")  # who would start them again
kill -STOP "$up"
kill -INT "$(cat "$ACME_HOME/nodes/postgres.pid")"  # a fast shutdown
kill -KILL "$(cat "$ACME_HOME/nodes/redis.pid")"
lines=$(wc -l <"$folder/seen")
goes_on() { [ "$(wc -l <"$folder/seen")" -ge $((lines + 5)) ]; }
within 60 goes_on
tail -n 3 "$folder/seen" | grep -q 'off=.* on=' || fail "the program gets something else: $(tail -n 3 "$folder/seen")"
all_say '"value"' || fail "a node stopped answering"
kill -CONT "$up"
stopped=()
listed() { ./dev acme flags list 2>/dev/null | grep -q journey-five; }
within 60 listed
echo "journey 05: done"
