"""Several geocoders, one answer: the next is asked where one doesn't know, or two must agree.

The rules:

- `not found` needs every source to say so. If one is down, the answer is that a geocoder is down.
- Without `agreement`, the first sure house is the answer; else, of all that was found, the least doubtful.
- With `agreement`, two sources are asked. If both find the house in one place, that is the answer. If they find it in two
  places, the address is ambiguous, with the candidates of both. If only one finds it, the match is partial at best.
"""

from collections.abc import Sequence
from dataclasses import replace

from coverage_check.address import Query
from coverage_check.errors import AddressNotFound, GeocoderUnavailable, InvalidInput
from coverage_check.geocoders.base import Geocoder, Said
from coverage_check.geocoders.house_spread import distance_m
from coverage_check.location import Candidate, ErrorModel, Location, Match

_LEAST_APART_M = 100.0
"""Two sources that place a house no farther apart than this agree: they measure door, building or gate [A]."""

_MATCHES = (Match.EXACT, Match.FUZZY, Match.PARTIAL, Match.AMBIGUOUS)


class Chain:
    """Asks geocoders in order. A `Geocoder`.

    Parameters
    ----------
    geocoders
        Who is asked, the most trusted first.
    agreement
        Whether two of them must agree.
    errors
        How often a found place is the wrong one, by match.

    Raises
    ------
    InvalidInput
        Fewer geocoders than the rule needs.
    """

    def __init__(self, geocoders: Sequence[Geocoder], *, agreement: bool = False, errors: ErrorModel | None = None) -> None:
        if len(geocoders) < 1 + agreement:
            raise InvalidInput("A chain needs a geocoder, and agreement needs two.")
        self.geocoders = tuple(geocoders)
        self.agreement = agreement
        self._errors = errors or ErrorModel()

    @property
    def id(self) -> str:
        """Provenance: the sources in order, joined by ``+``, or by ``&`` if they must agree."""
        return ("&" if self.agreement else "+").join(geocoder.id for geocoder in self.geocoders)

    @property
    def attribution(self) -> str:
        """What all sources ask to be shown."""
        return "; ".join(dict.fromkeys(filter(None, (geocoder.attribution for geocoder in self.geocoders))))

    def over(self, geocoders: Sequence[Geocoder]) -> "Chain":
        """Give a chain of the same rule over other geocoders."""
        return Chain(geocoders, agreement=self.agreement, errors=self._errors)

    def locate(self, query: Query) -> Location:
        """Find the places that an address may mean, by the rules above.

        Raises
        ------
        AddressNotFound
            No source knows it, and all of them answered.
        GeocoderUnavailable
            Nothing was found, and a source did not answer or refused.
        LocateError
            What the first source says of a box or a property designation.
        """
        return self.conclude(self.ask(query))

    def ask(self, query: Query) -> list[Said]:
        """Ask the sources in order until enough are sure; keep what each says.

        Raises
        ------
        LocateError
            What the first source says of a box or a property designation.
        """
        said: list[Said] = []
        for geocoder in self.geocoders:
            try:
                said.append(Said(source=geocoder.id, location=geocoder.locate(query)))
            except (AddressNotFound, GeocoderUnavailable) as error:
                said.append(Said(source=geocoder.id, error=error))
            if sum(one.location is not None and _is_sure(one.location) for one in said) > self.agreement:
                break
        return said

    def conclude(self, said: Sequence[Said]) -> Location:
        """Make one location of what the sources said; raises as `locate` does."""
        found = [one.location for one in said if one.location is not None]
        errors = [one.error for one in said if one.error is not None]
        if not found:
            raise next((error for error in errors if isinstance(error, GeocoderUnavailable)), errors[0])
        return self._agreed(found) if self.agreement else min(found, key=_doubt)

    def _agreed(self, found: Sequence[Location]) -> Location:
        """Bring two finds together; one alone is partial at best."""
        first, *others = sorted(found, key=_doubt)
        if not others:
            return self._at_best(first, Match.PARTIAL)
        other = others[0]
        apart_m = distance_m(lat=first.lat, lon=first.lon, to_lat=other.lat, to_lon=other.lon)
        both = replace(
            first,
            source=_joined(first.source, other.source),
            attribution=_joined(first.attribution, other.attribution),
        )
        if apart_m > max(_LEAST_APART_M, first.cep95_m, other.cep95_m):
            candidates = tuple(dict.fromkeys((*_candidates(first), *_candidates(other))))
            return self._at_best(replace(both, candidates=candidates), Match.AMBIGUOUS)
        # Who knows only the street or the town doesn't confirm the house.
        return self._at_best(both, Match.PARTIAL) if other.level.coarse and not first.level.coarse else both

    def _at_best(self, location: Location, match: Match) -> Location:
        match = max(location.match, match, key=_MATCHES.index)
        return replace(location, match=match, gross_error=max(location.gross_error, self._errors.gross[match]))


def _is_sure(location: Location) -> bool:
    return location.match in {Match.EXACT, Match.FUZZY} and not location.level.coarse


def _doubt(location: Location) -> tuple[bool, int]:
    return location.level.coarse, _MATCHES.index(location.match)


def _joined(one: str, other: str) -> str:
    return "; ".join(dict.fromkeys(filter(None, (one, other))))


def _candidates(location: Location) -> tuple[Candidate, ...]:
    """Give what a source found; one that names no candidates has itself as its only one."""
    alone = Candidate(
        label=location.source,
        lat=location.lat,
        lon=location.lon,
        level=location.level,
        match=location.match,
        cep50_m=location.cep50_m,
        cep95_m=location.cep95_m,
    )
    return location.candidates or (alone,)
