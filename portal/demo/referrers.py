"""The professionals who register young people: the same ones come back, near where the young live."""

from collections import defaultdict
from random import Random

from matching.vocabulary import ReferrerType
from portal.demo.establishments import function_of, new_establishment
from portal.demo.identities import DemoReferrer, Directory, adult_first_name, last_name
from portal.demo.people import Facts
from portal.demo.seeds import happens

_NEW = 0.22


class Referrers:
    """Everybody met so far, by département and kind."""

    def __init__(self, directory: Directory, random: Random) -> None:
        """Start with nobody."""
        self._directory = directory
        self._random = random
        self._known: defaultdict[tuple[str, ReferrerType], list[DemoReferrer]] = defaultdict(list)
        self._count = 0

    def one_for(self, person: Facts) -> DemoReferrer:
        """Give a professional for a person who has a referrer type, known or new."""
        kind = person.referrer_type
        if kind is None:
            raise ValueError("nobody refers this person")
        known = self._known[person.commune.departement, kind]
        if not known or happens(self._random, _NEW):
            known.append(self._new(kind, person))
        return self._random.choice(known)

    def _new(self, kind: ReferrerType, person: Facts) -> DemoReferrer:
        self._count += 1
        establishment = new_establishment(f"demo-etab-{self._count:04d}", kind, person.commune, self._random)
        identity = self._directory.person(
            adult_first_name(happens(self._random, 0.66), self._random),
            last_name(self._random),
            person.commune,
            phone_odds=0.9,
        )
        return DemoReferrer(identity, kind, function_of(kind), establishment)
