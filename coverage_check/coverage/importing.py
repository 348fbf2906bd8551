"""From a layers.toml to a snapshot's folder: read every file, compare the layers, write whole or not at all."""

import json
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from coverage_check.coverage.catalogue import Catalogue, LayerSource, take_catalogue
from coverage_check.coverage.change import changes, refuse_unaccepted
from coverage_check.coverage.country import BOXES
from coverage_check.coverage.crs import read_crs, to_degrees, why_not_metric
from coverage_check.coverage.curves import MeasuredClaim, findings_of_curves, read_curves, take_curves
from coverage_check.coverage.fault import Fault
from coverage_check.coverage.grid import Polygons
from coverage_check.coverage.index import build
from coverage_check.coverage.manifest import NAME, Manifest, StoredFile, StoredLayer
from coverage_check.coverage.publication import publish, staging
from coverage_check.coverage.quality import (
    Finding,
    Quality,
    findings_of,
    in_the_sea,
    nested_pairs,
    not_nested,
    out_of_date,
    outside_survey,
)
from coverage_check.coverage.reading import AREAS, Examined, Outcome, Reading, examine_all, require_extras
from coverage_check.coverage.rings import Rings
from coverage_check.coverage.snapshot import Progress, Snapshot
from coverage_check.coverage.stopwatch import Laps
from coverage_check.declaration import Document
from coverage_check.errors import DeclarationError, FileRefused, ImportFailed
from coverage_check.layer import Layer
from coverage_check.version import __version__


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a delivery is imported in the light of: the last one, what changed rightly, and what was measured of it."""

    previous: Snapshot | None = None
    accept: Collection[str] = ()
    calibration: Path | None = None


def write_snapshot(layers_toml: Path, output: Path, beside: Beside, *, overwrite: bool, progress: Progress) -> None:
    """Do what `snapshot.import_layers` promises."""
    with staging(output) as folder:
        document, catalogue = _read(layers_toml)
        measured, curves = _read_curves(beside.calibration, catalogue)
        readings = list(_readings(catalogue))
        require_extras(readings)
        staged = folder / "snapshot"
        steps = len(readings) + 2
        outcomes: list[Outcome] = []
        for reading, outcome in zip(readings, examine_all(readings, folder, staged), strict=True):
            outcomes.append(outcome)
            progress(len(outcomes), steps, reading.label)
        _refuse([document, *measured], readings, outcomes)
        examined = [outcome for outcome in outcomes if isinstance(outcome, Examined)]
        laps = Laps()
        for result in examined:
            laps.add(result.seconds)
        layers, quality, areas = _side_by_side(catalogue, examined, staged, beside.previous, curves)
        refuse_unaccepted(quality.findings, beside.accept)
        laps.end("quality")
        progress(steps - 1, steps, "layers compared")
        _index(staged, areas)
        laps.end("index")
        manifest = Manifest(
            metric_crs=catalogue.metric_crs,
            versions={"coverage_check": __version__, **examined[0].versions},
            layers=layers,
            quality=quality,
            files={path.name: StoredFile.of(path) for path in staged.glob("*.npy")},
        ).sealed()
        (staged / NAME).write_bytes(manifest.render())
        publish(staged, output, manifest, overwrite=overwrite)
        progress(steps, steps, f"CPU time: {laps}")


def _read(layers_toml: Path) -> tuple[Document, Catalogue]:
    try:
        document = Document.read(layers_toml)
    except DeclarationError as error:
        raise ImportFailed(error.faults) from None
    return document, take_catalogue(document)


def _read_curves(calibration: Path | None, catalogue: Catalogue) -> tuple[list[Document], dict[str, MeasuredClaim]]:
    """Take the measured curves, if there are any; what is wrong with them is told beside what is wrong with the files."""
    if calibration is None:
        return [], {}
    try:
        document = read_curves(calibration)
    except DeclarationError as error:
        raise ImportFailed(error.faults) from None
    return [document], take_curves(document, [source.claim for source in catalogue.sources])


def _readings(catalogue: Catalogue) -> Iterator[Reading]:
    """Say what is to be read: the file of each layer, then each survey area once. None that the declaration leaves open."""
    if not catalogue.metric_crs or why_not_metric(catalogue.metric_crs):
        return
    sources = [source for source in catalogue.sources if source.file != catalogue.path.parent]
    for source in sources:
        yield _layer_reading(source, catalogue.metric_crs)
    for survey in _surveys(sources, catalogue.metric_crs):
        users = [source.claim.id for source in sources if _survey(source, catalogue.metric_crs) == survey]
        others = f" and {len(users) - 1} more" if len(users) > 1 else ""
        file, task = survey
        label = f"survey_area of layer '{users[0]}'{others}: {file.name}"
        yield Reading(label=label, file=file, sha256=None, task=json.loads(task))
    if catalogue.land:
        label = f"land: {catalogue.land.name}"
        yield Reading(label=label, file=catalogue.land, sha256=None, task=_outline(catalogue.metric_crs))


def _surveys(sources: Sequence[LayerSource], metric_crs: str) -> list[tuple[Path, str]]:
    """List the survey areas that have to be read, each once however many layers have it."""
    surveys = [_survey(source, metric_crs) for source in sources]
    return list(dict.fromkeys(survey for survey in surveys if survey))


def _survey(source: LayerSource, metric_crs: str) -> tuple[Path, str] | None:
    """Say which file a layer's survey area is read from, and how, as JSON; None where nothing has to be read."""
    if source.survey_file:
        return source.survey_file, json.dumps(_outline(metric_crs))
    if source.cells and not source.cells.complete:
        task = {**_layer_reading(source, metric_crs).task, "country": None, "features": None}
        return source.file, json.dumps({**task, "cells": asdict(replace(source.cells, survey=True))})
    return None


def _outline(metric_crs: str) -> dict[str, Any]:
    """Say how polygons are read that are no claim: a survey area, or the land."""
    return {"table": None, "where": {}, "metric_crs": metric_crs}


def _layer_reading(source: LayerSource, metric_crs: str) -> Reading:
    return Reading(
        label=f"layer '{source.claim.id}': {source.file.name}",
        file=source.file,
        sha256=source.sha256,
        task={
            "table": source.table,
            "where": {column: list(values) for column, values in source.where.items()},
            "metric_crs": metric_crs,
            "country": source.claim.country if source.claim.country in BOXES else None,
            "crs": source.crs,
            "features": source.features,
            "cells": asdict(source.cells) if source.cells else None,
        },
    )


def _refuse(documents: Sequence[Document], readings: Sequence[Reading], outcomes: Sequence[Outcome]) -> None:
    """Raise all faults of the declaration and of every file at once; the first file's error is kept as the cause."""
    faults: list[str] = []
    errors: list[FileRefused] = []
    for document in documents:
        try:
            document.finish()
        except DeclarationError as error:
            faults += error.faults
    told: set[tuple[Path, str]] = set()
    for reading, outcome in zip(readings, outcomes, strict=True):
        if isinstance(outcome, list):
            # A file of cells is read twice, for its claim and for where it speaks; what is wrong is said once.
            new = [error for error in outcome if "cells" not in reading.task or (reading.file, str(error)) not in told]
            told |= {(reading.file, str(error)) for error in outcome if reading.task.get("cells")}
            errors += new
            faults += [f"{documents[0].path.name}: {reading.label}: {_sentence(error)}" for error in new]
    if faults:
        raise ImportFailed(faults) from next(iter(errors), None)


def _sentence(error: FileRefused) -> str:
    return str(error) if isinstance(error, Fault) else f"{error} [{error.code}]"


def _side_by_side(
    catalogue: Catalogue,
    examined: Sequence[Examined],
    staged: Path,
    previous: Snapshot | None,
    curves: Mapping[str, MeasuredClaim],
) -> tuple[tuple[StoredLayer, ...], Quality, list[str]]:
    """Put together what the files gave, and look at the layers beside each other; the areas are those of the index."""
    count = len(catalogue.sources)
    land = examined[-1] if catalogue.land else None
    examined = examined[:-1] if land else examined
    surveys = _surveys(catalogue.sources, catalogue.metric_crs)
    survey_areas = {survey: result.area for survey, result in zip(surveys, examined[count:], strict=True)}
    numbers = {area: number for number, area in enumerate(dict.fromkeys(result.area for result in examined))}
    layers = tuple(
        StoredLayer(
            claim=_measured(source.claim, result, staged, curves),
            area=numbers[result.area],
            survey_area=numbers[survey_areas[survey]] if (survey := _survey(source, catalogue.metric_crs)) else None,
        )
        for source, result in zip(catalogue.sources, examined[:count], strict=True)
    )
    qualities = {layer.claim.id: result.quality for layer, result in zip(layers, examined[:count], strict=True)}
    findings = [finding for layer in layers for finding in findings_of(layer.claim, qualities[layer.claim.id])]
    findings += _compare(layers, [staged / area for area in numbers])
    findings += out_of_date([layer.claim for layer in layers])
    findings += findings_of_curves([layer.claim for layer in layers], curves)
    if land:
        findings += _in_the_sea(layers, [staged / area for area in numbers], Rings.load(staged / land.area))
    if previous:
        areas = {layer.claim.id: Rings.load(staged / result.area) for layer, result in zip(layers, examined, strict=False)}
        findings += changes([layer.claim for layer in layers], areas, catalogue.metric_crs, previous)
    placed = tuple(_placed(finding, catalogue.metric_crs) for finding in findings)
    return layers, Quality(layers=qualities, findings=placed), list(numbers)


def _in_the_sea(layers: Sequence[StoredLayer], areas: Sequence[Path], land: Rings) -> Iterator[Finding]:
    """Look for parts that touch no land."""
    ashore = land.polygons()
    for layer in layers:
        yield from in_the_sea(layer.claim, Rings.load(areas[layer.area]), ashore)


def _placed(finding: Finding, metric_crs: str) -> Finding:
    """Give a finding's place in degrees too, so that a person can look at it on any map."""
    if finding.x is None or finding.y is None:
        return finding
    ((lon, lat),) = to_degrees(read_crs(metric_crs), np.array([[finding.x, finding.y]])).tolist()
    return replace(finding, lon=round(lon, 6), lat=round(lat, 6))


def _index(staged: Path, areas: Sequence[str]) -> None:
    """Compile the areas into the index, which holds their polygons too, so that the folders they came in can go."""
    build((_polygons(Rings.load(staged / area)) for area in areas), staged)
    shutil.rmtree(staged / AREAS)


def _polygons(area: Rings) -> Polygons:
    return Polygons(vertices=area.coords, ring_offsets=area.ring_offsets, polygon_offsets=area.polygon_offsets)


def _measured(claim: Layer, result: Examined, staged: Path, curves: Mapping[str, MeasuredClaim]) -> Layer:
    """Add to a declared layer what only its file can tell, and what was measured of it."""
    return replace(
        claim,
        sha256=result.sha256,
        features=result.quality.features,
        area_km2=round(result.quality.area_m2 / 1e6, 6),
        bounds=Rings.load(staged / result.area).bounds,
        curve=curves[claim.id].curve if claim.id in curves else None,
    )


def _compare(layers: Sequence[StoredLayer], areas: Sequence[Path]) -> Iterator[Finding]:
    """Look whether higher levels lie within lower ones, and claims within their survey areas."""
    for inner, outer in nested_pairs([layer.claim for layer in layers]):
        higher, lower = layers[inner], layers[outer]
        if higher.area != lower.area:
            yield from not_nested(higher.claim, lower.claim, Rings.load(areas[higher.area]), Rings.load(areas[lower.area]))
    for layer in layers:
        if layer.survey_area is not None:
            survey = Rings.load(areas[layer.survey_area])
            yield from outside_survey(layer.claim, Rings.load(areas[layer.area]), survey)
