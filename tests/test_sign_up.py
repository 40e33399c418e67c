"""Accounts that people make themselves, on a machine without a mail server: their mails are in the mailbox (BEY-10)."""

import time

import requests
from api import Api
from conftest import until
from people import sign_in
from sink import code_in, token_in


class Mailbox:
    """As an administrator sees it."""

    def __init__(self, platform):
        self.api = sign_in(platform)

    def text(self, address, subject):
        """Of the one mail of that subject to that address, as soon as it is there."""
        def look():
            return [mail["text"] for mail in self.api.get("/v1/mailbox", params={"limit": 200}).json()["data"]
                    if (mail["to"], mail["subject"]) == (address, subject)]
        texts = until(look, seconds=60)
        assert len(texts) == 1
        return texts[0]


CONFIRM, KNOWN, RESET = "Confirm your address", "You have an account already", "Set a new password"


def ask(api, address, password="correct battery"):
    return api.post("/v1/auth/signup", json={"email": address, "name": "Ada", "password": password})


def verify(api, headers=None, **proof):
    return api.post("/v1/auth/email/verify", json={**proof, "password": "correct battery"}, headers=headers)


def fresh_address():
    return f"ada-{time.monotonic_ns()}@example.com"


def test_who_signs_up_gets_an_account_of_their_own_and_no_right_on_the_platform(platform):
    mailbox, api, address = Mailbox(platform), Api(platform.url), fresh_address()
    assert ask(api, address).status_code == 202
    text = mailbox.text(address, CONFIRM)
    assert verify(api, email=address, code=code_in(text)).status_code == 200
    me = api.get("/v1/me").json()
    assert (me["email"], me["org"]["role"], me["platform_role"]) == (address, "owner", None)
    assert api.get("/v1/nodes").status_code == 403
    assert api.get("/v1/mailbox").status_code == 403


def test_a_storm_of_mail_scanners_consumes_nothing_and_a_used_link_is_used(platform):
    mailbox, api, address = Mailbox(platform), Api(platform.url), fresh_address()
    ask(api, address)
    token = token_in(mailbox.text(address, CONFIRM))
    for _ in range(50):
        # A fragment is not sent; scanners that take addresses apart send it all the same.
        for path in ("/verify", f"/verify?token={token}", "/reset"):
            requests.head(platform.url + path, timeout=10)
            assert requests.get(platform.url + path, timeout=10).status_code == 200
    assert requests.get(platform.url + "/v1/auth/email/verify", params={"token": token}, timeout=10).status_code == 405
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://scanner.example"}
    assert verify(api, headers=foreign, token=token).status_code == 403
    assert verify(api, token=token).status_code == 200
    assert verify(Api(platform.url), token=token).status_code == 401


def test_an_address_that_has_an_account_is_answered_as_any_other(platform):
    mailbox, known = Mailbox(platform), fresh_address()
    sign_in(platform, known)
    answers = [ask(Api(platform.url), address) for address in (known, fresh_address())]
    answers += [Api(platform.url).post("/v1/auth/password/forgot", json={"email": address})
                for address in (known, fresh_address())]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, '{"mail":"mailbox"}')}
    names = [sorted(answer.headers) for answer in answers]
    assert all(each == names[0] for each in names)
    assert "#token=" not in mailbox.text(known, KNOWN)
    assert "#token=" in mailbox.text(known, RESET)


def test_a_new_password_ends_all_sessions_and_wrong_codes_are_bounded(platform):
    mailbox, api, address = Mailbox(platform), Api(platform.url), fresh_address()
    ask(api, address)
    token = token_in(mailbox.text(address, CONFIRM))
    assert verify(api, token=token).status_code == 200
    stranger = Api(platform.url)
    assert stranger.post("/v1/auth/password/forgot", json={"email": address}).status_code == 202
    text = mailbox.text(address, RESET)
    wrong = f"{(int(code_in(text)) + 1) % 10**8:08}"
    for code in [wrong] * 5 + [code_in(text)]:
        body = {"email": address, "code": code, "new": "another battery"}
        assert stranger.post("/v1/auth/password/reset", json=body).status_code == 401
    assert api.get("/v1/me").status_code == 200
    body = {"token": token_in(text), "new": "another battery"}
    assert stranger.post("/v1/auth/password/reset", json=body).status_code == 204
    # At once as long as Redis answers in time; else a node has a copy of the session for some seconds.
    until(lambda: api.get("/v1/me").status_code == 401, seconds=30)
    for password, status in (("correct battery", 401), ("another battery", 200)):
        assert api.post("/v1/auth/login", json={"email": address, "password": password}).status_code == status


def test_where_signing_up_is_closed_nobody_makes_an_account(start_platform):
    platform = start_platform("--app-nodes", "1", environment={"ACME_SIGNUP": "closed"})
    api = Api(platform.url)
    assert api.get("/v1/auth/options").json() == {"sign_up": "closed", "mail": "mailbox"}
    assert ask(api, "ada@example.com").json()["code"] == "accounts.sign_up_closed"
    assert platform.sql("SELECT count(*) FROM mails") == "0"
