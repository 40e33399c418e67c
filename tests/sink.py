"""A mail server that others wrote (aiosmtpd), which takes, refuses or holds mails as a test asks."""

import asyncio
import contextlib
import email
import email.policy
import re
import socket

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Sink:
    """`mails` is all whose content came, also those that nobody was told were taken."""

    def __init__(self):
        self.mails = []
        self.asked = []  # recipients, whatever was answered
        self.refusals = []  # said to the next recipients in turn
        self.is_holding = False  # nobody is told that a mail was taken
        self.held = set()  # nor those who send to these addresses
        self.signed_in_over = []  # of each password that was said: whether it was over TLS

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.asked.append(address)
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        while self.is_holding or self.held & set(envelope.rcpt_tos):
            await asyncio.sleep(0.05)
        return "250 taken"

    def to(self, address):
        return [mail for mail in self.mails if address in mail["To"]]


@contextlib.contextmanager
def sink(password=None, tls=None, starttls=None):
    """A running one and its port. With a password it takes nothing from whoever does not name it; with a context
    of `starttls` nothing before STARTTLS."""
    handler = Sink()

    def authenticate(server, session, envelope, mechanism, data):
        handler.signed_in_over.append(session.ssl is not None)
        return AuthResult(success=data.password.decode() == password, handled=False)

    signing_in = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False} if password else {}
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), ssl_context=tls, tls_context=starttls,
                            require_starttls=starttls is not None, ready_timeout=60, **signing_in)
    controller.start()
    try:
        yield handler, controller.port
    finally:
        handler.is_holding, handler.held = False, set()
        controller.stop()


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def token_in(text):
    return re.search(r"#token=(\S+)", text).group(1)


def code_in(text):
    return re.search(r"code where you [a-z ]+: (\d{8})\b", text).group(1)
