"""A measured curve: how often a claim was true, by the distance from its edge, and what that rests on."""

from dataclasses import dataclass
from datetime import date

from coverage_check.technology import Environment, Receiver

FEWEST_SEGMENTS, FEWEST_READINGS = 20, 200
"""Fewer inside a claim say too little to correct it, an assumption: 20 segments tell 90 % from 98 % at best."""

LEAST_RELIABLE, MOST_RELIABLE = 0.01, 1.0
"""What a reliability may be, declared or measured. A claim of which nothing is true is no claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What a calibration found out about one claim; decisions use it instead of what the claim declares of itself.

    Attributes
    ----------
    points
        Metres inside the edge → share that was served there; both grow. Nearer and farther the outermost shares hold.
    readings, segments
        How many lay inside the claim; readings of one segment are no independent ones.
    share, low, high
        Share of all those readings that were served, and its 95 % interval.
    threshold_dbm
        What counted as served.
    environment, receiver
        How the readings were taken.
    first_day, last_day
        When; None where the readings have no time.
    measured_by
        Who took them; "" where nobody said.
    snapshot
        Id of the snapshot that the readings were compared with.
    """

    points: tuple[tuple[float, float], ...]
    readings: int
    segments: int
    share: float
    low: float
    high: float
    threshold_dbm: float
    environment: Environment = Environment.OUTDOOR
    receiver: Receiver = Receiver.HANDSET
    first_day: date | None = None
    last_day: date | None = None
    measured_by: str = ""
    snapshot: str = ""
