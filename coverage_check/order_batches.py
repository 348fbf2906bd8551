"""Rows of a table put together by what they ask: those that differ in their positions alone are read and kept as numbers.

A row at a position needs no value of its own for most of what is asked. A thousand such rows share one `OrderRow`, and each
adds its two degrees.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from coverage_check.errors import InvalidInput
from coverage_check.location import PLAIN_DEGREES, Location, on_earth, plain_degrees
from coverage_check.order_cells import NoValue
from coverage_check.order_rows import OrderRow, cell_text

Read: TypeAlias = OrderRow | InvalidInput
Spot: TypeAlias = tuple[str, ...]
"""What a row at a position asks, as texts: the cells of those columns of `SPOT` that the table has."""

SPOT = ("lat", "lon", "product", "date", "place_of_use", "receiver")

_WORTH = 32
"""From so many rows on, to decide them as a series is sooner done."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowSeries:
    """Rows that ask the same at positions of the same kind.

    Attributes
    ----------
    numbers
        Which rows they are.
    example, location
        The first of them and its place; the others are like it but for where they are.
    lat, lon
        WGS 84 degrees of each.
    """

    numbers: Sequence[int]
    example: OrderRow
    location: Location
    lat: Sequence[float]
    lon: Sequence[float]

    def rows(self) -> dict[int, OrderRow]:
        """Give each row by its number."""
        return {
            number: replace(self.example, location=replace(self.location, lat=lat, lon=lon))
            for number, lat, lon in zip(self.numbers, self.lat, self.lon, strict=True)
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Rows that are decided together.

    Attributes
    ----------
    series
        Those that ask the same at positions of the same kind, where they are many.
    others
        All other rows by their numbers.
    """

    series: Sequence[RowSeries]
    others: Mapping[int, Read]

    @classmethod
    def of(cls, rows: Sequence[Read]) -> "Batch":
        """Put rows together that were read one by one."""
        alike = defaultdict[object, dict[int, tuple[OrderRow, Location]]](dict)
        for number, row in enumerate(rows):
            if isinstance(row, OrderRow) and row.location is not None and not row.location.candidates:
                alike[row.product, row.on, row.at, row.receiver, *row.location.kind][number] = row, row.location
        series = [_series(found) for found in alike.values() if len(found) >= _WORTH]
        taken = {number for each in series for number in each.numbers}
        return cls(series=series, others={number: row for number, row in enumerate(rows) if number not in taken})

    @classmethod
    def read(cls, asked: Sequence[Spot | Read], read: Callable[[Spot], Read]) -> "Batch":
        """Put rows together of which those at positions are texts still; `read` makes a row of one."""
        others: dict[int, Read] = {}
        alike = defaultdict[object, dict[int, Spot]](dict)
        degrees: dict[int, tuple[float, float]] = {}
        for number, row in enumerate(asked):
            if not isinstance(row, tuple):
                others[number] = row
                continue
            (lat, lat_decimals), (lon, lon_decimals) = plain_degrees(row[0]), plain_degrees(row[1])
            if on_earth(lat=lat, lon=lon):
                alike[max(lat_decimals, lon_decimals), row[2:]][number] = row
                degrees[number] = lat, lon
            else:
                others[number] = read(row)  # which says so
        series = []
        for found in alike.values():
            example = read(next(iter(found.values())))
            if len(found) >= _WORTH and isinstance(example, OrderRow) and (location := example.location):
                lats, lons = zip(*map(degrees.__getitem__, found), strict=True)
                series.append(RowSeries(numbers=list(found), example=example, location=location, lat=lats, lon=lons))
            else:
                others |= {number: read(spot) for number, spot in found.items()}
        return cls(series=series, others=others)


def spots(rows: Sequence[Sequence[object]], width: int, places: Mapping[str, int]) -> list[Spot | None]:
    """Find the rows at plainly written positions; None for each other, which must be read by itself."""
    if not rows or not {"lat", "lon"} <= set(places):
        return [None] * len(rows)
    if set(map(len, rows)) != {width}:
        rows = [cells if len(cells) == width else [""] * width for cells in rows]
    columns = list(zip(*rows, strict=True))
    if any(NoValue in set(map(type, columns[place])) for place in places.values()):
        return [None] * len(rows)
    asked = [_texts(columns[places[name]]) for name in SPOT if name in places]
    plain = [map(PLAIN_DEGREES.fullmatch, texts) for texts in asked[:2]]
    return [spot if lat and lon else None for spot, lat, lon in zip(zip(*asked, strict=True), *plain, strict=True)]


def _texts(cells: Sequence[object]) -> Sequence[str]:
    return cells if set(map(type, cells)) == {str} else list(map(cell_text, cells))  # type: ignore[return-value]


def _series(rows: Mapping[int, tuple[OrderRow, Location]]) -> RowSeries:
    example, location = next(iter(rows.values()))
    lats, lons = zip(*((at.lat, at.lon) for _, at in rows.values()), strict=True)
    return RowSeries(numbers=list(rows), example=example, location=location, lat=lats, lon=lons)
