"""Comparing names as people look them up: case, accents and hyphens aside."""

import re
import unicodedata

_WORDS = re.compile(r"[^a-z0-9]+")
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae"})


def fold(text: str) -> str:
    """Lower case, without accents, hyphens or apostrophes, words parted by one space."""
    plain = unicodedata.normalize("NFKD", text.translate(_LIGATURES).lower())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _WORDS.sub(" ", bare).strip()
