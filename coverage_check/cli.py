"""The command line: arguments and exit codes. Each command makes one public call.

Results go to stdout, everything else to stderr. Exit codes: 0 all deliverable or work done, 1 something not deliverable or
conditional, 2 usage, 3 something undetermined, 4 input, config or coverage data unusable, 5 geocoder down, 130 interrupted,
141 closed pipe.
"""

import io
import json
import os
import re
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from coverage_check.errors import CoverageCheckError, GeocoderUnavailable, InvalidInput, OutputRefused
from coverage_check.version import __version__

if TYPE_CHECKING:
    from coverage_check.decision import Decision

Command = TypeVar("Command", bound=Callable[..., object])

_VERDICTS = ("deliverable", "conditional", "not_deliverable", "undetermined")
_PLACES = click.Choice(["indoors", "outdoors", "vehicle"])
_RECEIVERS = click.Choice(["handset", "indoor_router", "outdoor_antenna"])
_ENVIRONMENTS = click.Choice(["outdoor", "vehicle", "indoor"])
_PATH = click.Path(path_type=Path)


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


def _config(command: Command) -> Command:
    return click.option(
        "--config",
        default="coverage-check.toml",
        show_default=True,
        metavar="FILE",
        help="What to check with; 'demo' is the bundled fictitious network.",
    )(command)


def _fail_on(command: Command) -> Command:
    command = click.option("--exit-zero", is_flag=True, help="Exit 0 whatever the verdicts are.")(command)
    return click.option(
        "--fail-on",
        default="conditional,not_deliverable,undetermined",
        show_default=True,
        metavar="VERDICTS",
        help="Verdicts that give an exit code other than 0, with commas between them.",
    )(command)


def _format(*choices: str) -> Callable[[Command], Command]:
    return click.option("--format", "form", type=click.Choice(choices), default=choices[0], show_default=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="coverage-check %(version)s")
def commands() -> None:
    """Tell whether a mobile product can be delivered at an address: how sure, why, and what can be offered instead.

    Start with: coverage-check demo
    """


@commands.command(cls=OneAddress)
@click.argument("address", required=False)
@click.option("--lat", help="Latitude in degrees, WGS 84, instead of an address; its digits say how sure it is.")
@click.option("--lon", help="Longitude in degrees, WGS 84.")
@click.option("--product", required=True, metavar="CODE", help="Product code from products.toml.")
@click.option("--on", type=Day(), help="The day that is asked about.  [default: today]")
@click.option("--at", type=_PLACES, help="Where it will be used, if not as sold.")
@click.option("--receiver", type=_RECEIVERS, help="What it will be used with, if not as sold.")
@_format("text", "json")
@_config
@_fail_on
def check(
    address: str | None,
    *,
    lat: str | None,
    lon: str | None,
    product: str,
    on: date | None,
    at: str | None,
    receiver: str | None,
    form: str,
    config: str,
    fail_on: str,
    exit_zero: bool,
) -> int:
    """Check one address, or one position with --lat and --lon."""
    from coverage_check.checker import Checker
    from coverage_check.location import Location

    wanted = _wanted(fail_on)
    if (address is None) == (lat is None and lon is None) or (lat is None) != (lon is None):
        raise click.UsageError("Give an ADDRESS, or both --lat and --lon.")
    checker = Checker.from_config(config, addresses=address is not None)
    if lat is not None and lon is not None:
        place = Location.written(lat=lat, lon=lon, errors=checker.errors)
        decision = checker.check_location(place, product=product, on=on, at=at, receiver=receiver)
    else:
        decision = checker.check((address or "").strip(), product=product, on=on, at=at, receiver=receiver)
    _say(decision.to_json(indent=2) if form == "json" else _decision_text(decision))
    return 0 if exit_zero else _exit_code({decision.verdict.value}, wanted, geocoder_down=_down(decision))


@commands.command()
@click.argument("table", metavar="IN", type=_PATH)
@click.option("-o", "--output", type=_PATH, help="File to write; appears whole or not at all.  [default: stdout]")
@click.option(
    "--column", "columns", multiple=True, metavar="NAME=COLUMN", help="Which column holds what: address=Leveransadress."
)
@click.option("--product", metavar="CODE", help="For rows that name none.")
@click.option("--on", type=Day(), help="For rows without a date.  [default: today]")
@click.option("--at", type=_PLACES, help="For rows without a place of use.")
@click.option("--receiver", type=_RECEIVERS, help="For rows without a receiver.")
@click.option("--language", type=click.Choice(["sv", "en"]), default="sv", show_default=True, help="Of the sentence.")
@_format("csv", "jsonl")
@_config
@_fail_on
def orders(
    *,
    table: Path,
    output: Path | None,
    columns: tuple[str, ...],
    form: str,
    config: str,
    fail_on: str,
    exit_zero: bool,
    **defaults: Any,
) -> int:
    """Check every row of a CSV file before the orders are released; - is stdin."""
    from coverage_check.checker import Checker
    from coverage_check.order_rows import Defaults
    from coverage_check.orders import check_orders, from_stdin

    wanted = _wanted(fail_on)
    chosen = _chosen(columns)
    checker = Checker.from_config(config)
    with from_stdin(table) as source:
        summary = check_orders(
            checker, source, output or sys.stdout, columns=chosen, defaults=Defaults.of(**defaults), form=form
        )
    click.echo(summary.text, err=True)
    found = {verdict.value for verdict in summary.verdicts}
    return 0 if exit_zero else _exit_code(found, wanted, geocoder_down=bool(summary.geocoder_down))


@commands.command(name="import")
@click.argument("layers_toml", metavar="LAYERS.toml", type=_PATH)
@click.option("-o", "--output", required=True, type=_PATH, metavar="SNAPSHOT/", help="Folder to write.")
@click.option("--overwrite", is_flag=True, help="Replace a snapshot that is already there.")
@click.option(
    "--previous", type=_PATH, metavar="SNAPSHOT/", help="Of the last delivery: what changed much stops the import."
)
@click.option("--accept", multiple=True, metavar="CODE:LAYER", help="Such a change that is right: AREA_CHANGED:4g-good.")
@click.option(
    "--calibration", type=_PATH, metavar="CURVES.toml", help="What `calibrate` measured: decisions use and cite it."
)
def import_(layers_toml: Path, *, output: Path, **options: Any) -> int:
    """Read an operator's files into a snapshot, with the quality report."""
    from coverage_check.coverage.snapshot import import_layers
    from coverage_check.report.text import layers_text, quality_text

    snapshot = import_layers(layers_toml, output, progress=_progress if sys.stderr.isatty() else None, **options)
    _say(f"snapshot {snapshot.id[:12]} in {output}\n{layers_text(snapshot.layers)}\n{quality_text(snapshot.quality)}")
    return 0


@commands.command()
@click.argument("snapshot", metavar="SNAPSHOT/", type=_PATH)
@_format("text", "json")
def layers(snapshot: Path, *, form: str) -> int:
    """List the layers of a snapshot."""
    from coverage_check.coverage.snapshot import Snapshot
    from coverage_check.report.text import layers_json, layers_text, quality_text

    opened = Snapshot.open(snapshot)
    if form == "json":
        _say(layers_json(opened.id, opened.layers, opened.quality))
    else:
        _say(f"{layers_text(opened.layers)}\n{quality_text(opened.quality)}")
    return 0


@commands.command()
@click.argument("snapshot", metavar="SNAPSHOT/", type=_PATH)
@click.argument("tables", metavar="MEASUREMENTS…", type=_PATH, nargs=-1, required=True)
@click.option("-o", "--output", type=_PATH, metavar="CURVES.toml", help="Where to write the curves; only if there is one.")
@click.option("--plot", type=_PATH, metavar="PLOT.svg", help="Where to draw what was measured over what was declared.")
@click.option("--threshold", "thresholds", multiple=True, metavar="4G=DBM", help="What counts as served, by technology.")
@click.option("--network", default="", help="Whose the readings are that name no network.")
@click.option("--technology", help="Of the readings that name none: 2G, 3G, 4G or 5G.")
@click.option("--environment", type=_ENVIRONMENTS, default="outdoor", show_default=True, help="Where they were taken.")
@click.option("--receiver", type=_RECEIVERS, default="handset", show_default=True, help="What they were taken with.")
@click.option("--on", type=Day(), help="When those without a time were taken.")
@click.option("--by", default="", help="Who took them.")
@click.option("--column", "columns", multiple=True, metavar="NAME=COLUMN", help="Which column holds what: signal=rsrp.")
@click.option("--seed", default=1, show_default=True, help="Of the bootstrap; the same gives the same intervals.")
@_format("text", "json")
def calibrate(
    snapshot: Path,
    tables: tuple[Path, ...],
    *,
    output: Path | None,
    plot: Path | None,
    thresholds: tuple[str, ...],
    technology: str | None,
    environment: str,
    receiver: str,
    on: date | None,
    by: str,
    columns: tuple[str, ...],
    form: str,
    **options: Any,
) -> int:
    """Compare claims with measurements: CSV or Parquet with position, signal in dBm, time, technology and network."""
    from coverage_check import calibration as claims
    from coverage_check.coverage.snapshot import Snapshot
    from coverage_check.orders import whole
    from coverage_check.technology import Environment, Receiver, Technology, word

    options["thresholds"] = {word(Technology, name): dbm for name, dbm in _dbm(thresholds).items()}
    options["technology"] = None if technology is None else word(Technology, technology)
    readings = replace(
        claims.read_measurements(*tables, columns=_chosen(columns)),
        environment=Environment(environment),
        receiver=Receiver(receiver),
        day=on,
        measured_by=by,
    )
    found = claims.calibrate(Snapshot.open(snapshot), readings, **options)
    for path, text in ((output, claims.curves_toml(found)), (plot, claims.plots_svg(found))):
        if path is not None and (path != output or any(layer.curve for layer in found.layers)):
            with whole(path) as out:
                out.write(text)
    _say(json.dumps(claims.to_dict(found), ensure_ascii=False, indent=2) if form == "json" else claims.table_text(found))
    return 0


@commands.group()
def register() -> None:
    """Build and show address registers."""


@register.command(name="build")
@click.argument("addresses", type=_PATH)
@click.option("-o", "--output", required=True, type=_PATH, metavar="R.sqlite", help="File to write.")
@click.option("--preset", help="Whose columns these are; without it they are found by name.")
@click.option("--column", "columns", multiple=True, metavar="NAME=COLUMN", help="Which column holds what: street=gata.")
@click.option("--crs", help="Of x and y columns, such as EPSG:3006.")
@click.option("--country", default="se", show_default=True)
@click.option("--source-name", default="", help="Where the addresses come from.")
@click.option("--licence", default="")
@click.option("--attribution", default="", help="What the licence asks to be shown with each answer.")
def register_build(*, addresses: Path, output: Path, columns: tuple[str, ...], **options: Any) -> int:
    """Compile an address file (CSV, GeoJSON, GeoPackage, OpenStreetMap) into a register."""
    from coverage_check.geocoders.register_build import build_register

    info = build_register(addresses, output, columns=_chosen(columns) or None, **options)
    _say(f"{info.addresses:,} addresses in {output}")
    for reason, count in info.rejects.items():
        click.echo(f"{count:,} rows left out: {reason}", err=True)
    return 0


@commands.command(cls=OneAddress)
@click.argument("address", required=False)
@click.option("--table", type=_PATH, metavar="FILE", help="Score the geocoder against an acceptance table instead.")
@_format("text", "json")
@_config
def geocode(address: str | None, *, table: Path | None, form: str, config: str) -> int:
    """Find where an address may be, and explain it: what was understood and said, why, and how sure."""
    from coverage_check.geocoders.acceptance import Outcome, score
    from coverage_check.geocoders.locating import Locator
    from coverage_check.report.place import explanation_json, explanation_text

    if (address is None) == (table is None):
        raise click.UsageError("Give an ADDRESS, or a --table.")
    locator = Locator.from_config(config)
    if table is not None:
        result = score(locator.for_batches().locate, table)
        _say(result.text)
        return GeocoderUnavailable.exit_code if result.count(Outcome.UNANSWERED) else 0
    found = locator.explain((address or "").strip())
    _say(explanation_json(found) if form == "json" else explanation_text(found))
    # That there is no such place is an answer too; that nobody could be asked is none.
    return GeocoderUnavailable.exit_code if isinstance(found.error, GeocoderUnavailable) else 0


@commands.command()
@_config
def doctor(*, config: str) -> int:
    """Look at libraries, config, snapshot, products and geocoder, and say what is wrong."""
    from coverage_check.doctor import examine

    faults = 0
    for finding in examine(config):
        _say(f"{'FAULT' if finding.fault else 'ok':6s}{finding.subject:10s}{finding.text}")
        faults += finding.fault
    return 4 if faults else 0


@commands.command()
def demo() -> int:
    """Tell the story of a mis-sale on Vätö, with the bundled data of a fictitious network."""
    from coverage_check.demo import tell

    for line in tell():
        _say(line)
    return 0


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.encoding.lower() not in {"utf-8", "utf8"}:
        # Files and pipes hold UTF-8 everywhere; a terminal shows what it can.
        encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="replace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code; errors become one line on stderr."""
    try:
        # Not commands.main(): that turns a closed pipe into exit code 1.
        with commands.make_context("coverage-check", list(arguments)) as context:
            result = commands.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as asked:
        result = asked.exit_code
    except CoverageCheckError as error:
        click.echo(f"{error.code}: {error}", err=True)
        result = error.exit_code
    except click.ClickException as error:
        error.show()
        result = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        result = 130
    except BrokenPipeError:
        _close_stdout()
        result = 141
    except OSError as error:
        if error.filename is not None:  # only stdout has no name here: a full disk
            raise
        _close_stdout()
        click.echo(f"{OutputRefused.code}: The output can't be written ({error.strerror}): make room for it.", err=True)
        result = OutputRefused.exit_code
    return result if isinstance(result, int) else 0


def _close_stdout() -> None:
    """Let go of a stdout that takes nothing more: Python flushes it once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _progress(done: int, of: int, what: str) -> None:
    """Show how far an import is, on one line of a terminal."""
    click.echo(f"\r\x1b[K{done}/{of} {what}" + ("\n" if done == of else ""), err=True, nl=False)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _decision_text(decision: "Decision") -> str:
    from coverage_check.report.text import decision_text

    return decision_text(decision, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ)


def _down(decision: "Decision") -> bool:
    return any(reason.code == "GEOCODER_UNAVAILABLE" for reason in decision.reasons)


def _chosen(columns: Collection[str]) -> dict[str, str]:
    pairs = [item.partition("=") for item in columns]
    if not all(name and sign and column for name, sign, column in pairs):
        raise click.BadParameter("Write --column as NAME=COLUMN, such as address=Leveransadress.")
    return {name: column for name, _, column in pairs}


def _dbm(thresholds: Collection[str]) -> dict[str, float]:
    try:
        return {name: float(dbm) for name, dbm in _chosen(thresholds).items()}
    except (ValueError, click.BadParameter):
        raise click.BadParameter("Write --threshold as TECHNOLOGY=DBM, such as 4G=-105.") from None


def _wanted(fail_on: str) -> frozenset[str]:
    words = frozenset(word.strip() for word in fail_on.split(",") if word.strip())
    if unknown := words - set(_VERDICTS):
        raise InvalidInput(f"--fail-on knows no {min(unknown)!r}: use {', '.join(_VERDICTS)}, with commas.")
    return words


def _exit_code(found: Collection[str], wanted: Collection[str], *, geocoder_down: bool) -> int:
    """Give the worst code, in the order 5, 1, 3, 0."""
    codes: Mapping[str, int] = {"deliverable": 1, "conditional": 1, "not_deliverable": 1, "undetermined": 3}
    if geocoder_down:
        return 5
    return min((codes[verdict] for verdict in found if verdict in wanted), default=0)
