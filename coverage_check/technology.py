"""The field's closed vocabularies. Values are what TOML files, JSON and tables hold."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from coverage_check.errors import InvalidInput


class Technology(StrEnum):
    """Generation of mobile network. One never substitutes another: a 5G layer says nothing about 4G."""

    G2 = "2G"
    G3 = "3G"
    G4 = "4G"
    G5 = "5G"


class Service(StrEnum):
    """What is carried. Data needs more signal than voice, so a voice layer never qualifies a data product (PTS)."""

    DATA = "data"
    VOICE = "voice"


class SignalLevel(StrEnum):
    """The three levels of the Swedish industry agreement BÖ 2014:02: bastäckning, god, mycket god täckning."""

    BASIC = "basic"
    GOOD = "good"
    VERY_GOOD = "very_good"

    @property
    def rank(self) -> int:
        """0, 1, 2: a higher level includes the lower ones."""
        return _RANK[self]

    def reaches(self, needed: "SignalLevel") -> bool:
        """Whether this level is at least the needed one."""
        return self.rank >= needed.rank


_RANK = {SignalLevel.BASIC: 0, SignalLevel.GOOD: 1, SignalLevel.VERY_GOOD: 2}


class Environment(StrEnum):
    """Where a layer claims reception."""

    OUTDOOR = "outdoor"
    VEHICLE = "vehicle"
    INDOOR = "indoor"

    def as_hard_as(self, other: "Environment | PlaceOfUse") -> bool:
        """Whether no more of the signal arrives here than there: walls take more than a car does, an assumption."""
        return _LOSS[self] >= _LOSS[other]


class PlaceOfUse(StrEnum):
    """Where the customer will use the product, which is not where the bill goes."""

    INDOORS = "indoors"
    OUTDOORS = "outdoors"
    VEHICLE = "vehicle"


_LOSS: Mapping[StrEnum, int] = {
    Environment.OUTDOOR: 0,
    PlaceOfUse.OUTDOORS: 0,
    Environment.VEHICLE: 1,
    PlaceOfUse.VEHICLE: 1,
    Environment.INDOOR: 2,
    PlaceOfUse.INDOORS: 2,
}


class Receiver(StrEnum):
    """What receives the signal."""

    HANDSET = "handset"
    INDOOR_ROUTER = "indoor_router"
    OUTDOOR_ANTENNA = "outdoor_antenna"

    def hears_no_more_than(self, other: "Receiver") -> bool:
        """Whether what serves this one serves that one too: a handset hears least, an antenna outdoors most."""
        return _HEARING[self] <= _HEARING[other]


_HEARING = {Receiver.HANDSET: 0, Receiver.INDOOR_ROUTER: 1, Receiver.OUTDOOR_ANTENNA: 2}


class Condition(StrEnum):
    """What a product may be offered with instead of as sold."""

    OUTDOOR_ANTENNA = "outdoor_antenna"
    OUTDOORS_ONLY = "outdoors_only"


def needed_level(place: PlaceOfUse, receiver: Receiver, *, claimed: Environment = Environment.OUTDOOR) -> SignalLevel:
    """Give the level that a use needs of a claim where the product itself doesn't say.

    Of a claim outdoors, basic is enough outdoors and with a roof antenna; a router by a window needs good; a handset indoors
    needs very good (the operators' wording of BÖ 2014:02). In a vehicle good is an assumption. The higher levels stand for
    what walls take; a claim for the very place of use, or for a harder one, has that in it, and basic is enough.
    """
    if receiver is Receiver.OUTDOOR_ANTENNA or claimed.as_hard_as(place):
        return SignalLevel.BASIC
    if place is PlaceOfUse.VEHICLE or receiver is Receiver.INDOOR_ROUTER:
        return SignalLevel.GOOD
    return SignalLevel.VERY_GOOD


Word = TypeVar("Word", bound=StrEnum)


def word(kind: type[Word], value: str) -> Word:
    """Take one word of a vocabulary; raise InvalidInput with the words there are."""
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(str(item) for item in kind)
        raise InvalidInput(f"{value[:64]!r} is not known here: use one of {known}.") from None
