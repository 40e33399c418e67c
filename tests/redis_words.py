"""Redis as a person would ask it: the few words that tests say, over its own protocol."""

import socket
import urllib.parse


def ask_redis(platform, *words):
    """The answer: a text, a number, None or a list of them."""
    url = urllib.parse.urlsplit(platform.environment["REDIS_URL"])
    with socket.create_connection((url.hostname, url.port or 6379), timeout=5) as wire:
        reader = wire.makefile("rb")
        user = [url.username] if url.username else []
        for line in (["AUTH", *user, urllib.parse.unquote(url.password)], words):
            wire.sendall(b"*%d\r\n" % len(line) + b"".join(b"$%d\r\n%s\r\n" % (len(w.encode()), w.encode()) for w in line))
            answer = reply(reader)
        return answer


def reply(reader):
    line = reader.readline().rstrip(b"\r\n")
    kind, rest = line[:1], line[1:]
    if kind == b"$":
        return None if rest == b"-1" else reader.read(int(rest) + 2)[:-2].decode()
    if kind == b"*":
        return [reply(reader) for _ in range(int(rest))]
    assert kind != b"-", line
    return int(rest) if kind == b":" else rest.decode()
