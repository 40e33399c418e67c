"""Mails on their way to a real server: what they are, and that none is lost or tells a secret (C-13, BEY-10)."""

import signal
import ssl
import subprocess

from api import Api
from conftest import Home, until
from people import sign_in
from sink import code_in, sink, text_of, token_in

FROM = "acme@mail.example.com"


def sign_up(api, address):
    answer = api.post("/v1/auth/signup", json={"email": address, "name": "Ada", "password": "correct battery"})
    assert answer.status_code == 202, answer.text
    return answer


def verify(api, **proof):
    return api.post("/v1/auth/email/verify", json={**proof, "password": "correct battery"})


def settings(port, scheme="smtp", user=""):
    return {"SMTP_URL": f"{scheme}://{user}127.0.0.1:{port}", "ACME_MAIL_FROM": FROM}


def outcomes(platform):
    return platform.sql("SELECT coalesce(outcome, 'waits') FROM mails ORDER BY id").split()


def test_a_mail_is_sent_whole_and_neither_logs_nor_rows_hold_what_it_says(start_platform):
    with sink(password="canary-7-password") as (server, port):
        platform = start_platform("--app-nodes", "1", environment=settings(port, user="ada:canary-7-password@"))
        api = Api(platform.url)
        assert api.get("/v1/auth/options").json() == {"sign_up": "open", "mail": "smtp"}
        sign_up(api, "Ada@Example.com")
        mail = until(lambda: server.mails, seconds=60)[0]
        assert mail["From"] == f"Acme <{FROM}>" and mail["To"] == "ada@example.com"
        assert mail["Message-ID"].endswith("@mail.example.com>") and mail["Date"] and mail["Subject"]
        assert mail["Auto-Submitted"] == "auto-generated"
        text = text_of(mail)
        assert f"{platform.environment['ACME_URL']}/verify#token=" in text
        until(lambda: outcomes(platform) == ["sent"], seconds=60)
        written = platform.sql("SELECT m FROM mails m") + platform.sql("SELECT p FROM email_proofs p") + platform.sql(
            "SELECT j FROM jobs j") + "".join(path.read_text() for path in (platform.data / "logs").iterdir())
        listed = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True).stdout
        for secret in (token_in(text).split(".")[1], code_in(text), "canary-7", "correct battery"):
            assert secret not in written and secret not in listed
        assert verify(api, token=token_in(text)).status_code == 200
        assert api.get("/v1/me").json()["email"] == "Ada@Example.com"


def test_a_mail_that_is_put_off_comes_later_and_one_that_is_refused_does_not_come(start_platform):
    with sink() as (server, port):
        platform = start_platform("--app-nodes", "1", environment=settings(port))
        api = Api(platform.url)
        server.refusals = ["451 later"]
        sign_up(api, "later@example.com")
        until(lambda: server.to("later@example.com"), seconds=60)
        assert server.asked == ["later@example.com"] * 2
        server.refusals = ["550 nobody here"]
        sign_up(api, "nobody@example.com")
        until(lambda: outcomes(platform) == ["sent", "refused"], seconds=60)
        # The job ends after its mail has.
        until(lambda: platform.sql("SELECT error_type FROM jobs_dead WHERE kind = 'mail.deliver'") == "smtp.refused",
              seconds=60)
        assert server.asked.count("nobody@example.com") == 1


def test_workers_killed_while_they_send_lose_no_mail_and_it_keeps_its_message_id(start_platform):
    with sink() as (server, port):
        platform = start_platform("--app-nodes", "1", environment=settings(port))
        api = Api(platform.url)
        server.is_holding = True
        addresses = [f"person-{number}@example.com" for number in range(4)]
        for address in addresses:
            sign_up(api, address)
        until(lambda: server.mails, seconds=60)
        for worker in ("worker-1", "worker-2"):
            platform.kill(worker, signal.SIGKILL)
        held = [mail["To"] for mail in server.mails]
        server.is_holding = False  # taken, and nobody is left to hear it
        until(lambda: outcomes(platform) == ["sent"] * 4, seconds=90)
        for address in addresses:
            mails = server.to(address)
            assert len(mails) >= (2 if address in held else 1)
            assert len({(mail["Message-ID"], text_of(mail)) for mail in mails}) == 1
        assert verify(api, token=token_in(text_of(server.to(addresses[0])[0]))).status_code == 200


def test_a_server_whose_certificate_nobody_vouches_for_gets_no_mail_and_later_all_of_them(start_platform, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mail",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
                   check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS)
    tls.load_cert_chain(certificate, key)
    with sink(tls=tls) as (server, port):
        platform = start_platform("--app-nodes", "1", environment=settings(port, scheme="smtps"))
        sign_up(Api(platform.url), "ada@example.com")
        said = until(lambda: [line for line in platform.logs() if line["message"] == "smtp.send"], seconds=60)
        assert "certificate" in said[0]["reason"].lower()
        assert server.mails == [] and outcomes(platform) == ["waits"]
        assert platform.stop() == 0
        trusted = platform.home.path / "trusted.pem"
        trusted.write_bytes(certificate.read_bytes())
        trusted.chmod(0o644)
        again = start_platform("--app-nodes", "1", home=platform.home,
                               environment={**settings(port, scheme="smtps"), "SSL_CERT_FILE": str(trusted)})
        until(lambda: outcomes(again) == ["sent"], seconds=90)
        assert [mail["To"] for mail in server.mails] == ["ada@example.com"]


# STARTTLS. The name is this machine's (RFC 6761), and none of those to which nothing is encrypted.
NAME = "mail.localhost"


def certificate_of(folder, authority=None):
    """Of NAME, by an authority of its own unless one is given: (authority, context, what to trust)."""
    folder.mkdir()
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    if authority is None:
        authority = folder / "authority.key", folder / "authority.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=authority",
                        "-keyout", str(authority[0]), "-out", str(authority[1])], check=True, capture_output=True)
    subprocess.run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={NAME}", "-keyout", str(key), "-out",
                    str(folder / "request.pem")], check=True, capture_output=True)
    (folder / "names").write_text(f"subjectAltName=DNS:{NAME}\n")
    subprocess.run(["openssl", "x509", "-req", "-in", str(folder / "request.pem"), "-CA", str(authority[1]), "-CAkey",
                    str(authority[0]), "-CAcreateserial", "-days", "2", "-extfile", str(folder / "names"), "-out",
                    str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return authority, context


def to_name(port, user=""):
    return {"SMTP_URL": f"smtp://{user}{NAME}:{port}", "ACME_MAIL_FROM": FROM}


def trusting(home, authority):
    """A file that the account of the platform can read."""
    file = home.path / "authorities.pem"
    file.write_bytes(authority[1].read_bytes())
    file.chmod(0o644)
    return {"SSL_CERT_FILE": str(file)}


def reasons(platform):
    return [line["reason"].lower() for line in platform.logs() if line["message"] == "smtp.send"]


def test_starttls_is_spoken_with_whom_our_authority_vouches_for_and_the_password_is_said_after_it(start_platform, tmp_path):
    authority, context = certificate_of(tmp_path / "right")
    home = Home()
    with sink(password="canary-8-password", starttls=context) as (server, port):
        platform = start_platform("--app-nodes", "1", home=home, environment={
            **to_name(port, "ada:canary-8-password@"), **trusting(home, authority)})
        sign_up(Api(platform.url), "ada@example.com")
        until(lambda: outcomes(platform) == ["sent"], seconds=60)
        assert [mail["To"] for mail in server.mails] == ["ada@example.com"]
        assert server.signed_in_over == [True]


def test_starttls_with_a_stranger_is_broken_off_before_anything_is_said(start_platform, tmp_path):
    _, context = certificate_of(tmp_path / "other")
    authority, _ = certificate_of(tmp_path / "right")
    home = Home()
    with sink(starttls=context) as (server, port):
        platform = start_platform("--app-nodes", "1", home=home, environment={**to_name(port), **trusting(home, authority)})
        sign_up(Api(platform.url), "ada@example.com")
        said = until(lambda: reasons(platform), seconds=60)
        assert "certificate" in said[0]
        assert server.mails == [] and server.asked == [] and outcomes(platform) == ["waits"]


def test_a_password_is_never_said_to_a_server_that_does_not_speak_tls(start_platform):
    with sink(password="canary-9-password") as (server, port):
        platform = start_platform("--app-nodes", "1", environment=to_name(port, "ada:canary-9-password@"))
        sign_up(Api(platform.url), "ada@example.com")
        said = until(lambda: reasons(platform), seconds=60)
        assert "ssl" in said[0]
        assert server.signed_in_over == [] and server.mails == [] and outcomes(platform) == ["waits"]


def test_a_server_that_hesitates_holds_up_neither_other_mails_nor_other_jobs(start_platform):
    with sink() as (server, port):
        platform = start_platform("--app-nodes", "1", environment=settings(port))
        api = Api(platform.url)
        server.held = {"slow@example.com", "slower@example.com"}
        for address in sorted(server.held):
            sign_up(api, address)
        until(lambda: len(server.mails) == 2, seconds=60)
        sign_up(api, "ada@example.com")
        until(lambda: server.to("ada@example.com"), seconds=60)
        # What takes no mail server is done though more mails wait than may be sent at once.
        server.is_holding = True
        for number in range(12):
            sign_up(api, f"person-{number}@example.com")
        until(lambda: len(server.mails) > 4, seconds=60)
        admin = sign_in(platform)
        ping = admin.post("/v1/pings").json()["id"]
        until(lambda: admin.get(f"/v1/pings/{ping}").json()["done_at"], seconds=60)
        server.is_holding, server.held = False, set()
        until(lambda: set(outcomes(platform)) == {"sent"} and len(outcomes(platform)) == 15, seconds=90)
