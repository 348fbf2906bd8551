"""Files that say something cell by cell: what a cell's value means for one claim, and which cells make the layer.

A cell says yes, no, or nothing that is of use here (no data, a class that nobody explained, "one or two operators"). The
yeses are the claim. Yeses and noes together are where the file speaks: `survey_area = "cells"`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from coverage_check.coverage.fault import Fault

Value = str | int | float | bool
Verdicts = npt.NDArray[np.int8]
"""For each cell `YES`, `NO` or `SILENT`."""

YES, NO, SILENT = 1, 0, -1

SIGNAL_DBM = (-200.0, 0.0)
"""What can be a received signal. Anything else is a file's own way to say no data, such as -9999 or 255 (assumption)."""

_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """How a file of cells is to be read for one claim.

    Attributes
    ----------
    naming
        What names a cell: "corner" or "centre" (columns x and y), "code" (names such as 100mN58735E4942), "h3", or
        "pixel".
    columns
        The columns that name it: two for x and y, none for pixels.
    value
        The column that decides; None where being listed is the claim.
    yes, no
        Values that claim, and values that deny; every other is silent. Both None where the value is a signal.
    threshold_dbm
        A signal of at least this claims.
    at_least
        Rows count only if these columns have at least these numbers, such as a speed.
    size_m
        Side of a square cell in units of the file's CRS; None where the cell's name tells.
    band
        Of a raster; None for its only one.
    survey
        Whether all cells that speak are wanted, rather than those that claim.
    complete
        Whether every cell must speak, because something else says where the layer does.
    """

    naming: str
    columns: tuple[str, ...] = ()
    value: str | None = None
    yes: tuple[Value, ...] | None = None
    no: tuple[Value, ...] | None = None
    threshold_dbm: float | None = None
    at_least: Mapping[str, float] = field(default_factory=dict)
    size_m: float | None = None
    band: int | None = None
    survey: bool = False
    complete: bool = False

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Cells":
        """Make it from JSON."""
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**{**values, **lists})

    def wanted(self, verdicts: Verdicts) -> npt.NDArray[np.bool_]:
        """Mark the cells that make up what is read.

        Raises
        ------
        Fault
            UNDECIDED_CELLS or EMPTY_LAYER.
        """
        if self.complete and (silent := int((verdicts == SILENT).sum())):
            raise Fault(
                "UNDECIDED_CELLS",
                f'{silent} cells say neither yes nor no, so only the file knows where it speaks; use survey_area = "cells".',
            )
        chosen: npt.NDArray[np.bool_] = verdicts != SILENT if self.survey else verdicts == YES
        return chosen

    def judge_numbers(self, values: npt.NDArray[Any]) -> Verdicts:
        """Judge signals or numbered classes; NaN is silent."""
        verdicts = np.full(values.shape, SILENT, dtype=np.int8)
        if self.yes is None:
            low, high = SIGNAL_DBM
            signal = (values >= low) & (values <= high)
            verdicts[signal] = np.where(values[signal] >= self.threshold_dbm, YES, NO)
            return verdicts
        verdicts[np.isin(values, _numbers(self.no or ()))] = NO
        verdicts[np.isin(values, _numbers(self.yes))] = YES
        return verdicts

    def judge_texts(self, values: Sequence[str]) -> Verdicts:
        """Judge what stands in a table's column; an empty field is silent.

        Raises
        ------
        Fault
            NOT_A_NUMBER where a signal is none.
        """
        if self.value is None:
            return np.full(len(values), YES, dtype=np.int8)
        if self.yes is None:
            return self.judge_numbers(numbers(values, self.value))
        meaning = dict.fromkeys(map(plain, self.no or ()), NO) | dict.fromkeys(map(plain, self.yes), YES)
        of_text = {text: meaning.get(plain(text), SILENT) for text in set(values)}
        return np.array([of_text[text] for text in values], dtype=np.int8)


def plain(value: Value) -> str:
    """Write 3, 3.0, "3" and " 3,0" alike."""
    text = str(value).strip()
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else repr(number)


def numbers(texts: Sequence[str], column: str) -> npt.NDArray[np.float64]:
    """Read a column of numbers, with decimal point or comma; empty fields are NaN.

    Raises
    ------
    Fault
        NOT_A_NUMBER.
    """
    try:
        return np.array([float(text.replace(",", ".")) if text.strip() else np.nan for text in texts], dtype=np.float64)
    except ValueError:
        wrong = [row for row, text in enumerate(texts) if not _is_number(text)]
    refuse_rows("NOT_A_NUMBER", wrong, f"without a number in column {column!r}", "correct them or the declaration")
    raise AssertionError  # what can't be read as numbers has a row that isn't one


def refuse_rows(kind: str, rows: Sequence[int], what: str, cure: str) -> None:
    """Raise a fault that some rows have, if there are any; rows count from 0 here and from 1 in the message."""
    if len(rows):
        shown = ", ".join(str(row + 1) for row in rows[:_SHOWN]) + (", …" if len(rows) > _SHOWN else "")
        plural = "s" if len(rows) > 1 else ""
        raise Fault(kind, f"{len(rows)} row{plural} (number {shown} after the header) {what}; {cure}.")


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ".").strip() or "nan")
    except ValueError:
        return False
    return True


def _numbers(values: Sequence[Value]) -> npt.NDArray[np.float64]:
    return np.array([float(plain(value)) for value in values], dtype=np.float64)
