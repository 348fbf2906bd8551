"""Where countries lie: enough to notice a position with latitude and longitude exchanged, or in another country."""

from collections.abc import Mapping

BOXES: Mapping[str, tuple[float, float, float, float]] = {
    "at": (9.4, 46.3, 17.2, 49.1),
    "ch": (5.9, 45.7, 10.6, 47.9),
    "de": (5.7, 47.2, 15.2, 55.2),
    "dk": (7.9, 54.4, 15.4, 57.9),
    "ee": (21.7, 57.4, 28.3, 59.8),
    "fi": (19.0, 59.3, 31.7, 70.2),
    "fo": (-7.8, 61.3, -6.1, 62.5),
    "is": (-24.9, 63.0, -13.2, 67.3),
    "li": (9.4, 47.0, 9.7, 47.3),
    "lt": (20.8, 53.8, 26.9, 56.5),
    "lv": (20.8, 55.6, 28.3, 58.1),
    "nl": (3.2, 50.7, 7.3, 53.8),
    "no": (4.0, 57.8, 34.0, 81.1),
    "pl": (14.0, 48.9, 24.2, 55.0),
    "se": (10.5, 55.0, 24.5, 69.5),
}
"""West, south, east and north by ISO 3166 code, whole land with a margin, WGS 84 degrees."""


def lies_in(country: str, *, lat: float, lon: float) -> bool:
    """Tell whether a position may lie in a country; a country that is not in the table may lie anywhere.

    >>> lies_in("se", lat=59.82, lon=18.95), lies_in("se", lat=18.95, lon=59.82)
    (True, False)
    """
    west, south, east, north = BOXES.get(country.lower(), (-180.0, -90.0, 180.0, 90.0))
    return west <= lon <= east and south <= lat <= north
