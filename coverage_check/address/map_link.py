"""Positions in geo: URIs (RFC 5870) and in links to maps, read without opening them.

A link may hold a place (a pin, a search for a position) or only the view (what the map's window showed). A place wins. A
view is given with a remark, and is as wide as half a window.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import parse_qs, unquote, urlsplit

from coverage_check.address.pasted_position import SWEDEN, Box, at_degrees, half_unit, read_position
from coverage_check.address.query import Coordinates
from coverage_check.errors import InvalidInput

VIEW_ONLY = "The link shows only a map's view: ask for a pin on the house."

_HALF_WINDOW_PIXELS = 500  # half of a window of 1,000 pixels: an assumption
_VIEW_M = 1_000.0  # where the link says no scale: an assumption
_METRES_A_PIXEL = 156_543.03  # Web Mercator at zoom 0 on the equator, tiles of 256 pixels

_NUMBER = r"(-?\d{1,3}(?:\.\d{1,17})?)"
_PAIR = re.compile(rf"{_NUMBER}[,~] ?{_NUMBER}")
_GOOGLE_PLACE = re.compile(rf"!3d{_NUMBER}!4d{_NUMBER}")
_PATH_PLACE = re.compile(rf"/{_NUMBER},[ +]?{_NUMBER}(?=[/?]|$)")
_VIEW = re.compile(rf"[@~]{_NUMBER},{_NUMBER}(?:,(\d{{1,8}})(?:\.\d{{1,9}})?([mz]))?")
_HASH_VIEW = re.compile(rf"map=(\d{{1,2}})(?:\.\d{{1,9}})?/{_NUMBER}/{_NUMBER}")
_PLACE_KEYS = ("q", "query", "destination", "daddr", "loc")
_VIEW_KEYS = ("center", "ll", "cp", "c", "viewpoint")


def read_link(text: str, *, given: str, boxes: Sequence[Box] = (SWEDEN,)) -> Coordinates | None:
    """Understand a cleaned text that is a geo: URI or holds a link; None if it is neither.

    Raises
    ------
    InvalidInput
        It is one and holds no position: a shortened link, a link to something else.
    """
    if text[:4].casefold() == "geo:":
        return _geo(text[4:].replace(" ", ""), given, boxes)
    link = next((word for word in text.split() if "://" in word or word.casefold().startswith(("www.", "maps."))), None)
    if link is None:
        return None
    try:
        found = _place(link, given, boxes) or _view(link, given, boxes)
    except ValueError as error:
        if isinstance(error, InvalidInput):
            raise
        found = None  # not even a URL: http://[
    if found is None:
        raise InvalidInput("The link holds no position: open it, and paste the position of the house or its address.")
    return found


def _geo(uri: str, given: str, boxes: Sequence[Box]) -> Coordinates:
    """Read ``59.82,18.95;u=35``, and ``0,0?q=59.82,18.95(label)`` as telephones write it."""
    place, _, query = uri.partition("?")
    numbers, *parameters = place.casefold().split(";")
    stated = dict(parameter.partition("=")[::2] for parameter in parameters)
    if stated.get("crs", "wgs84") != "wgs84":
        raise InvalidInput("The geo: link is in another coordinate system: give WGS 84.")
    pair = re.match(rf"{_NUMBER},{_NUMBER}(?![\d.])", numbers)
    asked = _PAIR.match(parse_qs(query).get("q", [""])[0])
    if pair and query and float(pair[1]) == float(pair[2]) == 0:
        pair = asked
    if pair is None:
        raise InvalidInput("The geo: link holds no position: it begins with latitude and longitude, geo:59.82,18.95.")
    found = _at(pair[1], pair[2], given, boxes)
    return replace(found, halfwidth_m=_metres(stated["u"])) if "u" in stated else found


def _metres(text: str) -> float:
    """Read the uncertainty that a link states."""
    if not re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", text):
        raise InvalidInput("The geo: link's uncertainty u is no number of metres: leave it out.")
    return float(text)


def _at(lat: str, lon: str, given: str, boxes: Sequence[Box]) -> Coordinates:
    half_degrees = (half_unit(lat), half_unit(lon))
    return at_degrees(given=given, lat=float(lat), lon=float(lon), half_degrees=half_degrees, boxes=boxes)


def _place(link: str, given: str, boxes: Sequence[Box]) -> Coordinates | None:
    """Read the place that a link names."""
    parts = urlsplit(link)
    query = parse_qs(parts.query)
    if "mlat" in query and "mlon" in query:
        return read_position(f"{query['mlat'][0]} {query['mlon'][0]}", given=given, boxes=boxes)
    pairs = [*_GOOGLE_PLACE.finditer(unquote(link))][-1:]  # the last one: where a route leads
    keys = _PLACE_KEYS if "google" in parts.netloc else (*_PLACE_KEYS, "ll")  # to Google, ll is the view
    pairs += [pair for value in _values(query, keys) if (pair := _PAIR.fullmatch(value))]
    pairs += _PATH_PLACE.finditer(unquote(parts.path))
    return _at(pairs[0][1], pairs[0][2], given, boxes) if pairs else None


def _values(query: dict[str, list[str]], keys: Sequence[str]) -> Iterator[str]:
    return (query[key][0].removeprefix("loc:").strip() for key in keys if key in query)


def _view(link: str, given: str, boxes: Sequence[Box]) -> Coordinates | None:
    """Read the middle of the map that a link shows."""
    parts = urlsplit(link)
    query = parse_qs(parts.query)
    if "n" in query and "e" in query:  # metres, as the land survey's own map writes them
        found = read_position(f"N {query['n'][0]} E {query['e'][0]}", given=given, boxes=boxes)
        return found and _as_view(found, _VIEW_M)
    if shown := _HASH_VIEW.search(parts.fragment):
        found = _at(shown[2], shown[3], given, boxes)
        return _as_view(found, _half_window_m(int(shown[1]), found.y))
    if shown := _VIEW.search(unquote(link)):
        found = _at(shown[1], shown[2], given, boxes)
        if shown[4] == "m":
            return _as_view(found, float(shown[3]) / 2)
        return _as_view(found, _half_window_m(int(shown[3]), found.y) if shown[3] else _VIEW_M)
    pair = next((pair for value in _values(query, _VIEW_KEYS) if (pair := _PAIR.fullmatch(value))), None)
    return _as_view(_at(pair[1], pair[2], given, boxes), _VIEW_M) if pair else None


def _half_window_m(zoom: int, lat: float) -> float:
    return _HALF_WINDOW_PIXELS * _METRES_A_PIXEL * math.cos(math.radians(lat)) / 2.0 ** min(zoom, 22)


def _as_view(found: Coordinates, halfwidth_m: float) -> Coordinates:
    remark = f"{VIEW_ONLY} {found.remark}".strip()
    return replace(found, halfwidth_m=max(found.halfwidth_m, halfwidth_m), remark=remark)
