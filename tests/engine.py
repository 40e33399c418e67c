"""The engine of `acme up`, asked past every command: what a controller may do, and what nobody should."""

import contextlib
import json
import subprocess

from conftest import under_account

ASK = """
import socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.connect(sys.argv[1])
    line.sendall(sys.argv[2].encode() + b"\\n")
    print(line.makefile().readline())
"""


def ask(platform, **request):
    """One call; the engine listens to its own account only."""
    done = subprocess.run(
        under_account(["/usr/bin/python3", "-c", ASK, platform.state["run"] + "/engine.sock", json.dumps(request)]),
        capture_output=True, text=True, cwd="/", env={}, timeout=60)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert "ok" in answer, answer
    return answer["ok"]


@contextlib.contextmanager
def held(platform, claim=1):
    """The machines are the test's own meanwhile; a claim of 2 takes them from whoever only watches."""
    fence = ask(platform, call="take", holder="a test", time_max_ms=60000, claim=claim)
    try:
        yield fence
    finally:
        ask(platform, call="give_back", fence=fence)
