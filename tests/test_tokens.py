"""Service accounts and their tokens as programs meet them, judged by a library that others wrote (PyJWT)."""

import base64
import json
import subprocess
import time
import uuid

import jwt
import pytest
import requests
from conftest import until
from cryptography.hazmat.primitives.asymmetric import rsa

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture(scope="module")
def email(platform):
    platform.run("accounts", "create", "--email", "machines@example.com", "--name", "Machines")
    return "machines@example.com"


def make(platform, email, *options, scopes="files:read,files:write"):
    """The id of a new account."""
    said = platform.run("service-account", "create", "--email", email, "--name", "ci", "--scopes", scopes, "--json",
                        *options).stdout
    return json.loads(said)["id"]


def secret_of(platform, account, *options):
    said = json.loads(platform.run("service-account", "secret", account, "--json", *options).stdout)
    assert said["client_id"] == account and said["client_secret"].startswith("acs_")
    return said["client_secret"]


def ask(platform, auth=None, **form):
    return requests.post(platform.url + "/oauth/token", data={"grant_type": "client_credentials", **form}, auth=auth,
                         timeout=30)


def token_of(platform, account, secret):
    given = ask(platform, (account, secret))
    assert given.status_code == 200, given.text
    return given.json()["access_token"]


def call(platform, token, path="/v1/files", method="GET", node="app-1", **options):
    return requests.request(method, platform.node_url(node) + path, timeout=10,
                            headers={"Authorization": f"Bearer {token}", **options.pop("headers", {})}, **options)


def published(platform):
    return jwt.PyJWKSet.from_dict(requests.get(platform.url + "/.well-known/jwks.json", timeout=10).json()).keys


def verified(platform, token):
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(key for key in published(platform) if key.key_id == kid)
    return jwt.decode(token, key.key, algorithms=["RS256"], audience=issuer(platform), issuer=issuer(platform))


def issuer(platform):
    return requests.get(platform.url + "/.well-known/oauth-authorization-server", timeout=10).json()["issuer"]


def part(text):
    return base64.urlsafe_b64encode(json.dumps(text).encode()).rstrip(b"=").decode()


def test_a_token_is_good_on_every_node_and_to_anybodys_library(platform, email):
    account = make(platform, email)
    token = token_of(platform, account, secret_of(platform, account))
    claims = verified(platform, token)
    assert claims["sub"] == claims["client_id"] == account
    assert claims["exp"] - claims["iat"] == 86400
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"
    assert all(key.key.key_size == 4096 for key in published(platform))
    for node in platform.names("serve"):
        answer = call(platform, token, node=node)
        assert answer.status_code == 200 and "RateLimit" in answer.headers, answer.text
    stored = call(platform, token, "/v1/files?name=a.txt", "POST", data=b"text",
                  headers={"Content-Type": "application/octet-stream"})
    assert stored.status_code == 201, stored.text
    assert call(platform, token, f"/v1/files/{stored.json()['id']}", "DELETE").status_code == 204
    assert call(platform, token, "/v1/nodes").status_code == 403
    assert call(platform, token, "/v1/me/api_keys").status_code == 403


def test_what_an_attacker_makes_of_a_token_is_refused(platform, email):
    """The attacks of RFC 8725."""
    account = make(platform, email)
    token = token_of(platform, account, secret_of(platform, account))
    header, claims = jwt.get_unverified_header(token), verified(platform, token)
    public = published(platform)[0].key
    own = rsa.generate_private_key(65537, 4096)
    from cryptography.hazmat.primitives import hashes, hmac, serialization
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = part({"alg": "HS256", "typ": "at+jwt", "kid": header["kid"]}) + "." + part(claims)
    mac = hmac.HMAC(pem, hashes.SHA256())
    mac.update(text.encode())
    signed = [
        part({"alg": "none", "typ": "at+jwt"}) + "." + part(claims) + ".",
        part({**header, "alg": "none"}) + "." + part(claims) + "." + token.split(".")[2],
        text + "." + base64.urlsafe_b64encode(mac.finalize()).rstrip(b"=").decode(),
        jwt.encode(claims, own, "RS256", headers=header),
        jwt.encode(claims, own, "RS256", headers={**header, "kid": "../../dev/null"}),
        jwt.encode(claims, own, "RS256", headers={**header, "jku": "http://127.0.0.1:9/keys.json"}),
        jwt.encode(claims, own, "RS256", headers={**header, "jwk": json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(own.public_key()))}),
        token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"),
        token.split(".")[0] + "." + part({**claims, "scope": "nodes:read"}) + "." + token.split(".")[2],
        token + "." + token,
        "eyJ" + "A" * 5000,
    ]
    for forged in signed:
        assert call(platform, forged).status_code == 401, forged
    assert call(platform, token).status_code == 200


def test_an_account_proves_itself_with_a_signature_of_its_own(platform, email):
    account = make(platform, email)
    own = rsa.generate_private_key(65537, 4096)
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(own.public_key())
    platform.run("service-account", "key", account, jwk)
    url = issuer(platform)

    def signed(key=own, **changed):
        now = int(time.time())
        claims = {"iss": account, "sub": account, "aud": url + "/oauth/token", "jti": str(uuid.uuid4()), "iat": now,
                  "exp": now + 300, **changed}
        return ask(platform, client_assertion_type=ASSERTION, client_assertion=jwt.encode(claims, key, "RS256"))

    given = signed()
    assert given.status_code == 200, given.text
    assert call(platform, given.json()["access_token"]).status_code == 200
    once = str(uuid.uuid4())
    assert [signed(jti=once).status_code for _ in range(2)] == [200, 401]
    assert signed(aud="https://elsewhere.example").status_code == 401
    assert signed(exp=int(time.time()) - 1).status_code == 401
    assert signed(rsa.generate_private_key(65537, 4096)).json()["error"] == "invalid_client"
    small = jwt.algorithms.RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048).public_key())
    assert platform.run("service-account", "key", account, small, check=False).returncode == 1


def test_what_is_revoked_ends_on_every_node_within_a_second(platform, email):
    account = make(platform, email)
    secret = secret_of(platform, account)
    token, other = token_of(platform, account, secret), token_of(platform, account, secret)
    nodes = platform.names("serve")
    assert {call(platform, token, node=node).status_code for node in nodes} == {200}
    told = requests.post(platform.url + "/oauth/introspect", data={"token": token}, auth=(account, secret), timeout=10)
    assert told.json()["active"] and told.json()["scope"] == "files:read files:write"
    revoked = requests.post(platform.url + "/oauth/revoke", data={"token": token}, auth=(account, secret), timeout=10)
    assert revoked.status_code == 200
    until(lambda: {call(platform, token, node=node).status_code for node in nodes} == {401}, seconds=2)
    assert call(platform, other).status_code == 200
    told = requests.post(platform.url + "/oauth/introspect", data={"token": token}, auth=(account, secret), timeout=10)
    assert told.json() == {"active": False}
    platform.run("service-account", "disable", account)
    until(lambda: {call(platform, other, node=node).status_code for node in nodes} == {401}, seconds=2)
    assert ask(platform, (account, secret)).status_code == 401


def test_keys_are_rotated_without_a_failure_and_dropped_at_once_when_told(platform, email):
    account = make(platform, email)
    secret = secret_of(platform, account)
    token = token_of(platform, account, secret)
    rows = [json.loads(line) for line in platform.run("keys", "rotate-signing", "--json").stdout.splitlines()]
    assert [row["state"] for row in rows][-2:] == ["active", "next"]
    assert {key.key_id for key in published(platform)} == {row["id"] for row in rows}
    assert call(platform, token).status_code == 200
    assert verified(platform, token_of(platform, account, secret))
    rows = [json.loads(line) for line in platform.run("keys", "rotate-signing", "--now", "--json").stdout.splitlines()]
    assert [row["state"] for row in rows] == ["active"]
    nodes = platform.names("serve")
    until(lambda: {call(platform, token, node=node).status_code for node in nodes} == {401}, seconds=2)
    assert verified(platform, token_of(platform, account, secret))


def test_a_program_elsewhere_keeps_a_token_without_any_configuration(platform, email):
    account = make(platform, email)
    words = [str(platform.home.binary), "service-account", "token", account, "--url", platform.url]

    def said(secret, *options):
        return subprocess.run([*words, *options], input=secret + "\n", capture_output=True, text=True, timeout=60,
                              env={"PATH": "/usr/bin"}, cwd="/")

    secret = secret_of(platform, account)
    token = said(secret).stdout.strip()
    assert call(platform, token).status_code == 200
    refused = said(secret[:-1] + ("0" if secret[-1] != "0" else "1"))
    assert refused.returncode == 1 and "tokens.refused" in refused.stdout
    assert secret[:20] not in refused.stdout + refused.stderr
    following = subprocess.Popen([*words, "--follow"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                 env={"PATH": "/usr/bin"}, cwd="/")
    following.stdin.write(secret + "\n")
    following.stdin.close()
    try:
        assert call(platform, following.stdout.readline().strip()).status_code == 200
        assert following.poll() is None, "it goes on"
    finally:
        following.kill()
        following.wait(10)


def test_no_secret_and_no_private_key_is_kept(platform, email):
    account = make(platform, email)
    first = secret_of(platform, account)
    second = secret_of(platform, account, "--grace", "0")
    assert ask(platform, (account, first)).status_code == 401
    token = token_of(platform, account, second)
    assert call(platform, token).status_code == 200
    rows = platform.sql("SELECT (SELECT string_agg(c::text, ' ') FROM service_account_credentials c) || "
                        "(SELECT string_agg(k::text, ' ') FROM signing_keys k) || "
                        "(SELECT string_agg(a::text, ' ') FROM audit_entries a)")
    said = rows + "".join(str(line) for line in platform.logs())
    for text in (first.split("_", 2)[2], second.split("_", 2)[2], "PRIVATE KEY", token.split(".")[2]):
        assert text not in said
