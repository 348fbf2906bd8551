"""Rows of a table put together by what they ask: those that differ in their positions alone are read and kept as numbers.

A row at a position needs no value of its own for most of what is asked. A thousand such rows share one `OrderRow`, and each
adds its two degrees.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from operator import sub
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from coverage_check.errors import InvalidInput
from coverage_check.location import PLAIN_DEGREES, Location
from coverage_check.order_cells import NoValue
from coverage_check.order_rows import OrderRow, cell_text

if TYPE_CHECKING:
    from coverage_check.availability import Floats

Read: TypeAlias = OrderRow | InvalidInput
Spot: TypeAlias = tuple[str, ...]
"""What a row at a position asks, as texts: the cells of those columns of `SPOT` that the table has, degrees with points."""

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
        float64[n], WGS 84 degrees of each.
    """

    numbers: Sequence[int]
    example: OrderRow
    location: Location
    lat: "Floats"
    lon: "Floats"

    def rows(self) -> dict[int, OrderRow]:
        """Give each row by its number."""
        return {
            number: replace(self.example, location=replace(self.location, lat=lat, lon=lon))
            for number, lat, lon in zip(self.numbers, self.lat.tolist(), self.lon.tolist(), strict=True)
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
        at_spots = {number: row for number, row in enumerate(asked) if isinstance(row, tuple)}
        others: dict[int, Read] = {number: row for number, row in enumerate(asked) if not isinstance(row, tuple)}
        series = []
        for example, numbers, lat, lon in _alike(at_spots):
            first = read(example)
            if len(numbers) >= _WORTH and isinstance(first, OrderRow) and first.location:
                series.append(RowSeries(numbers=numbers, example=first, location=first.location, lat=lat, lon=lon))
            else:
                others |= {number: read(at_spots[number]) for number in numbers}
        return cls(series=series, others=others)


def _alike(at_spots: Mapping[int, Spot]) -> "Iterator[tuple[Spot, list[int], Floats, Floats]]":
    """Put spots together that are written with as many decimals and have the same words; those not on Earth are alike."""
    if not at_spots:
        return
    numbers, texts = np.array(list(at_spots)), list(at_spots.values())
    lats, lons, *words = zip(*texts, strict=True)
    lat, lon = (np.array(list(map(float, axis))) for axis in (lats, lons))
    decimals = map(max, *(map(sub, map(len, axis), map(str.index, axis, repeat("."))) for axis in (lats, lons)))
    alike = defaultdict[object, list[int]](list)
    for place, kind in enumerate(zip(((np.abs(lat) <= 90) & (np.abs(lon) <= 180)).tolist(), decimals, *words, strict=True)):
        alike[kind].append(place)
    for places in alike.values():
        yield texts[places[0]], numbers[places].tolist(), lat[places], lon[places]


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
    asked[:2] = map(_with_points, asked[:2])
    plain = [map(PLAIN_DEGREES.fullmatch, texts) for texts in asked[:2]]
    return [spot if lat and lon else None for spot, lat, lon in zip(zip(*asked, strict=True), *plain, strict=True)]


def _texts(cells: Sequence[object]) -> Sequence[str]:
    return cells if set(map(type, cells)) == {str} else list(map(cell_text, cells))  # type: ignore[return-value]


def _with_points(texts: Sequence[str]) -> Sequence[str]:
    return [text.replace(",", ".") for text in texts] if "," in "".join(texts) else texts


def _series(rows: Mapping[int, tuple[OrderRow, Location]]) -> RowSeries:
    example, location = next(iter(rows.values()))
    lat, lon = np.array([(at.lat, at.lon) for _, at in rows.values()]).T
    return RowSeries(numbers=list(rows), example=example, location=location, lat=lat, lon=lon)
