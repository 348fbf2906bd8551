"""A GeoJSON file of addresses, feature by feature, however large: a FeatureCollection, or one Feature a line."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import IO, Any

from coverage_check.errors import FileRefused

_FEATURES = re.compile(r'"features"\s*:\s*\[')
_SEPARATORS = re.compile(r"[\s,\x1e]*")
_EPSG = re.compile(r"EPSG:(?:[\d.]*:)?(\d+)$")
_CHUNK = 1 << 20
_LARGEST = 1 << 24
_SAMPLE = 1_000
WGS84 = "EPSG:4326"
"""What RFC 7946 says of every GeoJSON without a declared system."""


class FeatureStream:
    """The features of one file.

    Parameters
    ----------
    path
        Named in errors.
    opener
        Opens the text; called once to look at the file, and once for each reading of its rows.

    Raises
    ------
    FileRefused
        Not GeoJSON, cut short, or with a CRS that can't be named.
    """

    def __init__(self, path: Path, opener: Callable[[], IO[str]]) -> None:
        self._path = path
        self._opener = opener
        with opener() as file:
            scanner = _Scanner(path, file)
            sample = list(islice(scanner.features(), _SAMPLE))
        self.crs = scanner.crs
        self.headings = tuple(dict.fromkeys(name for feature in sample for name in _properties(feature)))

    def rows(self) -> Iterator[tuple[Mapping[str, str] | None, tuple[float, float] | None]]:
        """Give each feature's properties as text, and its point."""
        empty = dict.fromkeys(self.headings, "")
        with self._opener() as file:
            for feature in _Scanner(self._path, file).features():
                if isinstance(feature, dict):
                    values = {name: _as_text(value) for name, value in _properties(feature).items()}
                    yield empty | values, _point(feature.get("geometry"))
                else:
                    yield None, None


class _Scanner:
    """Reads a text in chunks and takes one JSON value after the other from it."""

    def __init__(self, path: Path, file: IO[str]) -> None:
        self.path = path
        self.crs = ""
        self._file = file
        self._buffer = file.read(_CHUNK).lstrip("\ufeff")
        self._at = 0
        self._collection = self._skip_head()

    def features(self) -> Iterator[Any]:
        """Give one feature after the other, to the end of the collection or of the file."""
        decoder = json.JSONDecoder()
        while True:
            self._at = _SEPARATORS.match(self._buffer, self._at).end()  # type: ignore[union-attr]  # matches anything
            if self._collection and self._buffer.startswith("]", self._at):
                self._check_tail()
                return
            if self._at < len(self._buffer) or self._fill():
                yield self._decode(decoder)
            elif self._collection:
                raise self._refused("ends in the midst of its features")
            else:
                return

    def _skip_head(self) -> bool:
        """Go to the first feature; tell whether the features stand in a collection."""
        self._at = _SEPARATORS.match(self._buffer).end()  # type: ignore[union-attr]
        if _is_feature(self._buffer[self._at :].split("\n", 1)[0]):
            return False
        start = _FEATURES.search(self._buffer)
        if start is None:
            raise self._refused("holds no GeoJSON features")
        self._read_crs(self._buffer[self._at : start.start()].rstrip().rstrip(",") + "}")
        self._at = start.end()
        return True

    def _read_crs(self, head: str) -> None:
        """Take the CRS that older GeoJSON may declare."""
        try:
            declared = json.loads(head).get("crs")
        except (ValueError, AttributeError, RecursionError):
            raise self._refused("is not valid JSON") from None
        if declared is None:
            return
        properties = declared.get("properties") if isinstance(declared, dict) else None
        name = str(properties.get("name")) if isinstance(properties, dict) else ""
        if code := _EPSG.search(name):
            self.crs = f"EPSG:{code[1]}"
        elif name.endswith("CRS84"):
            self.crs = WGS84
        else:
            raise self._refused("declares a CRS that is not an EPSG code")

    def _decode(self, decoder: json.JSONDecoder) -> Any:
        while True:
            try:
                feature, self._at = decoder.raw_decode(self._buffer, self._at)
            except RecursionError:
                raise self._refused("is nested too deeply") from None
            except ValueError:
                if len(self._buffer) - self._at > _LARGEST or not self._fill():
                    raise self._refused("is not valid JSON, or ends in the midst of a feature") from None
            else:
                return feature

    def _fill(self) -> bool:
        more = self._file.read(_CHUNK)
        self._buffer = self._buffer[self._at :] + more
        self._at = 0
        return bool(more)

    def _check_tail(self) -> None:
        """Read what follows the features: a CRS there would come too late."""
        while len(self._buffer) - self._at < _LARGEST and self._fill():
            pass
        if '"crs"' in self._buffer[self._at :]:
            raise self._refused("declares its CRS after its features, too late to be read with them")

    def _refused(self, what: str) -> FileRefused:
        return FileRefused(f"{self.path} {what}: save it anew as GeoJSON or GeoPackage.")


def _is_feature(line: str) -> bool:
    try:
        return bool(json.loads(line).get("type") == "Feature")
    except (ValueError, AttributeError, RecursionError):
        return False


def _properties(feature: Any) -> dict[str, Any]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    return properties if isinstance(properties, dict) else {}


def _as_text(value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _point(geometry: Any) -> tuple[float, float] | None:
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return None
    match geometry.get("coordinates"):
        case [int() | float() as x, int() | float() as y, *_] if abs(x) < 1e9 and abs(y) < 1e9:
            return float(x), float(y)
    return None
