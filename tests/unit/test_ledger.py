"""The record: nothing acknowledged is lost or doubled, nothing is changed unseen, and what must go is gone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_check.decision import Decision, Verdict
from coverage_check.errors import InputGone, InvalidInput
from coverage_check.ledger import Agreement, Channel, EntryKind, Initiator, Ledger, Record, SaleContext
from coverage_check.ledger.sqlite import SqliteStore
from tests.made_decisions import made_decision, readdressed

ADDRESS = "Harg 12, 760 21 Vätö"
DECISION = made_decision(ADDRESS)
TELEPHONE = SaleContext(
    at=datetime(2025, 11, 1, 13, 30, tzinfo=UTC),
    channel=Channel.TELEPHONE,
    initiated_by=Initiator.SELLER,
    promised_product="4G mobile broadband",
    estimated_max_download_mbps=40,
    advertised_download_mbps=100,
    address_typed="harg 12 vätö",
    address_confirmed=ADDRESS,
    sentence_told="4G finns på platsen.",
    seller="seller 7",
    subject="customer 1",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path) as opened:
        yield opened


def test_what_was_recorded_is_read_back_whole(ledger: Ledger, path: Path) -> None:
    written = ledger.append(DECISION, order_ref="A-1", context=TELEPHONE)
    with Ledger.open(path, create=False) as again:
        (read,) = again.entries()
    assert read == written
    assert (read.decision, read.context, read.order_ref) == (DECISION, TELEPHONE, "A-1")


def test_a_retry_is_recorded_once_and_another_content_points_to_the_first(ledger: Ledger) -> None:
    first = ledger.append(DECISION, order_ref="A-1", context=TELEPHONE)
    later = replace(DECISION, made_at=DECISION.made_at + timedelta(hours=1))
    assert ledger.append(later, order_ref="A-1", context=TELEPHONE) == first
    no = made_decision(ADDRESS, verdict=Verdict.NOT_DELIVERABLE)
    conflict = ledger.append(no, order_ref="A-1", context=TELEPHONE)
    other = ledger.append(DECISION, order_ref="A-2", context=TELEPHONE)
    told_otherwise = ledger.append(DECISION, order_ref="A-2", context=replace(TELEPHONE, sentence_told="Ja."))
    assert [entry.earlier for entry in (first, conflict, other, told_otherwise)] == [None, 1, None, 3]
    assert [entry.seq for entry in ledger.entries(order_ref="A-1")] == [1, 2]


def test_many_are_recorded_all_or_none(ledger: Ledger) -> None:
    records = [Record(decision=DECISION, order_ref=f"A-{n}", context=TELEPHONE) for n in (1, 2, 1, 3)]
    assert [entry.seq for entry in ledger.append_many(records)] == [1, 2, 1, 3]
    with pytest.raises(InvalidInput):
        ledger.append_many([replace(records[0], order_ref="A-9"), replace(records[0], order_ref=" ")])
    assert ledger.head().seq == 3


@pytest.mark.parametrize("text", ["", "  ", "x" * 513, "a\0b", "\ud800"])
def test_a_reference_that_can_not_be_kept_is_refused(ledger: Ledger, text: str) -> None:
    with pytest.raises(InvalidInput):
        ledger.append(DECISION, order_ref=text, context=TELEPHONE)
    assert list(ledger.entries()) == []


def test_a_decision_that_was_changed_after_it_was_made_is_refused(ledger: Ledger) -> None:
    with pytest.raises(InvalidInput):
        ledger.append(replace(DECISION, verdict=Verdict.CONDITIONAL), order_ref="A-1", context=TELEPHONE)


def test_a_time_without_its_zone_is_refused() -> None:
    with pytest.raises(InvalidInput):
        replace(TELEPHONE, at=datetime(2025, 11, 1, 13, 30))  # noqa: DTZ001 - that is the point


def test_an_override_says_who_and_why_and_leaves_the_decision(ledger: Ledger) -> None:
    no = ledger.append(made_decision(verdict=Verdict.NOT_DELIVERABLE), order_ref="A-1", context=TELEPHONE)
    override = ledger.override(no, by="seller 7", why="measured on site", verdict="deliverable")
    assert ledger.override(no.seq, by="seller 7", why="measured on site", verdict=Verdict.DELIVERABLE) == override
    assert (override.kind, override.kept["of"], override.kept["by"]) == (EntryKind.OVERRIDE, no.seq, "seller 7")
    assert override.personal is not None
    assert override.personal["why"] == "measured on site"
    assert [entry.verdict for entry in ledger.entries(order_ref="A-1")] == [Verdict.NOT_DELIVERABLE, Verdict.DELIVERABLE]


@pytest.mark.parametrize(("seq", "by", "why"), [(2, "x", "x"), (1, "", "x"), (1, "x", " ")])
def test_an_override_of_nothing_or_by_nobody_is_refused(ledger: Ledger, seq: int, by: str, why: str) -> None:
    ledger.append(DECISION, order_ref="A-1", context=TELEPHONE)
    with pytest.raises(InvalidInput):
        ledger.override(seq, by=by, why=why, verdict=Verdict.DELIVERABLE)


def test_an_erasure_leaves_no_byte_of_the_person_and_an_intact_chain(ledger: Ledger, path: Path) -> None:
    unique = readdressed(DECISION, "Oförglömliga gården 77")
    context = replace(TELEPHONE, address_typed="gården sjuttiosju", address_confirmed=None, subject="customer-77")
    mine = ledger.append(unique, order_ref="ORDER-77", context=context)
    ledger.override(mine, by="seller 7", why="sjuttiosju sade ja", verdict=Verdict.CONDITIONAL)
    ledger.append(DECISION, order_ref="A-2", context=TELEPHONE)
    before = ledger.head()
    traces = [unique.id, "Oförglömliga", "sjuttiosju", "customer-77", "ORDER-77"]
    assert all(_in_files(path, trace) for trace in traces)
    erasure = ledger.erase(subject="customer-77", by="clerk 3", why="request 2026-17")
    assert erasure.kept == {"by": "clerk 3", "rows": [1, 2], "why": "request 2026-17"}
    assert [trace for trace in traces if _in_files(path, trace)] == []
    found = ledger.verify(before)
    assert (found.fault, found.entries, found.erased) == (None, 4, 2)
    left = ledger.entry(1)
    assert (left.erased, left.decision, left.context, left.order_ref) == (True, None, None, None)
    assert left.verdict is Verdict.DELIVERABLE
    assert ledger.entry(3).decision == DECISION


def _in_files(path: Path, text: str) -> bool:
    return any(text.encode() in file.read_bytes() for file in path.parent.iterdir())


def test_what_stays_does_not_tell_the_place(ledger: Ledger) -> None:
    """Two decisions far apart, alike but for where they are, keep the same: nothing kept can be looked up on the map."""
    kept = [
        ledger.append(readdressed(DECISION, text), order_ref=text, context=TELEPHONE).kept for text in ("Harg 1", "Nor 2")
    ]
    assert kept[0] == kept[1]
    assert not [value for value in kept[0].values() if isinstance(value, float)]


def test_erasing_what_is_not_there_is_refused_without_repeating_the_name(ledger: Ledger) -> None:
    ledger.append(DECISION, order_ref="A-1", context=TELEPHONE)
    ledger.erase(order_ref="A-1", by="clerk 3", why="request 1")
    with pytest.raises(InvalidInput) as caught:
        ledger.erase(order_ref="A-1", by="clerk 3", why="request 1")
    assert "A-1" not in str(caught.value)
    with pytest.raises(InvalidInput):
        ledger.erase(by="clerk 3", why="request 1")


def test_entries_are_ordered_by_number_when_the_clock_goes_backwards(path: Path) -> None:
    noon = datetime(2026, 10, 25, 12, tzinfo=UTC)
    clock = iter([noon, noon - timedelta(hours=1), noon - timedelta(days=9)])
    with Ledger(SqliteStore(path, create=True), clock=lambda: next(clock)) as with_clock:
        for n in range(3):
            with_clock.append(DECISION, order_ref=f"A-{n}", context=TELEPHONE)
        assert [entry.order_ref for entry in with_clock.entries()] == ["A-0", "A-1", "A-2"]
        assert with_clock.verify().intact


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from(["append", "override", "erase"]), st.integers(0, 3), st.integers(0, 2)), max_size=14)
)
def test_whatever_is_done_the_chain_holds_and_the_record_is_what_was_done(steps: list[tuple[str, int, int]]) -> None:
    """A plain list is the model: (order, content) once each, in order, until the order is erased."""
    alive: list[tuple[str, str]] = []
    heads = []
    with TemporaryDirectory() as folder, Ledger.open(Path(folder, "l.db")) as ledger:
        for what, order, content in steps:
            ref, text = f"order {order}", f"Harg {content}"
            if what == "append":
                ledger.append(readdressed(DECISION, text), order_ref=ref, context=TELEPHONE)
                if (ref, text) not in alive:
                    alive.append((ref, text))
            elif what == "erase" and any(known == ref for known, _ in alive):
                ledger.erase(order_ref=ref, by="clerk", why="asked")
                alive = [pair for pair in alive if pair[0] != ref]
            elif what == "override" and (found := list(ledger.entries(order_ref=ref))):
                ledger.override(found[0], by="seller", why=text, verdict=Verdict.UNDETERMINED)
            heads.append(ledger.head())
        assert all(ledger.verify(head).intact for head in heads)
        decisions = [(e.order_ref, e.decision.address.given) for e in ledger.entries() if e.decision is not None]
        assert decisions == alive


def test_a_replay_agrees_differs_lacks_an_input_or_finds_it_erased(ledger: Ledger) -> None:
    """The oracle is the decision itself, made a second time from the same claims; when and by what versions do not count."""
    for n, verdict in enumerate([Verdict.DELIVERABLE, Verdict.NOT_DELIVERABLE, Verdict.UNDETERMINED, Verdict.DELIVERABLE]):
        ledger.append(made_decision(f"Harg {n}", verdict=verdict), order_ref=f"A-{n}", context=TELEPHONE)
    ledger.erase(order_ref="A-3", by="clerk", why="asked")

    def recompute(recorded: Decision) -> Decision:
        if recorded.address.given == "Harg 2":
            raise InputGone("The snapshot is gone.")
        versions = replace(recorded.provenance.versions, geos="99")
        again = made_decision(recorded.address.given, verdict=Verdict.DELIVERABLE, versions=versions)
        return replace(again, made_at=again.made_at + timedelta(days=1))

    same, differs, gone, erased = ledger.replay(recompute)
    assert (same.agreement, same.what) == (Agreement.SAME, "")
    assert differs.agreement is Agreement.DIFFERS
    assert {"verdict", "probability", "reasons"} <= set(differs.what.split(", "))
    assert (gone.agreement, gone.what) == (Agreement.INPUT_GONE, "The snapshot is gone.")
    assert (erased.seq, erased.agreement) == (4, Agreement.ERASED)
