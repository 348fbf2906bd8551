"""Make a year of sales of the FICTITIOUS operator on Vätö: ``python data/make_sales.py [FOLDER]``, after make_vato.py.

Every sale, code and order number is invented; no customer is real. The addresses are those of ``addresses.csv``, which are
invented too. Most sellers look at the map before they promise, some don't, and one sells by telephone to whoever
answers. Among the sales is the story's own: Harg 12, sold 4G on 2025-11-01. Each run writes the same bytes.
"""

import csv
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import geopandas as gpd
import pyogrio

VATO = Path(__file__).parent / "vato"
SEED = 76021
FIRST_DAY = date(2025, 2, 1)
DAYS = 365
SALES = 420
HEADER = ("Ordernr", "Säljdatum", "Kanal", "Säljarkod", "Kommun", "Adress", "Postnr", "Ort", "Produkt")

NEEDS = (
    ("mbb-4g", "4g", "good"),
    ("phone-4g", "4g", "very_good"),
    ("mbb-4g-antenna", "4g", "basic"),
    ("mbb-3g", "3g", "good"),
)
"""What a seller who looks at the map offers, and the claim that it takes, the best first."""

NEW_4G = date(2026, 1, 15)
END_OF_3G = date(2025, 12, 9)

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """Who sells, where, how much of all, and how often with a look at the map first."""

    code: str
    channel: str
    share: float
    looks: float


SELLERS = (
    Seller(code="B-01", channel="butik", share=3, looks=0.95),
    Seller(code="B-02", channel="butik", share=2, looks=0.9),
    Seller(code="T-03", channel="telefon", share=3, looks=0.85),
    Seller(code="T-04", channel="telefon", share=2.5, looks=0.8),
    Seller(code="T-07", channel="telefon", share=4, looks=0.15),
    Seller(code="D-11", channel="dörr", share=2, looks=0.55),
    Seller(code="W-00", channel="webb", share=5, looks=0.7),
)

ODD_SALES: Sequence[Row] = (
    ("2025-11-01", "telefon", "T-07", "Norrtälje", "Harg 12", "760 21", "Vätö", "mbb-4g"),
    ("2025-07-14", "telefon", "T-07", "Norrtälje", "Box 12", "760 21", "Vätö", "mbb-4g"),
    ("2025-08-02", "telefon", "T-03", "Norrtälje", "Kyrkvägen 3", "", "", "mbb-4g"),
    ("2025-09-19", "webb", "W-00", "Norrtälje", "Norrtälje Vätö-Harg 99:99", "", "", "mbb-5g"),
    ("2025-06-28", "webb", "W-00", "Östhammar", "Fiktiva gatan 7", "742 99", "Öregrund", "mbb-4g"),
    ("2025-07-03", "webb", "W-00", "Östhammar", "Påhittade vägen 2", "742 99", "Öregrund", "mbb-4g"),
    ("2025-10-30", "butik", "B-01", "Norrtälje", "59,8201 18,9502", "", "", "mbb-4g"),
    ("", "telefon", "T-04", "Norrtälje", "Vätövägen 12", "760 21", "Vätö", "mbb-4g"),
    ("2025-05-06", "dörr", "D-11", "Norrtälje", "Strandvägen 4", "760 21", "Vätö", "mbb-6g"),
)
"""The story's sale, and what real files have: boxes, halves of addresses, a missing day, a product that nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """An invented address, and the claims that hold it, such as ``4g-2025 good``."""

    address: Mapping[str, str]
    within: frozenset[str]

    def offers(self, day: date) -> list[str]:
        """Name the products that the map of that day allows."""
        files = {"4g": "4g-2025" if day < NEW_4G else "4g-2026", "3g": "3g" if day <= END_OF_3G else ""}
        return [product for product, technology, level in NEEDS if f"{files[technology]} {level}" in self.within]


def read_houses(folder: Path) -> list[House]:
    """Read the invented houses, and which of the invented claims hold each."""
    with (folder / "addresses.csv").open(encoding="utf-8", newline="") as file:
        addresses = list(csv.DictReader(file))
    spots = gpd.GeoSeries.from_xy([a["lon"] for a in addresses], [a["lat"] for a in addresses], crs=4326)
    within: list[set[str]] = [set() for _ in addresses]
    for path in sorted((folder / "layers").glob("*.gpkg")):
        for level in pyogrio.list_layers(path)[:, 0]:
            claim = gpd.read_file(path, layer=level)
            for n in spots.to_crs(claim.crs).sindex.query(claim.union_all(), predicate="contains"):
                within[n].add(f"{path.stem} {level}")
    return [House(address=address, within=frozenset(names)) for address, names in zip(addresses, within, strict=True)]


def sales(houses: Sequence[House]) -> Iterator[Row]:
    """Invent the sales, without their order numbers."""
    chance = random.Random(SEED)  # noqa: S311 - it invents, it guards nothing
    yield from ODD_SALES
    made = 0
    while made < SALES:
        seller = chance.choices(SELLERS, [seller.share for seller in SELLERS])[0]
        house = chance.choice(houses)
        day = FIRST_DAY + timedelta(days=int(DAYS * chance.random()))
        offers = house.offers(day) if chance.random() < seller.looks else ["mbb-4g", "mbb-5g", "phone-4g", "mbb-4g-flex"]
        if not offers:
            continue  # whoever looks sells nothing there
        product = chance.choices(offers, (6, 2, 1, 1)[: len(offers)])[0]
        place = house.address
        address = f"{place['street']} {place['number']}{place['letter']}"
        where = (place["municipality"], address, place["postcode"], place["town"], product)
        yield (day.isoformat(), seller.channel, seller.code, *where)
        made += 1


def main(folder: Path) -> None:
    """Write sales.csv, in the order of the days."""
    rows = sorted(sales(read_houses(folder)), key=lambda row: row[0] or "2025-12-01")
    with (folder / "sales.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows((f"S-{n:04}", *row) for n, row in enumerate(rows, 1))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else VATO)
