#!/usr/bin/env bash
# Says whether the platform has signed a webhook (Standard Webhooks): the body on standard input, its headers in
# WEBHOOK_ID, WEBHOOK_TIMESTAMP and WEBHOOK_SIGNATURE, as a CGI script or a proxy hands them over.
set -euo pipefail

now=$(date +%s)
[[ $WEBHOOK_TIMESTAMP =~ ^[0-9]+$ ]] || { echo "no timestamp" >&2; exit 1; }
age=$((now - WEBHOOK_TIMESTAMP))
[ ${age#-} -le 300 ] || { echo "it is too old" >&2; exit 1; }

# openssl takes a key on its command line only, which everybody on the machine sees; Python takes it from the environment.
wanted=$({ printf '%s.%s.' "$WEBHOOK_ID" "$WEBHOOK_TIMESTAMP"; cat; } | python3 -c '
import base64, hashlib, hmac, os, sys
key = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
print(base64.b64encode(hmac.new(key, sys.stdin.buffer.read(), hashlib.sha256).digest()).decode())')
for given in $WEBHOOK_SIGNATURE; do
    [ "$given" != "v1,$wanted" ] || { echo "signed"; exit 0; }
done
echo "nobody of ours has signed it" >&2
exit 1
