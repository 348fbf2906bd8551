"""The cache remembers what is conclusive, for a while, and tells nobody who asked; the chain never guesses."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_check.address import Address, Query
from coverage_check.errors import (
    AddressNotFound,
    BatchRefused,
    FileRefused,
    GeocoderRateLimited,
    GeocoderRefused,
    GeocoderUnavailable,
    InvalidInput,
    LocateError,
    NoStreetPosition,
)
from coverage_check.geocoders.base import Geocoder
from coverage_check.geocoders.batches import for_batch
from coverage_check.geocoders.cached import Cached
from coverage_check.geocoders.chain import Chain
from coverage_check.geocoders.nominatim import PUBLIC_HOST, Nominatim
from coverage_check.location import Candidate, ErrorModel, Location, LocationLevel, Match

HARG = Address(given="harg 12", street="Harg", number=12, postcode="76021", places=("Vätö",))
KYRK = Address(given="", street="Kyrkvägen", number=3)


def found(
    lat: float = 59.81, match: Match = Match.EXACT, level: LocationLevel = LocationLevel.ADDRESS_POINT, cep95_m: float = 40.0
) -> Location:
    candidate = Candidate(label="Harg 12, 760 21 Vätö", lat=lat, lon=18.95, level=level, match=match, cep95_m=cep95_m)
    return Location(
        lat=lat,
        lon=18.95,
        level=level,
        match=match,
        cep50_m=8,
        cep95_m=cep95_m,
        source="made",
        attribution="Made up",
        candidates=(candidate,),
    )


@dataclass
class Told:
    """A geocoder that says what it was told to say, and counts how often it was asked."""

    answers: Sequence[Location | LocateError]
    id: str = "told:1"
    attribution: str = "Made up"
    asked: list[Query] = field(default_factory=list)

    def locate(self, query: Query) -> Location:
        """Give the next answer; the last one again and again."""
        self.asked.append(query)
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, LocateError):
            raise answer
        return answer


NOT_FOUND = AddressNotFound("The made-up geocoder knows no such address: ask another.")
DOWN = GeocoderUnavailable("The made-up geocoder is down: wait.")


# the cache --------------------------------------------------------------------------------------------------------


def test_an_answer_is_asked_for_once_and_comes_back_whole(tmp_path: Path) -> None:
    inner = Told([found(match=Match.AMBIGUOUS)])
    cache = Cached(inner, tmp_path / "cache.sqlite")
    assert cache.locate(HARG) == cache.locate(HARG) == inner.answers[0]
    assert len(inner.asked) == 1
    again = Cached(inner, tmp_path / "cache.sqlite")
    assert again.locate(HARG) == inner.answers[0]
    assert len(inner.asked) == 1
    assert isinstance(cache, Geocoder)
    assert (cache.id, cache.attribution) == (inner.id, inner.attribution)


def test_one_address_in_two_spellings_is_one_entry(tmp_path: Path) -> None:
    inner = Told([found()])
    cache = Cached(inner, tmp_path / "cache.sqlite")
    for street, place in (("Harg", "Vätö"), ("HARG", "VÄTÖ"), ("Harg", "Va\u0308to\u0308")):
        cache.locate(Address(given=street, street=street, number=12, postcode="76021", places=(place,)))
    assert len(inner.asked) == 1
    cache.locate(KYRK)
    assert len(inner.asked) == 2


def test_another_geocoder_has_its_own_answers(tmp_path: Path) -> None:
    Cached(Told([found()]), tmp_path / "cache.sqlite").locate(HARG)
    other = Told([found(lat=59.9)], id="told:2")
    assert Cached(other, tmp_path / "cache.sqlite").locate(HARG).lat == 59.9


@pytest.mark.parametrize("error", [DOWN, GeocoderRefused("Refused: mend."), GeocoderRateLimited("Wait: later.")])
def test_an_outage_is_never_remembered(tmp_path: Path, error: LocateError) -> None:
    inner = Told([error, found()])
    cache = Cached(inner, tmp_path / "cache.sqlite")
    with pytest.raises(type(error)):
        cache.locate(HARG)
    assert cache.locate(HARG) == found()


def test_what_one_source_found_while_another_was_down_is_not_remembered(tmp_path: Path) -> None:
    trusted, other = Told([DOWN, found()]), Told([found(match=Match.PARTIAL)], "told:2")
    cache = Cached(Chain([trusted, other]), tmp_path / "cache.sqlite")
    assert cache.locate(HARG).match is Match.PARTIAL
    assert cache.locate(HARG).match is Match.EXACT
    assert cache.locate(HARG).match is Match.EXACT
    assert len(trusted.asked) == 2


def test_one_server_asked_for_two_countries_has_two_answers(tmp_path: Path) -> None:
    told = [Told([found()], "nominatim:made.example"), Told([NOT_FOUND], "nominatim:made.example")]
    for geocoder, country in zip(told, ("se", "li"), strict=True):
        setattr(geocoder, "scope", country)  # noqa: B010 - as the clients of servers have it
    assert Cached(told[0], tmp_path / "cache.sqlite").locate(HARG) == found()
    with pytest.raises(AddressNotFound):
        Cached(told[1], tmp_path / "cache.sqlite").locate(HARG)
    assert Nominatim("http://made.example", country="LI").scope == "li"


def test_another_error_model_has_its_own_answers(tmp_path: Path) -> None:
    told = Told([found()])
    for gross in (0.1, 0.2, 0.1):
        Cached(told, tmp_path / "cache.sqlite", errors=ErrorModel(gross={Match.EXACT: gross})).locate(HARG)
    assert len(told.asked) == 2


def test_not_found_is_remembered_as_not_found(tmp_path: Path) -> None:
    inner = Told([NOT_FOUND, found()])
    cache = Cached(inner, tmp_path / "cache.sqlite")
    for _ in range(2):
        with pytest.raises(AddressNotFound):
            cache.locate(HARG)
    assert len(inner.asked) == 1


def _shift(path: Path, days: float) -> None:
    """Make all answers older."""
    with sqlite3.connect(path) as database:
        database.execute("update answer set asked_at = asked_at - ?", (days * 86_400,))
    database.close()


@pytest.mark.parametrize(("days", "asked"), [(29, 1), (31, 2), (-1, 2)])
def test_an_old_answer_and_one_from_the_future_are_asked_for_anew(tmp_path: Path, days: float, asked: int) -> None:
    inner = Told([found()])
    cache = Cached(inner, tmp_path / "cache.sqlite", max_age_days=30)
    cache.locate(HARG)
    _shift(cache.path, days)
    cache.locate(HARG)
    assert len(inner.asked) == asked


def test_purge_removes_what_is_too_old_or_all(tmp_path: Path) -> None:
    cache = Cached(Told([found(), NOT_FOUND, found()]), tmp_path / "cache.sqlite")
    cache.locate(HARG)
    with pytest.raises(AddressNotFound):
        cache.locate(KYRK)
    _shift(cache.path, 2)  # a not-found lives for a day, a place for thirty
    assert cache.purge() == 1
    assert cache.purge() == 0
    assert cache.purge(everything=True) == 1


def test_the_file_does_not_tell_who_was_asked_for(tmp_path: Path) -> None:
    secret = Address(given="Hemliga gatan 7", street="Hemliga gatan", number=7, places=("Hemlösa",))
    with pytest.raises(AddressNotFound):
        Cached(Told([NOT_FOUND]), tmp_path / "cache.sqlite").locate(secret)
    for file in tmp_path.iterdir():
        assert b"eml" not in file.read_bytes()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    # Without its key the file can't be searched for an address either.
    (tmp_path / "cache.sqlite.key").write_bytes(bytes(32))
    inner = Told([found()])
    Cached(inner, tmp_path / "cache.sqlite").locate(secret)
    assert len(inner.asked) == 1


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a cache, but a text that is long enough to be taken for one" * 20)
    with sqlite3.connect(tmp_path / "other.sqlite") as database:
        database.execute("create table precious (x)")
    database.close()
    for name in ("text", "other.sqlite", "no/such/folder"):
        with pytest.raises(FileRefused):
            Cached(Told([found()]), tmp_path / name)
    with pytest.raises(InvalidInput):
        Cached(Told([found()]), tmp_path / "cache.sqlite", max_age_days=0)


def test_a_cache_that_breaks_while_in_use_is_passed_by(tmp_path: Path) -> None:
    inner = Told([found()])
    cache = Cached(inner, tmp_path / "cache.sqlite")
    cache.locate(HARG)
    cache.path.write_bytes(os.urandom(5_000))
    assert cache.locate(HARG) == found()
    cache.path.unlink()
    assert cache.locate(HARG) == found()
    assert len(inner.asked) == 3


def test_a_stored_answer_that_can_not_be_read_is_asked_for_anew(tmp_path: Path) -> None:
    inner = Told([found()])
    cache = Cached(inner, tmp_path / "cache.sqlite")
    cache.locate(HARG)
    for text in ("{}", "null", "[1]", '{"candidates": [{"level": "no such"}]}', "not JSON"):
        with sqlite3.connect(cache.path) as database:
            database.execute("update answer set location = ?", (text,))
        database.close()
        assert cache.locate(HARG) == found()


_PROCESS = """
import sys
from pathlib import Path
from coverage_check.address import Address
from coverage_check.geocoders.cached import Cached
sys.path.insert(0, sys.argv[2])
from tests.unit.test_geocoders_cached import Told, found
cache = Cached(Told([found()]), Path(sys.argv[1]))
for number in range(40):
    assert cache.locate(Address(given="", street="Harg", number=number)) == found()
"""


def test_many_processes_share_one_cache(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    command = [sys.executable, "-c", _PROCESS, str(tmp_path / "cache.sqlite"), root]
    running = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) for _ in range(4)]
    for process in running:
        assert process.communicate()[1] == b""
        assert process.returncode == 0
    inner = Told([DOWN])
    cache = Cached(inner, tmp_path / "cache.sqlite")
    assert [cache.locate(Address(given="", street="Harg", number=number)) for number in range(40)] == [found()] * 40


# the chain --------------------------------------------------------------------------------------------------------


COARSE = found(level=LocationLevel.LOCALITY, match=Match.PARTIAL, cep95_m=5_000)


def test_the_first_sure_house_is_the_answer() -> None:
    later = Told([found(lat=59.9)])
    assert Chain([Told([found()]), later]).locate(HARG) == found()
    assert not later.asked


@pytest.mark.parametrize("first", [NOT_FOUND, DOWN, COARSE, found(match=Match.AMBIGUOUS), found(match=Match.PARTIAL)])
def test_the_next_is_asked_where_one_does_not_know(first: Location | LocateError) -> None:
    assert Chain([Told([first]), Told([found(lat=59.9)])]).locate(HARG).lat == 59.9


def test_the_least_doubtful_is_taken_where_none_is_sure() -> None:
    partial = found(match=Match.PARTIAL)
    assert Chain([Told([COARSE]), Told([partial]), Told([DOWN])]).locate(HARG) == partial


def test_not_found_needs_every_source() -> None:
    with pytest.raises(AddressNotFound):
        Chain([Told([NOT_FOUND]), Told([NOT_FOUND])]).locate(HARG)
    for order in ([NOT_FOUND, DOWN], [DOWN, NOT_FOUND]):
        with pytest.raises(GeocoderUnavailable):
            Chain([Told([answer]) for answer in order]).locate(HARG)


AGREEMENTS = [  # two answers → match, number of candidates
    (found(), found(), Match.EXACT, 1),
    (found(), found(lat=59.8105), Match.EXACT, 1),  # 56 m: door and gate
    (found(), found(lat=59.82), Match.AMBIGUOUS, 2),  # 1.1 km
    (found(match=Match.FUZZY), found(), Match.EXACT, 1),
    (found(), NOT_FOUND, Match.PARTIAL, 1),
    (found(), DOWN, Match.PARTIAL, 1),
    (found(), COARSE, Match.PARTIAL, 1),
    (found(lat=60.5), COARSE, Match.AMBIGUOUS, 2),
    (COARSE, COARSE, Match.PARTIAL, 1),
    (found(match=Match.AMBIGUOUS), NOT_FOUND, Match.AMBIGUOUS, 1),
]


@pytest.mark.parametrize(("one", "other", "match", "candidates"), AGREEMENTS)
@pytest.mark.parametrize("swapped", [False, True])
def test_two_sources_agree_or_there_is_doubt(
    one: Location | LocateError, other: Location | LocateError, match: Match, candidates: int, *, swapped: bool
) -> None:
    answers = [other, one] if swapped else [one, other]
    location = Chain([Told([answer], id=f"told:{n}") for n, answer in enumerate(answers)], agreement=True).locate(HARG)
    assert location.match is match
    assert len(location.candidates) == candidates


@given(st.sampled_from([59.7, 59.81, 59.9]), st.sampled_from([59.7, 59.81, 59.9]), st.sampled_from(list(Match)))
def test_agreement_never_makes_an_answer_surer(one: float, other: float, match: Match) -> None:
    order = list(Match)
    first, second = found(lat=one, match=match), found(lat=other, match=match)
    location = Chain([Told([first]), Told([second])], agreement=True).locate(HARG)
    assert order.index(location.match) >= order.index(match)
    assert location.gross_error >= first.gross_error


def test_a_chain_names_all_its_sources() -> None:
    chain = Chain([Told([found()], id="a:1"), Told([found()], id="b:1", attribution="B")], agreement=True)
    assert (chain.id, chain.attribution) == ("a:1&b:1", "Made up; B")
    assert isinstance(chain, Geocoder)


def test_a_chain_needs_enough_sources() -> None:
    for geocoders, agreement in (([], False), ([Told([found()])], True)):
        with pytest.raises(InvalidInput):
            Chain(geocoders, agreement=agreement)


# batches ----------------------------------------------------------------------------------------------------------


def test_a_batch_passes_the_cache_by_unless_asked_not_to(tmp_path: Path) -> None:
    inner = Told([found()])
    quiet = Cached(inner, tmp_path / "quiet.sqlite")
    asked_for = Cached(inner, tmp_path / "asked.sqlite", for_batches=True)
    assert for_batch(inner) is inner
    assert for_batch(quiet) is inner
    assert for_batch(asked_for) is asked_for
    chain = for_batch(Chain([quiet, inner], agreement=True))
    assert isinstance(chain, Chain)
    assert (chain.geocoders, chain.agreement) == ((inner, inner), True)


def test_a_public_server_answers_no_batch_however_it_is_wrapped(tmp_path: Path) -> None:
    public = Nominatim(f"https://{PUBLIC_HOST}", contact="a@made.example", pace_folder=tmp_path)
    cached = Cached(public, tmp_path / "cache.sqlite", for_batches=True)
    for geocoder in (public, cached, Chain([Told([NOT_FOUND]), public])):
        with pytest.raises(BatchRefused, match="no batches"):
            for_batch(geocoder).locate(HARG)
        with pytest.raises(NoStreetPosition):
            for_batch(public).locate(Address(given="Box 12", box="12"))
        assert for_batch(geocoder).id == geocoder.id
    assert for_batch(Chain([Told([found()]), public])).locate(HARG) == found()


def test_what_a_cache_for_batches_knows_is_answered_though_its_server_may_not_be_asked(tmp_path: Path) -> None:
    public = Nominatim(f"https://{PUBLIC_HOST}", contact="a@made.example", pace_folder=tmp_path)
    Cached(Told([found()], public.id), tmp_path / "cache.sqlite").locate(HARG)
    cached = Cached(public, tmp_path / "cache.sqlite", for_batches=True)
    assert for_batch(cached).locate(HARG) == found()
