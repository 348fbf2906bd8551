"""Names are the same or not, whatever they are typed like."""

import unicodedata
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_check.geocoders.spelling import edits, expansions, halves, key, slips, spelled, tolerance

NAMES = st.text(alphabet="abcåäöéü ABÅÄÖ-.:ß'", max_size=12)
SHORT = st.text(alphabet="abc", max_size=7)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Vätövägen", "VÄTÖVÄGEN"),
        ("Vätövägen", "Vätö vägen"),
        ("Stora Brogatan", "Stora  Bro-gatan"),
        ("Hauptstraße", "HAUPTSTRASSE"),
    ],
)
def test_case_spaces_and_hyphens_are_spelling(one: str, other: str) -> None:
    assert spelled(one) == spelled(other)


@pytest.mark.parametrize(("one", "other"), [("Åsvägen", "Asvägen"), ("Örn", "Orn"), ("Vätövägen", "Vatovagen")])
def test_accents_are_a_doubt_but_share_a_key(one: str, other: str) -> None:
    assert spelled(one) != spelled(other)
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("Kyrkv.", "Kyrkvägen"),
        ("Kyrk v", "Kyrkvägen"),
        ("Storg.", "Storgatan"),
        ("S:t Eriksg.", "Sankt Eriksgatan"),
        ("St Nygatan", "Stora Nygatan"),
        ("N:a Hamngatan", "Norra Hamngatan"),
        ("Ö Ringv.", "Östra Ringvägen"),
        ("Landstr.", "Landstrasse"),
    ],
)
def test_abbreviations_lead_to_the_full_name(short: str, full: str) -> None:
    assert key(full) in expansions(short)


@pytest.mark.parametrize("name", ["Harg", "Berg", "Kyrkvägen", "Tallv", "", "v", "..."])
def test_names_without_abbreviation_stand_for_themselves(name: str) -> None:
    assert expansions(name) == ()


@given(NAMES)
def test_unicode_form_and_case_never_matter(name: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        again = unicodedata.normalize(form, name)
        assert spelled(again) == spelled(name) == spelled(name.upper())
        assert key(again) == key(name) == key(name.upper())


@given(st.text(max_size=20))
def test_any_text_has_a_key_without_spaces(text: str) -> None:
    assert not any(letter.isspace() for letter in key(text) + spelled(text))
    assert all(key(expansion) == expansion for expansion in expansions(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Norra vägen", "Södra vägen"),
        ("Storgatan", "Torggatan"),
        ("Östra Strandvägen", "Västra Strandvägen"),
        ("Österängsvägen", "Västerängsvägen"),
        ("Övre Kullagatan", "Yttre Kullagatan"),
        ("Ek", "El"),
    ],
)
def test_different_names_are_no_slips(one: str, other: str) -> None:
    assert slips(key(one), key(other)) is slips(key(other), key(one)) is None


@pytest.mark.parametrize(("typed", "name"), [("Vätövägne", "Vätövägen"), ("Nora vägen", "Norra vägen"), ("Horg", "Harg")])
def test_one_letter_is_a_slip(typed: str, name: str) -> None:
    assert slips(key(typed), key(name)) == 1


@given(SHORT, SHORT, st.integers(0, 3))
def test_edits_agree_with_the_definition(one: str, other: str, limit: int) -> None:
    @lru_cache
    def distance(i: int, j: int) -> int:
        """Optimal string alignment, as the textbooks define it."""
        if min(i, j) == 0:
            return max(i, j)
        ways = [distance(i - 1, j) + 1, distance(i, j - 1) + 1, distance(i - 1, j - 1) + (one[i - 1] != other[j - 1])]
        if min(i, j) > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
            ways.append(distance(i - 2, j - 2) + 1)
        return min(ways)

    assert edits(one, other, limit) == min(distance(len(one), len(other)), limit + 1)


@given(st.text(alphabet="abcdefgh", max_size=30))
def test_tolerance_grows_with_length_and_spares_short_names(name: str) -> None:
    assert tolerance(name) <= tolerance(name + "a") <= len(name) // 3 + 1
    assert tolerance(name[:2]) == 0


@given(st.text(alphabet="abc", min_size=2, max_size=9), st.integers(0, 8), st.text(alphabet="abcd", max_size=2))
def test_one_edit_leaves_one_half_as_it_was(one: str, at: int, put: str) -> None:
    head, tail = halves(one)
    for other in (one[:at] + put[:1] + one[at:], one[:at] + put[:1] + one[at + 1 :], one[:at] + put + one[at + 2 :]):
        if edits(one, other, 1) == 1:
            assert other.startswith(head) or other.endswith(tail)
    assert len(head) == len(tail) >= len(one) // 2 - 1
