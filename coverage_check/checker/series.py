"""One question at many positions, decided in columns from the first to the last."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from coverage_check.basis import Basis, Request
from coverage_check.checker.asking import asked_position
from coverage_check.checker.deciding import SWAPPED, Grounds, now
from coverage_check.coverage.surroundings import MapSurroundings, looks_swapped
from coverage_check.decision import Decision, ReasonCode
from coverage_check.errors import InvalidInput
from coverage_check.location import Location, require_position
from coverage_check.qualification import (
    Decisions,
    Order,
    Positions,
    decide_positions,
    position_text,
    position_texts,
    undetermined,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from coverage_check.availability import Floats

_NO_HALF = 0.499


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One question at many positions.

    Attributes
    ----------
    request
        As it is asked at each of them, with the day it is about.
    example
        The first location; the others are like it but for `lat` and `lon`.
    lat, lon
        float64[n], degrees, as given.
    """

    request: Request
    order: Order
    example: Location
    lat: "Floats"
    lon: "Floats"

    def decide(self, grounds: Grounds) -> Decisions:
        """Decide at every position, as at each of them alone."""
        made_at = now()
        recorded = np.array([recorded_degrees(axis) for axis in (self.lat, self.lon)])
        x, y = grounds.snapshot.to_metric(lon=recorded[1], lat=recorded[0])
        swapped = looks_swapped(grounds.snapshot, lat=recorded[0], lon=recorded[1], metric=(x, y))

        def basis(row: int) -> Basis:
            return self._basis(row, grounds, swapped)

        nowhere = {
            row: replace(self._nowhere(row, grounds, made_at), basis=basis(row)) for row in np.flatnonzero(swapped).tolist()
        }
        rows = np.flatnonzero(~swapped)
        lat, lon = recorded[:, rows]
        location = self.example.as_recorded()
        positions = Positions(
            order=self.order,
            location=location,
            provenance=grounds.provenance(),
            given=position_texts(lat=self.lat[rows], lon=self.lon[rows]),
            lat=lat,
            lon=lon,
        )
        error_m = np.tile((location.cep50_m, location.cep95_m), (len(rows), 1))
        around = MapSurroundings(grounds.snapshot, metric=(x[rows], y[rows]), error_m=error_m)
        return Decisions(decide_positions(positions, rows, around, grounds.outlines), nowhere, made_at, basis)

    def _basis(self, row: int, grounds: Grounds, swapped: "npt.NDArray[np.bool_]") -> Basis:
        at = replace(self.example, lat=float(self.lat[row]), lon=float(self.lon[row]))
        request = replace(self.request, location=at)
        return grounds.basis(request, None, SWAPPED) if swapped[row] else grounds.basis(request, at.as_recorded())

    def _nowhere(self, row: int, grounds: Grounds, made_at: datetime) -> Decision:
        """Decide where latitude and longitude look exchanged: nothing, and say so."""
        text = position_text(lat=float(self.lat[row]), lon=float(self.lon[row]))
        order = replace(self.order, address=asked_position(text))
        return undetermined(
            order, ReasonCode.INVALID_INPUT, provenance=grounds.provenance(), made_at=made_at, remark=SWAPPED
        )


def recorded_degrees(axis: "Floats") -> "Floats":
    """Round to seven decimals, each to the very number that Python's `round` gives, which `Location.as_recorded` uses.

    That is the float nearest to the decimal nearest to the number. Up to 180, multiplying by 10^7 is off by less than 2^-22,
    which leaves no doubt about the nearest integer but close to a half. That and 10^7 are exact, and division rounds right.
    """
    scaled = axis * 1e7
    nearest = np.rint(scaled)
    rounded: Floats = nearest / 1e7
    doubtful = np.flatnonzero(np.abs(scaled - nearest) > _NO_HALF)
    rounded[doubtful] = [round(number, 7) for number in axis[doubtful].tolist()]
    return rounded


def degrees(lat: "npt.ArrayLike", lon: "npt.ArrayLike") -> "tuple[Floats, Floats]":
    """Take many positions; raise InvalidInput if one isn't on Earth."""
    lat, lon = (np.array(axis, np.float64, ndmin=1, copy=None) for axis in (lat, lon))
    if lat.shape != lon.shape or lat.ndim != 1:
        raise InvalidInput("lat and lon must be two numbers, or two lists of the same length.")
    wrong = ~(np.isfinite(lat) & np.isfinite(lon) & (np.abs(lat) <= 90) & (np.abs(lon) <= 180))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        require_position(lat=float(lat[row]), lon=float(lon[row]))
    return lat, lon
