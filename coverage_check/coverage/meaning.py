"""`profile` and `columns` of a layer: which rows, columns and values of its file are the claim.

A profile only fills in what `columns` would say; the layer's own technology, level, environment and speed choose among the
rows and values. So one `[[layer]]` stays one claim, and one file serves as many layers as it has claims.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coverage_check.coverage.fault import Fault
from coverage_check.coverage.sources.cells import Cells, Value
from coverage_check.coverage.sources.formats import format_of
from coverage_check.coverage.sources.profiles import PROFILES, Profile
from coverage_check.declaration import Table, nearest
from coverage_check.layer import Layer
from coverage_check.technology import SignalLevel

ANCHORS = ("corner", "centre")
CLASSES = ("none", "variable", "covered", *map(str, SignalLevel))
"""What a class may mean: nothing there; a claim of nothing, below basic; any coverage; a level."""

_TEXTS = ("x", "y", "cell", "h3", "value", "anchor")
_NAMES = ("x", "cell", "h3")
_PLACES = ("x", "y", "cell", "h3", "anchor", "size_m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a declaration makes of a file.

    Attributes
    ----------
    cells
        How to read a file of cells; None for features, of which `where` tells everything.
    where, crs
        What the profile and the columns add to the layer's own.
    """

    cells: Cells | None = None
    where: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    crs: str | None = None


def take_meaning(table: Table, claim: Layer, file: Path, *, of_itself: bool) -> Meaning:
    """Take `profile` and `columns` of a layer, and note what is wrong with them.

    Parameters
    ----------
    of_itself
        Whether the file says where it speaks: ``survey_area = "cells"``.
    """
    profile = _profile(table)
    columns = _columns(table, profile)
    where, at_least = _rows(table, profile, claim, columns)
    try:
        kind = format_of(file)
    except Fault:
        return Meaning()  # the import says what is wrong with the file
    yes, no = _values(table, columns, claim)
    # Nobody has looked into a zip yet, but only tables of cells have columns that name a cell.
    if not (kind.cells or (kind.reader == "archive" and any(key in columns for key in _NAMES))):
        if of_itself:
            table.fault("'survey_area' can't be \"cells\": the file has polygons; name a file of the area.", "survey_area")
        return Meaning(where={**where, **_features_of(table, columns, at_least, yes)}, crs=profile.crs)
    naming, names = _naming(table, columns, file)
    if yes is None and (naming == "pixel" or "value" in columns) and claim.threshold_dbm is None:
        table.fault("needs 'threshold_dbm' for a signal, or 'classes' in 'columns' for classes.", "columns")
    cells = Cells(
        naming=naming,
        columns=names,
        value=columns.get("value"),
        yes=yes,
        no=no,
        threshold_dbm=claim.threshold_dbm,
        at_least=at_least,
        size_m=columns.get("size_m"),
        band=columns.get("band"),
        complete=not of_itself,
    )
    return Meaning(cells=cells, where=where, crs=profile.crs)


def _profile(table: Table) -> Profile:
    name = table.text("profile", "")
    if name and name not in PROFILES:
        hint = nearest(name, PROFILES) or f"; use one of {', '.join(PROFILES)}."
        table.fault(f"'profile' can't be {name!r}{hint}", "profile")
    return PROFILES.get(name) or Profile(columns={})


def _columns(table: Table, profile: Profile) -> dict[str, Any]:
    """Take `columns` over the profile's; what is unsound is noted and left out."""
    columns = dict(profile.columns)
    inline = table.inline("columns")
    if inline is None:
        return columns
    for key in _TEXTS:
        if text := inline.text(key, ""):
            columns[key] = text
    if columns.get("anchor", "corner") not in ANCHORS:
        inline.fault(f"'anchor' must be one of {', '.join(ANCHORS)}.", "columns")
    if (size_m := inline.number("size_m", low=0.1, high=100_000)) is not None:
        columns["size_m"] = size_m
    if (band := inline.count("band")) is not None:
        columns["band"] = band
    if (classes := inline.raw("classes")) is not None:
        columns["classes"] = _classes(inline, classes)
    if (at_least := inline.raw("at_least")) is not None:
        if isinstance(at_least, dict) and all(_is_number(value) for value in at_least.values()):
            columns["at_least"] = at_least
        else:
            inline.fault("'at_least' must give columns a number, such as {mindown = 5}.", "columns")
    return columns


def _classes(inline: Table, classes: object) -> dict[str, list[Value]]:
    if not isinstance(classes, dict) or not set(classes) <= set(CLASSES):
        inline.fault(f"'classes' must be a table of values by meaning: {', '.join(CLASSES)}.", "columns")
        return {}
    lists = {word: value if isinstance(value, list) else [value] for word, value in classes.items()}
    values = [value for items in lists.values() for value in items]
    if not all(isinstance(value, str | int | float) for value in values):
        inline.fault("'classes' must hold texts or numbers, or lists of them.", "columns")
        return {}
    if len(set(values)) != len(values):
        inline.fault("'classes' gives one value two meanings.", "columns")
    return lists


def _rows(
    table: Table, profile: Profile, claim: Layer, columns: dict[str, Any]
) -> tuple[dict[str, tuple[Value, ...]], dict[str, float]]:
    """Choose the rows of the layer's technology, environment and speed; a profile's column of signals is added."""
    where: dict[str, tuple[Value, ...]] = {}
    for key, known, own in (
        ("technology", profile.technologies or profile.value_of, claim.technology),
        ("environment", profile.environments, claim.environment),
    ):
        if known and own not in known:
            table.fault(f"'profile' tells nothing of {key} {own}; use one of {', '.join(known)}.", key)
    where.update(profile.technologies.get(claim.technology, {}))
    where.update(profile.environments.get(claim.environment, {}))
    if "value" not in (table.content.get("columns") or {}) and claim.technology in profile.value_of:
        columns["value"] = profile.value_of[claim.technology]
    if profile.signal and claim.threshold_dbm is not None:
        columns.setdefault("value", profile.signal)
    at_least = dict(columns.get("at_least", {}))
    if profile.speed and claim.min_download_mbps is not None:
        at_least.setdefault(profile.speed, claim.min_download_mbps)
    return where, at_least


def _values(
    table: Table, columns: Mapping[str, Any], claim: Layer
) -> tuple[tuple[Value, ...] | None, tuple[Value, ...] | None]:
    """Say which values claim the layer's level, and which deny it; a higher level includes the lower ones."""
    classes = columns.get("classes")
    if classes is None:
        return None, None
    rank = claim.assumed_level.rank
    yes, no = list(classes.get("covered", ())), list(classes.get("none", ()))
    (no if rank else []).extend(classes.get("variable", ()))
    for level in SignalLevel:
        (yes if level.rank >= rank else no).extend(classes.get(level, ()))
    if not yes:
        table.fault(f"'classes' has no value that means {claim.assumed_level} or more.", "columns")
    return tuple(yes), tuple(no)


def _features_of(
    table: Table, columns: Mapping[str, Any], at_least: Mapping[str, float], yes: Sequence[Value] | None
) -> dict[str, tuple[Value, ...]]:
    """Say with `where` which polygons claim."""
    if foreign := [key for key in (*_PLACES, "band") if key in columns]:
        table.fault(
            f"'columns' has {foreign[0]!r}, which is for tables and rasters of cells; the file has polygons.", "columns"
        )
    if at_least:
        table.fault("needs a speed of its polygons, which only tables of cells can be asked for; use 'where'.", "columns")
    if yes is None or "value" not in columns:
        return {}
    return {columns["value"]: tuple(yes)}


def _naming(table: Table, columns: Mapping[str, Any], file: Path) -> tuple[str, tuple[str, ...]]:
    """Find out what names a cell."""
    named = [key for key in _NAMES if key in columns]
    if file.suffix.lower() not in (".csv", ".zip"):
        if named or "size_m" in columns:
            table.fault("'columns' of a raster can only have 'band' and 'classes'.", "columns")
        return "pixel", ()
    if len(named) != 1 or ("x" in columns) != ("y" in columns):
        table.fault("'columns' must name the cells of a table by 'x' and 'y', by 'cell', or by 'h3'.", "columns")
        return "code", ("",)
    if "x" in columns and "size_m" not in columns:
        table.fault("'columns' needs 'size_m', the side of a cell, beside 'x' and 'y'.", "columns")
    if named[0] == "x":
        return columns.get("anchor", "corner"), (columns["x"], columns["y"])
    return {"cell": "code", "h3": "h3"}[named[0]], (columns[named[0]],)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
