"""What a decision was made from, beyond what its JSON says: enough to make it again without asking anyone.

A decision's JSON tells the use that was decided on, not whether the caller named it; where the place is and how far off it
may be, not how often it is the wrong one. All of that can change an answer, so it travels with the decision, and the ledger
keeps it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any

from coverage_check.location import Candidate, ErrorModel, Location, LocationLevel, Match
from coverage_check.products import Product
from coverage_check.technology import PlaceOfUse, Receiver

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question: a product at an address or a known location, perhaps for another day or use than usual.

    Attributes
    ----------
    address
        The customer's words, or None where `location` is given.
    on
        The day that is asked about; None for the checker's own.
    at, receiver
        Where it will be used and with what; None where the product's own hold.
    """

    product: str
    address: str | None = None
    location: Location | None = None
    on: date | None = None
    at: PlaceOfUse | str | None = None
    receiver: Receiver | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """The question as it was asked, and what it was decided with.

    Attributes
    ----------
    request
        The question, with its day.
    found
        The place that was decided on; None where none was.
    remark
        What was odd about a place that could not be decided on, such as a swapped latitude and longitude.
    errors
        SHA-256 of the error model that the place was found with.
    risks
        SHA-256 of what a wrong answer costs, by product: the config's [risk] and the products' own.
    """

    request: Request
    found: Location | None
    remark: str = ""
    errors: str = ""
    risks: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the basis as JSON-ready values."""
        asked = self.request
        day = None if asked.on is None else asked.on.isoformat()
        request = _values(asked) | {"location": _located(asked.location), "on": day}
        return _values(self) | {"request": request, "found": _located(self.found)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Basis":
        """Read back what `to_dict` gave."""
        asked = data["request"]
        on = asked["on"]
        request = Request(
            **{
                **asked,
                "location": _location(asked["location"]),
                "on": None if on is None else date.fromisoformat(on),
            }
        )
        return cls(**{**data, "request": request, "found": _location(data["found"])})


def _values(thing: "DataclassInstance") -> dict[str, Any]:
    """Give the fields as they are; `asdict` would copy each of them deeply, which costs more than the rest of the record."""
    return {field.name: getattr(thing, field.name) for field in fields(thing)}


def _located(location: Location | None) -> dict[str, Any] | None:
    if location is None:
        return None
    candidates = [_values(one) | {"why": list(one.why)} for one in location.candidates]
    return _values(location) | {"candidates": candidates}


def _location(data: Mapping[str, Any] | None) -> Location | None:
    if data is None:
        return None
    candidates = tuple(Candidate(**{**_words(one), "why": tuple(one["why"])}) for one in data["candidates"])
    return Location(**{**_words(data), "candidates": candidates})


def _words(data: Mapping[str, Any]) -> dict[str, Any]:
    return {**data, "level": LocationLevel(data["level"]), "match": Match(data["match"])}


def errors_id(errors: ErrorModel) -> str:
    """Hash an error model: two that place alike have the same."""
    spreads = {
        name: {level.value: (float(spread.cep50_m), float(spread.cep95_m)) for level, spread in found.items()}
        for name, found in (("urban", errors.urban), ("rural", errors.rural))
    }
    gross = {match.value: float(share) for match, share in errors.gross.items()}
    return _digest(spreads | {"coordinates_least_m": float(errors.coordinates_least_m), "gross": gross})


def risks_id(products: Mapping[str, Product]) -> str:
    """Hash what a wrong yes, a wrong no and one more question cost, by product."""
    return _digest({code: [float(cost) for cost in asdict(product.risk).values()] for code, product in products.items()})


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
