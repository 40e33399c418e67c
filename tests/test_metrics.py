"""What is rendered for a Prometheus, held against Prometheus's own tools and a running one (MET-0, MET-2)."""

import json
import socket
import subprocess

import requests
from conftest import ROOT, until

RULES_TEST = """
rule_files: [acme.rules.yml]
evaluation_interval: 15s
tests:
  - interval: 15s
    input_series:
%s
    promql_expr_test:
%s
"""


def render(platform, folder):
    """Both files, as they would lie beside a Prometheus."""
    files = {"prometheus.yml": ["metrics", "render", "prometheus"], "acme.rules.yml": ["metrics", "render", "rules"]}
    for name, words in files.items():
        (folder / name).write_text(platform.run(*words).stdout)


def promtool(folder, *words):
    done = subprocess.run(["promtool", *words], cwd=folder, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def buckets(counts):
    """Of two nodes: each second half of what happened since the start, growing evenly."""
    return "\n".join(
        f"      - series: 'http_request_duration_seconds_bucket{{node=\"{node}\",environment=\"here\",path=\"/v1/me\","
        f"le=\"{edge}\"}}'\n        values: '0+{count // 2}x20'"
        for node in ("app-1", "app-2") for edge, count in counts.items())


def test_promtool_finds_nothing_to_say_and_the_rules_give_the_quantiles(platform, tmp_path):
    render(platform, tmp_path)
    assert "SUCCESS" in promtool(tmp_path, "check", "config", "prometheus.yml")
    assert "3 rules found" in promtool(tmp_path, "check", "rules", "acme.rules.yml")
    # Of 100 requests each 15 s: 50 within 0.1 s, 90 within 1 s, all within 2 s.
    expected = {"p50": "0.1", "p95": "1.5", "p99": "1.9"}
    (tmp_path / "test.yml").write_text(RULES_TEST % (
        buckets({"0.1": 50, "1": 90, "2": 100, "+Inf": 100}),
        "\n".join(
            f"      - expr: round(acme:http_request_duration_seconds:{name}, 0.001)\n        eval_time: 4m\n"
            f"        exp_samples: [{{labels: '{{environment=\"here\"}}', value: {value}}}]"
            for name, value in expected.items())))
    promtool(tmp_path, "test", "rules", "test.yml")


def test_a_fleet_file_is_scraped_machine_by_machine_with_a_certificate(platform, tmp_path):
    example = str(ROOT / "ops/fleet.example.toml")
    (tmp_path / "acme.rules.yml").write_text(platform.run("metrics", "render", "rules").stdout)
    for name in ("ca", "cert", "key"):
        (tmp_path / name).write_text("")
    text = platform.run("metrics", "render", "prometheus", example, "--release-window", "--ca", "ca", "--cert", "cert",
                        "--key", "key").stdout
    (tmp_path / "prometheus.yml").write_text(text)
    promtool(tmp_path, "check", "config", "--syntax-only", "prometheus.yml")
    assert '"10.0.1.11:9090"' in text and "10.0.0.10" not in text, text  # nodes, and not the balancer
    assert "scrape_interval: 5s" in text and "scheme: https" in text
    half = platform.run("metrics", "render", "prometheus", example, "--cert", "cert", check=False)
    assert (half.returncode, "metrics.option" in half.stdout + half.stderr) == (1, True)


def test_a_prometheus_that_is_started_with_it_finds_every_node(platform, tmp_path):
    render(platform, tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api/v1/targets"
    server = subprocess.Popen(
        ["prometheus", "--config.file=prometheus.yml", f"--storage.tsdb.path={tmp_path}/data",
         f"--web.listen-address=127.0.0.1:{port}"], cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        def healths():
            try:
                answer = requests.get(url, timeout=2)
            except requests.RequestException:
                return None
            if answer.status_code != 200:  # it says that it starts
                return None
            targets = json.loads(answer.text)["data"]["activeTargets"]
            return {one["labels"]["node"]: one["health"] for one in targets}

        names = [name for role in ("serve", "worker", "scheduler") for name in platform.names(role)]
        until(lambda: healths() == dict.fromkeys(names, "up"), 120, 0.2)
    finally:
        server.terminate()
        server.wait(30)
