#!/usr/bin/env bash
# Releases: a stranger adds one that answers 10 % errors, sees the canary stopped and everything back,
# deploys a good one to the end, rolls back by hand with PostgreSQL stopped, and reads the story.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

folder=$(mktemp -d /tmp/acme-journey-XXXXXX)
chmod 755 "$folder"
export ACME_HOME=$folder/home
say=$folder/said
up="" load=""

finish() {
    code=$?
    if [ -n "$load" ]; then kill -TERM "$load" 2>/dev/null; wait "$load" 2>/dev/null || true; fi
    if [ -n "$up" ] && kill "$up" 2>/dev/null; then wait "$up" || true; fi
    if [ $code != 0 ]; then
        echo "journey 02 failed; what was said:"
        tail -n 60 "$say" "$folder"/*.out 2>/dev/null || true
    fi
    rm -rf "$folder"
    exit $code
}
trap finish EXIT

step() { echo "journey 02: $*"; }
fail() { echo "journey 02: $*" >&2; exit 1; }
within() { # SECONDS COMMAND...: until the command succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@"; do [ $SECONDS -lt $end ] || fail "not in time: $*"; sleep 0.2; done
}
acme() { ./dev acme "$@"; }
field() { python3 -c 'import json,sys; v=json.load(sys.stdin)
for k in sys.argv[1].split("."): v=v[int(k)] if k.isdigit() else v[k]
print(v)' "$1"; }
add() { # NAME OPTIONS...: makes a release and adds it; prints its id
    local name=$1
    shift
    python3 tests/releases/make.py "$folder/$name" --real build/release/acme --note "$name" "$@" >/dev/null
    chmod -R a+rX "$folder/$name"
    acme release add "$folder/$name" --json | field id
}
runs_everywhere() { # RELEASE: on every node, ready, with equal weights
    acme deploy status --json | python3 -c 'import json,sys
nodes = json.load(sys.stdin)["nodes"]
weights = {n["weight"] for n in nodes if n["role"] == "serve"}
sys.exit(not (len(weights) == 1 and all(n["release"] == sys.argv[1] and n["is_ready"] and n["takes_traffic"]
                                        and n["track"] == "stable" for n in nodes)))' "$1"
}

step "the platform runs, with traffic"
env -u ACME_URL -u ACME_LINK ./dev up >"$say" 2>&1 &
up=$!
within 300 grep -q '^Stop ' "$say"
url=$(sed -n 's/^Dashboard  *\(http[^ ]*\).*/\1/p' "$say")
first=$(acme deploy status --json | field nodes.0.release)
./dev acme load --rps 100 --for 8m --json >"$folder/load.out" 2>&1 &
load=$!

step "a release that answers 10 % errors is seen at the canary, stopped, and everything comes back"
bad=$(add bad --fail-every 10)
code=0
acme deploy run "$bad" --canary-window 60s --reason "a trial" >"$folder/bad.out" 2>&1 || code=$?
cat "$folder/bad.out"
[ $code = 10 ] || fail "a bad release ends with $code and not 10"
grep -Eq 'gets (4\.[5-9]|5\.[0-4])[0-9]? %' "$folder/bad.out" || fail "nobody saw 5 % go to the canary"
grep -q 'rolled_back' "$folder/bad.out" || fail "nobody was told that it came back"
within 60 runs_everywhere "$first"

step "a good one goes to the end"
good=$(add good --kind good)
acme deploy run "$good" --canary-window 20s --reason "the next one" >"$folder/good.out" 2>&1 ||
    fail "the good release ended with $?"
within 60 runs_everywhere "$good"

end_load() { # FILE RELEASE...: ends the load; only these releases may have failed a request
    kill -TERM "$load"
    wait "$load" || true
    load=""
    python3 - "$@" <<'END'
import json, sys
report = json.loads([line for line in open(sys.argv[1]) if line.startswith("{")][-1])
failed = {name: one["failed"] for name, one in report["releases"].items() if one["failed"]}
print("requests", report["requests"], "failed by release", failed)
sys.exit(report["requests"] == 0 or set(failed) - set(sys.argv[2:]) != set())
END
}
step "the load tool counts no failed request but those of the bad canary"
end_load "$folder/load.out" "$bad"

# What asks the database is answered 503 while it is stopped, whatever is deployed: pages are visited.
step "rolled back by hand with PostgreSQL stopped, and the load tool counts no failed request"
./dev acme load --path / --rps 50 --for 8m --json >"$folder/pages.out" 2>&1 &
load=$!
kill -STOP "$(cat "$ACME_HOME/nodes/postgres.pid")"
begun=$SECONDS
acme deploy rollback --yes >"$folder/rollback.out" 2>&1 || fail "the rollback ended with $?"
took=$((SECONDS - begun))
within 60 runs_everywhere "$first"
end_load "$folder/pages.out"
kill -CONT "$(cat "$ACME_HOME/nodes/postgres.pid")"
cat "$folder/rollback.out"
echo "took $took s"
[ $took -lt 180 ] || fail "the rollback took $took s"

step "the history tells the whole story"
has_story() {
    acme deploy history --json | python3 -c 'import json,sys
told = [(d["kind"], d["release"], d["state"]) for d in reversed(json.load(sys.stdin))]
bad, good, first = sys.argv[1:]
want = [("release", bad, "rolled_back"), ("release", good, "rolled_back"), ("rollback", first, "rolled_back")]
print(told)
sys.exit(told != want)' "$bad" "$good" "$first" >"$folder/story.out"
}
within 60 has_story

echo "journey 02: done"
