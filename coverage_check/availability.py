"""What layers say at a location: one layer at one place, and all layers at all the places of a batch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from coverage_check.layer import Layer

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Masks = npt.NDArray[np.uint64]
"""One bit a place, the first in the lowest bit of the first byte."""
A = TypeVar("A", bound=npt.NDArray[Any])


class Status(StrEnum):
    """What a layer says about a place on a day."""

    COVERED = "covered"
    NOT_COVERED = "not_covered"
    NO_DATA = "no_data"
    NOT_IN_FORCE = "not_in_force"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Availability:
    """One layer's claim at a location and over the spread of where the customer may be.

    The first element of each array is the location itself; the rest, if any, are equally likely places of the customer. A
    location far from the layer's edge, compared with its own error, has no rest: one look settles it.

    Attributes
    ----------
    covered, surveyed
        bool[n]: inside the claim; inside the area that the layer speaks about.
    edge_distance_m
        float64[n]: metres to the edge of the claim, positive inside, capped at ±5000.
    edge_bearing_deg
        Direction to the nearest edge from the location, degrees clockwise from north; None beyond the cap.
    """

    layer: Layer
    covered: npt.NDArray[np.bool_]
    surveyed: npt.NDArray[np.bool_]
    edge_distance_m: npt.NDArray[np.float64]
    edge_bearing_deg: float | None = None


class ByLayer(dict[int, A]):
    """Layer number → its array, made when it is first asked for."""

    def __init__(self, make: Callable[[int], A]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, layer: int) -> A:
        """Make that of a layer, and keep it."""
        made = self[layer] = self._make(layer)
        return made


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """What layers say at the equally likely places of the customer, for some rows of a batch.

    A place is one bit of a mask: 64 of them are compared at once. A layer that says the same at all places of a row may have
    one word for all of them, all ones or all zeros.

    Attributes
    ----------
    rows
        int[m]: which rows of the batch these are.
    covered, surveyed
        Layer number → its mask, uint64[m, words] or uint64[m, 1].
    claimed
        The same of the places that the layer speaks about and covers.
    edge_distance_m
        Layer number → float64[m, measured] or float64[m, 1]: signed metres to the edge of the claim, at the covered ones
        of the measured places; elsewhere any number.
    measured
        Which of the places are measured, evenly among the others. Coverage ends at an edge, so every place is asked about
        it; reliability fades slowly, so some of them are enough.
    size
        How many places each row has.
    in_order
        Whether the places come nearest first.
    spots
        How many spots the places lie around, as many around each.
    """

    rows: Rows
    covered: Mapping[int, Masks]
    surveyed: Mapping[int, Masks]
    edge_distance_m: Mapping[int, Floats]
    measured: Rows
    size: int = 1
    in_order: bool = True
    spots: int = 1
    claimed: Mapping[int, Masks] = field(init=False)

    def __post_init__(self) -> None:
        covered, surveyed = self.covered, self.surveyed  # not self: a cycle would keep megabytes until they are collected
        object.__setattr__(self, "claimed", ByLayer(lambda layer: covered[layer] & surveyed[layer]))

    def of(self, numbers: Rows) -> "Places":
        """Give those of some of the rows, by their numbers here."""
        return replace(
            self,
            rows=self.rows[numbers],
            covered=ByLayer(lambda layer: self.covered[layer][numbers]),
            surveyed=ByLayer(lambda layer: self.surveyed[layer][numbers]),
            edge_distance_m=ByLayer(lambda layer: self.edge_distance_m[layer][numbers]),
        )

    def share(self, mask: Masks) -> Floats:
        """Give float64[m]: the share of the places at which a mask holds."""
        if _alike(mask, self.size):
            share: Floats = (mask[:, 0] & 1).astype(np.float64)
        else:
            held = mask & _first_places(self.size, self.size)
            share = np.bitwise_count(held).sum(axis=1, dtype=np.int64) / self.size
        return share

    def anywhere(self, mask: Masks, among: int | None = None) -> Bools:
        """Give bool[m]: whether a mask holds at any of the places, or of the first ones."""
        some: Masks = mask & _first_places(among or self.size, self.size)
        return np.asarray(some.any(axis=1))

    def everywhere(self, mask: Masks, among: int | None = None) -> Bools:
        """Give bool[m]: whether a mask holds at all the places, or at all of the first ones."""
        return ~self.anywhere(~mask, among)

    def at_measured(self, mask: Masks) -> Bools:
        """Give bool[m, measured]: a mask at the measured places; bool[m, 1] if it is the same at all of them."""
        return held_at(mask, self.measured, self.size)


def held_at(mask: Masks, places: Rows, size: int) -> Bools:
    """Give bool[m, places]: a mask of so many places at some of them; bool[m, 1] if it is the same at all."""
    if _alike(mask, size):
        return np.asarray(mask != 0) if size > 1 else (mask & 1).astype(np.bool_)
    eights = np.ascontiguousarray(mask).view(np.uint8)
    held: Bools = (eights[:, places >> 3] >> (places & 7).astype(np.uint8) & 1).view(np.bool_)
    return held


def _alike(mask: Masks, size: int) -> bool:
    """Tell whether one bit says it of all places."""
    return mask.shape[1] * 64 < size or size == 1


def masked(held: Bools) -> Masks:
    """Pack bool[m, places] into masks, uint64[m, words]."""
    bits = np.packbits(held, axis=1, bitorder="little")
    masks = np.zeros((len(held), -(-held.shape[1] // 64) * 8), dtype=np.uint8)
    masks[:, : bits.shape[1]] = bits
    return masks.view(np.uint64)


def unmasked(mask: Masks, size: int) -> Bools:
    """Unpack masks: bool[m, size]."""
    if mask.shape[1] * 64 < size:
        return np.broadcast_to(mask != 0, (len(mask), size))
    bits = np.unpackbits(np.ascontiguousarray(mask).view(np.uint8), axis=1, count=size, bitorder="little")
    return bits.view(np.bool_)


def masked_alike(held: Bools) -> Masks:
    """Make masks, uint64[m, 1], of bool[m]: what holds at all places of a row, or at none."""
    return np.negative(held.astype(np.int64)).view(np.uint64)[:, None]


@lru_cache(maxsize=64)
def _first_places(count: int, size: int) -> Masks:
    """Give uint64[1, words]: the mask of so many places out of all."""
    return masked(np.arange(size)[None, :] < count)


class Surroundings(Protocol):
    """What every layer says at the found places of a batch, and around them as far as each may be off.

    Layers go by their number in `layers`, rows by their number in the batch.
    """

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers."""

    @property
    def covered(self) -> Bools:
        """bool[rows, layers]: the found place lies inside the claim."""

    @property
    def surveyed(self) -> Bools:
        """bool[rows, layers]: the layer speaks about the found place."""

    def edge_distance_m(self, rows: Rows, layers: Sequence[int]) -> Floats:
        """Measure float64[rows, layers] from found places: signed metres to the edge, positive inside, capped at ±5000."""

    def edge_bearing_deg(self, rows: Rows, layer: int) -> Floats:
        """Give float64[rows]: direction to the nearest edge, degrees clockwise from north; NaN beyond the cap."""

    def places(self, rows: Rows, claims: Sequence[int], surveys: Sequence[int]) -> Iterator[Places]:
        """Look around: give each of the rows once, in parts in which they ascend.

        Parameters
        ----------
        claims, surveys
            The layers whose claims and survey areas matter, and those of which only the survey area does.
        """

    def around(self, row: int, layers: Sequence[int]) -> Mapping[int, Availability]:
        """Measure at every place of the customer around one found place, nearest first."""
