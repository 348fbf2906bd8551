"""coverage-check audit: a table of past sales, looked back over."""

import sys
from collections.abc import Callable
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
    verdicts_of,
)
from coverage_check.cli.report_arguments import report_look, report_options
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
    from coverage_check.orders import Run, from_stdin
    from coverage_check.report.figures_text import figures_text

    wanted = verdicts_of(fail_on)
    defaults = Defaults(on=on, **{name: options[name] for name in ("product", "at", "receiver", "language")})
    run = Run(columns=columns_of(columns), defaults=defaults, **{name: options[name] for name in ("form", "sheet", "limit")})
    look = report_look(**{name: options[name] for name in ("title", "language", "hide", "hide_personal")})
    outputs = Outputs(table=output, report=report, figures=figures, by=by, options=look)
    settings = read_config(config)
    archive = Archive.open(settings.snapshots) if settings.snapshots else None
    with from_stdin(table) as source:
        audited = audit_sales(
            Checker.from_config(settings), source, outputs, archive=archive, run=run, progress=_shown(sys.stderr.isatty())
        )
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)
    say(figures_text(audited.figures))
    for path in filter(None, (output, figures, report)):
        tell(f"written: {path}")
    found = {verdict.value for verdict, count in audited.figures.own_day.counts.items() if count}
    return exit_code(found, wanted, geocoder_down=bool(audited.geocoder_down))


def _shown(terminal: bool) -> Callable[[int], None] | None:  # noqa: FBT001 - one caller, beside it
    """Show on a terminal how many sales are judged."""
    return (lambda rows: click.echo(f"\r\x1b[K{rows:,} sales", err=True, nl=False)) if terminal else None
