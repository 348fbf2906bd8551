"""The words of a written confirmation, Swedish and English."""

from collections.abc import Mapping

from coverage_check.ledger import Channel, Initiator
from coverage_check.wording import Words

LABELS: Mapping[str, Words] = {
    "title": Words("Bekräftelse av erbjudande", "Confirmation of an offer"),
    "product": Words("Tjänst", "Service"),
    "place": Words("Används på", "Place of use"),
    "unconfirmed": Words("inte bekräftad av kunden", "not confirmed by the customer"),
    "position": Words("Läge på kartan", "Place on the map"),
    "use": Words("Används", "Used"),
    "condition": Words("Fungerar bara", "Works only"),
    "coverage": Words("Täckning", "Coverage"),
    "map": Words("operatörens karta från", "the operator's map of"),
    "until": Words("Nätet utlovat till och med", "Network promised up to"),
    "said": Words("Det vi sade", "What we said"),
    "estimated": Words("Uppskattad högsta hastighet, ned / upp", "Estimated maximum speed, down / up"),
    "advertised": Words("Marknadsförd hastighet, ned / upp", "Advertised speed, down / up"),
    "provider": Words("Leverantör", "Provider"),
    "contact": Words("Kontakt", "Contact"),
    "complaints": Words("Klagomål", "Complaints"),
    "equipment": Words("Utrustning", "Equipment"),
    "price": Words("Pris", "Price"),
    "contract_months": Words("Bindningstid", "Bound for"),
    "months": Words("månader", "months"),
    "renewal": Words("Förlängning", "Renewal"),
    "termination": Words("Uppsägning", "Termination"),
    "remedies": Words("Om det inte är som utlovat", "If it is not as promised"),
    "accessibility": Words("För personer med funktionsnedsättning", "For people with disabilities"),
    "other": Words("Övrigt", "Other"),
    "seller": Words("Säljarens beteckning", "Seller's reference"),
    "record": Words("Underlag", "Record"),
}

CALLS: Mapping[tuple[Channel, Initiator] | None, Words] = {
    (Channel.TELEPHONE, Initiator.SELLER): Words(
        "Vi ringde dig {at} och erbjöd dig det här.", "We called you at {at} and offered you this."
    ),
    (Channel.TELEPHONE, Initiator.CUSTOMER): Words(
        "Du ringde oss {at}, och vi erbjöd dig det här.", "You called us at {at}, and we offered you this."
    ),
    (Channel.TELEPHONE, Initiator.UNKNOWN): Words(
        "Per telefon {at} erbjöd vi dig det här.", "By telephone at {at} we offered you this."
    ),
    None: Words("Det här erbjöd vi dig {at}.", "We offered you this at {at}."),
}
"""By channel and who began; None for all others."""

RIGHTS: Mapping[str, Words] = {
    "in_writing": Words(
        "Avtalet gäller bara om du godkänner det skriftligt efter samtalet. Annars är du inte skyldig att betala något.",
        "There is a contract only if you accept in writing after the call. If you don't, you owe nothing.",
    ),
    "withdrawal": Words("Du har 14 dagars ångerrätt.", "You may withdraw within 14 days."),
    "as_mapped": Words(
        "Täckningen är uppgiven efter operatörens karta, för den plats och den användning som står ovan.",
        "The coverage is told by the operator's map, for the place and the use above.",
    ),
}
"""Lag 2005:59: the first where the seller has called, the second for a sale at a distance or at the door."""

ACCEPT = Words(
    "Jag godkänner erbjudandet.\nNamn: ________________   Datum: ________________",
    "I accept the offer.\nName: ________________   Date: ________________",
)
