"""What is sold, and what it needs: products.toml."""

from dataclasses import dataclass, field
from datetime import date

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
