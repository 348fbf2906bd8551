"""Layers, products and availabilities made for tests: a straight edge whose answers are known in closed form."""

from datetime import date
from typing import Any

import numpy as np

from coverage_check.availability import Availability
from coverage_check.layer import Layer
from coverage_check.location import Location, LocationLevel, Match
from coverage_check.products import Need, Product
from coverage_check.spread import offsets_m
from coverage_check.technology import PlaceOfUse, Receiver, Service, SignalLevel, Technology

ON = date(2025, 11, 1)


def layer(id_: str = "4g-good", **fields: Any) -> Layer:
    """Make a layer in force on ON."""
    defaults: dict[str, Any] = {
        "network": "Exempelnät",
        "country": "SE",
        "technology": Technology.G4,
        "service": Service.DATA,
        "level": SignalLevel.GOOD,
        "min_download_mbps": 10.0,
        "published": date(2025, 6, 1),
        "valid_from": date(2014, 5, 1),
        "stale_after": date(2026, 7, 6),
        "sha256": "0" * 64,
    }
    return Layer(id=id_, **(defaults | fields))


def product(**fields: Any) -> Product:
    """Make an indoor router that needs good 4G."""
    defaults: dict[str, Any] = {
        "code": "mbb-4g",
        "name": "4G mobile broadband",
        "network": "Exempelnät",
        "place_of_use": PlaceOfUse.INDOORS,
        "receiver": Receiver.INDOOR_ROUTER,
        "any_of": (Need(technology=Technology.G4, min_level=SignalLevel.GOOD),),
    }
    return Product(**(defaults | fields))


def location(cep50_m: float = 5.0, cep95_m: float = 15.0, **fields: Any) -> Location:
    """Make a location with a spread."""
    defaults: dict[str, Any] = {"lat": 59.82, "lon": 18.95, "level": LocationLevel.ADDRESS_POINT, "match": Match.EXACT}
    return Location(cep50_m=cep50_m, cep95_m=cep95_m, **(defaults | fields))


def straight_edge(claim: Layer, edge_distance_m: float, place: Location, *, surveyed: bool = True) -> Availability:
    """Say what a layer with a straight edge to the west says around a place: covered east of the edge."""
    east = offsets_m(cep50_m=place.cep50_m, cep95_m=place.cep95_m)[:, 0]
    distance = np.clip(np.concatenate([[edge_distance_m], edge_distance_m + east]), -5000, 5000)
    bearing = 270.0 if edge_distance_m >= 0 else 90.0
    return Availability(
        layer=claim,
        covered=distance >= 0,
        surveyed=np.full(distance.size, surveyed),
        edge_distance_m=distance,
        edge_bearing_deg=None if abs(edge_distance_m) >= 5000 else bearing,
    )
