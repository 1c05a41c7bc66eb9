"""Made-up texts of two languages, praise and complaints, for tests that take what customers say."""

from collections.abc import Iterator
from random import Random

_ENGLISH = (
    ("lovely", "great", "friendly", "quick", "perfect"),
    ("broken", "rude", "slow", "awful", "useless"),
    ("The {thing} was {word} and the {other} too.", "What a {word} {thing}, {word} {other}.", "My {thing}: {word}"),
    ("delivery", "lamp", "service", "kettle", "shop"),
)
_GERMAN = (
    ("wunderbar", "freundlich", "schnell", "zufrieden", "perfekt"),
    ("kaputt", "unverschämt", "langsam", "enttäuscht", "unbrauchbar"),
    ("Die {thing} war {word} und die {other} auch.", "Unsere {thing} ist {word}, wirklich {word}.", "{thing}? {word}!"),
    ("Lieferung", "Lampe", "Beratung", "Kanne", "Uhr"),
)


def said(count: int, seed: int = 1, language: str = "both") -> Iterator[tuple[str, bool]]:
    """So many texts, and whether each is praise."""
    rng = Random(seed)
    spoken = {"English": (_ENGLISH,), "German": (_GERMAN,), "both": (_ENGLISH, _GERMAN)}[language]
    for _ in range(count):
        good, bad, forms, things = rng.choice(spoken)
        praise = rng.random() < 0.5
        word, thing, other = rng.choice(good if praise else bad), rng.choice(things), rng.choice(things)
        yield rng.choice(forms).format(word=word, thing=thing, other=other), praise
