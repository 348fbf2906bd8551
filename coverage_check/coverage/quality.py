"""What the import found out about the quality of layers: of each alone, and of each beside the others."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from coverage_check.layer import Layer

if TYPE_CHECKING:
    from coverage_check.coverage.rings import Rings

MIN_AREA_M2 = 1.0
MIN_SHARE = 1e-6
"""Areas smaller than a square metre or a millionth of the layer are the rounding of coordinates, not findings."""

CHANGE_LIMIT = 0.10
"""How much of a claim's area may change between deliveries. An assumption; a wrong setting once made 25 % (PTS 2015)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerQuality:
    """What it took to make one layer's polygons sound, and what became of them.

    Attributes
    ----------
    features
        Features of the file that make up the layer.
    rings_closed
        Features with a ring that was open.
    repaired
        Features that were not valid.
    repairs
        The number in the file of each repaired feature and what the repair added to its area, m², the largest
        changes first, at most 100.
    area_change_m2
        Sum of all those changes, each without its sign.
    overlap_m2
        Area that more than one part covers, counted once for each part too many.
    area_m2, polygons, holes, vertices
        Of the union.
    crs
        What the coordinates of the file were taken to be in.
    transform_accuracy_m
        What PROJ says of the transformation; 0 if there was none, -1 if it doesn't know.
    """

    features: int
    rings_closed: int
    repaired: int
    repairs: tuple[tuple[int, float], ...]
    area_change_m2: float
    overlap_m2: float
    area_m2: float
    polygons: int
    holes: int
    vertices: int
    crs: str
    transform_accuracy_m: float

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "LayerQuality":
        """Make it from JSON."""
        return cls(**{**values, "repairs": tuple((int(n), float(change)) for n, change in values["repairs"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a person should look at.

    Attributes
    ----------
    code
        REPAIRED, OVERLAPPING, THRESHOLD_MISSING, LEVEL_MISSING, NOT_NESTED, OUTSIDE_SURVEY or
        AREA_CHANGED.
    layers
        Ids of the layers concerned.
    area_m2
        How much ground is concerned; None where that is no question.
    x, y
        A place to look at, in the snapshot's metric CRS.
    sentence
        What was found and what to do.
    """

    code: str
    layers: tuple[str, ...]
    sentence: str
    area_m2: float | None = None
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The quality report of a snapshot."""

    layers: Mapping[str, LayerQuality]
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        layers = {name: asdict(layer) for name, layer in self.layers.items()}
        return {"layers": layers, "findings": [asdict(finding) for finding in self.findings]}


def findings_of(layer: Layer, quality: LayerQuality) -> Iterator[Finding]:
    """Look at one layer alone."""
    only = (layer.id,)
    if quality.repaired:
        yield Finding(
            code="REPAIRED",
            layers=only,
            area_m2=quality.area_change_m2,
            sentence=f"{quality.repaired} of {quality.features} features were not valid; their repair changed "
            f"{_area(quality.area_change_m2)}. Ask the publisher for valid polygons.",
        )
    if quality.overlap_m2 >= MIN_AREA_M2:
        yield Finding(
            code="OVERLAPPING",
            layers=only,
            area_m2=quality.overlap_m2,
            sentence=f"its polygons overlap by {_area(quality.overlap_m2)}; their union counts.",
        )
    if layer.level is None:
        yield Finding(code="LEVEL_MISSING", layers=only, sentence="no level is declared; it is taken as basic.")
    if layer.threshold_dbm is None:
        yield Finding(
            code="THRESHOLD_MISSING",
            layers=only,
            sentence="no threshold_dbm is declared; a polygon without its threshold means little, so ask the publisher.",
        )


def nested_pairs(layers: Sequence[Layer]) -> Iterator[tuple[int, int]]:
    """Give the positions of layers whose first ought to lie within the second: the same claim at the next higher level."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for position, layer in enumerate(layers):
        if layer.level is not None:
            groups.setdefault(_claim(layer), []).append(position)
    for members in groups.values():
        by_rank = sorted(members, key=lambda position: -layers[position].assumed_level.rank)
        ranks = [list(group) for _, group in itertools.groupby(by_rank, key=lambda at: layers[at].assumed_level)]
        for higher, lower in itertools.pairwise(ranks):
            yield from itertools.product(higher, lower)


def not_nested(higher: Layer, lower: Layer, inner: "Rings", outer: "Rings") -> Iterator[Finding]:
    """Look whether the higher level lies within the lower one."""
    if (outside := _outside(inner, outer)) is not None:
        area_m2, x, y = outside
        yield Finding(
            code="NOT_NESTED",
            layers=(higher.id, lower.id),
            area_m2=area_m2,
            x=x,
            y=y,
            sentence=f"{_area(area_m2)} of {higher.id} lie outside {lower.id}, though the higher level includes the lower; "
            "one of the files is wrong or of another date.",
        )


def outside_survey(layer: Layer, claim: "Rings", survey: "Rings") -> Iterator[Finding]:
    """Look whether a layer claims coverage where it doesn't speak."""
    if (outside := _outside(claim, survey)) is not None:
        area_m2, x, y = outside
        yield Finding(
            code="OUTSIDE_SURVEY",
            layers=(layer.id,),
            area_m2=area_m2,
            x=x,
            y=y,
            sentence=f"{_area(area_m2)} of it lie outside its survey area, where it counts as no data; check survey_area.",
        )


def changed(layers: Sequence[Layer], previous: Sequence[Layer]) -> Iterator[Finding]:
    """Compare the area of each claim with what the last delivery claimed."""
    before = _areas_km2(previous)
    for key, area_km2 in _areas_km2(layers).items():
        if key in before and abs(area_km2 - before[key]) > CHANGE_LIMIT * before[key]:
            change = area_km2 / before[key] - 1
            yield Finding(
                code="AREA_CHANGED",
                layers=tuple(layer.id for layer in layers if (*_subject(layer), layer.level) == key),
                area_m2=round(abs(area_km2 - before[key]) * 1e6, 3),
                sentence=f"its area changed by {change:+.0%} since the last delivery, from {before[key]:,.0f} to "
                f"{area_km2:,.0f} km²; ask the publisher why.",
            )


def _areas_km2(layers: Sequence[Layer]) -> dict[tuple[object, ...], float]:
    """Give the area of each claim, of its last publication where there are several."""
    last: dict[tuple[object, ...], Layer] = {}
    for layer in sorted(layers, key=lambda layer: layer.published):
        last[(*_subject(layer), layer.level)] = layer
    return {key: layer.area_km2 for key, layer in last.items()}


def _subject(layer: Layer) -> tuple[object, ...]:
    return layer.network, layer.country, layer.technology, layer.service, layer.environment, layer.receiver


def _claim(layer: Layer) -> tuple[object, ...]:
    """Name what two layers must have in common to be levels of one claim."""
    return *_subject(layer), layer.published, layer.valid_from, layer.valid_until


def _outside(inner: "Rings", outer: "Rings") -> tuple[float, float, float] | None:
    """Measure what of one area lies outside another: square metres, and a place in its largest piece."""
    import numpy as np  # noqa: PLC0415 - an opened snapshot only shows what the import found
    import shapely  # noqa: PLC0415

    parts, whole = inner.polygons(), outer.polygons()
    shapely.prepare(whole)
    part, holder = shapely.STRtree(whole).query(parts)
    # Unlike `covers` it never falls back to the full question, which would walk round a country for each part.
    held = np.unique(part[shapely.contains_properly(whole[holder], parts[part])])
    loose = np.delete(np.arange(len(parts)), held)
    near = np.unique(holder[np.isin(part, loose)])
    shapely.destroy_prepared(whole)
    rest = shapely.difference(shapely.multipolygons(parts[loose]), shapely.multipolygons(whole[near]))
    pieces = shapely.get_parts(rest)
    areas = shapely.area(pieces)
    if areas.sum() < max(MIN_AREA_M2, MIN_SHARE * shapely.area(parts).sum()):
        return None
    x, y = shapely.get_coordinates(shapely.point_on_surface(pieces[areas.argmax()]))[0]
    return round(float(areas.sum()), 3), round(float(x), 3), round(float(y), 3)


def _area(area_m2: float) -> str:
    return f"{area_m2 / 1e6:,.3f} km²" if area_m2 >= 1_000 else f"{area_m2:,.0f} m²"
