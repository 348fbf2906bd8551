"""Answers that are kept are those that are given back, whatever they hold."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coverage_check.order_rows import Answer
from coverage_check.orders.packing import packed, unpacked

digest = st.binary(min_size=32, max_size=32).map(bytes.hex)
number = st.floats(allow_nan=False, allow_infinity=False)
text = st.text(st.characters(codec="utf-8"), max_size=8)
kinds = [number, number | st.none(), digest, digest | st.none(), digest.map(str.upper), text | st.none(), st.none()]
value = st.one_of(*kinds, st.integers(), st.booleans(), st.lists(text, max_size=2))


@st.composite
def tables(draw: st.DrawFn) -> list[Answer]:
    columns = draw(st.lists(st.sampled_from([*kinds, value]), max_size=6))
    return draw(st.lists(st.tuples(*columns), max_size=6))


@given(answers=tables())
@example(answers=[(-0.0, "numbers"), (None, "digests")])
@example(answers=[("é" * 64, "٠" * 64, "0" * 63)])
@example(answers=[("a\0b", "", "x"), ("", "", "y")])
@example(answers=[(), ()])
def test_what_was_packed_is_unpacked(answers: list[Answer]) -> None:
    assert repr(unpacked(packed(answers))) == repr(answers)  # which tells 1 from 1.0 and from True


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_not_kept(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        packed([(0.5,), (number,), (None,)])
