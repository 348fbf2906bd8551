"""Plots of checked orders: what is drawn is what the frame says, counted by hand."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

matplotlib = pytest.importorskip("matplotlib", reason="the extra 'notebook' is not installed")

from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

from coverage_check.checker import Checker  # noqa: E402
from coverage_check.decision import Verdict  # noqa: E402
from coverage_check.errors import TableInvalid  # noqa: E402
from coverage_check.report.plots import coverage_by_level, edge_distances, mismatch_by  # noqa: E402

SALE = date(2025, 11, 1)
CHECKED = pd.DataFrame(
    [
        # verdict, metres to the edge, municipality
        ("not_deliverable", -6200.0, "Norrtälje"),
        ("not_deliverable", -120.0, "Norrtälje"),
        ("conditional", 40.0, "Norrtälje"),
        ("deliverable", 800.0, "Norrtälje"),
        ("undetermined", None, "Vaxholm"),
        ("deliverable", 5000.0, "Vaxholm"),
        ("deliverable", 310.0, None),
    ],
    columns=["cc_verdict", "cc_edge_distance_m", "kommun"],
)


@pytest.fixture
def ax() -> Axes:
    axes: Axes = Figure().subplots()
    return axes


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


def bars(ax: Axes) -> dict[str, dict[str, float]]:
    """Give what a chart of bars shows: series → row → length."""
    rows = [label.get_text() for label in ax.get_yticklabels()]
    return {
        str(series.get_label()): dict(zip(rows, (bar.get_width() for bar in series), strict=True))
        for series in ax.containers
        if hasattr(series, "patches") and series.patches
    }


@pytest.mark.parametrize("form", ["pandas", "arrow"])
def test_mismatch_is_the_share_of_each_group(ax: Axes, form: str) -> None:
    mismatch_by(CHECKED if form == "pandas" else pa.Table.from_pandas(CHECKED), "kommun", ax=ax)
    assert bars(ax) == {
        "not deliverable": {"Norrtälje (n = 4)": 0.5, "Vaxholm (n = 2)": 0.0, "(empty) (n = 1)": 0.0},
        "conditional": {"Norrtälje (n = 4)": 0.25, "Vaxholm (n = 2)": 0.0, "(empty) (n = 1)": 0.0},
        "undetermined": {"Norrtälje (n = 4)": 0.0, "Vaxholm (n = 2)": 0.5, "(empty) (n = 1)": 0.0},
    }
    highest = max(ax.get_yticklabels(), key=lambda label: label.get_position()[1])
    assert highest.get_text() == "Norrtälje (n = 4)"  # the most mismatches


def test_the_interval_is_wilsons(ax: Axes) -> None:
    """Of 3 in 4, as published tables and R's prop.test without correction give it: 30.1 to 95.4 %."""
    mismatch_by(CHECKED, "kommun", ax=ax)
    segments = [line for lines in ax.collections for line in lines.get_segments()]  # type: ignore[attr-defined]
    widest = max(segments, key=lambda line: line[1][0])
    np.testing.assert_allclose(widest[:, 0], (0.3006, 0.9544), atol=5e-5)


def test_only_the_worst_twenty_groups_are_shown(ax: Axes) -> None:
    many = pd.DataFrame({"cc_verdict": ["not_deliverable"] * 30, "seller": [f"s{n % 25:02}" for n in range(30)]})
    mismatch_by(many, "seller", ax=ax)
    assert len(ax.get_yticklabels()) == 20
    assert {"s00 (n = 2)", "s04 (n = 2)"} <= {label.get_text() for label in ax.get_yticklabels()}
    assert "20 of 25 groups" in ax.get_title()


def test_distances_are_counted_in_their_bins(ax: Axes) -> None:
    edge_distances(CHECKED, ax=ax)
    series: list[Any] = list(ax.containers)
    counted = {bars[0].get_label(): {bar.get_x(): bar.get_height() for bar in bars if bar.get_height()} for bars in series}
    assert counted == {
        "not deliverable": {-5000.0: 1, -250.0: 1},
        "conditional": {0.0: 1},
        "deliverable": {250.0: 1, 750.0: 1, 4750.0: 1},
    }
    assert "6 orders" in ax.get_title()
    assert "1 without" in ax.get_title()


@given(
    rows=st.lists(
        st.tuples(st.sampled_from([verdict.value for verdict in Verdict]), st.none() | st.floats(-9000, 9000)), max_size=30
    )
)
def test_no_order_is_lost_whatever_its_distance(rows: list[tuple[str, float | None]]) -> None:
    ax = Figure().subplots()
    edge_distances(pd.DataFrame(rows, columns=["cc_verdict", "cc_edge_distance_m"]), ax=ax)
    measured = sum(distance is not None for _, distance in rows)
    assert sum(bar.get_height() for series in ax.containers for bar in series) == measured


def test_levels_are_what_the_layers_say_at_each_place(ax: Axes, checker: Checker) -> None:
    """Each place's best level, asked of the layers one by one."""
    rng = np.random.default_rng(5)
    lat, lon = 59.8 + rng.uniform(-0.08, 0.08, 150), 18.94 + rng.uniform(-0.1, 0.1, 150)
    checked = pd.DataFrame({"cc_lat": [*lat, None], "cc_lon": [*lon, None]})
    coverage_by_level(checker.snapshot, checked, on=SALE, ax=ax)
    said = [_said(checker, one, other) for one, other in zip(lon.tolist(), lat.tolist(), strict=True)]
    shown = bars(ax)
    for level in ("very good", "good", "basic", "not covered", "no data"):
        assert shown[level]["Exempelnät 4G"] == pytest.approx(said.count(level) / 150)
    assert {said.count(level) > 0 for level in shown} == {True}
    assert "150 places" in ax.get_title()


def _said(checker: Checker, lon: float, lat: float) -> str:
    found = checker.snapshot.lookup(lon=lon, lat=lat)
    surveyed = False
    best: set[str] = set()
    for n, layer in enumerate(checker.snapshot.layers):
        if layer.technology == "4G" and layer.in_force(SALE):
            surveyed |= bool(found.surveyed[0, n])
            best |= {layer.assumed_level.value} if found.covered[0, n] else set()
    level = next((each for each in ("very_good", "good", "basic") if each in best), None)
    return level.replace("_", " ") if level else "not covered" if surveyed else "no data"


def test_a_silent_or_stale_layer_has_no_data(ax: Axes, checker: Checker) -> None:
    """Long after the layers have gone stale nothing is known, which is not the same as nothing is covered."""
    checked = pd.DataFrame({"cc_lat": [59.7935], "cc_lon": [18.914]})
    coverage_by_level(checker.snapshot, checked, on=date(2035, 1, 1), ax=ax)
    assert set(bars(ax)["no data"].values()) == {1.0}


def test_a_checked_frame_can_be_drawn_as_it_comes(checker: Checker) -> None:
    orders = pd.DataFrame({"adress": ["Harg 12, 760 21 Vätö", "Box 12, 760 21 Vätö"], "kommun": ["Norrtälje"] * 2})
    checked = checker.check_frame(orders, product="mbb-4g", on="2025-11-01")
    drawn: list[Any] = [
        edge_distances(checked, ax=Figure().subplots()),
        mismatch_by(checked, "kommun", ax=Figure().subplots()),
        coverage_by_level(checker.snapshot, checked, on=SALE, ax=Figure().subplots()),
    ]
    assert all(axes.get_title() and axes.get_xlabel() for axes in drawn)


def test_a_column_that_is_not_there_is_said(ax: Axes) -> None:
    with pytest.raises(TableInvalid, match="kommun"):
        mismatch_by(CHECKED, "komun", ax=ax)
