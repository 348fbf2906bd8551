"""An invented island in the place of Vätö: outline, survey area, streets and houses.

Published about the real one, and used here: some 9 km by 4 km, 37 km², centre near 59.80 N 18.95 E, postcode 760 21, the
church by the bridge in the west, Harg the central village, Norrviken on the east side. The shape of the shore, the course of
every street and the position of every house are invented. Streets are drawn in metres east and north of a centre, along the
axes of SWEREF 99 TM (EPSG:3006).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pyproj import Transformer
from radio_model import hashed
from shapely import LineString, Polygon, box

Offset = tuple[float, float]

TO_METRES = Transformer.from_crs("EPSG:4326", "EPSG:3006", always_xy=True)
TO_DEGREES = Transformer.from_crs("EPSG:3006", "EPSG:4326", always_xy=True)

SURVEY_AREA = box(716_000, 6_629_000, 727_000, 6_643_000)
"""What the map speaks about, SWEREF 99 TM: Vätö and the waters around it, and not Norrtälje town in the west."""

_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """What the last line of an address says, and the centre from which its streets are measured, WGS 84 degrees."""

    postcode: str
    name: str
    lat: float
    lon: float
    municipality: str = "Norrtälje"

    def point(self, offset: Offset) -> tuple[float, float]:
        """Give the SWEREF 99 TM easting and northing of an offset from the centre."""
        east, north = TO_METRES.transform(self.lon, self.lat)
        return east + offset[0], north + offset[1]


VATO = Town(postcode="760 21", name="Vätö", lat=59.80, lon=18.95)
NORRTALJE = Town(postcode="761 30", name="Norrtälje", lat=59.758, lon=18.705)


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """A row of houses: odd numbers on the left, even numbers on the right.

    Attributes
    ----------
    way
        Its course, offsets from the town's centre. A single point makes a village, whose houses lie scattered around it: on
        many islands an address is the village and a number, without any street.
    last
        Highest house number.
    missing
        Numbers never given to a house, as everywhere.
    letters
        Numbers shared by several houses: ``{8: "AB"}`` is 8A and 8B.
    """

    name: str
    town: Town
    way: tuple[Offset, ...]
    last: int
    missing: frozenset[int] = frozenset()
    letters: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One address and its position, SWEREF 99 TM metres."""

    street: Street
    number: int
    letter: str
    x: float
    y: float


STREETS = (
    Street(name="Harg", town=VATO, way=((350, 1_500),), last=40, missing=frozenset({13, 27}), letters={8: "AB", 21: "ABC"}),
    Street(name="Norrviken", town=VATO, way=((1_600, -650),), last=26, missing=frozenset({17}), letters={4: "AB"}),
    Street(
        name="Vätövägen",
        town=VATO,
        way=((-2_100, -700), (-1_300, -250), (-700, 500), (-100, 1_050), (-150, 2_000), (50, 3_300)),
        last=60,
        missing=frozenset({7, 19, 33, 48}),
        letters={8: "AB", 41: "AB"},
    ),
    Street(
        name="Hargsvägen",
        town=VATO,
        way=((0, 1_000), (750, 1_000), (1_250, 450), (1_450, -250)),
        last=34,
        missing=frozenset({13, 26}),
        letters={10: "AB"},
    ),
    Street(name="Kyrkvägen", town=VATO, way=((-1_950, -550), (-1_800, -150), (-1_650, 250)), last=11, letters={6: "AB"}),
    Street(name="Skolvägen", town=VATO, way=((-1_250, -300), (-900, -700), (-600, -800)), last=16, missing=frozenset({5})),
    Street(
        name="Strandvägen",
        town=VATO,
        way=((-750, -1_000), (-250, -1_700), (100, -2_400), (450, -3_300)),
        last=30,
        missing=frozenset({11, 18}),
        letters={20: "AB"},
    ),
    Street(
        name="Östra Strandvägen",
        town=VATO,
        way=((1_650, -1_000), (1_650, -1_500), (1_400, -2_100), (1_050, -2_800)),
        last=32,
        missing=frozenset({9, 22}),
    ),
    Street(
        name="Skogsvägen", town=VATO, way=((-350, 1_050), (-850, 1_700), (-1_000, 2_600)), last=18, missing=frozenset({14})
    ),
    Street(name="Kyrkvägen", town=NORRTALJE, way=((0, 150), (180, 320)), last=8, missing=frozenset({6})),
    Street(name="Stora Brogatan", town=NORRTALJE, way=((-250, -100), (0, 0), (250, 60)), last=20, letters={12: "AB"}),
    Street(name="Skolgatan", town=NORRTALJE, way=((-200, 250), (100, 450)), last=14, missing=frozenset({3})),
)


def outline() -> Polygon:
    """Draw the shore: a long, blunt oval with bays and points, 37 km² of land, in SWEREF 99 TM."""
    turns = [math.tau * n / 180 for n in range(180)]
    shape = Polygon([(0.5 * _reach(turn) * _blunt(math.sin(turn)), _reach(turn) * _blunt(math.cos(turn))) for turn in turns])
    scale = math.sqrt(37e6 / shape.area)
    return Polygon([VATO.point((x * scale, y * scale)) for x, y in shape.exterior.coords])


def houses() -> list[House]:
    """Build every house of every street."""
    return [house for street in STREETS for house in _houses(street)]


def _blunt(share: float) -> float:
    """Push the sine and cosine of an oval outwards, towards a box."""
    return math.copysign(abs(share) ** 0.75, share)


def _reach(turn: float) -> float:
    """Say how far the shore is in a direction, as a share of the island's half-length; the waves are bays."""
    return 1 + 0.05 * math.cos(3 * turn + 0.6) + 0.05 * math.cos(5 * turn + 1.0) + 0.03 * math.cos(11 * turn + 2.0)


def _houses(street: Street) -> Iterator[House]:
    place = _in_village if len(street.way) == 1 else _along_way
    for number in range(1, street.last + 1):
        if number in street.missing:
            continue
        east, north = place(street, number)
        for n, letter in enumerate(street.letters.get(number, "") or [""]):
            x, y = street.town.point((east + 14.0 * n, north + 9.0 * n))
            yield House(street=street, number=number, letter=letter, x=x, y=y)


def _in_village(street: Street, number: int) -> Offset:
    """Scatter the houses like the seeds of a sunflower, number 1 in the middle, some 55 m apart."""
    ((east, north),) = street.way
    radius_m, turn = 55.0 * math.sqrt(number), number * _GOLDEN_ANGLE
    return east + radius_m * math.cos(turn) + _jitter_m(street, number, 1), north + radius_m * math.sin(turn)


def _along_way(street: Street, number: int) -> Offset:
    """Space the houses evenly along the way, some 30 m from its middle."""
    way = LineString(street.way)
    pairs = (street.last + 1) // 2
    along_m = ((number + 1) // 2 - 0.5) / pairs * way.length + _jitter_m(street, number, 1)
    here, ahead = way.interpolate(along_m), way.interpolate(along_m + 1)
    left = 1 if number % 2 else -1
    aside_m = left * (30.0 + _jitter_m(street, number, 2))
    east, north = ahead.x - here.x, ahead.y - here.y
    return here.x - north * aside_m, here.y + east * aside_m


def _jitter_m(street: Street, number: int, axis: int) -> float:
    """Move a house by up to 8 m, always the same way: nobody builds on a ruler."""
    # The letters' codes make a seed that does not change from run to run, as Python's own hash() does.
    seed = sum(n * ord(letter) for n, letter in enumerate(street.name + street.town.name, 1))
    return 8.0 * float(hashed(number, axis, seed))
