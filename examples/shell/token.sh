# shellcheck shell=bash
# Sourced: `token` prints an access token of the service account. Secrets go to curl by a pipe, where no other
# user of the machine sees them.
token() {
    curl -fsS --config <(printf 'user = "%s:%s"\n' "$ACME_CLIENT_ID" "$ACME_CLIENT_SECRET") \
        -d grant_type=client_credentials "$ACME_URL/oauth/token" |
        sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p'
}

# A call with the token, which goes the same way: `acme_curl ARGUMENTS`. Whoever is silent for half a minute is gone.
acme_curl() {
    curl -sS --connect-timeout 10 --speed-limit 1 --speed-time 30 --config <(printf 'header = "Authorization: Bearer %s"\n' "$token") "$@"
}
