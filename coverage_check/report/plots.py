"""Plots of checked orders for an analyst's notebook, with matplotlib (extra ``notebook``).

Each takes what `Checker.check_frame` gave, a data frame or an Arrow table, and returns the matplotlib Axes it drew on.
"""

import math
from collections.abc import Iterable
from datetime import date
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from coverage_check.coverage.snapshot import Snapshot
from coverage_check.decision import Verdict
from coverage_check.declaration import nearest
from coverage_check.errors import MissingExtra, TableInvalid
from coverage_check.layer import Layer
from coverage_check.technology import Environment, Receiver, Service, SignalLevel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CAP_M = 5000
_BIN_M = 250
_GROUPS = 20
_Z_95 = NormalDist().inv_cdf(0.975)

_VERDICTS = {  # colour and hatch, for those who don't see the colour
    Verdict.NOT_DELIVERABLE: ("#b42318", "//"),
    Verdict.CONDITIONAL: ("#d4a72c", ".."),
    Verdict.UNDETERMINED: ("#8c959f", "xx"),
    Verdict.DELIVERABLE: ("#1a7f37", ""),
}
_DOUBTFUL = tuple(_VERDICTS)[:3]
_LEVELS = {  # the best that is claimed for a place
    "very good": ("#0b4f6c", ""),
    "good": ("#2e86ab", "//"),
    "basic": ("#a9d6e5", ".."),
    "not covered": ("#e5989b", "xx"),
    "no data": ("#d0d7de", ""),
}
_RANKS = ("no data", "not covered", *(level.value.replace("_", " ") for level in SignalLevel))
"""From the worst to the best."""


def coverage_by_level(snapshot: Snapshot, checked: Any, *, on: date, ax: "Axes | None" = None) -> "Axes":
    """Draw what each network claims for the places of orders on a day: the share of each best level.

    Rows without a place are left out. A layer that is stale or silent on that day has no data; that is not "not covered".

    Parameters
    ----------
    checked
        Its columns cc_lat and cc_lon are used.

    Raises
    ------
    TableInvalid
        There are no such columns.
    MissingExtra
        matplotlib is not installed.
    """
    lon, lat = _numbers(checked, "cc_lon"), _numbers(checked, "cc_lat")
    placed = np.isfinite(lon) & np.isfinite(lat)
    found = snapshot.lookup(lon=lon[placed], lat=lat[placed])
    best: dict[str, npt.NDArray[np.int_]] = {}
    for n, layer in enumerate(snapshot.layers):
        ranks = best.setdefault(_claimant(layer), np.zeros(placed.sum(), dtype=int))
        if layer.speaks(on) and not layer.stale(on):
            ranks[found.surveyed[:, n]] = ranks[found.surveyed[:, n]].clip(min=1)
            if layer.in_force(on):
                rank = _RANKS.index(layer.assumed_level.value.replace("_", " "))
                ranks[found.covered[:, n]] = ranks[found.covered[:, n]].clip(min=rank)
    ax = ax or _new_axes()
    names = sorted(best, reverse=True)
    left = np.zeros(len(names))
    for level, (colour, hatch) in _LEVELS.items():
        shares = np.array([(best[name] == _RANKS.index(level)).mean() if placed.any() else 0.0 for name in names])
        ax.barh(names, shares, left=left, label=level, color=colour, hatch=hatch, edgecolor="white")
        left += shares
    _share_axis(ax)
    ax.set_title(f"Best claim for {placed.sum():,} places on {on}{_left_out(placed)}")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=len(_LEVELS), frameon=False)
    return ax


def edge_distances(checked: Any, *, ax: "Axes | None" = None) -> "Axes":
    """Draw how far from the edge of the deciding layer orders lie, by verdict: metres, positive inside.

    What lies 5 km or more from the edge is in the outermost bins, for farther is not measured. An order well inside can fail
    all the same: its deciding layer covers it, on too low a level.

    Parameters
    ----------
    checked
        Its columns cc_edge_distance_m and cc_verdict are used.

    Raises
    ------
    TableInvalid, MissingExtra
        As `coverage_by_level`.
    """
    distance_m, verdicts = _numbers(checked, "cc_edge_distance_m"), _texts(checked, "cc_verdict")
    measured = np.isfinite(distance_m)
    ax = ax or _new_axes()
    shown = [verdict for verdict in _VERDICTS if (measured & (verdicts == verdict.value)).any()]
    if shown:
        ax.hist(
            [distance_m[measured & (verdicts == verdict.value)].clip(-_CAP_M, _CAP_M) for verdict in shown],
            bins=list(range(-_CAP_M, _CAP_M + 1, _BIN_M)),
            stacked=True,
            label=[_words(verdict) for verdict in shown],
            color=[_VERDICTS[verdict][0] for verdict in shown],
            hatch=[_VERDICTS[verdict][1] for verdict in shown],
            edgecolor="white",
        )
        ax.legend(frameon=False)
    ax.axvline(0, color="#222", linewidth=1)
    ax.set_xlim(-_CAP_M, _CAP_M)
    ax.set_xlabel("metres to the edge of the deciding layer, positive inside")
    ax.set_ylabel("orders")
    ax.set_title(f"{measured.sum():,} orders by distance to the edge{_left_out(measured)}")
    return ax


def mismatch_by(checked: Any, column: str, *, ax: "Axes | None" = None) -> "Axes":
    """Draw which share of each group's orders can't be delivered as sold, or is in doubt; by municipality, say.

    The line on a bar is the 95 % interval (Wilson) of the share that can't be delivered as sold: not deliverable, or only
    under a condition. Groups with the most such orders come first; no more than twenty are shown.

    Parameters
    ----------
    checked
        Its column cc_verdict is used, and `column`; an empty cell is a group of its own.

    Raises
    ------
    TableInvalid, MissingExtra
        As `coverage_by_level`.
    """
    groups, verdicts = _texts(checked, column), _texts(checked, "cc_verdict")
    counts = {
        name: np.array([(verdicts[groups == name] == verdict.value).sum() for verdict in _VERDICTS])
        for name in dict.fromkeys(groups.tolist())
    }
    first = sorted(counts, key=lambda name: (-int(counts[name][:2].sum()), -int(counts[name].sum()), name))[:_GROUPS]
    ax = ax or _new_axes()
    if first:
        _draw_groups(ax, {name: counts[name] for name in reversed(first)})
    _share_axis(ax)
    cut = f", the first {_GROUPS} of {len(counts):,} groups" if len(counts) > _GROUPS else ""
    ax.set_title(f"{len(verdicts):,} orders by {column}{cut}")
    return ax


def _draw_groups(ax: "Axes", counts: dict[str, npt.NDArray[np.int_]]) -> None:
    labels = [f"{name or '(empty)'} (n = {group.sum():,})" for name, group in counts.items()]
    table = np.array(list(counts.values()))
    shares = table / table.sum(axis=1, keepdims=True).clip(min=1)
    left = np.zeros(len(labels))
    for n, verdict in enumerate(_DOUBTFUL):
        colour, hatch = _VERDICTS[verdict]
        ax.barh(labels, shares[:, n], left=left, label=_words(verdict), color=colour, hatch=hatch, edgecolor="white")
        left += shares[:, n]
    failed = shares[:, 0] + shares[:, 1]
    low, high = np.array([_wilson(int(row[:2].sum()), int(row.sum())) for row in table]).T
    errors = (np.maximum(failed - low, 0), np.maximum(high - failed, 0))
    ax.errorbar(failed, labels, xerr=errors, fmt="none", ecolor="#222", capsize=3, label="95 % interval")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=len(_DOUBTFUL) + 1, frameon=False)


def _wilson(count: int, of: int) -> tuple[float, float]:
    """Give Wilson's 95 % interval of a share (E. B. Wilson, JASA 22, 1927); of nothing it is everything."""
    if of == 0:
        return 0.0, 1.0
    share, z2 = count / of, _Z_95**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z_95 / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def _claimant(layer: Layer) -> str:
    """Name whose claim a layer belongs to, with what is unusual about it."""
    unusual = (
        layer.service.value if layer.service is not Service.DATA else "",
        layer.environment.value if layer.environment is not Environment.OUTDOOR else "",
        layer.receiver.value.replace("_", " ") if layer.receiver is not Receiver.HANDSET else "",
    )
    return " ".join(filter(None, (layer.network, layer.technology.value, *unusual)))


def _words(verdict: Verdict) -> str:
    return verdict.value.replace("_", " ")


def _left_out(kept: npt.NDArray[np.bool_]) -> str:
    count = int((~kept).sum())
    return f" ({count:,} without one left out)" if count else ""


def _share_axis(ax: "Axes") -> None:
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter("{x:.0%}")
    ax.set_xlabel("share of orders")


def _numbers(checked: Any, name: str) -> npt.NDArray[np.float64]:
    return np.array([math.nan if _absent(cell) else float(str(cell)) for cell in _cells(checked, name)])


def _texts(checked: Any, name: str) -> npt.NDArray[np.object_]:
    texts = ["" if _absent(cell) else str(cell).strip() for cell in _cells(checked, name)]
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array


def _absent(cell: object) -> bool:
    """Tell None, NaN and pandas' NA, which is like nothing, not even itself."""
    return cell is None or type(cell).__name__ in {"NAType", "NaTType"} or cell != cell  # noqa: PLR0124 - as NaN is


def _cells(checked: Any, name: str) -> Iterable[object]:
    schema = getattr(checked, "schema", None)
    header = [str(each) for each in (checked.columns if schema is None else schema.names)]
    if name not in header:
        raise TableInvalid(f"The frame has no column {name!r}{nearest(name, header) or '.'}")
    column = checked[name]
    cells: Iterable[object] = column.to_pylist() if hasattr(column, "to_pylist") else column.tolist()
    return cells


def _new_axes() -> "Axes":
    try:
        import matplotlib.pyplot as plt  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("Plots need matplotlib: pip install 'mobile-coverage-check[notebook]'.") from None
    axes: Axes = plt.subplots(figsize=(8, 4.5), layout="constrained")[1]
    return axes
