"""`acme up`: the embedded default on real parts (BEY-2, COMP-1, COMP-5, C-5, C-6, C-16, LOG-2)."""

import contextlib
import json
import os
import pathlib
import select
import signal
import stat
import subprocess
import time

import requests
from conftest import READY, START_SECONDS, STOP_SECONDS, under_account, until
from people import sign_in, sign_in_by


def test_it_starts_three_nodes_that_all_answer_on_8080_and_9090(platform):
    assert platform.names("serve") == ["app-1", "app-2", "app-3"]
    assert platform.names("worker") == ["worker-1", "worker-2"]
    for name in platform.names("serve"):
        assert requests.get(platform.node_url(name) + "/readyz", timeout=30).status_code == 200
    for role in ("serve", "worker", "scheduler"):
        for name in platform.names(role):
            answer = requests.get(platform.node_url(name, operations=True) + "/metrics", timeout=30)
            assert answer.status_code == 200, name


def test_the_balancer_spreads_requests_over_all_nodes(platform):
    def served():
        text = platform.run("status", "--home", str(platform.data)).stdout
        lines = [line.split() for line in text.splitlines() if " requests," in line]
        return {words[0]: int(words[2]) for words in lines}

    def spread():
        before = served()
        for _ in range(9):
            assert requests.get(platform.url + "/healthz", timeout=30).status_code == 200
        after = served()
        return {name: after[name] - before[name] for name in after}

    # A node that was late with its health check on a busy machine gets nothing for a moment.
    until(lambda: spread() == {"app-1": 3, "app-2": 3, "app-3": 3}, 60)


def test_facts_of_a_release_are_kept_outside_the_database(platform):
    facts = platform.node("app-1")
    assert facts["release"] == platform.state["release"]
    assert facts["known_good"] == facts["release"]
    assert facts["track"] == "stable"
    assert facts["digest"].startswith("sha256:") and facts["spec"].startswith("sha256:")
    binary = platform.data / "releases" / facts["release"] / "acme"
    assert binary.read_bytes() == platform.home.binary.read_bytes()


def test_only_its_owner_can_read_keys_and_sockets(platform):
    for folder in ("secrets", "run", "objects", "logs", "postgres"):
        assert stat.S_IMODE((platform.data / folder).stat().st_mode) == 0o700, folder
    for file in ("secrets/secret_key", "environment", "up.json"):
        assert stat.S_IMODE((platform.data / file).stat().st_mode) == 0o600, file


def test_no_secret_stands_in_a_list_of_processes_or_in_a_log(platform):
    secrets = [(platform.data / "secrets" / name).read_text() for name in ("secret_key", "redis_password")]
    listed = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True).stdout
    logged = "".join(path.read_text() for path in (platform.data / "logs").iterdir())
    for secret in secrets:
        assert len(secret) >= 32
        assert secret not in listed
        assert secret not in logged
        assert secret not in "\n".join(platform.said)


def test_a_second_supervisor_of_the_same_home_refuses_with_75(platform):
    second = subprocess.run(
        under_account([str(platform.home.binary), "up", "--home", str(platform.data)]),
        capture_output=True, text=True, env=platform.base_environment(), cwd="/", timeout=60)
    assert second.returncode == 75
    assert f"process {platform.process.pid}" in second.stderr
    assert requests.get(platform.url + "/readyz", timeout=30).status_code == 200


def test_wrong_options_are_told_all_at_once(platform):
    wrong = platform.run("up", "--app-nodes", "0", "--workers", "many", "--port", "70000", check=False)
    assert wrong.returncode == 1
    for option in ("--app-nodes", "--workers", "--port"):
        assert option in wrong.stderr


def test_the_balancer_s_configuration_is_printed_and_accepted_by_haproxy(platform, tmp_path):
    text = platform.run("balancer", "render", "--home", str(platform.data)).stdout
    for name in platform.names("serve"):
        assert f"server {name} {platform.node(name)['address']}:8080 check" in text
    file = tmp_path / "haproxy.cfg"
    file.write_text(text)
    assert subprocess.run(["/usr/sbin/haproxy", "-c", "-f", str(file)], capture_output=True).returncode == 0


def test_a_request_is_found_in_the_logs_of_all_nodes_by_its_id(platform):
    answer = requests.get(platform.url + "/v1/nowhere", headers={"X-Request-Id": "find-me-1"}, timeout=30)
    assert answer.status_code in (401, 404)
    lines = until(lambda: platform.logs("--request", "find-me-1"), 60)
    assert {line["request_id"] for line in lines} == {"find-me-1"}
    assert lines[0]["node"].startswith("app-")


def test_logs_follow_what_comes(platform):
    follow = subprocess.Popen(
        under_account([str(platform.home.binary), "logs", "--follow", "--home", str(platform.data),
                       "--request", "find-me-2"]),
        stdout=subprocess.PIPE, text=True, env=platform.base_environment(), cwd="/")
    try:
        requests.get(platform.url + "/v1/nowhere", headers={"X-Request-Id": "find-me-2"}, timeout=30)
        assert select.select([follow.stdout], [], [], 60)[0], "nothing in a minute"
        assert "find-me-2" in follow.stdout.readline()
    finally:
        follow.kill()
        follow.wait()


def test_a_killed_node_is_not_seen_by_readers_and_comes_back(platform):
    before = platform.pid("app-2")
    platform.kill("app-2")
    statuses = {requests.get(platform.url + "/healthz", timeout=30).status_code for _ in range(100)}
    assert statuses == {200}
    assert "signal 9 (Killed); comes back in 0.2 s" in platform.wait_for_line("app-2 died")
    until(lambda: platform.pid("app-2") != before and platform.is_ready("app-2"), 60)


def test_a_killed_balancer_comes_back(platform):
    begun = time.monotonic()
    platform.kill("balancer")
    platform.wait_for_line("balancer died")

    def answers():
        try:
            return requests.get(platform.url + "/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    until(answers, 60)
    print(f"back after {time.monotonic() - begun:.1f} s")


def test_a_second_start_keeps_data_and_keys_and_takes_the_next_free_port(start_platform, platform):
    first = start_platform()
    assert first.state["port"] != platform.state["port"]
    first.sql("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    key = (first.data / "secrets" / "secret_key").read_text()
    assert first.stop() == 0
    assert not (first.data / "up.json").exists()
    begun = time.monotonic()
    second = start_platform("--demo", home=first.home)
    print(f"started again within {time.monotonic() - begun:.1f} s")
    assert second.sql("SELECT n FROM kept") == "7"
    assert (second.data / "secrets" / "secret_key").read_text() == key
    assert second.link != first.link is not None  # nobody has found the way in yet
    sign_in(second)
    people = "SELECT count(*) FROM users WHERE email LIKE '%@demo.invalid'"
    files = "SELECT count(*) FROM files WHERE state = 'ready'"
    assert "3 people, 6 new files" in second.wait_for_line("Demo    ")
    assert (second.sql(people), second.sql(files)) == ("3", "6")
    assert "3 people, 0 new files" in second.run("demo").stdout  # what is there stays
    assert (second.sql(people), second.sql(files)) == ("3", "6")
    ada = sign_in_by(second, second.run("admin", "link", "--email", "ada@demo.invalid").stdout)
    notes = next(file for file in ada.get("/v1/files").json()["data"] if file["name"] == "engine-notes.md")
    assert ada.get(f"/v1/files/{notes['id']}/content", stream=True).text.startswith("# Notes")
    down = second.run("down", "--home", str(second.data), timeout=STOP_SECONDS)
    assert "Stopped." in down.stdout
    assert second.wait() == 0
    assert "Nothing runs" in subprocess.run(
        under_account([str(second.home.binary), "down", "--home", str(second.data)]),
        capture_output=True, text=True, env=second.base_environment(), cwd="/").stdout
    assert start_platform(home=first.home).link is None


def test_two_that_start_at_the_same_moment_have_a_port_each(start_platform):
    """HAProxy shares its port with another one of the same account, and then half of all requests go astray."""
    both = [start_platform(wait=False) for _ in range(2)]
    for one in both:
        one.wait_for_line(READY, START_SECONDS)

    assert both[0].state["port"] != both[1].state["port"]
    for number, one in enumerate(both):
        for _ in range(20):  # each on a connection of its own
            requests.get(one.url + "/v1/nowhere", headers={"X-Request-Id": f"own-{number}"}, timeout=30)
    for number, one in enumerate(both):
        until(lambda: len(one.logs("--request", f"own-{number}")) == 20, 60)


def test_it_drains_in_order_from_the_door_inwards(start_platform):
    platform = start_platform("--app-nodes", "2", "--workers", "1")
    pids = [platform.pid(name) for name in
            ("app-1", "app-2", "worker-1", "scheduler", "postgres", "redis", "balancer")]
    assert platform.stop(signal.SIGINT) == 0
    said = platform.said[platform.said.index("Stopping; once more to stop without patience."):]
    order = [line.split()[0] for line in said if line.startswith("  ") and "stopped" not in line] + \
            [line.split()[0] for line in said if "stopped in" in line]
    assert order[:4] == ["balancer", "app", "workers", "scheduler"], "\n".join(platform.said)
    assert order[-2:] == ["redis", "postgres"]
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)


def test_nothing_is_left_running_when_the_supervisor_is_killed(start_platform):
    platform = start_platform("--app-nodes", "1", "--workers", "1")
    pids = [platform.pid(name) for name in ("app-1", "worker-1", "scheduler", "postgres", "redis", "balancer")]
    platform.process.kill()
    platform.process.wait()
    until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), seconds=60)
    again = start_platform("--app-nodes", "1", "--workers", "1", home=platform.home)
    assert again.sql("SELECT 1") == "1"


def is_anybody_in(folder):
    for place in pathlib.Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if os.readlink(place) == str(folder):
                return True
    return False


def test_a_number_that_postgres_left_behind_may_be_anothers_by_the_next_start(start_platform):
    platform = start_platform("--app-nodes", "1", "--workers", "1")
    postgres = platform.pid("postgres")
    os.kill(postgres, signal.SIGSTOP)  # as where the power fails: it cannot put anything in order
    platform.process.kill()
    platform.process.wait()
    os.kill(postgres, signal.SIGKILL)
    until(lambda: not is_anybody_in(platform.data / "postgres"), seconds=60)  # its own processes go a moment after it
    stranger = subprocess.Popen(under_account(["sleep", "600"]))
    try:
        for lock in (platform.data / "postgres/postmaster.pid", platform.data / "run/.s.PGSQL.5432.lock"):
            lines = lock.read_text().splitlines()
            assert lines[0] == str(postgres), lines
            lock.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        again = start_platform("--app-nodes", "1", "--workers", "1", home=platform.home)
        assert again.sql("SELECT 1") == "1"
    finally:
        stranger.kill()
        stranger.wait()


def test_replicas_stream_what_the_primary_has(start_platform):
    platform = start_platform("--replicas", "1", "--app-nodes", "1", "--workers", "1")
    until(lambda: platform.sql("SELECT state FROM pg_stat_replication") == "streaming", 60)
    assert "5433" in platform.environment["DATABASE_REPLICA_URLS"]
    assert (platform.data / "postgres-1" / "standby.signal").exists()
    platform.stop()
    again = start_platform("--replicas", "1", "--app-nodes", "1", "--workers", "1", home=platform.home)
    until(lambda: again.sql("SELECT state FROM pg_stat_replication") == "streaming", 60)


def test_an_interrupted_first_start_leaves_nothing_half_made(start_platform):
    platform = start_platform(wait=False)
    until(lambda: (platform.data / "postgres.half").exists() or platform.said, 60)
    platform.stop()
    again = start_platform(home=platform.home)
    assert again.sql("SELECT count(*) FROM pg_database WHERE datname = 'acme'") == "1"


def test_a_node_that_cannot_start_is_named_with_its_last_words(start_platform):
    platform = start_platform(wait=False, environment={"LOG_LEVEL": "warning"})
    assert platform.wait(START_SECONDS) in (1, 75)
    assert any("LOG_LEVEL" in line for line in platform.said), platform.said
    lines = json.dumps(platform.said)
    assert (platform.data / "secrets" / "redis_password").read_text() not in lines
