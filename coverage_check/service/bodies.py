"""What may be asked, as JSON Schema: as exactly as a schema can say it, with what this service sells and draws.

The framework knows the fields of a body and not what they must be together; of TMF645 it knows nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coverage_check.service.asked import LETTER_OR_DIGIT

Schema = dict[str, Any]

_NOTHING: Schema = {"type": "null"}
_TEXT: Schema = {"type": ["string", "null"]}
_WORDS: Schema = {"type": "string", "pattern": LETTER_OR_DIGIT}
_PLACE_OF_USE = "place of use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What can be asked for by name: products, and layers for the map."""

    products: Sequence[str]
    layers: Sequence[str]


def refined(schemas: Mapping[str, Schema], offer: Offer) -> dict[str, Schema]:
    """Say in full what the bodies of /v1 must be."""
    body, map_body = schemas["CheckBody"], schemas["MapBody"]
    layers = {**map_body["properties"]["layers"], "items": {"enum": list(offer.layers)}}
    return {
        "CheckBody": {
            **{key: body[key] for key in ("title", "description", "examples")},
            "oneOf": [_question(body, offer, "address"), _question(body, offer, "lat", "lon")],
        },
        "MapBody": {**map_body, "properties": {**map_body["properties"], "layers": layers}},
    }


def _question(body: Schema, offer: Offer, *place: str) -> Schema:
    """Take one of the two ways to name a place: its fields are needed, the other's are not there."""
    fields: Schema = {**body["properties"], "product": {"enum": list(offer.products)}}
    for name in {"address", "lat", "lon"} - set(place):
        fields[name] = _NOTHING
    for name in place:
        fields[name] = fields[name]["anyOf"][0]
    if "address" in place:
        fields["cep95_m"] = _NOTHING
    return {"type": "object", "properties": fields, "required": ["product", *place], "additionalProperties": False}


def tmf_body(path: str, offer: Offer) -> Schema:
    """Describe the body of a POST of a TMF645 resource; fields of the standard that are not named here may be there too."""
    products = list(offer.products)
    if path.endswith("queryServiceQualification"):
        one_or_all = {**_table({"id": {"enum": [*products, None]}}, []), "type": ["object", "null"]}
        return _table({"searchCriteria": _item(one_or_all, ["place"])}, ["searchCriteria"])
    item = _item(_table({"id": {"enum": products}}, ["id"]), ["place", "serviceSpecification"])
    items = {"type": "array", "minItems": 1, "maxItems": 100, "items": item}
    return _table({"serviceQualificationItem": items}, ["serviceQualificationItem"])


def _item(specification: Schema, needed: list[str]) -> Schema:
    named, others = {"const": _PLACE_OF_USE}, _table({"role": {"not": {"const": _PLACE_OF_USE}}}, [])
    one = {"type": "array", "minItems": 1, "maxItems": 1, "items": {"anyOf": _places({}, [])}}
    first: Schema = {"anyOf": _places({"role": named}, ["role"])}
    several = {"type": "array", "minItems": 2, "prefixItems": [first], "items": others}
    service = _table({"serviceSpecification": specification, "place": {"anyOf": [one, several]}}, needed)
    return _table({"service": service}, ["service"])


def _places(role: Schema, needed: list[str]) -> list[Schema]:
    """Describe a place of use: a street or village with its number, a name, or a GeoJSON point."""
    lon_lat = [{"type": "number", "minimum": -180, "maximum": 180}, {"type": "number", "minimum": -90, "maximum": 90}]
    coordinates = {"type": "array", "prefixItems": lon_lat, "items": {"type": "number"}, "minItems": 2}
    point = _table({"type": {"const": "Point"}, "coordinates": coordinates}, ["type", "coordinates"])
    return [
        _table({**role, "streetName": _WORDS, "streetNr": _TEXT, "postcode": _TEXT, "city": _TEXT}, [*needed, "streetName"]),
        _table({**role, "name": _WORDS}, [*needed, "name"]),
        _table({**role, "geoJson": point}, [*needed, "geoJson"]),
    ]


def _table(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required}
