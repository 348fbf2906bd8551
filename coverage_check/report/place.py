"""How an address was found, for a person and as JSON: what was understood, said, chosen, and how sure that is."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from coverage_check.geocoders.base import Said
from coverage_check.geocoders.explanation import Explanation
from coverage_check.location import Candidate, Location

_QUIET = ("given", "remark")
"""Fields that the answer itself shows."""


def explanation_text(explanation: Explanation) -> str:
    """Lay a look for a place out: what was understood, what each source said, where it is, why, and how sure."""
    query = explanation.query
    parts = ", ".join(f"{name} {_words(value)}" for name, value in _understood(explanation).items())
    lines = [f"understood  {query.kind.replace('_', ' ')}: {parts}"]
    lines += [f"said        {_said_text(said)}" for said in explanation.said]
    if explanation.location:
        lines += _location_lines(explanation.location)
    elif explanation.error:
        lines.append(f"answer      {explanation.error.code}: {explanation.error}")
    lines += [f"about       {said.source}: {said.about}" for said in explanation.said if said.about]
    return "\n".join(lines)


def explanation_json(explanation: Explanation) -> str:
    """Give the same as JSON."""
    location, error = explanation.location, explanation.error
    content = {
        "understood": {"kind": explanation.query.kind, **_understood(explanation)},
        "said": [_said_json(said) for said in explanation.said],
        "location": None if location is None else asdict(location),
        "reason": None if error is None else error.code,
    }
    return json.dumps(content, ensure_ascii=False, indent=2)


def _understood(explanation: Explanation) -> dict[str, Any]:
    fields = asdict(explanation.query)
    return {name: value for name, value in fields.items() if name not in _QUIET and value not in ("", None, (), [])}


def _words(value: object) -> str:
    return " and ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _said_text(said: Said) -> str:
    place = said.location
    if place is None:
        return f"{said.source}: {said.error.code if said.error else ''}"
    count = f", {len(place.candidates)} places fit" if len(place.candidates) > 1 else ""
    return f"{said.source}: {place.level.value}, {place.match.value} match{count}"


def _said_json(said: Said) -> dict[str, Any]:
    place = said.location
    return {
        "source": said.source,
        "about": said.about,
        "level": place.level.value if place else None,
        "match": place.match.value if place else None,
        "places": len(place.candidates) if place else 0,
        "reason": said.error.code if said.error else None,
    }


def _location_lines(location: Location) -> Iterator[str]:
    yield f"answer      {location.lat:.6f}, {location.lon:.6f}  {location.level.value}, {location.match.value} match"
    if location.remark:
        yield f"note        {location.remark}"
    label = "why"
    for candidate in location.candidates:
        where = f"{candidate.lat:.6f}, {candidate.lon:.6f}, {candidate.level.value}, {candidate.match.value}"
        yield f"{label:12s}{candidate.label}: {where}; {_why(candidate)}"
        label = "or"
    yield (
        f"how sure    half of such places lie within {location.cep50_m:,.0f} m, 95 % within {location.cep95_m:,.0f} m;"
        f" the wrong place altogether: {location.gross_error:.1%}"
    )
    yield f"source      {location.source}" + (f" · {location.attribution}" if location.attribution else "")


def _why(candidate: Candidate) -> str:
    return "; ".join(candidate.why) or "nothing disagrees with what was asked"
