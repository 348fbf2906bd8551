"""Asked against held: every place that fits, and one location made of them.

Places come first: a misspelt street is compared only with the names of the postcode or town that was asked for. What
disagrees adds up to doubt, and everything of nearly the least doubt is a candidate; candidates that lie further apart
than their own error are an ambiguity, never a choice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from coverage_check.geocoders.asked import Asked, Part, longer_names, name_parts, splits
from coverage_check.geocoders.found import (
    CONTRADICTED,
    FOLDED,
    MORE_EDITS,
    NEAR_PLACE_ALONE,
    ONE_EDIT,
    STREET_MISSING,
    AreaHits,
    Flaw,
    Hit,
    place_hit,
)
from coverage_check.geocoders.house_spread import distance_m
from coverage_check.geocoders.register_tables import Area, Tables
from coverage_check.geocoders.spelling import key
from coverage_check.location import Candidate, ErrorModel, Location, Match

MOST_CANDIDATES = 20
"""More places that fit are not kept: the answer is ambiguous all the same."""

_ONE_HOUSE_M = 50
"""Two entries of one address within this distance are one house's entrances [A]."""

_MOST_NEAR_NAMES = 10
_MOST_ELSEWHERE = 5
"""A street of a name that is rarer than this in the register may be meant though postcode or town is another [A]."""


class Matching:
    """Looks one register's tables through for an address.

    Parameters
    ----------
    model
        The error of a found place by its level.
    """

    def __init__(self, tables: Tables, model: ErrorModel) -> None:
        self._tables = tables
        self._model = model

    def hits(self, asked: Asked) -> list[Hit]:
        """Find what fits: streets, then the words as street and place, then names a slip away, then the place itself."""
        if not asked.key:
            missing = () if asked.number is None else (STREET_MISSING,)
            return list(self._places(asked.parts, missing))
        found = [hit for name in (asked, *longer_names(asked)) for hit in self._named(name)]
        if asked.number is None:
            found += self._as_place(asked, edited=False)
        if not found:
            found = [hit for split in splits(self._tables, asked) for hit in self._named(split)]
        if all(CONTRADICTED in hit.flaws or ONE_EDIT in hit.flaws for hit in found):
            found += self._near(asked)
        if not found and asked.number is None:
            found = list(self._as_place(asked, edited=True))
        if all(MORE_EDITS in hit.flaws for hit in found):
            # A name two letters off is worth asking about, beside the place: it never is the answer.
            found += [*self._places(asked.parts, (STREET_MISSING,)), *self._elsewhere(asked)]
        return found

    def _named(self, asked: Asked) -> Iterator[Hit]:
        """Look in all streets of that name in the places asked for; anywhere if no place was given."""
        places = [place for part in asked.known for place in part.ids]
        if places or not asked.parts:
            areas = self._tables.areas(asked.keys, places if asked.parts else None)
            yield from self._in(areas, asked, None)

    def _near(self, asked: Asked) -> Iterator[Hit]:
        """Look in the streets whose names are a slip away, in the places asked for: the smallest first."""
        near: dict[str, int] = {}
        for place in sorted((place for part in asked.sure for place in part.places), key=lambda place: place.houses):
            near |= self._tables.names_near(asked.key, place.id, _MOST_NEAR_NAMES)
            if 1 in near.values():
                break
        places = [place for part in asked.sure for place in part.ids]
        for name, edits in near.items():
            areas = self._tables.areas([name], places)
            yield from self._in(areas, asked, ONE_EDIT if edits == 1 else MORE_EDITS)

    def _in(self, areas: Sequence[Area], asked: Asked, flaw: Flaw | None) -> Iterator[Hit]:
        ids = [place for part in asked.known for place in part.ids]
        inside = self._tables.places_of([area.id for area in areas], ids)
        for area in areas:
            spelling = (flaw,) if flaw else _spelling(asked, area.spelled)
            hits = AreaHits(area, asked, inside[area.id], self._model, spelling)
            rows = self._tables.houses(area.id, asked.number) if asked.number is not None else []
            yield from hits.of(rows or self._tables.houses(area.id))

    def _as_place(self, asked: Asked, *, edited: bool) -> Iterator[Hit]:
        """Take a lone name for a place."""
        parts = tuple(name_parts(self._tables, asked.street.split()))
        if parts and all(part.places and part.edited <= edited for part in parts):
            yield from self._places((*asked.parts, *parts), ())

    def _places(self, parts: Sequence[Part], flaws: tuple[Flaw, ...]) -> Iterator[Hit]:
        """Give the smallest place that all parts agree on; where they disagree, all of them."""
        known = sorted((part for part in parts if part.places), key=lambda part: min(place.houses for place in part.places))
        unknown = tuple(CONTRADICTED for part in parts if not (part.places or part.village_of))
        if not known:
            return
        smallest, others = known[0], known[1:]
        agreed = [place for place in smallest.places if all(self._tables.overlap([place.id], other.ids) for other in others)]
        apart = () if agreed else (CONTRADICTED,)
        near = tuple(NEAR_PLACE_ALONE for part in known if part.edited)
        for place in agreed or dict.fromkeys(place for part in known for place in part.places):
            yield place_hit(place, self._model, (*flaws, *unknown, *apart, *near))

    def _elsewhere(self, asked: Asked) -> Iterator[Hit]:
        """Look for a house of a rare name where the place asked for may be the mistake: one part, or parts at odds."""
        if asked.number is None or self._firm(asked.known):
            return
        anywhere = replace(asked, parts=())
        found = [hit for hit in self._named(anywhere) if not hit.candidate.level.coarse]
        for hit in found if len(found) <= _MOST_ELSEWHERE else ():
            candidate = replace(hit.candidate, match=Match.PARTIAL)
            yield Hit(candidate, (*hit.flaws, STREET_MISSING))

    def _firm(self, parts: Sequence[Part]) -> bool:
        """Tell whether two parts confirm each other, so that the place can hardly be the mistake; or there is none."""
        return not parts or any(self._tables.overlap(parts[0].ids, other.ids) for other in parts[1:])


def _spelling(asked: Asked, held: str) -> tuple[Flaw, ...]:
    """Compare a name that was found by its key. Who types some accents means the letter where one is missing."""
    if asked.spelled == held:
        return ()
    accents = asked.key == key(held) and not (asked.spelled.isascii() or held.isascii())
    return (ONE_EDIT,) if accents else (FOLDED,)


def settle(hits: Sequence[Hit], model: ErrorModel, *, source: str, attribution: str) -> Location:
    """Make one location of all that fits. There must be a hit.

    Of equally doubtful places the one with the widest spread comes first; ties go by label and position. Finds of one
    house widen its spread to reach them all.
    """
    least = min(hit.doubt for hit in hits)
    margin = 1 if least else 0
    rivals = sorted((hit for hit in hits if hit.doubt <= least + margin), key=_order)
    candidates = tuple(dict.fromkeys(hit.candidate for hit in rivals))
    first = candidates[0]
    apart_m = [_apart_m(first, other) for other in candidates]
    errors_m = [_error_m(first, other) for other in candidates]
    ambiguous = any(apart > error for apart, error in zip(apart_m, errors_m, strict=True))
    match = Match.AMBIGUOUS if ambiguous else first.match
    reach_m = 0.0 if ambiguous else max(apart_m)
    return Location(
        lat=first.lat,
        lon=first.lon,
        level=first.level,
        match=match,
        cep50_m=max(first.cep50_m, reach_m / 2),
        cep95_m=max(first.cep95_m, reach_m),
        gross_error=model.gross[match],
        source=source,
        attribution=attribution,
        candidates=candidates[:MOST_CANDIDATES],
    )


def _order(hit: Hit) -> tuple[int, float, str, float, float]:
    candidate = hit.candidate
    return hit.doubt, -candidate.cep95_m, candidate.label, candidate.lat, candidate.lon


def _apart_m(one: Candidate, other: Candidate) -> float:
    return distance_m(lat=one.lat, lon=one.lon, to_lat=other.lat, to_lon=other.lon)


def _error_m(one: Candidate, other: Candidate) -> float:
    """Tell how far apart two finds of the same place may lie: by their medians, or as entrances of one house."""
    return max(one.cep50_m + other.cep50_m, min(one.cep95_m, other.cep95_m, _ONE_HOUSE_M))
