"""What layers are worth for a question, wherever the customer is: the stance that each takes.

A layer that speaks about the product's network, technology and service fits the need or doesn't (its level, speed and
receiver), and serves on the day or doesn't (live, stale, off, silent).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto
from operator import attrgetter

from coverage_check.decision import ReasonCode, Thresholds, Use, Verdict
from coverage_check.layer import Layer
from coverage_check.products import Need, Product, Risk
from coverage_check.technology import Condition, PlaceOfUse, Receiver, SignalLevel, needed_level

NEARLY_ALL = 0.95
"""From this share on, nothing else matters: the rest is the tail of the location's error."""


class Fit(Enum):
    """How a layer fits a need, whatever the day."""

    QUALIFIES = auto()
    SPEED_UNKNOWN = auto()
    LOWER = auto()


class Time(Enum):
    """What a layer is worth on a day."""

    LIVE = auto()
    STALE = auto()
    OFF = auto()
    SILENT = auto()


@dataclass(frozen=True, slots=True)
class Question:
    """A product, where and with what it is used, on a day; perhaps by claims for handsets alone."""

    product: Product
    use: Use
    on: date
    handset_only: bool = False
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.product, self.use, self.on, self.handset_only)))

    def __hash__(self) -> int:
        """Give the hash, reckoned once: products are long, and questions are looked up all the time."""
        return self._hash


@dataclass(frozen=True, slots=True)
class Stance:
    """One layer in the light of one need on one day, wherever the customer is; `number` is the layer's."""

    number: int
    layer: Layer
    fit: Fit
    time: Time

    def supersedes(self, other: "Stance") -> bool:
        """Whether this is a newer map of the same claim: network, technology, service, level, place and receiver."""
        return newer_map(self.layer, other.layer)

    def is_(self, fits: Sequence[Fit], times: Sequence[Time]) -> bool:
        """Whether the stance is of one of these fits and times."""
        return self.fit in fits and self.time in times


_CLAIM = attrgetter("network", "technology", "service", "level", "environment", "receiver")


def newer_map(layer: Layer, other: Layer) -> bool:
    """Whether a layer is a newer map of the claim that another makes."""
    return bool(layer.published > other.published and _CLAIM(layer) == _CLAIM(other))


def own_use(product: Product) -> Use:
    """Give the use that the product is sold for."""
    return Use(place=product.place_of_use, receiver=product.receiver)


def conditional_use(use: Use, condition: Condition) -> Use:
    """Give the use under a condition: with an outdoor antenna, or outdoors only."""
    if condition is Condition.OUTDOOR_ANTENNA:
        return Use(place=use.place, receiver=Receiver.OUTDOOR_ANTENNA)
    return Use(place=PlaceOfUse.OUTDOORS, receiver=use.receiver)


def thresholds(risk: Risk) -> Thresholds:
    """Give the probabilities at which a yes and a no become the cheapest act."""
    return Thresholds(yes=round(risk.yes, 6), no=round(risk.no, 6))


def verdict_for(risk: Risk, yes: float, no: float) -> Verdict:
    """Take the act of least expected loss: yes, no, or one more question."""
    if yes >= risk.yes:
        return Verdict.DELIVERABLE
    return Verdict.NOT_DELIVERABLE if 1 - no <= risk.no else Verdict.UNDETERMINED


def level_for(need: Need, product: Product, use: Use, layer: Layer) -> SignalLevel:
    """Give the level that a need asks of a layer: the product's own word, or else what the use needs of such a claim."""
    if need.min_level is not None and use == own_use(product):
        return need.min_level
    return needed_level(use.place, use.receiver, claimed=layer.environment)


def reaches(layer: Layer, product: Product, use: Use) -> bool:
    """Whether a layer, of whatever network, has the level that every need of the product asks of it."""
    needs = product.any_of or product.all_of
    return all(layer.assumed_level.reaches(level_for(need, product, use, layer)) for need in needs)


def stances(question: Question, layers: Sequence[Layer]) -> tuple[tuple[Stance, ...], ...]:
    """Give, for each need, the layers that speak about its network, technology and service, with what they are worth."""
    product = question.product
    found = []
    for need in product.any_of or product.all_of:
        wanted = (need.network or product.network, need.technology, product.service)
        found.append(
            tuple(
                Stance(number, layer, _fit(layer, need, question), _time(layer, question.on))
                for number, layer in enumerate(layers)
                if (layer.network, layer.technology, layer.service) == wanted
                and not (question.handset_only and layer.receiver is not Receiver.HANDSET)
            )
        )
    return tuple(found)


def _fit(layer: Layer, need: Need, question: Question) -> Fit:
    """Compare what a layer claims with what is needed. A claim for a roof antenna says nothing about a handset."""
    product, use = question.product, question.use
    level, mbps = level_for(need, product, use, layer), product.min_download_mbps
    if not layer.receiver.hears_no_more_than(use.receiver) or not layer.assumed_level.reaches(level):
        return Fit.LOWER
    if mbps is None or (layer.min_download_mbps is not None and layer.min_download_mbps >= mbps):
        return Fit.QUALIFIES
    return Fit.SPEED_UNKNOWN if layer.min_download_mbps is None else Fit.LOWER


def _time(layer: Layer, on: date) -> Time:
    if not layer.speaks(on):
        return Time.SILENT
    if not layer.in_force(on):
        return Time.OFF
    return Time.STALE if layer.stale(on) else Time.LIVE


def elsewhere(question: Question, focus: Sequence[Layer], layers: Sequence[Layer]) -> list[tuple[ReasonCode, int]]:
    """Give the layers, by number, that could be named to who can't have what was asked, the best level first.

    Another technology of the network, or the technology from another network; of each only the first that covers the place
    is named.

    Parameters
    ----------
    focus
        The layers that the verdict is explained by.
    """
    product, on = question.product, question.on
    wanted = {layer.technology for layer in focus}
    networks = {layer.network for layer in focus} or {product.network}
    named = []
    for number in sorted(range(len(layers)), key=lambda number: -layers[number].assumed_level.rank):
        layer = layers[number]
        if layer.service is not product.service or _time(layer, on) is not Time.LIVE:
            continue
        if layer.network in networks and layer.technology not in wanted:
            named.append((ReasonCode.FALLBACK_TECHNOLOGY_ONLY, number))
        if layer.network not in networks and layer.technology in wanted and reaches(layer, product, question.use):
            named.append((ReasonCode.OTHER_NETWORK_ONLY, number))
    return named


@dataclass(frozen=True, slots=True)
class Reach:
    """The layers to ask all around a place: `claims` serve on the day, of `surveys` only the survey area counts."""

    claims: tuple[int, ...]
    surveys: tuple[int, ...] = ()

    @classmethod
    def of(cls, by_need: Sequence[Sequence[Stance]]) -> "Reach":
        """Give those of some stances. A network that doesn't serve still speaks; a silent layer doesn't."""
        times = {stance.number: stance.time for each in by_need for stance in each}
        return cls(
            claims=tuple(number for number, time in times.items() if time in (Time.LIVE, Time.STALE)),
            surveys=tuple(number for number, time in times.items() if time is Time.OFF),
        )


def numbers(by_need: Sequence[Sequence[Stance]]) -> tuple[int, ...]:
    """Give the numbers of the layers that take a stance, each once."""
    return tuple(dict.fromkeys(stance.number for each in by_need for stance in each))
