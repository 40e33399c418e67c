"""How soon a change is seen: on three nodes, and beside it in Unleash's server; and what 10,000 open streams take.

Of the peers none has a stream to open: Unleash's free server answers 404, and the others are no servers.
"""

import asyncio
import contextlib
import json
import resource
import time
import urllib.request

import bed
import flags_http
import up

CHANGES = 60
PEER_CHANGES = 20  # each takes it half a second
STREAMS = 10_000
FLAG = "bench-reach"
SEGMENT = "bench-million"
MEMBERS = 1_000_000
BYTES_MAX = 8 * 1024  # of a stream


def call(url, cookie, method="GET", body=None, headers=None):
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), {
        "Cookie": cookie, "Content-Type": "application/json", "X-Requested-With": "bench", **(headers or {})}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
        return answer.headers, json.loads(text) if text else None


def make_flag(platform):
    admin = f"{platform.url}/v1/admin/flags"
    call(admin, platform.cookie, "POST", {"key": FLAG, "name": "Reach", "description": "bench", "type": "bool"},
         {"Idempotency-Key": FLAG})
    return f"{admin}/{FLAG}/environments/production"


def is_on(url, cookie):
    body = {"context": {"targetingKey": "user-1"}}
    return call(f"{url}/ofrep/v1/evaluate/flags/{FLAG}", cookie, "POST", body)[1].get("value") is True


def make_list(platform):
    """A rule that asks whether somebody is one of a million; who asks here is not."""
    segment = f"{platform.url}/v1/admin/segments/{SEGMENT}"
    call(segment, platform.cookie, "PUT", {"name": "A million"})
    lines = "".join(f"usr_{number:026}\n" for number in range(MEMBERS)).encode()
    request = urllib.request.Request(f"{segment}/members?kind=user", lines, {
        "Cookie": platform.cookie, "Content-Type": "text/plain", "X-Requested-With": "bench"}, method="PUT")
    urllib.request.urlopen(request, timeout=300).close()
    return [{"id": "a", "serve": {"variant": "off"}, "if": [{"op": "segment", "values": [SEGMENT]}]}]


def changes(platform, place, rules):
    """ms from the answer to a change until each node shows it, one number a node and change."""
    urls = [f"http://{platform.address(node)}:8080" for node in ("app-1", "app-2", "app-3")]
    seconds = []
    for number in range(CHANGES):
        wanted = number % 2 == 0
        etag = call(place, platform.cookie)[0]["ETag"]
        variant = {"variant": "on" if wanted else "off"}
        targeting = {"enabled": True, "fallthrough": variant, "rules": rules, "reason": "bench"}
        call(place, platform.cookie, "PUT", targeting, {"If-Match": etag})
        begun, waiting = time.monotonic(), list(urls)
        while waiting:
            waiting = [url for url in waiting if is_on(url, platform.cookie) is not wanted or
                       seconds.append(time.monotonic() - begun)]
    return [1000 * each for each in seconds]


def peer_changes(peers):
    """The same of Unleash's server, which is one node: ms from its answer until it tells SDKs what was changed."""
    with contextlib.ExitStack() as stack:
        base, _ = flags_http.start_unleash(stack, peers)
        name, seconds = "bench-flag-000", []  # on for this organization by its first rule
        place = f"{base}/api/admin/projects/default/features/{name}/environments/development"

        def is_told():
            toggles = flags_http.asked(f"{base}/api/frontend?userId=user-1&properties[org_id]=org-1",
                                       {"Authorization": flags_http.TOKEN})[1]["toggles"]
            return name in {toggle["name"] for toggle in toggles}

        for number in range(PEER_CHANGES):
            wanted = number % 2 == 1
            request = urllib.request.Request(f"{place}/{'on' if wanted else 'off'}", b"{}", {
                "Authorization": flags_http.ADMIN_TOKEN, "Content-Type": "application/json"})
            urllib.request.urlopen(request, timeout=30).close()
            begun = time.monotonic()
            while is_told() is not wanted:
                time.sleep(0.002)
            seconds.append(time.monotonic() - begun)
    return [1000 * each for each in seconds]


async def open_streams(platform, count):
    """So many streams at one node, each after its first bytes."""
    place = call(f"{platform.url}/ofrep/v1/evaluate/flags", platform.cookie, "POST",
                 {"context": {"targetingKey": "user-1"}})[1]["eventStreams"][0]["endpoint"]["requestUri"]
    head = f"GET {place} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\nCookie: {platform.cookie}\r\n\r\n"
    gate = asyncio.Semaphore(64)

    async def open_one():
        async with gate:
            reader, writer = await asyncio.open_connection(platform.address("app-1"), 8080)
            writer.write(head.encode())
            said = await reader.read(512)
            if b" 200 " not in said.split(b"\r\n")[0]:
                raise RuntimeError(f"a stream is refused: {said[:200]!r}")
            return writer

    return await asyncio.gather(*(open_one() for _ in range(count)))


def streams_open(platform):
    """As the node counts them."""
    with urllib.request.urlopen(f"http://{platform.address('app-1')}:9090/metrics", timeout=10) as answer:
        return sum(float(line.split()[1]) for line in answer.read().decode().splitlines()
                   if line.startswith("feature_flag_streams "))


def bytes_a_stream(platform):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, STREAMS + 1_000)), hard))

    async def measure():
        pid = platform.pid("app-1")
        first = await open_streams(platform, 100)  # what the first ones make is not a stream's
        before = bed.resident_bytes(pid)
        others = await open_streams(platform, STREAMS)
        after = bed.resident_bytes(pid)
        if streams_open(platform) < STREAMS:
            raise RuntimeError(f"only {streams_open(platform):,.0f} streams are open")
        for writer in [*first, *others]:
            writer.close()
        return (after - before) / STREAMS

    return asyncio.run(measure())


def verdict(value, most):
    return f"≤ {most:,}: {'met' if value <= most else 'missed'}"


def report(peers):
    with contextlib.ExitStack() as stack:
        platform = stack.enter_context(up.platform(3))
        place = make_flag(platform)
        seen = sorted(changes(platform, place, []))
        taken = bytes_a_stream(platform)
        rules = make_list(platform)
        changes(platform, place, rules)  # with the first each node takes the list
        beside_million = sorted(changes(platform, place, rules))
    told = peer_changes(peers)
    p50, p99 = seen[len(seen) // 2], seen[int(len(seen) * 0.99)]
    return bed.table(["what", "median or value", "spread", "goal"], [
        [f"a change until a node shows it, ms ({CHANGES} changes, 3 nodes)", f"{p50:.1f}", bed.spread(seen, 1), verdict(p50, 20)],
        ["the same, 99th percentile", f"{p99:.1f}", "", verdict(p99, 250)],
        [f"the same of a flag that asks a list of {MEMBERS:,}, median", f"{bed.median(beside_million):.1f}",
         bed.spread(beside_million, 1), verdict(bed.median(beside_million), 20)],
        [f"the same in {flags_http.UNLEASH}, the node that was changed", f"{bed.median(told):.1f}", bed.spread(told, 1),
         f"{bed.median(told) / p50:.0f} x"],
        [f"{STREAMS:,} streams at one node, bytes each", f"{taken:,.0f}", "", verdict(taken, BYTES_MAX)],
    ])
