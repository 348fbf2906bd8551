"""[service] of a coverage-check.toml: who may ask, how much at once, and where it is recorded."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from coverage_check.config import BUNDLED, DEFAULT, DEMO
from coverage_check.declaration import Document, Table
from coverage_check.errors import InvalidInput

_HASH = re.compile(r"[0-9a-f]{64}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the service behaves. Times are seconds.

    Attributes
    ----------
    config
        The coverage-check.toml whose checker answers; "demo" for the bundled one.
    keys
        Name of a client → SHA-256 of its key. Without any, everyone who reaches the service may ask.
    requests_per_minute
        Of one client at one worker; 0 for no limit.
    max_body_bytes, max_batch_rows
        Of one request.
    body_timeout_s, answer_timeout_s
        For a body to arrive, and for an answer to be made.
    look_every_s
        How often a changed snapshot, register, catalogue or config is looked for.
    hosts
        Names by which the service may be asked, beside the loopback's; "*" for any.
    ledger
        A file or URL that decisions of orders are recorded in; empty for none.
    tasks
        A SQLite file for TMF645 tasks, shared by the workers.
    keep_tasks_s
        How long a task can be read again. Then it is deleted: it holds an address.
    page_history
        Whether the page may keep the day's answers in the browser.
    """

    config: str = DEFAULT
    keys: Mapping[str, str] = field(default_factory=dict)
    requests_per_minute: int = 0
    max_body_bytes: int = 1 << 20
    max_batch_rows: int = 1_000
    body_timeout_s: float = 10.0
    answer_timeout_s: float = 30.0
    look_every_s: float = 5.0
    hosts: tuple[str, ...] = ()
    ledger: str = ""
    tasks: str = ""
    keep_tasks_s: float = 3600.0
    page_history: bool = False


def read_settings(config: str | Path, *, ledger: str = "", tasks: str = "") -> Settings:
    """Read what a config says of the service; what it doesn't say keeps its default.

    Raises
    ------
    MissingFile, DeclarationError
        The file is not there, or [service] has faults; all of them at once.
    """
    path = BUNDLED / DEFAULT if str(config) == DEMO else Path(config)
    document = Document.read(path)
    document.root.known.update(document.root.content)  # `read_config` reads the rest
    table, usual = document.table("service"), Settings()
    per_minute = table.count("requests_per_minute")
    body, rows = table.count("max_body_bytes"), table.count("max_batch_rows")
    settings = Settings(
        config=str(config),
        keys=_keys(table),
        requests_per_minute=usual.requests_per_minute if per_minute is None else per_minute,
        max_body_bytes=body or usual.max_body_bytes,
        max_batch_rows=min(rows or usual.max_batch_rows, usual.max_batch_rows),
        body_timeout_s=table.number("body_timeout_s", usual.body_timeout_s, low=0.1) or usual.body_timeout_s,
        answer_timeout_s=table.number("answer_timeout_s", usual.answer_timeout_s, low=0.1) or usual.answer_timeout_s,
        look_every_s=table.number("look_every_s", usual.look_every_s, low=0.1) or usual.look_every_s,
        hosts=table.texts("hosts"),
        ledger=ledger or table.text("ledger", ""),
        tasks=tasks,
        keep_tasks_s=table.number("keep_tasks_s", usual.keep_tasks_s, low=1) or usual.keep_tasks_s,
        page_history=table.raw("page_history", default=False) is True,
    )
    if settings.ledger and "://" not in settings.ledger and not ledger:
        settings = _beside(settings, path)
    document.finish()
    return settings


def require_guarded(settings: Settings, host: str) -> None:
    """Refuse to listen where others can reach it while nobody needs a key.

    Raises
    ------
    InvalidInput
        The host is no loopback, and the config has no keys.
    """
    if host not in _LOOPBACK and not settings.keys:
        raise InvalidInput(
            "Without API keys the service listens on loopback only: make one with 'coverage-check serve --make-key NAME' "
            "and put the line into [service] of the config."
        )


def _keys(table: Table) -> dict[str, str]:
    keys: dict[str, str] = {}
    for item in table.items("keys"):
        name, digest = item.text("name"), item.text("sha256")
        if not _HASH.fullmatch(digest):
            item.fault("'sha256' must be 64 hexadecimal digits, as 'coverage-check serve --make-key' prints them.", "sha256")
        if name in keys:
            item.fault("has a name that another key has: names are unique.", "name")
        keys[name] = digest
    return keys


def _beside(settings: Settings, path: Path) -> Settings:
    """Take a ledger's path as relative to its config, as all paths of a config are."""
    return replace(settings, ledger=str((path.parent / settings.ledger).resolve()))
