"""What HAProxy says of itself on its socket, which is sooner than a command can ask."""

import csv
import socket


def ask(platform, command):
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(platform.state["run"] + "/haproxy.sock")
        line.sendall(command.encode() + b"\n")
        return b"".join(iter(lambda: line.recv(65536), b"")).decode()


def nodes(platform):
    """Of each node its row in `show stat`, by the names of its columns."""
    rows = csv.DictReader(ask(platform, "show stat").removeprefix("# ").splitlines())
    return {row["svname"]: row for row in rows if row["pxname"] == "app" and row["svname"].startswith("app-")}
