#!/usr/bin/env bash
# Uploads a file by tus 1.0, and goes on where it was cut off: upload.sh FILE
set -euo pipefail
# shellcheck source=token.sh
. "$(dirname "${BASH_SOURCE[0]}")/token.sh"

file=$1
size=$(stat -c %s "$file")
piece=$((8 * 1024 * 1024))
token=$(token)

header() { # NAME, of the answer on standard input
    tr -d '\r' | sed -n "s/^$1: //Ip" | tail -1
}

upload=$(acme_curl --fail -D - -o /dev/null -X POST -H 'Tus-Resumable: 1.0.0' -H "Upload-Length: $size" \
    -H "Upload-Metadata: filename $(basename "$file" | tr -d '\n' | base64 -w0)" -H 'Content-Length: 0' \
    "$ACME_URL/v1/uploads" | header location)
[[ $upload == http* ]] || upload=$ACME_URL$upload

offset=0 tries=0
while [ "${offset:--1}" != "$size" ]; do
    if [ -n "$offset" ]; then
        answer=$(dd if="$file" bs=1M iflag=skip_bytes,count_bytes skip="$offset" count=$piece status=none |
            acme_curl -D - -o /dev/null -X PATCH -H 'Tus-Resumable: 1.0.0' -H "Upload-Offset: $offset" \
                -H 'Content-Type: application/offset+octet-stream' --data-binary @- "$upload") || answer=
        if [[ $answer == *" 204"* ]]; then
            offset=$(header upload-offset <<<"$answer") tries=0
            continue
        fi
    fi
    # Cut off, or not taken: the platform knows how far it came.
    [ $((tries += 1)) -le 10 ] || { echo "the platform does not take it: $answer" >&2; exit 1; }
    sleep $((tries < 5 ? 1 : 5))
    offset=$(acme_curl --fail -I -H 'Tus-Resumable: 1.0.0' "$upload" | header upload-offset) || offset=
done
echo "$upload"
