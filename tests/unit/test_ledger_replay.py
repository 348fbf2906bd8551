"""A recorded decision is made again from the record alone, or the input that is gone is named."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_check.address import Query
from coverage_check.basis import Basis, Request
from coverage_check.checker import Checker
from coverage_check.config import BUNDLED
from coverage_check.coverage.snapshot import import_layers
from coverage_check.decision import Decision, Verdict, content_id
from coverage_check.errors import AddressNotFound, InvalidInput
from coverage_check.geocoders.register import Register
from coverage_check.geocoders.register_build import build_register
from coverage_check.ledger import Agreement, Ledger, Outcome, SaleContext, recompute_with
from coverage_check.ledger.replay import CheckerLike
from coverage_check.location import Candidate, ErrorModel, Location, LocationLevel, Match, Spread
from coverage_check.order_rows import OrderRow
from coverage_check.technology import PlaceOfUse, Receiver
from tests.made_decisions import made_decision


def _a_checker_will_do(checker: Checker) -> CheckerLike:
    return checker


DEMO = Checker.from_config("demo")
WARY = ErrorModel(
    rural={level: replace(spread, cep95_m=2 * spread.cep95_m) for level, spread in ErrorModel().rural.items()},
    coordinates_least_m=33.3,
    gross=dict.fromkeys(Match, 0.07),
)
"""An error model of the user's own."""

WARY_DEMO = Checker(
    snapshot=DEMO.snapshot,
    products=DEMO.products,
    geocoder=Register.open(BUNDLED / "register.sqlite", errors=WARY),
    errors=WARY,
)
CHECKERS = [DEMO, WARY_DEMO]

HARG = "Harg 12, 760 21 Vätö"
TEXTS = [
    *(HARG, "Kyrkvägen 3", "Norrviken 23, 760 21 Vätö", "Vätövägen", "760 21 Vätö", "Vätö", "Box 12, 760 21 Vätö"),
    *("Ingenstans 99", "Norrtälje Vätö-Harg 1:23", "59,82 18,95", "18.95, 59.82", "9FFWRXC2+22", "RXC2+22 Vätö"),
    *("SWEREF 99 TM N 6637967 E 721431", "https://maps.example/@59.81,18.93,15z", " harg  12 ", "Harg 12\u2028Vätö"),
]
metres = st.floats(0, 3000).map(lambda value: round(value, 1))  # as a decision records them
lats, lons = st.floats(59.74, 59.86), st.floats(18.8, 19.1)
levels, matches = st.sampled_from(LocationLevel), st.sampled_from(Match)


@st.composite
def spreads(draw: st.DrawFn) -> Spread:
    return Spread(*sorted((draw(metres), draw(metres))))


@st.composite
def candidates(draw: st.DrawFn) -> Candidate:
    spread = draw(spreads())
    return Candidate(
        label=draw(st.text(max_size=8)),
        lat=draw(lats),
        lon=draw(lons),
        level=draw(levels),
        match=draw(matches),
        cep50_m=spread.cep50_m,
        cep95_m=spread.cep95_m,
        why=tuple(draw(st.lists(st.text(max_size=5), max_size=2))),
    )


@st.composite
def locations(draw: st.DrawFn) -> Location:
    """Draw any location that a caller may have, with any doubt, on the island or around it."""
    spread = draw(spreads())
    return Location(
        lat=draw(lats),
        lon=draw(lons),
        level=draw(levels),
        match=draw(matches),
        cep50_m=spread.cep50_m,
        cep95_m=spread.cep95_m,
        gross_error=draw(st.floats(0, 1)),
        source=draw(st.text(max_size=8)),
        candidates=tuple(draw(st.lists(candidates(), max_size=3))),
        remark=draw(st.sampled_from(["", "SWAPPED"])),
    )


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Draw any question: an address or a place, any product and day, a use that is named or not."""
    address = draw(st.none() | st.sampled_from(TEXTS))
    return Request(
        product=draw(st.sampled_from(list(DEMO.products))),
        address=address,
        location=None if address else draw(locations()),
        on=draw(st.none() | st.dates(date(2024, 1, 1), date(2027, 12, 31))),
        at=draw(st.sampled_from([None, *PlaceOfUse, "outdoors"])),
        receiver=draw(st.sampled_from([None, *Receiver, "handset"])),
    )


def one_by_one(checker: Checker, asked: list[Request]) -> list[Decision]:
    """Ask with `check` and `check_location`."""
    found = []
    for one in asked:
        use = {"on": one.on, "at": one.at, "receiver": one.receiver}
        if one.location is not None:
            found.append(checker.check_location(one.location, product=one.product, **use))  # type: ignore[arg-type]
        else:
            found.append(checker.check(one.address or "", product=one.product, **use))  # type: ignore[arg-type]
    return found


def as_rows(checker: Checker, asked: list[Request]) -> list[Decision]:
    """Ask as the rows of an order file."""
    rows = [
        OrderRow(
            product=one.product, address=one.address, location=one.location, on=one.on, at=one.at, receiver=one.receiver
        )
        for one in asked
    ]
    found = checker.for_batches().decide_rows(rows)
    return [answer for answer in found if isinstance(answer, Decision)]


@settings(max_examples=60)
@given(
    asked=st.lists(requests(), min_size=1, max_size=4),
    way=st.sampled_from([one_by_one, Checker.check_many, as_rows]),
    checker=st.sampled_from(CHECKERS),
)
def test_whatever_was_asked_and_however_it_agrees_to_the_byte(
    asked: list[Request], way: Callable[[Checker, list[Request]], list[Decision]], checker: Checker
) -> None:
    decisions = way(checker, asked)
    assert len(decisions) == len(asked)
    assert {outcome.agreement for outcome in replayed(*decisions, with_=CHECKERS)} == {Agreement.SAME}


@settings(max_examples=50)
@given(locations())
def test_a_known_place_needs_no_error_model_to_be_repeated(place: Location) -> None:
    decision = WARY_DEMO.check_location(place, product="mbb-4g")
    (outcome,) = replayed(decision, with_=[DEMO])
    assert outcome.agreement is Agreement.SAME


@given(request=requests(), found=st.none() | locations())
def test_a_basis_is_read_back_from_its_json_as_it_was(request: Request, found: Location | None) -> None:
    basis = Basis(request=request, found=found, remark="SWAPPED", errors="1", risks="2")
    assert Basis.from_dict(json.loads(json.dumps(basis.to_dict()))) == basis


def replayed(*decisions: Decision, with_: list[Checker]) -> list[Outcome]:
    """Record decisions, and replay the record."""
    with TemporaryDirectory() as folder, Ledger.open(Path(folder, "l.db")) as ledger:
        for number, decision in enumerate(decisions):
            ledger.append(decision, order_ref=str(number), context=SaleContext.of_order(decision))
        return list(ledger.replay(recompute_with(with_)))


def test_the_story_of_the_demonstration_can_be_replayed() -> None:
    sale = DEMO.check(HARG, product="mbb-4g", on=date(2025, 11, 1))
    today = DEMO.check(HARG, product="mbb-4g")
    assert [outcome.agreement for outcome in replayed(sale, today, with_=[DEMO])] == [Agreement.SAME] * 2


def test_a_decision_that_the_inputs_do_not_give_is_found_out() -> None:
    """A forged record whose every hash fits, for whoever forges it can compute them."""
    decision = DEMO.check(HARG, product="mbb-4g", on=date(2025, 11, 1))
    forged = replace(decision, verdict=Verdict.DELIVERABLE, probability=0.99)
    forged = replace(forged, id=content_id(forged.to_dict()))
    (outcome,) = replayed(forged, with_=[DEMO])
    assert (outcome.agreement, outcome.what) == (Agreement.DIFFERS, "verdict, probability")


class Server:
    """A geocoder that is not a register: it never says the same twice."""

    id = "server:somewhere"
    attribution = ""

    def __init__(self) -> None:
        self.asked = 0

    def locate(self, query: Query) -> Location:
        """Answer elsewhere each time, and every third time not at all."""
        del query
        self.asked += 1
        if self.asked % 3 == 0:
            raise AddressNotFound("Not today.")
        return Location.at(lat=59.80 + self.asked / 500, lon=18.95, source=self.id)


def test_what_a_server_found_is_taken_from_the_record() -> None:
    checker = Checker(snapshot=DEMO.snapshot, products=DEMO.products, geocoder=Server())
    decisions = [checker.check(HARG, product="mbb-4g", on=date(2026, 2, 1)) for _ in range(6)]
    assert len({decision.id for decision in decisions}) > 1
    outcomes = replayed(*decisions, with_=[DEMO])
    assert {outcome.agreement for outcome in outcomes} == {Agreement.SAME}


def test_a_decision_read_from_json_is_replayed_as_far_as_its_json_goes() -> None:
    """With defaults where it says nothing; and if they don't give the same, that is said, for nothing was forged."""
    usual = DEMO.check(HARG, product="mbb-4g", at="outdoors")
    unusual = DEMO.check_location(replace(Location.at(lat=59.82, lon=18.95), gross_error=0.3), product="mbb-4g-flex")
    read = [Decision.from_dict(json.loads(decision.to_json())) for decision in (usual, unusual)]
    outcomes = replayed(*read, with_=[DEMO])
    assert [outcome.agreement for outcome in outcomes] == [Agreement.SAME, Agreement.INPUT_GONE]
    assert "basis" in outcomes[1].what
    with pytest.raises(InvalidInput):
        DEMO.repeat(read[0])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder like the demonstration's, to change things in."""
    path = tmp_path_factory.mktemp("operator") / "vato"
    shutil.copytree(BUNDLED, path)
    return path


def other_snapshot(folder: Path) -> None:
    layers = (folder / "layers.toml").read_text(encoding="utf-8").split("[[layer]]")
    (folder / "layers.toml").write_text("[[layer]]".join(layers[:2]), encoding="utf-8")
    import_layers(folder / "layers.toml", folder / "snapshot", overwrite=True)


def other_register(folder: Path) -> None:
    lines = (folder / "addresses.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "addresses.csv").write_text("".join(lines[:-1]), encoding="utf-8")
    (folder / "register.sqlite").unlink()
    build_register(folder / "addresses.csv", folder / "register.sqlite")


def no_register(folder: Path) -> None:
    text = (folder / "coverage-check.toml").read_text(encoding="utf-8")
    kept = [part for part in text.split("\n[") if not part.startswith("geocoder")]
    (folder / "coverage-check.toml").write_text("\n[".join(kept), encoding="utf-8")


def other_products(folder: Path) -> None:
    with (folder / "products.toml").open("a", encoding="utf-8") as out:
        out.write("# a remark\n")


def other_risk(folder: Path) -> None:
    text = (folder / "coverage-check.toml").read_text(encoding="utf-8")
    kept = [part for part in text.split("\n[") if not part.startswith("risk")]
    (folder / "coverage-check.toml").write_text("\n[".join([*kept, "risk]\nmis_sale = 9999\n"]), encoding="utf-8")


def other_errors(folder: Path) -> None:
    with (folder / "coverage-check.toml").open("a", encoding="utf-8") as out:
        out.write("\n[errors]\ngross = {exact = 0.004}\n")


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        (other_snapshot, "The snapshot "),
        (other_register, "The register "),
        (no_register, "The register "),
        (other_products, "The product catalogue "),
        (other_risk, "The [risk] "),
        (other_errors, "The error model "),
    ],
)
def test_the_input_that_is_gone_is_named(folder: Path, tmp_path: Path, change: Callable[[Path], None], gone: str) -> None:
    changed = tmp_path / "vato"
    shutil.copytree(folder, changed)
    decision = Checker.from_config(changed / "coverage-check.toml").check(HARG, product="mbb-4g")
    change(changed)
    now = Checker.from_config(changed / "coverage-check.toml")
    (outcome,) = replayed(decision, with_=[now])
    assert outcome.agreement is Agreement.INPUT_GONE
    assert outcome.what.startswith(gone)
    (found,) = replayed(decision, with_=[now, DEMO])
    assert found.agreement is Agreement.SAME


def test_rules_that_are_gone_are_named() -> None:
    (outcome,) = replayed(made_decision(rules="coverage-check/rules/0"), with_=[DEMO])
    assert outcome.agreement is Agreement.INPUT_GONE
    assert "rules" in outcome.what


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "l.db") as opened:
        yield opened


def test_the_basis_goes_with_an_erasure(ledger: Ledger) -> None:
    decision = DEMO.check(HARG, product="mbb-4g")
    entry = ledger.append(decision, order_ref="A-1", context=SaleContext.of_order(decision))
    assert entry.decision is not None
    assert entry.decision.basis == decision.basis is not None
    ledger.erase(order_ref="A-1", by="clerk 3", why="request 1")
    assert "Harg" not in "".join(ledger.export())
    (outcome,) = ledger.replay(recompute_with([DEMO]))
    assert outcome.agreement is Agreement.ERASED
