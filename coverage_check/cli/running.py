"""How a command is run: its streams, its errors as one line on stderr, its exit code."""

import io
import os
import sys
from collections.abc import Collection, Mapping

import click

from coverage_check.errors import CoverageCheckError, OutputRefused


def use_utf8() -> None:
    """Write UTF-8 to files and pipes; a terminal shows what it can."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.encoding.lower() not in {"utf-8", "utf8"}:
        encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="replace")


def run_command(commands: click.Group, arguments: list[str]) -> int:
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


def progress(done: int, of: int, what: str) -> None:
    """Show how far an import is, on one line of a terminal."""
    click.echo(f"\r\x1b[K{done}/{of} {what}" + ("\n" if done == of else ""), err=True, nl=False)


def say(text: str) -> None:
    """Write a result to stdout."""
    sys.stdout.write(text + "\n")


def exit_code(found: Collection[str], wanted: Collection[str], *, geocoder_down: bool) -> int:
    """Give the worst code, in the order 5, 1, 3, 0."""
    codes: Mapping[str, int] = {"deliverable": 1, "conditional": 1, "not_deliverable": 1, "undetermined": 3}
    if geocoder_down:
        return 5
    return min((codes[verdict] for verdict in found if verdict in wanted), default=0)
