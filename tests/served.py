"""A real service in a process of its own, on a free port of the loopback."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running service."""

    url: str
    port: int
    pid: int
    log: Path

    def get(self, path: str, **options: Any) -> requests.Response:
        """Get a path."""
        return requests.get(self.url + path, timeout=_PATIENCE_S, **options)

    def post(self, path: str, body: Any, **options: Any) -> requests.Response:
        """Post a body as JSON."""
        return requests.post(self.url + path, json=body, timeout=_PATIENCE_S, **options)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


@contextmanager
def serving(folder: Path, *arguments: str, config: str | Path = "demo", expect: str = "/readyz") -> Iterator[Served]:
    """Serve a config until the end of the block; the log of the service goes to a file in the folder."""
    port, log = free_port(), folder / "service.log"
    command = [sys.executable, "-m", "coverage_check", "serve", "--config", str(config), "--port", str(port), *arguments]
    environment = {**os.environ, "COVERAGE_CHECK_LOG": "json"}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    try:
        served = Served(url=f"http://127.0.0.1:{port}", port=port, pid=process.pid, log=log)
        until_up(served, process, expect)
        yield served
    finally:
        process.terminate()
        process.wait(_PATIENCE_S)


def until_up(served: Served, process: "subprocess.Popen[bytes]", path: str) -> None:
    ends = time.monotonic() + _PATIENCE_S
    while True:
        assert process.poll() is None, served.log.read_text()
        assert time.monotonic() < ends, served.log.read_text()
        try:
            if served.get(path).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)


def make_key(name: str) -> tuple[str, str]:
    """Let the command make a key, and give it with its line for the config."""
    command = [sys.executable, "-m", "coverage_check", "serve", "--make-key", name]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.fullmatch(r"key   (\S+)\nline  (keys = .+)\n", said)
    assert found, said
    return found[1], found[2]
