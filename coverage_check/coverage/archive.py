"""An archive of snapshots: one folder a delivery, each known by the day it was published.

archive = Archive.open("archive/")
archive.on(date(2025, 11, 1))        # the last one published by that day, or None
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from coverage_check.config import Config
from coverage_check.coverage.manifest import NAME as MANIFEST
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.errors import SnapshotInvalid


class Archive:
    """Snapshots in the order of their publication.

    A snapshot was published when the youngest of its layers was: before that day nobody could have looked at it.

    Attributes
    ----------
    snapshots
        The oldest first.
    """

    def __init__(self, snapshots: Sequence[Snapshot]) -> None:
        self.snapshots = tuple(sorted(snapshots, key=published))

    @classmethod
    def open(cls, folder: str | Path) -> "Archive":
        """Open every snapshot in a folder; other folders in it are left alone.

        Raises
        ------
        SnapshotInvalid
            There is none, one is damaged, or two were published on the same day.
        """
        folder = Path(folder)
        found = [Snapshot.open(path.parent) for path in sorted(folder.glob(f"*/{MANIFEST}"))]
        if not found:
            raise SnapshotInvalid(f"{folder} holds no snapshot: import each delivery into a folder of its own there.")
        archive = cls(found)
        for earlier, later in zip(archive.snapshots, archive.snapshots[1:], strict=False):
            if published(earlier) == published(later):
                raise SnapshotInvalid(
                    f"{earlier.path.name} and {later.path.name} in {folder} were both published on {published(later)}: "
                    "keep the one that was used."
                )
        return archive

    def on(self, day: date) -> Snapshot | None:
        """Give the last snapshot published by that day, or None where the archive begins later."""
        return next((snapshot for snapshot in reversed(self.snapshots) if published(snapshot) <= day), None)


def published(snapshot: Snapshot) -> date:
    """Give the day on which the youngest layer of a snapshot was published."""
    return max(layer.published for layer in snapshot.layers)


def open_snapshot(config: Config, on: date) -> Snapshot:
    """Open the snapshot that a config checks with: its `snapshot`, or else the last of its archive published by that day.

    Raises
    ------
    SnapshotInvalid
        It is not sound, or the archive begins later.
    """
    if config.snapshot is not None:
        return Snapshot.open(config.snapshot)
    archive = Archive.open(config.snapshots or "")
    snapshot = archive.on(on)
    if snapshot is None:
        raise SnapshotInvalid(
            f"The archive {config.snapshots} has no snapshot published by {on}: import an earlier delivery into it."
        )
    return snapshot
