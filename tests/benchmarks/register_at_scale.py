"""How long a national register takes to build and to ask, and how many slips of one letter it finds.

    python tests/benchmarks/register_at_scale.py [ADDRESSES]        1,300,000 by default; Sweden has 3,900,000

Names, postcodes and positions are invented, from syllables and a fixed seed.
"""

import csv
import math
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from coverage_check.address import Address
from coverage_check.errors import AddressNotFound
from coverage_check.geocoders.house_spread import distance_m
from coverage_check.geocoders.register import Register
from coverage_check.geocoders.register_build import build_register

STEMS = (
    "björk ek tall gran lind ask alm lönn rönn hägg asp säl en hassel syren ros lilje klöver ljung älg räv varg hare mård"
)
MIDDLES = (
    "hags bergs dals sjö ängs åker mo kvarn bruks kyrk präst skol torg hamn strand käll damm kärr slätt backe ås sand norr"
)
ENDS = (
    "vägen vägen vägen gatan gatan stigen gränd backen allén torget slingan by torp sta hult boda näs vik tuna arp ryd måla"
)
HEADINGS = ("gata", "nummer", "bokstav", "postnummer", "postort", "lat", "lon")
House = tuple[str, int, str, str, str, float, float]


def houses(count: int, dice: random.Random) -> Iterator[House]:
    """Draw street after street: a name, a postcode of its town, and houses along a line."""
    codes = [f"{number:05d}" for number in range(10_000, 28_000)]
    middles = {code: (55.5 + 12 * dice.random(), 12 + 8 * dice.random()) for code in codes}
    drawn = 0
    while drawn < count:
        code = dice.choice(codes)
        name = "".join(dice.choice(part.split()) for part in (STEMS, MIDDLES, ENDS)).capitalize()
        lat, lon = (middle + dice.gauss(0, 0.01) for middle in middles[code])
        bearing = dice.random() * math.tau
        for number in range(1, 2 + int(dice.expovariate(1 / 18))):
            letters = ("", "A", "B") if dice.random() < 0.06 else ("",)
            along = 0.0003 * number
            for letter in letters:
                place = lat + along * math.cos(bearing), lon + 2 * along * math.sin(bearing)
                yield name, number, letter, code, f"Ort {code[:3]}", round(place[0], 6), round(place[1], 6)
                drawn += 1


def slip(name: str, dice: random.Random) -> str:
    """Add, lose, change or swap one letter."""
    at, letter = dice.randrange(len(name)), dice.choice("abdefgijklmnorstuvyåäö")
    swapped = name[at : at + 2][::-1] + name[at + 2 :]
    ends = [letter + name[at:], name[at + 1 :], letter + name[at + 1 :], swapped]
    return name[:at] + dice.choice(ends)


def ask(register: Register, what: str, questions: list[tuple[House, str, str, str]]) -> None:
    """Ask all questions (true house, street, postcode, town), and print how long and how well."""
    seconds, found, certain = [], 0, 0
    for house, street, code, town in questions:
        query = Address(
            given="", street=street, number=house[1], letter=house[2], postcode=code, places=(town,) if town else ()
        )
        start = time.perf_counter()
        try:
            location = register.locate(query)
        except AddressNotFound:
            continue
        finally:
            seconds.append(time.perf_counter() - start)
        away = [distance_m(lat=c.lat, lon=c.lon, to_lat=house[5], to_lon=house[6]) for c in location.candidates]
        found += min(away) < 50
        certain += location.match == "exact" and away[0] > 50
    seconds.sort()
    p50, p95 = seconds[len(seconds) // 2] * 1e3, seconds[len(seconds) * 95 // 100] * 1e3
    print(f"{what:24s} p50 {p50:6.2f} ms  p95 {p95:6.2f} ms  found {found / len(questions):6.1%}  wrong and exact {certain}")


def main(count: int) -> None:
    """Build, ask and print."""
    dice = random.Random(7)  # noqa: S311 - made-up streets
    with tempfile.TemporaryDirectory() as folder:
        source, built = Path(folder, "addresses.csv"), Path(folder, "register.sqlite")
        sample: list[House] = []
        with source.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(HEADINGS)
            for house in houses(count, dice):
                table.writerow(house)
                if dice.random() < 4_000 / count:
                    sample.append(house)
        start = time.perf_counter()
        info = build_register(source, built)
        seconds = time.perf_counter() - start
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        size = built.stat().st_size / 2**20
        print(f"{info.addresses:,} addresses: {seconds:.0f} s, {size:.1f} MiB, {memory:.0f} MiB of memory")
        start = time.perf_counter()
        register = Register.open(built)
        print(f"opened and verified in {(time.perf_counter() - start) * 1e3:.0f} ms")
        ask(register, "(warming up)", [(h, h[0], h[3], h[4]) for h in sample])
        ask(register, "exact", [(h, h[0], h[3], h[4]) for h in sample])
        ask(register, "without postcode", [(h, h[0], "", h[4]) for h in sample])
        ask(register, "one slip", [(h, slip(h[0], dice), h[3], h[4]) for h in sample])
        ask(register, "one slip, postcode only", [(h, slip(h[0], dice), h[3], "") for h in sample])
        ask(register, "one slip, town only", [(h, slip(h[0], dice), "", h[4]) for h in sample])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_300_000)
