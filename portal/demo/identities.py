"""Names, mailboxes and telephones for people who do not exist.

Mailboxes are all at example.org; telephones are all in the ranges kept for fiction in
France, each given once as long as the range lasts.
"""

import unicodedata
from dataclasses import dataclass
from random import Random

from matching.vocabulary import ReferrerType
from portal.demo.establishments import Establishment
from portal.demo.names import LAST_NAMES, MEN, WOMEN, YOUNG_MEN, YOUNG_WOMEN
from portal.demo.seeds import happens
from portal.places.atlas import Commune

MOBILE = "063998"
_BY_PART_OF_FRANCE = {"north-west": "026191", "north-east": "035301", "south-east": "046571", "south-west": "053649"}
ILE_DE_FRANCE = "019900"
FICTIONAL_RANGES = (ILE_DE_FRANCE, *_BY_PART_OF_FRANCE.values(), MOBILE)
_REGION_PART = {
    "11": "ile-de-france", "24": "north-west", "28": "north-west", "52": "north-west", "53": "north-west",
    "04": "north-west", "06": "north-west", "27": "north-east", "32": "north-east", "44": "north-east",
    "84": "south-east", "93": "south-east", "94": "south-east", "75": "south-west", "76": "south-west",
    "01": "south-west", "02": "south-west", "03": "south-west",
}  # fmt: skip
_RANGE_SIZE = 10_000
_STEP = 7_919  # prime with the size, so that every number of a range comes once


@dataclass(frozen=True, slots=True)
class DemoIdentity:
    """Somebody's name and contact; ``phone`` is ten digits or empty, ``email`` may be empty."""

    first_name: str
    last_name: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class DemoReferrer:
    """The professional who registers a young person."""

    identity: DemoIdentity
    kind: ReferrerType
    function: str
    establishment: Establishment


class Directory:
    """Gives each person a mailbox and a telephone that nobody else has."""

    def __init__(self, random: Random) -> None:
        """Start with every number free."""
        self._random = random
        self._given = dict.fromkeys(FICTIONAL_RANGES, 0)
        self._mailboxes: dict[str, int] = {}

    def person(self, first_name: str, last_name: str, commune: Commune, phone_odds: float) -> DemoIdentity:
        """Register somebody, with a telephone as often as ``phone_odds`` says."""
        phone = self._phone(commune) if happens(self._random, phone_odds) else ""
        return DemoIdentity(first_name, last_name, self._mailbox(first_name, last_name), phone)

    def _mailbox(self, first_name: str, last_name: str) -> str:
        name = f"{_slug(first_name)}.{_slug(last_name)}"
        number = self._mailboxes[name] = self._mailboxes.get(name, 0) + 1
        return f"{name}{number if number > 1 else ''}@example.org"

    def _phone(self, commune: Commune) -> str:
        mobile = happens(self._random, 0.85)
        prefix = MOBILE if mobile and self._given[MOBILE] < _RANGE_SIZE else landline_range(commune)
        at = self._given[prefix]
        self._given[prefix] += 1
        return f"{prefix}{(at * _STEP + 1_234) % _RANGE_SIZE:04d}"


def landline_range(commune: Commune) -> str:
    """Tell the first six digits of fictional landlines around a commune."""
    part = _REGION_PART.get(commune.region, "south-west")
    return _BY_PART_OF_FRANCE.get(part, ILE_DE_FRANCE)


def young_first_name(woman: bool, random: Random) -> str:
    """Draw a first name for a young person."""
    return random.choice(YOUNG_WOMEN if woman else YOUNG_MEN)


def adult_first_name(woman: bool, random: Random) -> str:
    """Draw a first name for somebody older."""
    return random.choice(WOMEN if woman else MEN)


def last_name(random: Random) -> str:
    """Draw a last name, double now and then."""
    name = random.choice(LAST_NAMES)
    return f"{name}-{random.choice(LAST_NAMES)}" if happens(random, 0.04) else name


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower().replace("ı", "i"))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())
