"""The figures of an audit as plain text, for a terminal or a nightly mail: no address, no order number."""

from collections.abc import Iterator

from coverage_check.decision import Verdict
from coverage_check.report.figures import Figures, Outcome
from coverage_check.report.text import verdict_text


def figures_text(figures: Figures) -> str:
    """Lay figures out: how many sales, how they came out then and today, and which groups stand out."""
    return "\n".join(_lines(figures))


def _lines(figures: Figures) -> Iterator[str]:
    days = f" from {figures.first_day} to {figures.last_day}" if figures.first_day else ""
    faulty = f"; {figures.faulty:,} could not be read" if figures.faulty else ""
    yield f"{figures.rows:,} sales{days}{faulty}"
    yield f"  {'':20s}{'day of sale':>11s}{'share':>8s}{'95 % interval':>16s}{'at risk':>12s}" + (
        f"{'today':>10s}" if figures.today else ""
    )
    for verdict in Verdict:
        yield _verdict_line(verdict, figures.own_day, figures.today)
    for split in figures.splits:
        for value, outcome in split.groups.items():
            if value in split.standing_out:
                share = outcome.share(Verdict.NOT_DELIVERABLE)
                yield (
                    f"  more than chance: {split.name} {value}, {share.count:,} of {share.of:,} not deliverable"
                    f" ({share.value:.0%}, {share.low:.0%} to {share.high:.0%})"
                )


def _verdict_line(verdict: Verdict, own_day: Outcome, today: Outcome | None) -> str:
    share = own_day.share(verdict)
    interval = f"{share.low:.1%} – {share.high:.1%}"
    now = f"{today.counts[verdict]:>10,}" if today else ""
    return (
        f"  {verdict_text(verdict).lower():20s}{share.count:>11,}{share.value:>8.1%}{interval:>16s}"
        f"{own_day.at_risk[verdict]:>12,.0f}{now}"
    )
