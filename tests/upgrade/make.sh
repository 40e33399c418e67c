#!/usr/bin/env bash
# tests/upgrade/make.sh BINARY COMMIT: makes home.tar.xz and facts.json anew, with the binary of the
# landing that will be the previous one, built from COMMIT: what its user has in .acme/ after a day.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
here=$PWD
binary=$(realpath "${1:?the binary of the previous landing}")
commit=${2:?the commit it was built from}

folder=/tmp/acme-upgrade # its name gets into the data, so it is nobody's own
mkdir $folder
up=""
trap '[ -z "$up" ] || kill -9 $up || true; rm -rf $folder' EXIT
export ACME_HOME=$folder/home HOME=$folder
cp "$binary" $folder/acme
account=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses root
    chown -R acme: $folder
    account=(setpriv --reuid=acme --regid=acme --init-groups --inh-caps=-all --no-new-privs --)
fi
cd $folder

sql() { "${account[@]}" psql --no-psqlrc -h "$ACME_HOME/run" -U postgres -d acme -q -v ON_ERROR_STOP=1 -Atc "$1"; }
call() { curl --silent --show-error --fail --max-time 60 -b "$jar" -c "$jar" "$@"; }
post() { call -o /dev/null -H 'Content-Type: application/json' --data "$2" "$url$1"; }
upload() { call -o /dev/null -H 'Content-Type: application/octet-stream' --data-binary @- "$url/v1/files?name=$1"; }
files() { # of whom: what the list says
    jar=$1 call "$url/v1/files" | python3 -c 'import json,sys
print(json.dumps([{k: f[k] for k in ("id", "name", "size", "sha256")} for f in json.load(sys.stdin)["data"]]))'
}
cookie() { awk '!/^# / && NF { print $6 "=" $7 }' "$1" | tail -1; }

env -i PATH="$PATH" HOME=$folder LC_ALL=C.UTF-8 "${account[@]}" ./acme up --home "$ACME_HOME" --port 18980 >said 2>&1 &
up=$!
for _ in $(seq 300); do ! grep -q '^Stop ' said || break; sleep 0.2; done
url=$(sed -n 's/^Dashboard  *\(http[^ ]*\).*/\1/p' said)
link=$(sed -n 's/^Sign in  *\(http[^ ]*\).*/\1/p' said)

# An administrator with a password, another person, files of each shape, one of them deleted.
jar=admin
post /v1/auth/link "{\"token\":\"${link##*token=}\"}"
post /v1/auth/password/change '{"new":"the password of a fixture"}'
post /v1/admin/users '{"email":"ada@example.com","name":"Ada Lovelace","password":"another of a fixture"}'
: | upload empty.txt
seq 1 1000000 | upload numbers.txt # more than 5 MiB: two parts
printf 'Gr\303\274\303\237e' | upload 'Gr%C3%BC%C3%9Fe.txt'
echo gone | upload gone.txt
jar=ada
post /v1/auth/login '{"email":"ada@example.com","password":"another of a fixture"}'
seq 1 1000 | upload adas.txt

# A session ends after 14 days and a fixture lies for longer: time does not end these.
sql "UPDATE sessions SET created_at = '2100-01-01', last_seen_at = '2100-01-01', expires_at = '2100-03-01'"
# Entries are sealed by a job, and there is a job that the old workers do not get to any more.
for _ in $(seq 100); do [ "$(sql 'SELECT count(*) FROM audit_unsealed')" != 0 ] || break; sleep 0.2; done
kill -STOP "$(cat home/nodes/worker-1.pid)" "$(cat home/nodes/worker-2.pid)"
jar=admin
call -X DELETE "$url/v1/files/$(files admin | python3 -c 'import json,sys
print(next(f["id"] for f in json.load(sys.stdin) if f["name"] == "gone.txt"))')"
gone=$(sql "SELECT key FROM files WHERE state = 'deleted'")
[ "$(sql 'SELECT count(*) FROM jobs WHERE kind = '"'files.remove_object'")" = 1 ]

# Each row that no upgrade may lose, as the MD5 of the columns that there are now.
rows=""
for kept in users credentials_password orgs memberships "sessions WHERE revoked_at IS NULL" \
    "files WHERE state = 'ready'" audit_entries audit_seals; do
    table=${kept%% *}
    columns=$(sql "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
                   WHERE attrelid = '$table'::regclass AND attnum > 0 AND NOT attisdropped")
    hashes=$(sql "SELECT json_agg(md5(ROW($columns)::text)) FROM $kept")
    columns=${columns//\"/\\\"}
    rows+="${rows:+,} \"$table\": {\"columns\": \"$columns\", \"rows\": $hashes}"
done
cat >facts.json <<JSON
{"commit": "$commit", "to_be_removed": "$gone",
 "people": [
  {"email": "$(sql "SELECT email FROM users WHERE platform_role = 'admin'")", "password": "the password of a fixture",
   "cookie": "$(cookie admin)", "files": $(files admin)},
  {"email": "ada@example.com", "password": "another of a fixture",
   "cookie": "$(cookie ada)", "files": $(files ada)}],
 "migrations": $(sql 'SELECT json_agg(name ORDER BY name) FROM migrations'),
 "tables": {$rows}}
JSON
kill $up
sleep 1
kill $up # without patience: the workers are stopped
wait $up || true
up=""
python3 -m json.tool facts.json >"$here/facts.json"

# Without the program, which is not what is tried, and what a start makes anew.
tar -C home --sort=name --owner=0 --group=0 --numeric-owner --exclude=./releases --exclude=./run -c . |
    xz -9e >"$here/home.tar.xz"
ls -l "$here"/home.tar.xz "$here"/facts.json
