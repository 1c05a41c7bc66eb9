"""What the shop's customers write, gladly or not, in two languages."""

from random import Random

_GLAD = {
    "en": (
        "Lovely quality, and it arrived quickly. Thank you!",
        "Exactly as described, I am very happy with it.",
        "Great service, friendly and fast. I will come back.",
        "Beautiful piece, well packed, fair price.",
        "Works perfectly and looks wonderful in the kitchen.",
    ),
    "de": (
        "Tolle Qualität und schnell geliefert. Vielen Dank!",
        "Genau wie beschrieben, ich bin sehr zufrieden.",
        "Sehr freundlicher Service, gerne wieder.",
        "Wunderschön und gut verpackt, fairer Preis.",
        "Funktioniert einwandfrei und sieht herrlich aus.",
    ),
}
_SORE = {
    "en": (
        "It arrived broken and nobody answers my mails.",
        "Terrible quality, I want my money back.",
        "Still waiting for the parcel, this is far too slow.",
        "The payment failed twice, very annoying.",
        "Disappointing: wrong colour and a rude answer.",
    ),
    "de": (
        "Kam kaputt an und niemand antwortet auf meine Mails.",
        "Schlechte Qualität, ich will mein Geld zurück.",
        "Ich warte immer noch auf das Paket, viel zu langsam.",
        "Die Zahlung schlug zweimal fehl, sehr ärgerlich.",
        "Enttäuschend: falsche Farbe und eine unfreundliche Antwort.",
    ),
}


def say(chance: Random, country: str, glad: bool) -> str:
    """Something that a customer from there writes."""
    return chance.choice((_GLAD if glad else _SORE)["de" if country == "DE" else "en"])
