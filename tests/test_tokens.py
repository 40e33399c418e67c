"""Service accounts and their tokens as programs meet them, judged by a library that others wrote (PyJWT); who keeps
them over HTTP; and signing in at a terminal."""

import base64
import json
import subprocess
import time
import uuid

import jwt
import pytest
import requests
from conftest import until
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from people import sign_in
from test_sign_up import fresh_address

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
    from cryptography.hazmat.primitives import hashes, hmac
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = part({"alg": "HS256", "typ": "at+jwt", "kid": header["kid"]}) + "." + part(claims)
    mac = hmac.HMAC(pem, hashes.SHA256())
    mac.update(text.encode())
    signed = [
        part({"alg": "none", "typ": "at+jwt"}) + "." + part(claims) + ".",
        part({**header, "alg": "none"}) + "." + part(claims) + "." + token.split(".")[2],
        text + "." + base64.urlsafe_b64encode(mac.finalize()).rstrip(b"=").decode(),
        jwt.encode(claims, own, "RS256", headers=header),
        jwt.encode(claims, own, "RS256", headers={**header, "typ": "JWT"}),
        jwt.encode({**claims, "aud": "https://elsewhere.example"}, own, "RS256", headers=header),
        jwt.encode({**claims, "exp": claims["iat"] - 1}, own, "RS256", headers=header),
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
    until(lambda: {call(platform, token, node=node).status_code for node in nodes} == {401}, seconds=30)
    assert call(platform, other).status_code == 200
    told = requests.post(platform.url + "/oauth/introspect", data={"token": token}, auth=(account, secret), timeout=10)
    assert told.json() == {"active": False}
    platform.run("service-account", "disable", account)
    until(lambda: {call(platform, other, node=node).status_code for node in nodes} == {401}, seconds=30)
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
    until(lambda: {call(platform, token, node=node).status_code for node in nodes} == {401}, seconds=30)
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
    assert refused.returncode == 1 and "tokens.refused" in refused.stderr
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


class Accounts:
    """Those of a person's organization, over HTTP."""

    def __init__(self, platform, address=None):
        self.person = sign_in(platform, address or fresh_address())
        self.org = self.person.get("/v1/me").json()["org"]["id"]

    def path(self, rest=""):
        return f"/v1/orgs/{self.org}/service_accounts{rest}"

    def make(self, name="ci", scopes=("files:read",), key=None):
        return self.person.post(self.path(), json={"name": name, "scopes": list(scopes)},
                                headers={"Idempotency-Key": key or uuid.uuid4().hex})

    def secret(self, account, **body):
        made = self.person.post(self.path(f"/{account}/keys"), json=body)
        assert made.status_code == 201, made.text
        return made.json()

    def change(self, account, **fields):
        path = self.path(f"/{account}")
        return self.person.patch(path, json=fields, headers={
            "If-Match": self.person.get(path).headers["ETag"], "Content-Type": "application/merge-patch+json"})


def test_an_organization_keeps_its_accounts_over_http(platform):
    accounts = Accounts(platform)
    key = uuid.uuid4().hex
    made = accounts.make(key=key)
    assert made.status_code == 201 and accounts.make(key=key).json() == made.json()
    account = made.json()["id"]
    secret = accounts.secret(account)["secret"]
    token = token_of(platform, account, secret)
    nodes = platform.names("serve")
    assert {call(platform, token, node=node).status_code for node in nodes} == {200}
    assert [row["id"] for row in accounts.person.get(accounts.path()).json()["data"]] == [account]
    assert accounts.change(account, state="disabled").json()["state"] == "disabled"
    until(lambda: {call(platform, token, node=node).status_code for node in nodes} == {401}, seconds=30)
    assert accounts.change(account, state="active").status_code == 200
    fresh = token_of(platform, account, secret)
    until(lambda: {call(platform, fresh, node=node).status_code for node in nodes} == {200}, seconds=30)
    assert {call(platform, token, node=node).status_code for node in nodes} == {401}
    own = rsa.generate_private_key(65537, 4096)
    pem = own.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    kept = accounts.secret(account, public_key=pem.decode())
    assert kept["kind"] == "public_key" and "secret" not in kept
    said = platform.run("service-account", "key", account, "-", "--json", input=pem.decode()).stdout
    assert json.loads(said)["thumbprint"] == kept["thumbprint"]
    assert accounts.person.delete(accounts.path(f"/{account}")).status_code == 204
    assert accounts.person.get(accounts.path(f"/{account}")).status_code == 404
    assert ask(platform, (account, secret)).status_code == 401
    actions = platform.sql(f"SELECT string_agg(action, ' ' ORDER BY id) FROM audit_entries WHERE target = '{account}'")
    assert actions.split()[0] == "service_accounts.create" and actions.split()[-1] == "service_accounts.delete"


def test_no_organization_reaches_the_accounts_of_another(platform):
    accounts, others = Accounts(platform), Accounts(platform)
    account = accounts.make().json()["id"]
    credential = accounts.secret(account)["id"]
    for org in (accounts.org, others.org):
        at = f"/v1/orgs/{org}/service_accounts/{account}"
        assert others.person.get(at).status_code == 404
        assert others.person.post(at + "/keys", json={}).status_code == 404
        assert others.person.delete(f"{at}/keys/{credential}").status_code == 404
        assert others.person.delete(at).status_code == 404
    assert accounts.person.get(accounts.path(f"/{account}")).status_code == 200


def test_commands_do_all_that_there_is_to_do_with_an_account(platform, email):
    account = make(platform, email)
    said = json.loads(platform.run("service-account", "change", account, "--scopes", "files:read", "--json").stdout)
    assert said["scopes"] == ["files:read"] and said["state"] == "active"
    secret_of(platform, account)
    [one] = [json.loads(line) for line in platform.run("service-account", "keys", account, "--json").stdout.splitlines()]
    assert one["kind"] == "secret" and one["last_used_at"] is None
    platform.run("service-account", "end-key", account, one["id"], "--json")
    assert platform.run("service-account", "keys", account).stdout == ""
    assert json.loads(platform.run("service-account", "disable", account, "--json").stdout)["state"] == "disabled"
    assert json.loads(platform.run("service-account", "enable", account, "--json").stdout)["state"] == "active"
    platform.run("service-account", "remove", account)
    assert account not in platform.run("service-account", "list", "--email", email).stdout
    assert json.loads(platform.run("accounts", "role", email, "viewer", "--json").stdout)["platform_role"] == "viewer"
    assert json.loads(platform.run("accounts", "role", email, "none", "--json").stdout)["platform_role"] == ""
    assert json.loads(platform.run("accounts", "disable", email, "--json").stdout)["state"] == "disabled"
    assert json.loads(platform.run("accounts", "enable", email, "--json").stdout)["state"] == "active"


def test_a_person_signs_in_at_a_terminal_and_out_again(platform, tmp_path):
    person = sign_in(platform, fresh_address())
    mine = person.get("/v1/me").json()["email"]
    environment = {"PATH": "/usr/bin", "XDG_CONFIG_HOME": str(tmp_path)}

    def acme(*words, expects=0):
        done = subprocess.run([str(platform.home.binary), *words], capture_output=True, text=True, timeout=60,
                              env=environment, cwd="/")
        assert done.returncode == expects, done.stdout + done.stderr
        return done.stderr if expects else done.stdout

    assert "acme login" in acme("whoami", expects=1)
    login = subprocess.Popen([str(platform.home.binary), "login", "--url", platform.url, "--scopes", "me:read", "--json"],
                             stdout=subprocess.PIPE, text=True, env=environment, cwd="/")
    try:
        shown = json.loads(login.stdout.readline())
        assert "device_code" not in shown
        assert person.post("/v1/auth/device/approve", json={"user_code": shown["user_code"]}).status_code == 204
        assert json.loads(login.communicate(timeout=60)[0])["email"] == mine
    finally:
        login.kill()
        login.wait(10)
    kept = tmp_path / "acme/login.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    key = json.loads(kept.read_text())["key"]
    assert json.loads(acme("whoami", "--json"))["email"] == mine and mine in acme("whoami")
    assert call(platform, key, "/v1/me").status_code == 200
    acme("logout", "--json")
    assert not kept.exists()
    until(lambda: call(platform, key, "/v1/me").status_code == 401, seconds=30)
    acme("logout", expects=1)
