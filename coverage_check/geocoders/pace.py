"""One question a second for the whole machine: a queue that processes share through a small file.

A process writes the time of its own turn into the file and sleeps until then, so nobody waits while holding the lock, and
whoever would wait beyond the deadline is told at once.
"""

import os
import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coverage_check.errors import GeocoderRateLimited, GeocoderUnavailable, InvalidInput

_LONGEST_QUEUE_S = 60.0
"""Nobody queues longer; a later turn in the file is from before the machine was started anew."""

_TURN = struct.Struct("<d")


class Pace:
    """Keeps questions apart.

    Parameters
    ----------
    name
        Whose pace: all processes that give the same name share one queue.
    interval_s
        Seconds between two questions.
    folder
        Where the file lies; None for the machine's temporary folder.
    """

    def __init__(self, name: str, *, interval_s: float, folder: Path | None = None) -> None:
        self.path = (folder or Path(tempfile.gettempdir())) / f"coverage-check-{name}.pace"
        self.interval_s = interval_s

    def wait(self, ends: float) -> None:
        """Sleep until it is this process's turn.

        Parameters
        ----------
        ends
            The deadline, on the clock of `time.monotonic`, which all processes of a machine share.

        Raises
        ------
        GeocoderRateLimited
            The turn would come after the deadline; none is taken then.
        GeocoderUnavailable
            The file can't be used.
        """
        with self._locked() as file:
            now = time.monotonic()
            kept = os.pread(file, _TURN.size, 0)
            last = _TURN.unpack(kept)[0] if len(kept) == _TURN.size else 0.0
            turn = max(now, last + self.interval_s) if last <= now + _LONGEST_QUEUE_S else now
            if turn > min(ends, now + _LONGEST_QUEUE_S):
                raise GeocoderRateLimited(
                    "Too many questions wait for a server that answers one a second: wait, or use a server of your own."
                )
            os.pwrite(file, _TURN.pack(turn), 0)
        time.sleep(max(0.0, turn - time.monotonic()))

    @contextmanager
    def _locked(self) -> Iterator[int]:
        try:
            import fcntl  # noqa: PLC0415 - not on Windows
        except ImportError:
            raise InvalidInput("A public server can be asked from Linux and macOS only: use one of your own.") from None
        try:
            file = self._open()
        except OSError:
            raise GeocoderUnavailable(
                f"{self.path} can't be opened for reading and writing: remove it, and try again."
            ) from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)

    def _open(self) -> int:
        """Open the file that all users of the machine share; never through a link."""
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            return os.open(self.path, flags)
        except FileNotFoundError:
            pass
        try:
            file = os.open(self.path, flags | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:  # another process was faster
            return os.open(self.path, flags)
        os.fchmod(file, 0o666)  # whatever the umask: other users wait in the same queue
        return file
