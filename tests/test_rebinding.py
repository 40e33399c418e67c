"""DNS rebinding: a name that says one address when it is judged and another when it is connected to. The operator
allows 127.0.0.2; what listens on 127.0.0.1, on the same port, must never be reached."""

import uuid

import pytest
from conftest import Home
from names import NamedPlatform, Names
from people import sign_in
from receiver import Receiver
from test_webhooks import attempted, make, test

ALLOWED, PRIVATE = "127.0.0.2", "127.0.0.1"


@pytest.fixture(scope="module")
def names():
    made = Names()
    yield made
    made.close()


@pytest.fixture(scope="module")
def named(names):
    platform = NamedPlatform(Home(), environment={"ACME_WEBHOOK_ALLOWED_NETWORKS": f"{ALLOWED}/32"})
    try:
        yield platform.start()
    finally:
        code = platform.stop()
        platform.home.remove()
    assert code == 0, "\n".join(platform.said)


@pytest.fixture
def receivers():
    """One of each address, on one port. They close every connection: the next has to be judged again."""
    allowed = Receiver(ALLOWED)
    private = Receiver(PRIVATE, allowed.port)
    for each in (allowed, private):
        each.answer = (200, {"Connection": "close"}, b"")
    yield allowed, private
    allowed.close()
    private.close()


@pytest.fixture
def api(named):
    return sign_in(named, f"d{uuid.uuid4().hex[:12]}@example.com")


def name_of(names, *answers):
    name = f"{uuid.uuid4().hex[:12]}.example.test"
    names.answers[name] = list(answers)
    return name


def outcome(api, webhook):
    return attempted(api, webhook, test(api, webhook))["history"][0]["outcome"]


def test_a_name_that_changes_after_the_first_answer_leads_nowhere_else(names, api, receivers):
    allowed, private = receivers
    name = name_of(names, [ALLOWED], [PRIVATE])
    webhook = make(api, f"http://{name}:{allowed.port}/hook")
    assert outcome(api, webhook) == "delivered"
    assert names.asked[name] == 1, "the answer that was judged is the one that was connected to"
    assert (len(allowed.got), len(private.got)) == (1, 0)


def test_a_name_that_changes_between_two_deliveries_is_judged_again(named, names, api, receivers):
    allowed, private = receivers
    name = name_of(names, [ALLOWED])
    webhook = make(api, f"http://{name}:{allowed.port}/hook")
    assert outcome(api, webhook) == "delivered"
    names.answers[name] = [[PRIVATE]]
    for worker in named.names("worker"):
        named.kill(worker)  # and with them what they remember of the name, for a minute
    assert outcome(api, webhook) == "forbidden_address"
    assert (len(allowed.got), len(private.got)) == (1, 0)


def test_of_two_addresses_in_one_answer_only_the_one_that_is_allowed_is_tried(names, api, receivers):
    allowed, private = receivers
    name = name_of(names, [PRIVATE, ALLOWED])
    assert outcome(api, make(api, f"http://{name}:{allowed.port}/hook")) == "delivered"
    assert (len(allowed.got), len(private.got)) == (1, 0)


def test_a_name_that_leads_inside_alone_is_not_connected_to(names, api, receivers):
    allowed, private = receivers
    name = name_of(names, [PRIVATE], [ALLOWED])
    assert outcome(api, make(api, f"http://{name}:{allowed.port}/hook")) == "forbidden_address"
    assert (len(allowed.got), len(private.got)) == (0, 0)
