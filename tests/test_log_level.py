"""Another log level for all processes, for a while (ENV-6)."""

import uuid

import requests
from conftest import until
from people import sign_in


def test_another_level_holds_on_every_process_until_it_is_ended(platform):
    api = sign_in(platform)
    everybody = {name for role in ("serve", "worker", "scheduler") for name in platform.names(role)}
    unheard, heard = uuid.uuid4().hex, uuid.uuid4().hex

    def told(level):
        """The processes whose last word on it is that they log at `level`."""
        last = {line["node"]: line["to"] for line in platform.logs() if line["message"] == "log_level"}
        return {node for node, to in last.items() if to == level}

    def ask(request_id):
        for name in platform.names("serve"):
            requests.get(platform.node_url(name) + "/v1/nowhere", headers={"X-Request-Id": request_id}, timeout=30)

    chosen = api.http.put(api.url + "/v1/admin/log_level", json={"level": "error", "seconds": 3600}, timeout=30)
    assert chosen.status_code == 200 and chosen.json()["level"] == "error", chosen.text
    try:
        until(lambda: told("error") == everybody, 60)
        ask(unheard)
    finally:
        assert api.delete("/v1/admin/log_level").status_code == 204
    until(lambda: told("its own") == everybody, 60)
    ask(heard)

    until(lambda: {line["node"] for line in platform.logs("--request", heard)} == set(platform.names("serve")), 60)
    assert platform.logs("--request", unheard) == []
    assert api.get("/v1/admin/log_level").json()["level"] is None
    actions = [row["action"] for row in api.get("/v1/audit?limit=200").json()["data"]]
    assert {"log_level.choose", "log_level.end"} <= set(actions)
    longer = api.http.put(api.url + "/v1/admin/log_level", json={"level": "debug", "seconds": 3601}, timeout=30)
    assert longer.status_code == 422
