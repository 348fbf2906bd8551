"""An audit of a data frame, for notebooks: the same rows with both verdicts, the figures, and the report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coverage_check.audit.judging import Auditor
from coverage_check.audit.noting import ANSWER, answer_row
from coverage_check.coverage.archive import Archive
from coverage_check.errors import TableInvalid
from coverage_check.order_frames import frame_rows
from coverage_check.order_rows import Defaults, find_columns
from coverage_check.orders import whole
from coverage_check.report.figures import Figures
from coverage_check.report.html import Options
from coverage_check.report.judged import Judged
from coverage_check.report.splitting import Splitting

if TYPE_CHECKING:
    import pandas as pd

    from coverage_check.checker import Checker


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedFrame:
    """An audited data frame.

    Attributes
    ----------
    frame
        The same rows and index, every column untouched, and the cc_… columns of both days.
    figures
        Counts, shares, intervals and money.
    """

    frame: "pd.DataFrame"
    figures: Figures
    auditor: Auditor
    judged: Sequence[Judged]
    splitting: Splitting

    def write_report(self, target: str | Path, options: Options | None = None) -> Path:
        """Write the HTML report, whole or not at all.

        Raises
        ------
        OutputRefused
            It can't be written.
        """
        report = self.auditor.report(self.splitting, options or Options())
        for row in self.judged:
            report.add(row)
        with whole(Path(target)) as out:
            out.write(self.auditor.page(report))
        return Path(target)


def audit_frame(
    checker: "Checker",
    sales: "pd.DataFrame",
    *,
    archive: Archive | None = None,
    by: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    **defaults: str,
) -> AuditedFrame:
    """Judge each row of a data frame of sales.

    Parameters
    ----------
    archive
        The deliveries by day of publication; see `Auditor`.
    by
        Columns to split by, beside product and month; without any the usual ones.
    columns
        Canonical name → the frame's column, where the names don't say it.
    **defaults
        product, on, at, receiver, language for rows that have none.

    Raises
    ------
    TableInvalid
        A column is missing or named twice, there is no day of sale, or a cc_… column is there already.
    """
    import pandas as pd  # noqa: PLC0415 - only analysts need it

    otherwise = Defaults.of(**defaults)
    header = [str(name) for name in sales.columns]
    rows = frame_rows(sales, columns, otherwise, errors=checker.errors)
    places = find_columns(header, columns, otherwise)
    if "date" not in places and otherwise.on is None:
        raise TableInvalid("The frame has no column that is the day of sale: name it in columns, or give on.")
    splitting = Splitting.of(header, places, by=by, months=True)
    auditor = Auditor(checker, archive=archive)
    cells = list(sales.astype(object).where(sales.notna(), None).itertuples(index=False, name=None))
    references = ["" if "order_id" not in places else str(row[places["order_id"]]) for row in cells]
    judged = [
        auditor.judged(n + 1, row, outcomes, reference=references[n], values=splitting.values(cells[n], row))
        for n, (row, outcomes) in enumerate(zip(rows, auditor.judge_many(rows), strict=True))
    ]
    report = auditor.report(splitting, Options())
    for row in judged:
        report.add(row)
    answers = pd.DataFrame([answer_row(row, otherwise.language) for row in judged], index=sales.index, columns=list(ANSWER))
    return AuditedFrame(
        frame=pd.concat([sales, answers], axis=1),
        figures=report.figures,
        auditor=auditor,
        judged=judged,
        splitting=splitting,
    )
