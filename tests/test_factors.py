"""Second factors as people use them: an authenticator app that others wrote, recovery codes, a software authenticator
that signs what the platform asks for."""

import time

import pyotp
import pytest
from api import Api
from conftest import until
from people import link_of, sign_in, token_of
from sink import code_in, token_in
from test_sign_up import RESET, Mailbox

PASSWORD = "correct battery"


class Person:
    """Somebody with a password, signed in. `app` is their phone, once it is set up."""

    def __init__(self, platform):
        self.platform = platform
        self.email = f"factors-{time.monotonic_ns()}@example.com"
        self.api = sign_in(platform, self.email)
        assert self.api.post("/v1/auth/password/change", json={"new": PASSWORD}).status_code == 200

    def set_up_app(self):
        begun = self.api.post("/v1/me/mfa/totp")
        assert begun.status_code == 200, begun.text
        self.app = pyotp.parse_uri(begun.json()["uri"])
        assert self.app.secret == begun.json()["secret"] and self.app.name == self.email
        done = self.api.post("/v1/me/mfa/totp/confirm", json={"code": self.app.now()})
        assert done.status_code == 200, done.text
        self.recovery_codes = done.json()["recovery_codes"]
        assert len(set(self.recovery_codes)) == 10

    def next_code(self):
        """One that was not used yet: the first one was, to set the app up, and a clock may be a step ahead."""
        return self.app.at(time.time() + 30)

    def first_step(self, password=PASSWORD):
        api = Api(self.platform.url)
        return api, api.post("/v1/auth/login", json={"email": self.email, "password": password})


def second_step(api, asked, method, code):
    body = {"mfa_token": asked.json()["mfa_token"], "method": method, "code": code}
    return api.post("/v1/auth/mfa/verify", json=body)


@pytest.fixture
def person(platform):
    return Person(platform)


def test_the_code_of_an_app_is_asked_for_after_the_password_and_is_good_once(person):
    assert person.first_step()[1].status_code == 200
    person.set_up_app()
    api, asked = person.first_step()
    assert (asked.status_code, asked.json()["code"]) == (401, "sessions.mfa_required")
    assert asked.json()["methods"] == ["totp", "recovery"] and "Set-Cookie" not in asked.headers
    assert api.get("/v1/me").status_code == 401
    code = person.next_code()
    assert second_step(api, asked, "totp", code).status_code == 200
    assert api.get("/v1/me").json()["email"] == person.email
    thief, asked = person.first_step()
    assert second_step(thief, asked, "totp", code).json()["code"] == "factors.refused"
    used = person.recovery_codes[0]
    assert second_step(thief, asked, "recovery", used.upper().replace("-", " ")).status_code == 200
    assert second_step(thief, asked, "recovery", used).status_code == 401
    assert api.get("/v1/me/mfa").json()["recovery_codes_left"] == 9


def test_a_wrong_password_is_answered_the_same_with_a_factor_and_without(person):
    other = Person(person.platform)
    person.set_up_app()
    told = [each.first_step("wrong battery")[1] for each in (person, other)]
    assert told[0].status_code == told[1].status_code == 401
    passed_over = {"request_id", "trace_id"}
    said = [{key: value for key, value in each.json().items() if key not in passed_over} for each in told]
    assert said[0] == said[1] and sorted(told[0].headers) == sorted(told[1].headers)


def test_what_changes_how_one_signs_in_asks_for_a_recent_proof(person):
    person.platform.sql("UPDATE sessions SET created_at = created_at - interval '11 minutes' WHERE user_id = "
                        f"(SELECT id FROM users WHERE email = '{person.email}')")
    for method, path in (("POST", "/totp"), ("DELETE", "/totp"), ("POST", "/recovery_codes")):
        refused = person.api.call(method, "/v1/me/mfa" + path)
        assert (refused.status_code, refused.json()["code"]) == (401, "sessions.proof_too_old"), path
    assert person.api.get("/v1/me").status_code == 200
    login = {"email": person.email, "password": PASSWORD}
    assert person.api.post("/v1/auth/login", json=login).status_code == 200
    person.set_up_app()
    assert person.api.delete("/v1/me/mfa/totp").status_code == 204
    assert person.first_step()[1].status_code == 200


def test_a_new_password_by_mail_asks_for_the_second_factor(person):
    mailbox, api = Mailbox(person.platform), Api(person.platform.url)
    person.set_up_app()
    assert api.post("/v1/auth/password/forgot", json={"email": person.email}).status_code == 202
    body = {"token": token_in(mailbox.text(person.email, RESET)), "new": "another battery"}
    asked = api.post("/v1/auth/password/reset", json=body)
    assert (asked.status_code, asked.json()["code"]) == (401, "sessions.mfa_required")
    assert second_step(api, asked, "totp", person.next_code()).status_code == 401, "the mail stands for no password"
    wrong = {**body, "second": {"method": "recovery", "code": "00000-00000"}}
    assert api.post("/v1/auth/password/reset", json=wrong).status_code == 401
    assert person.api.get("/v1/me").status_code == 200, "nothing has happened"
    right = {**body, "second": {"method": "totp", "code": person.next_code()}}
    assert api.post("/v1/auth/password/reset", json=right).status_code == 204
    # At once as long as Redis answers in time; else a node has a copy of the session for some seconds.
    until(lambda: person.api.get("/v1/me").status_code == 401, seconds=30)
    assert person.first_step("another battery")[1].json()["code"] == "sessions.mfa_required"


def test_whoever_lost_everything_comes_back_by_an_administrators_link(person):
    person.set_up_app()
    user = person.api.get("/v1/me").json()["id"]
    made = sign_in(person.platform).post(f"/v1/admin/users/{user}/link")
    api = Api(person.platform.url)
    assert api.post("/v1/auth/link", json={"token": token_of(made.json()["url"])}).status_code == 200
    assert api.delete("/v1/me/mfa/totp").status_code == 204


def test_what_happened_is_in_the_audit_and_no_secret_is_anywhere(person):
    platform = person.platform
    person.set_up_app()
    api, asked = person.first_step()
    assert second_step(api, asked, "recovery", person.recovery_codes[0]).status_code == 200
    assert api.post("/v1/me/mfa/recovery_codes").status_code == 201
    user = api.get("/v1/me").json()["id"]
    done = platform.sql(f"SELECT string_agg(action, ' ' ORDER BY id) FROM audit_entries WHERE target = '{user}' "
                        "AND action LIKE 'factors.%'")
    assert done == "factors.totp_on factors.pass factors.renew_recovery_codes"
    kept = platform.sql("SELECT string_agg(t::text, ' ') FROM credentials_totp t")
    kept += platform.sql("SELECT string_agg(r::text, ' ') FROM recovery_codes r")
    for secret in (person.app.secret, *person.recovery_codes, asked.json()["mfa_token"]):
        assert secret not in kept
        assert all(secret not in str(line) for line in platform.logs())


def test_bad_input_is_told_at_once(person):
    api = Api(person.platform.url)
    refused = api.post("/v1/auth/mfa/verify", json={"method": "dance", "more": 1})
    assert refused.status_code == 422
    assert {each["pointer"] for each in refused.json()["errors"]} >= {"/mfa_token", "/method", "/more"}
    junk = {"mfa_token": "x.y", "method": "totp", "code": "123456"}
    assert api.post("/v1/auth/mfa/verify", json=junk).json()["code"] == "factors.token_invalid"
    assert person.api.post("/v1/me/mfa/totp/confirm", json={"code": "123456"}).status_code == 409
    assert person.api.post("/v1/me/mfa/recovery_codes").status_code == 409
