"""What is asked, and the rows of a batch in which it is asked alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from coverage_check.availability import Floats, Rows
from coverage_check.decision import AskedAddress, Provenance, Use
from coverage_check.location import Location
from coverage_check.products import Product
from coverage_check.qualification.explanation import Moved
from coverage_check.qualification.fill import fill
from coverage_check.qualification.gaps import inner
from coverage_check.qualification.season import Season
from coverage_check.technology import PlaceOfUse, Receiver

_DECIMALS = 6
"""Of the degrees of a position that is an address: a decimetre."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked: which product, where it will be used and with what, on which day.

    `place` and `receiver` are None where the product's own hold. `moved` turns metres beside a place into degrees, which a
    spot nearby needs; without it none is offered.
    """

    product: Product
    on: date
    address: AskedAddress
    place: PlaceOfUse | None = None
    receiver: Receiver | None = None
    moved: Moved | None = None

    @property
    def use(self) -> Use:
        """The use that was asked about."""
        return Use(place=self.place or self.product.place_of_use, receiver=self.receiver or self.product.receiver)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alike:
    """Rows of a batch that ask the same about locations of the same kind.

    Attributes
    ----------
    order, location
        Those of one row, which stand for all but for the address, the position, its error and the candidates.
    key
        What they have in common.
    rows
        int[n], ascending: their numbers in the batch.
    words, texts
        Gap → what each row has there, in UTF-8: the words of a sentence, as they are; and what stands in the canonical JSON,
        those words escaped, the day that the row is about, and its location.
    lat, lon
        float64[n], degrees, as recorded.
    """

    key: object
    order: Order
    location: Location
    provenance: Provenance
    rows: Rows
    words: Mapping[str, list[bytes]]
    texts: Mapping[str, list[bytes]]
    lat: Floats
    lon: Floats
    errors_m: Sequence[tuple[float, float]]

    def location_of(self, row: int) -> Location:
        """Give the location of one row of the batch, but for its candidates."""
        number = int(np.searchsorted(self.rows, row))
        cep50_m, cep95_m = self.errors_m[number]
        lat, lon = float(self.lat[number]), float(self.lon[number])
        return replace(self.location, lat=lat, lon=lon, cep50_m=float(cep50_m), cep95_m=float(cep95_m))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Positions:
    """Where one order is asked for: at positions that share all else that a location has.

    Attributes
    ----------
    order, location
        Those of one position, which stand for all.
    given
        Each position as its address says it: `position_texts`.
    lat, lon
        float64[n], degrees, as recorded.
    """

    order: Order
    location: Location
    provenance: Provenance
    given: list[bytes]
    lat: Floats
    lon: Floats

    def alike(self, rows: Rows, season: Season) -> Alike:
        """Give the rows of these positions; the day is one of that season."""
        order, location = self.order, self.location
        words = dict.fromkeys(("given", "normalised", "label"), self.given)  # nothing in them needs escaping
        texts = {"as_of": [day_text(order.on).encode()] * len(rows), "location": self._locations()}
        return Alike(
            key=(order.product.code, season, order.place, order.receiver, *location.kind),
            order=order,
            location=location,
            provenance=self.provenance,
            rows=rows,
            words=words,
            texts=words | texts,
            lat=self.lat,
            lon=self.lon,
            errors_m=[(location.cep50_m, location.cep95_m)] * len(rows),
        )

    def _locations(self) -> list[bytes]:
        """Write each location as a decision records it: that of one, with the latitude and longitude of each."""
        return fill(_around_position(self.location), (self.lat, self.lon), np.arange(len(self.lat)))


def day_text(day: date) -> str:
    """Write a day as canonical JSON."""
    return f'"{day.isoformat()}"'


def position_text(*, lat: float, lon: float) -> str:
    """Write a position as an address that a caller asks for."""
    return f"{lat:.{_DECIMALS}f}, {lon:.{_DECIMALS}f}"


def position_texts(*, lat: Floats, lon: Floats) -> list[bytes]:
    """Write many as `position_text` does, in UTF-8."""
    return fill((b"", b", ", b""), (lat, lon), np.arange(len(lat)), decimals=_DECIMALS)


def _around_position(location: Location) -> tuple[bytes, ...]:
    """Give the JSON of a location around its latitude and longitude."""
    text = location_text(location)
    before, rest = text.split(f'"lat":{float(location.lat)!r},', 1)
    between, after = rest.split(f'"lon":{float(location.lon)!r},', 1)
    return f'{before}"lat":'.encode(), f',{between}"lon":'.encode(), f",{after}".encode()


def location_text(location: Location) -> str:
    """Write a location as a decision records it, in canonical JSON."""
    candidates = ",".join(
        f'{{"label":"{inner(each.label)}","lat":{float(each.lat)!r},"level":"{each.level.value}",'
        f'"lon":{float(each.lon)!r},"match":"{each.match.value}"}}'
        for each in location.candidates
    )
    return (
        f'{{"attribution":"{inner(location.attribution)}","candidates":[{candidates}],'
        f'"cep50_m":{float(location.cep50_m)!r},"cep95_m":{float(location.cep95_m)!r},'
        f'"lat":{float(location.lat)!r},"level":"{location.level.value}","lon":{float(location.lon)!r},'
        f'"match":"{location.match.value}","source":"{inner(location.source)}"}}'
    )
