"""The splits as tables: for each group its counts, its share with the interval drawn, and the money at risk."""

from html import escape

from coverage_check.decision import Verdict
from coverage_check.report.figures import Figures, Outcome, Split
from coverage_check.report.html import words
from coverage_check.report.html.words import PAGE, both, filled, interval_words, number, percent
from coverage_check.report.splitting import USUAL
from coverage_check.wording import Words

SHOWN = 15
"""Groups that a table shows at once; the rest unfolds."""

LISTED = 300
"""Groups that the page has at all; the figures as CSV or JSON have every one."""


def splits_section(figures: Figures) -> str:
    """Write a table for each column, with the words that explain them all."""
    shown = [split for split in figures.splits if split.groups]
    if not shown:
        return ""
    tables = "".join(_table(split, figures.own_day) for split in shown)
    return (
        f"<section aria-labelledby='splits'><h2 id='splits'>{both(PAGE['splits'])}</h2>"
        f"<p class='how'>{both(PAGE['splits_how'])}</p><div class='split'>{tables}</div></section>"
    )


def _table(split: Split, everything: Outcome) -> str:
    label = words.COLUMNS.get(split.name, Words(split.name, split.name))
    head = _head(label)
    rows = [_row(value, outcome, split, everything) for value, outcome in list(split.groups.items())[:LISTED]]
    caption = f"<caption>{both(filled(PAGE['by'], column=_in_a_sentence(label)))}</caption>"
    first = f"<table>{caption}{head}<tbody>{''.join(rows[:SHOWN])}</tbody></table>"
    if len(rows) <= SHOWN:
        return first
    more = both(filled(PAGE["more"], n=len(split.groups) - SHOWN))
    rest = f"<table>{caption}{head}<tbody>{''.join(rows[SHOWN:])}</tbody></table>"
    return f"{first}<details><summary>{more}</summary>{rest}</details>"


def _in_a_sentence(label: Words) -> Words:
    """Write a usual column's name small; any other stays as the table writes it."""
    usual = {name for names in USUAL.values() for name in names}
    return Words(label.sv.lower(), label.en.lower()) if label.sv.casefold() in usual else label


def _head(label: Words) -> str:
    no, unknown = words.VERDICTS[Verdict.NOT_DELIVERABLE], words.VERDICTS[Verdict.UNDETERMINED]
    capital = Words(label.sv[:1].upper() + label.sv[1:], label.en[:1].upper() + label.en[1:])
    plain = "".join(f"<th scope='col'>{both(name)}</th>" for name in (capital, PAGE["count"], no, PAGE["share"]))
    interval = f"<td class='drawn'></td><th scope='col' class='wide'>{both(PAGE['interval'])}</th>"
    rest = "".join(f"<th scope='col'>{both(name)}</th>" for name in (unknown, PAGE["at_risk_no"]))
    return f"<thead><tr>{plain}{interval}{rest}</tr></thead>"


def _row(value: str, outcome: Outcome, split: Split, everything: Outcome) -> str:
    no = Verdict.NOT_DELIVERABLE
    share = outcome.share(no)
    name = f"<bdi>{escape(value)}</bdi>" if value else both(PAGE["none"])
    flag = f" <span class='stands-out'>{both(PAGE['stands_out'])}</span>" if value in split.standing_out else ""
    picture = _whisker(share.low, share.value, share.high, everything.share(no).value)
    return (
        f"<tr><th scope='row'>{name}{flag}</th><td>{both(number(outcome.rows))}</td><td>{both(number(share.count))}</td>"
        f"<td>{both(percent(share.value))}</td><td class='drawn'>{picture}</td>"
        f"<td>{both(interval_words(share.low, share.high))}</td>"
        f"<td>{both(number(outcome.counts[Verdict.UNDETERMINED]))}</td><td>{both(number(outcome.at_risk[no]))}</td></tr>"
    )


def _whisker(low: float, value: float, high: float, all_: float) -> str:
    """Draw an interval on a line from 0 to 100 %, with the share of all as an upright stroke."""
    return (
        "<svg class='whisker' viewBox='-2 0 104 12' aria-hidden='true'>"
        "<line class='axis' x1='0' x2='100' y1='6' y2='6'/>"
        f"<line class='all' x1='{all_ * 100:.1f}' x2='{all_ * 100:.1f}' y1='0' y2='12'/>"
        f"<line class='range' x1='{low * 100:.1f}' x2='{high * 100:.1f}' y1='6' y2='6'/>"
        f"<circle cx='{value * 100:.1f}' cy='6' r='2.4'/></svg>"
    )
