"""The plots show the figures: what is drawn is read back from the picture."""

import io
from datetime import date

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from coverage_check.checker import Checker
from coverage_check.decision import Verdict
from coverage_check.errors import InvalidInput
from coverage_check.report.figures import Tally
from coverage_check.report.judged import Judged
from coverage_check.report.noted import note
from coverage_check.report.plots import coverage_by_level, edge_distances, mismatch_by
from tests.made_decisions import made_decision


def bars(axes: Axes) -> list[Rectangle]:
    return [patch for patch in axes.patches if isinstance(patch, Rectangle)]


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


def test_coverage_by_level_shows_each_layer_in_force_with_its_area(checker: Checker) -> None:
    day = date(2025, 11, 1)
    (axes,) = coverage_by_level(checker.snapshot, on=day).axes
    drawn = {text.get_text().rpartition("(")[2][:-1] for text in axes.get_yticklabels()}
    in_force = {layer.id: layer.area_km2 for layer in checker.snapshot.layers if layer.in_force(day)}
    assert drawn == set(in_force)
    assert sorted(bar.get_width() for bar in bars(axes)) == pytest.approx(sorted(in_force.values()))
    with pytest.raises(InvalidInput, match="1990"):
        coverage_by_level(checker.snapshot, on=date(1990, 1, 1))


def test_every_known_distance_is_in_a_bar_on_its_side() -> None:
    metres = [*np.random.default_rng(1).normal(0, 900, 500), 5000.0, -5000.0, None, float("nan"), 0.0]
    (axes,) = edge_distances(metres, within_m=1000).axes
    heights = [(bar.get_x() + bar.get_width() / 2, bar.get_height()) for bar in bars(axes)]
    known = [value for value in metres if value is not None and np.isfinite(value)]
    assert sum(height for middle, height in heights if middle > 0) == sum(value >= 0 for value in known)
    assert sum(height for middle, height in heights if middle < 0) == sum(value < 0 for value in known)
    with pytest.raises(InvalidInput):
        edge_distances([None])
    with pytest.raises(InvalidInput):
        edge_distances([1.0], within_m=0)


def test_mismatch_shows_each_group_its_interval_and_who_stands_out() -> None:
    tally = Tally(["Kommun"])
    for value, bad, count in (("Norrtälje", 30, 60), ("Östhammar", 2, 60), ("", 1, 40)):
        for n in range(count):
            verdict = Verdict.NOT_DELIVERABLE if n < bad else Verdict.DELIVERABLE
            tally.add(note(Judged(row=1, values=(value,), answer=DECISIONS[verdict])))
    figures = tally.figures
    (axes,) = mismatch_by(figures, "Kommun").axes
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == ["Norrtälje ▲ · 60", "Östhammar · 60", "(empty) · 40"]
    ranges = [xs for line in axes.lines if (xs := np.atleast_1d(np.asarray(line.get_xdata(), float))).size == 2][:3]
    shares = [outcome.share(Verdict.NOT_DELIVERABLE) for outcome in figures.splits[0].groups.values()]
    assert np.allclose(ranges, [[100 * share.low, 100 * share.high] for share in shares])
    with pytest.raises(InvalidInput, match="they are by Kommun"):
        mismatch_by(figures, "kommun")


def test_they_can_be_saved(checker: Checker) -> None:
    out = io.BytesIO()
    coverage_by_level(checker.snapshot).savefig(out, format="png")
    assert out.getvalue().startswith(b"\x89PNG")


DECISIONS = {verdict: made_decision(verdict=verdict) for verdict in (Verdict.DELIVERABLE, Verdict.NOT_DELIVERABLE)}
