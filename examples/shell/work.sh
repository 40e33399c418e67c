#!/usr/bin/env bash
# Runs the jobs of a queue, one after the other, until SIGTERM or the platform says that it is enough. What has begun is
# ended first, and what has not goes back: nothing is lost.
set -euo pipefail
# shellcheck source=token.sh
. "$(dirname "${BASH_SOURCE[0]}")/token.sh"

lease='' stopping='' waiting='' token='' since=-1000
trap 'stopping=yes; [ -z "$waiting" ] || kill "$waiting" 2>/dev/null || true' TERM
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

field() { # EXPRESSION, of the JSON in the file
    python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); v = eval(sys.argv[2]); print(v if isinstance(v, str) else json.dumps(v))' "$answer" "$1"
}

renew() { # a token lives for a quarter of an hour
    [ $((SECONDS - since)) -le 300 ] || { token=$(token); since=$SECONDS; }
}

send() { # PATH JSON: the status; the body lies in the file
    acme_curl -o "$answer" -w '%{http_code}' -H 'Content-Type: application/json' -d "$2" "$ACME_URL$1"
}

# A child, so that a signal is heard while it waits; what it says goes through a file.
pull() {
    local named status
    named='"worker": "'$HOSTNAME-$$'", "queues": ["'${ACME_QUEUE:-default}'"]'
    [ -z "$lease" ] || named='"lease": "'$lease'"'
    send /v1/pull "{$named, \"max\": 1, \"wait_ms\": 20000, \"lease_ms\": 15000}" >"$answer.status" &
    waiting=$!
    while kill -0 "$waiting" 2>/dev/null; do wait "$waiting" || true; done
    waiting=''
    status=$(cat "$answer.status"); rm -f "$answer.status"
    [ "$status" != 409 ] || lease=''
    [ "$status" = 200 ]
}

# What your program does. Another worker may have begun it before: do it so that twice is as good as once.
work() { # KIND SECONDS
    [ "$1" = sleep ] || return 1
    sleep "$2"
}

run() {
    local id attempt kind named
    id=$(field 'd["jobs"][0]["id"]') attempt=$(field 'd["jobs"][0]["attempt"]') kind=$(field 'd["jobs"][0]["kind"]')
    named='"id": "'$id'", "attempt": '$attempt
    echo "running $id $kind attempt $attempt"
    work "$kind" "$(field 'd["jobs"][0]["payload"].get("seconds", 0)')" &
    local child=$! keeper
    # While a job runs, the lease must not end.
    (while sleep 5; do renew; send "/v1/leases/$lease:extend" '{"lease_ms": 15000}' >/dev/null || true; done) &
    keeper=$!
    local code=0
    while kill -0 "$child" 2>/dev/null; do wait "$child" && code=0 || code=$?; done
    kill "$keeper" 2>/dev/null; wait "$keeper" 2>/dev/null || true
    renew
    if [ "$code" = 0 ]; then
        send "/v1/leases/$lease:ack" "{\"done\": [{$named, \"output\": {}}]}" >/dev/null
    else
        send "/v1/leases/$lease:ack" "{\"failed\": [{$named, \"error_type\": \"Exit\", \"message\": \"ended with $code\"}]}" >/dev/null
    fi
    echo "ended $id"
}

while [ -z "$stopping" ]; do
    renew
    if ! pull; then
        [ -n "$stopping" ] || sleep 1
        continue
    fi
    lease=$(field 'd["lease"]')
    [ "$(field 'd["state"]')" = run ] || stopping=yes
    [ "$(field 'd["jobs"]')" = '[]' ] || run
done
[ -z "$lease" ] || acme_curl -o /dev/null -X POST -H 'Content-Length: 0' "$ACME_URL/v1/leases/$lease:close"
echo drained
