"""What a delivery changed against the last one, and which of that a person must have accepted before it is used.

A wrong setting once made one operator's layer a quarter too large (PTS 2015); it was found because somebody compared.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import shapely

from coverage_check.coverage.difference import outside
from coverage_check.coverage.quality import CHANGE_LIMIT, CURVE_OF_ANOTHER_DELIVERY, Finding, subject
from coverage_check.errors import ImportFailed, InvalidInput
from coverage_check.layer import Layer

if TYPE_CHECKING:
    from coverage_check.coverage.rings import Rings
    from coverage_check.coverage.snapshot import Snapshot
    from coverage_check.coverage.sources.features import Geometries

STOPPING = ("AREA_CHANGED", "LAYER_GONE", CURVE_OF_ANOTHER_DELIVERY)
"""Findings that stop an import until they are accepted."""

_ASK = "Ask the publisher why; if it is right"
_ADVICE = {CURVE_OF_ANOTHER_DELIVERY: "If the old one holds all the same"}

Claim = tuple[object, ...]


def changes(
    layers: Sequence[Layer], areas: Mapping[str, "Rings"], metric_crs: str, previous: "Snapshot"
) -> Iterator[Finding]:
    """Compare each claim (network, technology, service, level …) with what the last delivery claimed.

    Parameters
    ----------
    areas
        The polygons of each layer by its id, in `metric_crs`.
    """
    now, before = _last(layers), _last(previous.layers)
    for claim, layer in now.items():
        if claim in before and _differs(layer.area_km2, before[claim].area_km2):
            # In another CRS areas can still be compared, and places can't.
            same = previous.metric_crs == metric_crs
            pair = (areas[layer.id].polygons(), previous.polygons(before[claim].id)) if same else None
            yield _changed(layer, before[claim], pair)
    for gone in (layer for claim, layer in before.items() if claim not in now):
        yield Finding(
            code="LAYER_GONE",
            layers=(gone.id,),
            area_m2=round(gone.area_km2 * 1e6, 3),
            sentence=f"the last delivery claimed {gone.area_km2:,.1f} km² of {gone.technology} {gone.service} by it, "
            "and no layer claims that now.",
        )


def refuse_unaccepted(findings: Sequence[Finding], accepted: Collection[str]) -> None:
    """Stop where something changed that nobody has accepted.

    Parameters
    ----------
    accepted
        Such as ``AREA_CHANGED:4g-good``.

    Raises
    ------
    ImportFailed
        With each change and the words that accept it.
    InvalidInput
        `accepted` has words that accept nothing.
    """
    for word in accepted:
        code, sign, layer = word.partition(":")
        if code not in STOPPING or not sign or not layer:
            raise InvalidInput(f"{word!r} accepts nothing: write it as AREA_CHANGED:layer-id, as the import says it.")
    open_ = [finding for finding in findings if finding.code in STOPPING and not _words(finding) & set(accepted)]
    if open_:
        raise ImportFailed(
            [
                f"layer '{finding.layers[0]}': {finding.sentence} {_ADVICE.get(finding.code, _ASK)}, import again with "
                f"--accept {finding.code}:{finding.layers[0]} [{finding.code}]"
                for finding in open_
            ]
        )


def _words(finding: Finding) -> set[str]:
    return {f"{finding.code}:{layer}" for layer in finding.layers}


def _changed(layer: Layer, old: Layer, areas: "tuple[Geometries, Geometries] | None") -> Finding:
    grown = layer.area_km2 > old.area_km2
    x, y = _place(*(areas if grown else areas[::-1])) if areas else (None, None)
    return Finding(
        code="AREA_CHANGED",
        layers=(layer.id,),
        area_m2=round(abs(layer.area_km2 - old.area_km2) * 1e6, 3),
        x=x,
        y=y,
        sentence=f"its area changed by {layer.area_km2 / old.area_km2 - 1:+.0%} since the last delivery, "
        f"from {old.area_km2:,.1f} to {layer.area_km2:,.1f} km².",
    )


def _place(larger: "Geometries", smaller: "Geometries") -> tuple[float | None, float | None]:
    """Find a place in the largest piece of what came or went."""
    pieces = outside(larger, smaller)
    if not len(pieces):
        return None, None
    x, y = shapely.get_coordinates(shapely.point_on_surface(pieces[shapely.area(pieces).argmax()]))[0]
    return round(float(x), 3), round(float(y), 3)


def _differs(area_km2: float, before_km2: float) -> bool:
    return abs(area_km2 - before_km2) > CHANGE_LIMIT * before_km2


def _last(layers: Sequence[Layer]) -> dict[Claim, Layer]:
    """Give the layer of each claim, of its last publication where there are several."""
    return {(*subject(layer), layer.level): layer for layer in sorted(layers, key=lambda layer: layer.published)}
