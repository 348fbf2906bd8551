"""Reading a server's JSON with a sharp eye: each value has the type it must have, or the answer is none."""

import math
from collections.abc import Iterator
from typing import Any

from coverage_check.errors import GeocoderAnswerInvalid


class Shape:
    """A value of an answer.

    Parameters
    ----------
    host
        Who answered, for messages; no message names a value.
    """

    def __init__(self, value: Any, host: str) -> None:
        self._value = value
        self._host = host

    def table(self, name: str | None = None) -> "Shape":
        """Give an object: this one, or a member that is empty if it is absent."""
        value = self._value if name is None else self._member(name)
        return Shape(self._must(value if value is not None or name is None else {}, dict, name), self._host)

    def tables(self, name: str | None = None) -> Iterator["Shape"]:
        """Give the objects of a list: this one, or a member that must be there."""
        value = self._value if name is None else self._member(name)
        for item in self._must(value, list, name):
            yield Shape(self._must(item, dict, name), self._host)

    def text(self, name: str) -> str:
        """Give a member's text; a number is text, too, and what is absent is empty."""
        value = self._member(name)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise self._refuse(name)
        return str(value).strip()

    def number(self, name: str) -> float:
        """Give a member that must be a finite number, or text that is one."""
        return self._number(self._member(name), name)

    def numbers(self, name: str, count: int) -> list[float]:
        """Give a member that must be a list of so many finite numbers."""
        found = self._must(self._member(name), list, name)
        if len(found) != count:
            raise self._refuse(name)
        return [self._number(value, name) for value in found]

    def has(self, name: str) -> bool:
        """Tell whether a member is there."""
        return self._member(name) is not None

    def _member(self, name: str) -> Any:
        return self._must(self._value, dict, None).get(name)

    def _number(self, value: Any, name: str) -> float:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self._refuse(name)
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise self._refuse(name) from None
        if not math.isfinite(number):
            raise self._refuse(name)
        return number

    def _must(self, value: Any, kind: type, name: str | None) -> Any:
        if not isinstance(value, kind):
            raise self._refuse(name)
        return value

    def _refuse(self, name: str | None) -> GeocoderAnswerInvalid:
        what = f"{name!r} in the answer" if name else "The answer"
        return GeocoderAnswerInvalid(
            f"{what} of the geocoder {self._host} is not of its documented shape: check its kind and version."
        )
