"""The answer: verdict, reasons, evidence, alternatives, and what is needed to repeat it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NoReturn

from coverage_check.availability import Status
from coverage_check.basis import Basis
from coverage_check.errors import InvalidInput
from coverage_check.json_values import maker, plain, read
from coverage_check.location import Candidate, LocationLevel, Match
from coverage_check.technology import Condition, PlaceOfUse, Receiver, SignalLevel, Technology

SCHEMA = "coverage-check/decision/1"
RULES = "coverage-check/rules/3"
"""Name of the decision's rules; it changes whenever the same inputs could give another verdict."""


class Verdict(StrEnum):
    """The four answers. None of them is a boolean."""

    DELIVERABLE = "deliverable"
    CONDITIONAL = "conditional"
    NOT_DELIVERABLE = "not_deliverable"
    UNDETERMINED = "undetermined"


class ReasonCode(StrEnum):
    """Why. docs/formats.md has a sentence for each, `wording` the ones that are said."""

    COVERED = "COVERED"
    NO_COVERAGE = "NO_COVERAGE"
    BELOW_REQUIRED_LEVEL = "BELOW_REQUIRED_LEVEL"
    OUTDOOR_ONLY = "OUTDOOR_ONLY"
    NEEDS_ANTENNA = "NEEDS_ANTENNA"
    EDGE_UNCERTAIN = "EDGE_UNCERTAIN"
    FALLBACK_TECHNOLOGY_ONLY = "FALLBACK_TECHNOLOGY_ONLY"
    TECHNOLOGY_RETIRED = "TECHNOLOGY_RETIRED"
    NOT_YET_LIVE = "NOT_YET_LIVE"
    PRODUCT_NOT_ON_SALE = "PRODUCT_NOT_ON_SALE"
    OTHER_NETWORK_ONLY = "OTHER_NETWORK_ONLY"
    NO_DATA = "NO_DATA"
    OUTSIDE_SURVEY_AREA = "OUTSIDE_SURVEY_AREA"
    LAYER_STALE = "LAYER_STALE"
    LAYERS_DISAGREE = "LAYERS_DISAGREE"
    THRESHOLD_UNKNOWN = "THRESHOLD_UNKNOWN"
    ADDRESS_AMBIGUOUS = "ADDRESS_AMBIGUOUS"
    ADDRESS_NOT_FOUND = "ADDRESS_NOT_FOUND"
    MATCH_TOO_COARSE = "MATCH_TOO_COARSE"
    NO_STREET_POSITION = "NO_STREET_POSITION"
    PROPERTY_DESIGNATION_UNSUPPORTED = "PROPERTY_DESIGNATION_UNSUPPORTED"
    GEOCODER_UNAVAILABLE = "GEOCODER_UNAVAILABLE"
    INVALID_INPUT = "INVALID_INPUT"
    MEASURED = "MEASURED"


_LEAVES_OPEN = frozenset(
    {
        *(ReasonCode.NO_DATA, ReasonCode.OUTSIDE_SURVEY_AREA, ReasonCode.LAYER_STALE, ReasonCode.THRESHOLD_UNKNOWN),
        *(ReasonCode.ADDRESS_NOT_FOUND, ReasonCode.NO_STREET_POSITION, ReasonCode.PROPERTY_DESIGNATION_UNSUPPORTED),
        *(ReasonCode.GEOCODER_UNAVAILABLE, ReasonCode.INVALID_INPUT),
    }
)
"""Reasons of an undetermined decision that leave it open whether there is coverage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Yes if P_yes is at least `yes`; no if 1 - P_no is at most `no`; else undetermined."""

    yes: float
    no: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason, with the layer that it rests on, if any."""

    code: ReasonCode
    message: str
    layer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductName:
    """The product asked for."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Where and with what the customer will use it."""

    place: PlaceOfUse
    receiver: Receiver


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAddress:
    """What the customer said, and how it was understood."""

    given: str
    kind: str
    normalised: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidatePlace:
    """One place that the address could mean."""

    label: str
    lat: float
    lon: float
    level: LocationLevel
    match: Match

    @classmethod
    def of(cls, candidate: Candidate) -> "CandidatePlace":
        """Keep of a candidate what a decision records."""
        return cls(label=candidate.label, lat=candidate.lat, lon=candidate.lon, level=candidate.level, match=candidate.match)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLocation:
    """The location that was decided on, as recorded."""

    lat: float
    lon: float
    level: LocationLevel
    match: Match
    cep50_m: float
    cep95_m: float
    source: str
    attribution: str
    candidates: tuple[CandidatePlace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one layer said. `edge_distance_m` is positive inside, capped at ±5000."""

    layer: str
    network: str
    technology: Technology
    level: SignalLevel | None
    status: Status
    edge_distance_m: float | None
    probability: float
    published: date
    valid_from: date | None
    valid_until: date | None
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """How far the address may be off before the verdict changes, which way, and to what."""

    if_moved_m: float
    bearing_deg: float
    to: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """What can honestly be offered instead: a product, perhaps with a condition, from a day, or at a spot nearby."""

    product: str
    verdict: Verdict
    probability: float
    condition: Condition | None = None
    from_: date | None = None
    lat: float | None = None
    lon: float | None = None

    @property
    def text(self) -> str:
        """What one cell says: ``mbb-4g with outdoor_antenna from 2026-01-15``, ``mbb-4g at 59.79556 18.93197``."""
        condition = f" with {self.condition}" if self.condition else ""
        start = f" from {self.from_}" if self.from_ else ""
        spot = f" at {self.lat:.5f} {self.lon:.5f}" if self.lat is not None and self.lon is not None else ""
        return f"{self.product}{condition}{start}{spot}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """What is said to the customer, in Swedish and English."""

    sv: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to ask next, because the answer would change most."""

    code: str
    sv: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Versions that could matter to the last bit; gdal as of the import."""

    coverage_check: str
    geos: str
    proj: str
    gdal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What was decided from, by hash, so that it can be repeated."""

    snapshot: str
    register: str
    products: str
    rules: str
    versions: Versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether a product can be delivered at a place on a day: how sure that is, why, and what can be offered instead.

    Attributes
    ----------
    id
        SHA-256 of the canonical JSON without `id` and `made_at`.
    as_of
        The day that was asked about.
    valid_until
        Last day on which this answer may be repeated unseen: when a layer that decided it ends or grows stale.
    probability
        P_yes: that the product works at the place of use. P_yes + P_no + P_unknown = 1.
    reasons, evidence
        The first of each is the one that decided.
    basis
        What it was made from beyond what its JSON says, for the ledger; None of a decision that was read from JSON. It is
        neither part of the id nor compared.
    """

    id: str
    made_at: datetime
    as_of: date
    valid_until: date | None
    verdict: Verdict
    probability: float
    thresholds: Thresholds
    reasons: tuple[Reason, ...]
    product: ProductName
    use: Use
    address: AskedAddress
    location: FoundLocation | None
    evidence: tuple[Evidence, ...]
    flips: Flip | None
    alternatives: tuple[Alternative, ...]
    ask_next: tuple[Question, ...]
    sentence: Sentence
    provenance: Provenance
    basis: Basis | None = field(default=None, compare=False, repr=False)

    @property
    def promised_until(self) -> date | None:
        """The last day of the network that a yes rests on, where the contract is longer than that; else None."""
        ends = any(reason.code is ReasonCode.TECHNOLOGY_RETIRED for reason in self.reasons)
        return self.evidence[0].valid_until if ends and self.verdict is Verdict.DELIVERABLE else None

    def __bool__(self) -> NoReturn:
        raise TypeError("A decision has four verdicts, not two: compare decision.verdict with Verdict.DELIVERABLE.")

    def to_dict(self) -> dict[str, Any]:
        """Give the decision as JSON-ready values, in the contract's order (schema coverage-check/decision/1)."""
        values: dict[str, Any] = plain(self)
        return {"schema": SCHEMA} | values

    def to_json(self, *, indent: int | None = None) -> str:
        """Give the decision as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False, indent=indent)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Decision":
        """Read back what `to_dict` gave.

        Raises
        ------
        InvalidInput
            Another schema, a field missing or of the wrong kind, or an id that is not the content's.
        """
        if data.get("schema") != SCHEMA:
            raise InvalidInput(f"This is not a decision of schema {SCHEMA}: read it with the version that wrote it.")
        try:
            decision: Decision = read(cls, data)
        except (KeyError, TypeError, ValueError) as error:
            message = f"The decision lacks a field or has a wrong one ({type(error).__name__}: {error})."
            raise InvalidInput(message) from None
        if decision.id != content_id(decision.to_dict()):
            raise InvalidInput("The decision's id is not that of its content: it was changed after it was made.")
        return decision

    @classmethod
    def of_content(cls, content: bytes, made_at: datetime, basis: Basis | None = None) -> "Decision":
        """Make the decision whose canonical JSON without `id` and `made_at` this is; its id is the hash of that."""
        data = json.loads(content)
        del data["schema"]
        data["id"], data["made_at"] = hashlib.sha256(content).hexdigest(), made_at.isoformat()
        data["basis"] = basis
        decision: Decision = maker(cls)(data)  # type: ignore[arg-type] # a class is hashable
        return decision

    @classmethod
    def from_json(cls, text: str) -> "Decision":
        """Read back what `to_json` gave; raise InvalidInput as `from_dict` does, and for a text that is no JSON object."""
        try:
            data = json.loads(text)
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise InvalidInput("This is no decision: give what check --format json printed.")
        return cls.from_dict(data)

    def probability_text(self, digits: int) -> str:
        """Write P_yes. No data is never "no coverage": what no map says may still come to it, so then it is the least."""
        known = f"{self.probability:.{digits}f}"
        if self.verdict is not Verdict.UNDETERMINED or _LEAVES_OPEN.isdisjoint(reason.code for reason in self.reasons):
            return known
        return f"at least {known}" if float(known) else "not known"

    def _repr_html_(self) -> str:
        from coverage_check.card import card_html  # noqa: PLC0415 - only notebooks need it

        return card_html(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionColumns:
    """What tables need of many decisions: one element for each row, as recorded, in the order asked."""

    verdict: Sequence[Verdict]
    probability: Sequence[float]
    reasons: Sequence[str]
    edge_distance_m: Sequence[float | None]
    lat: Sequence[float | None]
    lon: Sequence[float | None]
    match: Sequence[Match | None]
    level: Sequence[LocationLevel | None]
    alternative: Sequence[str | None]
    sentence: Sequence[str]
    id: Sequence[str]


def content_id(data: Mapping[str, Any]) -> str:
    """Hash the canonical JSON (sorted keys, no spaces, UTF-8) of a decision without `id` and `made_at`."""
    content = {key: value for key, value in data.items() if key not in {"id", "made_at"}}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
