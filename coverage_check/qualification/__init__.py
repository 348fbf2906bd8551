"""product + location + surroundings → Decision. Pure: no clock, no file, no network.

`needs` says where a product works; `weighing` how probable that is and which verdict costs least, column by column;
`sharing` and `season` find the rows and days that are alike; `writing` decides one row of them in full: `explanation` says
why, `sentences` says it aloud, `alternatives` and `flips` say what else could be had and how near another verdict is.
`outline` keeps that with gaps, `filling` works out each row's own, and `batch` puts the two together.
"""

from coverage_check.qualification.batch import Outlines
from coverage_check.qualification.decide import Found, decide, decide_all, decide_positions, undetermined
from coverage_check.qualification.decisions import Decisions
from coverage_check.qualification.order import Order, Positions, position_text, position_texts

__all__ = [
    "Decisions",
    "Found",
    "Order",
    "Outlines",
    "Positions",
    "decide",
    "decide_all",
    "decide_positions",
    "position_text",
    "position_texts",
    "undetermined",
]
