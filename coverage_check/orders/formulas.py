"""Texts that a spreadsheet would run: CSV and XLSX hold them with an apostrophe before them.

The characters are those of OWASP's page on CSV injection and their full-width forms. A cell can also be cut open by a
spreadsheet that takes another sign for the delimiter than the file does, so what follows a delimiter or a line break inside
a text counts as a beginning, too; there, a plus or a minus must look like a formula, for telephone numbers hold them.
"""

import re
from collections.abc import Iterable, Sequence

_FORMULA = re.compile("^[=+\\-@\t\r\n\0＝＋－＠]")
_NUMBER = re.compile(r"^[+\-]?[\d.,]*\d[\d\s.,]*(?:[eE][+\-]?\d{1,3})?$")
_INSIDE = re.compile("([,;\t\r\n][\"'\\s]*)(?=[=@＝＠]\\S|[+\\-＋－][^,;\t\r\n]*[|!(])")
_SUSPECT = re.compile("[=+\\-@\t\r\n\0＝＋－＠]")

_BETWEEN = "\x1f"
_ANYWHERE = "=@\t\r\n\0＝＠"
_ARITHMETIC = "+-＋－"
_OPERATION = "|!("


def neutral(cell: str) -> str:
    """Keep a spreadsheet from running a text as a formula: an apostrophe before it. Numbers stay as they are."""
    if not _SUSPECT.search(cell) or _NUMBER.match(cell):
        return cell
    cell = _INSIDE.sub(r"\1'", cell)
    return f"'{cell}" if len(cell) > 1 and _FORMULA.match(cell) else cell


def neutral_column(texts: Sequence[str]) -> Sequence[str]:
    """Make many texts neutral; where no formula can be in any of them, they are given back as they are."""
    return texts if harmless(texts) else list(map(neutral, texts))


def harmless(texts: Iterable[str]) -> bool:
    """Tell at one look that no text of many can be a formula: it lacks the signs. False where each must be looked at."""
    together = _BETWEEN + _BETWEEN.join(texts)
    if any(sign in together for sign in _ANYWHERE):
        return False
    signs = [sign for sign in _ARITHMETIC if sign in together]
    begun = any(_BETWEEN + sign in together for sign in signs)
    return not (begun or (signs and any(sign in together for sign in _OPERATION)))
