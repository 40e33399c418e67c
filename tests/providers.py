"""OpenID Connect providers: one that others wrote (npm oidc-provider), and one that does what no provider should."""

import contextlib
import html
import http.server
import json
import os
import pathlib
import re
import socket
import subprocess
import threading
import time
import urllib.parse

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = next((ROOT / ".acme/tools").glob("oidc-provider@*"), None)
SECRET = "canary-of-the-client"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def variables(name, issuer, client="acme"):
    """What the platform is told of one."""
    prefix = "OIDC_" + name.upper().replace("-", "_")
    return {f"{prefix}_ISSUER": issuer, f"{prefix}_CLIENT_ID": client, f"{prefix}_CLIENT_SECRET": SECRET}


@contextlib.contextmanager
def provider(port, *redirect_uris):
    """A running one at http://127.0.0.1:port."""
    assert FOLDER, "oidc-provider is not there: ./dev setup --test"
    process = subprocess.Popen(["node", str(ROOT / "tests/oidc_provider.mjs"), str(port), *redirect_uris],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                               env={**os.environ, "OIDC_PROVIDER_FOLDER": str(FOLDER)})
    try:
        process.stdin.write(SECRET)
        process.stdin.close()
        assert process.stdout.readline().strip() == "ready"
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


class Person:
    """Somebody's browser at the provider: signs in there, says yes to what is asked, and comes back."""

    def __init__(self, login):
        self.login = login
        self.http = requests.Session()

    def go(self, location, is_back, calls_off=False):
        """Follows the provider's pages from `location` until an address for which `is_back` is true."""
        for _ in range(12):
            if is_back(location):
                return location
            answer = self.http.get(location, allow_redirects=False, timeout=20)
            if answer.is_redirect:
                location = urllib.parse.urljoin(location, answer.headers["Location"])
                continue
            assert answer.status_code == 200, answer.text
            if calls_off:
                abort = re.search(r'href="([^"]*/abort)"', answer.text).group(1)
                location = urllib.parse.urljoin(location, html.unescape(abort))
                continue
            form = html.unescape(re.search(r'action="([^"]+)"', answer.text).group(1))
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text).group(1)
            sent = {"prompt": prompt, "login": self.login, "password": "any"} if prompt == "login" else {"prompt": prompt}
            answer = self.http.post(urllib.parse.urljoin(location, form), data=sent, allow_redirects=False, timeout=20)
            location = urllib.parse.urljoin(location, answer.headers["Location"])
        raise AssertionError(f"still at the provider: {location}")


class Hostile:
    """Answers at its port as it is told: what a provider says of itself, its keys, and the token for any code."""

    def __init__(self, port):
        self.issuer = f"http://127.0.0.1:{port}"
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.mood = {}  # path -> what is done in place of the answer
        self.asked = []  # paths
        self.token = lambda claims: jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "1"})
        self.claims = {}
        self.nonce = ""
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.answer(self)

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.mood = {}
        self.server.shutdown()
        self.server.server_close()

    def answer(self, call):
        path = call.path.split("?")[0]
        self.asked.append(path)
        mood = self.mood.get(path)
        if mood == "silent":
            while self.mood.get(path) == "silent":
                time.sleep(0.05)
            return
        body = mood if isinstance(mood, bytes) else json.dumps(self.said(path)).encode()
        with contextlib.suppress(OSError):  # who asked may have heard enough
            call.send_response(mood if isinstance(mood, int) else 200)
            call.send_header("Content-Type", "application/json")
            call.send_header("Content-Length", str(len(body)))
            call.end_headers()
            call.wfile.write(body)

    def said(self, path):
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize",
                    "token_endpoint": self.issuer + "/token", "jwks_uri": self.issuer + "/keys"}
        if path == "/keys":
            own = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return {"keys": [{**own, "kid": "1", "use": "sig", "alg": "RS256"}]}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": "acme", "sub": "mallory", "nonce": self.nonce, "iat": now, "exp": now + 300,
                  "email": "mallory@example.com", "email_verified": True, **self.claims}
        return {"access_token": "a", "token_type": "Bearer", "id_token": self.token(claims)}
