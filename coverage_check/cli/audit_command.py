"""coverage-check audit: a table of past sales, looked back over."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from coverage_check.cli.arguments import (
    PATH,
    PLACES,
    RECEIVERS,
    Day,
    columns_of,
    config_option,
    log_format_option,
    speed_options,
    verdicts_of,
)
from coverage_check.cli.progress import shown
from coverage_check.cli.report_arguments import report_look, report_options, tell_cut
from coverage_check.cli.running import exit_code, say, tell


@click.command()
@click.argument("table", metavar="SALES", type=PATH)
@report_options
@click.option("--figures", type=PATH, metavar="F.json", help="The report's figures to write, as .json or .csv.")
@click.option("-o", "--output", type=PATH, help="The sales with both verdicts to write: .csv, .jsonl, .parquet or .xlsx.")
@click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl", "parquet", "xlsx"]), help="Of -o, if its name doesn't say it."
)
@click.option("--column", "columns", multiple=True, metavar="NAME=COLUMN", help="Which column is what: date=Signerad.")
@click.option("--sheet", metavar="NAME", help="Of a workbook with several sheets.")
@click.option("--product", metavar="CODE", help="For rows that name none.")
@click.option("--on", type=Day(), help="The day of sale of rows that have none.")
@click.option("--at", type=PLACES, help="For rows without a place of use.")
@click.option("--receiver", type=RECEIVERS, help="For rows without a receiver.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N rows.")
@speed_options
@click.option(
    "--language",
    type=click.Choice(["sv", "en"]),
    default="sv",
    show_default=True,
    help="Of the sentences; the report opens in it.",
)
@click.option(
    "--fail-on",
    default="",
    metavar="VERDICTS",
    help="Verdicts on the day of sale that give an exit code other than 0, with commas between them.  [default: none]",
)
@config_option
@log_format_option
def audit(
    *,
    table: Path,
    output: Path | None,
    report: Path | None,
    figures: Path | None,
    by: tuple[str, ...],
    columns: tuple[str, ...],
    on: date | None,
    fail_on: str,
    config: str,
    **options: Any,
) -> int:
    """Look back over a table of sales: each as of its own day, and as of today; - is stdin."""
    from coverage_check.audit import Outputs, audit_sales
    from coverage_check.checker import Checker
    from coverage_check.config import read_config
    from coverage_check.coverage.archive import Archive
    from coverage_check.order_rows import Defaults
    from coverage_check.orders import Run, from_stdin, not_asked
    from coverage_check.report.figures_text import figures_text

    wanted = verdicts_of(fail_on)
    look = report_look(
        **{name: options.pop(name) for name in ("title", "hide", "hide_personal")}, language=options["language"]
    )
    outputs = Outputs(table=output, report=report, figures=figures, by=by, options=look)
    beside = next(iter(outputs.paths), None)
    if options["resume"] and beside is None:
        raise click.UsageError("--resume goes on with a file: name it with -o, --report or --figures.")
    own = {name: options.pop(name) for name in ("product", "at", "receiver", "language")}
    run = Run(columns=columns_of(columns), defaults=Defaults(on=on, **own), **options)
    settings = read_config(config)
    archive = Archive.open(settings.snapshots) if settings.snapshots else None
    checker = Checker.from_config(settings)
    with from_stdin(table) as source, shown("audit", beside) as progress:
        audited = audit_sales(checker, source, outputs, archive=archive, run=run, progress=progress)
    say(figures_text(audited.figures))
    for path in outputs.paths:
        tell(f"written: {path}")
    if audited.first_faulty_row is not None:
        first = f"the first is row {audited.first_faulty_row} below the header"
        sales = f"{audited.figures.faulty:,} sale{'' if audited.figures.faulty == 1 else 's'}"
        tell(f"{sales} could not be read: {first}; cc_error and the report say why.")
    if audited.geocoder_down:
        tell(f"{not_asked(audited.geocoder_down, no_geocoder=checker.geocoder is None)}.")
    tell_cut(report, listed=audited.listed, rows=audited.figures.rows)
    found = {verdict.value for verdict, count in audited.figures.own_day.counts.items() if count}
    return exit_code(found, wanted, geocoder_down=bool(audited.geocoder_down))
