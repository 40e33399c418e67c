#!/usr/bin/env bash
# Jobs and schedules: a stranger adds a job with curl and watches it run; its worker is killed and another one ends it; a
# worker in Python drains when it is told to; a schedule shows when it will run, and runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

folder=$(mktemp -d /tmp/acme-journey-XXXXXX)
chmod 755 "$folder"
export ACME_HOME=$folder/home
say=$folder/said
jar=$folder/cookies
up=""
workers=()

finish() {
    code=$?
    for worker in "${workers[@]}"; do kill "$worker" 2>/dev/null || true; done
    if [ -n "$up" ] && kill "$up" 2>/dev/null; then wait "$up" || true; fi
    [ $code = 0 ] || { echo "journey 04 failed; what was said:"; tail -n 60 "$say" "$folder"/worker.* 2>/dev/null; }
    rm -rf "$folder"
    exit $code
}
trap finish EXIT

step() { echo "journey 04: $*"; }
fail() { echo "journey 04: $*" >&2; exit 1; }
within() { # SECONDS COMMAND...: until the command succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@"; do [ $SECONDS -lt $end ] || fail "not in time: $*"; sleep 0.2; done
}
field() { python3 -c 'import json,sys; v=json.load(sys.stdin)
for k in sys.argv[1].split("."): v=v[int(k)] if k.isdigit() else v[k]
print(v)' "$1"; }
call() { curl --silent --show-error --fail --max-time 60 --cookie "$jar" --cookie-jar "$jar" "$@"; }
post() { call --header 'Content-Type: application/json' --header "Idempotency-Key: $RANDOM-$SECONDS-$$" "$@"; }

step "the platform runs"
# A journey does not hand on what the tests around it have set.
env -u ACME_URL -u ACME_LINK ./dev up >"$say" 2>&1 &
up=$!
within 300 grep -q '^Stop ' "$say"
url=$(sed -n 's/^Dashboard  *\(http[^ ]*\).*/\1/p' "$say")
link=$(sed -n 's/^Sign in  *\(http[^ ]*\).*/\1/p' "$say")
post --output /dev/null --data "{\"token\":\"${link##*token=}\"}" "$url/v1/auth/link"
org=$(call "$url/v1/me" | field org.id)

step "workers have an account of their own"
account=$(post --data '{"name":"workers","scopes":["jobs:read","jobs:write"]}' "$url/v1/orgs/$org/service_accounts" | field id)
secret=$(post --data '{}' "$url/v1/orgs/$org/service_accounts/$account/keys" | field secret)
work() { # NAME: a worker from the examples
    ACME_URL=$url ACME_CLIENT_ID=$account ACME_CLIENT_SECRET=$secret ACME_QUEUE=reports \
        python3 examples/python/work.py >"$folder/worker.$1" 2>&1 &
    workers+=($!)
}
add() { post --data "{\"queue\":\"reports\",\"kind\":\"sleep\",\"payload\":$1}" "$url/v1/jobs" | field id; }
state_is() { [ "$(call "$url/v1/jobs/$1" | field state)" = "$2" ]; }
runs_at() { grep -q "^running $2 " "$folder/worker.$1"; }

step "a job that was added with curl is seen to run, live"
job=$(add '{"seconds":8,"steps":4}')
# The stream ends by itself, when the job has ended. Nobody runs it before somebody looks, which is twice a second.
call --no-buffer "$url/v1/jobs/$job/events" >"$folder/stream" &
looking=$!
within 30 grep -q '"waiting"' "$folder/stream"
work first
wait $looking
for seen in '"running"' 'step 2 of 4' '"done"'; do
    grep -q "$seen" "$folder/stream" || fail "the stream did not tell of $seen: $(cat "$folder/stream")"
done

step "a worker is killed in the midst of a job, which ends elsewhere"
job=$(add '{"seconds":8,"steps":8}')
within 60 runs_at first "$job"
work second
kill -9 "${workers[0]}"
within 120 state_is "$job" done
runs_at second "$job" || fail "the other worker did not run $job"
[ "$(call "$url/v1/jobs/$job" | field attempt)" = 2 ] || fail "$job was not begun twice"

step "a worker that is told to drain ends what runs, and leaves the rest to others"
job=$(add '{"seconds":12,"steps":4}')
within 60 runs_at second "$job"
left=$(add '{"seconds":0}')
post --output /dev/null --request POST "$url/v1/queues/reports:drain"
within 60 grep -q '^drained$' "$folder/worker.second"
state_is "$job" done || fail "the worker left before $job had ended"
state_is "$left" waiting || fail "$left was taken, or lost"
work third
within 60 state_is "$left" done

step "a schedule shows its next dates: the first Tuesday of a month, 03:00 UTC"
post --data '{"cron":"0 3 * * TUE#1"}' "$url/v1/schedules:preview" >"$folder/preview"
python3 - "$folder/preview" <<'PYTHON'
import datetime, json, sys
said = [run["at"] for run in json.load(open(sys.argv[1]))["runs"]]
now, wanted = datetime.datetime.now(datetime.timezone.utc), []
year, month = now.year, now.month
while len(wanted) < 10:
    day = 1 + (1 - datetime.date(year, month, 1).weekday()) % 7
    moment = datetime.datetime(year, month, day, 3, tzinfo=datetime.timezone.utc)
    if moment > now:
        wanted.append(moment)
    year, month = year + month // 12, month % 12 + 1
found = [datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) for text in said]
sys.exit(0 if found == wanted else f"wanted {wanted}, found {found}")
PYTHON

step "a schedule of every two seconds fires, each moment once"
schedule='"queue":"reports","kind":"sleep","payload":{"seconds":0}'
call --output /dev/null --request PUT --header 'Content-Type: application/json' --header "Idempotency-Key: every-$$" \
    --data "{\"cron\":\"@every 2s\",$schedule}" "$url/v1/schedules/often"
has_fired() { # three moments, each with a job of its own
    [ "$(call "$url/v1/schedules/often/runs" | python3 -c 'import json,sys
runs = [run for run in json.load(sys.stdin)["data"] if run["state"] == "done"]
moments = {run["scheduled_at"] for run in runs}
print(len(moments) if len(moments) == len({run["job"] for run in runs}) else -1)')" -ge 3 ]
}
within 120 has_fired
echo "journey 04: done"
