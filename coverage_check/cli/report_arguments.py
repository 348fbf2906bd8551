"""What commands that write a report share: how it is split, what it leaves out, its title."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coverage_check.cli.arguments import PATH
from coverage_check.cli.running import tell

if TYPE_CHECKING:
    from coverage_check.report.html import Options

_HIDDEN = ("address", "position", "order")


def report_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add what a report is split by, what it leaves out, and which language it opens in."""
    options = (
        click.option("--report", type=PATH, metavar="R.html", help="The report as one HTML file to write."),
        click.option("--by", multiple=True, metavar="COLUMN", help="Split the figures by it, too; may be repeated."),
        click.option(
            "--hide", multiple=True, type=click.Choice(_HIDDEN), help="Leave this out of the report; may be repeated."
        ),
        click.option(
            "--hide-personal", is_flag=True, help="Leave addresses, positions and order numbers out of the report."
        ),
        click.option("--title", default="", help="Of the report."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def report_look(*, title: str, language: str, hide: tuple[str, ...], hide_personal: bool) -> "Options":
    """Make of a command's options how its report looks."""
    from coverage_check.report.html import PERSONAL, Options

    return Options(title=title, language=language, hide=PERSONAL if hide_personal else frozenset(hide))


def tell_cut(report: Path | None, *, listed: int, rows: int) -> None:
    """Say it where a report lists only some of its rows."""
    if report is not None and listed < rows:
        tell(f"{report.name} lists {listed:,} of {rows:,} rows, those to call first; its figures count all.")
