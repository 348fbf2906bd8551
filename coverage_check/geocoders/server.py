"""One geocoding server: where it is, how long an answer may take, and what each question carries."""

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from coverage_check.errors import InvalidInput
from coverage_check.geocoders._http import USER_AGENT, Fields, Question, ask, host_of
from coverage_check.geocoders.limits import Limits
from coverage_check.geocoders.pace import Pace
from coverage_check.geocoders.shape import Shape


class Server:
    """Asks one server; all that one address needs shares one deadline.

    Parameters
    ----------
    url
        Its address without a path of its own service.
    contact
        Who asks, for the User-Agent.
    pace
        The queue to wait in before each question and each attempt at it, if any.

    Raises
    ------
    InvalidInput
        The url names no server, or the contact has line breaks.
    """

    def __init__(self, url: str, *, limits: Limits | None = None, contact: str = "", pace: Pace | None = None) -> None:
        self.host = host_of(url)
        if not contact.isprintable():
            raise InvalidInput("A contact is an e-mail or web address in one line.")
        self._url = url.rstrip("/")
        self._limits = limits or Limits()
        self._agent = f"{USER_AGENT} ({contact})" if contact else USER_AGENT
        self._pace = pace

    def ends(self) -> float:
        """Give the deadline of an address that is begun now, on the clock of `time.monotonic`."""
        return time.monotonic() + self._limits.deadline_s

    def get(self, path: str, params: Fields, *, ends: float, headers: Mapping[str, str] | None = None) -> Shape:
        """Ask by GET; see `_http.ask` for the errors."""
        return self._ask(Question(url=f"{self._url}/{path}", params=params, headers=headers or {}), ends)

    def post(self, path: str, body: Any, params: Fields, *, ends: float, headers: Mapping[str, str] | None = None) -> Shape:
        """Ask by POST with a JSON body."""
        question = Question(url=f"{self._url}/{path}", params=params, headers=headers or {}, method="POST", body=body)
        return self._ask(question, ends)

    def post_form(self, form: Mapping[str, str], *, ends: float, headers: Mapping[str, str]) -> Shape:
        """Send a form to the server's own url."""
        return self._ask(Question(url=self._url, headers=headers, method="POST", form=form), ends)

    def _ask(self, question: Question, ends: float) -> Shape:
        question = replace(question, headers={"User-Agent": self._agent, **question.headers})
        left_s = max(0.001, ends - time.monotonic())
        turn = self._pace.wait if self._pace else None
        return Shape(ask(question, replace(self._limits, deadline_s=left_s), turn=turn).content, self.host)


def secret(variable: str) -> str:
    """Read a key from the environment, its only place; empty if it is not set.

    Raises
    ------
    InvalidInput
        It has characters that no header may carry.
    """
    value = os.environ.get(variable, "").strip()
    if not (value.isascii() and value.isprintable()):
        raise InvalidInput(f"The environment variable {variable} has characters that no key has: set it anew.")
    return value
