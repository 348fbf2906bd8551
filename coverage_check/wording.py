"""The sentences, Swedish and English: plain, short, true to the probability, with the limits said.

One table a kind of sentence, keyed by the code it speaks for; every code has both languages.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from coverage_check.decision import ReasonCode, Verdict
from coverage_check.technology import Condition


class Words(NamedTuple):
    """The same sentence in both languages."""

    sv: str
    en: str

    def fill(self, sv: Mapping[str, str], en: Mapping[str, str]) -> "Words":
        """Put the values in, each language its own."""
        return Words(self.sv.format_map(sv), self.en.format_map(en))


REASONS: Mapping[ReasonCode, Words] = {
    ReasonCode.COVERED: Words(
        "{technology} med den nivå som krävs finns på platsen, {distance} innanför täckningens kant.",
        "{technology} of the level needed is there, {distance} inside the edge of the coverage.",
    ),
    ReasonCode.NO_COVERAGE: Words(
        "Närmaste {technology} med den nivå som krävs är {distance} bort.",
        "The nearest {technology} of the level needed is {distance} away.",
    ),
    ReasonCode.BELOW_REQUIRED_LEVEL: Words(
        "{technology} finns på platsen, men svagare eller långsammare än produkten kräver.",
        "{technology} is there, but weaker or slower than the product needs.",
    ),
    ReasonCode.OUTDOOR_ONLY: Words(
        "{technology} räcker på platsen bara utomhus.",
        "{technology} is enough there only outdoors.",
    ),
    ReasonCode.NEEDS_ANTENNA: Words(
        "{technology} räcker på platsen bara med utomhusantenn.",
        "{technology} is enough there only with an outdoor antenna.",
    ),
    ReasonCode.EDGE_UNCERTAIN: Words(
        "Platsen ligger {distance} från kanten av {technology}-täckningen: för nära för ett säkert besked.",
        "The place lies {distance} from the edge of the {technology} coverage: too near for a sure answer.",
    ),
    ReasonCode.FALLBACK_TECHNOLOGY_ONLY: Words(
        "På platsen finns {technology} från samma nät.",
        "{technology} of the same network is there.",
    ),
    ReasonCode.TECHNOLOGY_RETIRED: Words(
        "Sista dagen för {technology} i det nätet: {date}.",
        "The last day of {technology} in that network: {date}.",
    ),
    ReasonCode.NOT_YET_LIVE: Words(
        "{technology} kommer till platsen {date}.",
        "{technology} reaches the place on {date}.",
    ),
    ReasonCode.PRODUCT_NOT_ON_SALE: Words(
        "Produkten säljs inte den dagen.",
        "The product is not on sale that day.",
    ),
    ReasonCode.OTHER_NETWORK_ONLY: Words(
        "{technology} finns på platsen, men från ett annat nät ({network}).",
        "{technology} is there, but from another network ({network}).",
    ),
    ReasonCode.NO_DATA: Words(
        "Det finns inga täckningsuppgifter om den tekniken och den dagen.",
        "There is no coverage data for that technology and day.",
    ),
    ReasonCode.OUTSIDE_SURVEY_AREA: Words(
        "Platsen ligger utanför det område som täckningskartan omfattar.",
        "The place lies outside the area that the coverage map speaks about.",
    ),
    ReasonCode.LAYER_STALE: Words(
        "Täckningskartan från {published} är för gammal för den dagen.",
        "The coverage map of {published} is too old for that day.",
    ),
    ReasonCode.LAYERS_DISAGREE: Words(
        "Täckningskartorna motsäger varandra på platsen.",
        "The coverage maps contradict each other there.",
    ),
    ReasonCode.THRESHOLD_UNKNOWN: Words(
        "Kartan säger inte vilken nivå eller hastighet den gäller.",
        "The map does not say which level or speed it stands for.",
    ),
    ReasonCode.ADDRESS_AMBIGUOUS: Words(
        "Adressen passar på flera platser, och svaret är inte säkert för dem alla.",
        "The address fits several places, and the answer is not sure for all of them.",
    ),
    ReasonCode.ADDRESS_NOT_FOUND: Words(
        "Adressen finns inte i adressregistret.",
        "The address is not in the address register.",
    ),
    ReasonCode.MATCH_TOO_COARSE: Words(
        "Adressen är känd bara på ett ungefär: för grovt för ett säkert besked.",
        "The address is known only roughly: too roughly for a sure answer.",
    ),
    ReasonCode.NO_STREET_POSITION: Words(
        "En boxadress har ingen plats på kartan.",
        "A box address has no place on the map.",
    ),
    ReasonCode.PROPERTY_DESIGNATION_UNSUPPORTED: Words(
        "Det är en fastighetsbeteckning, och ingen källa för sådana är ansluten.",
        "That is a property designation, and no source for those is connected.",
    ),
    ReasonCode.GEOCODER_UNAVAILABLE: Words(
        "Adressökningen svarar inte just nu.",
        "The address search does not answer just now.",
    ),
    ReasonCode.INVALID_INPUT: Words(
        "Uppgiften går inte att tolka: {remark}",
        "The input can't be understood: {remark}",
    ),
}

NO_GEOCODER = Words(
    "Ingen adressökning är ansluten, så bara positioner kan prövas.",
    "No address search is configured, so only positions can be checked.",
)
"""What GEOCODER_UNAVAILABLE says where there is none."""

REMARKS: Mapping[str, Words] = {
    "": Words("", ""),
    "SWAPPED": Words(
        "latitud och longitud verkar ha bytt plats.",
        "latitude and longitude seem to be the wrong way round.",
    ),
}
"""What goes with INVALID_INPUT."""


def reason_words(code: ReasonCode, remark: str = "") -> Words:
    """Give the sentence of a reason; the remark NO_GEOCODER has one of its own."""
    return NO_GEOCODER if remark == "NO_GEOCODER" else REASONS[code]


OPENINGS: Mapping[Verdict, Words] = {
    Verdict.DELIVERABLE: Words("Ja, {product} fungerar {use} på {address}.", "Yes, {product} works {use} at {address}."),
    Verdict.CONDITIONAL: Words(
        "{product} fungerar på {address}, men bara {condition}.",
        "{product} works at {address}, but only {condition}.",
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

CONDITIONS: Mapping[Condition, Words] = {
    Condition.OUTDOOR_ANTENNA: Words("med utomhusantenn", "with an outdoor antenna"),
    Condition.OUTDOORS_ONLY: Words("utomhus", "outdoors"),
}

OFFERS: Mapping[str, Words] = {
    "product": Words("Det jag kan erbjuda där är {offer}.", "What I can offer there is {offer}."),
    "until": Words(
        "Det jag kan erbjuda där är {offer}, men bara till och med {date}: då släcks det nätet.",
        "What I can offer there is {offer}, but only until {date}, when that network ends.",
    ),
    "later": Words("{offer} går att leverera där från {date}.", "{offer} can be delivered there from {date}."),
}

LIMITS = Words(
    "Det gäller enligt operatörens karta från {published}.",
    "That is according to the operator's map of {published}.",
)

QUESTIONS: Mapping[str, Words] = {
    "WHICH_ADDRESS": Words("Vilken av dessa är det: {choices}?", "Which of these is it: {choices}?"),
    "HOUSE_NUMBER": Words("Vilket husnummer är det?", "What is the house number?"),
    "POSITION": Words(
        "Kan du skicka platsen från telefonen när du är där?",
        "Can you send the position from your phone when you are there?",
    ),
    "ANTENNA_POSSIBLE": Words("Går det att sätta upp en antenn utomhus?", "Can an antenna be put up outdoors?"),
    "PLACE_OF_USE": Words(
        "Ska det användas inomhus, eller räcker det utomhus?",
        "Will it be used indoors, or is outdoors enough?",
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
        "Kan nätägaren bekräfta täckningen på platsen?",
        "Can the network confirm the coverage there?",
    ),
    "TRY_AGAIN": Words("Får jag återkomma när sökningen svarar?", "May I come back when the search answers?"),
}

_USES: Mapping[str, Words] = {
    "indoors": Words("inomhus", "indoors"),
    "outdoors": Words("utomhus", "outdoors"),
    "vehicle": Words("i bil", "in a vehicle"),
    "outdoor_antenna": Words("med utomhusantenn", "with an outdoor antenna"),
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
