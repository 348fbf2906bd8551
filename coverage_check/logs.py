"""Messages as JSON lines on stderr, for machines that collect logs; a message never holds an address.

A library is silent: this is for the command line, or for a program that wants the same lines from the loggers below
``coverage_check``. One line has `time`, `level`, `logger`, `event`, and what the event brings.
"""

import json
import logging
import sys
from datetime import UTC, datetime

_ROOT = logging.getLogger("coverage_check")


class JsonLines(logging.Formatter):
    """One JSON object a record. Of an exception it tells the kind alone, for its text may show what was asked."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record, with what stands in its `facts`."""
        content: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        content |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[0]:
            content["exception"] = record.exc_info[0].__name__
        return json.dumps(content, ensure_ascii=False, default=str)


class _Stderr(logging.StreamHandler):  # type: ignore[type-arg] # a plain class at run time
    """Writes to whatever stderr is when something is written."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.setFormatter(JsonLines())

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def log_as(form: str) -> None:
    """Choose how messages stand on stderr: ``json``, or ``text``, which leaves them to whoever runs the command."""
    for handler in [each for each in _ROOT.handlers if isinstance(each, _Stderr)]:
        _ROOT.removeHandler(handler)
    if form == "json":
        _ROOT.addHandler(_Stderr())
        _ROOT.setLevel(logging.INFO)


def logs_json() -> bool:
    """Tell whether messages are JSON lines."""
    return any(isinstance(handler, _Stderr) for handler in _ROOT.handlers)
