"""The reasons of a decision in the language that is spoken: it records them in English, as `wording` wrote them.

Each English sentence was made from a template that has a Swedish twin. So a message is read by its template, and what stood
in it is put into the twin: nothing is said in Swedish that the decision doesn't say.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache

from coverage_check import wording
from coverage_check.decision import ReasonCode
from coverage_check.wording import Words

_FIELD = re.compile(r"\{(\w+)\}")
_TAKEN = {"outdoors": "utomhus", "in a vehicle": "i bil", "indoors": "inomhus"}
_MEASURED = re.compile(
    r"service at (?P<share>[\d.]+) % of (?P<places>[\d,]+) places (?P<where>outdoors|in a vehicle|indoors) "
    r"inside the edge of the coverage, (?P<until>up to )?(?P<day>\d+ \w+ \d+|an unknown date)(?: by (?P<by>.+))?"
)


def in_swedish(code: ReasonCode, message: str) -> str:
    """Say a reason in Swedish; one that no template gives, from another version perhaps, stays as it is."""
    for words in _templates(code):
        if found := _pattern(words.en).fullmatch(message):
            return words.sv.format_map({name: _said(name, value) for name, value in found.groupdict().items()})
    return message


def _templates(code: ReasonCode) -> Iterator[Words]:
    """Give the sentences for a code, those with most of their own words first: the others would take them for a value."""
    found = [wording.REASONS[code], *(words for (of, _), words in wording.VARIANTS.items() if of is code)]
    yield from sorted(found, key=lambda words: -len(_FIELD.sub("", words.en)))


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = _FIELD.split(template)
    return re.compile("".join(re.escape(part) if n % 2 == 0 else f"(?P<{part}>.+)" for n, part in enumerate(parts)))


def _said(name: str, value: str) -> str:
    """Say in Swedish what stood in an English sentence."""
    if name == "distance":
        return _distance(value)
    if name in ("date", "published"):
        return _day(value)
    if name == "remark":
        return next((words.sv for words in wording.REMARKS.values() if words.en == value), value)
    return _measured(value) if name == "measured" else value


def _distance(value: str) -> str:
    unknown = wording.distance_words(None)
    if value == unknown.en:
        return unknown.sv
    return value.replace("less than", "mindre än").replace("more than", "mer än").replace(".", ",")


def _day(value: str) -> str:
    day, _, rest = value.partition(" ")
    month, _, year = rest.partition(" ")
    return f"{day} {_months()[month]} {year}" if month in _months() else wording.day_words(None).sv


@cache
def _months() -> Mapping[str, str]:
    named = [wording.day_words(date(2000, month, 1)) for month in range(1, 13)]
    return {words.en.split()[1]: words.sv.split()[1] for words in named}


def _measured(value: str) -> str:
    found = _MEASURED.fullmatch(value)
    if found is None:
        return value
    share, places = found["share"].replace(".", ","), found["places"].replace(",", "\N{NO-BREAK SPACE}")
    until = "till och med " if found["until"] else ""
    by = f" av {found['by']}" if found["by"] else ""
    where = _TAKEN[found["where"]]
    return f"signal på {share} % av {places} platser {where} innanför täckningens kant, {until}{_day(found['day'])}{by}"
