"""The texts that a template is filled in with: numbers as Python writes them, whoever fills it in."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coverage_check.qualification import position_text, position_texts
from coverage_check.qualification.fill import COMPILED, REPR, Column, Filler, Texts, in_python

GAP = (b"", b"")
every_filler = pytest.mark.parametrize(
    "fill",
    [in_python, pytest.param(COMPILED, marks=pytest.mark.skipif(not COMPILED, reason="the C module was not built here"))],
    ids=["python", "c"],
)


def decimals_of(places: int) -> st.SearchStrategy[float]:
    """Decimals of so many places, up to 15 digits and beyond: those that are recorded, and those that just aren't."""
    return st.integers(-(10**16), 10**16).map(lambda n: n / 10**places)


def between(places: int) -> st.SearchStrategy[float]:
    """Numbers half-way between two decimals, or as near to that as a float comes."""
    return st.integers(-(10**9), 10**9).map(lambda n: (2 * n + 1) / 2 / 10**places)


numbers = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(-5000, 5000)
    | st.integers(0, 12).flatmap(decimals_of)
    | st.integers(0, 8).flatmap(between)
    | st.sampled_from(
        (0.0, -0.0, 1e16, 1e15, 1e8, 1e-4, 9.9999e-5, 1e-5, 0.1 + 0.2, 5e-324, 99_999_999.9, 1.7976931348623157e308)
    )
)


@every_filler
@given(st.lists(numbers))
def test_a_number_is_written_as_repr_does(fill: Filler, values: list[float]) -> None:
    found = fill(GAP, (np.array(values),), np.arange(len(values)), REPR)
    assert found == [repr(value).encode() for value in values]


@every_filler
@given(st.lists(numbers), st.integers(0, 9))
@example([0.5, 1.5, 2.5, -0.5, 1e22], 0)
@example([59.1234565, 59.0000005, -1e-9, 0.0000005, 9_999_999.9999995], 6)
def test_decimals_are_those_that_python_writes(fill: Filler, values: list[float], decimals: int) -> None:
    found = fill(GAP, (np.array(values),), np.arange(len(values)), decimals)
    assert found == [f"{value:.{decimals}f}".encode() for value in values]


@st.composite
def tasks(draw: st.DrawFn) -> tuple[tuple[bytes, ...], tuple[Column, ...], list[int]]:
    """Templates with all that could be taken for a gap, columns of both kinds, and rows in any order, some of them twice."""
    n = draw(st.integers(1, 6))
    texts = st.lists(st.text(st.sampled_from('a%sbö{}"\\\0€\U0001f4f6'), max_size=9).map(str.encode), min_size=1, max_size=4)

    def named(given: list[bytes]) -> st.SearchStrategy[Column]:
        codes = st.lists(st.integers(0, len(given) - 1), min_size=n, max_size=n)
        return codes.map(lambda codes: Texts(np.array(codes), given))

    column = st.lists(numbers, min_size=n, max_size=n).map(np.array) | texts.flatmap(named)
    columns = draw(st.lists(column, max_size=5))
    pieces = draw(st.lists(texts.map(b"".join), min_size=len(columns) + 1, max_size=len(columns) + 1))
    return tuple(pieces), tuple(columns), draw(st.lists(st.integers(0, n - 1), max_size=8))


@every_filler
@given(tasks())
def test_each_row_has_its_own_between_the_same_pieces(
    fill: Filler, task: tuple[tuple[bytes, ...], tuple[Column, ...], list[int]]
) -> None:
    pieces, columns, rows = task
    expected = []
    for row in rows:
        text = pieces[0]
        for column, piece in zip(columns, pieces[1:], strict=True):
            own = column.texts[int(column.codes[row])] if isinstance(column, Texts) else repr(float(column[row])).encode()
            text += own + piece
        expected.append(text)
    assert fill(pieces, columns, np.array(rows, dtype=np.intp), REPR) == expected


@every_filler
@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("decimals", [REPR, 6])
def test_what_is_no_number_is_refused_where_it_is_written(fill: Filler, number: float, decimals: int) -> None:
    column = np.array([1.0, number])
    with pytest.raises(ValueError, match="not finite"):
        fill(GAP, (column,), np.arange(2), decimals)
    assert fill(GAP, (column,), np.arange(1), REPR) == [b"1.0"]


@every_filler
def test_arrays_may_lie_in_memory_as_they_like(fill: Filler) -> None:
    table = np.arange(12.0).reshape(4, 3)
    texts = Texts(np.arange(6)[::-2], [b"a", b"b", b"c", b"d", b"e", b"f"])
    assert fill((b"", b" ", b""), (table[:, 1], texts), np.arange(4)[::2], REPR) == [b"1.0 f", b"7.0 b"]


@every_filler
@pytest.mark.parametrize(
    ("column", "rows"),
    [(np.zeros(2), [2]), (Texts(np.zeros(2, dtype=np.intp), [b""]), [2]), (Texts(np.array([1]), [b""]), [0])],
    ids=["a number", "a code", "a text"],
)
def test_what_is_not_there_is_not_read(fill: Filler, column: Column, rows: list[int]) -> None:
    with pytest.raises(IndexError):
        fill(GAP, (column,), np.array(rows), REPR)


@every_filler
@pytest.mark.parametrize("pieces", [(b"",), (b"", b"", b"")], ids=["fewer", "more"])
def test_pieces_and_columns_must_fit(fill: Filler, pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match=r"fit|shorter|longer"):
        fill(pieces, (np.zeros(1),), np.arange(1), REPR)


@pytest.mark.skipif(not COMPILED, reason="the C module was not built here")
@pytest.mark.parametrize(
    "column",
    [
        *(np.zeros(4, dtype=np.float32), np.zeros((2, 2)), np.zeros(4, dtype=np.int64), [0.0], None),
        *((np.zeros(4), [b""]), (np.zeros(4, dtype=np.intp), (b"",)), (np.zeros(4, dtype=np.intp), [""]), ()),
    ],
    ids=[
        "float32",
        "a table",
        "integers",
        "a list",
        "none",
        "codes of floats",
        "a tuple of texts",
        "texts of str",
        "nothing",
    ],
)
def test_the_compiled_one_takes_nothing_else_for_a_column(column: Column) -> None:
    assert COMPILED
    with pytest.raises(TypeError):
        COMPILED(GAP, (column,), np.arange(1), REPR)


def test_python_can_be_chosen() -> None:
    asked = "from coverage_check.qualification import fill; print(fill.CHOSEN is fill.in_python)"
    found = subprocess.run(
        [sys.executable, "-c", asked],
        env={**os.environ, "COVERAGE_CHECK_TEXTS": "python"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert found.stdout.strip() == "True"


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180))))
def test_many_positions_are_written_as_one_is(places: list[tuple[float, float]]) -> None:
    lat, lon = np.array(places).reshape(-1, 2).T
    assert position_texts(lat=lat, lon=lon) == [position_text(lat=y, lon=x).encode() for y, x in places]
