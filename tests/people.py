"""People who sign in, as they do it: by a link that works once, or with a password."""

import urllib.parse

import requests
from api import Api
from conftest import until


def link_of(platform, email=None):
    """A fresh sign-in link for the administrator, or for a new account of that address."""
    if email is None:
        said = platform.run("admin", "link").stdout
    else:
        said = platform.run("accounts", "create", "--email", email, "--name", email.split("@")[0],
                            check=False).stdout
    return next(word for word in said.split() if "#token=" in word)


def token_of(link):
    return urllib.parse.parse_qs(urllib.parse.urlsplit(link).fragment)["token"][0]


def sign_in(platform, email=None):
    """An Api whose cookies belong to the administrator, or to a new person of that address."""
    return sign_in_by(platform, link_of(platform, email))


def sign_in_by(platform, said):
    """By the link in what was said."""
    link = next(word for word in said.split() if "#token=" in word)
    api = Api(platform.url)
    answer = api.post("/v1/auth/link", json={"token": token_of(link)})
    assert answer.status_code == 200, answer.text
    return api


def objects_of(platform, email):
    """What lies in the object store of the organizations of that address: no object is without a row."""
    keys = platform.sql("SELECT key FROM files WHERE org_id IN (SELECT org_id FROM memberships WHERE user_id = "
                        f"(SELECT id FROM users WHERE email = '{email}'))").split()
    return [key for key in keys if (platform.data / "objects/acme/objects" / key).exists()]


def until_tokens_are_signed(platform, said):
    """For a service account's secret. The first key of a platform is made when it is needed, which takes a processor
    seconds, and one that many share longer than a request may."""
    form = {"grant_type": "client_credentials", "client_id": said["client_id"], "client_secret": said["client_secret"]}
    until(lambda: requests.post(platform.url + "/oauth/token", data=form, timeout=60).status_code == 200, 180)
