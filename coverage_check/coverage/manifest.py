"""manifest.json: what a snapshot is, and the hash of everything in it.

The snapshot's id is the SHA-256 of the manifest without the id, in one canonical form, and the manifest holds the hash of
every data file. No time and no path goes in, so the same files and library versions give the same id anywhere.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from coverage_check.coverage.quality import Finding, LayerQuality, Quality
from coverage_check.curve import Curve
from coverage_check.errors import SnapshotInvalid
from coverage_check.layer import Layer
from coverage_check.technology import Environment, Receiver, Service, SignalLevel, Technology

NAME = "manifest.json"
FORMAT = "coverage-check/snapshot/1"

_CURE = "import it again with `coverage-check import`."
_FILE_NAME = re.compile(r"[a-z0-9-]+\.npy")
_CHUNK = 1 << 20
_WORDS = {
    "technology": Technology,
    "service": Service,
    "level": SignalLevel,
    "environment": Environment,
    "receiver": Receiver,
}
_DAYS = ("published", "valid_from", "valid_until", "stale_after")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One data file of a snapshot."""

    bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> "StoredFile":
        """Measure a file."""
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        return cls(bytes=path.stat().st_size, sha256=digest.hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLayer:
    """A layer, and the numbers of its claim and of its survey area in the index; None where that has no polygons."""

    claim: Layer
    area: int
    survey_area: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All that a snapshot says of itself."""

    metric_crs: str
    versions: Mapping[str, str]
    layers: tuple[StoredLayer, ...]
    quality: Quality
    files: Mapping[str, StoredFile]
    id: str = ""

    @property
    def size(self) -> int:
        """Bytes of all data files."""
        return sum(file.bytes for file in self.files.values())

    def sealed(self) -> "Manifest":
        """Give it the id that its content has."""
        return replace(self, id=_digest(self._content()))

    def render(self) -> bytes:
        """Write it as the file has it; the same manifest is always the same bytes."""
        return _render(self.id, self._content())

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Read the manifest of a snapshot and check that nobody changed it.

        Raises
        ------
        SnapshotInvalid
            It is missing, of another format, incomplete or changed.
        """
        path = folder / NAME
        try:
            text = path.read_bytes()
        except OSError as error:
            raise SnapshotInvalid(f"{path} can't be read ({error.strerror}): correct the path, or {_CURE}") from None
        try:
            content = json.loads(text)
            version = content["format"]
        except (ValueError, KeyError, TypeError):
            raise SnapshotInvalid(f"{path} is no snapshot's manifest: {_CURE}") from None
        if version != FORMAT:
            raise SnapshotInvalid(f"{path} has format {version!r} and this version reads {FORMAT!r}: {_CURE}")
        # The text itself is compared, not what this version would write: a snapshot may be older than a field.
        id_ = content.pop("id", None)
        if id_ != _digest(content) or _render(id_, content) != text:
            raise SnapshotInvalid(f"{path} was changed since the import: {_CURE}")
        try:
            return replace(cls._from_content(content), id=id_)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise SnapshotInvalid(f"{path} holds what this version can't read: update coverage_check, or {_CURE}") from None

    def check_files(self, folder: Path, *, contents: bool) -> None:
        """Check that every data file is there with its length, and if asked its content.

        Raises
        ------
        SnapshotInvalid
            One is missing, cut or changed.
        """
        for name, stored in self.files.items():
            path = folder / name
            try:
                size = path.stat().st_size
                found = StoredFile.of(path) if contents and size == stored.bytes else stored
            except OSError as error:
                raise SnapshotInvalid(f"{path} can't be read ({error.strerror}): {_CURE}") from None
            if size != stored.bytes:
                raise SnapshotInvalid(f"{path} has {size} bytes and was imported with {stored.bytes}: {_CURE}")
            if found != stored:
                raise SnapshotInvalid(f"{path} was changed since the import: {_CURE}")

    def _content(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "metric_crs": self.metric_crs,
            "versions": dict(sorted(self.versions.items())),
            "layers": [
                {
                    "claim": claim_to_dict(layer.claim),
                    "area": layer.area,
                    "survey_area": layer.survey_area,
                    "quality": asdict(self.quality.layers[layer.claim.id]),
                }
                for layer in self.layers
            ],
            "findings": [asdict(finding) for finding in self.quality.findings],
            "files": {name: asdict(self.files[name]) for name in sorted(self.files)},
        }

    @classmethod
    def _from_content(cls, content: dict[str, Any]) -> "Manifest":
        files = {name: StoredFile(**stored) for name, stored in content["files"].items()}
        if not all(_FILE_NAME.fullmatch(name) for name in files):
            raise ValueError("a file outside the snapshot")
        layers = tuple(
            StoredLayer(claim=claim_from_dict(item["claim"]), area=item["area"], survey_area=item["survey_area"])
            for item in content["layers"]
        )
        qualities = {item["claim"]["id"]: LayerQuality.from_dict(item["quality"]) for item in content["layers"]}
        findings = tuple(Finding(**{**item, "layers": tuple(item["layers"])}) for item in content["findings"])
        return cls(
            metric_crs=content["metric_crs"],
            versions=content["versions"],
            layers=layers,
            quality=Quality(layers=qualities, findings=findings),
            files=files,
        )


def claim_to_dict(claim: Layer) -> dict[str, Any]:
    """Write a layer as JSON has it: dates as ISO text, every key present; `curve` only where somebody measured."""
    values = {field.name: getattr(claim, field.name) for field in fields(claim)}
    curve = values.pop("curve")
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
    return plain if curve is None else {**plain, "curve": _curve_to_dict(curve)}


def _curve_to_dict(curve: Curve) -> dict[str, Any]:
    values = asdict(curve)
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _curve_from_dict(values: Mapping[str, Any]) -> Curve:
    words = {name: kind(values[name]) for name, kind in _WORDS.items() if name in values}
    days = {name: date.fromisoformat(values[name]) for name in ("first_day", "last_day") if values[name] is not None}
    points = tuple((float(distance_m), float(share)) for distance_m, share in values["points"])
    return Curve(**{**values, **words, **days, "points": points})


def claim_from_dict(values: Mapping[str, Any]) -> Layer:
    """Read a layer back; a field that is younger than the snapshot has its default."""
    words = {name: kind(values[name]) for name, kind in _WORDS.items() if values.get(name) is not None}
    days = {name: date.fromisoformat(values[name]) for name in _DAYS if values.get(name) is not None}
    curve = {"curve": _curve_from_dict(values["curve"])} if values.get("curve") else {}
    return Layer(**{**values, **words, **days, **curve, "bounds": tuple(values["bounds"])})


def _digest(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _render(id_: str, content: Mapping[str, Any]) -> bytes:
    return (json.dumps({"id": id_, **content}, ensure_ascii=False, indent=1) + "\n").encode()
