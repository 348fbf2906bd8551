"""What a TOML file declares, read strictly: unknown keys are errors, and every fault is reported at once.

    document = Document.read(path)
    for table in document.tables("layer"):
        table.text("id"), table.day("published"), table.choice("technology", Technology)
    document.finish()                       # raises DeclarationError with all faults

A getter that finds a fault notes it and returns a harmless stand-in, so that the next key is still looked at.
"""

import difflib
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from coverage_check.errors import DeclarationError, MissingFile

Choice = TypeVar("Choice", bound=StrEnum)
_HEADER = re.compile(r"^\s*\[(\[)?\s*([A-Za-z0-9_.-]+)\s*\]")
_KEY = re.compile(r"(?:^|[{,]|\s{2})\s*([A-Za-z0-9_-]+)\s*=")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'|#.*")
_BRACKET = re.compile(r"[][{}]")
_STAND_IN_DAY = date(1970, 1, 1)


def nearest(word: str, known: Iterable[str]) -> str:
    """Offer the known words nearest to a wrong one, as the end of a sentence; empty if none is near."""
    folded = {name.casefold(): name for name in known}
    near = [folded[match] for match in difflib.get_close_matches(word.casefold(), folded, n=3, cutoff=0.55)]
    return f"; did you mean {' or '.join(repr(n) for n in near)}?" if near else ""


class Document:
    """A TOML file with its faults so far.

    Parameters
    ----------
    path
        Paths inside the file are relative to its folder.
    """

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self._faults: list[tuple[int, str]] = []
        self._text = text.splitlines()
        self._lines = _key_lines(self._text)
        self._tables: list[Table] = []
        try:
            self._content: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise DeclarationError([f"{path.name}: not valid TOML ({error}); mend that line."]) from None
        self.root = self._table(self._content, "", "")

    @classmethod
    def read(cls, path: str | Path) -> "Document":
        """Read a file.

        Raises
        ------
        MissingFile
            It is not there.
        DeclarationError
            It is not TOML, or not UTF-8.
        """
        path = Path(path)
        try:
            return cls(path, path.read_text(encoding="utf-8-sig"))
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise MissingFile(f"{path} is not there: check the path.") from None
        except PermissionError:
            raise MissingFile(f"{path} can't be read: its permissions forbid it.") from None
        except UnicodeDecodeError:
            raise DeclarationError([f"{path.name}: not UTF-8; save it as UTF-8."]) from None

    def table(self, key: str) -> "Table":
        """Take one sub-table; an empty one if it is absent."""
        self.root.known.add(key)
        value = self._content.get(key, {})
        if not isinstance(value, dict):
            self.fault(f"[{key}] must be a table.", key=key)
            value = {}
        return self._table(value, key, f"[{key}]")

    def tables(self, key: str) -> "list[Table]":
        """Take an array of tables."""
        self.root.known.add(key)
        value = self._content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fault(f"[[{key}]] must be a list of tables.", key=key)
            return []
        return [self._table(item, f"{key}#{n}", _label(key, n, item)) for n, item in enumerate(value)]

    def fault(self, sentence: str, *, scope: str = "", key: str = "") -> None:
        """Note a fault at a key."""
        line = self._lines.get((scope, key)) or self._lines.get((scope, ""))
        if not scope:  # a table that nobody knows has a line as a table
            line = line or self._lines.get((key, "")) or self._lines.get((f"{key}#0", ""))
        where = f"{self.path.name}:{line}" if line else self.path.name
        self._faults.append((line or 0, f"{where}: {sentence}"))

    def item_lines(self, scope: str, key: str) -> list[int]:
        """Find the line on which each table of a list begins; TOML wants an inline table whole on one line."""
        found: list[int] = []
        start = self._lines.get((scope, key), 0)
        depth = 0
        for number, line in enumerate(self._text[start - 1 :] if start else [], start):
            for sign in _BRACKET.findall(_QUOTED.sub("", line)):
                if sign == "{" and depth == 1:
                    found.append(number)
                depth += 1 if sign in "[{" else -1
            if depth <= 0:
                break
        return found

    @property
    def faults(self) -> list[str]:
        """The faults so far, in the file's order."""
        return [sentence for _, sentence in sorted(self._faults, key=lambda fault: fault[0])]

    def finish(self) -> None:
        """Raise DeclarationError if anything was wrong; call it when every key has been asked for."""
        for table in self._tables:
            table.refuse_unknown()
        if self.faults:
            raise DeclarationError(self.faults)

    def _table(self, content: dict[str, Any], scope: str, label: str) -> "Table":
        table = Table(self, content, scope, label)
        self._tables.append(table)
        return table


class Table:
    """One table of a document. Each getter notes what is wrong and goes on."""

    def __init__(self, document: Document, content: Mapping[str, Any], scope: str, label: str) -> None:
        self.document = document
        self.content = content
        self.scope = scope
        self.label = label
        self.known: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self.content

    def fault(self, sentence: str, key: str = "") -> None:
        """Note a fault in this table."""
        prefix = f"{self.label} " if self.label else ""
        self.document.fault(prefix + sentence, scope=self.scope, key=key)

    def raw(self, key: str, default: Any = None, *, required: bool = False) -> Any:
        """Take a value as it is."""
        self.known.add(key)
        if key not in self.content:
            if required:
                self.fault(f"lacks '{key}': add it.", key)
            return default
        return self.content[key]

    def text(self, key: str, default: str | None = None) -> str:
        """Take a text; without a default it is required and not empty."""
        value = self.raw(key, default, required=default is None)
        if value is None:
            return ""
        if not isinstance(value, str) or (default is None and not value.strip()):
            self.fault(f"'{key}' must be a text in quotes.", key)
            return default or ""
        return value

    def number(
        self, key: str, default: float | None = None, *, low: float = -math.inf, high: float = math.inf
    ) -> float | None:
        """Take a finite number within bounds."""
        value = self.raw(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.fault(f"'{key}' must be a number.", key)
            return default
        if not low <= value <= high:
            self.fault(f"'{key}' is {value:g} and must lie between {low:g} and {high:g}.", key)
            return default
        return float(value)

    def count(self, key: str) -> int | None:
        """Take a whole number, not negative."""
        value = self.raw(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            self.fault(f"'{key}' must be a whole number, not negative.", key)
            return None
        return value

    def day(self, key: str, *, required: bool = False) -> date | None:
        """Take a date, written bare as TOML dates are: ``published = 2025-10-01``."""
        value = self.raw(key, required=required)
        if value is None:
            return _STAND_IN_DAY if required else None
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        if isinstance(value, datetime) or not isinstance(value, date):
            self.fault(f"'{key}' must be a date such as 2025-10-01.", key)
            return _STAND_IN_DAY if required else None
        return value

    def choice(self, key: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        """Take one word of a vocabulary; without a default it is required."""
        value = self.raw(key, required=default is None)
        stand_in = default if default is not None else next(iter(kind))
        if value is None:
            return stand_in
        return self._word(key, kind, value) or stand_in

    def optional_choice(self, key: str, kind: type[Choice]) -> Choice | None:
        """Take one word of a vocabulary, or None where the key is absent."""
        value = self.raw(key)
        return None if value is None else self._word(key, kind, value)

    def choices(self, key: str, kind: type[Choice]) -> tuple[Choice, ...]:
        """Take a list of words of a vocabulary."""
        return tuple(word for item in self._list(key) if (word := self._word(key, kind, item)) is not None)

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a list of texts."""
        items = self._list(key)
        if not all(isinstance(item, str) for item in items):
            self.fault(f"'{key}' must be a list of texts.", key)
            return ()
        return tuple(items)

    def items(self, key: str) -> "list[Table]":
        """Take a list of inline tables."""
        items = self._list(key)
        if not all(isinstance(item, dict) for item in items):
            self.fault(f"'{key}' must be a list of tables such as {{technology = \"4G\"}}.", key)
            return []
        lines = self.document.item_lines(self.scope, key)
        places = [lines[n] if n < len(lines) else None for n in range(len(items))]
        return [self._inner(item, f"{key}[{n}]", line) for n, (item, line) in enumerate(zip(items, places, strict=True))]

    def inline(self, key: str) -> "Table | None":
        """Take an inline table, or None where the key is absent."""
        value = self.raw(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.fault(f"'{key}' must be a table such as {{level = \"good\"}}.", key)
            return None
        return self._inner(value, key)

    def path(self, key: str, default: str | None = None) -> Path:
        """Take a path, relative to the document's folder."""
        return (self.document.path.parent / self.text(key, default)).resolve()

    def refuse_unknown(self) -> None:
        """Note every key that nothing asked for, with the nearest that something did."""
        for key in self.content:
            if key not in self.known:
                self.fault(f"has no key '{key}'{nearest(key, self.known) or '; remove it.'}", key)

    def _word(self, key: str, kind: type[Choice], value: object) -> Choice | None:
        try:
            return kind(value)  # type: ignore[arg-type]
        except ValueError:
            known = [str(item) for item in kind]
            hint = nearest(str(value), known) or f"; use one of {', '.join(known)}."
            self.fault(f"'{key}' can't be {value!r}{hint}", key)
            return None

    def _list(self, key: str) -> list[Any]:
        value = self.raw(key, [])
        if not isinstance(value, list):
            self.fault(f"'{key}' must be a list in square brackets.", key)
            return []
        return value

    def _inner(self, content: dict[str, Any], name: str, line: int | None = None) -> "Table":
        """Take a table that stands in this one, on a line of its own or on that of its key."""
        document, scope = self.document, f"{self.scope}.{name}"
        lines = document._lines  # noqa: SLF001 - same room
        lines.setdefault((scope, ""), line or lines.get((self.scope, name)) or lines.get((self.scope, "")) or 0)
        return document._table(content, scope, f"{self.label} {name}".strip())  # noqa: SLF001


def _label(key: str, n: int, item: Mapping[str, Any]) -> str:
    name = item.get("id") or item.get("code")
    return f"{key} '{name}'" if isinstance(name, str) and name else f"{key} number {n + 1}"


def _key_lines(text: Iterable[str]) -> dict[tuple[str, str], int]:
    """Find the line of each key, by the table that it stands in; tomllib keeps no positions."""
    lines: dict[tuple[str, str], int] = {}
    counts: dict[str, int] = {}
    scope = ""
    for number, line in enumerate(text, 1):
        if header := _HEADER.match(line):
            name = header.group(2)
            scope = name
            if header.group(1):
                scope = f"{name}#{counts.get(name, 0)}"
                counts[name] = counts.get(name, 0) + 1
            lines[scope, ""] = number
        body = line[header.end() :] if header else line
        for key in _KEY.finditer(body.split(" #", 1)[0]):
            lines.setdefault((scope, key.group(1)), number)
    return lines
