"""What a TMF645 v4.0.1 request asks, as questions for `Checker`: product, place of use, day, place and receiver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from coverage_check.errors import InvalidInput
from coverage_check.location import require_position

_ROLES = {"placeofuse", "useplace", "installation", "installationplace", "installationaddress", "serviceaddress"}
_BILLING = {"billing", "billingaddress", "invoice", "invoiceaddress"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedService:
    """One item of a request.

    Attributes
    ----------
    item_id
        The requester's name for the item; its number in the list where it has none.
    product
        Code of the product; None in a query, which asks for all.
    address
        Text of the place of use; None where a position is given.
    lat, lon
        WGS 84 degrees of the place of use, both or neither.
    on
        The day that is asked about, in the zone that was given; None for today.
    at, receiver
        From the service's characteristics `placeOfUse` and `receiver`; None for the product's own.
    """

    item_id: str
    product: str | None
    address: str | None = None
    lat: float | None = None
    lon: float | None = None
    on: date | None = None
    at: str | None = None
    receiver: str | None = None


def check_questions(request: Mapping[str, Any], *, zone: tzinfo = UTC) -> tuple[AskedService, ...]:
    """Read the body of a POST of checkServiceQualification.

    Parameters
    ----------
    zone
        Where days begin: 23:30 UTC on 1 May is 2 May in Stockholm.

    Raises
    ------
    InvalidInput
        Something is missing or can't be understood; the message names its path and repeats no value.
    """
    items = request.get("serviceQualificationItem")
    if not isinstance(items, Sequence) or isinstance(items, str) or not items:
        raise InvalidInput("serviceQualificationItem must be a list of one item or more: add what is to be checked.")
    asked = []
    for number, item in enumerate(items):
        path = f"serviceQualificationItem[{number}]"
        asked.append(_asked(_table(item, path), path, str(number + 1), zone))
        if asked[-1].product is None:
            message = f"{path}.service.serviceSpecification.id is missing: name the product, as the catalogue does."
            raise InvalidInput(message)
    return tuple(asked)


def query_question(request: Mapping[str, Any], *, zone: tzinfo = UTC) -> AskedService:
    """Read the body of a POST of queryServiceQualification; else as `check_questions`."""
    if "searchCriteria" not in request:
        raise InvalidInput("searchCriteria is missing: give the service and its place.")
    return _asked(_table(request["searchCriteria"], "searchCriteria"), "searchCriteria", "1", zone)


def _asked(item: Mapping[str, Any], path: str, number: str, zone: tzinfo) -> AskedService:
    service_path = f"{path}.service"
    service = _table(item.get("service"), service_path)
    specification = service.get("serviceSpecification")
    product = None
    if specification is not None:
        specification_path = f"{service_path}.serviceSpecification"
        product = _text(_table(specification, specification_path), "id", specification_path)
    found = _characteristics(service, service_path)
    place, place_path = _place(service, service_path)
    position = _position(place, place_path)
    lon, lat = position or (None, None)
    return AskedService(
        item_id=_text(item, "id", path) or number,
        product=product,
        address=None if position else _address(place, place_path),
        lat=lat,
        lon=lon,
        on=_day(item, path, zone),
        at=found.get("placeOfUse"),
        receiver=found.get("receiver"),
    )


def _place(service: Mapping[str, Any], path: str) -> tuple[Mapping[str, Any], str]:
    """Take the place of use; a place that bills are sent to is none."""
    path = f"{path}.place"
    places = [_table(place, f"{path}[{n}]") for n, place in enumerate(_list(service.get("place"), path))]
    roles = ["".join(c for c in str(place.get("role", "")).casefold() if c.isalpha()) for place in places]
    chosen = [n for n, role in enumerate(roles) if role in _ROLES]
    others = [n for n, role in enumerate(roles) if role not in _BILLING]
    if len(chosen or others) != 1:
        raise InvalidInput(f"{path} must hold one place of use: give one place the role 'place of use'.")
    number = (chosen or others)[0]
    return places[number], f"{path}[{number}]"


def _position(place: Mapping[str, Any], path: str) -> tuple[float, float] | None:
    """Take a GeoJSON point, longitude first, of the place or of its geographicLocation (TMF673 GeoJsonPoint)."""
    holder = place.get("geographicLocation") or place
    point = (holder.get("geoJson") or holder.get("geometry")) if isinstance(holder, Mapping) else None
    if point is None:
        return None
    coordinates = point.get("coordinates") if isinstance(point, Mapping) and point.get("type") == "Point" else None
    if not isinstance(coordinates, list) or len(coordinates) < 2 or not all(map(_is_number, coordinates)):
        raise InvalidInput(f"{path}.geoJson must be a GeoJSON Point, its coordinates longitude and latitude.")
    lon, lat = float(coordinates[0]), float(coordinates[1])
    try:
        require_position(lat=lat, lon=lon)
    except InvalidInput as error:
        raise InvalidInput(f"{path}.geoJson: {error}") from None
    return lon, lat


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _address(place: Mapping[str, Any], path: str) -> str:
    """Write the parts of a TMF673 GeographicAddress as one text, or take its name."""
    parts = {key: _text(place, key, path) or "" for key in (*_STREET, *_TOWN, "name")}
    street = " ".join(part for key in _STREET if (part := parts[key]))
    town = " ".join(part for key in _TOWN if (part := parts[key]))
    text = ", ".join(part for part in (street, town) if part) if street else parts["name"]
    if not text:
        raise InvalidInput(f"{path} has neither streetName, name nor geoJson: a reference alone can't be looked up here.")
    return text


_STREET = ("streetName", "streetType", "streetNr", "streetNrSuffix")
_TOWN = ("postcode", "locality", "city")


def _day(item: Mapping[str, Any], path: str, zone: tzinfo) -> date | None:
    for key in ("expectedServiceAvailabilityDate", "expectedActivationDate"):
        if text := _text(item, key, path):
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                raise InvalidInput(f"{path}.{key} is no date-time: write it as 2026-05-01T00:00:00Z.") from None
            return moment.date() if moment.tzinfo is None else moment.astimezone(zone).date()
    return None


def _characteristics(service: Mapping[str, Any], path: str) -> dict[str, str]:
    path = f"{path}.serviceCharacteristic"
    found = {}
    for number, value in enumerate(_list(service.get("serviceCharacteristic"), path)):
        one = _table(value, f"{path}[{number}]")
        if one.get("name") in ("placeOfUse", "receiver"):
            found[str(one["name"])] = _text(one, "value", f"{path}[{number}]") or ""
    return {name: value for name, value in found.items() if value}


def _table(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{path} is missing or no object: give it as the standard says.")
    return value


def _list(value: Any, path: str) -> Sequence[Any]:
    if value is None:
        return ()
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise InvalidInput(f"{path} must be a list.")
    return value


def _text(table: Mapping[str, Any], key: str, path: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise InvalidInput(f"{path}.{key} must be a text.")
    return value
