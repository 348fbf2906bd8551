"""How soon a report with 10,000 sales is open: ``python -m tests.benchmarks.report_opening [ROWS]``. Needs Chromium.

The sales are the made year's, over and over, each with its own number, address, sentences and place, so that no text is held
once for many. Every time is that of an empty Chromium on this machine: from asking for the file until the list and the map
stand there.
"""

import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from coverage_check.audit import audit_frame
from coverage_check.checker import Checker
from coverage_check.config import BUNDLED
from coverage_check.decision import Decision, Sentence
from coverage_check.report.judged import Answer, Judged
from tests.browser import running

ROWS = 10_000
TIMES = 5
CLICK = "document.getElementById('only-doubtful').click()"


def own(answer: Answer | None, number: int) -> Answer | None:
    """Give an answer texts and a place that no other has."""
    if not isinstance(answer, Decision):
        return answer
    place, step = answer.location, (number % 100 - 50) * 1e-4
    return replace(
        answer,
        address=replace(answer.address, normalised=f"{answer.address.normalised} ({number})"),
        location=replace(place, lat=place.lat + step, lon=place.lon - step) if place else None,
        sentence=Sentence(sv=f"{answer.sentence.sv} ({number})", en=f"{answer.sentence.en} ({number})"),
    )


def many(sales: list[Judged]) -> Iterator[Judged]:
    """Repeat sales without an end."""
    number = 0
    while True:
        for sale in sales:
            number += 1
            answer, today = own(sale.answer, number), own(sale.today, number)
            assert answer is not None
            yield replace(sale, row=number, reference=f"S-{number}", answer=answer, today=today)


def main(rows: int) -> None:
    """Print how long each step took."""
    sales = pd.read_csv(BUNDLED / "sales.csv", sep=";", dtype=str, keep_default_na=False)
    audited = audit_frame(Checker.from_config("demo"), sales)
    began = time.perf_counter()
    repeated = replace(audited, judged=list(islice(many(list(audited.judged)), rows)))
    with TemporaryDirectory() as folder:
        made = time.perf_counter()
        target = repeated.write_report(Path(folder) / "report.html")
        print(f"{rows:,} sales repeated in {made - began:.2f} s; written in {time.perf_counter() - made:.2f} s")
        print(f"{target.stat().st_size / 1e6:.1f} MB")
        opened, filtered = [], []
        for _ in range(TIMES):
            with running() as browser:
                page = browser.page()
                began = time.perf_counter()
                page.open(target)
                page.wait("document.querySelectorAll('#rows tbody tr').length > 0")
                page.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
                opened.append(time.perf_counter() - began)
                filtered.append(
                    page.run(f"(() => {{ const t = performance.now(); {CLICK}; return performance.now() - t; }})()")
                )
        print(f"open: median {statistics.median(opened):.2f} s, slowest {max(opened):.2f} s of {TIMES}")
        print(f"a filter: median {statistics.median(filtered):.0f} ms, slowest {max(filtered):.0f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
