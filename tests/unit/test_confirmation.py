"""A written confirmation repeats what was said of the place that was decided on, and promises nothing else."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from coverage_check.cli import run
from coverage_check.decision import Decision, Verdict
from coverage_check.errors import DeclarationError, InvalidInput
from coverage_check.ledger import Channel, Initiator, SaleContext
from coverage_check.location import Candidate, LocationLevel, Match
from coverage_check.report.confirmation import Terms, confirmation, contract_summary, sale_of
from coverage_check.report.confirmation_words import ACCEPT, CALLS, LABELS, RIGHTS
from coverage_check.report.sale import read_sale
from coverage_check.technology import Condition, SignalLevel
from tests.made_claims import layer, location, product
from tests.made_decisions import made_decision
from tests.unit.test_qualification import decided

YES = made_decision()
ANTENNA = decided(
    (layer(), -2000.0),
    (layer("4g-basic", level=SignalLevel.BASIC), 2000.0),
    sold=product(conditions=(Condition.OUTDOOR_ANTENNA,)),
)
ENDS = decided((layer(valid_until=date(2025, 12, 9)), 3000.0), sold=product(contract_months=24))
SOLD_AT = datetime(2025, 11, 1, 10, 30, tzinfo=UTC)
FULL = Terms(
    provider="Exempelbolaget",
    contact="Exempelgatan 1, 010-000 00 00",
    complaints="klagomal@example.com",
    equipment="router",
    price="299 kr i månaden",
    contract_months=24,
    renewal="löper vidare månadsvis",
    termination="en månad i förväg",
    remedies="häva avtalet",
    accessibility="texttelefon",
)
SPEEDS: dict[str, Any] = {
    "estimated_max_download_mbps": 40.0,
    "estimated_max_upload_mbps": 8.0,
    "advertised_download_mbps": 100.0,
    "advertised_upload_mbps": 20.0,
}


def sale(decision: Decision = YES, **fields: Any) -> SaleContext:
    return replace(sale_of(decision), at=SOLD_AT, **fields)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_it_mirrors_the_call(language: str) -> None:
    """Every word that was said, the product, the place, the map and the terms stand in it."""
    context = sale(**SPEEDS, address_confirmed="Harg 12, 760 21 Vätö", sentence_told="Ja, det fungerar.", seller="S-7")
    text = confirmation(YES, context, terms=FULL, language=language)
    for said in (
        *("»Ja, det fungerar.«", "Harg 12, 760 21 Vätö", "4G mobile broadband (mbb-4g)", "59.82000, 18.95000", "Exempelnät"),
        *("2025-11-01 10:30", "40 Mbit/s / 8 Mbit/s", "100 Mbit/s / 20 Mbit/s", "299 kr", "24 ", "S-7", YES.id[:12]),
    ):
        assert said in text
    before_signature = text[: text.index(ACCEPT.sv if language == "sv" else ACCEPT.en)]
    assert "____" not in before_signature, "nothing is left to fill in but the signature"


def test_what_nobody_said_is_a_blank_and_is_named() -> None:
    assert confirmation(YES).count("____") > 10
    missing = contract_summary(YES)["missing"]
    assert {"price", "provider.name", "speeds_and_remedies.advertised_download_mbps"} <= set(missing)
    assert contract_summary(YES, sale(**SPEEDS), terms=FULL)["missing"] == []


# Who called decides what binds: lag 2005:59.
@pytest.mark.parametrize(
    ("channel", "by", "in_writing", "withdrawal"),
    [
        (Channel.TELEPHONE, Initiator.SELLER, True, True),
        (Channel.TELEPHONE, Initiator.UNKNOWN, True, True),
        (Channel.TELEPHONE, Initiator.CUSTOMER, False, True),
        (Channel.WEB, Initiator.CUSTOMER, False, True),
        (Channel.DOORSTEP, Initiator.SELLER, False, True),
        (Channel.SHOP, Initiator.CUSTOMER, False, False),
    ],
)
def test_the_customers_rights_are_told(channel: Channel, by: Initiator, *, in_writing: bool, withdrawal: bool) -> None:
    text = confirmation(YES, sale(channel=channel, initiated_by=by))
    assert (RIGHTS["in_writing"].sv in text) is in_writing
    assert (RIGHTS["withdrawal"].sv in text) is withdrawal
    assert "ringde" in text or channel is not Channel.TELEPHONE or by is Initiator.UNKNOWN


def test_a_condition_and_an_end_are_in_writing_too() -> None:
    assert "Fungerar bara:" in confirmation(ANTENNA)
    assert "med utomhusantenn" in confirmation(ANTENNA)
    assert contract_summary(ANTENNA)["services"]["condition"] == "outdoor_antenna"
    assert "9 december 2025" in confirmation(ENDS)
    assert ENDS.promised_until == date(2025, 12, 9)
    assert contract_summary(ENDS)["duration_renewal_termination"]["network_promised_until"] == "2025-12-09"
    assert YES.promised_until is None


@pytest.mark.parametrize("verdict", [Verdict.NOT_DELIVERABLE, Verdict.UNDETERMINED])
def test_what_was_not_promised_is_not_confirmed(verdict: Verdict) -> None:
    decision = made_decision(verdict=verdict)
    for write in (confirmation, contract_summary):
        with pytest.raises(InvalidInput, match="nothing to confirm"):
            write(decision)


def test_another_place_than_the_decided_one_is_not_confirmed() -> None:
    with pytest.raises(InvalidInput, match="not the one that was decided on") as caught:
        confirmation(YES, sale(address_confirmed="Harg 14, 760 21 Vätö"))
    assert "Harg" not in str(caught.value)
    assert "Harg 12" in confirmation(YES, sale(address_confirmed="harg 12, 76021 VÄTÖ"))


def test_the_place_may_be_confirmed_as_it_was_found() -> None:
    found = Candidate(
        label="Harg 12, 760 21 Vätö", lat=59.82, lon=18.95, level=LocationLevel.ADDRESS_POINT, match=Match.FUZZY
    )
    decision = decided((layer(), 3000.0), place=location(match=Match.FUZZY, candidates=(found,)))
    assert "Harg 12" in confirmation(decision, sale(decision, address_confirmed="Harg 12, 760 21 Vätö"))


def test_an_answer_that_no_longer_held_is_not_confirmed() -> None:
    late = datetime(2027, 1, 1, tzinfo=UTC)
    with pytest.raises(InvalidInput, match="check again"):
        confirmation(YES, replace(sale(), at=late))


def test_a_language_that_is_not_there() -> None:
    with pytest.raises(InvalidInput, match="sv, en"):
        confirmation(YES, language="fi")


def test_every_label_has_both_languages() -> None:
    for words in (*LABELS.values(), *CALLS.values(), *RIGHTS.values(), ACCEPT):
        assert words.sv
        assert words.en
    assert {"title", "place", "said", "estimated", "advertised", *Terms.__dataclass_fields__} <= set(LABELS)


SALE = """
[sale]
at = 2025-11-01T10:30:00+01:00
channel = "telephone"
initiated_by = "seller"
address_confirmed = "Norrviken 23, 760 21 Vätö"
estimated_max_download_mbps = 40
[terms]
provider = "Exempelbolaget"
price = "299 kr i månaden"
contract_months = 24
"""


def test_the_command_confirms_a_decision_of_check(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    question = ["check", "Norrviken 23, 760 21 Vätö", "--product", "mbb-4g-flex", "--on", "2025-11-01", "--config", "demo"]
    run([*question, "--format", "json"])
    made, sold = tmp_path / "decision.json", tmp_path / "sale.toml"
    made.write_text(capsys.readouterr().out, encoding="utf-8")
    sold.write_text(SALE, encoding="utf-8")
    assert run(["confirm", str(made), "--sale", str(sold)]) == 0
    text = capsys.readouterr().out
    assert "Vi ringde dig 2025-11-01 10:30" in text
    assert "24 månader" in text
    assert run(["confirm", str(made), "--sale", str(sold), "--language", "en", "--format", "json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["price"] == "299 kr i månaden"
    assert "price" not in summary["missing"]


def test_the_command_refuses_what_is_no_decision(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(YES.to_dict() | {"probability": 1.0}), encoding="utf-8")
    for path, code in ((changed, 2), (tmp_path / "none.json", 4)):
        assert run(["confirm", str(path)]) == code
        assert capsys.readouterr().out == ""
    for text in ("", "[]", "{", '{"schema": "x"}'):
        changed.write_text(text, encoding="utf-8")
        assert run(["confirm", str(changed)]) == 2
    changed.write_bytes(b"\xff\xfe")
    assert run(["confirm", str(changed)]) == 2


def test_faults_of_a_sale_are_all_named_with_their_lines(tmp_path: Path) -> None:
    sold = tmp_path / "sale.toml"
    sold.write_text(SALE.replace("+01:00", "").replace('"telephone"', '"phone"').replace("price", "prize"), encoding="utf-8")
    with pytest.raises(DeclarationError) as caught:
        read_sale(sold, YES)
    assert [fault.split(":")[1] for fault in caught.value.faults] == ["3", "4", "10"]
    assert "did you mean 'telephone'" in caught.value.faults[1]
    assert "did you mean 'price'" in caught.value.faults[2]
