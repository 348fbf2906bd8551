"""How far a run of orders is, and how it came out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from coverage_check.decision import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is.

    Attributes
    ----------
    rows, share
        Rows done, and how much of the table has been read, 0 to 1.
    resumed_rows
        How many of them an earlier run had done.
    seconds
        Since this run began.
    """

    rows: int
    share: float
    resumed_rows: int
    seconds: float

    @property
    def rows_a_second(self) -> float:
        """The rate of this run."""
        return (self.rows - self.resumed_rows) / max(self.seconds, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """What the rest will take at this rate; None if nothing is known yet."""
        if not self.share or not self.rows_a_second:
            return None
        return self.rows * (1 / self.share - 1) / self.rows_a_second


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How a table of orders came out.

    Attributes
    ----------
    faulty_rows, first_faulty_row
        Rows that could not be read, and which is the first of them; the row below the header is 1.
    geocoder_down, no_geocoder
        Rows whose address nobody could be asked about, and whether that is because no geocoder is configured.
    resumed_rows
        Rows that an earlier run had decided.
    listed
        How many rows the report lists; fewer than there are where it was cut.
    faults
        The first faults, with their rows.
    judged_as_of
        The day that all rows were judged by because no column is one and none was given; else None.
    """

    rows: int
    verdicts: Mapping[Verdict, int]
    faulty_rows: int
    first_faulty_row: int | None = None
    geocoder_down: int = 0
    no_geocoder: bool = False
    resumed_rows: int = 0
    listed: int = 0
    faults: tuple[str, ...] = ()
    judged_as_of: date | None = None

    @property
    def text(self) -> str:
        """One line for a person."""
        counts = ", ".join(f"{count} {verdict.value.replace('_', ' ')}" for verdict, count in self.verdicts.items())
        parts = [f"{_rows_text(self.rows)}: {counts or 'none'}"]
        if self.faulty_rows:
            first = f"the first is row {self.first_faulty_row} below the header (cc_error says why)"
            parts.append(f"{_rows_text(self.faulty_rows)} could not be read, {first}")
        if self.geocoder_down:
            parts.append(not_asked(self.geocoder_down, no_geocoder=self.no_geocoder))
        return f"{'; '.join(parts)}."


def _rows_text(count: int) -> str:
    """Write a number of rows: 1 row, 2 rows."""
    return f"{count} row{'' if count == 1 else 's'}"


def not_asked(count: int, *, no_geocoder: bool) -> str:
    """Say that some rows' addresses could not be asked for, and what to do."""
    if no_geocoder:
        return f"{count} not asked, no geocoder is configured: add [geocoder] to the config, or give positions"
    return f"{count} not asked, the geocoder did not answer: run again"
