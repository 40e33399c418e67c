#!/usr/bin/env bash
# Signs in as a machine and lists its organization's files.
set -euo pipefail
# shellcheck source=token.sh
. "$(dirname "${BASH_SOURCE[0]}")/token.sh"

token=$(token)
acme_curl --fail "$ACME_URL/v1/files?limit=20"
