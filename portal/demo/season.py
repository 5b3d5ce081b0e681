"""The season: 16,000 requests in the proportions and the rhythm of 2021, ending on a chosen day."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain, repeat
from random import Random

from matching.profile import Profile
from matching.vocabulary import Channel, Side
from portal.demo.associations import DEMAND
from portal.demo.consents import address_confirmed, guardian_confirmed
from portal.demo.identities import DemoIdentity, DemoReferrer, Directory, adult_first_name, last_name, young_first_name
from portal.demo.people import Draft, Facts, draft, facts, profile
from portal.demo.referrers import Referrers
from portal.demo.rhythm import PARIS, Pace, arrivals
from portal.demo.seeds import chance, happens
from portal.demo.words import own_words

_PACES = {Channel.SELF: Pace.YOUNG, Channel.FAMILY: Pace.FAMILY, Channel.PROFESSIONAL: Pace.PROFESSIONAL}
_ADULT = 18
_DIGITAL_ADULT = 15  # consents alone to the use of personal data
_FASHION = 30  # first names of the young up to there
_REPEATED = 0.006
_RECENT = 2_000


@dataclass(frozen=True, slots=True)
class DemoRequest:
    """One request, with the identity that routing never sees.

    ``received_at`` and the confirmations are UTC; a confirmation that is None never came.
    ``postal_code`` is one of the commune's; ``words`` may be empty; ``repeat_of`` is the key of
    an earlier request of the same person.
    """

    key: str
    received_at: datetime
    profile: Profile
    commune: str
    postal_code: str
    birth_date: date
    woman: bool
    identity: DemoIdentity
    guardian: DemoIdentity | None
    referrer: DemoReferrer | None
    words: str
    sensitive_consent: bool
    address_confirmed_at: datetime | None
    guardian_confirmed_at: datetime | None
    repeat_of: str | None

    @property
    def needs_guardian(self) -> bool:
        """A guardian's own link must be confirmed before anything is routed."""
        return guardian_needed(self.profile)

    @property
    def ready_at(self) -> datetime | None:
        """When it may be routed; None when a confirmation never came."""
        needed = [self.address_confirmed_at, *([self.guardian_confirmed_at] if self.needs_guardian else [])]
        known = [moment for moment in needed if moment is not None]
        return max(known) if len(known) == len(needed) else None


def guardian_needed(known: Profile) -> bool:
    """Under 15, unless the family itself fills the form."""
    return known.side is Side.MENTEE and known.channel is not Channel.FAMILY and (known.age or 0) < _DIGITAL_ADULT


def demo_season(seed: int, end: date) -> Iterator[DemoRequest]:
    """Give the requests by date of reception, the last on ``end``; the same for one seed and day."""
    random = chance("season", seed, end.isoformat())
    drafts = list(_drafts(seed))
    moments = arrivals(random, end, (_pace(each) for each in drafts))
    queue = sorted(zip(moments, range(len(drafts)), strict=True))
    writer = _Writer(chance("people", seed))
    for number, (moment, at) in enumerate(queue, start=1):
        yield writer.write(f"demo-{number:05d}", moment, drafts[at])


def _drafts(seed: int) -> Iterator[Draft]:
    random = chance("drafts", seed)
    return (draft(side, random) for side in chain.from_iterable(repeat(side, DEMAND[side]) for side in Side))


def _pace(each: Draft) -> Pace:
    return Pace.VOLUNTEER if each.side is Side.MENTOR else _PACES[each.channel]


class _Writer:
    """Writes requests one after the other, remembering who has been met."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._directory = Directory(random)
        self._referrers = Referrers(self._directory, random)
        self._recent: list[DemoRequest] = []

    def write(self, key: str, moment: datetime, written: Draft) -> DemoRequest:
        again = self._somebody_again(written)
        request = self._repeated(again, key, moment) if again else self._new(key, moment, written)
        self._remember(request)
        return request

    def _new(self, key: str, moment: datetime, written: Draft) -> DemoRequest:
        random, person = self._random, facts(written, self._random)
        day = moment.astimezone(PARIS).date()
        referrer = self._referrers.one_for(person) if person.referrer_type else None
        known = profile(key, person, day, _establishment(referrer), random)
        identity, guardian = self._identities(person)
        return DemoRequest(
            key=key,
            received_at=moment,
            profile=known,
            commune=person.commune.code,
            postal_code=random.choice(person.commune.postal_codes),
            birth_date=_birth_date(person.age, day, random),
            woman=person.woman,
            identity=identity,
            guardian=guardian,
            referrer=referrer,
            words=own_words(person, identity.first_name, random),
            sensitive_consent=any(public.sensitive for public, _ in known.answers),
            address_confirmed_at=address_confirmed(moment, known, random),
            guardian_confirmed_at=guardian_confirmed(moment, random) if guardian_needed(known) else None,
            repeat_of=None,
        )

    def _identities(self, person: Facts) -> tuple[DemoIdentity, DemoIdentity | None]:
        random, name = self._random, last_name(self._random)
        young = person.draft.side is Side.MENTEE or person.age < _FASHION
        first_name = young_first_name(person.woman, random) if young else adult_first_name(person.woman, random)
        identity = self._directory.person(
            first_name, name, person.commune, 0.3 if person.age < _DIGITAL_ADULT else 0.62
        )
        if person.age >= _ADULT:
            return identity, None
        family = name if happens(random, 0.75) else last_name(random)
        return identity, self._directory.person(
            adult_first_name(happens(random, 0.6), random), family, person.commune, 0.8
        )

    def _somebody_again(self, written: Draft) -> DemoRequest | None:
        if not happens(self._random, _REPEATED):
            return None
        alike = [
            each
            for each in self._recent
            if each.profile.side is written.side and each.profile.channel is written.channel
        ]
        return self._random.choice(alike) if alike else None

    def _repeated(self, again: DemoRequest, key: str, moment: datetime) -> DemoRequest:
        age = age_on(again.birth_date, moment.astimezone(PARIS).date())
        return replace(
            again,
            key=key,
            received_at=moment,
            profile=replace(again.profile, key=key, age=age),
            address_confirmed_at=_later(again.address_confirmed_at, moment - again.received_at),
            guardian_confirmed_at=_later(again.guardian_confirmed_at, moment - again.received_at),
            repeat_of=again.repeat_of or again.key,
        )

    def _remember(self, request: DemoRequest) -> None:
        self._recent.append(request)
        del self._recent[:-_RECENT]


def _establishment(referrer: DemoReferrer | None) -> tuple[str, str]:
    return (referrer.establishment.code, referrer.establishment.name) if referrer else ("", "")


def _later(moment: datetime | None, delay: timedelta) -> datetime | None:
    return moment and moment + delay


def age_on(birth_date: date, day: date) -> int:
    """Count whole years."""
    had_birthday = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (not had_birthday)


def _birth_date(age: int, on: date, random: Random) -> date:
    """A day that makes the person exactly that age on the given day."""
    latest = date(on.year - age, on.month, min(on.day, 28))
    return latest - timedelta(days=random.randrange(360))
