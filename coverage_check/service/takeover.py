"""The checker in use, and how a changed snapshot, register, catalogue or config is taken over without a dropped request.

A new checker is made beside the old one and swapped in by one assignment. A request keeps the checker that it began with,
and the decision names its snapshot. If the new one can't be opened, the old one goes on answering, and the log says why.
"""

import asyncio
import logging
import threading
from pathlib import Path

from coverage_check.checker import Checker
from coverage_check.config import Config, read_config
from coverage_check.coverage.manifest import NAME as MANIFEST
from coverage_check.errors import CoverageCheckError
from coverage_check.service.metrics import Metrics

_log = logging.getLogger(__name__)

State = tuple[tuple[str, int, int, int], ...]


class Current:
    """The checker in use; `look` takes over what has changed.

    Parameters
    ----------
    config
        A coverage-check.toml, or "demo".
    """

    def __init__(self, config: str, metrics: Metrics) -> None:
        self._config = config
        self._metrics = metrics
        self._one_at_a_time = threading.Lock()
        self._refused: State | str | None = None
        read = read_config(config)
        try:
            self._state = _state(read)
        except OSError:  # which file is missing, the checker says better
            self._state = ()
        self.checker = Checker.from_config(read)

    def look(self) -> bool:
        """Take over what has changed; tell whether something was.

        What was refused is not tried again until it changes once more.
        """
        with self._one_at_a_time:
            state = None
            try:
                read = read_config(self._config)
                state = _state(read)
                if state in (self._state, self._refused):
                    return False
                checker = Checker.from_config(read)
            except (CoverageCheckError, OSError) as error:
                refused = state or str(error)
                if refused != self._refused:
                    code = getattr(error, "code", type(error).__name__)
                    _log.warning("new data refused, the old ones go on answering", extra={"facts": {"code": code}})
                    self._metrics.taken_over("refused")
                self._refused = refused
                return False
            self.checker, self._state, self._refused = checker, state, None
        self._metrics.taken_over("done")
        _log.info("new data taken over", extra={"facts": {"snapshot": checker.snapshot.id}})
        return True

    async def watch(self, every_s: float) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            try:
                await asyncio.to_thread(self.look)
            except Exception:  # noqa: BLE001 - it must go on looking
                _log.exception("looking for new data failed")


def _state(config: Config) -> State:
    """Tell one version of everything that a checker is made of from another, without reading it."""
    geocoder = config.geocoder
    register = [geocoder.path] if geocoder is not None and geocoder.path is not None else []
    folders = [config.snapshot] if config.snapshot is not None else []
    if config.snapshots is not None:  # an archive: the day of the last one published decides
        folders += sorted(folder for folder in config.snapshots.iterdir() if folder.is_dir())
    manifests = [folder / MANIFEST for folder in folders if (folder / MANIFEST).exists()]
    return tuple(_version(path) for path in (config.path, config.products, *register, *manifests))


def _version(path: Path) -> tuple[str, int, int, int]:
    found = path.stat()
    return str(path.resolve()), found.st_ino, found.st_size, found.st_mtime_ns
