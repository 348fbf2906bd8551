"""The command line: arguments and exit codes. Each command makes one public call.

Results go to stdout, everything else to stderr. Exit codes: 0 all deliverable or work done, 1 something not deliverable or
conditional, 2 usage, 3 something undetermined, 4 input, config or coverage data unusable, 5 geocoder down, 130 interrupted,
141 closed pipe.
"""

import json
import os
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from coverage_check.cli.arguments import (
    ENVIRONMENTS,
    PATH,
    PLACES,
    RECEIVERS,
    Day,
    OneAddress,
    columns_of,
    config_option,
    fail_on_options,
    format_option,
    levels_dbm,
    log_format_option,
    verdicts_of,
)
from coverage_check.cli.audit_command import audit
from coverage_check.cli.ledger_commands import ledger, record_sale, require_order, sale_options
from coverage_check.cli.orders_command import orders
from coverage_check.cli.running import exit_code, progress, run_command, say, use_utf8
from coverage_check.cli.serve_command import serve
from coverage_check.errors import GeocoderUnavailable, InvalidInput, MissingFile
from coverage_check.version import __version__

if TYPE_CHECKING:
    from coverage_check.decision import Decision


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="coverage-check %(version)s")
@log_format_option
def commands() -> None:
    """Tell whether a mobile product can be delivered at an address: how sure, why, and what can be offered instead.

    Start with: coverage-check demo
    """


commands.add_command(orders)
commands.add_command(audit)


@commands.command(cls=OneAddress)
@click.argument("address", required=False)
@click.option("--lat", help="Latitude in degrees, WGS 84, instead of an address; its digits say how sure it is.")
@click.option("--lon", help="Longitude in degrees, WGS 84.")
@click.option("--product", required=True, metavar="CODE", help="Product code from products.toml.")
@click.option("--on", type=Day(), help="The day that is asked about.  [default: today]")
@click.option("--at", type=PLACES, help="Where it will be used, if not as sold.")
@click.option("--receiver", type=RECEIVERS, help="What it will be used with, if not as sold.")
@sale_options
@format_option("text", "json")
@config_option
@fail_on_options
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
    **sale: str | None,
) -> int:
    """Check one address, or one position with --lat and --lon."""
    from coverage_check.checker import Checker
    from coverage_check.location import Location

    wanted = verdicts_of(fail_on)
    if (address is None) == (lat is None and lon is None) or (lat is None) != (lon is None):
        raise click.UsageError("Give an ADDRESS, or both --lat and --lon.")
    require_order(sale)
    checker = Checker.from_config(config, addresses=address is not None)
    if lat is not None and lon is not None:
        place = Location.written(lat=lat, lon=lon, errors=checker.errors)
        decision = checker.check_location(place, product=product, on=on, at=at, receiver=receiver)
    else:
        decision = checker.check((address or "").strip(), product=product, on=on, at=at, receiver=receiver)
    record_sale(decision, sale)
    say(decision.to_json(indent=2) if form == "json" else _decision_text(decision))
    return 0 if exit_zero else exit_code({decision.verdict.value}, wanted, geocoder_down=_down(decision))


@commands.command()
@click.argument("decision", metavar="DECISION.json", type=PATH)
@click.option("--sale", type=PATH, metavar="SALE.toml", help="What was said and promised, and the seller's terms.")
@click.option("--language", type=click.Choice(["sv", "en"]), default="sv", show_default=True)
@format_option("text", "json")
def confirm(decision: Path, *, sale: Path | None, language: str, form: str) -> int:
    """Write what confirms a sale by telephone, or, as JSON, what a contract summary needs; - is stdin.

    DECISION.json is what `check --format json` printed.
    """
    from coverage_check.decision import Decision
    from coverage_check.report.confirmation import Terms, confirmation, contract_summary, sale_of
    from coverage_check.report.sale import read_sale

    made = Decision.from_json(_read(decision))
    context, terms = read_sale(sale, made, language=language) if sale else (sale_of(made, language=language), Terms())
    if form == "json":
        summary = contract_summary(made, context, terms=terms, language=language)
        say(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        say(confirmation(made, context, terms=terms, language=language).rstrip("\n"))
    return 0


def _read(path: Path) -> str:
    """Read a text; a file that is not there or no text is said to be so."""
    if str(path) == "-":
        return sys.stdin.read()
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidInput(f"{path.name} is not UTF-8: give the file that check --format json wrote.") from None
    except OSError as error:
        raise MissingFile(f"{path.name} can't be read ({error.strerror}): check the path.") from None


@commands.command(name="import")
@click.argument("layers_toml", metavar="LAYERS.toml", type=PATH)
@click.option("-o", "--output", required=True, type=PATH, metavar="SNAPSHOT/", help="Folder to write.")
@click.option("--overwrite", is_flag=True, help="Replace a snapshot that is already there.")
@click.option("--previous", type=PATH, metavar="SNAPSHOT/", help="Of the last delivery: what changed much stops the import.")
@click.option("--accept", multiple=True, metavar="CODE:LAYER", help="Such a change that is right: AREA_CHANGED:4g-good.")
@click.option("--calibration", type=PATH, metavar="CURVES.toml", help="What `calibrate` measured; decisions then use it.")
def import_(layers_toml: Path, *, output: Path, **options: Any) -> int:
    """Read an operator's files into a snapshot, with the quality report."""
    from coverage_check.coverage.snapshot import import_layers
    from coverage_check.report.text import layers_text, quality_text

    snapshot = import_layers(layers_toml, output, progress=progress if sys.stderr.isatty() else None, **options)
    say(f"snapshot {snapshot.id[:12]} in {output}\n{layers_text(snapshot.layers)}\n{quality_text(snapshot.quality)}")
    return 0


@commands.command()
@click.argument("snapshot", metavar="SNAPSHOT/", type=PATH)
@format_option("text", "json")
def layers(snapshot: Path, *, form: str) -> int:
    """List the layers of a snapshot."""
    from coverage_check.coverage.snapshot import Snapshot
    from coverage_check.report.text import layers_json, layers_text, quality_text

    opened = Snapshot.open(snapshot)
    if form == "json":
        say(layers_json(opened.id, opened.layers, opened.quality))
    else:
        say(f"{layers_text(opened.layers)}\n{quality_text(opened.quality)}")
    return 0


@commands.command()
@click.argument("snapshot", metavar="SNAPSHOT/", type=PATH)
@click.argument("tables", metavar="MEASUREMENTS…", type=PATH, nargs=-1, required=True)
@click.option("-o", "--output", type=PATH, metavar="CURVES.toml", help="Where to write the curves; only if there is one.")
@click.option("--plot", type=PATH, metavar="PLOT.svg", help="Where to draw what was measured over what was declared.")
@click.option("--threshold", "thresholds", multiple=True, metavar="4G=DBM", help="What counts as served, by technology.")
@click.option("--network", default="", help="Whose the readings are that name no network.")
@click.option("--technology", help="Of the readings that name none: 2G, 3G, 4G or 5G.")
@click.option("--environment", type=ENVIRONMENTS, default="outdoor", show_default=True, help="Where they were taken.")
@click.option("--receiver", type=RECEIVERS, default="handset", show_default=True, help="What they were taken with.")
@click.option("--on", type=Day(), help="When those without a time were taken.")
@click.option("--by", default="", help="Who took them.")
@click.option("--column", "columns", multiple=True, metavar="NAME=COLUMN", help="Which column holds what: signal=rsrp.")
@click.option("--seed", default=1, show_default=True, help="Of the bootstrap; the same gives the same intervals.")
@format_option("text", "json")
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

    options["thresholds"] = {word(Technology, name): dbm for name, dbm in levels_dbm(thresholds).items()}
    options["technology"] = None if technology is None else word(Technology, technology)
    readings = replace(
        claims.read_measurements(*tables, columns=columns_of(columns)),
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
    say(json.dumps(claims.to_dict(found), ensure_ascii=False, indent=2) if form == "json" else claims.table_text(found))
    return 0


@commands.group()
def register() -> None:
    """Build and show address registers."""


@register.command(name="build")
@click.argument("addresses", type=PATH)
@click.option("-o", "--output", required=True, type=PATH, metavar="R.sqlite", help="File to write.")
@click.option("--preset", help="Whose columns these are; without it they are found by name.")
@click.option("--column", "columns", multiple=True, metavar="NAME=COLUMN", help="Which column holds what: street=gata.")
@click.option("--crs", help="Of x and y columns, such as EPSG:3006.")
@click.option("--country", default="se", show_default=True)
@click.option("--source-name", default="", help="Where the addresses come from.")
@click.option("--licence", default="")
@click.option("--published", type=Day(), help="The day the addresses were given out.")
@click.option("--attribution", default="", help="What the licence asks to be shown with each answer.")
def register_build(*, addresses: Path, output: Path, columns: tuple[str, ...], **options: Any) -> int:
    """Compile an address file (CSV, GeoJSON, GeoPackage, OpenStreetMap) into a register."""
    from coverage_check.geocoders.register_build import build_register

    info = build_register(addresses, output, columns=columns_of(columns) or None, **options)
    say(f"{info.id} in {output}: {info.text}")
    for reason, count in info.rejects.items():
        click.echo(f"{count:,} rows left out: {reason}", err=True)
    return 0


@commands.command(cls=OneAddress)
@click.argument("address", required=False)
@click.option("--table", type=PATH, metavar="FILE", help="Score the geocoder against an acceptance table instead.")
@format_option("text", "json")
@config_option
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
        say(result.text)
        return GeocoderUnavailable.exit_code if result.count(Outcome.UNANSWERED) else 0
    found = locator.explain((address or "").strip())
    say(explanation_json(found) if form == "json" else explanation_text(found))
    # That there is no such place is an answer too; that nobody could be asked is none.
    return GeocoderUnavailable.exit_code if isinstance(found.error, GeocoderUnavailable) else 0


@commands.command()
@config_option
def doctor(*, config: str) -> int:
    """Look at libraries, config, snapshot, products and geocoder, and say what is wrong."""
    from coverage_check.doctor import examine

    faults = 0
    for finding in examine(config):
        say(f"{'FAULT' if finding.fault else 'ok':6s}{finding.subject:10s}{finding.text}")
        faults += finding.fault
    return 4 if faults else 0


@commands.command()
def demo() -> int:
    """Tell the story of a mis-sale on Vätö, with the bundled data of a fictitious network."""
    from coverage_check.demo import tell

    for line in tell():
        say(line)
    return 0


commands.add_command(ledger)
commands.add_command(serve)


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    use_utf8()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code; errors become one line on stderr."""
    return run_command(commands, arguments)


def _decision_text(decision: "Decision") -> str:
    from coverage_check.report.text import decision_text

    return decision_text(decision, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ)


def _down(decision: "Decision") -> bool:
    return any(reason.code == "GEOCODER_UNAVAILABLE" for reason in decision.reasons)
