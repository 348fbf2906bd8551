"""What is wrong with the file of one layer: one fault that ends the reading, or notes of all that a check finds."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from coverage_check.errors import FileRefused

_SHOWN = 5


class Fault(FileRefused):
    """A file that can't be taken as its declaration says.

    Parameters
    ----------
    kind
        A stable word for tables and tests, such as ``CRS_MISMATCH``; docs/formats.md lists them.
    sentence
        What happened and what to do, for a reader who sees the file and layer before it.
    """

    def __init__(self, kind: str, sentence: str) -> None:
        self.kind = kind
        self.sentence = sentence
        super().__init__(f"{sentence} [{kind}]")

    def __reduce__(self) -> tuple[type["Fault"], tuple[str, str]]:
        return type(self), (self.kind, self.sentence)


class Unusable(Exception):
    """Several faults that leave nothing more to be checked; stays within the worker process."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__(f"{len(faults)} faults")


@dataclass(slots=True)
class Notes:
    """The faults so far. A check notes what it finds and goes on, so that one import reports everything."""

    faults: list[Fault] = field(default_factory=list)

    def note(self, kind: str, sentence: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(kind, sentence))

    def features(self, kind: str, numbers: npt.NDArray[np.int64], what: str, cure: str) -> None:
        """Note a fault that some features have: how many, and the numbers of the first in the file, from 1."""
        concerned = np.unique(numbers)
        if len(concerned):
            shown = ", ".join(str(number) for number in concerned[:_SHOWN].tolist())
            more = ", …" if len(concerned) > _SHOWN else ""
            plural = "s" if len(concerned) > 1 else ""
            self.note(kind, f"{len(concerned)} feature{plural} (number {shown}{more}) {what}; {cure}.")

    def stop_if_any(self) -> None:
        """End here if anything was noted.

        Raises
        ------
        Unusable
            With all faults.
        """
        if self.faults:
            raise Unusable(self.faults)
