"""What is sold, and what it needs: products.toml."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from coverage_check.declaration import Document, Table, nearest
from coverage_check.errors import UnknownProduct
from coverage_check.regulators import SCHEMES, Scheme
from coverage_check.technology import Condition, PlaceOfUse, Receiver, Service, SignalLevel, Technology


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One item of a requirement: a technology, at which level, on which network if not the product's own."""

    technology: Technology
    min_level: SignalLevel | None = None
    network: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """What a wrong yes, a wrong no and one more question cost, in any one currency.

    The defaults are those of the contract: 5000, 1500, 250, in kronor.
    """

    mis_sale: float = 5000.0
    lost_sale: float = 1500.0
    ask: float = 250.0

    @property
    def yes(self) -> float:
        """The least P_yes that makes a yes the cheapest act."""
        return self._single if self._never_ask else 1 - self.ask / self.mis_sale

    @property
    def no(self) -> float:
        """The greatest 1 - P_no that makes a no the cheapest act."""
        return self._single if self._never_ask else self.ask / self.lost_sale

    @property
    def _never_ask(self) -> bool:
        """Whether asking costs more than the worst gamble between yes and no."""
        return self.ask / self.mis_sale + self.ask / self.lost_sale >= 1

    @property
    def _single(self) -> float:
        return self.mis_sale / (self.mis_sale + self.lost_sale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product and its requirement.

    Attributes
    ----------
    any_of, all_of
        One of the two holds items: any one of them suffices, or all are needed.
    min_download_mbps
        Speed promised; a layer that states no speed can't satisfy it.
    conditions
        What may be offered instead where the product fails as sold.
    sold_from, sold_until
        First and last day of sale, inclusive.
    contract_months
        How long the customer is bound: coverage that ends sooner is a reason.
    alternatives
        Codes of products that may be offered instead, in the seller's order.
    """

    code: str
    name: str
    network: str
    brand: str = ""
    service: Service = Service.DATA
    place_of_use: PlaceOfUse = PlaceOfUse.INDOORS
    receiver: Receiver = Receiver.HANDSET
    min_download_mbps: float | None = None
    any_of: tuple[Need, ...] = ()
    all_of: tuple[Need, ...] = ()
    conditions: tuple[Condition, ...] = ()
    sold_from: date | None = None
    sold_until: date | None = None
    contract_months: int | None = None
    alternatives: tuple[str, ...] = ()
    risk: Risk = field(default_factory=Risk)

    def on_sale(self, on: date) -> bool:
        """Whether the product may be sold on that day."""
        return (self.sold_from is None or self.sold_from <= on) and (self.sold_until is None or on <= self.sold_until)


class Catalogue(Mapping[str, Product]):
    """The products of one products.toml, by code.

    Attributes
    ----------
    sha256
        Of the file, for the decision's provenance.
    """

    def __init__(self, products: Mapping[str, Product], sha256: str = "") -> None:
        self._products = dict(products)
        self.sha256 = sha256

    def __getitem__(self, code: str) -> Product:
        if code not in self._products:
            hint = nearest(str(code), self._products) or f"; known are {', '.join(self._products)}."
            raise UnknownProduct(f"The catalogue has no product of this code{hint}")  # which may be a cell with an address
        return self._products[code]

    def __contains__(self, code: object) -> bool:
        return code in self._products

    def __iter__(self) -> Iterator[str]:
        return iter(self._products)

    def __len__(self) -> int:
        return len(self._products)


def read_products(path: str | Path, *, risk: Risk | None = None) -> Catalogue:
    """Read a products.toml.

    Parameters
    ----------
    risk
        What errors cost where a product doesn't say; the config's [risk].

    Raises
    ------
    MissingFile, DeclarationError
        The file is not there, or has faults; all of them at once, each with its line.
    """
    document = Document.read(path)
    products: dict[str, Product] = {}
    tables = document.tables("product")
    read = [(table, _product(table, risk or Risk())) for table in tables]
    for table, product in read:
        if product.code in products:
            table.fault("has a code that another product has: codes are unique.", "code")
        products[product.code] = product
    if not products and not document.faults:
        document.fault("has no [[product]]: add one.")
    for table, product in read:
        for code in product.alternatives:
            if code not in products:
                table.fault(f"'alternatives' names no product {code!r}{nearest(code, products)}", "alternatives")
    document.finish()
    return Catalogue(products, hashlib.sha256(document.path.read_bytes()).hexdigest())


def read_risk(table: Table | None, default: Risk) -> Risk:
    """Read a [risk] table; absent keys keep the default."""
    if table is None:
        return default
    given = {
        "mis_sale": table.number("mis_sale", low=1e-9),
        "lost_sale": table.number("lost_sale", low=1e-9),
        "ask": table.number("ask", low=0),
    }
    return replace(default, **{key: value for key, value in given.items() if value is not None})


def _product(table: Table, risk: Risk) -> Product:
    scheme = _scheme(table)
    any_of, all_of = _needs(table, "any_of", scheme), _needs(table, "all_of", scheme)
    if bool(any_of) == bool(all_of):
        table.fault("needs one of 'any_of' and 'all_of', such as any_of = [{technology = \"4G\", min_level = \"good\"}].")
    sold_from, sold_until = table.day("sold_from"), table.day("sold_until")
    if sold_from and sold_until and sold_until < sold_from:
        table.fault("'sold_until' lies before 'sold_from'.", "sold_until")
    return Product(
        code=table.text("code"),
        name=table.text("name"),
        network=table.text("network"),
        brand=table.text("brand", ""),
        service=table.choice("service", Service, Service.DATA),
        place_of_use=table.choice("place_of_use", PlaceOfUse, PlaceOfUse.INDOORS),
        receiver=table.choice("receiver", Receiver, Receiver.HANDSET),
        min_download_mbps=table.number("min_download_mbps", low=0),
        any_of=any_of,
        all_of=all_of,
        conditions=table.choices("conditions", Condition),
        sold_from=sold_from,
        sold_until=sold_until,
        contract_months=table.count("contract_months"),
        alternatives=table.texts("alternatives"),
        risk=read_risk(table.inline("risk"), risk),
    )


def _scheme(table: Table) -> Scheme | None:
    """Take whose words `min_level` is written in; None for our own."""
    name = table.text("levels", "")
    if name and name not in SCHEMES:
        hint = nearest(name, SCHEMES) or f"; use one of {', '.join(SCHEMES)}."
        table.fault(f"'levels' can't be {name!r}{hint}", "levels")
    return SCHEMES.get(name)


def _needs(table: Table, key: str, scheme: Scheme | None) -> tuple[Need, ...]:
    return tuple(
        Need(
            technology=item.choice("technology", Technology),
            min_level=_min_level(item, scheme),
            network=item.text("network", ""),
        )
        for item in table.items(key)
    )


def _min_level(item: Table, scheme: Scheme | None) -> SignalLevel | None:
    """Take a level in our own words, or in those of a regulator's scheme."""
    given = item.content.get("min_level")
    if scheme is None or not isinstance(given, str | int) or given in set(SignalLevel):
        return item.optional_choice("min_level", SignalLevel)
    item.raw("min_level")
    row = scheme.named(str(given))
    if row is None:
        words = [str(word) for level in scheme.levels if level.level for word in (level.word, level.value)]
        hint = nearest(str(given), words) or f"; use one of {', '.join(words)}."
        item.fault(f"'min_level' can't be {given!r}{hint}", "min_level")
    elif row.level is None:
        item.fault(f"'min_level' can't be {given!r}: it promises nothing ({row.promises}).", "min_level")
    return row.level if row else None
