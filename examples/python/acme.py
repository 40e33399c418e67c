"""Calls the platform as a machine, with Python's own library alone."""

import json
import os
import random
import time
import urllib.error
import urllib.parse
import urllib.request

URL = os.environ["ACME_URL"].rstrip("/")


class Account:
    """A service account, whose token is asked for again when four fifths of its life are over."""

    def __init__(self, client_id=None, secret=None):
        self.client_id = client_id or os.environ["ACME_CLIENT_ID"]
        self.secret = secret or os.environ["ACME_CLIENT_SECRET"]
        self._token = None
        self._refresh_at = 0

    def token(self):
        if time.monotonic() >= self._refresh_at:
            form = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.secret}
            request = urllib.request.Request(URL + "/oauth/token", urllib.parse.urlencode(form).encode())
            with urllib.request.urlopen(request, timeout=30) as answer:
                given = json.load(answer)
            self._token = given["access_token"]
            self._refresh_at = time.monotonic() + given["expires_in"] * random.uniform(0.75, 0.85)
        return self._token

    def call(self, method, path, data=None, headers=None):
        """The answer, whatever its status; its body is read by whoever asks."""
        url = urllib.parse.urljoin(URL, path)
        request = urllib.request.Request(url, data, {"Authorization": f"Bearer {self.token()}", **(headers or {})},
                                         method=method)
        try:
            return urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as refusal:
            return refusal
