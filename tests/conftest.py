"""What holds for every test: no network but loopback, and only where a test asks for it."""

import socket
from typing import Any

import pytest
from hypothesis import settings

# How long an example takes says how busy the machine is, not whether the rule holds.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


class NetworkUsed(AssertionError):
    """A test tried to reach the network."""


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection; a test marked `network` may use loopback."""
    connect = socket.socket.connect
    loopback = request.node.get_closest_marker("network") is not None

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if self.family == socket.AF_UNIX or (loopback and host in {"127.0.0.1", "::1", "localhost"}):
            connect(self, address)
            return
        self.close()  # else it is found unclosed in whatever test runs when it is collected
        raise NetworkUsed(f"a test tried to connect to {host!r}")

    monkeypatch.setattr(socket.socket, "connect", guarded)
