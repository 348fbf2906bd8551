"""Frozen dataclasses as plain JSON values, and back: checked as others give them, or unchecked as we wrote them.

A field `from_` is `from` in JSON; a field that isn't compared is left out.
"""

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, get_args, get_origin, get_type_hints


def plain(value: Any) -> Any:
    """Turn a field into what JSON knows."""
    kind: Any = type(value)
    return _writer(kind)(value)


@cache
def _writer(kind: Any) -> Callable[[Any], Any]:
    """Give what turns a value of a kind into what JSON knows; found once for each kind, as a decision has 200 values."""
    if is_dataclass(kind):
        names = [(name, name.rstrip("_")) for name in _names(kind)]
        return lambda value: {key: plain(getattr(value, name)) for name, key in names}
    if issubclass(kind, tuple):
        return lambda value: [plain(item) for item in value]
    if issubclass(kind, datetime):
        return lambda value: value.isoformat(timespec="seconds")
    if issubclass(kind, date):
        return date.isoformat
    if issubclass(kind, Enum):
        return attrgetter("value")
    # Every number of a decision is a float, so that 15 and 15.0 give the same canonical JSON.
    return float if issubclass(kind, int | float) else _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _names(kind: Any) -> list[str]:
    """List the fields that JSON has: what isn't compared is no part of the value."""
    return [one.name for one in fields(kind) if one.compare]


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {name: hints[name] for name in _names(kind)}


def read(kind: Any, value: Any) -> Any:
    """Turn what JSON gave into a field of the kind that the dataclass declares."""
    if isinstance(kind, types.UnionType):
        return None if value is None else read(get_args(kind)[0], value)
    if get_origin(kind) is tuple:
        return tuple(read(get_args(kind)[0], item) for item in value)
    if is_dataclass(kind):
        hints: dict[str, Any] = _hints(kind)  # type: ignore[arg-type]
        return kind(**{name: read(hint, value[name.rstrip("_")]) for name, hint in hints.items()})  # type: ignore[operator]
    if kind in (datetime, date):
        return kind.fromisoformat(value)
    if kind is float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{value!r} is not a number")
        return float(value)
    if kind is str and not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return kind(value)


@cache
def maker(kind: Any) -> Callable[[Any], Any]:
    """Give what makes a value of a kind from our own JSON, which needs no checks; found once for each kind."""
    if isinstance(kind, types.UnionType):
        make = maker(get_args(kind)[0])
        return lambda value: None if value is None else make(value)
    if get_origin(kind) is tuple:
        item = maker(get_args(kind)[0])
        return lambda value: tuple(map(item, value))
    if is_dataclass(kind):
        return _dataclass_maker(kind)
    if kind in (datetime, date):
        return lru_cache(maxsize=4096)(kind.fromisoformat)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {member.value: member for member in kind}.__getitem__
    return _as_it_is


def _dataclass_maker(kind: Any) -> Callable[[Any], Any]:
    hints = _hints(kind)
    made = [(name, make) for name, hint in hints.items() if (make := maker(hint)) is not _as_it_is]
    renamed = [name for name in hints if name.endswith("_")]

    def make_all(value: dict[str, Any]) -> Any:
        for name in renamed:
            value[name] = value.pop(name.rstrip("_"))
        for name, make in made:
            value[name] = make(value[name])
        return kind(**value)

    return make_all
