"""One HTML file: figures as tables that need no script, rows as data, and the page's own style and script inside.

Nothing from the data is ever markup: static text is escaped, rows lie in a JSON block whose ``<`` is escaped, and the script
puts them on the page as text only. The policy in the file's head lets no other script or style run and nothing be fetched.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from coverage_check.decision import ReasonCode, Verdict
from coverage_check.report.figures import Figures, Outcome
from coverage_check.report.html import words
from coverage_check.report.html.ground import WIDTH_PX, Ground
from coverage_check.report.html.listing import columns_of
from coverage_check.report.html.splits import splits_section
from coverage_check.report.html.words import PAGE, both, filled, interval_words, number, percent
from coverage_check.report.noted import Noted
from coverage_check.wording import Words

CALLS = 10
"""How many customers the page names before its list begins."""


def page(
    figures: Figures,
    rows: Sequence[Noted],
    ground: Ground | None,
    *,
    frame: "Frame",
) -> str:
    """Write the whole page."""
    kind = frame.kind
    style, script = _asset("report.css"), _asset("report.js")
    return Template(_asset("report.html")).substitute(
        language=frame.language,
        title=escape(frame.title),
        policy=_policy(style, script),
        style=style,
        script=script,
        heading=both(frame.heading),
        skip=both(PAGE["skip"]),
        language_label=both(PAGE["language"]),
        subtitle=_subtitle(figures, frame),
        notes=_notes(figures, rows, frame),
        summary=_summary(figures, kind),
        verdicts=_verdicts(figures, kind),
        moves=_moves(figures),
        reasons=_reasons(figures),
        calls=_calls(rows, kind),
        splits=splits_section(figures),
        map=_map(ground),
        doubtful=both(kind["doubtful"]),
        noscript=both(PAGE["noscript"]),
        sources=_sources(frame),
        data=_json(_data(figures, rows, ground, frame)),
    )


class Frame:
    """What stands around the figures.

    Attributes
    ----------
    kind
        The words of an audit or of a check of orders.
    heading
        The title in both languages.
    sources
        What the answers rest on, label and value.
    """

    def __init__(
        self, *, audit: bool, title: str, language: str, made_on: date, hidden: bool, sources: Sequence[tuple[Words, Words]]
    ) -> None:
        self.kind = words.AUDIT if audit else words.ORDERS
        self.heading = Words(title, title) if title else self.kind["title"]
        self.title = title or (self.heading.sv if language == "sv" else self.heading.en)
        self.language = language
        self.made_on = made_on
        self.hidden = hidden
        self.sources = sources


def _policy(style: str, script: str) -> str:
    """Allow the page's own style and script by their hashes, and nothing else."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _json(value: Any) -> str:
    """Write JSON that can't end the block that holds it, nor start a comment in it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate({ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


def _subtitle(figures: Figures, frame: Frame) -> str:
    rows = filled(Words("{n} {what}", "{n} {what}"), n=figures.rows, what=frame.kind["rows"])
    said = [both(rows)]
    if figures.first_day and figures.last_day:
        one = figures.first_day == figures.last_day
        period = PAGE["one_day" if one else "period"]
        said.append(both(filled(period, first=f"{figures.first_day}", last=f"{figures.last_day}")))
    said.append(both(filled(PAGE["checked"], day=f"{frame.made_on}")))
    return " · ".join(said)


def _notes(figures: Figures, rows: Sequence[Noted], frame: Frame) -> str:
    notes = []
    if frame.hidden:
        notes.append(both(PAGE["hidden"]))
    if len(rows) < figures.rows:
        notes.append(both(filled(PAGE["left_out"], shown=len(rows), all=figures.rows)))
    return "".join(f'<p class="note">{note}</p>' for note in notes)


def _summary(figures: Figures, kind: Any) -> str:
    """Say how many there are, how many could not be delivered, and how sure that is."""
    own, no = figures.own_day, Verdict.NOT_DELIVERABLE
    share, unknown = own.share(no), own.counts[Verdict.UNDETERMINED]
    if not figures.rows:
        return f"<p>{both(PAGE['nothing'])}</p>"
    sure = filled(
        PAGE["sure"], share=percent(share.value), low=percent(share.low), high=percent(share.high), what=kind["rows"]
    )
    lines = [both(sure)]
    if figures.today:
        still = figures.moves.get((no, no), 0)
        gone = figures.moves.get((Verdict.DELIVERABLE, no), 0)
        lines.append(both(filled(PAGE["now"], bad=share.count, still=still, gone=gone)))
    if unknown:
        most = percent((share.count + unknown) / figures.rows)
        lines.append(both(filled(PAGE["open"], unknown=unknown, most=most)))
    headline = both(filled(kind["headline"], no=share.count, rows=figures.rows))
    return f'<p class="headline">{headline}</p><p class="lead">{" ".join(lines)}</p>{_bar(own)}{_tiles(own)}'


def _bar(outcome: Outcome) -> str:
    """Draw the shares of the verdicts as one bar; the tiles below say the same in words."""
    parts, x = [], 0.0
    for verdict in Verdict:
        width = 1000 * outcome.counts[verdict] / outcome.rows
        parts.append(f'<rect class="{verdict.value}" x="{x:.2f}" y="0" width="{width:.2f}" height="20"/>')
        x += width
    return f'<svg class="bar" viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}</svg>'


def _tiles(outcome: Outcome) -> str:
    tiles = []
    for verdict in Verdict:
        share = outcome.share(verdict)
        tiles.append(
            f'<li class="tile {verdict.value}"><span class="sign" aria-hidden="true">{words.SIGNS[verdict]}</span>'
            f"<strong>{both(number(share.count))}</strong> <span>{both(words.VERDICTS[verdict])}</span>"
            f"<small>{both(percent(share.value))}</small></li>"
        )
    return f'<ul class="tiles">{"".join(tiles)}</ul>'


def _verdicts(figures: Figures, kind: Any) -> str:
    """Lay the verdicts out as a table, as of the rows' own day and, in an audit, of today."""
    days = [(kind["own_day"], figures.own_day)] + ([(PAGE["today"], figures.today)] if figures.today else [])
    tables = []
    for label, outcome in days:
        head = "".join(
            f"<th scope='col'>{both(PAGE[key])}</th>" for key in ("verdict", "count", "share", "interval", "at_risk_unit")
        )
        body = "".join(_verdict_row(verdict, outcome) for verdict in Verdict)
        tables.append(f"<table><caption>{both(label)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
    return f'<div class="pair">{"".join(tables)}</div><p class="how">{both(PAGE["money_how"])}</p>'


def _verdict_row(verdict: Verdict, outcome: Outcome) -> str:
    share, amount = outcome.share(verdict), number(outcome.at_risk[verdict])
    bounded = verdict in (Verdict.CONDITIONAL, Verdict.UNDETERMINED) and outcome.counts[verdict]
    amount = filled(PAGE["at_most"], amount=amount) if bounded else amount
    cells = (number(share.count), percent(share.value), interval_words(share.low, share.high), amount)
    return (
        f'<tr><th scope="row"><span class="mark {verdict.value}" aria-hidden="true">{words.SIGNS[verdict]}</span>'
        f"{both(words.VERDICTS[verdict])}</th>{''.join(f'<td>{both(cell)}</td>' for cell in cells)}</tr>"
    )


def _moves(figures: Figures) -> str:
    """Lay out how many rows went from which verdict to which."""
    if not figures.today:
        return ""
    head = "".join(f"<th scope='col'>{_verdict_name(verdict)}</th>" for verdict in Verdict)
    body = "".join(
        f"<tr><th scope='row'>{_verdict_name(own)}</th>"
        + "".join(f"<td>{both(number(figures.moves.get((own, now), 0)))}</td>" for now in Verdict)
        + "</tr>"
        for own in Verdict
    )
    return (
        f"<section aria-labelledby='moves'><h2 id='moves'>{both(PAGE['moves'])}</h2>"
        f"<p class='how'>{both(PAGE['moves_how'])}</p>"
        f"<table class='moves'><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></section>"
    )


def _verdict_name(verdict: Verdict) -> str:
    sign = f'<span class="mark {verdict.value}" aria-hidden="true">{words.SIGNS[verdict]}</span>'
    return f"{sign}{both(words.VERDICTS[verdict])}"


def _reasons(figures: Figures) -> str:
    if not figures.reasons:
        return ""
    most = max(figures.reasons.values())
    body = "".join(
        f"<tr><th scope='row'>{both(words.REASONS[code])} <code>{code.value}</code></th><td>{both(number(count))}</td>"
        f"<td><svg class='length' viewBox='0 0 100 10' preserveAspectRatio='none' aria-hidden='true'>"
        f"<rect width='{100 * count / most:.1f}' height='10'/></svg></td></tr>"
        for code, count in figures.reasons.items()
    )
    return (
        f"<section aria-labelledby='why'><h2 id='why'>{both(PAGE['why'])}</h2><p class='how'>{both(PAGE['why_how'])}</p>"
        f"<table class='reasons'><tbody>{body}</tbody></table></section>"
    )


def _calls(rows: Sequence[Noted], kind: Any) -> str:
    """List whom to call first."""
    first = [row for row in rows if row.doubtful][:CALLS]
    if not first:
        return ""
    body = "".join(_call(row) for row in first)
    return (
        f"<section aria-labelledby='calls'><h2 id='calls'>{both(kind['calls'])}</h2>"
        f"<p class='how'>{both(kind['calls_how'])}</p><ol class='calls'>{body}</ol></section>"
    )


def _call(row: Noted) -> str:
    who = " · ".join(f"<bdi>{escape(text)}</bdi>" for text in (row.reference, row.product, row.address, row.day) if text)
    if not row.reference:
        who = " · ".join(filter(None, (both(filled(PAGE["row"], n=row.row)), who)))
    names = [row.verdict] + ([row.today] if row.today else [])
    arrow = " → ".join(_verdict_name(verdict) for verdict in names)
    said = row.told_today if row.told_today != ("", "") else row.told
    reasons = ", ".join(both(words.REASONS[ReasonCode(code)]) for code in row.reasons[:2])
    told = both(Words(*said)) if said != ("", "") else reasons
    if row.told_today != ("", ""):
        told = f"{both(PAGE['say_today'])} {told}"
    ask = f"<p class='ask'>{both(PAGE['ask'])} {both(Words(*row.ask))}</p>" if row.ask != ("", "") else ""
    return f"<li><p class='who'>{who}</p><p>{arrow}</p><p class='told'>{told}</p>{ask}</li>"


def _map(ground: Ground | None) -> str:
    if ground is None:
        return f"<p>{both(PAGE['no_map'])}</p>"
    buttons = "".join(
        f"<button type='button' id='{key.replace('_', '-')}'>{both(PAGE[key])}</button>"
        for key in ("zoom_in", "zoom_out", "zoom_all")
    )
    hatched = (
        "<p class='how'><svg class='swatch' viewBox='0 0 10 10' aria-hidden='true'><path class='unknown'"
        f" d='M0,5L5,0M0,10L10,0M5,10L10,5'/></svg> {both(PAGE['unknown'])}</p>"
    )
    return (
        f"<p class='how'>{both(PAGE['map_how'])}</p>"
        f"<div class='tools'>{buttons}<fieldset><legend>{both(PAGE['layers'])}</legend>{_choices(ground)}</fieldset></div>"
        f"<svg id='ground' viewBox='0 0 {WIDTH_PX:.0f} {ground.height_px:.1f}' role='group' aria-labelledby='map'>"
        f"<rect class='window' width='{WIDTH_PX:.0f}' height='{ground.height_px:.1f}'/>"
        f"<g id='layers'>{ground.svg}</g><g id='marks'></g><g id='scale' aria-hidden='true'></g></svg>"
        f"{hatched if ground.unknown else ''}"
    )


def _choices(ground: Ground) -> str:
    """Offer the layers, the first one shown, and say which are in service today."""
    today = both(PAGE["in_force"])
    return "".join(
        f"<label><input type='checkbox' data-shows='{n}'{'' if n else ' checked'}><svg class='swatch' viewBox='0 0 10 10'"
        f" aria-hidden='true'><rect class='layer layer-{n}' width='10' height='10'/></svg><bdi>{escape(name)}</bdi>"
        f"{today if name in ground.in_force else ''}</label>"
        for n, name in enumerate(ground.layers)
    )


def _sources(frame: Frame) -> str:
    items = "".join(f"<dt>{both(label)}</dt><dd>{both(value)}</dd>" for label, value in frame.sources)
    return f"<dl>{items}</dl><p class='how'>{both(PAGE['limits'])}</p>"


def _data(figures: Figures, rows: Sequence[Noted], ground: Ground | None, frame: Frame) -> dict[str, Any]:
    """Give all that the script works with."""
    spots = ground.spots if ground else [None] * len(rows)
    used = {code for row in rows for code in row.reasons}
    texts = {key: list(pair) for key, pair in PAGE.items()} | {key: list(pair) for key, pair in frame.kind.items()}
    return columns_of(rows, spots) | {
        "audit": figures.today is not None,
        "verdicts": [
            {"key": verdict.value, "sign": words.SIGNS[verdict], "name": list(words.VERDICTS[verdict])}
            for verdict in Verdict
        ],
        "columns": [{"name": split.name, "label": list(_column_words(split.name))} for split in figures.splits],
        "reasons": {code: list(words.REASONS[ReasonCode(code)]) for code in sorted(used)},
        "words": dict(_spoken(texts)),
        "height": ground.height_px if ground else 0,
        "metres_per_px": ground.metres_per_px if ground else 0,
    }


def _column_words(name: str) -> Words:
    return words.COLUMNS.get(name, Words(name, name))


def _spoken(texts: dict[str, list[str]]) -> Iterator[tuple[str, list[str]]]:
    """Choose the words that the script says; the rest stands in the page already."""
    keys = (
        *("search", "sort", "sort_call", "sort_row", "sort_money", "any", "clear", "found", "chosen", "page", "previous"),
        *("next", "row", "place", "told", "probability", "outside", "inside", "inside_weak"),
        *("say_today", "same_today", "ask", "nothing", "scale", "none"),
        *("own_day", "today", "order", "verdict", "at_risk", "only_doubtful"),
    )
    for key in keys:
        yield key, texts[key]
