#!/usr/bin/env bash
# Adds a job and prints its id: enqueue.sh KIND [JSON]. A repeat after a lost answer adds none.
set -euo pipefail
# shellcheck source=token.sh
. "$(dirname "${BASH_SOURCE[0]}")/token.sh"

token=$(token)
payload=${2:-}
acme_curl --fail --retry 5 -H 'Content-Type: application/json' -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" \
    -d "{\"queue\": \"${ACME_QUEUE:-default}\", \"kind\": \"$1\", \"payload\": ${payload:-{\}}}" "$ACME_URL/v1/jobs" |
    sed -n 's/.*"id":"\([^"]*\)".*/\1/p'
