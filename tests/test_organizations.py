"""Organizations, their members and invitations, with the mails in the mailbox of one machine (C-11, BEY-7, BEY-10)."""

import concurrent.futures
import contextlib
import time
import uuid

import requests
from api import Api
from conftest import until
from people import sign_in
from sink import code_in, token_in
from test_sign_up import Mailbox, fresh_address

INVITED = "You are invited to an organization"
SHOW, ACCEPT = "/v1/auth/invitation/show", "/v1/auth/invitation/accept"
NEWCOMER = {"name": "Bob", "password": "correct battery"}


class Organization:
    """One of its own, of a fresh owner, whose session is in it."""

    def __init__(self, platform):
        self.platform = platform
        self.owner = sign_in(platform, fresh_address())
        made = self.owner.post("/v1/orgs", json={"name": "Engines"}, headers=key())
        assert made.status_code == 201
        self.id = made.json()["id"]
        assert self.switch(self.owner).status_code == 200

    def switch(self, api):
        return api.post(f"/v1/orgs/{self.id}:switch")

    def path(self, rest):
        return f"/v1/orgs/{self.id}/{rest}"

    def invite(self, address, role="member", api=None, headers=None):
        return (api or self.owner).post(self.path("invitations"), json={"email": address, "role": role},
                                        headers=headers or key())

    def invited(self, mailbox, role="member"):
        """The address and the words of its mail."""
        address = fresh_address()
        assert self.invite(address, role).status_code == 201
        return address, mailbox.text(address, INVITED)

    def joined(self, mailbox, role="member"):
        """A newcomer who accepted."""
        _, text = self.invited(mailbox, role)
        api = Api(self.platform.url)
        assert api.post(ACCEPT, json={"token": token_in(text), **NEWCOMER}).status_code == 200
        return api

    def roles(self):
        return sorted(row["role"] for row in self.owner.get(self.path("members")).json()["data"])

    def change(self, api, user, role):
        path = self.path(f"members/{user}")
        return api.patch(path, json={"role": role}, headers={
            "If-Match": api.get(path).headers["ETag"], "Content-Type": "application/merge-patch+json"})


def key():
    return {"Idempotency-Key": str(uuid.uuid4())}


def me(api):
    return api.get("/v1/me").json()


def events_of(api, topics):
    """Line by line, as a browser hears them: a stream that ends is opened again, where it ended. One ends whenever its
    reader may have other rights than before, also by what happened just before it was opened."""
    place = {}
    while True:
        with api.get("/v1/events", params={"topics": topics}, headers=place, stream=True) as stream:
            assert stream.status_code == 200, stream.text
            for line in stream.iter_lines(chunk_size=1, decode_unicode=True):
                if line.startswith("id: "):
                    place = {"Last-Event-ID": line.removeprefix("id: ")}
                yield line


def test_who_is_invited_makes_an_account_and_is_a_member_and_no_more(platform):
    mailbox, organization = Mailbox(platform), Organization(platform)
    address, text = organization.invited(mailbox)
    api = Api(platform.url)
    offer = api.post(SHOW, json={"email": address, "code": code_in(text)}).json()
    assert (offer["organization"], offer["email"], offer["has_account"]) == ("Engines", address, False)
    assert api.post(ACCEPT, json={"email": address, "code": code_in(text), **NEWCOMER}).status_code == 200
    assert (me(api)["org"]["id"], me(api)["org"]["role"], me(api)["platform_role"]) == (organization.id, "member", None)
    assert [row["name"] for row in api.get("/v1/orgs").json()["data"]] == ["Engines"]
    assert api.get("/v1/nodes").status_code == 403
    assert organization.invite(fresh_address(), api=api).status_code == 403
    assert organization.roles() == ["member", "owner"]


def test_a_storm_of_mail_scanners_accepts_nothing_and_a_second_acceptance_is_told_what_it_is(platform):
    mailbox, organization = Mailbox(platform), Organization(platform)
    _, text = organization.invited(mailbox)
    token = token_in(text)
    for _ in range(50):
        for path in ("/invite", f"/invite?token={token}"):
            requests.head(platform.url + path, timeout=10)
            assert requests.get(platform.url + path, timeout=10).status_code == 200
    assert requests.get(platform.url + ACCEPT, params={"token": token}, timeout=10).status_code == 405
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://scanner.example"}
    assert Api(platform.url).post(ACCEPT, json={"token": token, **NEWCOMER}, headers=foreign).status_code == 403
    assert organization.roles() == ["owner"]

    def accept(_):
        answer = Api(platform.url).post(ACCEPT, json={"token": token, **NEWCOMER})
        return answer.status_code, answer.json().get("code")

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(accept, range(4)), key=str)
    assert [status for status, _ in answers] == [200, 409, 409, 409]
    assert {code for _, code in answers[1:]} <= {"organizations.invitation_accepted", "organizations.sign_in_first"}
    assert accept(0) == (409, "organizations.invitation_accepted")
    assert organization.roles() == ["member", "owner"]


def test_who_has_an_account_signs_in_to_accept_and_changes_between_organizations(platform):
    mailbox, organization, address = Mailbox(platform), Organization(platform), fresh_address()
    bob = sign_in(platform, address)
    own = me(bob)["org"]["id"]
    assert organization.switch(bob).status_code == 404
    assert organization.invite(address, "admin").status_code == 201
    token = token_in(mailbox.text(address, INVITED))
    for api in (Api(platform.url), organization.owner):
        assert api.post(ACCEPT, json={"token": token, **NEWCOMER}).json()["code"] == "organizations.sign_in_first"
    assert bob.post(ACCEPT, json={"token": token}).status_code == 200
    assert me(bob)["org"] == {"id": organization.id, "name": "Engines", "role": "admin"}
    # What lies in one is not seen from the other.
    assert bob.post("/v1/files?name=a.txt", data=b"text", headers={"Content-Type": "text/plain"}).status_code == 201
    assert bob.post(f"/v1/orgs/{own}:switch").status_code == 200
    assert bob.get("/v1/files").json()["data"] == []
    assert bob.get(organization.path("members")).status_code == 404
    assert len(organization.owner.get("/v1/files").json()["data"]) == 1


def test_a_repeated_request_invites_once_and_an_invitation_can_be_withdrawn(platform):
    mailbox, organization, address, once = Mailbox(platform), Organization(platform), fresh_address(), key()
    assert organization.owner.post(organization.path("invitations"), json={"email": address, "role": "member"}
                                   ).json()["code"] == "http.key_required"
    answers = [organization.invite(address, headers=once) for _ in range(3)]
    assert len({answer.text for answer in answers}) == 1
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true", "true"]
    assert organization.invite(address).json()["code"] == "organizations.already_invited"
    token = token_in(mailbox.text(address, INVITED))
    path = organization.path(f"invitations/{answers[0].json()['id']}")
    assert organization.owner.post(f"{path}:resend", headers=key()).json()["state"] == "open"
    assert organization.owner.delete(path).status_code == 204
    assert organization.owner.get(organization.path("invitations")).json()["data"] == []
    revoked = Api(platform.url).post(ACCEPT, json={"token": token, **NEWCOMER})
    assert revoked.json()["code"] == "organizations.invitation_revoked"
    assert organization.invite(address).status_code == 201


def test_an_organization_keeps_an_owner_and_a_removed_member_is_out_at_once(platform):
    mailbox, organization = Mailbox(platform), Organization(platform)
    bob = organization.joined(mailbox, "admin")
    ada_id, bob_id = me(organization.owner)["id"], me(bob)["id"]
    assert organization.change(organization.owner, ada_id, "member").json()["code"] == "accounts.last_owner"
    assert organization.owner.delete(organization.path(f"members/{ada_id}")).status_code == 409
    assert organization.change(bob, ada_id, "member").status_code == 403
    assert organization.change(organization.owner, bob_id, "owner").status_code == 200
    assert bob.delete(organization.path(f"members/{ada_id}")).status_code == 204
    # At once as long as Redis answers in time; else a node has a copy of the session for some seconds.
    until(lambda: organization.owner.get("/v1/me").status_code == 401, seconds=30)
    assert bob.delete(organization.path(f"members/{bob_id}")).json()["code"] == "accounts.last_owner"


def test_what_was_done_is_in_the_audit_of_the_organization_and_told_live(platform):
    mailbox, organization = Mailbox(platform), Organization(platform)
    with contextlib.closing(events_of(organization.owner, "organizations")) as lines:
        next(line for line in lines if line.startswith("id: "))  # what comes after it is heard
        organization.joined(mailbox)
        deadline, seen = time.monotonic() + 60, set()
        for line in lines:
            if line.startswith("data:") and '"verb"' in line:
                seen.update(verb for verb in ("created", "accepted") if f'"{verb}"' in line)
            if seen == {"created", "accepted"} or time.monotonic() > deadline:
                break
    assert seen == {"created", "accepted"}
    actions = [row["action"] for row in organization.owner.get("/v1/audit").json()["data"]]
    assert {"accounts.make_organization", "organizations.invite", "organizations.accept"} <= set(actions)
