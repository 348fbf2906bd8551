"""What the import found out about the quality of layers: of each alone, and of each beside the others."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from coverage_check.layer import Layer

if TYPE_CHECKING:
    from coverage_check.coverage.rings import Rings
    from coverage_check.coverage.sources.features import Geometries

MIN_AREA_M2 = 1.0
MIN_SHARE = 1e-6
"""Areas smaller than a square metre or a millionth of the layer are the rounding of coordinates, not findings."""

CHANGE_LIMIT = 0.10
"""How much of a claim's area may change between deliveries. An assumption; a wrong setting once made 25 % (PTS 2015)."""


CURVE_OF_ANOTHER_DELIVERY = "CURVE_OF_ANOTHER_DELIVERY"

STEP_FACTOR = 1.5
"""How far a layer's steps may differ from its declared resolution. An assumption: half of it or twice it is another map."""

Place = tuple[float, float]


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
    step_m
        Size of the steps that the edges are made of; None where they are no steps.
    repaired_at, overlap_at
        x, y of a place that was repaired, and of one that several parts cover, in the metric CRS.
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
    step_m: float | None = None
    repaired_at: Place | None = None
    overlap_at: Place | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "LayerQuality":
        """Make it from JSON."""
        repairs = tuple((int(n), float(change)) for n, change in values["repairs"])
        places = {name: tuple(values[name]) for name in ("repaired_at", "overlap_at") if values.get(name)}
        return cls(**{**values, **places, "repairs": repairs})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a person should look at.

    Attributes
    ----------
    code
        REPAIRED, OVERLAPPING, THRESHOLD_MISSING, LEVEL_MISSING, NOT_NESTED, OUTSIDE_SURVEY, IN_THE_SEA, STEPS_DIFFER,
        OUT_OF_DATE, AREA_CHANGED, LAYER_GONE, OVERCLAIMED or CURVE_OF_ANOTHER_DELIVERY.
    layers
        Ids of the layers concerned.
    area_m2
        How much ground is concerned; None where that is no question.
    x, y
        A place to look at, in the snapshot's metric CRS.
    lon, lat
        The same place in degrees, WGS 84.
    sentence
        What was found and what to do.
    """

    code: str
    layers: tuple[str, ...]
    sentence: str
    area_m2: float | None = None
    x: float | None = None
    y: float | None = None
    lon: float | None = None
    lat: float | None = None


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
            **_at(quality.repaired_at),
            sentence=f"{quality.repaired} of {quality.features} features were not valid; their repair changed "
            f"{_area(quality.area_change_m2)}. Ask the publisher for valid polygons.",
        )
    if quality.overlap_m2 >= MIN_AREA_M2:
        yield Finding(
            code="OVERLAPPING",
            layers=only,
            area_m2=quality.overlap_m2,
            **_at(quality.overlap_at),
            sentence=f"its polygons overlap by {_area(quality.overlap_m2)}; their union counts.",
        )
    if quality.step_m and not 1 / STEP_FACTOR <= quality.step_m / layer.resolution_m <= STEP_FACTOR:
        yield Finding(
            code="STEPS_DIFFER",
            layers=only,
            sentence=f"its edges are steps of {quality.step_m:,.0f} m and its resolution_m is {layer.resolution_m:,.0f}; "
            "declare the one it was made with.",
        )
    if layer.level is None:
        yield Finding(code="LEVEL_MISSING", layers=only, sentence="no level is declared; it is taken as basic.")
    if layer.threshold_dbm is None:
        yield Finding(
            code="THRESHOLD_MISSING",
            layers=only,
            sentence="no threshold_dbm is declared; a polygon without its threshold means little, so ask the publisher.",
        )


def out_of_date(layers: Sequence[Layer]) -> Iterator[Finding]:
    """Find layers whose use ended before others of the same delivery were published."""
    newest = max(layer.published for layer in layers)
    for layer in layers:
        if layer.stale_after < newest:
            yield Finding(
                code="OUT_OF_DATE",
                layers=(layer.id,),
                sentence=f"it was published on {layer.published} and may be used until {layer.stale_after}, "
                f"before the newest layer was published ({newest}); ask the publisher for a newer one.",
            )


def _at(place: Place | None) -> dict[str, float]:
    return {} if place is None else {"x": place[0], "y": place[1]}


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


def in_the_sea(layer: Layer, claim: "Rings", land: "Geometries") -> Iterator[Finding]:
    """Look for parts of a layer that touch no land: coverage reaches over water, and seldom stands in it."""
    import shapely  # noqa: PLC0415 - an opened snapshot only shows what the import found

    parts = claim.polygons()
    ashore = np.zeros(len(parts), dtype=bool)
    ashore[shapely.STRtree(parts).query(land, predicate="intersects")[1]] = True
    if not ashore.all():
        areas = np.where(ashore, 0, shapely.area(parts))
        x, y = shapely.get_coordinates(shapely.point_on_surface(parts[areas.argmax()]))[0].tolist()
        area_m2 = math.fsum(areas)
        yield Finding(
            code="IN_THE_SEA",
            layers=(layer.id,),
            area_m2=round(area_m2, 3),
            x=round(x, 3),
            y=round(y, 3),
            sentence=f"{len(parts) - int(ashore.sum())} of its {len(parts)} parts, {_area(area_m2)}, touch no land; "
            "look whether they lie in the right place.",
        )


def subject(layer: Layer) -> tuple[object, ...]:
    """Name what two layers must have in common to be about the same, whatever their level and date."""
    return layer.network, layer.country, layer.technology, layer.service, layer.environment, layer.receiver


def _claim(layer: Layer) -> tuple[object, ...]:
    """Name what two layers must have in common to be levels of one claim."""
    return *subject(layer), layer.published, layer.valid_from, layer.valid_until


def _outside(inner: "Rings", outer: "Rings") -> tuple[float, float, float] | None:
    """Measure what of one area lies outside another: square metres, and a place in its largest piece."""
    import shapely  # noqa: PLC0415 - an opened snapshot only shows what the import found

    from coverage_check.coverage.difference import outside  # noqa: PLC0415

    pieces = outside(inner.polygons(), outer.polygons())
    areas = shapely.area(pieces)
    if areas.sum() < max(MIN_AREA_M2, MIN_SHARE * shapely.area(inner.polygons()).sum()):
        return None
    x, y = shapely.get_coordinates(shapely.point_on_surface(pieces[areas.argmax()]))[0]
    return round(float(areas.sum()), 3), round(float(x), 3), round(float(y), 3)


def _area(area_m2: float) -> str:
    return f"{area_m2 / 1e6:,.3f} km²" if area_m2 >= 1_000 else f"{area_m2:,.0f} m²"
