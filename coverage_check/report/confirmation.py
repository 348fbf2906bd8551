"""The written confirmation of a sale, and the fields of a contract summary: what was promised, where, and by which map.

Swedish lag 2005:59: where the seller has called, the offer is confirmed in writing as it was made, the customer accepts in
writing after the call, and owes nothing without that; both must be told. Directive (EU) 2018/1972 Art. 102 and Reg. (EU)
2019/2243 ask for the summary, Reg. (EU) 2015/2120 Art. 4(1)(d) for the estimated maximum and advertised speeds.
What the seller alone knows comes in `Terms`; what is missing stays a blank to fill in, and is named in the summary.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from coverage_check import wording
from coverage_check.address import parse
from coverage_check.decision import Decision, ReasonCode, Verdict
from coverage_check.errors import InvalidInput
from coverage_check.ledger import Channel, Initiator, SaleContext
from coverage_check.location import Match
from coverage_check.report.confirmation_words import ACCEPT, CALLS, LABELS, RIGHTS
from coverage_check.technology import Condition
from coverage_check.wording import Words

SUMMARY_SCHEMA = "coverage-check/contract-summary/1"
_BLANK = "________________"
_CONDITIONS = {
    ReasonCode.NEEDS_ANTENNA: Condition.OUTDOOR_ANTENNA,
    ReasonCode.OUTDOOR_ONLY: Condition.OUTDOORS_ONLY,
}
_AT_A_DISTANCE = {Channel.TELEPHONE, Channel.WEB, Channel.DOORSTEP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the seller must say of an offer and nobody else knows; empty where it is still to be filled in.

    Attributes
    ----------
    provider, contact, complaints
        Name; address, telephone and e-mail; where to complain.
    equipment
        What comes with the service.
    price
        With activation and what recurs or is used, taxes included.
    contract_months
        How long the customer is bound; 0 for not at all.
    renewal, termination
        What happens at the end, and how to end it sooner.
    remedies
        What the customer may do if speed or coverage is not as promised.
    accessibility
        What there is for end-users with disabilities.
    other
        Anything else that belongs in the summary.
    """

    provider: str = ""
    contact: str = ""
    complaints: str = ""
    equipment: str = ""
    price: str = ""
    contract_months: int | None = None
    renewal: str = ""
    termination: str = ""
    remedies: str = ""
    accessibility: str = ""
    other: str = ""


def sale_of(decision: Decision, *, language: str = "sv") -> SaleContext:
    """Make the sale that a decision alone tells: its product, address and sentence, by telephone, whoever called."""
    return SaleContext(
        channel=Channel.TELEPHONE,
        promised_product=decision.product.name,
        address_typed=decision.address.given,
        sentence_told=decision.sentence.sv if language == "sv" else decision.sentence.en,
    )


def confirmation(
    decision: Decision, sale: SaleContext | None = None, *, terms: Terms | None = None, language: str = "sv"
) -> str:
    """Write the confirmation of an offer, as it was made, for the customer to accept in writing.

    Parameters
    ----------
    sale
        What was said and promised; by default what the decision itself says.
    terms
        What the seller must fill in otherwise.
    language
        "sv" or "en".

    Raises
    ------
    InvalidInput
        The decision promises nothing, no longer held when the customer was told, or is about another place than the one
        that the customer confirmed.
    """
    sale, terms = sale or sale_of(decision, language=language), terms or Terms()
    _require_promised(decision, sale)
    told = _Language(language)
    rows = [*_place_rows(decision, sale, told), *_offer_rows(sale, terms, told)]
    width = max(len(label) for label, _ in rows) + 2
    calls = told(CALLS[sale.channel, sale.initiated_by] if (sale.channel, sale.initiated_by) in CALLS else CALLS[None])
    lines = [told(LABELS["title"]).upper(), "", calls.format(at=_moment(sale)), ""]
    lines += [f"{label + ':':{width}s}{text}" for label, text in rows]
    lines += ["", *_rights(sale, told), "", *told(ACCEPT).split("\n"), ""]
    record = f"{decision.id[:12]} · {decision.made_at.isoformat(timespec='minutes')} · {decision.provenance.snapshot[:12]}"
    return "\n".join([*lines, f"{told(LABELS['record'])}: {record}", ""])


def contract_summary(
    decision: Decision, sale: SaleContext | None = None, *, terms: Terms | None = None, language: str = "sv"
) -> dict[str, Any]:
    """Give the fields of a contract summary, by the headings of Reg. (EU) 2019/2243, JSON-ready.

    `missing` names what the regulation asks for and nobody has said. Parameters and errors as `confirmation`.
    """
    sale, terms = sale or sale_of(decision, language=language), terms or Terms()
    _require_promised(decision, sale)
    place, last = decision.location, decision.promised_until
    summary: dict[str, Any] = {
        "schema": SUMMARY_SCHEMA,
        "language": _Language(language).code,
        "provider": {"name": terms.provider, "contact": terms.contact, "complaints": terms.complaints},
        "services": {
            "name": sale.promised_product,
            "code": decision.product.code,
            "place_of_use": sale.address_confirmed or sale.address_typed,
            "lat": place.lat if place else None,
            "lon": place.lon if place else None,
            "use": {"place": decision.use.place.value, "receiver": decision.use.receiver.value},
            "condition": condition.value if (condition := _condition(decision)) else None,
            "coverage": sale.sentence_told,
            "equipment": terms.equipment,
        },
        "speeds_and_remedies": {
            "estimated_maximum_download_mbps": sale.estimated_max_download_mbps,
            "estimated_maximum_upload_mbps": sale.estimated_max_upload_mbps,
            "advertised_download_mbps": sale.advertised_download_mbps,
            "advertised_upload_mbps": sale.advertised_upload_mbps,
            "remedies": terms.remedies,
        },
        "price": terms.price,
        "duration_renewal_termination": {
            "contract_months": terms.contract_months,
            "network_promised_until": last.isoformat() if last else None,
            "renewal": terms.renewal,
            "termination": terms.termination,
        },
        "end_users_with_disabilities": terms.accessibility,
        "other": {"text": terms.other, "decision": decision.id, "snapshot": decision.provenance.snapshot},
    }
    return summary | {"missing": list(_missing(summary))}


@dataclass(frozen=True, slots=True)
class _Language:
    """Chooses the words of one language."""

    code: str

    def __post_init__(self) -> None:
        if self.code not in Words._fields:
            raise InvalidInput(f"{self.code[:16]!r} is no language here: use one of {', '.join(Words._fields)}.")

    def __call__(self, words: Words) -> str:
        return words.sv if self.code == "sv" else words.en


def _require_promised(decision: Decision, sale: SaleContext) -> None:
    """Raise InvalidInput unless the decision is a promise about this sale."""
    if decision.verdict not in {Verdict.DELIVERABLE, Verdict.CONDITIONAL}:
        word = decision.verdict.value.replace("_", " ")
        raise InvalidInput(f"There is nothing to confirm: the answer was {word}; offer what can be delivered.")
    if sale.at and decision.valid_until and sale.at.date() > decision.valid_until:
        raise InvalidInput(f"The answer held until {decision.valid_until}, before the customer was told: check again.")
    if sale.address_confirmed and _folded(sale.address_confirmed) not in _places(decision):
        raise InvalidInput("The place that the customer confirmed is not the one that was decided on: check that one.")


def _places(decision: Decision) -> set[str]:
    """Give the place as asked and as found: how it was spelt is no other place."""
    found = decision.location.candidates[:1] if decision.location and decision.location.match is not Match.AMBIGUOUS else ()
    return {_folded(decision.address.given), *(_folded(candidate.label) for candidate in found if candidate.label)}


def _folded(address: str) -> str:
    return parse(address).normalised.casefold()


def _place_rows(decision: Decision, sale: SaleContext, told: _Language) -> Iterator[tuple[str, str]]:
    """Tell what is promised where, and by which map."""
    labels = LABELS
    yield told(labels["product"]), f"{sale.promised_product} ({decision.product.code})"
    unconfirmed = "" if sale.address_confirmed else f" ({told(labels['unconfirmed'])})"
    yield told(labels["place"]), (sale.address_confirmed or sale.address_typed) + unconfirmed
    if place := decision.location:
        yield told(labels["position"]), f"{place.lat:.5f}, {place.lon:.5f} (95 %: {place.cep95_m:.0f} m)"
    yield told(labels["use"]), told(wording.use_words(decision.use.place, decision.use.receiver))
    if condition := _condition(decision):
        yield told(labels["condition"]), told(wording.CONDITIONS[condition])
    for proof in decision.evidence[:1]:
        published = told(wording.day_words(proof.published))
        yield told(labels["coverage"]), f"{proof.technology}, {proof.network}, {told(labels['map'])} {published}"
    if last := decision.promised_until:
        yield told(labels["until"]), told(wording.day_words(last))
    yield told(labels["said"]), f"»{sale.sentence_told}«"


def _offer_rows(sale: SaleContext, terms: Terms, told: _Language) -> Iterator[tuple[str, str]]:
    """Tell speeds, price and terms, with a blank for what is still to be filled in."""
    speeds = (
        ("estimated", sale.estimated_max_download_mbps, sale.estimated_max_upload_mbps),
        ("advertised", sale.advertised_download_mbps, sale.advertised_upload_mbps),
    )
    for name, down, up in speeds:
        yield told(LABELS[name]), f"{_mbps(down)} / {_mbps(up)}"
    months = terms.contract_months
    yield told(LABELS["contract_months"]), _BLANK if months is None else f"{months} {told(LABELS['months'])}"
    for field in fields(Terms):
        if field.name not in {"contract_months", "other"}:
            yield told(LABELS[field.name]), getattr(terms, field.name) or _BLANK
    if terms.other:
        yield told(LABELS["other"]), terms.other
    yield told(LABELS["seller"]), sale.seller or _BLANK


def _rights(sale: SaleContext, told: _Language) -> Iterator[str]:
    """Tell what binds the customer, and what does not."""
    if sale.channel is Channel.TELEPHONE and sale.initiated_by is not Initiator.CUSTOMER:
        yield told(RIGHTS["in_writing"])
    if sale.channel in _AT_A_DISTANCE:
        yield told(RIGHTS["withdrawal"])
    yield told(RIGHTS["as_mapped"])


def _condition(decision: Decision) -> Condition | None:
    if decision.verdict is not Verdict.CONDITIONAL:
        return None
    return next((_CONDITIONS[reason.code] for reason in decision.reasons if reason.code in _CONDITIONS), None)


def _mbps(speed: float | None) -> str:
    return _BLANK if speed is None else f"{speed:g} Mbit/s"


def _moment(sale: SaleContext) -> str:
    return _BLANK if sale.at is None else sale.at.strftime("%Y-%m-%d %H:%M")


_MAY_BE_EMPTY = {"services.condition", "duration_renewal_termination.network_promised_until", "other.text"}
_MAY_BE_EMPTY |= {"services.lat", "services.lon", "services.equipment"}


def _missing(summary: dict[str, Any], path: str = "") -> Iterator[str]:
    for key, value in summary.items():
        if isinstance(value, dict):
            yield from _missing(value, f"{path}{key}.")
        elif value in (None, "") and f"{path}{key}" not in _MAY_BE_EMPTY:
            yield f"{path}{key}"
