"""The sentences, Swedish and English: plain, short, true to the probability, with the limits said.

One table a kind of sentence, keyed by the code it speaks for; every code has both languages.
"""

import math
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from coverage_check.curve import Curve
from coverage_check.decision import ReasonCode, Verdict
from coverage_check.technology import Condition, Environment


class Words(NamedTuple):
    """The same sentence in both languages."""

    sv: str
    en: str

    def fill(self, sv: Mapping[str, str], en: Mapping[str, str]) -> "Words":
        """Put the values in, each language its own."""
        return Words(self.sv.format_map(sv), self.en.format_map(en))


REASONS: Mapping[ReasonCode, Words] = {
    ReasonCode.COVERED: Words(
        "{technology} är stark nog där: platsen ligger {distance} innanför täckningens kant.",
        "The {technology} is strong enough there: the place lies {distance} inside the edge of the coverage.",
    ),
    ReasonCode.NO_COVERAGE: Words(
        "Närmaste {technology} som är stark nog är {distance} bort.",
        "The nearest {technology} that is strong enough is {distance} away.",
    ),
    ReasonCode.BELOW_REQUIRED_LEVEL: Words(
        "{technology} finns där, men är för svag.",
        "There is {technology} there, but too weak.",
    ),
    ReasonCode.OUTDOOR_ONLY: Words(
        "Utomhus räcker {technology} där, annars inte.",
        "Outdoors the {technology} there is enough, otherwise not.",
    ),
    ReasonCode.NEEDS_ANTENNA: Words(
        "Utan utomhusantenn räcker {technology} inte där.",
        "Without an outdoor antenna the {technology} there is not enough.",
    ),
    ReasonCode.EDGE_UNCERTAIN: Words(
        "Kanten av {technology}-täckningen går {distance} bort: för nära för ett säkert besked.",
        "The edge of the {technology} coverage runs {distance} away: too near for a sure answer.",
    ),
    ReasonCode.FALLBACK_TECHNOLOGY_ONLY: Words(
        "Däremot finns {technology} i samma nät.",
        "There is {technology} from the same network, though.",
    ),
    ReasonCode.TECHNOLOGY_RETIRED: Words(
        "{technology} i det nätet är släckt: sista dagen var {date}.",
        "{technology} in that network has been switched off: its last day was {date}.",
    ),
    ReasonCode.NOT_YET_LIVE: Words(
        "{technology} ska finnas där från {date}.",
        "{technology} is due there on {date}.",
    ),
    ReasonCode.PRODUCT_NOT_ON_SALE: Words(
        "Produkten säljs inte längre: sista dagen var {date}.",
        "The product is no longer sold: its last day was {date}.",
    ),
    ReasonCode.OTHER_NETWORK_ONLY: Words(
        "{technology} finns där i ett annat nät, {network}, men det använder inte den här produkten.",
        "There is {technology} there from another network, {network}, which this product does not use.",
    ),
    ReasonCode.NO_DATA: Words(
        "Jag har ingen täckningskarta för den tekniken och den dagen.",
        "I have no coverage map for that technology and day.",
    ),
    ReasonCode.OUTSIDE_SURVEY_AREA: Words(
        "Täckningskartan når inte dit, så jag vet inte.",
        "The coverage map does not reach that far, so I don't know.",
    ),
    ReasonCode.LAYER_STALE: Words(
        "Täckningskartan från {published} är för gammal att lova något efter.",
        "The coverage map of {published} is too old to promise anything by.",
    ),
    ReasonCode.LAYERS_DISAGREE: Words(
        "Täckningskartorna säger emot varandra där.",
        "The coverage maps contradict each other there.",
    ),
    ReasonCode.THRESHOLD_UNKNOWN: Words(
        "Kartan säger inte hur stark eller snabb täckningen är.",
        "The map does not say how strong or how fast the coverage is.",
    ),
    ReasonCode.ADDRESS_AMBIGUOUS: Words(
        "Adressen passar på flera platser, och jag kan inte svara säkert för dem alla.",
        "The address fits several places, and I can't give a sure answer for all of them.",
    ),
    ReasonCode.ADDRESS_NOT_FOUND: Words("Jag hittar inte adressen.", "I can't find the address."),
    ReasonCode.MATCH_TOO_COARSE: Words(
        "Jag vet bara ungefär var det är, och det räcker inte för ett säkert besked.",
        "I know only roughly where that is, too roughly for a sure answer.",
    ),
    ReasonCode.NO_STREET_POSITION: Words(
        "En boxadress har ingen plats på kartan.",
        "A box address has no place on the map.",
    ),
    ReasonCode.PROPERTY_DESIGNATION_UNSUPPORTED: Words(
        "Det är en fastighetsbeteckning, och sådana kan jag inte slå upp.",
        "That is a property designation, and I can't look those up.",
    ),
    ReasonCode.GEOCODER_UNAVAILABLE: Words(
        "Adressökningen svarar inte just nu.",
        "The address search is not answering just now.",
    ),
    ReasonCode.INVALID_INPUT: Words(
        "Uppgiften går inte att använda: {remark}",
        "That can't be used: {remark}",
    ),
    ReasonCode.MEASURED: Words("Uppmätt: {measured}.", "Measured: {measured}."),
}

VARIANTS: Mapping[tuple[ReasonCode, str], Words] = {
    (ReasonCode.COVERED, "around"): Words(
        "{technology} är stark nog nästan överallt runt platsen.",
        "The {technology} is strong enough nearly everywhere around the place.",
    ),
    (ReasonCode.NO_COVERAGE, "other_network"): Words(
        "Närmaste {technology} som är stark nog är {distance} bort, i nätet {network}.",
        "The nearest {technology} that is strong enough is {distance} away, in the network {network}.",
    ),
    (ReasonCode.NO_COVERAGE, "not_even_weaker"): Words(
        "Där finns ingen {technology}: den närmaste är {distance} bort, och den är för svag eller långsam.",
        "There is no {technology} there: the nearest is {distance} away, and too weak or slow.",
    ),
    (ReasonCode.NO_COVERAGE, "that_day"): Words(
        "Ingen {technology} som räcker finns där den dagen.",
        "No {technology} that is enough is there on that day.",
    ),
    (ReasonCode.NO_COVERAGE, "wherever"): Words(
        "Kartan visar ingen {technology} som räcker, var platsen än är.",
        "The map shows no {technology} that is enough, wherever the place may be.",
    ),
    (ReasonCode.BELOW_REQUIRED_LEVEL, "too_slow"): Words(
        "{technology} finns där, men kartan lovar bara {speed} Mbit/s.",
        "There is {technology} there, but the map promises only {speed} Mbit/s.",
    ),
    (ReasonCode.BELOW_REQUIRED_LEVEL, "antenna_only"): Words(
        "{technology} finns där, men kartan lovar den bara med antenn eller router.",
        "There is {technology} there, but the map promises it only with an antenna or a router.",
    ),
    (ReasonCode.TECHNOLOGY_RETIRED, "within_contract"): Words(
        "Nätet är utlovat bara till och med {date}, och avtalet är längre än så.",
        "That network is promised only up to and including {date}, and the contract is longer than that.",
    ),
    (ReasonCode.PRODUCT_NOT_ON_SALE, "not_yet"): Words(
        "Produkten börjar säljas {date}.",
        "The product goes on sale on {date}.",
    ),
    (ReasonCode.GEOCODER_UNAVAILABLE, "no_geocoder"): Words(
        "Ingen adressökning är ansluten, så bara positioner kan prövas.",
        "No address search is configured, so only positions can be checked.",
    ),
    (ReasonCode.OUTSIDE_SURVEY_AREA, "perhaps"): Words(
        "Platsen kan ligga utanför täckningskartan.",
        "The place may lie outside the coverage map.",
    ),
}
"""What is said for a reason in a case of its own, for which its ordinary sentence would not be true."""

REMARKS: Mapping[str, Words] = {
    "": Words("kontrollera den och försök igen.", "check it and try again."),
    "SWAPPED": Words(
        "latitud och longitud verkar ha bytt plats.",
        "latitude and longitude seem to be the wrong way round.",
    ),
}
"""What goes with INVALID_INPUT."""

OPENINGS: Mapping[str, Words] = {
    Verdict.DELIVERABLE: Words("Ja, {product} {works} {use} på {address}.", "Yes, {product} {works} {use} at {address}."),
    "until": Words(
        "Ja, {product} {works} {use} på {address}, men bara till och med {date}, och avtalet är längre än så.",
        "Yes, {product} {works} {use} at {address}, but only up to and including {date}, and the contract is longer.",
    ),
    Verdict.CONDITIONAL: Words(
        "{product} {works} på {address}, men bara {condition}.",
        "{product} {works} at {address}, but only {condition}.",
    ),
    Verdict.NOT_DELIVERABLE: Words(
        "Nej, jag kan inte sälja {product} till {address}.",
        "No, I can't sell {product} for {address}.",
    ),
    Verdict.UNDETERMINED: Words(
        "Jag kan inte lova {product} på {address} ännu.",
        "I can't promise {product} at {address} yet.",
    ),
}
"""By verdict; `until` for what is deliverable on the day, on a network that is promised for less than the contract."""

_SURELY = Words("ska fungera", "should work")
_PROBABLY = Words("fungerar troligen", "will probably work")
SURELY_FROM = 0.9

CONDITIONS: Mapping[Condition, Words] = {
    Condition.OUTDOOR_ANTENNA: Words("med utomhusantenn", "with an outdoor antenna"),
    Condition.OUTDOORS_ONLY: Words("utomhus", "outdoors"),
}

OFFERED_WITH: Mapping[Condition, Words] = {
    Condition.OUTDOOR_ANTENNA: Words("med utomhusantenn", "with an outdoor antenna"),
    Condition.OUTDOORS_ONLY: Words("för användning utomhus", "for use outdoors"),
}

OFFERS: Mapping[str, Words] = {
    "product": Words("Det jag kan erbjuda där är {offer}.", "What I can offer there is {offer}."),
    "until": Words(
        "Det jag kan erbjuda där är {offer}, men bara till och med {date}.",
        "What I can offer there is {offer}, but only up to and including {date}.",
    ),
    "spot": Words(
        "Ungefär {distance} {direction} om platsen räcker täckningen för {offer}.",
        "About {distance} {direction} of the place the coverage is enough for {offer}.",
    ),
    "later": Words("{offer} går att leverera där från {date}.", "{offer} can be delivered there from {date}."),
}

LIMITS = Words(
    "Det gäller enligt operatörens karta från {published}.",
    "That is according to the operator's map of {published}.",
)

QUESTIONS: Mapping[str, Words] = {
    "WHICH_ADDRESS": Words("Vilken av dessa är det: {choices}?", "Which of these is it: {choices}?"),
    "WHICH_TOWN": Words(
        "Vilken ort ligger det i, och vilket postnummer är det?",
        "Which town is it in, and what is the postcode?",
    ),
    "HOUSE_NUMBER": Words("Vilket husnummer är det?", "What is the house number?"),
    "POSITION": Words(
        "Kan du skicka din position från telefonen när du är där?",
        "Can you send the position from your phone when you are there?",
    ),
    "ANTENNA_POSSIBLE": Words("Går det att sätta upp en antenn utomhus?", "Can an antenna be put up outdoors?"),
    "PLACE_OF_USE": Words(
        "Ska det användas inomhus, eller räcker det utomhus?",
        "Will it be used indoors, or is outdoors enough?",
    ),
    "BY_A_WINDOW": Words(
        "Ska det fungera i hela huset, eller räcker det vid ett fönster?",
        "Must it work all over the house, or is by a window enough?",
    ),
    "LONG_ENOUGH": Words(
        "Räcker det att det fungerar till och med {date}?",
        "Is it enough that it works up to and including {date}?",
    ),
    "SPELLING": Words(
        "Hur stavas adressen, och vilket postnummer har den?",
        "How is the address spelt, and what is its postcode?",
    ),
    "STREET_ADDRESS": Words(
        "Vilken adress har huset där det ska användas?",
        "What is the address of the house where it will be used?",
    ),
    "SWAPPED": Words(
        "Kan latitud och longitud ha bytt plats?",
        "Could latitude and longitude be the wrong way round?",
    ),
    "MAP_OF_OPERATOR": Words(
        "Får jag kontrollera täckningen med nätägaren och återkomma?",
        "May I check the coverage with the network's owner and come back to you?",
    ),
    "TRY_AGAIN": Words("Får jag återkomma när sökningen svarar?", "May I come back when the search answers?"),
}

_DIRECTIONS = (
    Words("norr", "north"),
    Words("nordost", "north-east"),
    Words("öster", "east"),
    Words("sydost", "south-east"),
    Words("söder", "south"),
    Words("sydväst", "south-west"),
    Words("väster", "west"),
    Words("nordväst", "north-west"),
)

_USES: Mapping[str, Words] = {
    "indoors": Words("inomhus", "indoors"),
    "outdoors": Words("utomhus", "outdoors"),
    "vehicle": Words("i bil", "in a vehicle"),
    "outdoor_antenna": Words("med utomhusantenn", "with an outdoor antenna"),
}
_TAKEN: Mapping[Environment, Words] = {
    Environment.OUTDOOR: Words("utomhus", "outdoors"),
    Environment.VEHICLE: Words("i bil", "in a vehicle"),
    Environment.INDOOR: Words("inomhus", "indoors"),
}
_MONTHS = (
    Words("januari", "January"),
    Words("februari", "February"),
    Words("mars", "March"),
    Words("april", "April"),
    Words("maj", "May"),
    Words("juni", "June"),
    Words("juli", "July"),
    Words("augusti", "August"),
    Words("september", "September"),
    Words("oktober", "October"),
    Words("november", "November"),
    Words("december", "December"),
)


def day_words(day: date | None) -> Words:
    """Write a date out: ``1 juni 2025``, ``1 June 2025``."""
    if day is None:
        return Words("okänt datum", "an unknown date")
    month = _MONTHS[day.month - 1]
    return Words(f"{day.day} {month.sv} {day.year}", f"{day.day} {month.en} {day.year}")


def distance_words(metres: float | None) -> Words:
    """Write a distance as it is said, no finer than the map is: tens of metres, then tenths of a kilometre."""
    if metres is None:
        return Words("ett okänt avstånd", "an unknown distance")
    away = abs(metres)
    if away >= 5000:
        return Words("mer än 5 km", "more than 5 km")
    if away >= 995:
        return Words(f"{away / 1000:.1f} km".replace(".", ","), f"{away / 1000:.1f} km")
    text = f"{max(round(away, -1), 10):.0f} m" if away >= 10 else "mindre än 10 m"
    return Words(text, text.replace("mindre än", "less than"))


def measured_words(curve: Curve | None) -> Words:
    """Say what was measured inside a claim: the share that was served, of how many places, where, when and by whom.

    A share is cut, not rounded, so that 100 % are all of them.
    """
    if curve is None:
        return Words("", "")
    where, day = _TAKEN[curve.environment], day_words(curve.last_day)
    if curve.first_day != curve.last_day:
        day = Words(f"till och med {day.sv}", f"up to {day.en}")
    share = f"{math.floor(curve.share * 1000 + 1e-6) / 10:g}"
    sv, en = f"{curve.readings:_}".replace("_", "\N{NO-BREAK SPACE}"), f"{curve.readings:,}"
    by = Words(f" av {curve.measured_by}", f" by {curve.measured_by}") if curve.measured_by else Words("", "")
    return Words(
        f"signal på {share.replace('.', ',')} % av {sv} platser {where.sv} innanför täckningens kant, {day.sv}{by.sv}",
        f"service at {share} % of {en} places {where.en} inside the edge of the coverage, {day.en}{by.en}",
    )


def direction_words(bearing_deg: float) -> Words:
    """Name the eighth of the compass that a bearing lies in, clockwise from north."""
    return _DIRECTIONS[round(bearing_deg / 45) % 8]


def works_words(probability: float) -> Words:
    """Say that it works, no surer than it is."""
    return _SURELY if probability >= SURELY_FROM else _PROBABLY


def use_words(place: str, receiver: str) -> Words:
    """Say where and with what it is used."""
    return _USES["outdoor_antenna"] if receiver == "outdoor_antenna" else _USES[place]


def choices_words(labels: list[str]) -> Words:
    """List the first few choices."""
    shown = [label for label in dict.fromkeys(labels) if label][:4]
    if len(shown) < 2:
        joined = ", ".join(shown)
        return Words(joined, joined)
    head, last = ", ".join(shown[:-1]), shown[-1]
    return Words(f"{head} eller {last}", f"{head} or {last}")
