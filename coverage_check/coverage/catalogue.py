"""layers.toml: what an operator's files mean.

    catalogue = read_catalogue("layers.toml")
    catalogue.metric_crs, [source.claim.id for source in catalogue.sources]

One `[[layer]]` is one claim. What the operator says about a file (CRS, hash, number of features) is kept beside it, to be
checked against the file by the import.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from pyproj.exceptions import CRSError

from coverage_check.coverage.country import BOXES
from coverage_check.coverage.crs import read_crs, why_not_metric
from coverage_check.coverage.meaning import take_meaning
from coverage_check.coverage.sources.cells import Cells, Value
from coverage_check.declaration import Document, Table, nearest
from coverage_check.layer import Layer
from coverage_check.technology import Environment, Receiver, Service, SignalLevel, Technology

STALE_AFTER = timedelta(days=400)
"""How long a claim may be used after its publication where the operator names no end: a yearly delivery, and some delay."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_WITHOUT_FILE = ("bounds", "everywhere", "cells")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSource:
    """Where one layer's polygons come from, and what was declared about them.

    Attributes
    ----------
    claim
        The layer as declared. What only the file can tell (features, area, bounds, hash) is still empty.
    file
        As written, beside layers.toml; not resolved, so that a link is seen as one.
    table
        The layer inside the file; None where the file holds only one.
    where
        Only the features with one of these values in this column, for every column named.
    survey_file
        Polygons of the area the layer speaks about; None for "bounds", "everywhere" and "cells".
    crs, sha256, features
        Declared facts to be checked; None where nothing was declared.
    cells
        How to read a file of cells; None for features. Where not every cell must speak, the file says where it does.
    """

    claim: Layer
    file: Path
    table: str | None
    where: Mapping[str, tuple[Value, ...]]
    survey_file: Path | None
    crs: str | None
    sha256: str | None
    features: int | None
    cells: Cells | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """A layers.toml: the CRS that distances are measured in, and the layers in their order.

    Attributes
    ----------
    land
        Polygons of the land, to find parts that lie in the sea; None where none were named.
    """

    path: Path
    metric_crs: str
    sources: tuple[LayerSource, ...]
    land: Path | None = None


def read_catalogue(path: str | Path) -> Catalogue:
    """Read a layers.toml; the files it names are not looked at.

    Raises
    ------
    MissingFile
        It is not there.
    DeclarationError
        It has faults; all of them are in `faults`.
    """
    document = Document.read(path)
    catalogue = take_catalogue(document)
    document.finish()
    return catalogue


def take_catalogue(document: Document) -> Catalogue:
    """Take what can be taken from a document and note every fault in it, for a caller who has more to check."""
    root = document.root
    if root.count("format") not in (None, 1):
        root.fault("'format' must be 1: this version of coverage_check knows no other.", "format")
    metric_crs = root.text("metric_crs")
    if metric_crs and (why := why_not_metric(metric_crs)):
        root.fault(f"'metric_crs' {why}", "metric_crs")
    land = root.text("land", "")
    tables = document.tables("layer")
    if not tables:
        root.fault("has no [[layer]]: add one for each claim.")
    sources = tuple(_source(table, document.path.parent) for table in tables)
    seen: set[str] = set()
    for table, source in zip(tables, sources, strict=True):
        if source.claim.id in seen:
            table.fault("has an 'id' that an earlier layer has: give it its own.", "id")
        seen.add(source.claim.id)
    folder = document.path.parent
    return Catalogue(path=document.path, metric_crs=metric_crs, sources=sources, land=folder / land if land else None)


def _source(table: Table, folder: Path) -> LayerSource:
    survey = table.text("survey_area")
    survey_file = folder / survey if survey and survey not in _WITHOUT_FILE else None
    claim = _claim(table, survey="area" if survey_file or survey == "cells" else survey or "area")
    file = folder / table.text("file")
    meaning = take_meaning(table, claim, file, of_itself=survey == "cells")
    if "resolution_m" not in table and meaning.cells and meaning.cells.size_m:
        claim = replace(claim, resolution_m=meaning.cells.size_m)
    return LayerSource(
        claim=claim,
        file=file,
        table=table.text("layer", "") or None,
        where={**meaning.where, **_where(table)},
        survey_file=survey_file,
        crs=_crs(table) or meaning.crs,
        sha256=_sha256(table),
        features=table.count("features"),
        cells=meaning.cells,
    )


def _claim(table: Table, survey: str) -> Layer:
    published = table.day("published", required=True) or date.min
    valid_from, valid_until = table.day("valid_from"), table.day("valid_until")
    stale_after = table.day("stale_after") or published + STALE_AFTER
    if valid_from and valid_until and valid_until < valid_from:
        table.fault("'valid_until' lies before 'valid_from': exchange them or correct one.", "valid_until")
    if stale_after < published:
        table.fault("'stale_after' lies before 'published': correct one.", "stale_after")
    probability = table.number("probability", 0.90, low=0.01, high=1.0)
    resolution_m = table.number("resolution_m", 100.0, low=0.1, high=100_000)
    return Layer(
        id=_id(table),
        network=table.text("network"),
        country=_country(table),
        technology=table.choice("technology", Technology),
        service=table.choice("service", Service),
        level=table.optional_choice("level", SignalLevel),
        environment=table.choice("environment", Environment, Environment.OUTDOOR),
        receiver=table.choice("receiver", Receiver, Receiver.HANDSET),
        metric=table.text("metric", "") or None,
        threshold_dbm=table.number("threshold_dbm", low=-160, high=0),
        probability=0.90 if probability is None else probability,
        min_download_mbps=table.number("min_download_mbps", low=0.001, high=100_000),
        resolution_m=100.0 if resolution_m is None else resolution_m,
        published=published,
        valid_from=valid_from,
        valid_until=valid_until,
        stale_after=stale_after,
        publisher=table.text("publisher", ""),
        licence=table.text("licence", ""),
        survey=survey,
    )


def _id(table: Table) -> str:
    name = table.text("id")
    if name and not _ID.fullmatch(name):
        table.fault("'id' must be letters A-Z, digits, dot, dash and underscore, at most 64.", "id")
    return name


def _country(table: Table) -> str:
    code = table.text("country")
    if code and code not in BOXES:
        table.fault(
            f"'country' can't be {code!r}: use an ISO 3166 code such as SE{nearest(code.upper(), BOXES)}.", "country"
        )
    return code


def _crs(table: Table) -> str | None:
    text = table.text("crs", "")
    if not text:
        return None
    try:
        read_crs(text)
    except CRSError:
        table.fault("'crs' is no CRS that PROJ knows: write it as EPSG:3006.", "crs")
        return None
    return text


def _sha256(table: Table) -> str | None:
    text = table.text("sha256", "")
    if text and not _SHA256.fullmatch(text.lower()):
        table.fault("'sha256' must be 64 hexadecimal digits.", "sha256")
        return None
    return text.lower() or None


def _where(table: Table) -> dict[str, tuple[Value, ...]]:
    inline = table.inline("where")
    if inline is None:
        return {}
    where: dict[str, tuple[Value, ...]] = {}
    for column in inline.content:
        value = inline.raw(column)
        values = value if isinstance(value, list) else [value]
        if values and all(isinstance(item, str | int | float | bool) for item in values):
            where[column] = tuple(values)
        else:
            table.fault(f"'where' must give column '{column}' a text or number, or a list of them.", "where")
    return where
