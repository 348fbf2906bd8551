"""What the ledger holds: the circumstances of a sale, an entry, the head of the chain, and what a check of it found."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from coverage_check.basis import Basis
from coverage_check.decision import Decision, Verdict
from coverage_check.errors import InvalidInput
from coverage_check.technology import word


class Channel(StrEnum):
    """Where the sale was made. The law asks most of a sale by telephone."""

    TELEPHONE = "telephone"
    DOORSTEP = "doorstep"
    SHOP = "shop"
    WEB = "web"
    ORDER_FILE = "order_file"
    OTHER = "other"


class Initiator(StrEnum):
    """Who began the conversation: a seller who calls has more to prove than one who is called."""

    CUSTOMER = "customer"
    SELLER = "seller"
    UNKNOWN = "unknown"


class EntryKind(StrEnum):
    """What an entry records."""

    DECISION = "decision"
    OVERRIDE = "override"
    ERASURE = "erasure"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleContext:
    """What was said and promised around a decision, so that it can be shown when the sale is disputed.

    The fields are those that a telephone sale is judged by: Swedish lag 2005:59 (the written offer mirrors the call) and
    Reg. (EU) 2015/2120 Art. 4(1)(d) (mobile: estimated maximum and advertised speeds).

    Attributes
    ----------
    at
        When the customer was told, with its offset from UTC; None if nobody has been told yet.
    channel, initiated_by
        Where the sale was made and who began it.
    promised_product
        What was sold, in the words of the offer.
    estimated_max_download_mbps, estimated_max_upload_mbps, advertised_download_mbps, advertised_upload_mbps
        Speeds as promised; None where none was.
    address_typed, address_confirmed
        The place of use as first taken down, and as the customer confirmed it; None if it was not confirmed.
    sentence_told
        The exact sentence that the customer heard or read.
    seller
        Who answered the customer, as the seller's own staff reference.
    subject
        The customer, as the seller's own reference: `Ledger.erase` finds every entry of a subject by it.
    """

    promised_product: str
    address_typed: str
    sentence_told: str
    at: datetime | None = None
    channel: Channel = Channel.OTHER
    initiated_by: Initiator = Initiator.UNKNOWN
    estimated_max_download_mbps: float | None = None
    estimated_max_upload_mbps: float | None = None
    advertised_download_mbps: float | None = None
    advertised_upload_mbps: float | None = None
    address_confirmed: str | None = None
    seller: str = ""
    subject: str = ""

    def __post_init__(self) -> None:
        if self.at is not None and self.at.utcoffset() is None:
            raise InvalidInput("The time of a sale needs its offset from UTC: give an aware datetime.")
        object.__setattr__(self, "channel", word(Channel, self.channel))
        object.__setattr__(self, "initiated_by", word(Initiator, self.initiated_by))

    @classmethod
    def of_order(cls, decision: Decision, *, subject: str = "", language: str = "sv") -> "SaleContext":
        """Make the context of an order that was checked from a file: nobody has been told anything yet."""
        return cls(
            channel=Channel.ORDER_FILE,
            promised_product=decision.product.code,
            address_typed=decision.address.given,
            sentence_told=decision.sentence.sv if language == "sv" else decision.sentence.en,
            subject=subject,
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the context as JSON-ready values."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        speeds = {key: float(value) for key, value in values.items() if key.endswith("_mbps") and value is not None}
        return values | speeds | {"at": None if self.at is None else self.at.isoformat()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "SaleContext":
        """Read back what `to_dict` gave."""
        return cls(**{**data, "at": None if data["at"] is None else datetime.fromisoformat(data["at"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last link of the chain. Kept elsewhere, it shows a cut tail, a restored backup and a rewritten past.

    Attributes
    ----------
    seq
        Number of the last entry; 0 of an empty ledger.
    hash
        Its hash, 64 hexadecimal digits.
    """

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Read what `str(head)` gave.

        Raises
        ------
        InvalidInput
            The text is not a head.
        """
        seq, _, digest = text.strip().partition(":")
        if not (seq.isascii() and seq.isdigit() and len(digest) == 64 and set(digest) <= set("0123456789abcdef")):
            raise InvalidInput("A head is written NUMBER:HASH, such as `ledger verify` prints it: give the whole text.")
        return cls(seq=int(seq), hash=digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger.

    Attributes
    ----------
    seq
        Its number, from 1 without gaps. Entries are ordered by it, never by time: clocks go backwards.
    kept
        What stays when personal data are erased: verdict, reason codes, product, day, hashes of what it was decided from.
    personal
        The decision, the context and the references; None once erased.
    hash
        Its link of the chain.
    """

    seq: int
    kind: EntryKind
    recorded_at: datetime
    kept: Mapping[str, Any]
    personal: Mapping[str, Any] | None
    hash: str

    @property
    def erased(self) -> bool:
        """Whether personal data were here, and were erased."""
        return self.personal is None and self.kind is not EntryKind.ERASURE

    @property
    def verdict(self) -> Verdict | None:
        """The verdict decided, or set by an override; None for an erasure."""
        return Verdict(self.kept["verdict"]) if "verdict" in self.kept else None

    @property
    def order_ref(self) -> str | None:
        """The order that it belongs to; None once erased."""
        return None if self.personal is None else self.personal["order_ref"]

    @property
    def earlier(self) -> int | None:
        """Number of the entry before it about the same order, with another content: a conflict to look into."""
        return self.kept.get("earlier")

    @property
    def decision(self) -> Decision | None:
        """The decision as it was made; None once erased, and for other kinds."""
        if self.kind is not EntryKind.DECISION or not self.personal:
            return None
        basis = self.personal.get("basis")
        decision = Decision.from_dict(self.personal["decision"])
        return decision if basis is None else replace(decision, basis=Basis.from_dict(basis))

    @property
    def context(self) -> SaleContext | None:
        """The circumstances of the sale; None once erased, and for other kinds."""
        if self.kind is not EntryKind.DECISION or not self.personal:
            return None
        return SaleContext.from_dict(self.personal["context"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a ledger, and at which entry it shows first; `seq` 0 is the database file itself."""

    seq: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What `verify` found.

    Attributes
    ----------
    entries, erased
        How many are good, and how many of them have had their personal data erased.
    head
        The last good link: publish it, and give it to the next `verify`.
    fault
        The first fault; None if all is well.
    """

    entries: int
    erased: int
    head: Head
    fault: Fault | None

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong."""
        return self.fault is None
