"""What CPU time each part of an import takes."""

import time
from collections.abc import Mapping


class Laps:
    """Times parts of the work, one after the other.

    Attributes
    ----------
    seconds
        CPU seconds of this process for each part, summed where a part comes again.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._start = time.process_time()

    def end(self, part: str) -> None:
        """Say that the part which began at the last call is done."""
        start, self._start = self._start, time.process_time()
        self.add({part: self._start - start})

    def add(self, seconds: Mapping[str, float]) -> None:
        """Add what other processes took."""
        for part, more in seconds.items():
            self.seconds[part] = self.seconds.get(part, 0.0) + more

    def __str__(self) -> str:
        return ", ".join(f"{part} {seconds:.1f} s" for part, seconds in self.seconds.items())
