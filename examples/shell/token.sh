# shellcheck shell=bash
# Sourced: `token` prints an access token of the service account. The secret goes to curl by standard
# input, where no other user of the machine sees it.
token() {
    printf 'user = "%s:%s"\n' "$ACME_CLIENT_ID" "$ACME_CLIENT_SECRET" |
        curl -fsS --config - -d grant_type=client_credentials "$ACME_URL/oauth/token" |
        sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p'
}

# A call with the token, which goes the same way: `acme_curl ARGUMENTS`.
acme_curl() {
    printf 'header = "Authorization: Bearer %s"\n' "$token" | curl -sS --config - "$@"
}
