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
_DIGESTS = re.compile(f"(?:[0-9a-f]{{{2 * _DIGEST_BYTES}}})+")


def packed(answers: Sequence[Answer]) -> bytes:
    """Make bytes of answers that are all as long; `unpacked` gives equal ones.

    Raises
    ------
    ValueError
        A number is not finite.
    """
    columns: list[object] = []
    binary: list[bytes] = []
    for column in zip(*answers, strict=True):
        for kind, pack in (("numbers", _numbers), ("digests", _digests)):
            if (content := pack(column)) is not None:
                columns.append(kind)
                binary.append(content)
                break
        else:
            columns.append(column)
    texts = zlib.compress(json.dumps([len(answers), *columns], ensure_ascii=False, allow_nan=False).encode(), 1)
    return b"".join((_LENGTH.pack(len(texts)), texts, *binary))


def unpacked(content: bytes) -> list[Answer]:
    """Give the answers that `packed` made bytes of."""
    start = _LENGTH.size + _LENGTH.unpack_from(content)[0]
    count, *columns = json.loads(zlib.decompress(content[_LENGTH.size : start]))
    for number, column in enumerate(columns):
        if column == "numbers":
            values = np.frombuffer(content, _NUMBER, count, start)
            columns[number] = [None if value != value else value for value in values.tolist()]  # noqa: PLR0124 - NaN stands for None
            start += values.nbytes
        elif column == "digests":
            texts = content[start : start + count * _DIGEST_BYTES].hex(" ", -_DIGEST_BYTES).split()
            columns[number] = texts
            start += count * _DIGEST_BYTES
    return list(zip(*columns, strict=True)) if columns else [()] * count


def _numbers(column: Sequence[object]) -> bytes | None:
    """Write a column of floats, with NaN for None; None if it has anything else."""
    if set(map(type, column)) - {type(None)} != {float}:
        return None
    values = np.array(column, _NUMBER)
    finite = int(np.isfinite(values).sum())
    return values.tobytes() if finite == len(column) - column.count(None) else None  # JSON refuses the others


def _digests(column: Sequence[object]) -> bytes | None:
    """Write a column of SHA-256 in hexadecimal; None if it has anything else."""
    if set(map(type, column)) != {str} or set(map(len, column)) != {2 * _DIGEST_BYTES}:  # type: ignore[arg-type]
        return None
    together = "".join(column)  # type: ignore[arg-type]
    return bytes.fromhex(together) if _DIGESTS.fullmatch(together) else None
