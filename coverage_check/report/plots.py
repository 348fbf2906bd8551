"""Plots for analysts: coverage by level, metres to the edge, and who sold what could not be delivered (extra ``notebook``).

Each gives a matplotlib Figure, to show, to change or to save. Nothing rests on colour alone.
"""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from coverage_check.coverage.snapshot import Snapshot
from coverage_check.decision import Verdict
from coverage_check.errors import InvalidInput, MissingExtra
from coverage_check.report.figures import Figures

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INSIDE, _OUTSIDE, _QUIET = "#1a7f37", "#b42318", "#57606a"
_CAP_M = 5000.0
_MOST_GROUPS = 40


def coverage_by_level(snapshot: Snapshot, *, on: date | None = None) -> "Figure":
    """Draw how many km² each layer claims, by network, technology and level.

    Parameters
    ----------
    on
        Only layers in force on that day; None for all.

    Raises
    ------
    InvalidInput
        No layer is in force.
    MissingExtra
        matplotlib is not installed.
    """
    layers = [layer for layer in snapshot.layers if on is None or layer.in_force(on)]
    if not layers:
        raise InvalidInput(f"No layer is in force on {on}: choose another day.")
    layers.sort(key=lambda layer: (layer.network, layer.technology, -layer.area_km2))
    figure, axes = _plot(height=0.6 + 0.32 * len(layers))
    names = [f"{layer.network} {layer.technology} {layer.level or '?'} ({layer.id})" for layer in layers]
    bars = axes.barh(names, [layer.area_km2 for layer in layers], color=_QUIET)
    axes.bar_label(bars, fmt="{:,.1f}", padding=3)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_xlabel("km² claimed" + (f" on {on}" if on else ""))
    return figure


def edge_distances(metres: Iterable[float | None], *, within_m: float = 2000.0, bins: int = 40) -> "Figure":
    """Draw how far places lie from the edge of the coverage that decided: what stands near 0 is what is unsure.

    Parameters
    ----------
    metres
        Such as the column `cc_edge_distance_m`: positive inside, capped at ±5000; nothing where no layer spoke.
    within_m
        What lies farther is counted in the outermost bars.

    Raises
    ------
    InvalidInput
        No place has a distance, or `within_m` is not within (0, 5000].
    MissingExtra
        matplotlib is not installed.
    """
    if not 0 < within_m <= _CAP_M:
        raise InvalidInput(f"within_m lies above 0 and up to {_CAP_M:.0f} metres.")
    values = np.array([np.nan if value is None else value for value in metres], dtype=np.float64)
    known = values[np.isfinite(values)]
    if not known.size:
        raise InvalidInput("No place has a distance to an edge: give the column cc_edge_distance_m.")
    figure, axes = _plot(height=3.2)
    edges = np.linspace(-within_m, within_m, 2 * (bins // 2) + 1)
    near = np.clip(known, -within_m, within_m)
    for side, colour, hatch, label in ((near < 0, _OUTSIDE, "//", "outside"), (near >= 0, _INSIDE, "", "inside")):
        axes.hist(near[side], bins=edges.tolist(), color=colour, hatch=hatch, edgecolor="white", label=label)
    axes.axvline(0, color="black", linewidth=1)
    axes.set_xlabel(f"metres to the edge (beyond ±{within_m:,.0f} in the outermost bars)")
    axes.set_ylabel("places")
    axes.legend()
    return figure


def mismatch_by(figures: Figures, column: str) -> "Figure":
    """Draw the share that could not be delivered in each group of a split, with its 95 % interval and that of all.

    Parameters
    ----------
    column
        A column that the figures are split by, such as the municipality's.

    Raises
    ------
    InvalidInput
        The figures aren't split by it.
    MissingExtra
        matplotlib is not installed.
    """
    split = next((split for split in figures.splits if split.name == column), None)
    if split is None:
        known = ", ".join(split.name for split in figures.splits)
        raise InvalidInput(f"The figures are not split by {column!r}: they are by {known or 'nothing'}.")
    groups = list(split.groups.items())[:_MOST_GROUPS]
    figure, axes = _plot(height=1.0 + 0.3 * len(groups))
    no = Verdict.NOT_DELIVERABLE
    for row, (value, outcome) in enumerate(groups):
        share = outcome.share(no)
        stands_out = value in split.standing_out
        colour = _OUTSIDE if stands_out else _QUIET
        axes.plot([100 * share.low, 100 * share.high], [row, row], color=colour, linewidth=2)
        axes.plot([100 * share.value], [row], marker="^" if stands_out else "o", color=colour)
    names = [f"{value or '(empty)'}{' ▲' if value in split.standing_out else ''} · {o.rows:,}" for value, o in groups]
    axes.set_yticks(range(len(groups)), names)
    axes.set_ylim(len(groups) - 0.4, -0.6)
    axes.axvline(100 * figures.own_day.share(no).value, color="black", linewidth=1, linestyle="--", label="all")
    axes.set_xlim(0, 100)
    axes.set_xlabel("% not deliverable, with its 95 % interval; ▲ more than chance")
    axes.legend(loc="lower right")
    return figure


def _plot(*, height: float) -> "tuple[Figure, Axes]":
    try:
        import matplotlib.pyplot as plt  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("Plots need matplotlib: pip install 'mobile-coverage-check[notebook]'.") from None
    # By pyplot, for only then does a notebook know how to show a figure; closed, or it would show it twice.
    figure, axes = plt.subplots(figsize=(8.0, height), layout="constrained")
    plt.close(figure)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
