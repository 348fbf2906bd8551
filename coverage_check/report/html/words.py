"""What the report says, Swedish and English; the page holds both and shows one."""

from collections.abc import Mapping
from html import escape

from coverage_check.decision import ReasonCode, Verdict
from coverage_check.wording import Words

SIGNS: Mapping[Verdict, str] = {
    Verdict.DELIVERABLE: "✔",
    Verdict.CONDITIONAL: "◐",
    Verdict.NOT_DELIVERABLE: "✘",
    Verdict.UNDETERMINED: "?",
}
"""Beside each colour, for whoever doesn't see it."""

VERDICTS: Mapping[Verdict, Words] = {
    Verdict.DELIVERABLE: Words("Levererbar", "Deliverable"),
    Verdict.CONDITIONAL: Words("Med villkor", "Conditional"),
    Verdict.NOT_DELIVERABLE: Words("Inte levererbar", "Not deliverable"),
    Verdict.UNDETERMINED: Words("Oavgjord", "Undetermined"),
}

REASONS: Mapping[ReasonCode, Words] = {
    ReasonCode.COVERED: Words("Täckning finns", "Covered"),
    ReasonCode.NO_COVERAGE: Words("Ingen täckning", "No coverage"),
    ReasonCode.BELOW_REQUIRED_LEVEL: Words("För svag täckning", "Coverage too weak"),
    ReasonCode.OUTDOOR_ONLY: Words("Räcker bara utomhus", "Enough only outdoors"),
    ReasonCode.NEEDS_ANTENNA: Words("Kräver utomhusantenn", "Needs an outdoor antenna"),
    ReasonCode.EDGE_UNCERTAIN: Words("För nära täckningens kant", "Too near the edge of the coverage"),
    ReasonCode.FALLBACK_TECHNOLOGY_ONLY: Words("Bara äldre teknik", "Only an older technology"),
    ReasonCode.TECHNOLOGY_RETIRED: Words("Nätet släcks eller är släckt", "The network ends or has ended"),
    ReasonCode.NOT_YET_LIVE: Words("Nätet är inte i drift än", "The network is not live yet"),
    ReasonCode.PRODUCT_NOT_ON_SALE: Words("Produkten såldes inte då", "The product was not on sale"),
    ReasonCode.OTHER_NETWORK_ONLY: Words("Bara ett annat nät", "Only another network"),
    ReasonCode.NO_DATA: Words("Täckningsuppgifter saknas", "No coverage data"),
    ReasonCode.OUTSIDE_SURVEY_AREA: Words("Utanför kartans område", "Outside the map's area"),
    ReasonCode.LAYER_STALE: Words("För gammal karta", "The map is too old"),
    ReasonCode.LAYERS_DISAGREE: Words("Kartorna motsäger varandra", "The maps contradict each other"),
    ReasonCode.MEASURED: Words("Kartan är uppmätt", "The map was measured"),
    ReasonCode.THRESHOLD_UNKNOWN: Words("Okänd nivå på kartan", "The map's level is unknown"),
    ReasonCode.ADDRESS_AMBIGUOUS: Words("Adressen passar flera platser", "The address fits several places"),
    ReasonCode.ADDRESS_NOT_FOUND: Words("Adressen finns inte", "No such address"),
    ReasonCode.MATCH_TOO_COARSE: Words("Adressen är för grov", "The address is too rough"),
    ReasonCode.NO_STREET_POSITION: Words("Boxadress", "Box address"),
    ReasonCode.PROPERTY_DESIGNATION_UNSUPPORTED: Words("Fastighetsbeteckning", "Property designation"),
    ReasonCode.GEOCODER_UNAVAILABLE: Words("Adressökningen svarade inte", "The address search did not answer"),
    ReasonCode.INVALID_INPUT: Words("Raden går inte att läsa", "The row can't be read"),
}

COLUMNS: Mapping[str, Words] = {"product": Words("produkt", "product"), "month": Words("månad", "month")}
"""Names of the splits that every table has; other columns keep the name that the table gives them."""

AUDIT: Mapping[str, Words] = {
    "title": Words("Revision av försäljningar", "Audit of sales"),
    "rows": Words("försäljningar", "sales"),
    "headline": Words(
        "{no} av {rows} försäljningar kunde inte levereras den dag de gjordes.",
        "{no} of {rows} sales could not be delivered on the day they were made.",
    ),
    "own_day": Words("Försäljningsdagen", "Day of sale"),
    "order": Words("Försäljning", "Sale"),
    "calls": Words("Kunder att ringa först", "Customers to call first"),
    "calls_how": Words(
        "Först de vars produkt inte kan levereras i dag, bland dem först de där den inte heller kunde levereras den"
        " dag den såldes; därefter efter belopp på spel.",
        "First those whose product can't be delivered today, of these first those who couldn't have it on the day of sale"
        " either; then by the amount at risk.",
    ),
    "doubtful": Words("Varje tveksam försäljning", "Each doubtful sale"),
}

ORDERS: Mapping[str, Words] = {
    "title": Words("Kontroll av ordrar", "Check of orders"),
    "rows": Words("ordrar", "orders"),
    "headline": Words("{no} av {rows} ordrar kan inte levereras.", "{no} of {rows} orders can't be delivered."),
    "own_day": Words("Besked", "Verdict"),
    "order": Words("Order", "Order"),
    "calls": Words("Kunder att ringa först", "Customers to call first"),
    "calls_how": Words(
        "Först de vars produkt inte kan levereras, sedan de som inte kan få ett säkert besked; därefter efter belopp på"
        " spel.",
        "First those whose product can't be delivered, then those who can't be answered surely; then by the amount at risk.",
    ),
    "doubtful": Words("Varje tveksam order", "Each doubtful order"),
}

PAGE: Mapping[str, Words] = {
    "skip": Words("Till listan", "Skip to the list"),
    "language": Words("Språk", "Language"),
    "period": Words("{first} till {last}", "{first} to {last}"),
    "one_day": Words("{first}", "{first}"),
    "checked": Words("kontrollerade {day}", "checked on {day}"),
    "sure": Words(
        "Det är {share}; med 95 % säkerhet är andelen bland sådana {what} {low} till {high}.",
        "That is {share}; with 95% confidence the share among such {what} is {low} to {high}.",
    ),
    "open": Words(
        "{unknown} går inte att avgöra; visar sig alla vara fel blir andelen {most}.",
        "{unknown} can't be decided; should all of them prove wrong, the share becomes {most}.",
    ),
    "now": Words(
        "Av dessa {bad} går {still} inte heller att leverera i dag; {gone} andra, som gick då, går inte längre.",
        "Of those {bad}, {still} can't be delivered today either; {gone} others, which could be then, no longer can.",
    ),
    "today": Words("I dag", "Today"),
    "verdict": Words("Besked", "Verdict"),
    "count": Words("Antal", "Count"),
    "share": Words("Andel", "Share"),
    "interval": Words("95 % intervall", "95% interval"),
    "at_risk": Words("På spel", "At risk"),
    "at_risk_unit": Words("På spel, i valutan för [risk]", "At risk, in the currency of [risk]"),
    "at_risk_no": Words("På spel, bara inte levererbara", "At risk, not deliverable only"),
    "at_most": Words("högst {amount}", "at most {amount}"),
    "money_how": Words(
        "På spel är vad en felförsäljning kostar gånger sannolikheten att den är en ([risk] i konfigurationen). För"
        " oavgjorda och villkorade är det högsta möjliga belopp.",
        "At risk is what a mis-sale costs times the probability that it is one ([risk] in the config). For the"
        " undetermined and the conditional it is the highest that it can be.",
    ),
    "moves": Words("Då och nu", "Then and now"),
    "moves_how": Words(
        "Rader: besked på försäljningsdagen. Kolumner: besked i dag.",
        "Rows: the verdict on the day of sale. Columns: the verdict today.",
    ),
    "why": Words("Varför", "Why"),
    "why_how": Words(
        "Det skäl som avgjorde, bland alla tveksamma.", "The reason that decided, among all that are doubtful."
    ),
    "splits": Words("Fördelning", "Splits"),
    "by": Words("Per {column}", "By {column}"),
    "stands_out": Words("▲ fler än slumpen ger", "▲ more than chance"),
    "splits_how": Words(
        "Strecket är 95 %-intervallet för andelen inte levererbara, punkten andelen själv, det lodräta strecket andelen"
        " av alla. ▲ betyder att slumpen inte räcker som förklaring, även med hänsyn till hur många grupper som jämförs."
        " Det säger inte vems felet är. Beloppet på spel räknar här bara de inte levererbara, i valutan för [risk] i"
        " konfigurationen.",
        "The line is the 95% interval of the share not deliverable, the dot the share itself, the upright stroke the"
        " share of all. ▲ means that chance is no sufficient explanation, even given how many groups are compared. It"
        " doesn't say whose fault it is. The amount at risk counts only the not deliverable here, in the currency of"
        " [risk] in the config.",
    ),
    "more": Words("{n} till", "{n} more"),
    "none": Words("(tomt)", "(empty)"),
    "map_how": Words(
        "Varje ring är platser nära varandra, med antalet i mitten. Välj en ring för att se bara dem. Täckningen är"
        " förenklad för ögat; inget besked läses ur bilden.",
        "Each ring is places near each other, with their number inside. Choose a ring to see only those. Coverage is"
        " simplified for the eye; no answer is read from the picture.",
    ),
    "no_map": Words("Ingen karta: inga platser visas.", "No map: no places are shown."),
    "layers": Words("Visa täckning", "Show coverage"),
    "in_force": Words(" (i drift i dag)", " (in service today)"),
    "unknown": Words(
        "Streckat: utanför kartornas område, uppgifter saknas. Utan färg och streck: ingen täckning på den valda kartan.",
        "Hatched: outside the maps' area, no data. Neither coloured nor hatched: no coverage on the chosen map.",
    ),
    "zoom_in": Words("Närmare", "Closer"),
    "zoom_out": Words("Längre bort", "Farther"),
    "zoom_all": Words("Hela kartan", "Whole map"),
    "search": Words("Sök", "Search"),
    "only_doubtful": Words("bara tveksamma", "only doubtful ones"),
    "sort": Words("Ordning", "Order"),
    "sort_call": Words("ring först", "call first"),
    "sort_row": Words("som i filen", "as in the file"),
    "sort_money": Words("pengar på spel", "money at risk"),
    "any": Words("alla", "all"),
    "clear": Words("Rensa urval", "Clear filters"),
    "found": Words("{shown} av {all} visas", "{shown} of {all} shown"),
    "chosen": Words("{n} valda på kartan", "{n} chosen on the map"),
    "page": Words("{from}–{to} av {of}", "{from}–{to} of {of}"),
    "previous": Words("Föregående", "Previous"),
    "next": Words("Nästa", "Next"),
    "row": Words("rad {n}", "row {n}"),
    "place": Words("Plats", "Place"),
    "told": Words("Skäl och besked", "Reasons and answer"),
    "probability": Words("sannolikhet att det fungerar {p}", "probability that it works {p}"),
    "outside": Words("{m} m utanför kanten på {layer}", "{m} m outside the edge of {layer}"),
    "inside": Words("{m} m innanför kanten på {layer}", "{m} m inside the edge of {layer}"),
    "inside_weak": Words(
        "{m} m innanför kanten på {layer}, som är för svag", "{m} m inside the edge of {layer}, which is too weak"
    ),
    "say_today": Words("I dag:", "Today:"),
    "same_today": Words("samma besked.", "the same answer."),
    "ask": Words("Fråga:", "Ask:"),
    "nothing": Words("Inget att visa med detta urval.", "Nothing to show with these filters."),
    "scale": Words("{n} km", "{n} km"),
    "left_out": Words(
        "De {shown} viktigaste av {all} rader finns i listan och på kartan; siffrorna räknar alla.",
        "The {shown} most important of {all} rows are in the list and on the map; the figures count all.",
    ),
    "hidden": Words("Personuppgifter är utelämnade.", "Personal data are left out."),
    "noscript": Words(
        "Listan, kartan och urvalet behöver JavaScript, som är avstängt här.",
        "The list, the map and the filters need JavaScript, which is off here.",
    ),
    "products": Words("Produkter", "Products"),
    "rules": Words("Regler", "Rules"),
    "snapshots": Words("Täckning", "Coverage"),
    "map_of": Words("publicerad {day}", "published {day}"),
    "limits": Words(
        "Ett svar är så bra som operatörens karta. Rapporten räknar vad kartan sade den dagen; den mäter inte.",
        "An answer is as good as the operator's map. The report counts what the map said on that day; it doesn't measure.",
    ),
}


def number(value: float, *, decimals: int = 0) -> Words:
    """Write a number as each language does: ``1 234,5`` and ``1,234.5``."""
    en = f"{value:,.{decimals}f}"
    return Words(en.translate(str.maketrans(",.", "\u00a0,")), en)


def percent(share: float) -> Words:
    """Write a share as a percentage, with a decimal where it is small."""
    said = number(share * 100, decimals=1 if 0.0005 <= share < 0.095 else 0)
    return Words(f"{said.sv}\u00a0%", f"{said.en}%")


def interval_words(low: float, high: float) -> Words:
    """Write an interval: ``19 % – 28 %``."""
    return filled(Words("{low} – {high}", "{low} – {high}"), low=percent(low), high=percent(high))


def filled(words: Words, **values: Words | str | int) -> Words:
    """Put values in, each language its own form of them."""
    pairs = {key: _words(value) for key, value in values.items()}
    return words.fill({key: pair.sv for key, pair in pairs.items()}, {key: pair.en for key, pair in pairs.items()})


def both(words: Words) -> str:
    """Give a text as HTML in both languages, of which the page shows one; once where they are the same."""
    if words.sv == words.en:
        return escape(words.sv)
    return f'<span lang="sv">{escape(words.sv)}</span><span lang="en">{escape(words.en)}</span>'


def _words(value: Words | str | int) -> Words:
    if isinstance(value, Words):
        return value
    return number(value) if isinstance(value, int) else Words(value, value)
