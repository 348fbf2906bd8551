"""How a command is run: its streams, its errors as one line on stderr, its exit code."""

import io
import logging
import os
import sys
import traceback
from collections.abc import Collection, Mapping
from pathlib import Path

import click

from coverage_check.errors import CoverageCheckError, OutputRefused
from coverage_check.logs import log_as, logs_json

_log = logging.getLogger(__name__)


def use_utf8() -> None:
    """Write UTF-8 to files and pipes; a terminal shows what it can."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.encoding.lower() not in {"utf-8", "utf8"}:
        encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="replace")


def run_command(commands: click.Group, arguments: list[str]) -> int:
    """Run one command and give its exit code; errors become one line on stderr."""
    log_as("text")  # until the arguments say otherwise
    try:
        # Not commands.main(): that turns a closed pipe into exit code 1.
        with commands.make_context("coverage-check", list(arguments)) as context:
            result = commands.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as asked:
        result = asked.exit_code
    except CoverageCheckError as error:
        _complain(error.code, str(error))
        result = error.exit_code
    except click.ClickException as error:
        if logs_json():
            _complain("USAGE", error.format_message())
        else:
            error.show()
        result = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        result = 130
    except BrokenPipeError:
        _close_stdout()
        result = 141
    except Exception as error:  # noqa: BLE001 - Python would exit with 1, which says that something can't be delivered
        result = _unforeseen(error)
    return result if isinstance(result, int) else 0


def tell(text: str) -> None:
    """Write what a person should know to stderr, in whatever form messages have."""
    if logs_json():
        _log.info(text)
    else:
        click.echo(text, err=True)


def _unforeseen(error: Exception) -> int:
    """Tell of a full disk, or of a fault of ours: its kind and place, for its text may show what was asked."""
    if isinstance(error, OSError) and error.filename is None:  # only stdout has no name here
        _close_stdout()
        _complain(OutputRefused.code, f"The output can't be written ({error.strerror}): make room for it.")
        return OutputRefused.exit_code
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}, line {last.lineno}"
    _complain("INTERNAL_ERROR", f"A fault of coverage-check itself ({type(error).__name__} in {where}): please report it.")
    return CoverageCheckError.exit_code


def _complain(code: str, message: str) -> None:
    if logs_json():
        _log.error(message, extra={"facts": {"code": code}})
    else:
        click.echo(f"{code}: {message}", err=True)


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
