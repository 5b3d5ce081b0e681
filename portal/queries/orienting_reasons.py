"""Why an association suits a company, what does not, and what remains to be asked: facts, one a line, in French."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from matching.conditions import (
    AgeTest,
    AnyOfTest,
    HoursTest,
    LevelTest,
    ModalityTest,
    MonthsTest,
    NeedTest,
    PublicTest,
    SituationTest,
    TerritoryTest,
    Test,
    Truth,
)
from matching.judging import Reason
from matching.programme import Programme
from matching.vocabulary import PLACE_KINDS, Modality
from matching.wording import listed, rule
from portal.foundation import clock
from portal.places import COUNTRY, UnknownPlaceError, label
from portal.queries.orienter_words import Ages, Wishes
from portal.queries.orienting_profiles import Site, Typical

MOST_NAMED = 4
ADULT = 18
HERE, MIXED, FAR = Modality.IN_PERSON.value, Modality.HYBRID.value, Modality.REMOTE.value
MEETINGS = {
    frozenset({HERE}): "en présentiel",
    frozenset({MIXED}): "en présentiel et à distance",
    frozenset({FAR}): "à distance",
    frozenset({HERE, MIXED}): "en présentiel, parfois à distance",
    frozenset({HERE, FAR}): "en présentiel ou à distance",
    frozenset({MIXED, FAR}): "à distance, parfois en présentiel",
    frozenset({HERE, MIXED, FAR}): "en présentiel ou à distance",
}


@dataclass(frozen=True)
class Point:
    """One fact: its subject, and what there is to say of it. kind: the test's code, or "lacking" or "intake"."""

    kind: str
    subject: str
    words: str


@dataclass(frozen=True)
class Matter:
    """What the sentences are about: the tests that mattered on each side, and whom they were tried on."""

    young: Sequence[Reason]
    grown: Sequence[Reason]
    employee: Typical | None
    covered: tuple[Site, ...]
    sites: tuple[Site, ...]
    wishes: Wishes
    mentors: Programme | None
    lacking: bool


def place_name(place: str) -> str:
    try:
        return label(place)
    except UnknownPlaceError:
        return place


def named(test: Test) -> str:
    """What a test asks, its places and words named, the longest lists cut short."""
    if isinstance(test, AnyOfTest) and test.words is None:
        return _shortened(sorted(place_name(code) for code in test.any_of))
    return rule(test, {})


def _shortened(words: Sequence[str]) -> str:
    if len(words) <= MOST_NAMED:
        return listed(words)
    return f"{', '.join(words[:MOST_NAMED])}…"


def for_it(matter: Matter) -> Iterator[Point]:
    """The facts that hold, the company's wishes first."""
    held, theirs = _held(matter.young), _held(matter.grown)
    if matter.covered:
        yield from _where(held, matter.covered)
    yield from _whom(held, matter)
    for test in theirs:
        yield from _employees_held(test, matter.employee, matter.wishes)
    ways = {str(way) for test in held if isinstance(test, ModalityTest) for way in test.any_of}
    if ways:
        yield Point("modality", "Les rencontres", MEETINGS[frozenset(ways)])
    if matter.lacking:
        yield Point("lacking", "Un vrai manque", "cette association manque de mentors cette saison")


def _held(reasons: Iterable[Reason]) -> list[Test]:
    return list(dict.fromkeys(each.test for each in reasons if each.state is Truth.YES and not each.excluded))


def _where(held: Iterable[Test], covered: tuple[Site, ...]) -> Iterator[Point]:
    places = {place for test in held if isinstance(test, TerritoryTest) for place in test.any_of}
    sites = [site for site in covered if site.place]
    if not places or places == {COUNTRY}:
        yield Point("territory", "Vos sites" if sites else "Territoire", "partout en France")
        return
    if not sites:
        yield Point("territory", "Territoire", _shortened(sorted(map(place_name, places))))
        return
    yield Point("territory", "Vos sites", listed([_site_said(site, places) for site in sites], "et"))


def _site_said(site: Site, places: set[str]) -> str:
    """« Roubaix (Cité éducative de Roubaix) », « Nord, en partie (Métropole Européenne de Lille) »."""
    inside = sorted((place for place in places if place in (site.inside or ())), key=_narrowest)
    through = place_name(inside[0]) if inside else site.name
    whole = any(site.wholly_in(place) for place in inside)
    part = "" if whole or not inside else ", en partie"
    return f"{site.name}{part}" if through == site.name else f"{site.name}{part} ({through})"


def _narrowest(place: str) -> tuple[int, str]:
    kind = place.partition(":")[0]
    return (PLACE_KINDS.index(kind) if kind in PLACE_KINDS else len(PLACE_KINDS), place)


def _whom(held: Sequence[Test], matter: Matter) -> Iterator[Point]:
    """Causes, publics and ages; what an association says nothing of, it is open to."""
    wishes = matter.wishes
    if wishes.causes:
        yield from _asked_of(NeedTest, held, matter, "Vos causes", "accompagne sur tous les sujets", wishes.needs)
    if wishes.groups:
        yield from _asked_of(PublicTest, held, matter, "Vos publics", "ouverte à tous les publics", wishes.publics)
    lives = [named(test) for test in held if isinstance(test, (LevelTest, SituationTest, AgeTest))]
    if wishes.stages and lives:
        yield Point("level", "Les jeunes", ", ".join(lives))


def _asked_of(
    kind: type[AnyOfTest], held: Iterable[Test], matter: Matter, subject: str, otherwise: str, wished: frozenset[str]
) -> Iterator[Point]:
    found = [test for test in held if isinstance(test, kind)]
    for test in found:
        yield Point(test.code, subject, _labels(test, wished))
    if not any(isinstance(each.test, kind) for each in matter.young):
        yield Point(kind.code, subject, otherwise)


def _labels(test: AnyOfTest, wished: frozenset[str]) -> str:
    assert test.words is not None
    return listed([word.label for word in test.words if word in test.any_of and word in wished], "et")


def _employees_held(test: Test, employee: Typical | None, wishes: Wishes) -> Iterator[Point]:
    profile = employee.profile if employee else None
    match test:
        case AgeTest() if profile and profile.age is not None:
            yield Point(test.code, "Vos salariés", f"{_band(profile.age)}, l’âge demandé ({named(test)})")
        case HoursTest() if wishes.rhythm:
            yield Point(test.code, "Votre rythme", f"{named(test)}, vous proposez {wishes.rhythm.label}")
        case MonthsTest() if wishes.length:
            yield Point(test.code, "Votre durée", f"{named(test)}, vous proposez {wishes.length.label.lower()}")


def _band(age: int) -> str:
    found = Ages.UNDER_30 if age < 30 else Ages.MIDDLE if age < 50 else Ages.OVER_50  # noqa: PLR2004 - the bands' bounds
    return found.label.lower()


def against(matter: Matter) -> Iterator[Point]:
    """What does not fit: the criteria that fail, and the sites left out."""
    failed = [each for each in (*matter.young, *matter.grown) if each.state is Truth.NO]
    yield from dict.fromkeys(_failed(reason, matter.wishes) for reason in failed)
    left = [site.name for site in matter.sites if site not in matter.covered]
    if matter.covered and left:
        verb = "ne sont pas couverts" if len(left) > 1 else "n’est pas couvert"
        yield Point("territory", "Vos sites", f"{listed(left, 'et')} {verb}")


SUBJECTS = {
    "territory": "Territoire",
    "modality": "Rencontres",
    "need": "Causes",
    "public": "Publics",
    "level": "Les jeunes",
    "situation": "Situation",
    "age": "Âge",
    "hours_a_month": "Temps demandé",
    "months": "Durée demandée",
    "available_by": "Disponibilité",
    "establishment": "Partenaires",
    "referrer_type": "Orientation",
    "channel": "Inscription",
}


def _failed(reason: Reason, wishes: Wishes) -> Point:
    test, subject = reason.test, SUBJECTS[reason.test.code]
    if reason.excluded:
        return Point(test.code, subject, f"sauf {named(test)}")
    match test:
        case HoursTest() if wishes.rhythm:
            return Point(test.code, subject, f"{named(test)}, plus que {wishes.rhythm.label}")
        case MonthsTest() if wishes.length:
            return Point(test.code, subject, f"{named(test)}, plus que {wishes.length.label.lower()}")
        case ModalityTest():
            return Point(test.code, subject, f"{named(test)} seulement")
        case NeedTest() | PublicTest():
            return Point(test.code, subject, f"accompagne d’abord : {named(test)}")
        case TerritoryTest():
            return Point(test.code, subject, f"présente ailleurs : {named(test)}")
    return Point(test.code, subject, named(test))


def unsure(matter: Matter) -> Iterator[Point]:
    """What the company's answers do not settle: conditions on mentors, reserved publics, closed windows."""
    if matter.wishes.mentors and matter.mentors is None:
        yield Point("mentors", "À demander", "l’association n’a pas encore publié ce qu’elle attend des mentors")
    for test in _open(matter.grown):
        if not isinstance(test, (TerritoryTest, NeedTest)) and not _any_employee(test):
            yield Point(test.code, "À vérifier", f"mentors : {named(test)}")
    for test in _open(matter.young):
        if isinstance(test, PublicTest):
            yield Point(test.code, "Réservé", f"jeunes concernés : {named(test)}")
    closed = matter.mentors.closed_because(clock.today()) if matter.mentors else None
    if closed:
        yield Point("intake", "En ce moment", closed)


def _any_employee(test: Test) -> bool:
    """Whether every adult passes."""
    return isinstance(test, AgeTest) and (test.least or 0) <= ADULT and test.most is None


def _open(reasons: Iterable[Reason]) -> list[Test]:
    return list(dict.fromkeys(each.test for each in reasons if each.state is Truth.UNKNOWN and not each.excluded))
