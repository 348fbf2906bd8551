"""What commands are given: kinds of arguments, options that several share, and how pairs and lists are read."""

import re
from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from coverage_check.errors import InvalidInput
from coverage_check.logs import log_as

Command = TypeVar("Command", bound=Callable[..., object])

VERDICTS = ("deliverable", "conditional", "not_deliverable", "undetermined")
PLACES = click.Choice(["indoors", "outdoors", "vehicle"])
ENVIRONMENTS = click.Choice(["outdoor", "vehicle", "indoor"])
RECEIVERS = click.Choice(["handset", "indoor_router", "outdoor_antenna"])
PATH = click.Path(path_type=Path)


class Day(click.ParamType):  # type: ignore[type-arg] # generic only since click 8.4
    """A date such as 2025-11-01."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read an ISO date."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a date such as 2025-11-01.", param, ctx)


class OneAddress(click.Command):
    """A command whose argument is an address: never repeated on stderr, and it may begin with a minus."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take ``-2.9, -79.0`` as a position rather than an option, and an address without quotes as a mistake."""
        ctx.allow_extra_args = True
        rest = super().parse_args(ctx, [f" {word}" if _NEGATIVE_POSITION.match(word) else word for word in args])
        if rest:
            raise click.UsageError("The address must be one argument: put it in quotes.", ctx)
        return rest


_NEGATIVE_POSITION = re.compile(r"-\d[\d.,°]*[\s,;]")


def config_option(command: Command) -> Command:
    """Add ``--config``."""
    return click.option(
        "--config",
        default="coverage-check.toml",
        show_default=True,
        metavar="FILE",
        help="What to check with; 'demo' is the bundled fictitious network.",
    )(command)


def fail_on_options(command: Command) -> Command:
    """Add ``--fail-on`` and ``--exit-zero``, of commands that tell verdicts by their exit code."""
    command = click.option("--exit-zero", is_flag=True, help="Exit 0 whatever the verdicts are.")(command)
    return click.option(
        "--fail-on",
        default="conditional,not_deliverable,undetermined",
        show_default=True,
        metavar="VERDICTS",
        help="Verdicts that give an exit code other than 0, with commas between them.",
    )(command)


def speed_options(command: Command) -> Command:
    """Add how a table is worked through: by how many processes, how fast a server is asked, and from where on."""
    count = click.IntRange(min=1)
    options = (
        click.option("--workers", type=count, default=1, show_default=True, metavar="N", help="Processes that decide."),
        click.option(
            "--at-once",
            type=count,
            default=4,
            show_default=True,
            metavar="N",
            help="Questions to a server at a time.",
        ),
        click.option("--resume", is_flag=True, help="Go on from what an interrupted run left beside the output."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def format_option(*choices: str) -> Callable[[Command], Command]:
    """Add ``--format`` with these choices, the first of which is the default."""
    return click.option("--format", "form", type=click.Choice(choices), default=choices[0], show_default=True)


def log_format_option(command: Command) -> Command:
    """Add ``--log-format``, which says how everything but results is told; it takes effect as it is read."""
    return click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        envvar="COVERAGE_CHECK_LOG",
        expose_value=False,
        is_eager=True,
        callback=lambda _context, _option, form: log_as(form) if form else None,
        help="How messages stand on stderr: sentences, or JSON lines.  [default: text]",
    )(command)


def columns_of(columns: Collection[str]) -> dict[str, str]:
    """Read the values of ``--column``: what a column holds → its name."""
    pairs = [item.partition("=") for item in columns]
    if not all(name and sign and column for name, sign, column in pairs):
        raise click.BadParameter("Write --column as NAME=COLUMN, such as address=Leveransadress.")
    return {name: column for name, _, column in pairs}


def levels_dbm(thresholds: Collection[str]) -> dict[str, float]:
    """Read the values of ``--threshold``: technology → dBm."""
    try:
        return {name: float(dbm) for name, dbm in columns_of(thresholds).items()}
    except (ValueError, click.BadParameter):
        raise click.BadParameter("Write --threshold as TECHNOLOGY=DBM, such as 4G=-105.") from None


def verdicts_of(fail_on: str) -> frozenset[str]:
    """Read the value of ``--fail-on``."""
    words = frozenset(word.strip() for word in fail_on.split(",") if word.strip())
    if unknown := words - set(VERDICTS):
        raise InvalidInput(f"--fail-on knows no {min(unknown)!r}: use {', '.join(VERDICTS)}, with commas.")
    return words
