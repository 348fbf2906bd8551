"""How far a table is: on a terminal and in JSON logs, and nowhere else."""

import logging
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coverage_check.cli.running import tell
from coverage_check.logs import logs_json

if TYPE_CHECKING:
    from coverage_check.orders import Progress

_log = logging.getLogger(__name__)
_REDRAWN_S = 0.2
_LOGGED_S = 30.0


@contextmanager
def shown(what: str, beside: Path | None) -> Iterator["Shown"]:
    """Show progress, and where a run is interrupted, tell what it leaves.

    Parameters
    ----------
    what
        What is under way.
    beside
        The output that has a part beside it, if any.
    """
    showing = Shown(what)
    try:
        yield showing
    except KeyboardInterrupt:
        showing.end()
        if beside is not None:
            kept = f"{showing.rows:,} rows are kept in {beside.name}.part"
            tell(f"Interrupted: {kept}; the same command with --resume goes on.")
        raise
    finally:
        showing.end()


class Shown:
    """Shows progress: on a terminal as one line that is drawn again, in JSON logs as a line now and then."""

    def __init__(self, what: str) -> None:
        self._what = what
        self.rows = 0
        self._drawn = False
        self._last = time.monotonic() if logs_json() else -math.inf  # on a terminal the first chunk shows at once
        self._every_s = _LOGGED_S if logs_json() else _REDRAWN_S if sys.stderr.isatty() else None

    def __call__(self, progress: "Progress") -> None:
        """Show how far the run is, if it is time to."""
        self.rows = progress.rows
        now = time.monotonic()
        if self._every_s is None or now - self._last < self._every_s:
            return
        self._last = now
        rate, left = round(progress.rows_a_second), progress.seconds_left
        if logs_json():
            facts = {"rows": progress.rows, "rows_a_second": rate, "seconds_left": None if left is None else round(left)}
            _log.info(f"{self._what} under way", extra={"facts": facts})
            return
        rest = "" if left is None else f", {_clock(left)} left"
        click.echo(f"\r\x1b[K{progress.rows:,} rows, {rate:,} a second{rest}", err=True, nl=False)
        self._drawn = True

    def end(self) -> None:
        """Clear the line."""
        if self._drawn:
            click.echo("\r\x1b[K", err=True, nl=False)
            self._drawn = False


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
