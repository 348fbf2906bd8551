"""The index on disk: one .npy file an array, written piece by piece, read by mapping it into memory."""

from pathlib import Path
from typing import IO, Self

import numpy as np
from numpy.lib import format as npy

from coverage_check.coverage.grid import GRID, Arrays
from coverage_check.errors import SnapshotInvalid

_KINDS = {
    "grids": (GRID, ()),
    "cells": (np.dtype("<u4"), ()),
    "edges": (np.dtype("<u4"), ()),
    "vertices": (np.dtype("<f8"), (2,)),
    "rings": (np.dtype("<i8"), ()),
    "polygons": (np.dtype("<i8"), ()),
}


def path_of(folder: Path, name: str) -> Path:
    """Name the file of an array. The number is the format's: it rises when what the numbers in the files mean changes."""
    return folder / f"index-1-{name}.npy"


def open_arrays(folder: Path) -> Arrays:
    """Map all files read-only; only their headers are read.

    Raises
    ------
    SnapshotInvalid
        A file is missing, cut short, or holds something else.
    """
    return Arrays(**{name: _open(path_of(folder, name), name) for name in _KINDS})


def _open(path: Path, name: str) -> np.ndarray:
    dtype, tail = _KINDS[name]
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as fault:  # a damaged header raises whatever its parser stumbles over
        raise SnapshotInvalid(f"{path} is missing or damaged: import the layers again.") from fault
    if mapped.dtype != dtype or mapped.shape[1:] != tail:
        raise SnapshotInvalid(f"{path} does not hold what its name says: import the layers again.")
    return np.asarray(mapped)


class ArrayWriter:
    """The files being written. Each array grows by appending; its length is put into its header at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, IO[bytes]] = {}
        self.lengths = dict.fromkeys(_KINDS, 0)

    def __enter__(self) -> Self:
        for name in _KINDS:
            self._files[name] = path_of(self._folder, name).open("wb")
            self._write_header(name)
        return self

    def __exit__(self, *fault: object) -> None:
        for name, file in self._files.items():
            with file:
                # A header leaves room for any length, so the final one is as long as the first.
                file.seek(0)
                self._write_header(name)

    def append(self, name: str, rows: np.ndarray) -> None:
        """Append rows to one array."""
        dtype, _ = _KINDS[name]
        self._files[name].write(np.ascontiguousarray(rows, dtype).data)
        self.lengths[name] += len(rows)

    def _write_header(self, name: str) -> None:
        dtype, tail = _KINDS[name]
        shape = (self.lengths[name], *tail)
        header = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        npy.write_array_header_1_0(self._files[name], header)
