"""Questions whose places were looked for, decided with one look at the coverage."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from coverage_check.basis import Basis, Request
from coverage_check.checker.asking import Located
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.coverage.surroundings import MapSurroundings, looks_swapped
from coverage_check.decision import RULES, Decision, Provenance, ReasonCode, Versions
from coverage_check.location import Location
from coverage_check.qualification import Decisions, Found, Outlines, decide_all, undetermined
from coverage_check.version import __version__

SWAPPED = "SWAPPED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What the decisions of a checker rest on, beside their questions.

    Attributes
    ----------
    outlines
        What was decided of the same snapshot and products, kept for what is alike.
    products, errors, risks
        SHA-256 of the catalogue, of the error model, and of what a wrong answer costs.
    """

    snapshot: Snapshot
    outlines: Outlines
    products: str
    errors: str
    risks: str

    def provenance(self, geocoder: str = "") -> Provenance:
        """Give what a decision names as its sources."""
        versions = self.snapshot.versions
        return Provenance(
            snapshot=self.snapshot.id,
            register=geocoder,
            products=self.products,
            rules=RULES,
            versions=Versions(
                coverage_check=__version__, geos=versions["geos"], proj=versions["proj"], gdal=versions["gdal"]
            ),
        )

    def basis(self, request: Request, found: Location | None, remark: str = "") -> Basis:
        """Give what a decision was made from beyond what its JSON says."""
        return Basis(request=request, found=found, remark=remark, errors=self.errors, risks=self.risks)


def decide_located(grounds: Grounds, located: Sequence[Located]) -> Decisions:
    """Decide questions in their order, each as if it had been asked alone."""
    made_at = now()
    provenances = {name: grounds.provenance(name) for name in {item.geocoder for item in located}}
    items = list(located)
    placed = [row for row, item in enumerate(items) if item.location is not None]
    degrees = np.array([(at.lat, at.lon) for item in items if (at := item.location) is not None], dtype=np.float64)
    lat, lon = degrees.reshape(-1, 2).T
    x, y = grounds.snapshot.to_metric(lon=lon, lat=lat)
    swapped = looks_swapped(grounds.snapshot, lat=lat, lon=lon, metric=(x, y))
    for row in np.array(placed, dtype=np.intp)[swapped].tolist():
        items[row] = replace(items[row], location=None, code=ReasonCode.INVALID_INPUT, remark=SWAPPED)

    def basis(row: int) -> Basis:
        item = items[row]
        return grounds.basis(replace(item.request, on=item.order.on), item.location, item.remark)

    found: list[Found] = []
    nowhere: dict[int, Decision] = {}
    for row, item in enumerate(items):
        provenance = provenances[item.geocoder]
        if item.location is not None:
            found.append(Found(row=row, order=item.order, location=item.location, provenance=provenance))
            continue
        decision = undetermined(item.order, item.code, provenance=provenance, made_at=made_at, remark=item.remark)
        nowhere[row] = replace(decision, basis=basis(row))
    around = MapSurroundings.of(grounds.snapshot, [item.location for item in found], (x[~swapped], y[~swapped]))
    parts = decide_all(found, around, grounds.outlines) if found else []
    return Decisions(parts, nowhere, made_at, basis)


def now() -> datetime:
    """Give the time of a decision, as precise as the record is."""
    return datetime.now(tz=UTC).replace(microsecond=0)
