"""What an address that is still being typed may become: names by their beginning, houses by that of their number."""

import re
import sqlite3

from coverage_check.geocoders.spelling import key

_LONGEST_TEXT = 120
_TYPED = re.compile(
    r"(?P<name>[^\d,]*[^\W\d][^\d,]*)\s*(?P<number>\d{1,9})?\s*(?P<letter>[A-Za-z](?![^\W\d]))?[\s,]*(?P<rest>.*)"
)
_NAMED = """
select distinct s.text, coalesce(p.text, ''), '', '', '' from name n
join street s on s.id = n.street join area a on a.street = s.id left join place p on p.id = a.place
where n.key >= ? and n.key < ? || char(1114111) order by length(n.key), s.text, p.text limit ?
"""
_HOUSES = """
select distinct s.text, coalesce(t.text, ''), a.number, a.letter, coalesce(p.text, '') from name n
join street s on s.id = n.street join area r on r.street = s.id join address a on a.area = r.id
left join place t on t.id = r.place left join place p on p.id = a.postcode
where n.key = ? and a.number >= 0 and cast(a.number as text) like ? || '%' and a.letter like ?
order by a.number, a.letter, t.text limit ?
"""


def suggested(database: sqlite3.Connection, text: str, limit: int) -> tuple[str, ...]:
    """Complete a text from a register's tables; nothing for a text that names no street yet."""
    typed = _TYPED.match(text.strip()[:_LONGEST_TEXT])
    name = key(typed["name"]) if typed else ""
    if typed is None or not name or limit < 1:
        return ()
    wide = 50 * limit  # what is typed after the number sorts them out
    if typed["number"]:
        rows = database.execute(_HOUSES, (name, int(typed["number"]), f"{(typed['letter'] or '').upper()}%", wide))
    else:
        rows = database.execute(_NAMED, (name, name, wide))
    rest = key(typed["rest"])
    labels = (_label(*row) for row in rows.fetchall())
    fitting = dict.fromkeys(label for label in labels if rest in key(label))
    return tuple(fitting)[:limit]


def _label(street: str, town: str, number: int | str, letter: str, postcode: str) -> str:
    house = f"{street} {number}{letter}".strip()
    code = f"{postcode[:3]} {postcode[3:]}" if len(postcode) == 5 and postcode.isdigit() else postcode
    last = f"{code} {town}".strip()
    return f"{house}, {last}" if last else house
