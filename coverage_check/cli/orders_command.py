"""coverage-check orders: a table of orders, checked before they are released."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coverage_check.cli.arguments import (
    PATH,
    PLACES,
    RECEIVERS,
    Day,
    columns_of,
    config_option,
    fail_on_options,
    log_format_option,
    speed_options,
    verdicts_of,
)
from coverage_check.cli.ledger_commands import PLACE
from coverage_check.cli.progress import shown
from coverage_check.cli.report_arguments import report_look, report_options, tell_cut
from coverage_check.cli.running import exit_code, say, tell
from coverage_check.logs import logs_json

if TYPE_CHECKING:
    from coverage_check.checker import Checker
    from coverage_check.orders import Record, Run, Summary


def _table_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add what says how a table is read, and what holds for rows that don't say."""
    options = (
        click.option("--column", "columns", multiple=True, metavar="NAME=COLUMN", help="Which column is what: address=Adr."),
        click.option("--sheet", metavar="NAME", help="Of a workbook with several sheets."),
        click.option("--product", metavar="CODE", help="For rows that name none."),
        click.option("--on", type=Day(), help="For rows without a date.  [default: today]"),
        click.option("--at", type=PLACES, help="For rows without a place of use."),
        click.option("--receiver", type=RECEIVERS, help="For rows without a receiver."),
        click.option(
            "--language", type=click.Choice(["sv", "en"]), default="sv", show_default=True, help="Of the sentence."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _run_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add what says how a table is worked through."""
    options = (
        click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N rows."),
        speed_options,
        click.option("--ledger", type=PLACE, help="Record each decision there, before it is written, under its order_id."),
        click.option("--dry-run", is_flag=True, help="Only read: tell which rows can't be, and decide nothing."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("table", metavar="IN", type=PATH)
@click.option("-o", "--output", type=PATH, help="File to write; appears whole or not at all.  [default: stdout]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl", "parquet", "xlsx"]),
    help="Of the output.  [default: what the output's name says, else csv]",
)
@_table_options
@_run_options
@report_options
@config_option
@fail_on_options
@log_format_option
def orders(
    *,
    table: Path,
    output: Path | None,
    columns: tuple[str, ...],
    on: date | None,
    config: str,
    fail_on: str,
    exit_zero: bool,
    dry_run: bool,
    ledger: str | None,
    report: Path | None,
    by: tuple[str, ...],
    title: str,
    hide: tuple[str, ...],
    hide_personal: bool,
    **options: Any,
) -> int:
    """Check every row of a table (CSV, XLSX, Parquet) before the orders are released; - is stdin."""
    from coverage_check.checker import Checker
    from coverage_check.order_rows import Defaults
    from coverage_check.orders import ReportFile, Run, check_orders, from_stdin

    wanted = verdicts_of(fail_on)
    if options["resume"] and output is None:
        raise click.UsageError("--resume goes on with a file: name it with -o.")
    own = {name: options.pop(name) for name in ("product", "at", "receiver", "language")}
    look = report_look(title=title, language=own["language"], hide=hide, hide_personal=hide_personal)
    page = ReportFile(target=report, by=by, options=look) if report else None
    defaults = Defaults(on=on, **own)
    run = Run(columns=columns_of(columns), defaults=defaults, ledger=ledger or "", report=page, **options)
    checker = Checker.from_config(config)
    with from_stdin(table) as source:
        if dry_run:
            summary = _read(checker, source, run)
            _tell_day(summary)
        else:
            with _recording(ledger, run) as record, shown("orders", output) as progress:
                summary = check_orders(checker, source, output or sys.stdout, run, record=record, progress=progress)
            _tell_day(summary)
            if not logs_json():  # where it was logged
                tell(summary.text)
            tell_cut(report, listed=summary.listed, rows=summary.rows)
    found = {verdict.value for verdict in summary.verdicts}
    if summary.faulty_rows:
        found.add("undetermined")
    return 0 if exit_zero else exit_code(found, wanted, geocoder_down=bool(summary.geocoder_down))


@contextmanager
def _recording(ledger: str | None, run: "Run") -> Iterator["Record | None"]:
    if ledger is None:
        yield None
        return
    from coverage_check.ledger import Ledger
    from coverage_check.orders import recorded_in

    with Ledger.open(ledger) as opened:
        yield recorded_in(opened, language=run.defaults.language)


def _tell_day(summary: "Summary") -> None:
    if summary.judged_as_of and not logs_json():  # where it was logged
        tell(f"judged as of {summary.judged_as_of}, for no column is the day")


def _read(checker: "Checker", source: Path, run: "Run") -> "Summary":
    from coverage_check.orders import read_through

    summary = read_through(checker, source, run)
    for fault in summary.faults:
        say(fault)  # it may repeat a cell, so it is a result, not a message
    if more := summary.faulty_rows - len(summary.faults):
        say(f"and {more:,} more: no more than {len(summary.faults)} are listed")
    rows = "row" if summary.rows == 1 else "rows"
    say(f"{summary.rows:,} {rows} below the header, of which {summary.faulty_rows:,} can't be read. Nothing was decided.")
    return summary
