"""A real headless Chromium, spoken to over two pipes (the DevTools protocol): no driver, no socket, nothing else."""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-extensions"),
    *("--disable-dev-shm-usage", "--hide-scrollbars", "--force-device-scale-factor=1", "--remote-debugging-pipe"),
)
_ANSWER_S = 60.0


def chromium() -> str:
    """Find the browser, or skip the test where there is none; where everything is required, it fails instead."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        message = "needs Chromium: install the package chromium"
        if os.environ.get("COVERAGE_CHECK_REQUIRE_ALL"):
            pytest.fail(message)
        pytest.skip(message)
    return found


class Page:
    """An open page, and everything that it did which a report must not do.

    Attributes
    ----------
    dialogs, requests, complaints
        Dialogs that opened, addresses that were asked for beside the page itself, and errors and warnings of the console.
    """

    def __init__(self, browser: "Browser", session: str) -> None:
        self._browser = browser
        self._session = session
        self.dialogs: list[str] = []
        self.requests: list[str] = []
        self.complaints: list[str] = []
        browser.pages[session] = self

    def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command, and give its result."""
        return self._browser.ask(method, parameters, self._session)

    def open(self, file: Path) -> None:
        """Load a file, and wait until it is loaded."""
        for domain in ("Page", "Network", "Runtime", "Log", "DOM", "Accessibility"):
            self.do(f"{domain}.enable")
        self._own = file.as_uri()
        self.do("Page.navigate", url=self._own)
        self.wait("document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """Evaluate an expression in the page, and give its value."""
        answer = self.do("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until an expression is true."""
        ends = time.monotonic() + _ANSWER_S
        while not self.run(condition):
            assert time.monotonic() < ends, f"never true: {condition}"
            time.sleep(0.02)

    def press(self, key: str, *, text: str = "") -> None:
        """Press a key and let it go."""
        codes = {"Tab": 9, "Enter": 13, " ": 32}
        named = {"key": key, "windowsVirtualKeyCode": codes.get(key, 0), "text": text}
        self.do("Input.dispatchKeyEvent", type="keyDown", **named)
        self.do("Input.dispatchKeyEvent", type="keyUp", **named)

    def heard(self, method: str, parameters: dict[str, Any]) -> None:
        """Take note of an event."""
        if method == "Page.javascriptDialogOpening":
            self.dialogs.append(parameters["message"])
            self._browser.send("Page.handleJavaScriptDialog", {"accept": True}, self._session)
        elif method == "Network.requestWillBeSent" and parameters["request"]["url"] not in (self._own, "data:,"):
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(parameters["exceptionDetails"])[:500])
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(json.dumps(parameters["args"])[:500])
        elif method == "Log.entryAdded":
            self.complaints.append(parameters["entry"]["text"])


class Browser:
    """One running Chromium."""

    def __init__(self, path: str, profile: str) -> None:
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()
        ends = [
            fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_read, to_write)
        ]  # clear of the 3 and 4 that Chromium uses
        script = f'exec "$0" "$@" 3<&{ends[0]} 4>&{ends[1]}'
        self._process = subprocess.Popen(
            ["bash", "-c", script, path, *_QUIET, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=ends,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (to_read, to_write, *ends):
            os.close(end)
        self._number = 0
        self._rest = b""
        self.pages: dict[str, Page] = {}

    def page(self) -> Page:
        """Open an empty page."""
        target = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        return Page(self, session)

    def send(self, method: str, parameters: dict[str, Any], session: str | None = None) -> int:
        """Send a command without waiting."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        os.write(self._to, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        return self._number

    def ask(self, method: str, parameters: dict[str, Any], session: str | None = None) -> dict[str, Any]:
        """Send a command, and give its result."""
        number = self.send(method, parameters, session)
        for message in self._messages():
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message['error']}"
                result: dict[str, Any] = message["result"]
                return result
            page = self.pages.get(message.get("sessionId", ""))
            if page is not None and "method" in message:
                page.heard(message["method"], message["params"])
        raise AssertionError("Chromium ended")

    def close(self) -> None:
        """End it, and wait for it."""
        with contextlib.suppress(OSError):
            self.send("Browser.close", {})
        os.close(self._to)
        try:
            self._process.wait(_ANSWER_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._from)

    def _messages(self) -> Iterator[dict[str, Any]]:
        while True:
            while b"\0" not in self._rest:
                some = os.read(self._from, 1 << 20)
                if not some:
                    return
                self._rest += some
            first, _, self._rest = self._rest.partition(b"\0")
            yield json.loads(first)


@contextlib.contextmanager
def running() -> Iterator[Browser]:
    """Start Chromium with an empty profile, and end it."""
    path = chromium()
    with TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        browser = Browser(path, profile)
        try:
            yield browser
        finally:
            browser.close()
