"""An S3 server that checks signatures and checksums, which a test may kill and start again.

    from gateway import store  # noqa: F401  (a fixture)
"""

import os
import socket
import subprocess

import pytest
from conftest import ROOT, until


class Store:
    """versitygw, which checks signatures and checksums, in a folder of its own."""

    def __init__(self, folder, port):
        self.folder, self.port, self.process = folder, port, None
        for part in ("iam", "versions", "buckets/files"):
            (folder / part).mkdir(parents=True)
        self.start()

    def start(self):
        program = next((ROOT / ".acme/tools").glob("versitygw@*/versitygw"))
        self.process = subprocess.Popen(
            [program, "--access", "test-access", "--secret", "test-secret-key", "--port", f"127.0.0.1:{self.port}",
             "--iam-dir", self.folder / "iam", "posix", "--versioning-dir", self.folder / "versions",
             self.folder / "buckets"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.is_up, seconds=20)

    def is_up(self):
        with socket.socket() as wire:
            return wire.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()

    @property
    def environment(self):
        return {"S3_ENDPOINT": f"http://127.0.0.1:{self.port}", "S3_BUCKET": "files", "S3_REGION": "us-east-1",
                "S3_FORCE_PATH_STYLE": "true", "AWS_ACCESS_KEY_ID": "test-access",
                "AWS_SECRET_ACCESS_KEY": "test-secret-key"}

    def objects(self):
        """Whatever lies there, also in parts."""
        bucket = self.folder / "buckets/files"
        found = (os.path.join(place, name) for place, _, names in os.walk(bucket) for name in names)
        return sorted(os.path.relpath(path, bucket) for path in found)


@pytest.fixture
def store(tmp_path):
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        port = wire.getsockname()[1]
    made = Store(tmp_path / "s3", port)
    yield made
    made.kill()
