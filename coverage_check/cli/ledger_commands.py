"""coverage-check ledger: the record, for whoever must be able to show and to check it; and how `check` records a sale."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import click

from coverage_check.cli.arguments import PATH, VERDICTS, Command, config_option, format_option
from coverage_check.cli.running import say
from coverage_check.errors import LedgerInvalid, OutputRefused

if TYPE_CHECKING:
    from coverage_check.decision import Decision


class LedgerPlace(click.ParamType):  # type: ignore[type-arg] # generic only since click 8.4
    """A ledger's file, or the URL of its PostgreSQL database, without a password: whoever lists processes would read it."""

    name = "ledger"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse a password, and never repeat it."""
        place = str(value)
        if "://" in place:
            try:
                url = urlsplit(place)
                secret = url.password is not None or "password" in parse_qs(url.query)
            except ValueError:
                self.fail("The URL can't be read: write postgresql://user@host:port/database.", param, ctx)
            if secret:
                self.fail("A password here is seen by others: take it out, and set PGPASSWORD or PGPASSFILE.", param, ctx)
        return place


PLACE = LedgerPlace()
_LEDGER = click.argument("place", metavar="LEDGER", type=PLACE)
_ENTRY = click.IntRange(min=1)


def sale_options(command: Command) -> Command:
    """Add what records one decision, and what is to be shown later of the sale."""
    options = (
        click.option("--ledger", type=PLACE, help="Record the decision there before it is printed."),
        click.option("--order", metavar="REF", help="The order that it is recorded for."),
        click.option("--customer", metavar="REF", help="The seller's own reference, by which the record can be erased."),
        click.option("--seller", metavar="REF", help="Who answers the customer."),
        click.option("--channel", type=click.Choice(_CHANNELS), help="Where the sale is made.  [default: other]"),
        click.option("--begun-by", type=click.Choice(["customer", "seller"]), help="Who began the conversation."),
        click.option("--confirmed", metavar="ADDRESS", help="The address as the customer confirmed it."),
        click.option("--told", type=click.Choice(["sv", "en"]), help="Which sentence the customer hears.  [default: sv]"),
    )
    for option in reversed(options):
        command = option(command)
    return command


_CHANNELS = ("telephone", "doorstep", "shop", "web", "order_file", "other")


def require_order(sale: Mapping[str, str | None]) -> None:
    """Refuse a ledger without an order, and what is said of a sale without a ledger."""
    if sale["ledger"] is None and any(sale.values()):
        given = next(name for name, value in sale.items() if value)
        raise click.UsageError(f"--{given.replace('_', '-')} is for the record: add --ledger.")
    if sale["ledger"] is not None and not sale["order"]:
        raise click.UsageError("The ledger files a decision under its order: add --order REF.")


def record_sale(decision: "Decision", sale: Mapping[str, str | None]) -> None:
    """Record a decision and its sale, if there is a ledger; on return it is on the disk."""
    if sale["ledger"] is None or sale["order"] is None:
        return
    from coverage_check.ledger import Channel, Initiator, Ledger, SaleContext

    context = replace(
        SaleContext.of_order(decision, subject=sale["customer"] or "", language=sale["told"] or "sv"),
        channel=Channel(sale["channel"] or "other"),
        initiated_by=Initiator(sale["begun_by"] or "unknown"),
        seller=sale["seller"] or "",
        address_confirmed=sale["confirmed"],
    )
    with Ledger.open(sale["ledger"]) as record:
        record.append(decision, order_ref=sale["order"], context=context)


@click.group()
def ledger() -> None:
    """Show, check, repeat, erase and hand out the record of decisions.

    LEDGER is a file, or postgresql://user@host/database with the password in PGPASSWORD.
    """


@ledger.command()
@_LEDGER
@click.option("--head", metavar="HEAD|FILE", help="A head that was kept elsewhere, or a file whose last line is one.")
@format_option("text", "json")
def verify(place: str, *, head: str | None, form: str) -> int:
    """Read everything, and name the first entry that is not as it was written. LEDGER may be an export, too."""
    from coverage_check.ledger import Ledger, verify_export
    from coverage_check.report.record import verification_dict, verification_text

    known = None if head is None else _head(head)
    if _is_export(place):
        with Path(place).open(encoding="utf-8", newline="\n") as lines:
            found = verify_export(_decoded(lines, place), known)
    else:
        with Ledger.open(place, create=False) as record:
            found = record.verify(known)
    say(json.dumps(verification_dict(found)) if form == "json" else verification_text(found))
    return 0 if found.intact else LedgerInvalid.exit_code


@ledger.command(name="head")
@_LEDGER
def print_head(place: str) -> int:
    """Print the last link of the chain, to be kept where the ledger's owner can't write."""
    from coverage_check.ledger import Ledger

    with Ledger.open(place, create=False) as record:
        say(str(record.head()))
    return 0


@ledger.command()
@_LEDGER
@click.option("--order", metavar="REF", help="Only what is recorded for this order.")
def show(place: str, *, order: str | None) -> int:
    """Show what was decided and said, entry by entry."""
    from coverage_check.ledger import Ledger
    from coverage_check.report.record import entry_text

    with Ledger.open(place, create=False) as record:
        for entry in record.entries(order_ref=order):
            say(entry_text(entry))
    return 0


@ledger.command()
@_LEDGER
@click.option("--snapshot", "snapshots", multiple=True, type=PATH, metavar="DIR", help="A snapshot, or a folder of them.")
@click.option("--products", multiple=True, type=PATH, metavar="FILE", help="An older products.toml.")
@click.option("--register", "registers", multiple=True, type=PATH, metavar="FILE", help="An older register.")
@format_option("text", "json")
@config_option
def replay(place: str, *, form: str, config: str, **kept: Any) -> int:
    """Make every decision again from the inputs that it names, and compare it to the byte.

    The inputs are those of the config with every snapshot of its archive, and any older ones that are given.
    """
    from coverage_check.ledger import Agreement, Ledger, recompute_with
    from coverage_check.ledger.archive import kept_checkers
    from coverage_check.report.record import outcome_dict, outcome_text, tally_text

    agreements = []
    with Ledger.open(place, create=False) as record:
        for outcome in record.replay(recompute_with(kept_checkers(config, **kept))):
            agreements.append(outcome.agreement)
            if form == "json":
                say(json.dumps(outcome_dict(outcome)))
            elif outcome.agreement is not Agreement.SAME:
                say(outcome_text(outcome))
    click.echo(tally_text(agreements), err=form == "json")
    bad = {Agreement.DIFFERS, Agreement.INPUT_GONE}.intersection(agreements)
    return LedgerInvalid.exit_code if bad else 0


@ledger.command()
@_LEDGER
@click.option("--order", metavar="REF", help="Whose data: those of this order,")
@click.option("--customer", metavar="REF", help="or of this customer.")
@click.option("--by", required=True, metavar="WHO", help="Who erases. It stays: a staff reference, not a name.")
@click.option("--why", required=True, metavar="TEXT", help="Why. It stays: a case number, not a name.")
def erase(place: str, *, order: str | None, customer: str | None, by: str, why: str) -> int:
    """Erase the personal data of an order or a customer; the chain can still be verified."""
    from coverage_check.ledger import Ledger

    if (order is None) == (customer is None):
        raise click.UsageError("Give --order or --customer.")
    with Ledger.open(place, create=False) as record:
        erasure = record.erase(by=by, why=why, order_ref=order, subject=customer)
    erased = ", ".join(map(str, erasure.kept["rows"]))
    say(f"erased: {erased}; entry {erasure.seq} says by whom and why")
    return 0


@ledger.command()
@_LEDGER
@click.option("-o", "--output", type=PATH, help="File to write; appears whole or not at all.  [default: stdout]")
@click.option("--no-personal", is_flag=True, help="Leave personal data out; the chain can be checked all the same.")
def export(place: str, *, output: Path | None, no_personal: bool) -> int:
    """Hand the ledger out as lines of JSON, which `ledger verify` can check without the database."""
    from coverage_check.ledger import Ledger
    from coverage_check.orders import whole

    with Ledger.open(place, create=False) as record:
        lines = record.export(personal=not no_personal)
        if output is None:
            for line in lines:
                say(line)
            return 0
        if output.exists() and Path(place).exists() and output.samefile(place):
            raise OutputRefused(f"{output.name} is the ledger itself: name another file with -o.")
        with whole(output, private=True) as out:
            out.writelines(f"{line}\n" for line in lines)
    return 0


@ledger.command()
@_LEDGER
@click.argument("entry", type=_ENTRY)
@click.option("--verdict", required=True, type=click.Choice(VERDICTS), help="What holds instead.")
@click.option("--by", required=True, metavar="WHO", help="Who decides so.")
@click.option("--why", required=True, metavar="TEXT", help="Why.")
def override(place: str, *, entry: int, verdict: str, by: str, why: str) -> int:
    """Record that a person set another verdict for the decision in ENTRY; the decision stays as it is."""
    from coverage_check.ledger import Ledger

    with Ledger.open(place, create=False) as record:
        made = record.override(entry, by=by, why=why, verdict=verdict)
    say(f"entry {made.seq} overrides entry {entry}: {verdict.replace('_', ' ')}")
    return 0


def _head(text: str) -> str:
    """Take a head as it is, or from the last line of a file: as `ledger head` or `ledger verify` printed it."""
    path = Path(text)
    if not path.is_file():
        return text
    words = path.read_text(encoding="utf-8", errors="replace").split()
    return words[-1] if words else ""


def _is_export(place: str) -> bool:
    """Whether it is a file that begins as JSON does, which no database does."""
    if "://" in place or not Path(place).is_file():
        return False
    with Path(place).open("rb") as start:
        return start.read(1) == b"{"


def _decoded(lines: Iterable[str], name: str) -> Iterable[str]:
    try:
        yield from lines
    except UnicodeDecodeError:
        raise LedgerInvalid(f"{name} is not UTF-8: give the export as it was written.") from None
