#!/usr/bin/env bash
# Accounts and files: a stranger signs up with a passkey and invites somebody; a program signs in and meets its limit; an
# upload survives its node and a closed laptop; another device is signed out; the audit names what was tampered with.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

folder=$(mktemp -d /tmp/acme-journey-XXXXXX)
chmod 755 "$folder"
export ACME_HOME=$folder/home
say=$folder/said
up=""

finish() {
    code=$?
    if [ -n "$up" ] && kill "$up" 2>/dev/null; then wait "$up" || true; fi
    [ $code = 0 ] || { echo "journey 03 failed; what was said:"; tail -n 60 "$say" 2>/dev/null; }
    rm -rf "$folder"
    exit $code
}
trap finish EXIT

step() { echo "journey 03: $*"; }
fail() { echo "journey 03: $*" >&2; exit 1; }
within() { # SECONDS COMMAND...: until the command succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@"; do [ $SECONDS -lt $end ] || fail "not in time: $*"; sleep 0.2; done
}
acme() { ./dev acme "$@"; }
field() { python3 -c 'import json,sys; v=json.load(sys.stdin)
for k in sys.argv[1].split("."): v=v[int(k)] if k.isdigit() else v[k]
print(v)' "$1"; }
call() { curl --silent --show-error --max-time 60 --header "Cookie: $laptop" "$@"; }
post() { call --fail --header 'Content-Type: application/json' --header "Idempotency-Key: $RANDOM-$SECONDS-$$" "$@"; }
status() { curl --silent --output /dev/null --max-time 10 --write-out '%{http_code}' "$@"; }

step "the platform runs"
# A journey does not hand on what the tests around it have set.
env -u ACME_URL -u ACME_LINK ./dev up >"$say" 2>&1 &
up=$!
within 300 grep -q '^Stop ' "$say"
url=$(sed -n 's/^Dashboard  *\(http[^ ]*\).*/\1/p' "$say")
link=$(sed -n 's/^Sign in  *\(http[^ ]*\).*/\1/p' "$say")

step "a stranger signs up, finds the mail in the mailbox, turns on a passkey, and invites somebody who joins"
(cd web && ACME_URL=$url ACME_LINK=$link node ../tests/journeys/03.mjs) >"$folder/cookies"
laptop=$(field laptop <"$folder/cookies")
phone=$(field phone <"$folder/cookies")
org=$(call --fail "$url/v1/me" | field org.id)

step "a service account gets its token with curl"
account=$(post --data '{"name":"ci","scopes":["files:read"]}' "$url/v1/orgs/$org/service_accounts" | field id)
secret=$(post --data '{}' "$url/v1/orgs/$org/service_accounts/$account/keys" | field secret)
token=$(curl --silent --fail --user "$account:$secret" --data grant_type=client_credentials "$url/oauth/token" |
    field access_token)

step "its 601st call in a minute is refused, while the dashboard goes on"
call_often() { # the first 601 in less than a minute, which a machine may be too busy for
    local begun=$SECONDS
    curl --silent --header "Authorization: Bearer $token" --write-out '%{http_code}\n' --output /dev/null \
        "$url/v1/files?limit=[1-1]&n=[1-601]" >"$folder/statuses"
    [ $((SECONDS - begun)) -lt 59 ] || { sleep 61; return 1; }
}
within 300 call_often
[ "$(grep -c '^200$' "$folder/statuses")" = 600 ] || fail "not 600 of 601 calls passed: $(sort "$folder/statuses" | uniq -c)"
[ "$(tail -n 1 "$folder/statuses")" = 429 ] || fail "the 601st call was not refused"
curl --silent --output /dev/null --dump-header "$folder/headers" --header "Authorization: Bearer $token" "$url/v1/files"
for header in '^ratelimit: ".*r=0' '^ratelimit-policy: ' '^retry-after: [0-9]'; do
    grep -qi "$header" "$folder/headers" || fail "no header like $header: $(cat "$folder/headers")"
done
call --fail --output /dev/null "$url/v1/me"
call --fail --output /dev/null "$url/"

step "an upload of 45 MiB survives its node and a closed laptop"
head -c $((45 * 1024 * 1024)) /dev/urandom >"$folder/film.bin"
tus() { call --header 'Tus-Resumable: 1.0.0' "$@"; }
offset_of() { tus --head "$1" | tr -d '\r' | sed -n 's/^upload-offset: //Ip'; }
upload=$(tus --fail --output /dev/null --dump-header - --request POST --header "Upload-Length: $((45 * 1024 * 1024))" \
    --header "Upload-Metadata: filename $(printf film.bin | base64)" "$url/v1/uploads" | tr -d '\r' |
    sed -n 's/^location: //Ip')
[[ $upload == http* ]] || upload=$url$upload
append() { # OPTION...: from where the platform says it is
    local offset
    offset=$(offset_of "$upload")
    tail -c +$((offset + 1)) "$folder/film.bin" | tus --request PATCH --header "Upload-Offset: $offset" \
        --header 'Content-Type: application/offset+octet-stream' --header 'Expect:' --data-binary @- "$@" "$upload"
}
# HEAD is for who goes on with an upload, and ends whoever sends; GET only looks.
has_stored() { [ "$(call "$upload" | field offset)" -ge $1 ]; }
has_ended() { ! kill -0 "$1" 2>/dev/null; }
append --limit-rate 2M >/dev/null 2>&1 &
sending=$!
within 60 has_stored $((10 * 1024 * 1024))
for node in app-1 app-2 app-3; do # one of them is its node
    kill -9 "$(cat "$ACME_HOME/nodes/$node.pid")"
    for _ in 1 2 3 4 5 6 7 8 9 10; do has_ended $sending && break 2 || sleep 0.2; done
done
within 20 has_ended $sending # it notices that its node was killed
within 60 has_stored $((10 * 1024 * 1024))
# The laptop is closed: whoever sends is gone in the midst of it, without a word.
append --limit-rate 2M >/dev/null 2>&1 &
sending=$!
within 60 has_stored $((25 * 1024 * 1024))
kill -9 $sending
wait $sending 2>/dev/null || true
append --fail --output /dev/null
id=$(call --fail "$url/v1/files" | field data.0.id)
call --fail --output "$folder/back.bin" "$url/v1/files/$id/content"
cmp "$folder/film.bin" "$folder/back.bin"

step "another device is signed out and sees it within a second"
session=$(curl --silent --fail --header "Cookie: $phone" "$url/v1/me/sessions" | python3 -c 'import json,sys
print(next(one["id"] for one in json.load(sys.stdin)["data"] if one["current"]))')
[ "$(status --header "Cookie: $phone" "$url/v1/me")" = 200 ] || fail "the phone is not signed in"
call --fail --output /dev/null --request DELETE "$url/v1/me/sessions/$session"
sleep 1
for node in app-1 app-2 app-3; do
    address=$(grep -o '127\.[0-9.]*' "$ACME_HOME/nodes/$node.json" | tail -1)
    [ "$(status --header "Cookie: $phone" "http://$address:8080/v1/me")" = 401 ] || fail "the phone is still signed in on $node"
done
call --fail --output /dev/null "$url/v1/me"

step "the audit is whole, and names a row that was tampered with"
is_sealed() { acme audit verify --json | grep -q '"waiting":0'; }
within 60 is_sealed
acme audit verify
victim=$(acme audit export --format jsonl | python3 -c 'import json,sys
print(next(row["id"] for row in map(json.loads, sys.stdin)
           if (row["action"], row["target"]) == ("sessions.end", sys.argv[1])))' "$session")
sql() { psql --no-psqlrc --quiet -h "$ACME_HOME/run" -U postgres -d acme -v ON_ERROR_STOP=1 -Atc "$1"; }
sql "ALTER TABLE audit_entries DISABLE TRIGGER USER;
    UPDATE audit_entries SET actor = 'nobody' WHERE action = 'sessions.end' AND target = '$session';
    ALTER TABLE audit_entries ENABLE TRIGGER USER"
code=0
acme audit verify >"$folder/verdict" 2>&1 || code=$?
[ $code = 1 ] || fail "a tampered row ends with $code: $(cat "$folder/verdict")"
grep -q "$victim" "$folder/verdict" || fail "the row $victim is not named: $(cat "$folder/verdict")"
echo "journey 03: done"
