"""Signing in with an account elsewhere, at a provider that others wrote and at one that lies (BEY-10)."""

import base64
import hashlib
import hmac
import json
import re
import time
import urllib.parse

import jwt
import pyotp
import pytest
import requests
from api import Api
from conftest import Home, Platform, until
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from people import sign_in
from providers import SECRET, Hostile, Person, free_port, provider, variables

NAMES = ("there", "there-es", "gone", "hostile")


class World:
    def __init__(self, platform, hostile):
        self.platform = platform
        self.hostile = hostile
        self.url = platform.environment["ACME_URL"]  # where providers send people back to

    def api(self):
        return Api(self.url)

    def is_back(self, location):
        return location.startswith(self.url + "/v1/auth/oidc/")


@pytest.fixture(scope="module")
def world():
    there, hostile = free_port(), Hostile(free_port())
    environment = {"OIDC_PROVIDERS": ",".join(NAMES), "OIDC_THERE_TITLE": "Over There",
                   **variables("there", f"http://127.0.0.1:{there}"),
                   **variables("there-es", f"http://127.0.0.1:{there}", "acme-es"),
                   **variables("gone", f"http://127.0.0.1:{free_port()}"), **variables("hostile", hostile.issuer)}
    platform = Platform(Home(), "--app-nodes", "2", environment=environment)
    try:
        platform.start()
        world = World(platform, hostile)
        callbacks = [f"{world.url}/v1/auth/oidc/{name}/callback" for name in ("there", "there-es")]
        with provider(there, *callbacks):
            yield world
    finally:
        platform.stop()
        hostile.close()
        platform.home.remove()


def path_of(answer):
    """Where a browser is led, on the platform itself."""
    assert answer.status_code == 303, answer.text
    location = answer.headers["Location"]
    assert location.startswith("/") and not location.startswith("//"), location
    return location


def problem_of(answer):
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(path_of(answer)).query)
    return query.get("problem", [""])[0]


def start(api, name="there", **query):
    return api.get(f"/v1/auth/oidc/{name}/start", params=query)


def come_back(api, location):
    split = urllib.parse.urlsplit(location)
    return api.get(f"{split.path}?{split.query}")


def sign_in_there(world, login, name="there", api=None, **query):
    """The browser, and how its coming back was answered."""
    api = api or world.api()
    begun = start(api, name, **query)
    assert begun.status_code == 303, begun.text
    return api, come_back(api, Person(login).go(begun.headers["Location"], world.is_back))


def connect(world, api, login, name="there"):
    begun = api.post("/v1/me/identities", json={"provider": name})
    assert begun.status_code == 200, begun.text
    return come_back(api, Person(login).go(begun.json()["location"], world.is_back))


def fresh(word="ada"):
    return f"{word}-{time.monotonic_ns()}@example.com"


def test_the_providers_are_listed_and_their_secrets_are_nowhere(world):
    listed = world.api().get("/v1/auth/oidc/providers").json()["data"]
    assert [one["name"] for one in listed] == list(NAMES)
    assert [one["title"] for one in listed][:2] == ["Over There", "There-es"]
    assert SECRET not in "".join(path.read_text() for path in (world.platform.data / "logs").iterdir())
    shown = world.platform.run("config", "show", check=False).stdout
    assert SECRET not in shown


@pytest.mark.parametrize("name", ["there", "there-es"])
def test_who_is_new_comes_in_with_an_account_of_their_own_and_comes_again(world, name):
    login = fresh()
    api, answer = sign_in_there(world, login, name, next="/files?state=a")
    assert path_of(answer) == "/files?state=a"
    me = api.get("/v1/me").json()
    assert (me["email"], me["org"]["role"], me["platform_role"]) == (login, "owner", None)
    again, answer = sign_in_there(world, login, name)
    assert path_of(answer) == "/" and again.get("/v1/me").json()["id"] == me["id"]
    linked = again.get("/v1/me/identities").json()["data"]
    assert [(one["provider"], one["email"]) for one in linked] == [(name, login)]
    assert again.get("/v1/me/sessions").json()["data"][0]["method"] == "oidc"
    said = again.delete(f"/v1/me/identities/{linked[0]['id']}")
    assert said.status_code == 409 and said.json()["code"] == "identities.last_way_in"


def test_what_is_asked_of_the_provider_is_bound_to_this_browser(world):
    begun = start(world.api())
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(begun.headers["Location"]).query)
    assert asked["response_type"] == ["code"] and asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [world.url + "/v1/auth/oidc/there/callback"]
    assert min(len(asked[name][0]) for name in ("state", "nonce", "code_challenge")) == 43
    cookie = begun.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Max-Age=600" in cookie
    assert asked["state"][0] not in cookie and begun.headers["Cache-Control"] == "no-store"
    another = urllib.parse.parse_qs(urllib.parse.urlsplit(start(world.api()).headers["Location"]).query)
    assert all(asked[name] != another[name] for name in ("state", "nonce", "code_challenge"))


def test_an_account_of_the_same_address_is_taken_over_by_nobody_and_connected_by_its_owner(world):
    login = fresh()
    owner = sign_in(world.platform, login)
    stranger, answer = sign_in_there(world, login)
    assert problem_of(answer) == "identities.sign_in_first" and stranger.get("/v1/me").status_code == 401
    assert path_of(connect(world, owner, login)) == "/me"
    api, answer = sign_in_there(world, login)
    assert path_of(answer) == "/" and api.get("/v1/me").json()["id"] == owner.get("/v1/me").json()["id"]
    other = sign_in(world.platform, fresh("bob"))
    assert path_of(connect(world, other, login)) == "/me?problem=identities.taken"
    assert other.get("/v1/me/identities").json()["data"] == []
    trail = world.platform.sql("SELECT action FROM audit_entries WHERE actor = "
                               f"'{owner.get('/v1/me').json()['id']}' AND action LIKE 'identities.%'")
    assert trail == "identities.link"


def test_an_address_that_is_not_verified_makes_no_account_and_tells_of_none(world):
    known = "unverified-" + fresh()
    sign_in(world.platform, known)
    for login in (known, "unverified-" + fresh()):
        api, answer = sign_in_there(world, login)
        assert problem_of(answer) == "identities.email_unverified" and api.get("/v1/me").status_code == 401


def test_who_calls_it_off_there_comes_back_to_where_they_were(world):
    api = world.api()
    begun = start(api, next="/files")
    answer = come_back(api, Person(fresh()).go(begun.headers["Location"], world.is_back, calls_off=True))
    assert path_of(answer) == "/sign-in?problem=identities.denied&next=%2ffiles"


def test_another_browser_cannot_bring_an_answer_and_none_can_bring_it_twice(world):
    """Login CSRF: a code of Mallory's in the browser of Ada would sign Ada in as Mallory."""
    api, mallory = world.api(), world.api()
    start(api)
    location = Person(fresh("mallory")).go(start(mallory).headers["Location"], world.is_back)
    for victim in (api, world.api()):
        assert problem_of(come_back(victim, location)) == "identities.flight_invalid"
        assert victim.get("/v1/me").status_code == 401
    kept = mallory.http.cookies.copy()
    assert path_of(come_back(mallory, location)) == "/"
    assert "acme_flight" not in mallory.http.cookies
    again = world.api()
    again.http.cookies.update({"acme_flight": kept["acme_flight"]})
    assert problem_of(come_back(again, location)) == "identities.code_refused"
    assert again.get("/v1/me").status_code == 401


def test_state_issuer_and_cookie_cannot_be_forged(world):
    for change in (lambda url: re.sub(r"state=[^&]+", "state=" + "A" * 43, url),
                   lambda url: re.sub(r"state=[^&]+&?", "", url),
                   lambda url: url.replace("/there/", "/there-es/")):
        api = world.api()
        location = Person(fresh()).go(start(api).headers["Location"], world.is_back)
        assert problem_of(come_back(api, change(location))) == "identities.flight_invalid"
        assert api.get("/v1/me").status_code == 401
    for change in (lambda url: re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fevil.example", url),
                   lambda url: re.sub(r"&iss=[^&]+", "", url)):  # which this provider always says
        api = world.api()
        location = Person(fresh()).go(start(api).headers["Location"], world.is_back)
        assert change(location) != location
        assert problem_of(come_back(api, change(location))) == "identities.token_invalid"
    api = world.api()
    location = Person(fresh()).go(start(api).headers["Location"], world.is_back)
    value = api.http.cookies["acme_flight"]
    api.http.cookies.clear()
    api.http.cookies.set("acme_flight", value[:-2] + ("A" if value[-2] != "A" else "B") + value[-1])
    assert problem_of(come_back(api, location)) == "identities.flight_invalid"


@pytest.mark.parametrize("foreign", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example",
                                     "javascript:alert(1)", "evil.example", "/a\r\nSet-Cookie: acme_session=x"])
def test_nobody_is_led_to_another_site(world, foreign):
    answer = start(world.api(), next=foreign)
    assert answer.status_code == 422 and answer.json()["code"] == "identities.next_foreign"
    assert "Location" not in answer.headers


def test_connecting_begins_with_a_post_that_no_other_site_can_send(world):
    api = sign_in(world.platform, fresh())
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    said = api.post("/v1/me/identities", json={"provider": "there"}, headers=foreign)
    assert said.status_code == 403 and said.json()["code"] == "access.cross_site"
    assert api.post("/v1/me/identities", json={"provider": "nowhere"}).status_code == 404
    assert start(api, "nowhere").status_code == 404
    # Whoever signs in as somebody else meanwhile connects nothing to that one.
    login = fresh()
    begun = api.post("/v1/me/identities", json={"provider": "there"}).json()["location"]
    location = Person(login).go(begun, world.is_back)
    bob = sign_in(world.platform, fresh("bob"))
    bob.http.cookies.set("acme_flight", api.http.cookies["acme_flight"])
    assert path_of(come_back(bob, location)) == "/me?problem=identities.flight_invalid"
    assert bob.get("/v1/me/identities").json()["data"] == []
    assert path_of(come_back(api, location)) == "/me"
    linked = api.get("/v1/me/identities").json()["data"]
    assert [one["email"] for one in linked] == [login]


def test_who_has_a_password_disconnects_an_account_and_it_signs_in_no_more(world):
    login = fresh()
    api = sign_in(world.platform, login)
    assert api.post("/v1/auth/password/change", json={"new": "correct battery"}).status_code == 200
    assert path_of(connect(world, api, login)) == "/me"
    identity = api.get("/v1/me/identities").json()["data"][0]["id"]
    assert api.delete(f"/v1/me/identities/{identity}").status_code == 204
    assert api.delete(f"/v1/me/identities/{identity}").status_code == 404
    assert problem_of(sign_in_there(world, login)[1]) == "identities.sign_in_first"


def test_who_has_a_second_factor_brings_it_after_the_provider_too(world):
    login = fresh()
    api, _ = sign_in_there(world, login)
    app = pyotp.parse_uri(api.post("/v1/me/mfa/totp").json()["uri"])
    recovery = api.post("/v1/me/mfa/totp/confirm", json={"code": app.now()}).json()["recovery_codes"]
    again, answer = sign_in_there(world, login, next="/files")
    location = urllib.parse.urlsplit(path_of(answer))
    assert (location.path, location.query) == ("/sign-in", "next=%2ffiles")
    brought = urllib.parse.parse_qs(location.fragment)
    assert brought["methods"] == ["totp,recovery"] and again.get("/v1/me").status_code == 401
    step = {"mfa_token": brought["mfa_token"][0], "method": "recovery"}
    assert again.post("/v1/auth/mfa/verify", json={**step, "code": "k7m2q-x9d4p"}).status_code == 401
    done = again.post("/v1/auth/mfa/verify", json={**step, "code": recovery[0]})
    assert done.status_code == 200 and done.json()["method"] == "oidc"
    assert again.get("/v1/me").json()["email"] == login


def test_a_provider_that_is_away_is_said_to_be_and_the_rest_goes_on(world):
    for _ in range(3):
        answer = start(world.api(), "gone", next="/files")
        assert path_of(answer) == "/sign-in?problem=identities.provider_unavailable&next=%2ffiles"
    assert sign_in(world.platform, fresh()).post("/v1/me/identities", json={"provider": "gone"}).status_code == 503


def answer_of(world, api=None):
    """Of coming back from the hostile provider with whatever it says now."""
    api = api or world.api()
    begun = start(api, "hostile")
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(begun.headers["Location"]).query)
    world.hostile.nonce = asked["nonce"][0]
    return api, come_back(api, f"{api.url}/v1/auth/oidc/hostile/callback?code=c&state={asked['state'][0]}")


@pytest.fixture
def hostile(world):
    # On every node: one that could not ask it once leaves it alone for a while, and then knows it for an hour.
    for node in world.platform.names("serve"):
        api = Api(world.platform.node_url(node))
        until(lambda api=api: start(api, "hostile").headers["Location"].startswith(world.hostile.issuer), seconds=30)
    yield world.hostile
    world.hostile.mood, world.hostile.claims = {}, {}


def hs256_with_the_public_key(key):
    """Signed by hand: the library itself refuses to."""
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def make(claims):
        def part(value):
            return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")
        text = part({"alg": "HS256", "kid": "1", "typ": "JWT"}) + b"." + part(claims)
        mac = base64.urlsafe_b64encode(hmac.new(public, text, hashlib.sha256).digest()).rstrip(b"=")
        return (text + b"." + mac).decode()

    return make


def test_a_token_that_is_forged_or_meant_for_somebody_else_signs_nobody_in(world, hostile):
    usual, other = hostile.token, rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = int(time.time())
    for claims in ({"iss": "https://other.example"}, {"aud": "other"}, {"aud": ["acme", "other"]}, {"azp": "other"},
                   {"nonce": "other"}, {"exp": now - 120}, {"iat": now + 3600}, {"sub": ""}):
        hostile.claims = claims
        api, answer = answer_of(world)
        assert problem_of(answer) == "identities.token_invalid", claims
        assert api.get("/v1/me").status_code == 401
    hostile.claims = {}
    try:
        for make in (lambda claims: jwt.encode(claims, None, algorithm="none"), hs256_with_the_public_key(hostile.key),
                     lambda claims: jwt.encode(claims, other, algorithm="RS256", headers={"kid": "1"}),
                     lambda claims: jwt.encode(claims, other, algorithm="RS256", headers={"kid": "2"}),
                     lambda claims: jwt.encode(claims, hostile.key, algorithm="RS512", headers={"kid": "1"}),
                     lambda claims: "", lambda claims: "a.b.c", lambda claims: usual(claims) + "x" * 20_000):
            hostile.token = make
            api, answer = answer_of(world)
            assert problem_of(answer) == "identities.token_invalid"
            assert api.get("/v1/me").status_code == 401
    finally:
        hostile.token = usual
    assert hostile.asked.count("/keys") < 10, "each unknown key had the keys fetched"
    assert world.platform.sql("SELECT count(*) FROM users WHERE email_norm = 'mallory@example.com'") == "0"
    api, answer = answer_of(world)
    assert path_of(answer) == "/" and api.get("/v1/me").json()["email"] == "mallory@example.com"


def test_answers_that_are_slow_huge_or_nonsense_end_in_time_and_hold_nobody_up(world, hostile):
    for mood, code in ((500, "provider_unavailable"), (400, "code_refused"), (b"x" * 1_000_000, "provider_unavailable"),
                       (b"<html>", "code_refused"), (b"[]", "code_refused"), (b"{}", "token_invalid"),
                       ("silent", "provider_unavailable")):
        hostile.mood = {"/token": mood}
        api, answer = answer_of(world)
        assert problem_of(answer) == f"identities.{code}", mood
        assert api.get("/v1/me").status_code == 401
    hostile.mood = {}
    assert path_of(answer_of(world)[1]) == "/"


def test_what_happened_is_counted(world):
    texts = [requests.get(world.platform.node_url(node, operations=True) + "/metrics", timeout=10).text
             for node in world.platform.names("serve")]
    counted = "\n".join(texts)
    for kind, result in (("oidc", "ok"), ("oidc", "refused"), ("oidc_link", "ok"), ("oidc_link", "refused")):
        assert f'auth_events_total{{kind="{kind}",result="{result}"}}' in counted
