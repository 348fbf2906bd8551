"""The process that reads one file for one layer: ``python -m coverage_check.coverage.worker`` in the folder of its task."""

import errno
import json
import sys
from pathlib import Path
from typing import Any

from coverage_check.coverage.fault import Fault, Unusable
from coverage_check.coverage.isolation import RESULT, TASK

_NOT_NEEDED = ("geopandas", "pandas")


def main() -> None:
    """Do the task in the current folder and leave the result there."""
    task = json.loads(Path(TASK).read_text(encoding="utf-8"))
    limit(**task.pop("limits"))
    # pyogrio imports them wherever it finds them, half a second that its plain reader doesn't need.
    sys.modules.update(dict.fromkeys(_NOT_NEEDED))  # type: ignore[arg-type]
    Path(RESULT).write_text(json.dumps(_examine(task)), encoding="utf-8")


def limit(*, time_s: int, memory_bytes: int, file_bytes: int) -> None:
    """Bound this process, where the system can."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    for kind, wanted in (
        (resource.RLIMIT_CPU, time_s),
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(kind)
        resource.setrlimit(kind, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))


def _examine(task: dict[str, Any]) -> dict[str, Any]:
    from coverage_check.coverage.examination import Task, examine  # noqa: PLC0415 - GDAL loads under the limits

    try:
        return examine(Task(**task), Path.cwd())
    except Unusable as unusable:
        faults = unusable.faults
    except Fault as fault:
        faults = [fault]
    except MemoryError:
        faults = [Fault("TOO_LARGE", "it needs more memory than a file of its size may; deliver it in parts or simpler.")]
    except OSError as error:
        if error.errno not in (errno.EFBIG, None):  # NumPy gives none
            raise
        faults = [Fault("TOO_LARGE", "it becomes larger than a file of its size may; deliver it in parts or simpler.")]
    return {"faults": [(fault.kind, fault.sentence) for fault in faults]}


if __name__ == "__main__":
    main()
