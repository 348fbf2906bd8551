"""One layer, from the delivered file to its truth: read, check, repair, densify, transform, unite.

Runs in the worker process. Everything wrong is noted, not only the first thing; geometry is only worked on where the file
is what its declaration says.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely
from pyproj import CRS

from coverage_check.coverage.checks import check_features, check_places
from coverage_check.coverage.crs import check_stretch, check_transformation, name_of, to_metric
from coverage_check.coverage.fault import Fault, Notes
from coverage_check.coverage.projection import NotTransformable, project
from coverage_check.coverage.quality import MIN_AREA_M2, LayerQuality
from coverage_check.coverage.repair import Parts, Repaired, repair
from coverage_check.coverage.rings import Rings
from coverage_check.coverage.sights import overlap_at, place_in, step_m
from coverage_check.coverage.sources.cells import Cells
from coverage_check.coverage.sources.features import Features, Geometries, Request
from coverage_check.coverage.sources.formats import FORMATS, declared_format
from coverage_check.coverage.stopwatch import Laps
from coverage_check.coverage.union import unite_normal

AREA = "area"
"""The folder that the worker leaves the polygons in."""

_REPAIRS_KEPT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to read, and what was declared about it.

    Attributes
    ----------
    main
        The copy of the file, in the current folder.
    country
        Code of the country that all features must lie in; None for a survey area, which may be larger.
    crs, features
        As declared; None where nothing was.
    cells
        How to read a file of cells, as `Cells.from_dict` takes it; None for features.
    """

    main: str
    format: str
    stem: str
    table: str | None
    where: Mapping[str, list[Any]]
    metric_crs: str
    country: str | None = None
    crs: str | None = None
    features: int | None = None
    cells: Mapping[str, Any] | None = None


def examine(task: Task, folder: Path) -> dict[str, Any]:
    """Do the task; the polygons are left in the folder, the rest is returned as JSON has it.

    Returns
    -------
    dict
        ``quality``, ``versions``, and ``seconds`` of CPU for each part of the work.

    Raises
    ------
    Unusable, Fault
        What is wrong with the file.
    """
    laps = Laps()
    cells = Cells.from_dict(task.cells) if task.cells else None
    kind = next(kind for kind in FORMATS if kind.name == task.format)
    kind = declared_format(kind, cells.naming if cells else None)
    reader = import_module(f"coverage_check.coverage.sources.{kind.reader}")
    request = Request(table=task.table, where=task.where, stem=task.stem, cells=cells)
    features: Features = reader.read(Path(task.main), request, kind)
    laps.end("read")
    delivered = Delivered(features=features.count, rings_closed=features.rings_closed)
    notes = Notes()
    parts = check_features(features, task.features, notes)
    metric = CRS.from_user_input(task.metric_crs)
    crs = check_places(parts, features.crs, task.crs, task.country, metric, notes)
    notes.stop_if_any()
    del features  # a national layer is a gigabyte, and each step makes another
    valid = make_sound(parts, crs, metric, notes)
    del parts
    laps.end("repair")
    polygons = unite_normal(valid.polygons)
    laps.end("union")
    rings = Rings.of(polygons)
    check_stretch(metric, rings.bounds)
    _check_area(polygons)
    (folder / AREA).mkdir()
    rings.save(folder / AREA)
    quality = measure(delivered, valid, polygons, rings)
    laps.end("quality")
    return {"quality": asdict(quality), "versions": versions(), "seconds": laps.seconds}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What stays to be told of a file's features once their polygons are taken out."""

    features: int
    rings_closed: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sound:
    """Valid polygons in the metric CRS, normalised and not united yet, and what it took.

    Attributes
    ----------
    area_m2
        Sum of the polygons, overlaps counted as often as they are there.
    changes
        What the repair of each broken feature added to its area, m².
    repaired_at
        A place in what became of the feature that changed most.
    """

    polygons: Geometries
    area_m2: float
    changes: Mapping[int, float]
    crs: CRS
    accuracy_m: float
    repaired_at: tuple[float, float] | None


def make_sound(parts: Parts, crs: CRS, metric: CRS, notes: Notes) -> Sound:
    """Repair, densify and transform the parts of a layer that has passed its checks.

    Raises
    ------
    Unusable, Fault
        NOT_TRANSFORMABLE, CRS_UNCERTAIN, BEYOND_REPAIR or EMPTY_LAYER.
    """
    repaired = repair(parts)
    repairs = [repaired]
    accuracy_m = 0.0
    if transformer := to_metric(crs, metric):
        try:
            polygons = project(repaired.parts.polygons, transformer)
        except NotTransformable as error:
            notes.features(
                "NOT_TRANSFORMABLE", repaired.parts.owner[error.polygons], "without a place in metric_crs", "check both CRS"
            )
            notes.stop_if_any()
            raise
        accuracy_m = check_transformation(transformer, crs)
        # A transformation may bend a sound polygon into an unsound one, so the repair is looked at twice.
        again = repair(Parts(polygons=polygons, owner=repaired.parts.owner))
        repairs = [_carried(repaired, transformer), again]
        repaired = again
    lost = [number for step in repairs for number in step.beyond_repair]
    notes.features("BEYOND_REPAIR", np.array(lost, dtype=np.int64), "beyond repair", "ask for valid polygons")
    if not len(repaired.parts.polygons):
        notes.note("EMPTY_LAYER", "nothing of its features has any area; ask its publisher for the polygons.")
    notes.stop_if_any()
    changes = _changes(repairs)
    polygons = shapely.normalize(repaired.parts.polygons)
    return Sound(
        polygons=polygons,
        area_m2=math.fsum(shapely.area(polygons)),
        changes=changes,
        crs=crs,
        accuracy_m=accuracy_m,
        repaired_at=_repaired_at(repairs, changes),
    )


def _check_area(polygons: Geometries) -> None:
    """Refuse a layer of no size: degrees that were declared as metres look so."""
    if math.fsum(shapely.area(polygons)) < MIN_AREA_M2:
        raise Fault("EMPTY_LAYER", "its polygons cover less than a square metre together; check its CRS.")


def measure(delivered: Delivered, sound: Sound, polygons: Geometries, rings: Rings) -> LayerQuality:
    """Measure what became of the features. Sums are exact, so that the order of features doesn't show in them."""
    area_m2 = math.fsum(shapely.area(polygons))
    overlap_m2 = sound.area_m2 - area_m2
    worst = _worst_first(sound.changes)
    return LayerQuality(
        **asdict(delivered),
        repaired=len(sound.changes),
        repairs=tuple(worst[:_REPAIRS_KEPT]),
        area_change_m2=round(math.fsum(abs(change) for change in sound.changes.values()), 3),
        overlap_m2=max(0.0, round(overlap_m2, 3)),
        area_m2=round(area_m2, 3),
        polygons=len(polygons),
        holes=rings.holes,
        vertices=len(rings.coords),
        crs=name_of(sound.crs),
        transform_accuracy_m=sound.accuracy_m,
        step_m=step_m(polygons),
        repaired_at=sound.repaired_at,
        overlap_at=overlap_at(sound.polygons) if overlap_m2 >= MIN_AREA_M2 else None,
    )


def versions() -> dict[str, str]:
    """Name what the geometry depends on."""
    import pyogrio  # noqa: PLC0415

    return {"geos": shapely.geos_version_string, "proj": pyproj.proj_version_str, "gdal": pyogrio.__gdal_version_string__}


def _carried(repaired: Repaired, transformer: pyproj.Transformer) -> Repaired:
    """Carry what a repair changed into the metric CRS, to be measured there."""

    def carry(polygons: list[shapely.Polygon]) -> list[shapely.Polygon]:
        return list(project(np.array(polygons, dtype=object), transformer)) if polygons else []

    return Repaired(
        parts=repaired.parts,
        before={number: carry(polygons) for number, polygons in repaired.before.items()},
        after={number: carry(polygons) for number, polygons in repaired.after.items()},
        beyond_repair=repaired.beyond_repair,
    )


def _changes(repairs: list[Repaired]) -> dict[int, float]:
    """Measure what the repairs added to the area of each feature, m²."""
    changes: dict[int, float] = {}
    for step in repairs:
        for number, before in step.before.items():
            change = math.fsum(shapely.area(step.after.get(number, []))) - math.fsum(shapely.area(before))
            changes[number] = round(changes.get(number, 0.0) + change, 3)
    return changes


def _worst_first(changes: Mapping[int, float]) -> list[tuple[int, float]]:
    return sorted(changes.items(), key=lambda item: (-abs(item[1]), item[0]))


def _repaired_at(repairs: list[Repaired], changes: Mapping[int, float]) -> tuple[float, float] | None:
    """Give a place in what became of the feature that changed most; None where nothing is left of any."""
    for number, _ in _worst_first(changes):
        for step in reversed(repairs):
            if after := step.after.get(number):
                return place_in(max(after, key=lambda polygon: polygon.area))
    return None
