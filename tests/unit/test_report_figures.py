"""The figures of a report: they add up, and their intervals are the textbook's."""

import csv
import io
import json
import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_check.decision import Verdict
from coverage_check.errors import InvalidInput
from coverage_check.report.figures import Tally, _at_least, wilson
from coverage_check.report.judged import Judged, verdict_of
from coverage_check.report.noted import Noted, note
from tests.made_decisions import made_decision

DECISIONS = {
    verdict: made_decision(verdict=verdict)
    for verdict in (Verdict.DELIVERABLE, Verdict.NOT_DELIVERABLE, Verdict.UNDETERMINED)
}
DECISIONS[Verdict.CONDITIONAL] = replace(DECISIONS[Verdict.DELIVERABLE], verdict=Verdict.CONDITIONAL)
FAULT = InvalidInput("The row names no product: fill it in, or give --product.")

answers = st.sampled_from([*DECISIONS.values(), FAULT])
judged_rows = st.lists(
    st.builds(
        lambda answer, today, seller, cost: {"answer": answer, "today": today, "values": (seller,), "mis_sale": cost},
        answers,
        answers,
        st.sampled_from(["A", "B", "=C", ""]),
        st.sampled_from([0.0, 100.0, 5000.0]),
    ),
    max_size=40,
)


def counted(rows: list[Judged]) -> Tally:
    tally = Tally(["seller"])
    for row in rows:
        tally.add(note(row))
    return tally


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17, 1998, table I, method 3 (the score interval without continuity correction)
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_is_the_textbooks(count: int, of: int, low: float, high: float) -> None:
    share = wilson(count, of)
    assert (round(share.low, 4), round(share.high, 4)) == (low, high)


@given(of=st.integers(1, 5000), data=st.data())
def test_an_interval_holds_its_share_and_stays_within_0_and_1(of: int, data: st.DataObject) -> None:
    share = wilson(data.draw(st.integers(0, of)), of)
    assert 0 <= share.low <= share.value + 1e-12
    assert share.value - 1e-12 <= share.high <= 1


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    sold = np.random.default_rng(1).binomial(60, 0.12, size=4000)
    held = np.mean([share.low <= 0.12 <= share.high for share in (wilson(int(count), 60) for count in sold)])
    assert 0.93 < held < 0.98


def test_nothing_of_nothing_says_nothing() -> None:
    assert (wilson(0, 0).low, wilson(0, 0).high, wilson(0, 0).value) == (0, 1, 0)


@given(drawn=judged_rows)
def test_the_figures_add_up(drawn: list[dict[str, object]]) -> None:
    rows = [Judged(row=n, **row) for n, row in enumerate(drawn, 1)]  # type: ignore[arg-type]
    figures = counted(rows).figures
    expected = Counter(verdict_of(row.answer) for row in rows)
    assert figures.rows == figures.own_day.rows == len(rows) == sum(figures.moves.values())
    assert figures.own_day.counts == {verdict: expected[verdict] for verdict in Verdict}
    (split,) = figures.splits
    for verdict in Verdict:
        assert sum(group.counts[verdict] for group in split.groups.values()) == expected[verdict]
        total = sum(group.at_risk[verdict] for group in split.groups.values())
        assert total == pytest.approx(figures.own_day.at_risk[verdict], abs=0.05)
    assert sum(figures.reasons.values()) == len(rows) - expected[Verdict.DELIVERABLE]
    assert figures.faulty == sum(row.answer is FAULT for row in rows)


@given(drawn=judged_rows)
def test_what_was_noted_of_a_row_outlives_json(drawn: list[dict[str, object]]) -> None:
    """A run that is gone on with counts what an earlier one noted."""
    for n, row in enumerate(drawn, 1):
        noted = note(Judged(row=n, reference="A-1", **row))  # type: ignore[arg-type]
        assert Noted.from_values(json.loads(json.dumps(noted.to_values(), allow_nan=False))) == noted


@given(drawn=judged_rows)
def test_json_and_table_say_the_same(drawn: list[dict[str, object]]) -> None:
    figures = counted([Judged(row=n, **row) for n, row in enumerate(drawn, 1)]).figures  # type: ignore[arg-type]
    content = json.loads(json.dumps(figures.to_dict(), allow_nan=False))
    header, *table = figures.table()
    rows = [dict(zip(header, row, strict=True)) for row in table]
    groups = {("", "", "own day"): content["own_day"]}
    groups |= {("", "", "today"): content["today"]} if content["today"] else {}
    groups |= {(s["column"], g["value"], "own day"): g for s in content["splits"] for g in s["groups"]}
    assert len(rows) == 4 * len(groups)
    for row in rows:
        said = groups[row["column"], row["value"], row["as_of"]]["verdicts"][row["verdict"]]  # type: ignore[index]
        assert {name: row[name] for name in said} == said
    text = io.StringIO()
    csv.writer(text).writerows([header, *table])
    assert len(list(csv.reader(io.StringIO(text.getvalue())))) == len(table) + 1


@pytest.mark.parametrize(
    ("answer", "at_risk"),
    [
        (DECISIONS[Verdict.NOT_DELIVERABLE], 5000 * (1 - DECISIONS[Verdict.NOT_DELIVERABLE].probability)),
        (DECISIONS[Verdict.DELIVERABLE], 5000 * (1 - DECISIONS[Verdict.DELIVERABLE].probability)),
        (DECISIONS[Verdict.CONDITIONAL], 5000),  # as sold, without the condition, it fails
        (FAULT, 5000),
    ],
)
def test_money_at_risk_is_the_cost_times_the_doubt(answer: object, at_risk: float) -> None:
    row = Judged(row=1, answer=answer, mis_sale=5000.0, values=("A",))  # type: ignore[arg-type]
    assert sum(counted([row]).figures.own_day.at_risk.values()) == pytest.approx(at_risk, abs=0.01)


def sellers(**missed: tuple[int, int]) -> Tally:
    """Count so many sales a seller, of which so many could not be delivered."""
    rows = []
    for name, (bad, all_) in missed.items():
        rows += [
            Judged(row=1, values=(name,), answer=DECISIONS[Verdict.NOT_DELIVERABLE if n < bad else Verdict.DELIVERABLE])
            for n in range(all_)
        ]
    return counted(rows)


def test_a_seller_stands_out_only_for_more_than_chance() -> None:
    assert sellers(A=(40, 90), B=(5, 90), C=(6, 90)).figures.splits[0].standing_out == {"A"}
    assert not sellers(A=(2, 3), B=(5, 90), C=(6, 90)).figures.splits[0].standing_out
    assert not sellers(A=(10, 90), B=(5, 90)).figures.splits[0].standing_out
    assert not sellers(A=(9, 10)).figures.splits[0].standing_out


@given(of=st.integers(1, 300), chance=st.floats(0.001, 0.9), data=st.data())
def test_the_tail_is_the_binomials(of: int, chance: float, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, of))
    exact = sum(math.comb(of, n) * chance**n * (1 - chance) ** (of - n) for n in range(count, of + 1))
    assert _at_least(count, of, chance) == (1.0 if count <= of * chance else pytest.approx(exact, rel=1e-6, abs=1e-12))


def test_among_many_equal_sellers_hardly_any_stands_out() -> None:
    chance = np.random.default_rng(3)
    found = 0
    for _ in range(20):
        drawn = {f"S{n}": (int(chance.binomial(80, 0.15)), 80) for n in range(12)}
        found += len(sellers(**drawn).figures.splits[0].standing_out)
    assert found <= 1


def test_the_worst_group_comes_first() -> None:
    assert list(sellers(A=(1, 10), B=(7, 9), C=(1, 30)).figures.splits[0].groups) == ["B", "C", "A"]
