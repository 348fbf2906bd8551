"""The story of a mis-sale, told with the bundled data of a fictitious network."""

from collections.abc import Iterator
from datetime import date

from coverage_check.checker import Checker
from coverage_check.decision import Decision
from coverage_check.report.text import offer_text, verdict_text

SALE = date(2025, 11, 1)
HARG = "Harg 12, 760 21 Vätö"
_OTHERS = (
    ("An address where it works", "Vätövägen 20, 760 21 Vätö"),
    ("One that fits two houses", "Kyrkvägen 3"),
    ("One outside the map", "Stora Brogatan 5, 761 30 Norrtälje"),
)


def tell() -> Iterator[str]:
    """Tell it line by line: the sale, the same address today, and three others."""
    checker = Checker.from_config("demo")
    today = checker.as_of
    yield "The network Exempelnät is fictitious, and so are its coverage and the house positions. 'Today' is 2026-02-01."
    yield ""
    sale = checker.check(HARG, product="mbb-4g", on=SALE)
    yield f"{SALE}: a salesman sells {sale.product.name} by telephone to a customer on Vätö, for {HARG}."
    yield f"  {verdict_text(sale.verdict)} · probability that it works {sale.probability:.3f}"
    for reason in sale.reasons:
        yield f"  why      {reason.code}: {reason.message}"
    proof = sale.evidence[0]
    yield f"  map      {proof.layer}, published {proof.published}: {abs(proof.edge_distance_m or 0):,.0f} m to its edge"
    for offer in sale.alternatives:
        yield f"  instead  {offer_text(offer)}"
    yield f"  say      sv: {sale.sentence.sv}"
    yield f"           en: {sale.sentence.en}"
    yield ""
    yield f"The same address on {today}:"
    yield from _briefly(checker.check(HARG, product="mbb-4g"))
    for title, address in _OTHERS:
        yield f"{title}: {address}"
        yield from _briefly(checker.check(address, product="mbb-4g"))
    yield ""
    yield f'Next: coverage-check check "{HARG}" --product mbb-4g --on {SALE} --config demo'
    yield "      coverage-check import --help     (your own layers; README.md, 'Bring your own layers')"


def _briefly(decision: Decision) -> Iterator[str]:
    reason = decision.reasons[0]
    yield f"  {verdict_text(decision.verdict)} · {decision.probability:.3f} · {reason.code}: {reason.message}"
    if decision.ask_next:
        yield f"  ask      {decision.ask_next[0].en}"
