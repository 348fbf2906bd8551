"""Files of others are read in a process of their own: it may crash, hang or swell, and the import goes on.

The worker gets a clean environment in which GDAL knows only the drivers of `sources.formats`, no network and no plug-ins;
and limits on its time, its memory and the files it writes.
"""

import functools
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from coverage_check.coverage.sources.formats import DRIVERS
from coverage_check.errors import ReaderCrashed

TASK, RESULT = "task.json", "result.json"

_GDAL = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_CACHEMAX": "64",
    "GDAL_DISABLE_READDIR_ON_OPEN": "FALSE",
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
    "GDAL_HTTP_PROXY": "127.0.0.1:1",
    "GDAL_HTTP_TIMEOUT": "1",
    "OGR_ARC_STEPSIZE": "0.1",
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
    "PROJ_NETWORK": "OFF",
    "SHAPE_RESTORE_SHX": "NO",
}
_OTHERS = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"}
_NOT_INHERITED = ("GDAL_", "OGR_", "CPL_", "SHAPE_", "AWS_", "AZURE_", "GS_", "PYTHON", "HTTP_", "HTTPS_", "ALL_PROXY")

WAITING = 4
"""How much longer than its processor time a worker may take by the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a worker may use. The figures are assumptions: ten times what the largest real layers took.

    Attributes
    ----------
    time_s
        Of the processor; of the clock `WAITING` times as much, for a machine that has other work too.
    memory_bytes
        Of address space.
    file_bytes
        Of each file it writes.
    """

    time_s: int
    memory_bytes: int
    file_bytes: int

    @classmethod
    def for_size(cls, size: int) -> "Limits":
        """Give the limits for a delivery of so many bytes."""
        return cls(
            time_s=60 + 10 * size // 1_000_000, memory_bytes=(3 << 30) + 100 * size, file_bytes=(256 << 20) + 30 * size
        )


def run(task: dict[str, Any], folder: Path, limits: Limits) -> dict[str, Any]:
    """Have a worker do a task in a folder, and give its result.

    Raises
    ------
    ReaderCrashed
        It died, or ran out of time or memory.
    """
    (folder / TASK).write_text(json.dumps({**task, "limits": asdict(limits)}), encoding="utf-8")
    command = [sys.executable, "-s", "-P", "-m", "coverage_check.coverage.worker"]
    with subprocess.Popen(  # noqa: S603 - our own module
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as worker:
        try:
            code = worker.wait(WAITING * limits.time_s)
        except subprocess.TimeoutExpired:
            worker.kill()
            raise ReaderCrashed(_why(f"took more than {limits.time_s} s")) from None
        except BaseException:
            worker.kill()
            raise
    result = folder / RESULT
    if code or not result.exists():
        raise ReaderCrashed(_why(_ending(code, limits)))
    answer: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return answer


def environment() -> dict[str, str]:
    """Make the worker's environment: ours without anything that steers GDAL, and with what keeps it in bounds."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(_NOT_INHERITED)}
    return kept | _import_path() | _OTHERS | _GDAL | {"OGR_SKIP": ",".join(_unwanted_drivers())}


@functools.cache
def _unwanted_drivers() -> tuple[str, ...]:
    """Ask GDAL, in a process that opens no file, which drivers it has, and name all but the wanted."""
    program = "import json, pyogrio; print(json.dumps(sorted(pyogrio.list_drivers())))"
    answer = subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-s", "-P", "-c", program],
        env=os.environ | _import_path(),
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(driver for driver in json.loads(answer.stdout) if driver not in DRIVERS)


def _import_path() -> dict[str, str]:
    """Have the worker import what we would import: it works in another folder."""
    return {"PYTHONPATH": os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)}


def _ending(code: int, limits: Limits) -> str:
    if code == -signal.SIGXCPU:
        return f"took more than {limits.time_s} s"
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def _why(what: str) -> str:
    return f"the process that read it {what}; the file is not to be trusted, ask its publisher for a sound one."
