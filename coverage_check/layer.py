"""One layer: one claim by one network, as its operator declared it."""

from dataclasses import dataclass, field
from datetime import date

from coverage_check.curve import Curve
from coverage_check.technology import Environment, Receiver, Service, SignalLevel, Technology


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What a layer claims, for whom, when, and how well. The geometry lies in the snapshot.

    Attributes
    ----------
    id
        Unique in its snapshot.
    level
        None where the source names no level: taken as basic, with THRESHOLD_UNKNOWN.
    probability
        Probability of service at the edge of the claim; 0.90 is an assumption (the FCC asks for at least 0.90).
    resolution_m
        Pixel size of the prediction, which sets how fast doubt fades inside the edge; 100 is BEREC's and the BNetzA's grid.
    valid_from, valid_until
        First and last day (inclusive) on which the network serves as drawn. Without `valid_from` the layer speaks from
        the day it was published; before that it is no data.
    stale_after
        Last day on which the claim may be used.
    survey
        "area" (a polygon in the snapshot), "bounds" (the layer's own extent) or "everywhere".
    sha256
        Of the source file, or of its members for a format of several files.
    bounds
        Extent in the snapshot's metric CRS: minx, miny, maxx, maxy, metres.
    curve
        How reliable the claim was found to be, by distance from its edge; None where nobody measured.
    """

    id: str
    network: str
    country: str
    technology: Technology
    service: Service
    level: SignalLevel | None = None
    environment: Environment = Environment.OUTDOOR
    receiver: Receiver = Receiver.HANDSET
    metric: str | None = None
    threshold_dbm: float | None = None
    probability: float = 0.90
    min_download_mbps: float | None = None
    resolution_m: float = 100.0
    published: date
    valid_from: date | None = None
    valid_until: date | None = None
    stale_after: date
    publisher: str = ""
    licence: str = ""
    survey: str = "area"
    sha256: str = ""
    features: int = 0
    area_km2: float = 0.0
    bounds: tuple[float, float, float, float] = field(default=(0.0, 0.0, 0.0, 0.0))
    curve: Curve | None = None

    @property
    def assumed_level(self) -> SignalLevel:
        """The level, or basic where the source names none."""
        return self.level or SignalLevel.BASIC

    def in_force(self, on: date) -> bool:
        """Whether the network serves as drawn on that day."""
        start = self.valid_from or self.published
        return start <= on and (self.valid_until is None or on <= self.valid_until)

    def speaks(self, on: date) -> bool:
        """Whether the layer says anything about that day: one without `valid_from` is silent before its publication."""
        return self.valid_from is not None or on >= self.published

    def begins_after(self, on: date) -> bool:
        """Whether the network will serve as drawn on a later day."""
        return self.valid_from is not None and self.valid_from > on

    def stale(self, on: date) -> bool:
        """Whether the claim is too old to be used on that day."""
        return on > self.stale_after

    def measured_by(self, environment: Environment, receiver: Receiver) -> bool:
        """Whether readings taken so can vouch for the claim: they must hear no more than what it is claimed for.

        A drive says nothing about a claim indoors; readings in a car may speak about one outdoors, and are hard on it.
        """
        return environment.as_hard_as(self.environment) and receiver.hears_no_more_than(self.receiver)
