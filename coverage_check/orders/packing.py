"""Answers as bytes and back, column by column: numbers and digests as they are in memory, all else as compressed JSON."""

import json
import re
import struct
import zlib
from collections.abc import Sequence

import numpy as np

from coverage_check.order_rows import Answer

_LENGTH = struct.Struct("<I")
_NUMBER = np.dtype("<f8")
_DIGEST_BYTES = 32
_END = "\0"
_NOTHING = type(None)
_DIGESTS = re.compile(f"(?:[0-9a-f]{{{2 * _DIGEST_BYTES}}})+")


def packed(answers: Sequence[Answer]) -> bytes:
    """Make bytes of answers that are all as long; `unpacked` gives equal ones.

    Raises
    ------
    ValueError
        A number is not finite.
    """
    columns: list[object] = []
    texts: list[str] = []
    binary: list[bytes] = []
    for column in zip(*answers, strict=True):
        kinds = set(map(type, column))
        if kinds <= {float, _NOTHING} and (content := _numbers(column)):
            columns.append("numbers")
            binary.append(content)
        elif kinds == {str} and (content := _digests(column)):
            columns.append("digests")
            binary.append(content)
        elif kinds == {str} and _END not in "".join(column):
            columns.append("texts")
            texts += column
        else:
            columns.append(column)
    head = json.dumps([len(answers), *columns], ensure_ascii=False, allow_nan=False)
    words = zlib.compress(_END.join((head, *texts)).encode(), 1)
    return b"".join((_LENGTH.pack(len(words)), words, *binary))


def unpacked(content: bytes) -> list[Answer]:
    """Give the answers that `packed` made bytes of."""
    start = _LENGTH.size + _LENGTH.unpack_from(content)[0]
    head, *texts = zlib.decompress(content[_LENGTH.size : start]).decode().split(_END)
    count, *columns = json.loads(head)
    for number, column in enumerate(columns):
        if column == "numbers":
            values = np.frombuffer(content, _NUMBER, count, start)
            columns[number] = [None if value != value else value for value in values.tolist()]  # noqa: PLR0124 - NaN is None
            start += values.nbytes
        elif column == "digests":
            end = start + count * _DIGEST_BYTES
            columns[number] = content[start:end].hex(" ", -_DIGEST_BYTES).split()
            start = end
        elif column == "texts":
            columns[number], texts = texts[:count], texts[count:]
    return list(zip(*columns, strict=True)) if columns else [()] * count


def _numbers(column: Sequence[object]) -> bytes | None:
    """Write a column of floats, with NaN for None; None for other numbers that are not finite, which JSON refuses."""
    values = np.array(column, _NUMBER)
    finite = int(np.isfinite(values).sum())
    return values.tobytes() if finite == len(column) - column.count(None) else None


def _digests(column: Sequence[str]) -> bytes | None:
    """Write a column of SHA-256 in hexadecimal; None if it has anything else."""
    if set(map(len, column)) != {2 * _DIGEST_BYTES}:
        return None
    together = "".join(column)
    return bytes.fromhex(together) if _DIGESTS.fullmatch(together) else None
