"""The report of a table: one HTML file that needs no network, no server and no library.

report = Report(columns=["product"])
for judged in …: report.add(judged)
report.html(snapshots)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from coverage_check.coverage.snapshot import Snapshot
from coverage_check.decision import RULES
from coverage_check.errors import InvalidInput
from coverage_check.report.figures import Figures, Tally
from coverage_check.report.html.ground import draw_ground
from coverage_check.report.html.listing import Listing
from coverage_check.report.html.page import Frame, page
from coverage_check.report.html.words import PAGE, filled
from coverage_check.report.judged import Judged
from coverage_check.report.noted import PERSONAL, POSITION, Noted, note
from coverage_check.wording import Words

__all__ = ["PERSONAL", "Options", "Report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a report looks.

    Attributes
    ----------
    title
        Instead of the usual one, which both languages have.
    language
        The one that the page opens with, ``sv`` or ``en``; it holds both.
    hide
        Personal data to leave out, of `PERSONAL`.

    Raises
    ------
    InvalidInput
        No such language, or nothing of that name to leave out.
    """

    title: str = ""
    language: str = "sv"
    hide: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if self.language not in ("sv", "en"):
            raise InvalidInput(f"There is no report in {self.language!r}: use sv or en.")
        if unknown := self.hide - PERSONAL:
            raise InvalidInput(f"{min(unknown)!r} can't be left out: use {', '.join(sorted(PERSONAL))}.")


class Report:
    """Collects judged rows, counts them, and writes the page.

    Parameters
    ----------
    columns
        Names of the columns to split by, in the order of `Judged.values`.
    audit
        Whether rows have a verdict of today beside that of their own day.
    """

    def __init__(self, *, columns: Sequence[str] = (), audit: bool = False, options: Options | None = None) -> None:
        self.options = options or Options()
        self._audit = audit
        self._tally = Tally(columns)
        self._listing = Listing()

    def add(self, judged: Judged) -> None:
        """Take one row."""
        self.take(note(judged, self.options.hide))

    def take(self, noted: Noted) -> None:
        """Take what was noted of one row, without what is to be left out."""
        self._tally.add(noted)
        self._listing.add(noted)

    @property
    def figures(self) -> Figures:
        """The figures of all rows so far."""
        return self._tally.figures

    @property
    def listed(self) -> int:
        """How many rows the page lists."""
        return len(self._listing.rows)

    def html(self, snapshots: Sequence[Snapshot], *, made_on: date, products_sha256: str = "") -> str:
        """Write the page.

        Parameters
        ----------
        snapshots
            What was decided from, the latest last.
        made_on
            The day that counts as today.
        products_sha256
            Hash of the product catalogue.
        """
        rows = self._listing.rows
        ground = None if POSITION in self.options.hide else draw_ground(rows, snapshots, on=made_on)
        sources = [(PAGE["snapshots"], _snapshot_words(snapshot)) for snapshot in snapshots]
        sources += [
            (PAGE[label], Words(text, text)) for label, text in (("products", products_sha256[:12]), ("rules", RULES))
        ]
        frame = Frame(
            audit=self._audit,
            title=self.options.title,
            language=self.options.language,
            made_on=made_on,
            hidden=bool(self.options.hide),
            sources=sources,
        )
        text = page(self.figures, rows, ground, frame=frame)
        return text.encode("utf-8", "replace").decode("utf-8")  # half a character of a broken table is no text


def _snapshot_words(snapshot: Snapshot) -> Words:
    newest = max(layer.published for layer in snapshot.layers)
    day = filled(PAGE["map_of"], day=f"{newest}")
    name = snapshot.id[:12]
    return Words(f"{name}, {day.sv}", f"{name}, {day.en}")
